"""Which blocks of a document stand on which slide, and where: nothing is larger than its slide.

Lengths are in points; heights of texts are those of their lines, estimated on the safe side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from advocacy.report.document import (
    Alert,
    Block,
    Chart,
    Commands,
    Document,
    Facts,
    Heading,
    Items,
    Key,
    Label,
    Names,
    Note,
    Paragraph,
    Table,
)
from advocacy.report.media.lettering import BOLD, legal, width, wrapped
from advocacy.report.media.native import LONGEST

WIDTH, HEIGHT, LEFT = 960, 540, 48  # a slide of 16 to 9, and its margin
ROOM = WIDTH - 2 * LEFT
TOP, BOTTOM = 100, 496  # between title and foot
LINE = 1.3  # heights of a letter from line to line
LARGE, TEXT, SMALL = 48, 16, 13
PADDING = 7  # on either side of a cell
_GAP = 12
_LEAST_CHART, _MOST_CHART = 250, 396
_CARRIED = 48  # of a heading that goes to the next slide with what it is of
_SIZES = (13, 12, 11, 10, 9)  # letters of a table, the largest that fits
_LEAST_COLUMN = 60
_TITLE_LINES = 2  # of a chart
_LINES = 4  # of a cell; the notes of the slide have the whole of it


@dataclass(frozen=True)
class Line:
    """A line of text: a name in bold or nothing, and words in one of the styles of a slide."""

    text: str
    style: str
    bold: str = ""


@dataclass(frozen=True)
class Cells:
    """Rows of a table on one slide.

    Parameters
    ----------
    headings, rows
        Texts.
    right
        Whether each column stands on the right.
    widths
        Of the columns.
    heights
        Of the row of headings, and of each row.
    size
        Height of letters.
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[bool, ...]
    widths: tuple[float, ...]
    heights: tuple[float, ...]
    size: int


@dataclass(frozen=True)
class Placed:
    """Lines, rows or a chart, with their place on a slide."""

    what: tuple[Line, ...] | Cells | Chart
    top: float
    height: float


@dataclass(frozen=True)
class Page:
    """A slide: its title, what must not be overlooked in its section, what stands on it, notes."""

    title: str
    alert: str = ""
    placed: tuple[Placed, ...] = ()
    notes: tuple[str, ...] = ()


def pages(document: Document) -> list[Page]:
    """Return the slides of a document after the first, a section a slide or several."""
    found: list[Page] = []
    for title, blocks in _sections(document):
        alerts = [block.text for block in blocks if isinstance(block, Alert)]
        shown = [block for block in blocks if not isinstance(block, Alert)]
        # Those of the whole document stand on the title slide.
        own = [text for text in alerts if text not in document.alerts()]
        found += _filled(Page(title, "".join(own[:1])), shown)
    return found


def _sections(document: Document) -> Iterator[tuple[str, list[Block]]]:
    """Yield the blocks below each heading of level 1 or 2 that are not on the title slide."""
    title, blocks = "", list[Block]()
    for block in document.blocks:
        if isinstance(block, Heading) and block.level <= 2:
            if any(not isinstance(held, Alert) for held in blocks):
                yield title, blocks
            title, blocks = heading_text(block), []
        elif not isinstance(block, Label):
            blocks.append(block)
    if blocks:
        yield title, blocks


def heading_text(heading: Heading) -> str:
    """Return a heading with the name of the data that stands before it."""
    return " ".join(filter(None, (heading.code, heading.text)))


def _filled(empty: Page, blocks: Sequence[Block]) -> list[Page]:
    """Return the slides of a section; what does not fit goes to the next."""
    found = [empty]
    y: float = TOP
    for block in blocks:
        for piece, notes in _pieces(block, BOTTOM - y):
            head = _head(piece) if isinstance(piece, Chart) else ()
            above = _height(head)
            least = _LEAST_CHART if isinstance(piece, Chart) else _height(piece)
            if y + above + least > BOTTOM and found[-1].placed:
                found[-1:], y = _turned(found[-1], empty, BOTTOM - TOP - above - least)
            height = min(BOTTOM - y - above, _MOST_CHART) if isinstance(piece, Chart) else least
            headed = (Placed(head, y, above),) if head else ()
            placed = (*found[-1].placed, *headed, Placed(piece, y + above, height))
            found[-1] = replace(found[-1], placed=placed, notes=(*found[-1].notes, *notes))
            y += above + height + _GAP
    return found


