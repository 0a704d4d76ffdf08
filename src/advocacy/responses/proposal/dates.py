"""The forms in which values are dates."""

from __future__ import annotations

from datetime import datetime

from advocacy.responses.proposal.levels import Kind, Profile

_FIRST_YEAR, _LAST_YEAR = 1990, 2099  # of an interview
_NUMBER_FORMS = ("%Y%m%d", "%d%m%Y", "%m%d%Y")
_DIGITS = 8  # of each of them; strptime takes fewer
_LEAST_DIGITS = 3  # of a day and a year; a form takes longer to compile than digits to count
_TEXT_FORMS = tuple(
    f"{day}{time}"
    for day in (
        "%d.%m.%Y",
        "%d/%m/%Y",
        "%m/%d/%Y",
        "%d-%m-%Y",
        "%m-%d-%Y",
        "%Y/%m/%d",
        "%d.%m.%y",
        "%d %b %Y",
        "%d %B %Y",
        "%b %d, %Y",
        "%B %d, %Y",
        "%d-%b-%Y",
    )
    for time in ("", " %H:%M", " %H:%M:%S")
)


def date_forms(profile: Profile) -> list[str]:
    """Return the forms of `strptime` in which all of a variable's texts or numbers are dates."""
    forms = _NUMBER_FORMS if profile.kind is Kind.NUMBER else (*_TEXT_FORMS, *_NUMBER_FORMS)
    return [form for form in forms if all(_is_date(text, form) for text in profile.examples)]


def _is_date(text: str, form: str) -> bool:
    """Tell whether a text is a date of our time in a form, with every digit that it asks for."""
    if form in _NUMBER_FORMS and not (len(text) == _DIGITS and text.isascii()):
        return False
    if sum(map(str.isdigit, text)) < _LEAST_DIGITS:
        return False
    try:
        moment = datetime.strptime(text, form)
    except ValueError:
        return False
    return _FIRST_YEAR <= moment.year <= _LAST_YEAR


def looks_like_a_date(profile: Profile) -> bool:
    """Tell whether all texts have the signs of dates."""
    texts = profile.examples
    return bool(texts) and all(sum(sign in "/.-:" for sign in text) >= 2 for text in texts)
