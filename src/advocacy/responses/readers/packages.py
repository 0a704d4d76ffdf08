"""What the formats of Stata and SAS have in common."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from advocacy.responses.labelled import LabelledTable, Variable
from advocacy.responses.readers.encodings import decide
from advocacy.responses.readers.native import (
    Column,
    NativeFile,
    call,
    check_names,
    losses,
    native_batches,
    schema,
)
from advocacy.responses.readers.scan import Scan


def scan_package(
    path: Path,
    read: Callable[..., tuple[Any, Any]],
    column: Callable[[str, bool], Column],
    encoding: str | None,
) -> Scan:
    """Open a file by one of pyreadstat's functions.

    Parameters
    ----------
    column
        Takes a display format, and whether the variable is a text.
    """
    options: dict[str, Any] = {} if encoding is None else {"encoding": encoding}
    meta = call(path, read, metadataonly=True, **options)[1]
    check_names(path, meta.column_names)
    columns = {
        name: column(
            meta.original_variable_types[name] or "",
            meta.readstat_variable_types[name] == "string",
        )
        for name in meta.column_names
    }
    declared = meta.file_encoding or "UTF-8"
    decision = decide(declared, [], encoding)
    file = NativeFile(path, read, columns, meta.number_rows, path.suffix, options)
    table = LabelledTable(
        path=path,
        values=schema(columns).empty_table(),
        variables=tuple(_variable(name, columns[name], meta) for name in columns),
        encoding=decision.encoding,
        label=meta.file_label or "",
        notes=tuple(meta.notes or ()),
        assumptions=decision.remarks,
    )
    return Scan(
        table,
        meta.number_rows,
        lambda names, size: native_batches(file, names, size),
        lambda: losses(file),
    )


def _variable(name: str, column: Column, meta: Any) -> Variable:
    labels = meta.variable_value_labels.get(name, {})
    # Labels of Stata's extended missing values stand under letters.
    codes = [c for c in labels if column.kind == "text" or not isinstance(c, str)]
    return Variable(
        name=name,
        label=meta.column_names_to_labels[name] or "",
        value_labels=tuple(
            (code if column.kind == "text" else float(code), labels[code]) for code in codes
        ),
        measure=meta.variable_measure.get(name, "unknown"),
        format=meta.original_variable_types[name] or "",
    )
