"""Documents as Markdown, for the book."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from advocacy.report.document import (
    Alert,
    Block,
    Chart,
    Column,
    Commands,
    Document,
    Entry,
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


def literally(text: str) -> str:
    """Return the words of others on one line, with nothing in them that Markdown or HTML reads."""
    return re.sub(r"([\\`*_{}\[\]<>|$#&])", r"\\\1", " ".join(text.split()))


def _shown(block: Block) -> str:
    match block:
        case Heading(text, _, code):
            return f"**{_after(code, text)}**"
        case Alert(text):
            return f"**{text}**"
        case Label():
            return f"*{' · '.join(block.parts)}*"
        case Note(text):
            return f"*{text}*"
        case Paragraph(text):
            return text
        case Key(number, text, interval):
            figure = " ".join(filter(None, (number.text, interval)))
            return f"**{figure}** {text}"
        case Facts(pairs):
            return "\n".join(f"* **{name}**: {fact}" for name, fact in pairs)
        case Items(items):
            return "\n".join(f"* {item}" for item in items)
        case Names(pairs):
            return "\n".join(f"* {_after(name, label)}" for name, label in pairs)
        case Commands(lines):
            text = "\n".join(lines)
            fence = "`" * max(3, _ticks(text) + 1)
            return f"{fence}\n{text}\n{fence}"
        case Table(columns, rows):
            headings = [column.heading for column in columns]
            align = "".join(column.align[0] for column in columns)
            return markdown_table(headings, align, [_cells(columns, row) for row in rows])
        case Chart(title, alternative):
            return f"**{title}**\n\n{alternative}"


def _cells(columns: Sequence[Column], row: Sequence[Entry]) -> list[str]:
    texts = [
        _code(entry.text) if column.code else _numbered(entry)
        for column, entry in zip(columns, row, strict=True)
    ]
    return [text.replace("|", "\\|").replace("\n", " ") for text in texts]


def _numbered(entry: Entry) -> str:
    """Return a number of the ledger with its identifier, as the book's role ``number`` reads it."""
    if not entry.number or entry.value is None:
        return entry.text
    return f"{{number}}`{entry.text} <{entry.number}>`"


def _after(code: str, text: str) -> str:
    return " ".join(filter(None, (_code(code), text)))


def _code(text: str) -> str:
    """Return a text as code, whatever marks it holds."""
    if not text:
        return ""
    fence = "`" * (_ticks(text) + 1)
    blank = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{blank}{text}{blank}{fence}"


def _ticks(text: str) -> int:
    """Return the length of the longest run of backticks."""
    return max(map(len, re.findall("`+", text)), default=0)
