"""Delimited text (.csv): names in the first line, every value as a text."""

from __future__ import annotations

import codecs
import csv as text_csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from advocacy.errors import FileFormatError
from advocacy.remarks import Remark
from advocacy.responses.code_pages.encodings import (
    MARKING,
    MARKS,
    Decision,
    InUtf8,
    decide,
    undecoded_labels,
    undecoded_texts,
    with_marks,
)
from advocacy.responses.labelled import LabelledTable, Variable
from advocacy.responses.readers.names import check_names
from advocacy.responses.readers.scan import Scan

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical_bar"}
_BOMS = {
    codecs.BOM_UTF8: "UTF-8",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_BLOCK = 2**20  # bytes read at a time
_HEAD = 2**16  # bytes that decide on the dialect
_MOST_SPECIAL = 2**20  # bytes with letters beyond ASCII that decide on the code page
_RECORDS = 100  # that decide on the delimiter and on decimal commas
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)  # as Excel reads and writes it
_SPECIAL_LINE = re.compile(rb"[^\n]*[\x80-\xff][^\n]*")
_DECIMAL_COMMA = r"^\s*([-+]?\d+),(\d+)\s*$"
_THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}(,\d{3})+")
_NAME = re.compile(r"\w+")


@dataclass(frozen=True)
class Dialect:
    """How a text is divided into values.

    Parameters
    ----------
    delimiter, quote
        One character each.
    skipped
        Lines before the names.
    names
        Names as they stand in the text.
    decimal_comma
        Places of the columns whose numbers have a decimal comma.
    """

    delimiter: str
    quote: str
    skipped: int
    names: tuple[str, ...]
    decimal_comma: frozenset[int] = frozenset()


def recognises(head: bytes) -> bool:
    """Tell whether bytes can be the start of a text with a header of names.

    A header without any delimiter must be one plausible name: letters, digits, underscores.
    """
    encoding = _bom(head) or _utf16_without_bom(head)
    if b"\0" in head and encoding != "UTF-16" and not (encoding or "").startswith("UTF-16"):
        return False
    text = head.decode(encoding or "latin-1", errors="ignore").lstrip("\ufeff")
    lines = text.splitlines()
    header = lines[0] if lines else ""
    if _SEPARATOR_LINE.match(text) or any(delimiter in header for delimiter in _DELIMITERS):
        return True
    return len(lines) > 1 and _NAME.fullmatch(header.strip().strip("\"'")) is not None


def scan(path: Path, encoding: str | None = None) -> Scan:
    """Open a text; its code page and delimiter are detected and said.

    Nothing and NA without quotes are missing; ``"NA"`` is a text, as R writes them. Numbers
    with a decimal comma get a point, where a whole column is like that. A byte that is not in
    the code page is marked in its text.

    Raises
    ------
    FileFormatError
        Lines differ in their number of values, or names repeat.
    """
    decision = _encoding(path, encoding)
    with path.open("rb") as file:
        raw = file.read(_HEAD)
    try:
        decoder = codecs.getincrementaldecoder(decision.encoding)(MARKING)
        text = decoder.decode(raw).lstrip("\ufeff")
    except (UnicodeError, LookupError) as error:
        raise _unreadable(path, error) from error
    dialect = _dialect(text, complete=len(raw) < _HEAD)
    names = check_names([with_marks(name) for name in dialect.names], path)
    faults = sum(with_marks(name) != name for name in dialect.names)
    table = LabelledTable(
        path=path,
        values=pa.schema([(name, pa.string()) for name in names]).empty_table(),
        variables=tuple(Variable(name) for name in names),
        encoding=decision.encoding,
        assumptions=(
            *decision.remarks,
            *undecoded_labels(faults, decision.encoding),
            *_remarks(dialect, names),
        ),
    )
    marked: dict[str, list[int]] = {}
    return Scan(
        table,
        None,
        lambda chosen, size: _batches(table, dialect, marked, chosen, size),
        lambda: undecoded_texts(marked, decision.encoding),
    )


