"""Dates as they are written in texts and numbers, and how many years they spread over."""

from __future__ import annotations

import re
from collections.abc import Iterable

_DAY, _MONTH, _YEAR = "[0-3]?[0-9]", "[01]?[0-9]", "(?P<year>(18|19|20)[0-9]{2})"
_TIME = "([T ,]+[0-9:.Z+ -]+([AP]M)?)?"
_SEP = "[./-]"
_NAME = r"(jan|feb|m[aär]r|apr|ma[ijy]|jun|jul|aug|sep|o[ck]t|nov|de[csz])[^\W\d]*"
# Without separators each part has its full width.
_LONG = tuple(
    re.compile(parts + _TIME, re.I)
    for parts in (
        rf"{_YEAR}{_SEP}{_MONTH}{_SEP}{_DAY}",
        rf"{_DAY}{_SEP} ?{_MONTH}{_SEP} ?{_YEAR}",
        rf"{_MONTH}/{_DAY}/{_YEAR}",
        rf"{_DAY}[. -]+{_NAME}[. -]+{_YEAR}",
        rf"[a-z]{{3,9}}[.]? {_DAY},? {_YEAR}",
        rf"{_YEAR}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])",
        rf"(0?[1-9]|[12][0-9]|3[01])(0[1-9]|1[0-2]){_YEAR}",
    )
)
_SHORT = tuple(
    re.compile(parts + _TIME, re.I)
    for parts in (
        rf"{_DAY}{_SEP} ?{_MONTH}{_SEP} ?[0-9]{{2}}",
        rf"[0-9]{{2}}{_SEP}{_MONTH}{_SEP}{_DAY}",
        rf"{_MONTH}/{_DAY}/[0-9]{{2}}",
        rf"{_DAY}[. -]+{_NAME}[. -]+[0-9]{{2}}",
        # A number may have lost the zero that it began with.
        r"(0?[1-9]|[12][0-9]|3[01])(0[1-9]|1[0-2])[0-9]{2}",
        r"[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])",
    )
)
_CLOCK = re.compile(r"[0-2]?[0-9]:[0-5][0-9](:[0-5][0-9]([.,][0-9]+)?)?( ?[ap]m)?", re.I)
# A moment in digits, as 202412301230, or 2412301230 with two digits for the year.
_MOMENT = re.compile(
    r"(20)?[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])([01][0-9]|2[0-3])[0-5][0-9]([0-5][0-9])?"
)


def year(text: str) -> int | None:
    """Return the year of a date with four digits for it, ``None`` where it is no such date."""
    for pattern in _LONG:
        found = pattern.fullmatch(text)
        if found:
            return int(found["year"])
    return None


def is_date(text: str) -> bool:
    """Tell whether a text is a date, with four digits for the year or two."""
    return year(text) is not None or any(pattern.fullmatch(text) for pattern in _SHORT)


def is_moment(text: str) -> bool:
    """Tell whether a text is a time of day, or a date with one, in digits alone too."""
    return any(pattern.fullmatch(text) for pattern in (_CLOCK, _MOMENT))


def spread(texts: Iterable[str]) -> tuple[int, int] | None:
    """Return the years between which the middle 90 % of dates lie; ``None`` if any is none."""
    years = sorted(found for text in texts if (found := year(text)) is not None)
    if not years:
        return None
    cut = len(years) // 20
    return years[cut], years[-1 - cut]
