"""Charts as SVG: small, the same bytes every time, with text as text.

A chart has two forms, for a page or screen and for a phone. Its colours may be variables, so that
it follows a page into the dark.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from advocacy.report.document import Chart, Point, Series, Unit
from advocacy.report.media.axis import Axis, axis_of, fully_written, limits_of, written
from advocacy.report.media.lettering import legal, width, wrapped
from advocacy.report.palette import COLOURS
from advocacy.report.wording import ENGLISH, NONE, Words

_WIDE, _NARROW = 640, 360  # pixels
_SIZE, _SMALL = 13, 12  # heights of letters
_LINE = 17  # from line to line
_GAP = 10
_LINES = 3  # of a label at most; the whole of it stands in the title of its row
_DODGE = 17  # between the series of a row
_CURVE = 240  # height of a curve
_FAMILY = "Open Sans,DejaVu Sans,sans-serif"
# Of each series in turn; shapes tell them apart where colours do not.
_LOOKS = (("first", "circle"), ("second", "diamond"), ("ink", "square"), ("quiet", "triangle"))


@dataclass(frozen=True)
class _Pen:
    """What is drawn with: the language, the colours, and how wide the drawing is."""

    words: Words
    colours: Mapping[str, str]
    width: int
    unit: Unit

    @property
    def wide(self) -> bool:
        return self.width == _WIDE


def drawing(
    chart: Chart,
    words: Words = ENGLISH,
    *,
    wide: bool = True,
    colours: Mapping[str, str] = COLOURS,
) -> str:
    """Return a chart as an SVG element, without its title, which stands above it.

    Parameters
    ----------
    chart
        What is drawn.
    words
        The language of its numbers.
    wide
        640 pixels across, for a page; else 360, for a phone.
    colours
        Colour of each name in `PALETTE`.
    """
    pen = _Pen(words, colours, _WIDE if wide else _NARROW, chart.unit)
    top = list(_legend(chart.series, pen))
    above = _LINE * len(top) + _GAP * bool(top)
    draw = _intervals if chart.form == "intervals" else _curve
    parts, height = draw(chart, pen, above)
    named = _tag("title", chart.title) + _tag("desc", chart.alternative)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{"wide" if wide else "narrow"}" '
        f'role="img" width="{pen.width}" height="{_n(height)}" '
        f'viewBox="0 0 {pen.width} {_n(height)}" font-family="{_FAMILY}" font-size="{_SIZE}">'
        f"\n{named}\n{''.join(part + chr(10) for part in [*top, *parts])}</svg>\n"
    )


# Dots with their intervals, a label a row


def _intervals(chart: Chart, pen: _Pen, top: float) -> tuple[list[str], float]:
    labels = chart.labels()
    most = pen.width - _values_width(chart, pen) - 2 * _GAP
    widest = max((width(legal(label), _SIZE) for label in labels), default=0)
    column = min(widest, 0.36 * pen.width) if pen.wide else 0
    left, right = (column + 2 * _GAP, most) if pen.wide else (2 * _GAP, pen.width - 2 * _GAP)
    axis = axis_of(_numbers(chart), pen.unit, most=6 if pen.wide else 4)
    x = _scale(axis, left, right)
    rows: list[str] = []
    y = top
    for label in labels:
        lines = wrapped(label, _SIZE, column if pen.wide else most, _LINES)
        points = [_point(series, label) for series in chart.series]
        row, height = (_beside if pen.wide else _below)(lines, points, x, y, pen)
        whole = _tag("title", label) if "".join(lines) != label else ""
        rows.append(f"<g>{whole}{''.join(row)}</g>")
        y += height
    ticks = [
        _line(x(at), top, x(at), y, pen.colours["quiet" if at == axis.origin else "grid"])
        + _text([written(at, pen.unit, pen.words, axis.decimals)], x(at), y + _LINE, pen, "middle")
        for at in axis.ticks
    ]
    return ticks + rows, y + _LINE + _GAP


def _beside(
    lines: Sequence[str],
    points: Sequence[Point | None],
    x: Callable[[float], float],
    y: float,
    pen: _Pen,
) -> tuple[list[str], float]:
    """Return a row with its label on the left and its numbers on the right, and its height."""
    height = max(_LINE * len(lines), _DODGE * len(points)) + _GAP
    first = y + (height - _LINE * len(lines)) / 2 + _SIZE
    parts = [_text(lines, 0, first, pen, colour="ink", size=_SIZE)]
    for at, point in enumerate(points):
        middle = y + height / 2 + _DODGE * (at - (len(points) - 1) / 2)
        parts += _dot(point, x, middle, at, pen)
        parts.append(_value(point, middle + _SIZE / 3, pen))
    return parts, height


def _below(
    lines: Sequence[str],
    points: Sequence[Point | None],
    x: Callable[[float], float],
    y: float,
    pen: _Pen,
) -> tuple[list[str], float]:
    """Return a row with its label above the dots, for a phone, and its height."""
    alone = len(points) == 1
    parts = [_text(lines, 0, y + _SIZE, pen, colour="ink", size=_SIZE)]
    below = y + _LINE * len(lines)
    for at, point in enumerate(points):
        middle = below + (0.5 if alone else at * 2 + 1.2) * _DODGE
        parts += _dot(point, x, middle, at, pen)
        parts.append(_value(point, y + _SIZE if alone else middle - _DODGE / 2 - 1, pen))
    return parts, below - y + _DODGE * (1 if alone else 2 * len(points)) + _GAP


def _dot(
    point: Point | None, x: Callable[[float], float], y: float, series: int, pen: _Pen
) -> Iterator[str]:
    """Yield the interval and the dot of a number; nothing where there is none."""
    if point is None or not math.isfinite(point.value):
        return
    colour, shape = _look(series)
    if limits := limits_of(point):
        low, high = (x(limit) for limit in limits)
        yield _line(low, y, high, y, pen.colours[colour], 3, cap="round", opacity=0.45)
    yield _mark(shape, x(point.value), y, pen.colours[colour])


def _value(point: Point | None, y: float, pen: _Pen) -> str:
    """Return a number and its limits in words, at the right end."""
    if point is None or not math.isfinite(point.value):
        return _text([NONE], pen.width, y, pen, "end")
    number, limits = fully_written(point, pen.unit, pen.words)
    bold = _tag("tspan", number, font_weight="bold", fill=pen.colours["ink"])
    between = _tag("tspan", f"  {limits}") if limits else ""
    return _element(
        "text", bold + between, x=_n(pen.width), y=_n(y), text_anchor="end", font_size=_SMALL,
        fill=pen.colours["quiet"], style="white-space:pre", **_halo(pen),
    )  # fmt: skip


def _values_width(chart: Chart, pen: _Pen) -> float:
    texts = (
        "  ".join(filter(None, fully_written(point, pen.unit, pen.words)))
        for series in chart.series
        for point in series.points
        if math.isfinite(point.value)
    )
    return max((width(text, _SMALL) for text in texts), default=_GAP)


# A curve over scores


def _curve(chart: Chart, pen: _Pen, top: float) -> tuple[list[str], float]:
    labels = chart.labels()
    axis = axis_of(_numbers(chart), pen.unit, most=6)
    ticks = [written(at, pen.unit, pen.words, axis.decimals) for at in axis.ticks]
    left = max(width(tick, _SMALL) for tick in ticks) + _GAP
    start, bottom = top + _GAP, top + _GAP + _CURVE
    y = _scale(axis, bottom, start)
    slot = (pen.width - left) / max(len(labels), 1)
    parts = []
    for at, tick in zip(axis.ticks, ticks, strict=True):
        colour = pen.colours["quiet" if at == axis.origin else "grid"]
        parts.append(_line(left, y(at), pen.width, y(at), colour))
        parts.append(_text([tick], left - _GAP / 2, y(at) + 4, pen, "end"))
    places = {label: left + slot * (at + 0.5) for at, label in enumerate(labels)}
    # Labels too wide for their place are shown one in so many.
    every = max(1, math.ceil(4 * _SMALL * 0.62 / slot)) if labels else 1
    deepest = 1
    for label in labels[::every]:
        lines = wrapped(label, _SMALL, slot * every - 4, _LINES)
        deepest = max(deepest, len(lines))
        whole = _tag("title", label) if "".join(lines) != label else ""
        shown = _text(lines, places[label], bottom + _LINE, pen, "middle")
        parts.append(f"<g>{whole}{shown}</g>")
    apart = min(8, slot / (len(chart.series) + 1))
    for at, series in enumerate(chart.series):
        aside = apart * (at - (len(chart.series) - 1) / 2)
        parts += _series(series, {k: x + aside for k, x in places.items()}, y, at, pen)
    return parts, bottom + _LINE * deepest + _GAP


def _series(
    series: Series,
    places: Mapping[str, float],
    y: Callable[[float], float],
    number: int,
    pen: _Pen,
) -> Iterator[str]:
    """Yield a curve: its intervals, its lines, which end where a number is lacking, its dots."""
    colour, shape = _look(number)
    points = {p.label: p for p in series.points if math.isfinite(p.value)}
    for label, point in points.items():
        if limits := limits_of(point):
            low, high = (y(limit) for limit in limits)
            x = places[label]
            yield _line(x, low, x, high, pen.colours[colour], 3, cap="round", opacity=0.45)
    for run in _runs(points.get(label) for label in places):
        corners = " ".join(f"{_n(places[p.label])},{_n(y(p.value))}" for p in run)
        yield _element(
            "polyline", points=corners, fill="none", stroke=pen.colours[colour], stroke_width=1.5
        )
    for label, point in points.items():
        yield _mark(shape, places[label], y(point.value), pen.colours[colour])


def _runs(points: Iterable[Point | None]) -> Iterator[list[Point]]:
    """Yield the points that follow each other without a gap, two at least."""
    run: list[Point] = []
    for point in [*points, None]:
        if point is not None:
            run.append(point)
            continue
        if len(run) > 1:
            yield run
        run = []


# What both have


def _legend(series: Sequence[Series], pen: _Pen) -> Iterator[str]:
    """Yield a line a series, where there are several."""
    if len(series) < 2:
        return
    for at, each in enumerate(series):
        colour, shape = _look(at)
        line = wrapped(each.name, _SIZE, pen.width - 2 * _GAP, 1)
        y = _LINE * at + _SIZE
        mark = _mark(shape, _GAP / 2, y - _SIZE / 3, pen.colours[colour])
        whole = _tag("title", each.name) if line[0] != each.name else ""
        yield f"<g>{whole}{mark}{_text(line, 2 * _GAP, y, pen, colour='ink', size=_SIZE)}</g>"


def _look(series: int) -> tuple[str, str]:
    return _LOOKS[series % len(_LOOKS)]


def _point(series: Series, label: str) -> Point | None:
    return next((point for point in series.points if point.label == label), None)


def _numbers(chart: Chart) -> list[float]:
    """Return all numbers that are to stand on the axis."""
    points = [p for series in chart.series for p in series.points if math.isfinite(p.value)]
    limits = (limit for point in points for limit in limits_of(point) or ())
    return [*(point.value for point in points), *filter(math.isfinite, limits)]


def _scale(axis: Axis, start: float, end: float) -> Callable[[float], float]:
    """Return where a number stands between two places; one beyond the axis stands at its end."""
    low, high = axis.ticks[0], axis.ticks[-1]

    def place(value: float) -> float:
        return start + (end - start) * (min(max(value, low), high) - low) / (high - low)

    return place


# Elements


def _mark(shape: str, x: float, y: float, colour: str) -> str:
    if shape == "circle":
        return _element("circle", cx=_n(x), cy=_n(y), r=4.5, fill=colour)
    corners = {
        "diamond": ((0, -6), (6, 0), (0, 6), (-6, 0)),
        "square": ((-4.5, -4.5), (4.5, -4.5), (4.5, 4.5), (-4.5, 4.5)),
        "triangle": ((0, -5.5), (5.5, 4.5), (-5.5, 4.5)),
    }[shape]
    points = " ".join(f"{_n(x + dx)},{_n(y + dy)}" for dx, dy in corners)
    return _element("polygon", points=points, fill=colour)


def _line(
    x1: float, y1: float, x2: float, y2: float, colour: str, thick: float = 1, *,
    cap: str = "", opacity: float = 1,
) -> str:  # fmt: skip
    more = {"stroke_linecap": cap} if cap else {}
    if opacity < 1:
        more["stroke_opacity"] = _n(opacity, 2)
    return _element(
        "line", x1=_n(x1), y1=_n(y1), x2=_n(x2), y2=_n(y2), stroke=colour, stroke_width=thick,
        **more,
    )  # fmt: skip


def _text(
    lines: Sequence[str], x: float, y: float, pen: _Pen, anchor: str = "start", *,
    colour: str = "quiet", size: float = _SMALL,
) -> str:  # fmt: skip
    """Return lines of text below each other, the first on the height ``y``."""
    return "".join(
        _tag(
            "text", line, x=_n(x), y=_n(y + at * _LINE), text_anchor=anchor, font_size=size,
            fill=pen.colours[colour], **_halo(pen),
        )
        for at, line in enumerate(lines)
    )  # fmt: skip


def _halo(pen: _Pen) -> dict[str, object]:
    """Return what keeps lines off a text; on a page no line crosses one."""
    if pen.wide:
        return {}
    return {"paint_order": "stroke", "stroke": pen.colours["paper"], "stroke_width": 4}


def _tag(name: str, text: str, **attributes: object) -> str:
    """Return an element with a text, whatever marks it holds."""
    return _element(name, escape(legal(text)), **attributes)


def _element(name: str, content: str = "", **attributes: object) -> str:
    written_out = "".join(
        f" {key.replace('_', '-')}={quoteattr(str(value))}" for key, value in attributes.items()
    )
    return f"<{name}{written_out}>{content}</{name}>" if content else f"<{name}{written_out}/>"


def _n(value: float, decimals: int = 1) -> str:
    """Write a place in as few letters as it takes."""
    text = f"{value:.{decimals}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
