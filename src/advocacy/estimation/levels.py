"""Levels of segments as they are typed: codes, and names of industries and countries."""

from __future__ import annotations

from advocacy.errors import UsageError
from advocacy.responses.crosswalk.industries import industry_of
from advocacy.responses.crosswalk.names import country_codes, fold
from advocacy.responses.schema import INDUSTRIES


def level_of(segment: str, text: str) -> str:
    """Return the level of a segment that a text means; of most it is the text.

    Raises
    ------
    UsageError
        It is no industry or country.
    """
    if segment == "sector":
        return text.strip().upper()
    if segment == "industry":
        return _industry(text)
    return _country(text) if segment == "country" else text


def _industry(text: str) -> str:
    """Return the section of NACE Rev. 2.1; a letter alone is of this revision."""
    found = industry_of(text) or industry_of(text, "2.1")
    if found is None:
        raise UsageError(
            f"{text!r} is no industry.",
            remedy="Use a letter or a title: "
            f"{', '.join(f'{letter} {title}' for letter, title in INDUSTRIES)}.",
        )
    return found[0]


def _country(text: str) -> str:
    found = country_codes().get(fold(text))
    if found is None:
        raise UsageError(
            f"{text!r} is no country, or could be two.",
            remedy="Use a code of ISO 3166-1, such as NO, or a name such as Norway.",
        )
    return found
