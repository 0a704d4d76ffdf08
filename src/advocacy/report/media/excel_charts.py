"""Charts of workbooks: their numbers in cells, and a chart of these that can be changed."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from advocacy.report.document import Chart, Column, Point
from advocacy.report.media.axis import SCALES, Axis, axis_of, limits_of
from advocacy.report.media.sheets import Cell, Grid, shortened, text_of_cell
from advocacy.report.palette import COLOURS
from advocacy.report.wording import Words

LONGEST = 60  # letters of a label in a chart
_WIDTH, _HEIGHT, _ROW = 720, 160, 34  # pixels; without rows, and of a row
_CURVE_HEIGHT = 400
_SERIES = ("first", "second", "quiet", "ink")
_FILLED = 45  # per cent of see-through of bars, so that intervals show on them


def chart_grid(chart: Chart, words: Words) -> Grid:
    """Return the numbers of a chart: of each series the number, its limits, the way to them.

    The way to the limits is what Excel draws as an error bar.
    """
    labels = chart.labels()
    headings = [words("workbook.label")]
    columns = [Column(headings[0])]
    rows = [[Cell(shortened(text_of_cell(label), LONGEST))] for label in labels]
    percent = chart.unit == "per cent"
    scale, decimals = SCALES[chart.unit]
    form = f"0.{'0' * decimals}".rstrip(".") + "%" * percent
    for series in chart.series:
        points = {point.label: point for point in series.points}
        for key in ("value", "low", "high", "below", "above"):
            name = words(f"workbook.{key}")
            headings.append(f"{series.name}: {name}" if len(chart.series) > 1 else name)
            columns.append(Column(headings[-1], "right"))
        for label, row in zip(labels, rows, strict=True):
            found = _of_point(points.get(label))
            shown = [None if n is None else n * (1 if percent else scale) for n in found]
            row += [Cell("") if number is None else Cell(number, form) for number in shown]
    units = ("", *[chart.unit] * (len(headings) - 1))
    return Grid(tuple(headings), tuple(columns), units, tuple(tuple(row) for row in rows))


def _of_point(point: Point | None) -> list[float | None]:
    """Return a number, its limits, and the way down and up to them; None where there is none."""
    if point is None or not math.isfinite(point.value):
        return [None] * 5
    low, high = (
        limit if limit is not None and math.isfinite(limit) else None
        for limit in limits_of(point) or (None, None)
    )
    below = None if low is None else point.value - low
    above = None if high is None else high - point.value
    return [point.value, low, high, below, above]


def insert_chart(book: Any, sheet: Any, chart: Chart, grid: Grid, cells: tuple[int, int]) -> None:
    """Draw a chart of the sheet's numbers, which changes with them.

    Parameters
    ----------
    book, sheet
        Of XlsxWriter.
    chart, grid
        What is drawn, and its numbers in cells.
    cells
        Row of the first of these, and row of the chart.
    """
    start, place = cells
    rows = len(grid.rows)
    bars = chart.form == "intervals"
    drawn = book.add_chart({"type": "bar"} if bars else {"type": "line"})
    for at, series in enumerate(chart.series):
        first = 1 + 5 * at
        colour = COLOURS[_SERIES[at % len(_SERIES)]]
        name = text_of_cell(series.name)[:255]
        drawn.add_series(
            {
                "name": name,
                "categories": _range(sheet, start, rows, 0),
                "values": _range(sheet, start, rows, first),
                "y_error_bars": {
                    "type": "custom",
                    "minus_values": _reference(sheet, start, rows, first + 3),
                    "plus_values": _reference(sheet, start, rows, first + 4),
                    # What a program shows that does not read the cells again.
                    "minus_data": [row[first + 3].value for row in grid.rows],
                    "plus_data": [row[first + 4].value for row in grid.rows],
                    "line": {"color": COLOURS["ink"] if bars else colour, "width": 1.25},
                },
                **(_bar(colour) if bars else _curve(colour)),
            }
        )
    _set_axes(drawn, chart)
    height = _HEIGHT + _ROW * rows * len(chart.series) if bars else _CURVE_HEIGHT
    drawn.set_size({"width": _WIDTH, "height": height})
    drawn.set_legend({"position": "top"} if len(chart.series) > 1 else {"none": True})
    drawn.set_title({"none": True})
    described = {"description": text_of_cell(chart.alternative)}
    sheet.insert_chart(place, 0, drawn, described)


def _bar(colour: str) -> dict[str, object]:
    fill = {"color": colour, "transparency": _FILLED}
    return {"fill": fill, "gap": 60, "overlap": 0}


def _curve(colour: str) -> dict[str, object]:
    mark = {"type": "circle", "size": 7, "fill": {"color": colour}, "border": {"color": colour}}
    return {"line": {"color": colour, "width": 1.75}, "marker": mark}


def _set_axes(drawn: Any, chart: Chart) -> None:
    numbers = [n for s in chart.series for p in s.points for n in _of_point(p)[:3] if n is not None]
    axis = axis_of(numbers, chart.unit, most=6)
    scale = 1 if chart.unit == "per cent" else SCALES[chart.unit][0]
    low, high = scale * axis.ticks[0], scale * axis.ticks[-1]
    font = {"color": COLOURS["ink"], "size": 10}
    counted = {
        "min": low,
        "max": high,
        "major_unit": _step(axis, scale),
        "num_format": _tick_format(chart, axis),
        "num_font": font,
        "major_gridlines": {"visible": True, "line": {"color": COLOURS["grid"]}},
        "line": {"none": True},
    }
    named = {
        "num_font": font,
        "line": {"color": COLOURS["quiet"]},
        "label_position": "low",
        "major_tick_mark": "none",
    }
    origin = scale * axis.origin if axis.origin is not None else low
    if chart.form == "intervals":
        # The first row stands on top, and the numbers below the last.
        drawn.set_y_axis({**named, "reverse": True})
        drawn.set_x_axis({**counted, "crossing": origin, "label_position": "high"})
    else:
        drawn.set_x_axis(named)
        drawn.set_y_axis({**counted, "crossing": origin})


def _step(axis: Axis, scale: float) -> float:
    first, second = next(pairwise(axis.ticks))
    return scale * (second - first)


def _tick_format(chart: Chart, axis: Axis) -> str:
    shown = f"0.{'0' * axis.decimals}".rstrip(".")
    if chart.unit == "per cent":
        return f"{shown}%"
    return f"+{shown};−{shown};{shown}" if chart.unit == "points" else shown


def _range(sheet: Any, start: int, rows: int, column: int) -> list[object]:
    return [sheet.get_name(), start, column, start + rows - 1, column]


def _reference(sheet: Any, start: int, rows: int, column: int) -> str:
    from xlsxwriter.utility import quote_sheetname, xl_range_abs

    cells = xl_range_abs(start, column, start + rows - 1, column)
    return f"={quote_sheetname(sheet.get_name())}!{cells}"
