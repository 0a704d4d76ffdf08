"""The periods that a series is of, in their order, and where one has no rating."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from advocacy.estimation.segments import SEGMENTS, Segment
from advocacy.responses import Responses
from advocacy.survey.engines import Engine

# By substrings of the date as text, which all engines have.
_MONTH = "substring(interviewed_on::VARCHAR, 1, 7)"
_QUARTER = "year(interviewed_on)::VARCHAR || '-Q' || quarter(interviewed_on)::VARCHAR"
PERIODS = {
    "wave": SEGMENTS["wave"],
    "month": Segment("month", _MONTH, ("interviewed_on",)),
    "quarter": Segment("quarter", _QUARTER, ("interviewed_on",)),
    "year": SEGMENTS["year"],
}
_IN_A_YEAR = {"month": 12, "quarter": 4, "year": 1}


def in_time(responses: Responses, period: str, names: Sequence[str], engine: Engine) -> list[str]:
    """Return the periods in the order of time.

    Waves are named as the supplier likes: they are in the order of their mean dates where each
    has one, else of their names, in which numbers count as such: wave 2 stands before wave 10.
    """
    if period != "wave" or not responses.has("interviewed_on"):
        return sorted(names, key=_by_numbers)
    day = "372 * year(interviewed_on) + 31 * month(interviewed_on) + day(interviewed_on)"
    dates = responses.run(
        f"SELECT wave, avg({day}) AS at FROM {responses.relation} "
        f"WHERE {responses.counted} AND wave IS NOT NULL GROUP BY wave",
        engine,
    )
    at = dict(zip(dates.column("wave").to_pylist(), dates.column("at").to_pylist(), strict=True))
    if any(at.get(name) is None for name in names):
        return sorted(names, key=_by_numbers)
    return sorted(names, key=lambda name: (float(at[name]), _by_numbers(name)))


def gaps(period: str, names: Sequence[str]) -> list[str]:
    """Return the calendar periods between the first and the last that are not among them."""
    if period not in _IN_A_YEAR or not names:
        return []
    whole = _IN_A_YEAR[period]
    numbers = [_number(name, whole) for name in names]
    between = [at for one, two in pairwise(numbers) for at in range(one + 1, two)]
    return [_name(period, at, whole) for at in between]


def _number(name: str, whole: int) -> int:
    year, *part = (int(number) for number in re.findall(r"\d+", name))
    return year * whole + (part[0] - 1 if part else 0)


def _name(period: str, number: int, whole: int) -> str:
    year, part = divmod(number, whole)
    return {"month": f"{year}-{part + 1:02}", "quarter": f"{year}-Q{part + 1}"}.get(
        period, str(year)
    )


def _by_numbers(name: str) -> tuple[tuple[int, str], ...]:
    """Return a key by which numbers in names are in their order."""
    parts = re.findall(r"\d+|\D+", name)
    return tuple((int(part), "") if part.isdecimal() else (-1, part.casefold()) for part in parts)
