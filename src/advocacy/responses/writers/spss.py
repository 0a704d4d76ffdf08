"""Writing a labelled table as an SPSS file that reads back the same.

Layout of what `pyreadstat` cannot write:
https://www.gnu.org/software/pspp/pspp-dev/html_node/System-File-Format.html
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyreadstat

from advocacy.arrays import Floats
from advocacy.errors import DataError, FileFormatError, UsageError
from advocacy.files import replacing
from advocacy.remarks import Remark
from advocacy.responses.labelled import LabelledTable, MultipleResponse, Variable
from advocacy.responses.readers.spss import SPSS_CLOCK, column
from advocacy.responses.readers.spss_header import Header, read_header
from advocacy.responses.writers.spss_limits import is_text, refuse_unwritable
from advocacy.responses.writers.spss_rows import compressed_rows

_SECONDS_A_DAY = 86_400
_WEIGHT_INDEX, _ROWS = 76, 80  # offsets in the header, bytes
# Day and time of writing, which pyreadstat takes from the clock: the same table, the same bytes.
_WRITTEN_AT, _WRITTEN = 92, b"01 Jan 0000:00:00"
_EXTENSION, _RESPONSE_SETS = 7, 7
_END_OF_DICTIONARY = 8  # bytes of the record
_MOST_LABEL, _MOST_FILE_LABEL, _MOST_VALUE_LABEL = 256, 64, 120  # bytes
_MOST_NOTE = 80  # bytes of a line


def write_sav(table: LabelledTable, path: Path) -> tuple[Remark, ...]:
    """Write a .sav file with the table's whole dictionary, compressed row by row.

    Parameters
    ----------
    path
        Ends in .sav. What stands there is replaced when the new file is complete.

    Returns
    -------
    tuple[str, ...]
        Sentences: what the format cannot hold and was left out or shortened.

    Raises
    ------
    UsageError
        The path does not end in .sav.
    DataError
        SPSS cannot hold a name or a value of the table.

    Notes
    -----
    R equivalent: ``haven::write_sav(data, path)``, which keeps less of the dictionary.
    """
    if path.suffix.lower() != ".sav":
        raise UsageError(f"{path.name} does not end in .sav.", remedy="Give it that ending.")
    table = replace(table, values=_decoded(table.values))
    refuse_unwritable(table)
    given, table = table, _with_plain_names(table)
    formats = {v.name: _format(v, table.values.schema.field(v.name).type) for v in table.variables}
    columns = [_values(table.values[name]) for name in formats]
    with replacing(path) as temporary:
        try:
            dictionary = _dictionary(table, formats)
            pyreadstat.write_sav(_widest(columns, formats), temporary, **dictionary)
        except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError) as error:
            _write_more(temporary)
            raise DataError(
                f"SPSS cannot hold this table ({error}).",
                where=str(table.path),
                remedy="Leave out what it names, or correct it in the file.",
            ) from error
        header = _header(temporary)
        content = _finished(temporary, header, given, [v.name for v in table.variables])
        with temporary.open("wb") as file:
            file.write(content)
            file.writelines(compressed_rows(columns, header.places))
    return tuple(_losses(given))


def _header(path: Path) -> Header:
    """Return the header of a file that pyreadstat has written, which says nothing of a full disk.

    Raises
    ------
    SystemRefusalError
        The disk is full, or another reason of the system.
    """
    try:
        return read_header(path)
    except FileFormatError:
        _write_more(path)
        raise


def _write_more(path: Path) -> None:
    """Raise the system's reason why no more can be written to a file, which pyreadstat drops."""
    with path.open("ab") as file:
        file.write(bytes(2**16))