# Code page


def _encoding(path: Path, forced: str | None) -> Decision:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if forced is not None:
        return decide(None, [], forced)
    if bom := _bom(head):
        return Decision(bom, (Remark("encoding.marked", {"encoding": bom}),))
    if wide := _utf16_without_bom(head):
        return Decision(wide, (Remark("encoding.wide", {"encoding": wide}),))
    return decide(None, _special_lines(path))


def _special_lines(path: Path) -> list[bytes]:
    """Return a file's first lines with letters beyond ASCII."""
    found: list[bytes] = []
    size, rest = 0, b""
    with path.open("rb") as file:
        while size < _MOST_SPECIAL and (block := file.read(_BLOCK)):
            whole, line_end, rest = (rest + block).rpartition(b"\n")
            if not line_end and len(rest) > _MOST_SPECIAL:
                break
            if not whole.isascii():
                found += _SPECIAL_LINE.findall(whole)
                size = sum(map(len, found))
    return found if rest.isascii() else [*found, rest]


def _bom(head: bytes) -> str | None:
    return next((name for bom, name in _BOMS.items() if head.startswith(bom)), None)


def _utf16_without_bom(head: bytes) -> str | None:
    """Return UTF-16 with its byte order where nearly every second byte is zero."""
    pairs = len(head) // 2
    if pairs < 2 or b"\0" not in head:
        return None
    shares = {
        "UTF-16-LE": head[1 : 2 * pairs : 2].count(0) / pairs,
        "UTF-16-BE": head[0 : 2 * pairs : 2].count(0) / pairs,
    }
    name = max(shares, key=lambda key: shares[key])
    return name if shares[name] > 0.7 and min(shares.values()) < 0.1 else None


# Dialect


def _dialect(text: str, *, complete: bool) -> Dialect:
    """Find how a text is divided, from its start."""
    declared = _SEPARATOR_LINE.match(text)
    if declared:
        text = text[declared.end() :]
    quote = "'" if '"' not in text and text.startswith("'") else '"'
    choices = declared.group(1) if declared else "".join(_DELIMITERS)
    records = {d: _records(text, d, quote, complete=complete) for d in choices}
    delimiter = max(choices, key=lambda d: _regularity(records[d]))
    names, *rows = records[delimiter]
    comma = () if delimiter == "," else _decimal_commas(len(names), rows)
    return Dialect(delimiter, quote, 1 if declared else 0, tuple(names), frozenset(comma))


def _records(text: str, delimiter: str, quote: str, *, complete: bool) -> list[list[str]]:
    """Return the first records, at least the one with the names."""
    lines = text.splitlines(keepends=True)
    if not complete and len(lines) > 1:
        lines = lines[:-1]  # the last may be cut
    records = []
    for record in text_csv.reader(lines, delimiter=delimiter, quotechar=quote):
        if record:
            records.append(record)
        if len(records) > _RECORDS:
            break
    return records or [[""]]


def _regularity(records: list[list[str]]) -> tuple[bool, float, int]:
    """Rank a delimiter: it divides the names, then the rows alike, then into most values."""
    width = len(records[0])
    alike = sum(len(record) == width for record in records) / len(records)
    return width > 1, alike, width


def _decimal_commas(width: int, rows: list[list[str]]) -> Iterator[int]:
    """Yield the places of columns of numbers of which one at least has a decimal comma."""
    number = re.compile(r"\s*[-+]?\d+(,\d+)?\s*")
    for at in range(width):
        values = [row[at] for row in rows if at < len(row) and row[at].strip() not in ("", "NA")]
        commas = [value.strip() for value in values if "," in value]
        if not commas or not all(number.fullmatch(value) for value in values):
            continue
        if not all(_THOUSANDS.fullmatch(value) for value in commas):
            yield at


