"""Charts of workbooks: their numbers in cells, and a chart of these that can be changed."""

from __future__ import annotations

from typing import Any

from advocacy.report.document import Chart, Column
from advocacy.report.media.native import (
    LONGEST,
    NUMBERS,
    SERIES,
    chart_numbers,
    native_axis,
    number_form,
    tick_form,
)
from advocacy.report.media.sheets import Cell, Grid, shortened, text_of_cell
from advocacy.report.palette import COLOURS
from advocacy.report.wording import Words

_WIDTH, _HEIGHT, _ROW = 720, 160, 34  # pixels; without rows, and of a row
_CURVE_HEIGHT = 400
_FILLED = 45  # per cent of see-through of bars, so that intervals show on them


def chart_grid(chart: Chart, words: Words) -> Grid:
    """Return the numbers of a chart: of each series the number, its limits, the way to them.

    The way to the limits is what Excel draws as an error bar.
    """
    headings = [words("workbook.label")]
    columns = [Column(headings[0])]
    rows = [[Cell(shortened(text_of_cell(label), LONGEST))] for label in chart.labels()]
    form = number_form(chart)
    for series, numbers in zip(chart.series, chart_numbers(chart), strict=True):
        for key in NUMBERS:
            name = words(f"workbook.{key}")
            headings.append(f"{series.name}: {name}" if len(chart.series) > 1 else name)
            columns.append(Column(headings[-1], "right"))
        for row, found in zip(rows, numbers, strict=True):
            row += [Cell("") if number is None else Cell(number, form) for number in found]
    units = ("", *[chart.unit] * (len(headings) - 1))
    return Grid(tuple(headings), tuple(columns), units, tuple(tuple(row) for row in rows))


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
        first = 1 + len(NUMBERS) * at
        colour = COLOURS[SERIES[at % len(SERIES)]]
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
    axis = native_axis(chart)
    font = {"color": COLOURS["ink"], "size": 10}
    counted = {
        "min": axis.ticks[0],
        "max": axis.ticks[-1],
        "major_unit": axis.ticks[1] - axis.ticks[0],
        "num_format": tick_form(chart, axis),
        "crossing": axis.origin,
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
    if chart.form == "intervals":
        # The first row stands on top, and the numbers below the last.
        drawn.set_y_axis({**named, "reverse": True})
        drawn.set_x_axis({**counted, "label_position": "high"})
    else:
        drawn.set_x_axis(named)
        drawn.set_y_axis(counted)


def _range(sheet: Any, start: int, rows: int, column: int) -> list[object]:
    return [sheet.get_name(), start, column, start + rows - 1, column]


def _reference(sheet: Any, start: int, rows: int, column: int) -> str:
    from xlsxwriter.utility import quote_sheetname, xl_range_abs

    cells = xl_range_abs(start, column, start + rows - 1, column)
    return f"={quote_sheetname(sheet.get_name())}!{cells}"