def _with_plain_names(table: LabelledTable) -> LabelledTable:
    """Return a table whose names begin with letters, which is all that pyreadstat writes.

    A first letter gives way to as many bytes, so that the name can take its place again.
    """
    names = [v.name for v in table.variables]
    for at, name in enumerate(names):
        if not name[0].isalpha():
            taken = {other.casefold() for other in names}
            starts = map("".join, product(ascii_uppercase, repeat=len(name[0].encode())))
            found = (start + name[1:] for start in starts)
            names[at] = next(other for other in found if other.casefold() not in taken)
    variables = (replace(v, name=name) for v, name in zip(table.variables, names, strict=True))
    values = table.values.rename_columns(names)
    return replace(table, values=values, variables=tuple(variables))


def _format(variable: Variable, kind: pa.DataType) -> str:
    """Return the variable's SPSS format, or one that fits values from another program."""
    ours = _kind(kind)
    given = variable.format
    if given and not given.startswith("%") and column(given).kind == ours:
        return given
    return {"text": "", "date": "DATE11", "moment": "DATETIME23.3", "number": "F8.2"}[ours]


def _decoded(values: pa.Table) -> pa.Table:
    """Return texts and numbers that are stored as places in a dictionary as themselves."""
    return values.cast(
        pa.schema(
            [
                (f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type)
                for f in values.schema
            ]
        )
    )


def _kind(kind: pa.DataType) -> str:
    if pa.types.is_date(kind):
        return "date"
    if pa.types.is_timestamp(kind):
        return "moment"
    return "text" if is_text(kind) else "number"


def _widest(columns: Sequence[Floats | pa.Array], formats: dict[str, str]) -> pl.DataFrame:
    """Return one row whose texts are as wide as the widest, and as their formats.

    pyreadstat, which takes the width of a text from the longest, writes the dictionary of it; the
    rows, of which it would write one value at a time, are written by `compressed_rows`.
    """
    return pl.DataFrame(
        {
            name: [0.0 if isinstance(column, np.ndarray) else " " * _width(column, spss)]
            for column, (name, spss) in zip(columns, formats.items(), strict=True)
        }
    )


def _width(texts: pa.Array, spss_format: str) -> int:
    """Return bytes."""
    return max(pc.max(pc.binary_length(texts)).as_py() or 0, int(spss_format[1:] or 0))


def _values(values: pa.ChunkedArray) -> Floats | pa.Array:
    """Return texts as they are, none of them null, and all else as SPSS's numbers."""
    kind = _kind(values.type)
    if kind == "text":
        return values.cast(pa.large_string()).fill_null("").combine_chunks()
    if kind == "number":
        return np.asarray(values.cast(pa.float64()).to_numpy(), dtype=np.float64)
    # pyreadstat writes some units of datetime64 as 1970, so the seconds are counted here.
    if kind == "date":
        days = values.cast(pa.date32()).cast(pa.int32()).cast(pa.float64()).to_numpy()
        return np.asarray(days * _SECONDS_A_DAY + SPSS_CLOCK.origin, dtype=np.float64)
    micros = values.cast(pa.timestamp("us"), safe=False).cast(pa.int64()).fill_null(0).to_numpy()
    whole, rest = np.divmod(micros, 1_000_000)  # whole seconds first: doubles hold them exactly
    seconds = whole + SPSS_CLOCK.origin + rest / 1e6
    return np.where(values.is_null().to_numpy(), np.nan, seconds)


def _dictionary(table: LabelledTable, formats: dict[str, str]) -> dict[str, Any]:
    """Return the dictionary as arguments of ``pyreadstat.write_sav``."""
    return {
        "file_label": _shortened(table.label, _MOST_FILE_LABEL),
        "column_labels": [_shortened(v.label, _MOST_LABEL) or None for v in table.variables],
        "row_compress": True,
        "note": [line for note in table.notes for line in _lines(note)] or None,
        "variable_value_labels": {
            v.name: {code: _shortened(text, _MOST_VALUE_LABEL) for code, text in v.value_labels}
            for v in table.variables
            if v.value_labels
        },
        "missing_ranges": {
            v.name: [_missing(m.low, m.high) for m in v.user_missing]
            for v in table.variables
            if v.user_missing
        },
        "variable_measure": {v.name: v.measure for v in table.variables},
        "variable_format": {name: spss for name, spss in formats.items() if spss},
    }


