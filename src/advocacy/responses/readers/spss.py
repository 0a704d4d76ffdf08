"""SPSS system files: .sav and .zsav.

The dictionary comes from `pyreadstat`, the values from `polars_readstat`, which is several
times faster. Both read the same sample of rows; where any value differs, `pyreadstat` reads
the whole file.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
import polars_readstat
import pyarrow as pa
import pyarrow.compute as pc
import pyreadstat

from advocacy.errors import FileFormatError
from advocacy.remarks import Remark
from advocacy.responses.labelled import LabelledTable, MissingRange, MultipleResponse, Variable
from advocacy.responses.readers.encodings import decide
from advocacy.responses.readers.moments import Clock
from advocacy.responses.readers.native import (
    Column,
    NativeFile,
    call,
    check_formats,
    check_names,
    check_rows,
    damaged,
    from_numbers,
    losses,
    native_batches,
    native_rows,
    schema,
)
from advocacy.responses.readers.scan import Scan
from advocacy.responses.readers.spss_header import Header, read_header

# SPSS counts seconds from the start of the Gregorian calendar on 14 October 1582.
SPSS_CLOCK = Clock(origin=12_219_379_200.0, seconds=1.0)
# Formats whose number is a moment; TIME and DTIME are durations and stay seconds.
_DATES = ("DATE", "ADATE", "EDATE", "JDATE", "SDATE", "QYR", "MOYR", "WKYR")
_MOMENTS = ("DATETIME", "YMDHMS")
_SAMPLED_ROWS = 1_000  # whose bytes decide on the code page
_COMPARED_ROWS = 5  # that both libraries read, at each of several places
_HEAD_ROWS = 20_000  # that polars-readstat reads before it is trusted


class PolarsFailedError(Exception):
    """polars-readstat gave up on a file."""


@dataclass(frozen=True, eq=False)
class PlainCopy:
    """A copy of a file in which all numbers are plain and no code is missing.

    polars-readstat drops fractions of a second, makes a time of 24 hours or more missing and
    user-missing codes too, and collects the whole file when told to keep these; of a file
    without date formats and missing codes it delivers every value as it is.

    Parameters
    ----------
    path
        Where it is. It is removed when this object is.
    """

    path: Path


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
    header = read_header(path)
    decision = decide(header.declared, _undecoded(path), encoding)
    options: dict[str, Any] = {"user_missing": True}
    if decision.encoding != header.declared:
        options["encoding"] = decision.encoding
    meta = call(path, pyreadstat.read_sav, metadataonly=True, **options)[1]
    check_names(path, meta)
    check_formats(path, meta)
    rows = header.rows if header.rows >= 0 else None
    columns = {name: column(meta.original_variable_types[name]) for name in meta.column_names}
    file = NativeFile(path, pyreadstat.read_sav, columns, rows, "SPSS file", options)
    fast, doubt = _fast(file, header)
    table = labelled_table(file, meta)
    encoding = decision.encoding if "encoding" in options else meta.file_encoding
    weight = _weight(header, encoding, table)
    return Scan(
        replace(table, encoding=encoding, weight=weight, assumptions=(*decision.remarks, *doubt)),
        rows,
        lambda names, size: _batches(file, fast, names, size),
        lambda: losses(file.lost),
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
    """Return the dictionary of an SPSS file, without rows."""
    return LabelledTable(
        path=file.path,
        values=schema(file.columns).empty_table(),
        variables=tuple(_variable(name, meta) for name in file.columns),
        label=meta.file_label or "",
        notes=tuple(meta.notes or ()),
        multiple_response=tuple(_response_set(name, it) for name, it in meta.mr_sets.items()),
    )


def _variable(name: str, meta: Any) -> Variable:
    labels = meta.variable_value_labels.get(name, {})
    missing = meta.missing_ranges.get(name, [])
    return Variable(
        name=name,
        label=meta.column_names_to_labels[name] or "",
        value_labels=tuple(labels.items()),
        user_missing=tuple(MissingRange(m["lo"], m["hi"]) for m in missing),
        measure=meta.variable_measure.get(name, "unknown"),
        format=meta.original_variable_types[name],
    )


def _response_set(name: str, found: dict[str, Any]) -> MultipleResponse:
    dichotomy = bool(found["is_dichotomy"])
    return MultipleResponse(
        name=name,
        label=found["label"] or "",
        kind="dichotomy" if dichotomy else "category",
        counted_value=str(found["counted_value"]) if dichotomy else "",
        variables=tuple(found["variable_list"]),
    )


def _weight(header: Header, encoding: str, table: LabelledTable) -> str:
    """Return the name of the weight variable; pyreadstat does not show it."""
    name = header.long_names.get(header.weight, header.weight)
    try:
        long = name.decode(encoding, errors="replace")
    except (LookupError, ValueError):  # a code page that Python does not know
        long = name.decode("ascii", errors="replace")
    matches = [v.name for v in table.variables if v.name.casefold() == long.casefold()]
    return matches[0] if long and matches else ""


def _undecoded(path: Path) -> bytes:
    """Return the bytes of labels and of the first texts, as the file holds them."""
    try:
        # In ISO-8859-1 each byte is a character, so the bytes can be had back.
        values, meta = call(
            path, pyreadstat.read_sav, encoding="ISO-8859-1", row_limit=_SAMPLED_ROWS
        )
    except FileFormatError:
        return b""  # a damaged file: reading it in earnest says so
    labels = [*meta.column_names, *(label or "" for label in meta.column_labels)]
    labels += [str(label) for labels_ in meta.value_labels.values() for label in labels_.values()]
    labels += [meta.file_label or "", *meta.notes]
    texts = [
        text
        for name, kind in meta.readstat_variable_types.items()
        if kind == "string"
        for text in values[name]
        if text
    ]
    return "\n".join(text for text in [*labels, *texts] if text).encode("latin-1", errors="ignore")


def _fast(file: NativeFile, header: Header) -> tuple[PlainCopy | None, tuple[Remark, ...]]:
    """Return what polars-readstat can read, or None and why it is not trusted."""
    if "encoding" in file.options or not file.rows:
        return None, ()  # it cannot be told a code page, nor how many rows to expect
    try:
        copy = _plain_copy(file.path, header)
        differing = _differing(file, copy)
    except (PolarsFailedError, OSError):
        return None, (Remark("spss.structure"),)
    if differing:
        return None, (Remark("spss.values", {"variables": differing[:5]}),)
    return copy, ()


def _plain_copy(path: Path, header: Header) -> PlainCopy:
    """Copy a file to the system's temporary folder (TMPDIR) and make it plain there."""
    folder = tempfile.mkdtemp(prefix="advocacy-")
    copy = PlainCopy(Path(folder) / "plain.sav")
    weakref.finalize(copy, shutil.rmtree, folder, ignore_errors=True)
    shutil.copyfile(path, copy.path)
    with copy.path.open("r+b") as target:
        for offset, content in header.plain:
            target.seek(offset)
            target.write(content)
    return copy