def _turned(page: Page, empty: Page, spare: float) -> tuple[list[Page], float]:
    """Return a slide and the next one, with where that goes on.

    A heading that would stand last goes with what it is of, where that leaves ``spare`` room.
    """
    kept, last = page.placed[:-1], page.placed[-1]
    heads = isinstance(last.what, tuple) and all(line.style == "heading" for line in last.what)
    if not (heads and kept and last.height + _GAP <= spare):
        return [page, empty], TOP
    carried = replace(empty, placed=(replace(last, top=TOP),))
    return [replace(page, placed=kept), carried], TOP + last.height + _GAP


def _head(chart: Chart) -> tuple[Line, ...]:
    """Return the title of a chart as it stands above it; the notes have the whole of a long one."""
    lines = wrapped(chart.title, TEXT * BOLD, ROOM, _TITLE_LINES)
    return tuple(Line(line, "heading") for line in lines)


_Piece = tuple[tuple[Line, ...] | Cells | Chart, tuple[str, ...]]


def _pieces(block: Block, room: float) -> Iterator[_Piece]:
    """Yield a block in parts that a slide can hold, the first in the room that is left."""
    match block:
        case Chart(title, alternative) if block.labels():
            long = (text for text in (title, *block.labels()) if len(text) > LONGEST)
            yield block, (alternative, *long)
        case Chart(title, alternative):
            yield (Line(title, "heading"), Line(alternative, "text")), ()
        case Table() if block.rows:
            yield from _rows(block, room)
        case _:
            lines = list(_lines(block))
            while lines:
                held, total = 0, 0.0
                while held < len(lines) and total + line_height(lines[held]) <= BOTTOM - TOP:
                    total += line_height(lines[held])
                    held += 1
                yield tuple(lines[:held]), ()
                lines = lines[held:]


def _lines(block: Block) -> Iterator[Line]:
    match block:
        case Heading():
            yield from _wrapped(heading_text(block), "heading")
        case Paragraph(text):
            yield from _wrapped(text, "text")
        case Note(text):
            yield from _wrapped(text, "note")
        case Key(number, text, interval):
            yield Line(number.text, "key")
            yield from _wrapped(interval, "note")
            yield from _wrapped(text, "text")
        case Facts(pairs) | Names(pairs):
            for name, said in pairs:
                yield from _wrapped(said, "text", name)
        case Items(items):
            for item in items:
                yield from _wrapped(f"• {item}", "text")
        case Commands(lines):
            for line in lines:
                yield from _wrapped(line, "code")


def _wrapped(text: str, style: str, bold: str = "") -> Iterator[Line]:
    """Yield lines that a slide is wide enough for; they are wrapped where they are too many."""
    whole = Line(legal(text), style, legal(bold))
    if line_height(whole) <= BOTTOM - TOP:
        yield whole
        return
    size = letters(style)
    for line in wrapped(f"{bold} {text}".strip(), size, ROOM, len(text)):
        yield Line(line, style)


def letters(style: str) -> int:
    """Return the height of the letters of a style."""
    if style == "key":
        return LARGE
    return SMALL if style in ("note", "code") else TEXT


def line_height(line: Line) -> float:
    """Return how high a line is with all that it is wrapped to."""
    size = letters(line.style)
    text = f"{line.bold}  {line.text}" if line.bold else line.text
    parts = [wrapped(part, size, ROOM, 10_000) for part in text.split("\n")]
    return sum(map(len, parts)) * size * LINE + 4


def _height(piece: tuple[Line, ...] | Cells | Chart) -> float:
    if isinstance(piece, Cells):
        return sum(piece.heights)
    return sum(line_height(line) for line in piece) if isinstance(piece, tuple) else 0.0