def _remarks(dialect: Dialect, names: list[str]) -> Iterator[Remark]:
    if len(names) > 1:
        named = _DELIMITERS.get(dialect.delimiter)
        between = Remark(f"delimited.{named}") if named else repr(dialect.delimiter)
        yield Remark("delimited.divided", {"delimiter": between, "quote": dialect.quote})
    if dialect.decimal_comma:
        which = [names[at] for at in sorted(dialect.decimal_comma)]
        yield Remark("delimited.decimal_comma", {"variables": which})


# Values


def _batches(
    table: LabelledTable,
    dialect: Dialect,
    marked: dict[str, list[int]],
    names: Sequence[str] | None,
    size: int,
) -> Iterator[pa.Table]:
    """Yield the values, which pyarrow reads in blocks of bytes, in batches of rows."""
    columns = table.values.column_names
    chosen = columns if names is None else list(names)
    waiting: list[pa.Table] = []
    marked.clear()
    read = 0
    try:
        with table.path.open("rb") as file:
            for batch in _open(file, table.encoding, dialect):
                part = pa.Table.from_batches([batch]).rename_columns(columns)
                part = _with_points(part, dialect).select(chosen)
                waiting.append(_with_marks(part, read, marked))
                read += part.num_rows
                if sum(w.num_rows for w in waiting) >= size:
                    *full, rest = _cut(pa.concat_tables(waiting), size)
                    yield from full
                    waiting = [rest]
    except (pa.ArrowException, UnicodeError, LookupError) as error:
        raise _unreadable(table.path, error) from error
    if waiting:
        yield from (part for part in _cut(pa.concat_tables(waiting), size) if part.num_rows)


def _open(file: BinaryIO, encoding: str, dialect: Dialect) -> csv.CSVStreamingReader:
    return csv.open_csv(
        pa.PythonFile(io.BufferedReader(InUtf8(file, encoding), _BLOCK), mode="r"),
        # The default, 1 MiB, is less than one long row of a wide survey may need.
        read_options=csv.ReadOptions(skip_rows=dialect.skipped, block_size=8 * _BLOCK),
        parse_options=csv.ParseOptions(
            delimiter=dialect.delimiter,
            quote_char=dialect.quote,
            newlines_in_values=True,
            # In a single column, an empty line is a missing value.
            ignore_empty_lines=len(dialect.names) > 1,
        ),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(dialect.names, pa.string()),
            strings_can_be_null=True,
            null_values=["", "NA"],
            quoted_strings_can_be_null=False,
        ),
    )


def _with_marks(table: pa.Table, start: int, marked: dict[str, list[int]]) -> pa.Table:
    """Write out the marks in texts, and note the rows that have some, from 1."""
    for at, name in enumerate(table.column_names):
        texts = table[at].combine_chunks()
        found = pc.fill_null(pc.match_substring_regex(texts, MARKS), False)
        if not pc.any(found).as_py():
            continue
        rows = np.flatnonzero(found.to_numpy(zero_copy_only=False)) + start + 1
        marked.setdefault(name, []).extend(rows.tolist())
        written = pa.array([with_marks(text) for text in texts.filter(found).to_pylist()])
        table = table.set_column(at, name, pc.replace_with_mask(texts, found, written))
    return table


def _cut(table: pa.Table, size: int) -> list[pa.Table]:
    """Return full batches and the rest, which may be empty."""
    table = table.combine_chunks()
    return [table.slice(start, size) for start in range(0, table.num_rows + 1, size)]


def _with_points(table: pa.Table, dialect: Dialect) -> pa.Table:
    for at in sorted(dialect.decimal_comma):
        points = pc.replace_substring_regex(table[at], _DECIMAL_COMMA, r"\1.\2")
        table = table.set_column(at, table.column_names[at], points)
    return table


def _unreadable(path: Path, error: Exception) -> FileFormatError:
    return FileFormatError(
        f"The text cannot be read as a table ({error}).",
        where=str(path),
        remedy="Save it as UTF-8 with one line a response and one name a column, "
        "or say its code page with --encoding.",
    )