def _missing(low: float | str, high: float | str) -> float | str | dict[str, float | str]:
    return low if low == high else {"lo": low, "hi": high}


def _shortened(text: str, most: int) -> str:
    """Cut a text to at most ``most`` bytes of UTF-8, never inside a letter."""
    return text.encode()[:most].decode(errors="ignore")


def _lines(note: str) -> Iterator[str]:
    """Divide a note into lines that the format can hold, between words where it can be."""
    line = ""
    for word in note.split(" ") if len(note.encode()) > _MOST_NOTE else [note]:
        if line and len(f"{line} {word}".encode()) > _MOST_NOTE:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
        while len(line.encode()) > _MOST_NOTE:
            head = _shortened(line, _MOST_NOTE)
            yield head
            line = line[len(head) :]
    yield line


def _finished(path: Path, header: Header, table: LabelledTable, written: list[str]) -> bytes:
    """Return a dictionary that also declares what pyreadstat cannot write, up to the rows.

    That is all names, the number of rows, the weight, and multiple-response sets.
    """
    with path.open("rb") as file:
        content = bytearray(file.read(header.end + _END_OF_DICTIONARY))
    content[_WRITTEN_AT : _WRITTEN_AT + len(_WRITTEN)] = _WRITTEN
    struct.pack_into("<i", content, _ROWS, table.values.num_rows)
    names = [v.name for v in table.variables]
    short = dict(zip(names, header.entries, strict=True))
    if written != names:
        old, new = (_long_names(header.entries, which) for which in (written, names))
        at = content.index(old)
        content[at : at + len(old)] = new
    if table.weight:
        struct.pack_into("<i", content, _WEIGHT_INDEX, short[table.weight][1])
    if table.multiple_response:
        known = {name: entry.decode().lower() for name, (entry, _) in short.items()}
        content[header.end : header.end] = _response_sets(table.multiple_response, known)
    return bytes(content)


def _long_names(entries: Sequence[tuple[bytes, int]], names: Sequence[str]) -> bytes:
    pairs = zip(entries, names, strict=True)
    return b"\t".join(short + b"=" + name.encode() for (short, _), name in pairs)


def _response_sets(sets: tuple[MultipleResponse, ...], short: dict[str, str]) -> bytes:
    """Return the record that declares the sets; it names variables by their short names."""
    text = "".join(_response_set(each, short) for each in sets).encode()
    return struct.pack("<4i", _EXTENSION, _RESPONSE_SETS, 1, len(text)) + text


def _response_set(each: MultipleResponse, short: dict[str, str]) -> str:
    counted = each.counted_value
    kind = f"D{len(counted.encode())} {counted}" if each.kind == "dichotomy" else "C"
    names = " ".join(short[name] for name in each.variables)
    return f"${each.name}={kind} {len(each.label.encode())} {each.label} {names}\n"


def _losses(table: LabelledTable) -> Iterator[Remark]:
    if len(table.label.encode()) > _MOST_FILE_LABEL:
        yield Remark("sav.file_label", {"bytes": _MOST_FILE_LABEL})
    for v in table.variables:
        if getattr(table.values.schema.field(v.name).type, "tz", None):
            yield Remark("sav.time_zone", {"variable": v.name})
        if len(v.label.encode()) > _MOST_LABEL:
            yield Remark("sav.label", {"variable": v.name, "bytes": _MOST_LABEL})
        if any(len(text.encode()) > _MOST_VALUE_LABEL for _, text in v.value_labels):
            yield Remark("sav.value_labels", {"variable": v.name, "bytes": _MOST_VALUE_LABEL})
