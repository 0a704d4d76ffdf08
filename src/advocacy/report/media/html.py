"""Documents as HTML: a page of their own, or a part of a notebook.

A page is one file without script or other files. It follows the reader into the dark, fits a
phone, and prints.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import pairwise

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
from advocacy.report.media.svg import drawing
from advocacy.report.palette import PALETTE
from advocacy.report.wording import ENGLISH, Words

# What a chart's colours are: those of the page, or where it has none those of paper.
_VARIABLES = {name: f"var(--{name},{light})" for name, (light, _) in PALETTE.items()}
# What a phone of 390 px holds of a table, in letters; what the space beside a column takes of it;
# and how many stand in a line of a column of words.
_LETTERS, _BESIDE, _WORDS = 46, 1.4, 16
_NOTEBOOK = 2  # levels that a document's headings stand below those of the notebook

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
main>.alert:first-child{font-size:1.1rem;font-weight:bold}
.key{font-size:1.15rem;margin:1rem 0;max-width:40rem}
.key strong{font-size:3rem;line-height:1.1;color:var(--first)}
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
figure{margin:1.25rem 0}figcaption{font-weight:bold;margin-bottom:.5rem}
figure svg{font-family:inherit;max-width:100%;height:auto}.narrow{display:none}
@media(max-width:30rem){th,td{padding-right:.6rem}}
@media screen and (max-width:40rem){.stacks,.stacks :is(tbody,td){display:block}
.stacks{width:100%}.stacks tr{display:flex;flex-wrap:wrap;column-gap:1rem;padding:.4rem 0;
border-bottom:1px solid var(--grid)}
.stacks thead,.stacks td:empty{position:absolute;width:1px;height:1px;overflow:hidden;
clip-path:inset(50%)}.stacks td{border:0;padding:.1rem 0;text-align:left;white-space:normal}
.stacks td:is(:first-child,.text){flex:0 0 100%}.stacks td:first-child{font-weight:bold}
.stacks td:not(:first-child)::before{content:attr(data-heading) ": ";color:var(--quiet)}}
@media screen and (max-width:40rem){.wide{display:none}.narrow,.key strong{display:block}}
@media print{body{max-width:none;padding:0}h2,h3,h4{break-after:avoid}tr{break-inside:avoid}
.scroll{overflow:visible}}
"""


def page(document: Document, words: Words = ENGLISH) -> str:
    """Return a document as a whole page; its first heading is the title.

    Parameters
    ----------
    document
        What is shown.
    words
        The language that it is in.
    """
    title = next(escape(block.text) for block in document.blocks if isinstance(block, Heading))
    return (
        f'<!DOCTYPE html>\n<html lang="{words.language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{title}</title>\n<style>{_colours()}{_STYLE}</style>\n</head>\n<body>\n"
        f"<main>\n{''.join(_sections(document.blocks, words))}</main>\n</body>\n</html>\n"
    )


# A notebook has a look of its own: what is said here is what no look may leave out.
_NOTEBOOK_STYLE = (
    "<style>.advocacy th,.advocacy td{text-align:left}.advocacy .number{text-align:right}"
    ".advocacy .quiet{opacity:.75}"
    ".advocacy .narrow{display:none}"
    f".advocacy .alert{{font-weight:bold;color:light-dark({','.join(PALETTE['alert'])})}}</style>\n"
)


def fragment(document: Document) -> str:
    """Return a document as a part of a page, for a notebook."""
    written = _written(document.blocks, ENGLISH, _NOTEBOOK)
    return f'<div class="advocacy">{_NOTEBOOK_STYLE}{written}</div>\n'


def _colours() -> str:
    light, dark = (
        "".join(f"--{name}:{pair[side]};" for name, pair in PALETTE.items()) for side in (0, 1)
    )
    # Paper is white, whatever the screen is.
    return f":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"


def _sections(blocks: Sequence[Block], words: Words) -> Iterator[str]:
    """Yield what stands before the first heading of level 2, and a section for each of these."""
    starts = [place for place, b in enumerate(blocks) if isinstance(b, Heading) and b.level == 2]
    ends = [*starts, len(blocks)]
    yield _written(blocks[: ends[0]], words)
    for start, end in pairwise(ends):
        yield f"<section>\n{_written(blocks[start:end], words)}</section>\n"


def _written(blocks: Iterable[Block], words: Words, below: int = 0) -> str:
    return "".join(_shown(block, words, below) for block in blocks)