# Tables


def _rows(table: Table, room: float) -> Iterator[_Piece]:
    """Yield the rows of a table in parts, each with the headings."""
    whole = _fitting(table)
    # A heading may go with the table to its slide.
    left = room if room > sum(whole.heights[:2]) else BOTTOM - TOP - _CARRIED
    start = 0
    while start < len(whole.rows):
        end, total = start, whole.heights[0]
        while end < len(whole.rows) and total + whole.heights[1 + end] <= left:
            total += whole.heights[1 + end]
            end += 1
        end = max(end, start + 1)
        shown = replace(
            whole,
            rows=whole.rows[start:end],
            heights=(whole.heights[0], *whole.heights[1 + start : 1 + end]),
        )
        yield _cut(shown)
        start, left = end, BOTTOM - TOP


def _cut(cells: Cells) -> _Piece:
    """Cut the texts that take more lines than a cell has; the notes have them whole."""
    notes = []

    def fitting(text: str, across: float) -> str:
        lines = wrapped(text, cells.size, across - 2 * PADDING, _LINES + 1)
        if len(lines) <= _LINES:
            return text
        notes.append(text)
        cut = wrapped(text, cells.size, across - 2 * PADDING, _LINES)
        return " ".join(cut)

    rows = tuple(
        tuple(fitting(text, across) for text, across in zip(row, cells.widths, strict=True))
        for row in cells.rows
    )
    headings = tuple(map(fitting, cells.headings, cells.widths))
    return replace(cells, headings=headings, rows=rows), tuple(dict.fromkeys(notes))


def _fitting(table: Table) -> Cells:
    """Return a table as wide as a slide: in smaller letters, then without what can be spared."""
    orders = [0, *sorted({column.spared for column in table.columns if column.spared})]
    for left_out in orders:
        kept = [n for n, column in enumerate(table.columns) if not 0 < column.spared <= left_out]
        for size in _SIZES:
            widths = _widths(table, kept, size)
            if sum(widths) <= ROOM:
                return _cells(table, kept, widths, size)
    narrower = [ROOM * across / sum(widths) for across in widths]
    return _cells(table, kept, narrower, size)


def _widths(table: Table, kept: Sequence[int], size: int) -> list[float]:
    """Return the width of each column: of its numbers, and of texts what room is left for them."""
    found, natural = [], []
    for place in kept:
        column = table.columns[place]
        texts = [legal(row[place].text) for row in table.rows]
        widest = max((width(part, size) for text in texts for part in text.split("\n")), default=0)
        words = max((_bold(word, size) for word in legal(column.heading).split()), default=0)
        most = max(widest, min(words, 2 * _LEAST_COLUMN), _LEAST_COLUMN / 2) + 2 * PADDING
        natural.append(most)
        found.append(most if column.align == "right" else min(most, _LEAST_COLUMN + 2 * PADDING))
    texts_wanted = sum(natural) - sum(found)
    spare = min(max(ROOM - sum(found), 0), texts_wanted)
    return [
        least + (spare * (most - least) / texts_wanted if texts_wanted else 0)
        for least, most in zip(found, natural, strict=True)
    ]


def _bold(text: str, size: int) -> float:
    return BOLD * width(text, size)


def _cells(table: Table, kept: Sequence[int], widths: Sequence[float], size: int) -> Cells:
    headings = tuple(legal(table.columns[place].heading) for place in kept)
    rows = tuple(tuple(legal(row[place].text) for place in kept) for row in table.rows)
    return Cells(
        headings=headings,
        rows=rows,
        right=tuple(table.columns[place].align == "right" for place in kept),
        widths=tuple(widths),
        heights=tuple(_row_height(row, widths, size) for row in (headings, *rows)),
        size=size,
    )


def _row_height(texts: Sequence[str], widths: Sequence[float], size: int) -> float:
    lines = (
        min(len(wrapped(text, size, max(across - 2 * PADDING, size), _LINES + 1)), _LINES)
        for text, across in zip(texts, widths, strict=True)
    )
    return max(lines, default=1) * size * LINE + 8
