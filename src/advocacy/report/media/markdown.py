"""Markdown for the book: any table, and what the terminal shows, made once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table


def markdown_table(headings: Sequence[str], align: str, rows: Iterable[Sequence[str]]) -> str:
    """Return a table as Markdown, a line a row.

    Parameters
    ----------
    headings
        Of the columns.
    align
        A letter a column: ``r`` for right, any other for left.
    rows
        Cells of each row.
    """
    rule = ["---:" if side == "r" else "---" for side in align]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (headings, rule, *rows))


def blocks(shown: Group) -> list[str]:
    """Return each table, heading and note of what is shown as a block of Markdown."""
    from rich.table import Table

    return [table_block(one) if isinstance(one, Table) else _text(one) for one in shown.renderables]


def joined(parts: list[str]) -> str:
    """Return blocks as one text."""
    return "\n\n".join(part for part in parts if part) + "\n"


def table_block(table: Table) -> str:
    """Return a table as Markdown."""
    headings = [str(column.header) for column in table.columns]
    align = "".join(column.justify[0] for column in table.columns)
    cells = [[str(cell) for cell in column.cells] for column in table.columns]
    return markdown_table(headings, align, zip(*cells, strict=True)).rstrip("\n")


def _text(text: Any) -> str:
    """Return a heading in bold, and every line of a note in italics."""
    mark = "**" if "bold" in str(text.style) else "*"
    lines = [line.strip() for line in text.plain.splitlines()]
    return "\n\n".join(f"{mark}{line}{mark}" for line in lines if line)
