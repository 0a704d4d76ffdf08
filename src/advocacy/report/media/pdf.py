"""Documents as PDF, tagged for screen readers and to be kept: PDF/UA-1 and PDF/A-2a.

The template `report.typ` is read as markup; what a document says goes to it as data, so that no
text of a file is ever taken for a command. Nothing is downloaded.
"""

from __future__ import annotations

import json
import re
from datetime import date
from importlib.metadata import metadata
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from advocacy.errors import DataError
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
from advocacy.report.media.svg import drawing
from advocacy.report.palette import COLOURS
from advocacy.report.wording import Words

STANDARDS: list[Literal["ua-1", "a-2a"]] = ["ua-1", "a-2a"]
# Of a document of no day: the first that a computer counts.
NO_DAY = date(1970, 1, 1)
# Letters from which a column takes a share of the room, by its longest text up to a limit.
_NARROW, _WIDE = 24, 90
# Letters that no font has, and those for private use, which PDF/A does not allow, as the compiler
# names them in its message.
_WITHOUT = re.compile(r'(?:the text|contains the codepoint) `"(.+?)"`')
_CODE_POINT = re.compile(r"\\u\{([0-9a-f]+)\}")
_TRIES = 50  # a message names some of the letters at a time


def pdf(document: Document, words: Words, *, day: date = NO_DAY, footer: str = "") -> bytes:
    """Return a document as a PDF file; the same bytes for the same document.

    Parameters
    ----------
    document
        What is shown; its first heading is the title.
    words
        The language.
    day
        The day that the file bears.
    footer
        What stands at the foot of each page.

    Raises
    ------
    UsageError
        The extra `report` is not installed.
    DataError
        Too many letters have no font on this machine.
    """
    from advocacy.report.media.extra import report_extra

    with report_extra():
        import ttf_opensans
        import typst

    given = _given(document, words, day, footer)
    folder = Path(ttf_opensans.__file__).parent / "ttf"
    template = (files("advocacy.report.media") / "report.typ").read_bytes()
    # Fonts of the system, which differ from one to the next, are for letters that ours lack.
    for attempt in range(_TRIES):
        try:
            made: bytes = typst.compile(
                template,
                font_paths=typst.Fonts(include_system_fonts=attempt > 0, font_paths=[folder]),
                sys_inputs={"document": json.dumps(given)},
                pdf_standards=[*STANDARDS],
                timestamp=0,
            )
        except typst.TypstError as error:
            without = set(_WITHOUT.findall(error.diagnostic or error.message))
            if not without:
                raise
            if attempt:
                given = _without(given, {_named(letters) for letters in without})
        else:
            return made
    raise DataError(
        "The report has more letters that no font of this machine has than can be told apart.",
        remedy="Install a font that has them.",
    )


def _named(letters: str) -> str:
    """Return letters as they are; the compiler's message writes some by their numbers."""
    return _CODE_POINT.sub(lambda found: chr(int(found[1], 16)), letters)


def _without(value: Any, letters: set[str]) -> Any:
    """Return texts in which letters that no font has are written by their code points."""
    if isinstance(value, str):
        for some in letters:
            written = "".join(f"[U+{ord(letter):04X}]" for letter in some)
            value = value.replace(some, written)
        return value
    if isinstance(value, dict):
        return {name: _without(one, letters) for name, one in value.items()}
    return [_without(one, letters) for one in value] if isinstance(value, list) else value


def _given(document: Document, words: Words, day: date, footer: str) -> dict[str, Any]:
    blocks = [b for b in document.blocks if not isinstance(b, Table) or b.rows]
    title = next(block.text for block in blocks if isinstance(block, Heading))
    return {
        "title": title,
        "author": metadata("advocacy")["Author"],
        "date": [day.year, day.month, day.day],
        "language": words.language,
        "footer": footer,
        "colours": COLOURS,
        "blocks": [
            _shown(block, words) | {"leads": isinstance(below, Table | Chart)}
            for block, below in zip(blocks, (*blocks[1:], None), strict=True)
        ],
    }


def _shown(block: Block, words: Words) -> dict[str, Any]:
    match block:
        case Heading(text, level, code):
            return _block("heading", text=text, code=code, level=level)
        case Alert(text):
            return _block("alert", text=text)
        case Label():
            return _block("quiet", text=" · ".join(block.parts))
        case Note(text):
            return _block("quiet", text=text)
        case Paragraph(text):
            return _block("paragraph", text=text)
        case Key(number, text, interval):
            return _block("key", number=number.text, text=text, interval=interval)
        case Facts(pairs):
            return _block("facts", pairs=list(map(list, pairs)))
        case Items(items):
            return _block("items", items=list(items))
        case Names(pairs):
            return _block("items", items=[f"{name} {label}".strip() for name, label in pairs])
        case Commands(lines):
            return _block("commands", lines=list(lines))
        case Table():
            return _table(block)
        case Chart(title, alternative):
            drawn = drawing(block, words)
            return _block("chart", title=title, alternative=alternative, drawing=drawn)


def _block(kind: str, **parts: Any) -> dict[str, Any]:
    return {"kind": kind, **parts}


def _table(table: Table) -> dict[str, Any]:
    columns = [
        {"heading": column.heading, "align": column.align, "share": _share(table, at)}
        for at, column in enumerate(table.columns)
    ]
    rows = [[entry.text for entry in row] for row in table.rows]
    return _block("table", columns=columns, rows=rows)


def _share(table: Table, at: int) -> int:
    """Return the share of the room that a column takes; 0 for as much as its texts need."""
    column = table.columns[at]
    longest = max(len(text) for text in (column.heading, *(row[at].text for row in table.rows)))
    return 0 if column.align == "right" or longest <= _NARROW else min(longest, _WIDE)
