"""Delimited text (.csv): a header, perhaps with a title above it, and every value as a text."""

from __future__ import annotations

import codecs
import csv as text_csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import StringIO
from itertools import pairwise
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
    InUtf8,
    undecoded_labels,
    undecoded_texts,
    with_marks,
)
from advocacy.responses.code_pages.plain_text import marked_page, page_of_text, wide_page
from advocacy.responses.labelled import LabelledTable, Variable
from advocacy.responses.readers.names import check_names
from advocacy.responses.readers.scan import Scan
from advocacy.responses.readers.tables.layout import (
    Layout,
    find_layout,
    is_blank,
    rows_below,
    says_total,
)
from advocacy.responses.readers.tables.left_out import LeftOut, without_errors
from advocacy.responses.readers.tables.numerals import Numerals, as_numbers, find_numerals
from advocacy.responses.readers.tables.numerals import remarks as numeral_remarks

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical_bar"}
_BLOCK = 2**20  # bytes read at a time
# Bytes that decide on the dialect; or as many as the first lines have, which may be long.
_HEAD, _MOST_HEAD = 2**16, 2**22
_RECORDS = 200  # that decide on the delimiter, the header and decimal commas
_LAST = 50  # rows among which those below the answers are looked for
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)  # as Excel reads and writes it
_NAME = re.compile(r"\w+")
_TITLES = 20  # lines among which the table begins


@dataclass(frozen=True)
class Dialect:
    """How a text is divided into values.

    Parameters
    ----------
    delimiter, quote
        One character each.
    skipped
        Lines before the first answer.
    layout
        Names, question texts, and what stands above and among them.
    numerals
        How numbers are written.
    """

    delimiter: str
    quote: str
    skipped: int
    layout: Layout
    numerals: Numerals


@dataclass(frozen=True)
class _Records:
    """The first records of a text: cells, and the number of lines to the end of each."""

    cells: list[list[str]] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)


def recognises(head: bytes) -> bool:
    """Tell whether bytes can be the start of a text with a header of names.

    A header without any delimiter must be one plausible name, of letters, digits and
    underscores; or it is a title, and two lines further down are divided alike.
    """
    encoding = marked_page(head) or wide_page(head)
    if b"\0" in head and encoding != "UTF-16" and not (encoding or "").startswith("UTF-16"):
        return False
    text = head.decode(encoding or "latin-1", errors="ignore").lstrip("\ufeff")
    lines = text.splitlines()
    header = lines[0] if lines else ""
    if _SEPARATOR_LINE.match(text) or any(delimiter in header for delimiter in _DELIMITERS):
        return True
    if len(lines) > 1 and _NAME.fullmatch(header.strip().strip("\"'")):
        return True
    counts = [[line.count(delimiter) for line in lines[1:_TITLES]] for delimiter in _DELIMITERS]
    return any(0 < n == m for own in counts for n, m in pairwise(own))


def scan(path: Path, encoding: str | None = None) -> Scan:
    """Open a text; its code page and delimiter are detected and said.

    Nothing and NA without quotes are missing, and so are the errors of a spreadsheet; ``"NA"``
    is a text, as R writes them. Numbers with a decimal comma get a point, where a whole column
    is like that. Rows of a title, of the header, without any value and of totals are no answers.
    A byte that is not in the code page is marked in its text.

    Raises
    ------
    FileFormatError
        Lines differ in their number of values, or names repeat.
    """
    decision = page_of_text(path, encoding)
    raw, complete = _start(path)
    try:
        decoder = codecs.getincrementaldecoder(decision.encoding)(MARKING)
        text = decoder.decode(raw).lstrip("\ufeff")
    except (UnicodeError, LookupError) as error:
        raise _unreadable(path, error) from error
    dialect = _dialect(text, complete=complete)
    read = (*dialect.layout.names, *dialect.layout.labels)
    names = check_names([with_marks(name) for name in dialect.layout.names], path)
    labels = [with_marks(label) for label in dialect.layout.labels]
    faults = sum(with_marks(text) != text for text in read)
    left_out = LeftOut()
    table = LabelledTable(
        path=path,
        values=pa.schema([(name, pa.string()) for name in names]).empty_table(),
        variables=tuple(map(Variable, names, labels)),
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
        lambda chosen, size: _batches(table, dialect, left_out, marked, chosen, size),
        lambda: (*left_out.remarks(), *undecoded_texts(marked, decision.encoding)),
    )


# Dialect


def _start(path: Path) -> tuple[bytes, bool]:
    """Return the start of a file, with whole names however many, and whether it is all of it."""
    with path.open("rb") as file:
        raw = block = file.read(_HEAD)
        while len(block) == _HEAD and len(raw) < _MOST_HEAD and raw.count(b"\n") < _TITLES:
            block = file.read(_HEAD)
            raw += block
    return raw, len(block) < _HEAD


def _dialect(text: str, *, complete: bool) -> Dialect:
    """Find how a text is divided, and where its answers begin, from its start."""
    declared = _SEPARATOR_LINE.match(text)
    if declared:
        text = text[declared.end() :]
    quote = "'" if '"' not in text and text.startswith("'") else '"'
    choices = declared.group(1) if declared else "".join(_DELIMITERS)
    records = {d: _records(text, d, quote, complete=complete) for d in choices}
    delimiter = max(choices, key=lambda d: _regularity(records[d].cells))
    found = records[delimiter]
    layout = find_layout(found.cells)
    header = layout.above + layout.header
    answers = [row for row in found.cells[header:] if not is_blank(row)]
    columns = [
        [row[at] for row in answers if at < len(row) and row[at].strip() not in ("", "NA")]
        for at in range(len(layout.names))
    ]
    return Dialect(
        delimiter=delimiter,
        quote=quote,
        skipped=found.ends[header - 1] + bool(declared),
        layout=layout,
        numerals=find_numerals(columns, semicolons=delimiter == ";"),
    )