def _shown(block: Block, words: Words, below: int) -> str:
    match block:
        case Heading(text, level, code):
            return f"<h{level + below}>{_after(code, text)}</h{level + below}>\n"
        case Alert(text):
            return _paragraph(text, "alert")
        case Label():
            return _paragraph(" · ".join(block.parts), "quiet")
        case Note(text):
            return _paragraph(text, "quiet")
        case Paragraph(text):
            return f"<p>{escape(text)}</p>\n"
        case Key(number, text, interval):
            figure = f"<strong>{escape(number.text)}</strong> {escape(interval)}"
            return f'<p class="key">{figure}<br>{escape(text)}</p>\n'
        case Facts(pairs):
            facts = (f"<dt>{escape(name)}</dt><dd>{escape(fact)}</dd>" for name, fact in pairs)
            return f"<dl>{''.join(facts)}</dl>\n"
        case Items(items):
            return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>\n"
        case Names(pairs):
            names = (f"<li>{_after(name, label)}</li>" for name, label in pairs)
            return f'<ul class="names">{"".join(names)}</ul>\n'
        case Commands(lines):
            return "".join(f"<pre>{escape(line)}</pre>\n" for line in lines)
        case Table(columns, rows):
            return _table(columns, rows)
        case Chart(title):
            drawn = (drawing(block, words, wide=wide, colours=_VARIABLES) for wide in (True, False))
            return f"<figure><figcaption>{escape(title)}</figcaption>\n{''.join(drawn)}</figure>\n"


def _paragraph(text: str, kind: str) -> str:
    return f'<p class="{kind}">{escape(text)}</p>\n'


def _after(code: str, text: str) -> str:
    return f"<code>{escape(code)}</code> {escape(text)}" if code else escape(text)


def _table(columns: Sequence[Column], rows: Iterable[Sequence[Entry]]) -> str:
    kinds, rows = [_kind(column) for column in columns], list(rows)
    if _width(columns, rows) > _LETTERS:
        return _cards(columns, kinds, rows)
    top = "".join(
        f'<th scope="col" class="{kind}">{escape(column.heading)}</th>'
        for column, kind in zip(columns, kinds, strict=True)
    )
    body = "".join(f"<tr>{_cells(row, kinds)}</tr>\n" for row in rows)
    # A table too wide for the page is scrolled by itself, with the keyboard too.
    return (
        f'<div class="scroll" tabindex="0"><table>\n<thead><tr>{top}</tr></thead>\n'
        f"<tbody>\n{body}</tbody>\n</table></div>\n"
    )


def _cards(columns: Sequence[Column], kinds: Sequence[str], rows: Sequence[Sequence[Entry]]) -> str:
    """Return a table whose rows are cards on a phone, which roles keep a table to who hears it."""
    top = "".join(
        f'<th role="columnheader" scope="col" class="{kind}">{escape(column.heading)}</th>'
        for column, kind in zip(columns, kinds, strict=True)
    )
    headed = [
        "".join(
            f'<td role="cell" class="{kind}" data-heading="{escape(column.heading)}">'
            f"{escape(entry.text)}</td>"
            for entry, column, kind in zip(row, columns, kinds, strict=True)
        )
        for row in rows
    ]
    body = "".join(f'<tr role="row">{cells}</tr>\n' for cells in headed)
    return (
        '<div class="scroll" tabindex="0"><table role="table" class="stacks">\n'
        f'<thead role="rowgroup"><tr role="row">{top}</tr></thead>\n'
        f'<tbody role="rowgroup">\n{body}</tbody>\n</table></div>\n'
    )


def _width(columns: Sequence[Column], rows: Sequence[Sequence[Entry]]) -> float:
    """Return how wide a table is at least, in letters: numbers are not broken, words are."""
    return sum(
        _BESIDE
        + max(
            [
                *map(len, column.heading.split()),
                *(len(t) if column.align == "right" else min(len(t), _WORDS) for t in texts),
            ],
            default=0,
        )
        for column, texts in zip(
            columns, ([row[n].text for row in rows] for n in range(len(columns))), strict=True
        )
    )


def _kind(column: Column) -> str:
    if column.align == "right":
        return "number"
    return "code" if column.code else "text"


def _cells(row: Sequence[Entry], kinds: Sequence[str]) -> str:
    return "".join(
        f'<td class="{kind}">{escape(entry.text)}</td>'
        for entry, kind in zip(row, kinds, strict=True)
    )
