"""Values that are each row's own, whatever they are: nobody knows them but the person."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from advocacy.responses.labelled import Variable
from advocacy.responses.privacy.dates import is_date, is_moment, spread
from advocacy.responses.privacy.finding import Finding
from advocacy.responses.privacy.values import Values
from advocacy.responses.privacy.wordings import says

# Fewer values do not tell what is each row's own.
_FEWEST = 15
# Share of the values that must differ.
_TEXTS_DIFFER, _NUMBERS_DIFFER = 0.5, 0.95
# Dates of birth lie decades apart.
_YEARS_APART = 30
_SHORTEST_NUMBER, _LONG_NUMBER = 5, 10
_COUNTING, _LONGEST_STEP = 1.2, 10
_DOUBT = 0.6


def shape(variable: Variable, said: tuple[str, str], values: Values) -> Finding | None:
    """Return a doubt about values that nearly all differ; ``None`` where there is none.

    Not doubted are measures and amounts, moments, numbers that count the rows, and what is of
    companies, places, programmes or products, and dates on which something began.
    """
    if values.different < _FEWEST or values.labelled >= 0.5:
        return None
    years = spread(values.texts)
    if years and _mostly(values, is_date):
        apart = years[1] - years[0] >= _YEARS_APART and not says(said, "beginning")
        why = f"the dates lie {years[1] - years[0]} years apart"
        return Finding(variable.name, "birth date", _DOUBT, why) if apart else None
    differing = values.different / values.filled
    own = differing >= (_NUMBERS_DIFFER if values.number else _TEXTS_DIFFER)
    if not own or _counts(values) or _mostly(values, lambda v: is_date(v) or is_moment(v)):
        return None
    speaks_against = ("no person", "product", *(("measure",) if values.number else ()))
    if any(says(said, kind) for kind in speaks_against):
        return None
    if values.number and not _like_numbers_given(values.texts):
        return None
    kind = "number of its own" if values.number else "text of its own"
    why = f"{values.different} of {values.filled} values differ"
    return Finding(variable.name, kind, _DOUBT, why)


def _mostly(values: Values, matches: Callable[[str], bool]) -> bool:
    return values.matching(matches)[0] >= 0.9


def _like_numbers_given(texts: tuple[str, ...]) -> bool:
    """Tell whether numbers look as if given out: whole, long, and nearly all of one length.

    What is measured differs in length, or has decimals.
    """
    lengths = [len(text) for text in texts if text.isdecimal()]
    if len(lengths) < 0.95 * len(texts):
        return False
    usual = max(set(lengths), key=lengths.count)
    alike = lengths.count(usual)
    if usual >= _LONG_NUMBER:  # amounts are shorter, and IPv4 addresses have nine digits or ten
        alike += lengths.count(usual - 1)
    return usual >= _SHORTEST_NUMBER and alike >= 0.85 * len(lengths) and not _unix_times(texts)


def _unix_times(texts: tuple[str, ...]) -> bool:
    """Tell whether numbers are seconds or milliseconds since 1970, of a few years."""
    numbers = [int(text) for text in texts if text.isdecimal()]
    scale = 1000 if min(numbers) > 10**11 else 1
    low, high = min(numbers) / scale, max(numbers) / scale
    return low >= 1e9 and high <= 2.2e9 and high - low <= 5 * 365 * 86_400


def _counts(values: Values) -> bool:
    """Tell whether values count the rows, as R0001, R0002, ...: they say nothing of a person."""
    parts = [re.fullmatch(r"(.*?)([0-9]{1,15})", text) for text in values.texts]
    if not all(parts) or len({part.group(1) for part in parts if part}) > 1:
        return False
    numbers = sorted({int(part.group(2)) for part in parts if part})
    steps = sorted(b - a for a, b in pairwise(numbers)) or [0]
    # In a sample of the rows the step is more than 1; what is given out at random has no step.
    step = min(steps[len(steps) // 2], _LONGEST_STEP)
    whole = max(len(numbers) * step, values.different)
    return numbers[-1] - numbers[0] < _COUNTING * whole
