"""What a reader takes away of a figure or a table: its data as CSV, and the code that made it.

The data of a figure are the rows of what it is made of, as they are published; those of a table
are what it shows. So nothing is in a file that the book withholds.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from advocacy.estimation import Estimates

# The folder of the pages with code, below the book.
CODE = "code"
# Says which number of the ledger a row is, for links alone.
_FOR_LINKS = ("stem", "part")
_IDENTIFIERS = "identifiers"
_ROLE = re.compile(r"\{(?:number|given)\}`([^`<]*?)(?: <([^`<>]+)>)?`")
_LINK = re.compile(r"!?\[([^\]]*)\]\(([^)]*)\)")
_FOLDED = re.compile(r":::+\{dropdown\} (.*)")
_MARKUP = re.compile(r"</?\w[^>]*>|(?<!\\)[*`]")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]<>|$#&])")
_CELLS = re.compile(r"(?<!\\)\|")
_NUMBER = re.compile(r"[+−-]?\d[\d\u2009\u202f\u00a0 ]*(?:\.\d+)?")
_SPACES = re.compile(r"[\u2009\u202f\u00a0 ]")


def figure_csv(parts: Mapping[str, Any], paths: Mapping[str, Path], kind: str) -> str:
    """Return the rows of what a figure is made of as CSV, each with the name of its table.

    Parameters
    ----------
    parts
        What it is made of, by name.
    paths
        The files of these.
    kind
        The kind of evidence of rows that do not say it.
    """
    rows: list[dict[str, Any]] = []
    for name, value in parts.items():
        rows += [{"table": name, "source_kind": kind, **row} for row in _rows(value, paths[name])]
    return rows_csv(rows)


def rows_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as CSV; a column that is empty in every row is left out."""
    columns = dict.fromkeys(
        name for row in rows for name, value in row.items() if value not in (None, "")
    )
    return _written([list(columns), *([row.get(name) for name in columns] for row in rows)])


def _rows(value: Any, path: Path) -> list[dict[str, Any]]:
    if isinstance(value, Estimates):
        kept = [name for name in value.table.column_names if name not in _FOR_LINKS]
        rows: list[dict[str, Any]] = value.table.select(kept).to_pylist()
        return rows
    if path.suffix != ".csv":  # it is no table; the rows beside it say what is drawn
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def tables_csv(page: str, kind: str = "") -> str:
    """Return the tables of a page in Markdown as CSV, as they are shown; nothing without one.

    Thousands have no space, a minus is a hyphen, and the ends of intervals stand in columns of
    their own. The last columns have the kind of evidence, where there is one, and the identifiers
    of the numbers in a row, where it has any. Of several tables the first column says which one: by
    what is written on its fold, else by its number on the page.
    """
    tables = [(title, _table(lines)) for title, lines in _tables_of(page)]
    rows = [
        {**({"table": title or str(number)} if len(tables) > 1 else {}), **row}
        for number, (title, own) in enumerate(tables, start=1)
        for row in own
    ]
    if not rows:
        return ""
    if kind:
        rows = [{**row, "kind of evidence": kind} for row in rows]
    columns = dict.fromkeys(name for row in rows for name in row if name != _IDENTIFIERS)
    if any(_IDENTIFIERS in row for row in rows):
        columns[_IDENTIFIERS] = None
    return _written([list(columns), *([row.get(name, "") for name in columns] for row in rows)])


def _tables_of(page: str) -> Iterable[tuple[str, list[str]]]:
    table: list[str] = []
    title = ""
    for line in [*page.splitlines(), ""]:
        folded = _FOLDED.fullmatch(line)
        if line.startswith("|"):
            table.append(line)
        elif table:
            yield title, table
            table, title = [], ""
        title = folded[1] if folded else title


def _table(lines: Sequence[str]) -> list[dict[str, str]]:
    """Return the rows of a table by column; a heading that is used again has a number behind."""
    head, _, *body = [[cell.strip() for cell in _CELLS.split(line)[1:-1]] for line in lines]
    names: list[str] = []
    for text in map(_plain, head):
        again = sum(name.split(" #")[0] == text for name in names)
        names.append(f"{text} #{again + 1}" if again else text)
    ends = {
        place
        for place in range(len(names))
        if any(_ends(row[place]) for row in body)
        and all(_ends(row[place]) or _plain(row[place]) in ("", "–") for row in body)
    }
    return [_row(names, row, ends) for row in body]


def _row(names: Sequence[str], cells: Sequence[str], ends: set[int]) -> dict[str, str]:
    row: dict[str, str] = {}
    for place, (name, cell) in enumerate(zip(names, cells, strict=True)):
        if place in ends:
            low, high = _ends(cell) or ("", "")
            row |= {f"{name}, low": low, f"{name}, high": high}
        else:
            row[name] = _typed(_plain(cell))
    identifiers = [own for cell in cells for _, own in _ROLE.findall(cell) if own]
    return row | ({_IDENTIFIERS: " ".join(identifiers)} if identifiers else {})


def _ends(cell: str) -> tuple[str, str] | None:
    """Return the ends of an interval; ``None`` where a cell is none."""
    low, to, high = _plain(cell).partition(" to ")
    both = _NUMBER.fullmatch(low) and _NUMBER.fullmatch(high)
    return (_typed(low), _typed(high)) if to and both else None


def _typed(text: str) -> str:
    """Return a number as programs read it, any other text as it is."""
    return _SPACES.sub("", text).replace("−", "-") if _NUMBER.fullmatch(text) else text


def _plain(cell: str) -> str:
    text = _ROLE.sub(lambda match: match[1], cell)
    text = _MARKUP.sub("", _LINK.sub(lambda match: match[1] or match[2], text))
    return _ESCAPED.sub(lambda match: match[1], text).strip()


def _written(rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def links(file: str, formats: Sequence[str], made_by: str) -> str:
    """Return the line below a figure or table: what it is downloaded as, and what made it.

    Parameters
    ----------
    file
        Its file, from the folder of what the book shows.
    formats
        Endings of the files beside it.
    made_by
        The function, by its module.
    """
    stem = f"../data/derived/book/{file.rpartition('.')[0]}"
    said = [f"{{download}}`{ending.upper()} <{stem}.{ending}>`" for ending in formats]
    line = " · ".join([*said, f"made by {{made}}`{made_by}`"])
    return f"```{{container}} downloads\n{line}\n```"


def code_page(module: str, function: str) -> str:
    """Return the address of a function in the book's own listing of the code that it shows."""
    return f"{CODE}/{module}.html#{function}"
