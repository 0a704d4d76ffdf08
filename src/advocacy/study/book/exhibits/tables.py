"""Tables of the book's pages, such that no width of a screen hides a column.

A table that is too wide for a phone is told so as it is written: below a width of the page each
of its rows becomes a card, first what the row is of, then its values with their headings
(`book/_static/book.css`). Roles keep it a table to those who hear it, whatever it looks like.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lxml.html import (
    HtmlElement,
    fragment_fromstring,
    tostring,
)

# A phone of 390 px leaves 321 px in what is unfolded: so many letters of the size of cells, of
# which the space beside a column takes some.
_LETTERS = 45
_BESIDE = 1.4
# A column of words is no wall of single words: of a long text so many letters stand in a line.
_WORDS = 16
# A text longer than this has a line of a card to itself.
_LONG = 24
# Columns that at most say what a row is of.
_KEYS = 3
# Columns that the style sheet can head.
_MOST = 16
# Where a cell's text stands, and which row has which shade: the style sheet knows the latter.
_RIGHT, _STRIPES = "text-right", {"row-even", "row-odd"}

_TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)


def readable(body: str) -> str:
    """Return the HTML of a page with tables that all can read."""
    return _TABLE.sub(lambda table: _readable(table[0]), body)


def _readable(markup: str) -> str:
    table = fragment_fromstring(markup)
    rows = [list(row) for row in table.iter("tr")]
    for cell in (cell for row in rows for cell in row):
        _lift(cell)
    for cell in rows[0]:
        if cell.tag == "th" and not _text(cell):
            cell.tag = "td"  # a corner without words is no heading
            cell.attrib.pop("scope", None)
    _give_roles(table)
    if _stacks(rows):
        _stack(table, rows)
    _write_once(table)
    return f'<div class="table-place">{tostring(table, encoding="unicode", with_tail=False)}</div>'


def _lift(cell: HtmlElement) -> None:
    """Take away the paragraph around all that a cell holds."""
    if len(cell) == 1 and cell[0].tag == "p" and not (cell.text or "").strip():
        cell.text = None
        cell[0].tail = None
        cell[0].drop_tag()


def _give_roles(table: HtmlElement) -> None:
    """Say of each part what it is, which a browser may forget where it is laid out otherwise."""
    table.set("role", "table")
    roles = {"thead": "rowgroup", "tbody": "rowgroup", "tr": "row", "td": "cell"}
    for name, role in [*roles.items(), ("th", "columnheader")]:
        for part in table.iter(name):
            part.set("role", role)


def _stacks(rows: Sequence[Sequence[HtmlElement]]) -> bool:
    """Tell whether the rows of a table are cards on a phone: it is too wide, and it is plain."""
    plain = {len(row) for row in rows} == {len(rows[0])} and len(rows[0]) <= _MOST
    spans = any(cell.get(name) for row in rows for cell in row for name in ("colspan", "rowspan"))
    return plain and not spans and width(_texts(rows), _numeric(rows)) > _LETTERS


def width(columns: Sequence[Sequence[str]], numeric: Sequence[bool]) -> float:
    """Return how wide a table is at least, in letters.

    Parameters
    ----------
    columns
        Texts of each column, its heading first.
    numeric
        Whether a column is one of numbers, which are not broken.
    """
    return sum(
        _BESIDE + max(_longest_word(texts[0]), *(_least(text, one) for text in texts[1:]), 0)
        for texts, one in zip(columns, numeric, strict=True)
    )


def _least(text: str, numeric: bool) -> int:
    return len(text) if numeric else max(_longest_word(text), min(len(text), _WORDS))


def _longest_word(text: str) -> int:
    return max(map(len, text.split(" ")))


def _texts(rows: Sequence[Sequence[HtmlElement]]) -> list[list[str]]:
    return [[_text(cell) for cell in column] for column in zip(*rows, strict=True)]


def _numeric(rows: Sequence[Sequence[HtmlElement]]) -> list[bool]:
    """Tell of each column whether its cells stand at the right, as numbers do."""
    right = {_RIGHT, "number"}
    return [bool(right & set((cell.get("class") or "").split())) for cell in rows[-1]]


def _text(cell: HtmlElement) -> str:
    # The space within a number, which does not break, is no space between words.
    return re.sub(r"[ \t\n]+", " ", cell.text_content()).strip(" ")


def _stack(table: HtmlElement, rows: Sequence[Sequence[HtmlElement]]) -> None:
    """Mark what a card needs: headings, the cells that say what a row is of, long texts."""
    texts, numeric = _texts(rows), _numeric(rows)
    table.classes.add("stacks")
    headings = (f"--heading-{place}:{_in_css(text[0])}" for place, text in enumerate(texts, 1))
    table.set("style", ";".join(headings))
    long = [
        not number and max(map(len, text[1:]), default=0) > _LONG
        for text, number in zip(texts, numeric, strict=True)
    ]
    # The first column says what a row is of, and those behind it before the first of numbers.
    keys = min(numeric.index(True, 1), _KEYS) if any(numeric[1:]) else 1
    for row in rows[1:]:
        for place, cell in enumerate(row):
            if place < keys:
                cell.classes.add("key")
            elif long[place]:
                cell.classes.add("long")


def _write_once(table: HtmlElement) -> None:
    """Say once of a table what it would say of each row or cell: large ones are half of a page."""
    for row in table.iter("tr"):
        row.classes -= _STRIPES
    cells = [cell for cell in table.iter("td") if _is_number(cell)]
    if cells and all(_RIGHT in cell.classes for cell in cells):
        table.classes.add("numeric")
        for cell in cells:
            cell.classes.discard(_RIGHT)
            if not cell.get("class"):
                cell.attrib.pop("class", None)


def _is_number(cell: HtmlElement) -> bool:
    """Tell whether a cell holds the link of a number, as the style sheets see it."""
    return any(part.tag == "a" and "number" in part.classes for part in cell)


def _in_css(text: str) -> str:
    """Return text as a string of CSS."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
