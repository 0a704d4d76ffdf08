"""Documents on a terminal."""

from __future__ import annotations

import sys
from io import StringIO
from textwrap import fill
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table as RichTable

WIDTH = 110  # columns where there is no terminal
_LONGEST = 24  # characters of a word that is kept whole
_GAP = 2  # between columns; 1 where the table is too wide
_NARROWEST = 20  # that words are filled to; what is wider than the terminal is folded


def print_document(document: Document, width: int | None = None) -> None:
    """Print a document on standard output, as wide as the terminal.

    Parameters
    ----------
    document
        What is printed.
    width
        Columns where standard output is no terminal.
    """
    from rich.console import Console

    console = Console()
    if width and not console.is_terminal:
        sys.stdout.write(as_text(document, width))
    else:
        _print(document, console)


def as_text(document: Document, width: int = WIDTH) -> str:
    """Return a document as plain text of so many columns."""
    from rich.console import Console

    console = Console(file=StringIO(), width=width, record=True, force_jupyter=False)
    _print(document, console)
    return "".join(f"{line.rstrip(' ')}\n" for line in console.export_text().split("\n")[:-1])


def _print(document: Document, console: Console) -> None:
    for number, block in enumerate(document.blocks):
        if number and _apart(document.blocks[number - 1], block):
            console.print()
        # A command is copied as one line.
        console.print(_shown(block, console), soft_wrap=isinstance(block, Commands))


def _apart(above: Block, below: Block) -> bool:
    """Tell whether a line is left free between two blocks."""
    if isinstance(above, Alert):
        return isinstance(below, Heading) and below.level > 1
    if isinstance(below, Label):
        return False
    if isinstance(above, Heading) and not isinstance(below, Table | Paragraph):
        return False
    if isinstance(above, Label) and isinstance(below, Note):
        return False
    if isinstance(above, Heading) and above.level > 1:
        return False
    if isinstance(above, Table) and isinstance(below, Note):
        return False
    return not (isinstance(above, Paragraph) and isinstance(below, Paragraph | Items | Names))


def _shown(block: Block, console: Console) -> RenderableType:
    from rich.text import Text

    match block:
        case Heading(text, _, code):
            return Text(" ".join(filter(None, (code, text))), style="bold")
        case Label():
            return Text(" · ".join(block.parts), style="dim")
        case Alert(text):
            return Text(text, style="bold red")
        case Note(text):
            return Text(text, style="dim")
        case Paragraph(text):
            return Text(_filled(text, console.width))
        case Key(number, text, interval):
            figure = " ".join(filter(None, (number.text, interval)))
            return Text.assemble((figure, "bold"), f"\n{_filled(text, console.width)}")
        case Facts(pairs) | Names(pairs):
            return _pairs(pairs, console.width)
        case Items(items):
            return Text("\n".join(_filled(item, console.width, "- ", "  ") for item in items))
        case Commands(lines):
            return Text("\n".join(f"  {line}" for line in lines))
        case Table():
            return _fitting(block, console)
        case Chart(title, alternative):
            return Text.assemble((title, "bold"), f"\n{_filled(alternative, console.width)}")


def _filled(text: str, width: int, start: str = "", indent: str = "") -> str:
    # Unlike the terminal's own wrapping, it keeps a number and its % together.
    return fill(
        text,
        max(width, _NARROWEST),
        initial_indent=start,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _pairs(pairs: tuple[tuple[str, str], ...], width: int) -> RichTable:
    from rich.table import Table as RichTable
    from rich.text import Text

    grid = RichTable.grid(padding=(0, _GAP, 0, 0))
    widest = max((len(name) for name, _ in pairs), default=0)
    for name, said in pairs:
        lines = (_filled(line, width - widest - _GAP) for line in said.splitlines())
        grid.add_row(Text(name, style="bold"), Text("\n".join(lines)))
    return grid


def _fitting(table: Table, console: Console) -> RichTable:
    """Return the table as it fits: without what can be done without, then with wrapped names."""
    orders = sorted({column.spared for column in table.columns if column.spared})
    least, most = (_widths(table, words=words) for words in (True, False))
    for order in (left_out := [0, *orders]):
        if _total(table, most, _GAP, order) <= console.width:
            return _rich(table, _GAP, order)
    wraps = _total(table, least, _GAP, left_out[-1]) <= console.width
    return _rich(table, _GAP if wraps else 1, left_out[-1])


def _widths(table: Table, *, words: bool) -> list[int]:
    """Return the width of each column: of its longest line, or of its longest word if it wraps.

    The console would measure each text again and again, which takes long of many rows.
    """
    from rich.cells import cell_len

    found = []
    for place, column in enumerate(table.columns):
        texts = [column.heading, *(row[place].text for row in table.rows)]
        wraps = words and column.align == "left"
        parts = (part for text in texts for part in (text.split() if wraps else text.splitlines()))
        widest = max(map(cell_len, parts), default=0)
        found.append(max(widest, _least_width(table, place)))
    return found


def _total(table: Table, widths: list[int], gap: int, left_out: int) -> int:
    """Return the width of a table without the columns that are spared up to ``left_out``."""
    kept = _kept(table, left_out)
    return sum(widths[place] for place in kept) + gap * max(len(kept) - 1, 0)


def _kept(table: Table, left_out: int) -> list[int]:
    """Return the places of the columns that are shown."""
    return [n for n, column in enumerate(table.columns) if not 0 < column.spared <= left_out]


def _least_width(table: Table, place: int) -> int:
    """Return the width at which a column cuts no number, and no word of usual length."""
    column = table.columns[place]
    texts = [column.heading, *(row[place].text for row in table.rows)]
    if column.align == "right":
        return max(map(len, texts))
    words = [len(word) for text in texts for word in text.split()]
    return min(max(words, default=0), _LONGEST)


def _rich(table: Table, gap: int, left_out: int) -> RichTable:
    from rich.table import Table as RichTable
    from rich.text import Text

    kept = _kept(table, left_out)
    rich = RichTable(box=None, pad_edge=False, header_style="bold", padding=(0, gap, 0, 0))
    for place in kept:
        column = table.columns[place]
        wraps = column.align == "left"
        rich.add_column(
            Text(column.heading),
            justify=column.align,
            no_wrap=not wraps,
            overflow="fold",
            min_width=_least_width(table, place),
        )
    for row in table.rows:
        rich.add_row(*(Text(row[place].text) for place in kept))
    return rich
