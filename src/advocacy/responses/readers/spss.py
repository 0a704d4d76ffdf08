"""SPSS system files: .sav and .zsav.

What the format fixes decides: names, sets and weight come from the dictionary's records
(`spss_header`), texts are decoded here, and a declared system-missing number is put right in
the working copies that the libraries read. The rest of the dictionary comes from `pyreadstat`,
the values from `polars_readstat`, which is several times faster. Both read the same first rows;
where any value still differs, `pyreadstat` reads the whole file, and that is said.
"""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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
    WorkingCopy,
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
from advocacy.responses.readers.packages import faulty_labels, labels, named, texts
from advocacy.responses.readers.scan import Scan
from advocacy.responses.readers.spss_data import check_data
from advocacy.responses.readers.spss_header import USUAL_BIAS, Header, read_header
from advocacy.responses.readers.spss_sets import response_sets

if TYPE_CHECKING:
    # Imported where they are used: together they take longer than a small file of another format.
    import polars as pl

# SPSS counts seconds from the start of the Gregorian calendar on 14 October 1582.
SPSS_CLOCK = Clock(origin=12_219_379_200.0, seconds=1.0)
# Formats whose number is a moment; TIME and DTIME are durations and stay seconds.
_DATES = ("DATE", "ADATE", "EDATE", "JDATE", "SDATE", "QYR", "MOYR", "WKYR")
_MOMENTS = ("DATETIME", "YMDHMS")
# Values that both libraries read before polars-readstat is trusted, and most rows of them.
_HEAD_VALUES, _HEAD_ROWS = 500_000, 20_000
_END_ROWS = 5  # that both read of a file with more
# Variables of these rows, spread over all: what is out of place is so in all that follow, and the
# time that pyreadstat takes grows with their square.
_END_VARIABLES = 1_000
# polars-readstat's letters of each byte: windows-1252, whose five gaps keep their number.
_WINDOWS = codecs.charmap_build(
    "".join(
        bytes([byte]).decode("windows-1252", errors="ignore") or chr(byte) for byte in range(256)
    )
)


class PolarsFailedError(Exception):
    """polars-readstat gave up on a file."""


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
    size = path.stat().st_size
    mended = working_copy(path, size, header.mended) if header.mended else None
    # polars-readstat drops fractions of a second, makes a time of 24 hours or more missing and
    # user-missing codes too, and collects the whole file when told to keep these; of a file
    # without date formats and missing codes it delivers every value as it is.
    plain = working_copy(path, size, (*header.mended, *header.plain))
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
        copy=plain,
        head=head,
        head_rows=min((len(values) for values in head.values()), default=0),
    )
    widths = {
        name: int(meta.original_variable_types[name][1:].partition(".")[0])
        for name, it in columns.items()
        if it.kind == "text"
    }
    sure = header.rows == 0 or known_page(header.declared) not in (None, "ASCII")
    decision = decide(header.declared, [*labels(meta), *texts(file, widths, sure=sure)], encoding)
    # pyreadstat takes the short name where the two records write it in different case.
    file = named(file, header.names(), decision.encoding)
    fast, doubt = _fast(file)
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
        lambda names, size: _batches(file, fast, names, size),
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


@dataclass(frozen=True)
class _Fast:
    """A file as polars-readstat reads it: all rows, which are read when asked for, and the head.

    Opened once, as it goes through the dictionary each time.
    """

    rows: pl.LazyFrame
    head: pl.DataFrame


def _fast(file: NativeFile) -> tuple[_Fast | None, tuple[Remark, ...]]:
    """Return a file as polars-readstat reads it, or why that is not trusted."""
    if not file.rows:
        return None, ()  # it must be told how many rows to expect
    try:
        with polars_failing():
            rows = _lazy(file)
            fast = _Fast(rows, rows.head(file.head_rows).collect())
        differing = _differing(file, fast.head)
    except PolarsFailedError:
        return None, (Remark("spss.structure"),)
    if differing:
        return None, (Remark("spss.values", {"variables": differing[:5]}),)
    return fast, ()


def _scan_polars(copy: WorkingCopy) -> pl.LazyFrame:
    import polars_readstat

    return polars_readstat.scan_readstat(
        str(copy.path), preserve_order=True, missing_string_as_null=True
    )


