"""The HTML that the pages of an import are made of.

A page is one file without script or other files. It follows the reader into the dark, fits a
phone, and prints.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from advocacy.report.document import (
    Alert,
    Block,
    Document,
    Facts,
    Heading,
    Label,
    Note,
    Paragraph,
    Table,
)
from advocacy.report.palette import PALETTE
from advocacy.report.wording import SIMULATED
from advocacy.responses.schema import SOURCE_KINDS

# Class of a table's cells.
TEXT, CODE, NUMBER = "text", "code", "number"

_STYLE = """
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1.5rem 1rem 4rem;background:var(--paper);
color:var(--ink);font:1rem/1.5 system-ui,"DejaVu Sans",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.2;margin:0 0 .5rem}
h2{font-size:1.2rem;margin:2.5rem 0 .5rem;padding-top:.5rem;border-top:1px solid var(--grid)}
h3{font-size:1rem;margin:1.75rem 0 .25rem}
h4{font-size:1rem;font-weight:normal;margin:1rem 0 .25rem}
p{margin:.5rem 0}.quiet{color:var(--quiet)}a{color:var(--first)}
.alert{color:var(--alert);border-left:.25rem solid var(--alert);padding:.25rem .75rem}
.banner{font-size:1.1rem;font-weight:bold}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.9rem;margin:.5rem 0;min-width:50%}
th,td{text-align:left;vertical-align:top;padding:.3rem 1rem .3rem 0;
border-bottom:1px solid var(--grid);overflow-wrap:break-word}
th{color:var(--quiet);font-weight:normal}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
code,pre,td.code{font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:.85rem}
pre{white-space:pre-wrap;margin:.5rem 0;padding:.5rem .75rem;border:1px solid var(--grid)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;font-size:.9rem;
margin:.5rem 0}
dt{color:var(--quiet)}dd{margin:0}
.names{columns:14rem;padding:0;list-style:none;font-size:.9rem}.names li{break-inside:avoid}
@media(max-width:30rem){th,td{padding-right:.6rem}}
@media print{body{max-width:none;padding:0}h2,h3,h4{break-after:avoid}tr{break-inside:avoid}
.scroll{overflow:visible}}
"""


def page(manifest: Mapping[str, Any], what: str, about: str, *sections: str) -> str:
    """Return a whole page; simulated data are named as such before all else."""
    name = manifest["title"] or manifest["source"]
    simulated = manifest["kind"] == "simulated"
    banner = paragraph(f"{SIMULATED}.", "alert banner") if simulated else ""
    kind = f"Kind of evidence: {manifest['kind']}, {dict(SOURCE_KINDS)[manifest['kind']]}."
    title = f"{what}: {name}"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>{_colours()}{_STYLE}</style>\n</head>\n<body>\n"
        f"<main>\n{banner}<h1>{escape(title)}</h1>\n{paragraph(about)}"
        f"{paragraph(kind, 'quiet')}{''.join(sections)}</main>\n</body>\n</html>\n"
    )


def _colours() -> str:
    light, dark = (
        "".join(f"--{name}:{pair[side]};" for name, pair in PALETTE.items()) for side in (0, 1)
    )
    # Paper is white, whatever the screen is.
    return f":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"


def fragment(document: Document) -> str:
    """Return a document as a part of a page, for a notebook."""
    return "".join(map(_shown, document.blocks))


def _shown(block: Block) -> str:
    match block:
        case Heading(text, level):
            return heading(level + 2, text)
        case Alert(text):
            return paragraph(text, "alert")
        case Label():
            return paragraph(" · ".join(block.parts), "quiet")
        case Note(text):
            return paragraph(text, "quiet")
        case Paragraph(text):
            return paragraph(text)
        case Facts(pairs):
            return facts(pairs)
        case Table():
            return _document_table(block)


def _document_table(block: Table) -> str:
    kinds = [NUMBER if column.align == "right" else TEXT for column in block.columns]
    top = "".join(
        f'<th scope="col" class="{kind}">{escape(column.heading)}</th>'
        for column, kind in zip(block.columns, kinds, strict=True)
    )
    rows = [[_cell(entry.text, kind) for entry, kind in zip(row, kinds, strict=True)]
            for row in block.rows]  # fmt: skip
    return _table(top, ["".join(row) for row in rows])


def section(title: str, *parts: str) -> str:
    """Return a part of the page under a heading of its own."""
    return f"<section>\n{heading(2, title)}{''.join(parts)}</section>\n"


def heading(level: int, text: str) -> str:
    """Return a heading; the page has level 1, its sections level 2."""
    return f"<h{level}>{escape(text)}</h{level}>\n"


def paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph; its kind may be ``quiet`` or ``alert``."""
    return f'<p class="{kind}">{escape(text)}</p>\n' if kind else f"<p>{escape(text)}</p>\n"


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Return names and facts; a fact that is empty is left out."""
    items = "".join(f"<dt>{escape(n)}</dt><dd>{escape(fact)}</dd>" for n, fact in pairs if fact)
    return f"<dl>{items}</dl>\n" if items else ""


def listed(items: Iterable[str]) -> str:
    """Return a list with a dot an item."""
    return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>\n"


def commands(lines: Iterable[str]) -> str:
    """Return commands to copy, each by itself."""
    return "".join(f"<pre>{escape(line)}</pre>\n" for line in lines)


def table(headings: Mapping[str, str], rows: Iterable[Sequence[str | None]]) -> str:
    """Return a table; ``headings`` gives the class of each column's cells."""
    kinds = list(headings.values())
    top = "".join(
        f'<th scope="col" class="{kind}">{escape(n)}</th>' for n, kind in headings.items()
    )
    cells = [[_cell(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in rows]
    return _table(top, ["".join(row) for row in cells])


def _table(top: str, rows: Iterable[str]) -> str:
    body = "".join(f"<tr>{row}</tr>\n" for row in rows)
    # A table too wide for the page is scrolled by itself, with the keyboard too.
    return (
        f'<div class="scroll" tabindex="0"><table>\n<thead><tr>{top}</tr></thead>\n'
        f"<tbody>\n{body}</tbody>\n</table></div>\n"
    )


def _cell(value: str | None, kind: str) -> str:
    return f'<td class="{kind}">{escape(value or "")}</td>'
