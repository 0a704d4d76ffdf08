"""Charts of slides: drawn by the program that shows them, with their numbers and intervals.

python-pptx has no error bars; they are the element ``c:errBars`` of ECMA-376, part 1, 21.2.2.55.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from advocacy.report.document import Chart
from advocacy.report.media.lettering import legal
from advocacy.report.media.native import (
    LONGEST,
    MADE,
    OPTIONS,
    SERIES,
    Numbers,
    chart_numbers,
    native_axis,
    number_form,
    tick_form,
)
from advocacy.report.media.sheets import shortened
from advocacy.report.palette import COLOURS

_LETTERS = 12  # points
_PALER = 0.45  # how far bars are from white to their colour's full strength
_SHEET = "Sheet1"  # which python-pptx calls it in what it writes of a chart
_NAMESPACES = (
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
)


def add_chart(slide: Any, chart: Chart, box: Sequence[int]) -> None:
    """Draw a chart on a slide, in a box: left, top, width, height, in EMU."""
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE

    bars = chart.form == "intervals"
    labels = [shortened(legal(label), LONGEST) or " " for label in chart.labels()]
    numbers = chart_numbers(chart)
    data = CategoryChartData(number_format=number_form(chart))
    for label in labels:
        data.add_category(label)
    for series, of_series in zip(chart.series, numbers, strict=True):
        data.add_series(legal(series.name), [row[0] for row in of_series])
    kind = XL_CHART_TYPE.BAR_CLUSTERED if bars else XL_CHART_TYPE.LINE_MARKERS
    frame = slide.shapes.add_chart(kind, *box, data)
    frame._element.nvGraphicFramePr.cNvPr.set("descr", legal(chart.alternative))
    drawn = frame.chart
    drawn.part.chart_workbook.update_from_xlsx_blob(_cells(chart, labels, numbers))
    _dress(drawn, chart)
    for at, series in enumerate(drawn.plots[0].series):
        colour = COLOURS[SERIES[at % len(SERIES)]]
        (_dress_bar if bars else _dress_curve)(series, colour)
        ways = [[row[place] for row in numbers[at]] for place in (4, 3)]
        if any(way is not None for side in ways for way in side):
            _add_intervals(series, ways, len(chart.series) + 2 * at, COLOURS["ink"], bars)


def _cells(chart: Chart, labels: Sequence[str], numbers: Sequence[Sequence[Numbers]]) -> bytes:
    """Return the workbook behind a chart: labels, a column a series, then the ways to limits."""
    import xlsxwriter

    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, OPTIONS)
    book.set_properties({"created": MADE})
    sheet = book.add_worksheet(_SHEET)
    form = book.add_format({"num_format": number_form(chart)})
    for row, label in enumerate(labels, start=1):
        sheet.write_string(row, 0, label)
    for at, (series, of_series) in enumerate(zip(chart.series, numbers, strict=True)):
        ways = 1 + len(chart.series) + 2 * at
        for column, place, sign in ((1 + at, 0, ""), (ways, 4, "+"), (ways + 1, 3, "−")):
            sheet.write_string(0, column, shortened(legal(f"{series.name} {sign}".strip()), 255))
            for row, found in enumerate(of_series, start=1):
                if found[place] is not None:
                    sheet.write_number(row, column, found[place], form)
    book.close()
    return buffer.getvalue()


def _dress(drawn: Any, chart: Chart) -> None:
    """Give a chart the house's look, and an axis on which all its numbers stand."""
    from pptx.dml.color import RGBColor
    from pptx.enum.chart import XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION, XL_TICK_MARK
    from pptx.util import Pt

    bars = chart.form == "intervals"
    drawn.has_title = False
    drawn.font.size = Pt(_LETTERS)
    drawn.font.color.rgb = RGBColor.from_string(COLOURS["ink"][1:])
    drawn.has_legend = len(chart.series) > 1
    if drawn.has_legend:
        drawn.legend.position = XL_LEGEND_POSITION.TOP
        drawn.legend.include_in_layout = False
    axis = native_axis(chart)
    values, names = drawn.value_axis, drawn.category_axis
    values.minimum_scale, values.maximum_scale = axis.ticks[0], axis.ticks[-1]
    values.major_unit = axis.ticks[1] - axis.ticks[0]
    values.tick_labels.number_format = tick_form(chart, axis)
    values.tick_labels.number_format_is_linked = False
    values.major_gridlines.format.line.color.rgb = RGBColor.from_string(COLOURS["grid"][1:])
    values.format.line.fill.background()
    values.major_tick_mark = names.major_tick_mark = XL_TICK_MARK.NONE
    names.format.line.color.rgb = RGBColor.from_string(COLOURS["quiet"][1:])
    names.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    values.crosses_at = axis.origin  # where bars begin
    if bars:  # the first row stands on top, and the numbers below the last
        names.reverse_order = True
        values.tick_label_position = XL_TICK_LABEL_POSITION.HIGH
        drawn.plots[0].gap_width, drawn.plots[0].overlap = 60, 0


def _dress_bar(series: Any, colour: str) -> None:
    from pptx.dml.color import RGBColor

    series.format.fill.solid()
    series.format.fill.fore_color.rgb = RGBColor.from_string(colour[1:])
    series.format.fill.fore_color.brightness = _PALER
    series.invert_if_negative = False


def _dress_curve(series: Any, colour: str) -> None:
    from pptx.dml.color import RGBColor
    from pptx.enum.chart import XL_MARKER_STYLE
    from pptx.util import Pt

    rgb = RGBColor.from_string(colour[1:])
    series.smooth = False
    series.format.line.color.rgb, series.format.line.width = rgb, Pt(2)
    series.marker.style, series.marker.size = XL_MARKER_STYLE.CIRCLE, 8
    series.marker.format.fill.solid()
    series.marker.format.fill.fore_color.rgb = rgb
    series.marker.format.line.color.rgb = rgb


def _add_intervals(
    series: Any, ways: Sequence[Sequence[float | None]], column: int, colour: str, bars: bool
) -> None:
    """Add the way to the upper and the lower limits, which stand from ``column`` on, from 0."""
    from pptx.oxml import parse_xml
    from xlsxwriter.utility import xl_range_abs

    rows = len(ways[0])
    sides = []
    for at, (side, of_side) in enumerate(zip(("plus", "minus"), ways, strict=True)):
        cells = xl_range_abs(1, 1 + column + at, rows, 1 + column + at)
        points = "".join(
            f'<c:pt idx="{row}"><c:v>{way!r}</c:v></c:pt>'
            for row, way in enumerate(of_side)
            if way is not None
        )
        sides.append(
            f"<c:{side}><c:numRef><c:f>{_SHEET}!{cells}</c:f><c:numCache><c:formatCode>General"
            f'</c:formatCode><c:ptCount val="{rows}"/>{points}</c:numCache></c:numRef></c:{side}>'
        )
    direction = "" if bars else '<c:errDir val="y"/>'
    errors = parse_xml(
        f'<c:errBars {_NAMESPACES}>{direction}<c:errBarType val="both"/><c:errValType val="cust"/>'
        f'<c:noEndCap val="0"/>{"".join(sides)}<c:spPr><a:ln w="15875"><a:solidFill><a:srgbClr '
        f'val="{colour[1:]}"/></a:solidFill></a:ln></c:spPr></c:errBars>'
    )
    element = series._element
    element.find(f"{{{element.nsmap['c']}}}cat").addprevious(errors)