def _scan_polars(copy: PlainCopy) -> pl.LazyFrame:
    return polars_readstat.scan_readstat(
        str(copy.path), preserve_order=True, missing_string_as_null=True
    )


@contextmanager
def polars_failing() -> Iterator[None]:
    """Turn what polars-readstat raises into one error."""
    try:
        yield
    except (RuntimeError, ValueError, pl.exceptions.PolarsError) as error:
        raise PolarsFailedError(str(error)) from error
    except BaseException as error:
        # A panic of its Rust code; the class belongs to the extension and cannot be imported.
        if type(error).__name__ == "PanicException":
            raise PolarsFailedError(str(error)) from error
        raise


def _differing(file: NativeFile, copy: PlainCopy) -> list[str]:
    """Return the columns in which the two libraries differ at the file's start."""
    with polars_failing():
        frame = _scan_polars(copy).head(_HEAD_ROWS).collect()
    if frame.columns != list(file.columns):
        return ["names"]
    for name, column in file.columns.items():
        if frame.schema[name] != (pl.String() if column.kind == "text" else pl.Float64()):
            return [name]
    rows = frame.height
    starts = {0, max(rows // 2 - _COMPARED_ROWS, 0), max(rows - _COMPARED_ROWS, 0)}
    differing = [_unlike(file, _arrow(file, frame[s : s + _COMPARED_ROWS]), s) for s in starts]
    file.lost.clear()
    return sorted(set().union(*differing))


def _unlike(file: NativeFile, values: pa.Table, start: int) -> list[str]:
    """Return the columns in which pyreadstat reads other values from row ``start``."""
    names = values.column_names
    native = native_rows(file, names, start, values.num_rows)
    return [name for name in names if values[name].to_pylist() != native[name].to_pylist()]


def _arrow(file: NativeFile, frame: pl.DataFrame) -> pa.Table:
    """Return a frame of polars-readstat with the types of `native.schema`."""
    arrays = {}
    for name, values in zip(frame.columns, frame.to_arrow().columns, strict=True):
        if file.columns[name].kind == "text":
            arrays[name] = values.cast(pa.string())
        elif file.columns[name].kind == "number":
            arrays[name] = values
        else:
            arrays[name] = from_numbers(file, name, frame[name].to_numpy())
    return pa.table(arrays)


def _batches(
    file: NativeFile, copy: PlainCopy | None, names: Sequence[str] | None, size: int
) -> Iterator[pa.Table]:
    file.lost.clear()
    chosen = list(file.columns) if names is None else list(names)
    if copy is None:
        yield from native_batches(file, chosen, size)
        return
    read = 0
    try:
        for frame in _frames(copy, chosen, size):
            table = _with_sure_letters(file, _arrow(file, frame), read)
            read += table.num_rows
            if read == file.rows:
                _check_end(file, table, read)
            yield table
    except PolarsFailedError as error:
        raise damaged(file.path, str(error)) from error
    check_rows(file, read)


def _frames(copy: PlainCopy, names: Sequence[str], size: int) -> Iterator[pl.DataFrame]:
    with polars_failing():
        lazy = _scan_polars(copy).select(names)
        frames = lazy.collect_batches(chunk_size=size, maintain_order=True)
    while True:
        with polars_failing():
            frame = next(frames, None)
        if frame is None:
            return
        yield frame


def _check_end(file: NativeFile, table: pa.Table, rows: int) -> None:
    """Check the last rows of a file too long to be compared before it is read."""
    if rows <= _HEAD_ROWS:
        return
    last = table.slice(max(table.num_rows - _COMPARED_ROWS, 0))
    lost = file.lost.copy()
    unlike = _unlike(file, last, rows - last.num_rows)
    file.lost.clear()
    file.lost.update(lost)
    if unlike:
        raise damaged(file.path, f"two libraries read the end of {unlike[0]} differently")


def _with_sure_letters(file: NativeFile, table: pa.Table, start: int) -> pa.Table:
    """Read texts again by pyreadstat where one holds the sign for bytes that do not decode.

    The sign may stand in the file itself; if not, pyreadstat refuses the bytes.
    """
    for at, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            found = pc.match_substring(table[at], "\N{REPLACEMENT CHARACTER}")
            if pc.any(found).as_py():
                sure = native_rows(file, [field.name], start, table.num_rows)
                table = table.set_column(at, field, sure[field.name])
    return table
