"""What the formats that pyreadstat reads have in common."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from advocacy.limits import check_values
from advocacy.remarks import Remark
from advocacy.responses.code_pages.encodings import decide, decoded, undecoded_labels
from advocacy.responses.code_pages.pages import known_page
from advocacy.responses.labelled import LabelledTable, Variable
from advocacy.responses.readers.native import (
    BYTES,
    Column,
    NativeFile,
    call,
    check_names,
    damaged,
    losses,
    native_batches,
    one_byte,
    schema,
    text,
)
from advocacy.responses.readers.scan import Scan

SAMPLED_ROWS = 1_000  # whose bytes decide on the code page
_ENOUGH_TEXTS = 1_000  # that do without a declaration


def scan_package(
    path: Path,
    read: Callable[..., tuple[Any, Any]],
    column: Callable[[str, bool], Column],
    declared: str | None,
    encoding: str | None,
) -> Scan:
    """Open a file of Stata or SAS by one of pyreadstat's functions.

    Parameters
    ----------
    column
        Takes a display format, and whether the variable is a text.
    declared
        Code page that the file declares; None for none.
    encoding
        Code page that the user gives; None to go by the file.
    """
    meta = call(path, read, metadataonly=True, **BYTES)[1]
    if not all(meta.column_names):
        raise damaged(path, "a variable has no name")
    columns = {
        name: column(
            meta.original_variable_types[name] or "",
            meta.readstat_variable_types[name] == "string",
        )
        for name in meta.column_names
    }
    if meta.number_rows is None:
        raise damaged(path, "it does not say how many rows it has")
    row = sum(meta.variable_storage_width[name] for name in meta.column_names)
    check_values(path, meta.number_rows, row)
    file = NativeFile(path, read, columns, meta.number_rows, path.suffix, dict(BYTES))
    natives = [one_byte(name) for name in meta.column_names]
    widths = {n: meta.variable_storage_width[n] for n, c in columns.items() if c.kind == "text"}
    sure = meta.number_rows == 0 or known_page(declared) not in (None, "ASCII")
    batches = native_batches(file, list(widths), SAMPLED_ROWS)
    decision = decide(declared, [*labels(meta), *texts(batches, widths, sure=sure)], encoding)
    file = named(file, natives, decision.encoding)
    table = LabelledTable(
        path=path,
        values=schema(file.columns).empty_table(),
        variables=tuple(_variable(file, name, meta) for name in file.columns),
        encoding=decision.encoding,
        label=text(file, meta.file_label or ""),
        notes=tuple(text(file, note) for note in meta.notes or ()),
        assumptions=(*decision.remarks, *faulty_labels(file, meta)),
    )
    return Scan(
        table,
        meta.number_rows,
        lambda names, size: native_batches(file, names, size),
        lambda: losses(file),
    )


def _variable(file: NativeFile, name: str, meta: Any) -> Variable:
    native, column = file.native_names[name], file.columns[name]
    found = meta.variable_value_labels.get(native, {})
    # Labels of Stata's extended missing values stand under letters.
    codes = [c for c in found if column.kind == "text" or not isinstance(c, str)]
    return Variable(
        name=name,
        label=text(file, meta.column_names_to_labels[native] or ""),
        value_labels=tuple(
            (code if column.kind == "text" else float(code), text(file, found[code]))
            for code in codes
        ),
        measure=meta.variable_measure.get(native, "unknown"),
        format=meta.original_variable_types[native] or "",
    )


# Code page


def labels(meta: Any) -> list[bytes]:
    """Return all names, labels and labelled texts of a dictionary read with `BYTES`, undecoded."""
    found = [*meta.column_names, *meta.column_labels, meta.file_label, *(meta.notes or ())]
    for own in meta.value_labels.values():
        found += [*own.values(), *(code for code in own if isinstance(code, str))]
    return [one_byte(str(label)) for label in found if label]


def texts(batches: Iterator[pa.Table], widths: Mapping[str, int], *, sure: bool) -> Iterator[bytes]:
    """Yield texts beyond ASCII of a file's first rows, undecoded.

    Parameters
    ----------
    batches
        The text variables, by pyreadstat's own names, with one letter a byte.
    widths
        Width of each text variable, bytes.
    sure
        The file declares its code page. Else rows are read until there are enough such texts.
    """
    found: set[bytes] = set()
    for batch in batches if widths else ():
        for name, width in widths.items():
            values = batch[name].unique().drop_null()
            special = values.filter(pc.invert(pc.string_is_ascii(values))).to_pylist()
            found |= {_without_cut(one_byte(value), width) for value in special}
        if sure or len(found) > _ENOUGH_TEXTS:
            break
    yield from sorted(found)


def _without_cut(raw: bytes, width: int) -> bytes:
    """Return a text without a letter of UTF-8 that the width of its variable has cut."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(raw)
    except UnicodeDecodeError:
        return raw
    cut, _ = decoder.getstate()
    return raw[: len(raw) - len(cut)] if len(raw) == width else raw


def named(file: NativeFile, names: Sequence[bytes], encoding: str) -> NativeFile:
    """Return a file with its code page, and with decoded names in place of pyreadstat's.

    Raises
    ------
    FileFormatError
        A variable has no name of its own.
    """
    natives = list(file.columns)
    known = [decoded(name, encoding)[0] for name in names]
    if len(known) != len(natives):
        raise damaged(file.path, f"{len(known)} variables, but pyreadstat finds {len(natives)}")
    check_names(file.path, known)
    return replace(
        file,
        columns=dict(zip(known, file.columns.values(), strict=True)),
        native_names=dict(zip(known, natives, strict=True)),
        encoding=encoding,
    )


def faulty_labels(file: NativeFile, meta: Any) -> tuple[Remark, ...]:
    """Say how many names and labels have bytes that are not in the code page."""
    encoding = str(file.encoding)
    return undecoded_labels(
        sum(not decoded(label, encoding)[1] for label in labels(meta)), encoding
    )
