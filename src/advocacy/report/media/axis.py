"""Axes of charts: where their ticks stand, and how their numbers are written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from advocacy.report.document import Point, Unit
from advocacy.report.wording import MINUS, PERCENT, Words

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
# By which a number is multiplied where it is shown, and its decimals beside a dot.
SCALES: dict[Unit, tuple[float, int]] = {
    "per cent": (100, 1),
    "points": (100, 1),
    "score": (1, 1),
    "ratio": (1, 2),
    "count": (1, 0),
    "p": (1, 3),
    "area": (1, 2),
    "": (1, 2),
}
_ENDS: dict[Unit, tuple[float, float]] = {
    "per cent": (0.0, 1.0),
    "p": (0.0, 1.0),
    "area": (0.0, 1.0),
    "score": (0.0, 10.0),
}
_SHOWN: dict[Unit, float] = {"per cent": 0.0, "points": 0.0, "count": 0.0, "ratio": 1.0, "p": 0.0}


@dataclass(frozen=True)
class Axis:
    """An axis.

    Parameters
    ----------
    ticks
        Numbers that it shows, from its one end to the other; two at least.
    decimals
        With which they are written.
    origin
        The number that means none: no rate, no difference, a ratio of 1.
    """

    ticks: tuple[float, ...]
    decimals: int
    origin: float | None


def axis_of(numbers: Sequence[float], unit: Unit, most: int) -> Axis:
    """Return an axis on which all numbers stand, with its origin on it where it has one.

    Parameters
    ----------
    numbers
        Finite, in no order; there may be none.
    unit
        What they are counted in.
    most
        Steps between its ends.
    """
    scale, _ = SCALES[unit]
    origin = _SHOWN.get(unit)
    shown = [scale * number for number in (*numbers, *([] if origin is None else [origin]))]
    low, high = min(shown, default=0.0), max(shown, default=0.0)
    if high <= low:
        low, high = low - (0 if origin == low else 1) * _span(low), low + _span(low)
    step = max(_step((high - low) / most), 1.0 if unit == "count" else 0.0)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ends = _ENDS.get(unit)
    if ends and scale * ends[0] <= low and high <= scale * ends[1]:
        first = max(first, math.ceil(scale * ends[0] / step))
        last = min(last, math.floor(scale * ends[1] / step))
    last = max(last, first + 1)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    if round(step, decimals) != round(step, decimals + 1):
        decimals += 1
    ticks = tuple(number * step / scale for number in range(first, last + 1))
    return Axis(ticks, decimals, origin)


def _span(value: float) -> float:
    return abs(value) if value else 1.0


def _step(least: float) -> float:
    """Return the least step that is round and not below ``least``."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in _STEPS if factor * power >= least * (1 - 1e-9))


def written(value: float, unit: Unit, words: Words, decimals: int | None = None) -> str:
    """Write a number of a chart in its unit.

    Parameters
    ----------
    value
        Not NaN; a limit may be infinite.
    unit
        What it is counted in.
    words
        The language.
    decimals
        Those of an axis; by default those of a number beside a dot.
    """
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    scale, usual = SCALES[unit]
    places = usual if decimals is None else decimals
    if unit == "points":
        text = words.number(scale * value, places, sign=abs(scale * value) > 1e-9)
    elif unit == "count":
        text = words.count(value)
    else:
        text = words.number(scale * value, places)
    return text + PERCENT if unit == "per cent" and decimals is not None else text


def fully_written(point: Point, unit: Unit, words: Words) -> tuple[str, str]:
    """Write a number, and its limits or nothing."""
    number, limits = written(point.value, unit, words), limits_of(point)
    if limits is None:
        return number, ""
    return number, words.between(*(written(limit, unit, words) for limit in limits))


def limits_of(point: Point) -> tuple[float, float] | None:
    """Return both limits of a point, which may be infinite; nothing where one is not known."""
    low, high = point.low, point.high
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return None
    return low, high
