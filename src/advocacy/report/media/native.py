"""Charts that an office program draws itself: their numbers, axes and formats."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime

from advocacy.report.document import Chart, Point
from advocacy.report.media.axis import SCALES, Axis, axis_of, limits_of

# When a file was made, the same in all: the same document gives the same bytes.
MADE = datetime(2000, 1, 1)
# How XlsxWriter makes a workbook: in memory, and no text of the data is a formula or a link.
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
LONGEST = 60  # letters of a label in a chart
SERIES = ("first", "second", "quiet", "ink")  # colours of series, in turn

# A number, both limits, and the way to the lower and to the upper one, as an error bar has it.
Numbers = tuple[float | None, float | None, float | None, float | None, float | None]
NUMBERS = ("value", "low", "high", "below", "above")
_NOTHING: Numbers = (None, None, None, None, None)


def chart_numbers(chart: Chart) -> list[list[Numbers]]:
    """Return the numbers of each series, by the labels of the chart, scaled as they are shown.

    Proportions are not scaled: their format writes them in per cent. What is not finite is
    ``None``.
    """
    found = []
    for series in chart.series:
        points = {point.label: point for point in series.points}
        found.append([_of_point(points.get(label), _scale(chart)) for label in chart.labels()])
    return found


def _of_point(point: Point | None, scale: float) -> Numbers:
    if point is None or not math.isfinite(point.value):
        return _NOTHING
    value = scale * point.value
    low, high = (
        scale * limit if limit is not None and math.isfinite(limit) else None
        for limit in limits_of(point) or (None, None)
    )
    below = None if low is None else value - low
    above = None if high is None else high - value
    return value, low, high, below, above


def native_axis(chart: Chart) -> Axis:
    """Return the axis on which all numbers of a chart stand, scaled as they are."""
    scale = _scale(chart)
    found = [n for series in chart_numbers(chart) for row in series for n in row[:3]]
    axis = axis_of([n / scale for n in found if n is not None], chart.unit, most=6)
    origin = axis.ticks[0] if axis.origin is None else axis.origin
    return replace(axis, ticks=tuple(scale * tick for tick in axis.ticks), origin=scale * origin)


def number_form(chart: Chart) -> str:
    """Return the format of a chart's numbers."""
    decimals = SCALES[chart.unit][1]
    return f"0.{'0' * decimals}".rstrip(".") + "%" * (chart.unit == "per cent")


def tick_form(chart: Chart, axis: Axis) -> str:
    """Return the format of the numbers on a chart's axis."""
    shown = f"0.{'0' * axis.decimals}".rstrip(".")
    if chart.unit == "per cent":
        return f"{shown}%"
    return f"+{shown};−{shown};{shown}" if chart.unit == "points" else shown


def _scale(chart: Chart) -> float:
    return 1 if chart.unit == "per cent" else SCALES[chart.unit][0]
