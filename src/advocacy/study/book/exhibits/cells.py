"""Numbers in tables that are made for a chapter alone: each has a name, made of row and column.

What an estimator gives names its numbers itself. The tables here are of trials, measurements and
counts: a number in one is named after the table, after what its row is of, and after its column.
Its value is the one that is shown; what it was rounded from is in the file that the table is of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from advocacy.report.numbers import Numbers
from advocacy.study.book.making import Shown
from advocacy.study.protocol import Protocol


@dataclass(frozen=True)
class Named:
    """How the numbers of a page's tables are named.

    Parameters
    ----------
    stem
        With which their names begin.
    rows
        Headings of the columns that say what a row is of; of several tables any of them.
    kind
        Kind of evidence; empty where it is that of the study's data.
    """

    stem: str
    rows: tuple[str, ...]
    kind: str = ""


# By the page that has the tables.
TABLES: Mapping[str, Named] = {
    "against_r": Named("against_r", ("subject", "compared with"), "measured"),
    "attrition_tried": Named("attrition_tried", ("population, and who leaves",), "simulated"),
    "contrasts": Named("contrasts", ("design",), "simulated"),
    "coverage": Named("coverage", ("design",), "simulated"),
    "coverage-designs": Named("coverage", ("design",), "simulated"),
    "pooled-checks": Named("pooled:checks", ("rate", "score")),
    "pooled-diagnostics": Named("pooled:diagnostics", ("diagnostic",)),
    "pooled-truth": Named("pooled:truth", ("programmes",)),
    "pooling-coverage": Named("pooling", ("interval of", "answers in the cell"), "simulated"),
    "pooling-errors": Named("pooling", ("rate", "answers in the cell"), "simulated"),
    "pooling-ranks": Named("pooling", ("parameter",), "simulated"),
    "rejected": Named("data:rejected", ("column", "reason")),
    **{
        f"scaling-{growth}": Named(f"scaling:{growth}", ("task", "by", heading), "measured")
        for growth, heading in (("rows", "rows"), ("psus", "PSUs"), ("domains", "domains"))
    },
    "withheld": Named("data:withheld", ("crossing",)),
}
_ROLE = re.compile(r"\{number\}`([^`]*?) <([^`<>]+)>`")
_CELLS = re.compile(r"(?<!\\)\|")
_MARKS = re.compile(r"(\**)(.*?)(\**)", re.DOTALL)
_DIGIT = re.compile(r"\d")
# A number as it is shown, with what stands in brackets behind it.
_VALUE = re.compile(r"([+\N{MINUS SIGN}-]?[\d\N{NARROW NO-BREAK SPACE}]+(?:\.\d+)?)(?: \(.*\))?")
_UNNAMED = re.compile(r"[^\w.+-]+")


def named(pages: Mapping[str, Shown]) -> dict[str, Shown]:
    """Return pages, those of such tables with the names of their numbers."""
    return {
        name: replace(own, make=partial(_with_names, TABLES[name], own.make))
        if name in TABLES
        else own
        for name, own in pages.items()
    }


def numbers(study: Protocol, pages: Mapping[str, Shown]) -> Iterator[Shown]:
    """Yield the numbers in such tables, given the pages with their names."""
    kind = "simulated" if study.simulation else "collected"
    for name in TABLES.keys() & pages.keys():
        given = TABLES[name].kind or kind
        yield replace(pages[name], make=partial(_numbers_in, pages[name].make, given))


def _with_names(table: Named, make: Callable[..., str], *parts: Any) -> str:
    page = make(*parts) or ""
    lines = page.split("\n")
    for line, place, cell, name in _numbers_of(page, table):
        cells = _CELLS.split(lines[line])
        before, text, behind = _marked(cell)
        cells[place] = f" {before}{{number}}`{text} <{name}>`{behind} "
        lines[line] = "|".join(cells)
    return "\n".join(lines)


def _numbers_in(make: Callable[..., str], kind: str, *parts: Any) -> Numbers:
    return {
        name: {"text": text, "value": _value(text), "source_kind": kind}
        for text, name in _ROLE.findall(make(*parts) or "")
    }


def _numbers_of(page: str, table: Named) -> Iterator[tuple[int, int, str, str]]:
    """Yield line, place, text and name of each number in the right-hand columns of the tables."""
    headings: list[str] = []
    right: list[bool] = []
    for line, text in enumerate(page.split("\n")):
        cells = [cell.strip() for cell in _CELLS.split(text)]
        if not text.startswith("|"):
            headings, right = [], []
        elif not headings:
            headings = cells
        elif not right:
            right = [cell.endswith("-:") for cell in cells]
        else:
            keys = [at for at, heading in enumerate(headings) if heading in table.rows]
            row = ",".join(_part(cells[at]) for at in keys)
            for at, cell in enumerate(cells):
                if right[at] and at not in keys and _DIGIT.search(cell):
                    yield line, at, cell, f"{table.stem}:{row}:{_part(headings[at]).lower()}"


def _part(text: str) -> str:
    """Return words as they stand in a name."""
    return _UNNAMED.sub("_", text.replace("\N{NARROW NO-BREAK SPACE}", "")).strip("_")


def _marked(cell: str) -> tuple[str, str, str]:
    """Return a cell's text between the marks of bold and italic around it."""
    found = _MARKS.fullmatch(cell)
    return (found[1], found[2], found[3]) if found else ("", cell, "")


def _value(text: str) -> float | None:
    found = _VALUE.fullmatch(text)
    if found is None:
        return None
    return float(found[1].replace("\N{NARROW NO-BREAK SPACE}", "").replace("\N{MINUS SIGN}", "-"))