@contextmanager
def polars_failing() -> Iterator[None]:
    """Turn what polars-readstat raises into one error."""
    import polars as pl

    try:
        yield
    except (RuntimeError, ValueError, pl.exceptions.PolarsError) as error:
        raise PolarsFailedError(str(error)) from error
    except BaseException as error:
        # A panic of its Rust code; the class belongs to the extension and cannot be imported.
        if type(error).__name__ == "PanicException":
            raise PolarsFailedError(str(error)) from error
        raise


def _differing(file: NativeFile, frame: pl.DataFrame) -> list[str]:
    """Return the columns in which the two libraries differ in the first rows."""
    import polars as pl

    for (name, column), found in zip(file.columns.items(), frame.dtypes, strict=True):
        if found != (pl.String() if column.kind == "text" else pl.Float64()):
            return [name]
    differing = _unlike(file, _arrow(file, frame, 0), 0)
    forget(file)
    return sorted(differing)


def _lazy(file: NativeFile) -> pl.LazyFrame:
    """Return polars-readstat's view of a file, with our names: it may have others."""
    import polars as pl

    if file.copy is None:
        raise PolarsFailedError("there is no copy of the file")
    lazy = _scan_polars(file.copy)
    natives = lazy.collect_schema().names()
    if len(natives) != len(file.columns):
        raise PolarsFailedError("it has another number of variables")
    return lazy.select(
        pl.col(native).alias(name) for name, native in zip(file.columns, natives, strict=True)
    )


def _unlike(file: NativeFile, values: pa.Table, start: int) -> list[str]:
    """Return the columns in which pyreadstat reads other values from row ``start``."""
    names: list[str] = values.column_names
    native = native_rows(file, names, start, values.num_rows)
    if native.num_rows != values.num_rows:
        return names
    return [name for name in names if not values[name].equals(native[name])]


def _arrow(file: NativeFile, frame: pl.DataFrame, start: int) -> pa.Table:
    """Return a frame of polars-readstat, from row ``start``, with the types of the schema."""
    return pa.table({s.name: _column(file, s.name, s, start) for s in frame.iter_columns()})


def _column(file: NativeFile, name: str, values: pl.Series, start: int) -> pa.Array:
    if file.columns[name].kind != "text":
        return from_numbers(file, name, values.to_numpy())
    texts = pa.chunked_array([values.to_arrow().cast(pa.string())]).combine_chunks()
    if pc.any(pc.match_substring(texts, "\0")).as_py():  # it ends a text of other programs
        more = pc.fill_null(pc.match_substring_regex(texts, r"\x00[\x00 ]*[^\x00 ]"), False)
        rows = np.flatnonzero(more.to_numpy(zero_copy_only=False)) + start + 1
        if len(rows):
            file.ended.setdefault(name, []).extend(rows.tolist())
        texts = pc.utf8_rtrim(pc.replace_substring_regex(texts, "(?s)\x00.*", ""), " ")
        texts = pc.if_else(pc.equal(texts, ""), None, texts)
    return letters(file, name, texts, start, _polars_bytes)


def _polars_bytes(text: str) -> bytes:
    """Return the bytes of a text that polars-readstat has read in the plain copy's page."""
    return codecs.charmap_encode(text, "strict", _WINDOWS)[0]


def _batches(
    file: NativeFile, fast: _Fast | None, names: Sequence[str] | None, size: int
) -> Iterator[pa.Table]:
    forget(file)
    chosen = list(file.columns) if names is None else list(names)
    if fast is None:
        yield from native_batches(file, chosen, size)
        return
    read = 0
    try:
        for frame in _frames(file, fast, chosen, size):
            table = _arrow(file, frame, read)
            read += table.num_rows
            if read == file.rows:
                _check_end(file, table, read)
            yield table
    except PolarsFailedError as error:
        raise damaged(file.path, str(error)) from error
    check_rows(file, read)


def _frames(
    file: NativeFile, fast: _Fast, names: Sequence[str], size: int
) -> Iterator[pl.DataFrame]:
    if fast.head.height == file.rows:
        yield from fast.head.select(names).iter_slices(size)
        return
    with polars_failing():
        frames = fast.rows.select(names).collect_batches(chunk_size=size, maintain_order=True)
    while True:
        with polars_failing():
            frame = next(frames, None)
        if frame is None:
            return
        yield frame


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
        raise damaged(file.path, f"two libraries read the end of {unlike[0]} differently")
