"""SPSS system files: .sav and .zsav.

What the format fixes decides: names, sets and weight come from the dictionary's records
(`spss_header`), values from their bytes (`spss_data`), and a declared system-missing number is
put right in a working copy that `pyreadstat` reads. From it comes the rest of the dictionary. Both
read the same first rows; where any value differs, `pyreadstat` reads the whole file, and that is
said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from advocacy.arrays import Floats
from advocacy.limits import check_values
from advocacy.remarks import Remark
from advocacy.responses.code_pages.encodings import decide
from advocacy.responses.code_pages.pages import known_page
from advocacy.responses.labelled import LabelledTable, MissingRange, Variable, written_code
from advocacy.responses.readers.moments import Clock
from advocacy.responses.readers.native import (
    BYTES,
    Column,
    NativeFile,
    call,
    check_formats,
    check_rows,
    damaged,
    forget,
    from_numbers,
    letters,
    losses,
    native_batches,
    native_rows,
    schema,
    text,
    working_copy,
)
from advocacy.responses.readers.packages import SAMPLED_ROWS, faulty_labels, labels, named, texts
from advocacy.responses.readers.scan import Scan
from advocacy.responses.readers.spss_data import check_data
from advocacy.responses.readers.spss_data import columns as columns_of
from advocacy.responses.readers.spss_header import USUAL_BIAS, Header, read_header
from advocacy.responses.readers.spss_sets import response_sets

# SPSS counts seconds from the start of the Gregorian calendar on 14 October 1582.
SPSS_CLOCK = Clock(origin=12_219_379_200.0, seconds=1.0)
# Formats whose number is a moment; TIME and DTIME are durations and stay seconds.
_DATES = ("DATE", "ADATE", "EDATE", "JDATE", "SDATE", "QYR", "MOYR", "WKYR")
_MOMENTS = ("DATETIME", "YMDHMS")
# Values that pyreadstat reads too before ours are trusted, and most rows of them.
_HEAD_VALUES, _HEAD_ROWS = 500_000, 20_000
_END_ROWS = 5  # that both read of a file with more
# Variables of these rows, spread over all: what is out of place is so in all that follow, and the
# time that pyreadstat takes grows with their square.
_END_VARIABLES = 1_000


def recognises(head: bytes) -> bool:
    """Tell whether a file that starts with these bytes is an SPSS system file."""
    return head[:4] in (b"$FL2", b"$FL3")


def scan(path: Path, encoding: str | None = None) -> Scan:
    """Open a .sav or .zsav file, user-missing codes as values.

    Raises
    ------
    FileFormatError
        The file is cut off or damaged.

    Notes
    -----
    R equivalent: ``haven::read_sav(path, user_na = TRUE)``.
    """
    import pyreadstat

    header = read_header(path)
    check_values(path, max(header.rows, 0), header.values * 8)
    check_data(path, header)
    edits = header.mended
    mended = working_copy(path, path.stat().st_size, edits) if edits else None
    options = {"user_missing": True, **BYTES}
    # One call for both: with many variables, the dictionary takes longer than the rows.
    most = min(_HEAD_ROWS, max(_HEAD_VALUES // header.values, 1))
    head, meta = call(path, pyreadstat.read_sav, mended, row_limit=most, **options)
    check_formats(path, meta)
    columns = {name: column(meta.original_variable_types[name]) for name in meta.column_names}
    rows = header.rows if header.rows >= 0 else None
    file = NativeFile(
        path,
        pyreadstat.read_sav,
        columns,
        rows,
        "SPSS file",
        options,
        copy=mended,
        head=head,
        head_rows=min((len(values) for values in head.values()), default=0),
    )
    widths = {
        name: int(meta.original_variable_types[name][1:].partition(".")[0])
        for name, it in columns.items()
        if it.kind == "text"
    }
    sure = header.rows == 0 or known_page(header.declared) not in (None, "ASCII")
    sample = texts(_tables(file, header, list(widths), SAMPLED_ROWS), widths, sure=sure)
    decision = decide(header.declared, [*labels(meta), *sample], encoding)
    # pyreadstat takes the short name where the two records write it in different case.
    file = named(file, header.names(), decision.encoding)
    doubt = _doubt(file, header)
    table = labelled_table(file, meta)
    shorts = [short for short, _ in header.entries]
    sets, left_out = response_sets(header.response_sets, decision.encoding, shorts, table.variables)
    remarks = (
        *decision.remarks,
        *_put_right(header),
        *faulty_labels(file, meta),
        *left_out,
        *doubt,
    )
    return Scan(
        replace(
            table,
            encoding=decision.encoding,
            weight=_weight(header, table),
            multiple_response=sets,
            assumptions=remarks,
        ),
        rows,
        lambda names, size: _batches(file, None if doubt else header, names, size),
        lambda: losses(file),
    )


def column(spss_format: str) -> Column:
    """Return what the values of a variable with this display format are."""
    if spss_format.startswith("A") and spss_format[1:2].isdigit():
        return Column("text")
    kind = spss_format.rstrip("0123456789.")
    if kind in _DATES:
        return Column("date", SPSS_CLOCK)
    return Column("moment", SPSS_CLOCK) if kind in _MOMENTS else Column("number")


def labelled_table(file: NativeFile, meta: Any) -> LabelledTable:
    """Return the dictionary of an SPSS file, without rows, weight and sets."""
    return LabelledTable(
        path=file.path,
        values=schema(file.columns).empty_table(),
        variables=tuple(_variable(file, name, meta) for name in file.columns),
        label=text(file, meta.file_label or ""),
        notes=tuple(text(file, note) for note in meta.notes or ()),
    )


def _variable(file: NativeFile, name: str, meta: Any) -> Variable:
    native = file.native_names.get(name, name)
    labels = meta.variable_value_labels.get(native, {})
    missing = meta.missing_ranges.get(native, [])
    return Variable(
        name=name,
        label=text(file, meta.column_names_to_labels[native] or ""),
        value_labels=tuple((_code(file, code), text(file, of)) for code, of in labels.items()),
        user_missing=tuple(
            MissingRange(_code(file, m["lo"]), _code(file, m["hi"])) for m in missing
        ),
        measure=meta.variable_measure.get(native, "unknown"),
        format=meta.original_variable_types[native],
    )


def _code(file: NativeFile, code: float | str) -> float | str:
    return text(file, code) if isinstance(code, str) else code


def _weight(header: Header, table: LabelledTable) -> str:
    """Return the name of the weight variable; pyreadstat does not show it."""
    entries = [entry for _, entry in header.entries]
    at = entries.index(header.weight) if header.weight in entries else None
    return "" if at is None else table.variables[at].name


def _put_right(header: Header) -> tuple[Remark, ...]:
    """Say that a number stays an answer though the file declares it as system-missing.

    And that all numbers in command bytes are counted from another than in all other files.
    """
    found = []
    if header.wrong_missing is not None:
        found.append(Remark("spss.system_missing", {"value": written_code(header.wrong_missing)}))
    if header.compression and header.bias != USUAL_BIAS:
        found.append(Remark("spss.bias", {"bias": written_code(header.bias)}))
    return tuple(found)


# Values


def _doubt(file: NativeFile, header: Header) -> tuple[Remark, ...]:
    """Say in which variables pyreadstat reads other values in the first rows."""
    differing = [
        name
        for table in _tables(file, header, list(file.columns), max(file.head_rows, 1), 1)
        for name in _unlike(file, table, 0)
    ]
    forget(file)
    return (Remark("spss.values", {"variables": sorted(differing)[:5]}),) if differing else ()


def _unlike(file: NativeFile, values: pa.Table, start: int) -> list[str]:
    """Return the columns in which pyreadstat reads other values from row ``start``."""
    names: list[str] = values.column_names
    native = native_rows(file, names, start, values.num_rows)
    if native.num_rows != values.num_rows:
        return names
    return [name for name in names if not values[name].equals(native[name])]


def _tables(
    file: NativeFile, header: Header, names: Sequence[str], size: int, most: int | None = None
) -> Iterator[pa.Table]:
    """Yield tables of ``size`` rows with the types of the schema; at most so many of them."""
    known = {name: at for at, name in enumerate(file.columns)}
    chosen = [known[name] for name in names]
    read = 0
    for values in columns_of(file.path, header, chosen, size, most and most * size):
        own = zip(names, values, strict=True)
        yield pa.table({name: _column(file, name, column, read) for name, column in own})
        read += len(values[0])


def _column(file: NativeFile, name: str, values: Floats | pa.Array, start: int) -> pa.Array:
    if isinstance(values, np.ndarray):
        return from_numbers(file, name, values)
    texts = values
    if pc.any(pc.match_substring(texts, "\0")).as_py():  # it ends a text of other programs
        more = pc.match_substring_regex(texts, r"\x00[\x00 ]*[^\x00 ]")
        rows = np.flatnonzero(more.to_numpy(zero_copy_only=False)) + start + 1
        if len(rows):
            file.ended.setdefault(name, []).extend(rows.tolist())
        texts = pc.utf8_rtrim(pc.replace_substring_regex(texts, "(?s)\x00.*", ""), " ")
    return letters(file, name, pc.if_else(pc.equal(texts, ""), None, texts), start)


def _batches(
    file: NativeFile, header: Header | None, names: Sequence[str] | None, size: int
) -> Iterator[pa.Table]:
    """Yield the named columns; by pyreadstat where there is no header by which to read them."""
    forget(file)
    chosen = list(file.columns) if names is None else list(names)
    if header is None:
        yield from native_batches(file, chosen, size)
        return
    read = 0
    for table in _tables(file, header, chosen, size):
        read += table.num_rows
        if read == file.rows:
            _check_end(file, table, read)
        yield table
    check_rows(file, read)


def _check_end(file: NativeFile, table: pa.Table, rows: int) -> None:
    """Check the last rows of a file too long to be compared before it is read."""
    if rows <= file.head_rows:
        return
    last = table.slice(max(table.num_rows - _END_ROWS, 0))
    step = max(-(-last.num_columns // _END_VARIABLES), 1)
    last = last.select(last.column_names[::-step][::-1])  # the last variable is among them
    # What is lost and marked here has been counted.
    apart = replace(file, lost=Counter(), marked={}, ended={})
    unlike = _unlike(apart, last, rows - last.num_rows)
    if unlike:
        raise damaged(file.path, f"pyreadstat reads the end of {unlike[0]} differently")