def _records(text: str, delimiter: str, quote: str, *, complete: bool) -> _Records:
    """Return the first records, blank ones included; at least the one with the names."""
    lines = list(StringIO(text, newline=""))  # not of str: letters that divide no line do there
    if not complete and len(lines) > 1:
        lines = lines[:-1]  # the last may be cut
    found = _Records()
    text_csv.field_size_limit(_MOST_HEAD)  # names that another letter divides are one field
    reader = text_csv.reader(lines, delimiter=delimiter, quotechar=quote)
    for record in reader:
        found.cells.append(record)
        found.ends.append(reader.line_num)
        if len(found.cells) > _RECORDS:
            break
    return found


def _regularity(records: list[list[str]]) -> tuple[bool, float, int]:
    """Rank a delimiter: it divides the rows, then all alike, then into most values."""
    lengths = [len(record) for record in records if record]
    width = max(lengths, key=lengths.count)
    return width > 1, lengths.count(width) / len(lengths), width


def _remarks(dialect: Dialect, names: list[str]) -> Iterator[Remark]:
    if len(names) > 1:
        named = _DELIMITERS.get(dialect.delimiter)
        between = Remark(f"delimited.{named}") if named else repr(dialect.delimiter)
        yield Remark("delimited.divided", {"delimiter": between, "quote": dialect.quote})
    yield from dialect.layout.remarks()
    yield from numeral_remarks(dialect.numerals, names)


# Values


def _batches(
    table: LabelledTable,
    dialect: Dialect,
    left_out: LeftOut,
    marked: dict[str, list[int]],
    names: Sequence[str] | None,
    size: int,
) -> Iterator[pa.Table]:
    """Yield the values, which pyarrow reads in blocks of bytes, in batches of rows."""
    chosen = table.values.column_names if names is None else list(names)
    waiting: list[pa.Table] = []
    left_out.clear()
    marked.clear()
    read = 0
    try:
        with table.path.open("rb") as file:
            for part in _answers(_blocks(file, table, dialect, left_out), left_out):
                numbers = as_numbers(part, dialect.numerals).select(chosen)
                waiting.append(_with_marks(numbers, read, marked))
                read += part.num_rows
                if sum(w.num_rows for w in waiting) >= size:
                    *full, rest = _cut(pa.concat_tables(waiting), size)
                    yield from full
                    waiting = [rest]
    except pa.ArrowMemoryError:
        raise  # which is no fault of the file's
    except (pa.ArrowException, UnicodeError, LookupError) as error:
        raise _unreadable(table.path, error) from error
    if waiting:
        yield from (part for part in _cut(pa.concat_tables(waiting), size) if part.num_rows)


def _answers(blocks: Iterator[pa.Table], left_out: LeftOut) -> Iterator[pa.Table]:
    """Yield the rows that are answers, with the errors of a spreadsheet made missing."""
    held: pa.Table | None = None
    for block in blocks:
        together = block if held is None else pa.concat_tables([held, block])
        ready = max(0, together.num_rows - _LAST)
        if ready:
            yield _filled(without_errors(together.slice(0, ready), left_out), left_out)
        held = together.slice(ready)
    if held is not None:
        columns = [[cell or "" for cell in column.to_pylist()] for column in held.columns]
        rows = list(zip(*columns, strict=True))
        # In a single column, an empty line is a missing value.
        below = rows_below(rows) if held.num_columns > 1 else 0
        left_out.add_below(rows[len(rows) - below :])
        ready = held.num_rows - below
        yield _filled(without_errors(held.slice(0, ready), left_out), left_out)


def _filled(table: pa.Table, left_out: LeftOut) -> pa.Table:
    """Return the rows that have a value."""
    if table.num_columns == 1:
        return table
    blank = table[0].is_null()
    for column in table.columns[1:]:
        blank = pc.and_(blank, column.is_null())
    left_out.rows["blank"] += pc.sum(blank).as_py() or 0
    return table.filter(pc.invert(blank))


def _blocks(
    file: BinaryIO, table: LabelledTable, dialect: Dialect, left_out: LeftOut
) -> Iterator[pa.Table]:
    names = table.values.column_names

    def judge(row: csv.InvalidRow) -> str:
        """Pass over a line of totals that is shorter than the table; refuse any other."""
        first = row.text.split(dialect.delimiter)[0].strip(f"{dialect.quote} ")
        if row.actual_columns >= row.expected_columns or not says_total(first):
            return "error"
        left_out.below.append(first)
        return "skip"

    reader = csv.open_csv(
        pa.PythonFile(io.BufferedReader(InUtf8(file, table.encoding), _BLOCK), mode="r"),
        # The default, 1 MiB, is less than one long row of a wide survey may need.
        read_options=csv.ReadOptions(
            column_names=names,
            skip_rows=dialect.skipped,
            block_size=8 * _BLOCK,
        ),
        parse_options=csv.ParseOptions(
            delimiter=dialect.delimiter,
            quote_char=dialect.quote,
            newlines_in_values=True,
            invalid_row_handler=judge,
            # In a single column, an empty line is a missing value.
            ignore_empty_lines=len(names) > 1,
        ),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
            null_values=["", "NA"],
            quoted_strings_can_be_null=False,
        ),
    )
    return (pa.Table.from_batches([batch]) for batch in reader)


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


def _unreadable(path: Path, error: Exception) -> FileFormatError:
    return FileFormatError(
        f"The text cannot be read as a table ({error}).",
        where=str(path),
        remedy="Save it as UTF-8 with one line a response and one name a column, "
        "or say its code page with --encoding.",
    )
