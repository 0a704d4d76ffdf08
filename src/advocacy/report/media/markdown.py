"""Documents as Markdown, for the book."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from advocacy.report.document import (
    Alert,
    Block,
    Document,
    Entry,
    Facts,
    Heading,
    Label,
    Note,
    Paragraph,
    Table,
)


def as_markdown(document: Document) -> str:
    """Return a document as Markdown, a block a paragraph."""
    return "\n\n".join(_shown(block).rstrip("\n") for block in document.blocks) + "\n"


def markdown_table(headings: Sequence[str], align: str, rows: Iterable[Iterable[str]]) -> str:
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


def _cell(entry: Entry) -> str:
    return entry.text.replace("|", "\\|")


def _shown(block: Block) -> str:
    match block:
        case Heading(text) | Alert(text):
            return f"**{text}**"
        case Label():
            return f"*{' · '.join(block.parts)}*"
        case Note(text):
            return f"*{text}*"
        case Paragraph(text):
            return text
        case Facts(pairs):
            return "\n".join(f"* **{name}**: {fact}" for name, fact in pairs)
        case Table(columns, rows):
            headings = [column.heading for column in columns]
            align = "".join(column.align[0] for column in columns)
            return markdown_table(headings, align, [map(_cell, row) for row in rows])
