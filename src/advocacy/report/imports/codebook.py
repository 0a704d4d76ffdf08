"""The codebook of an import: each canonical column with the questions and codes that fill it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advocacy.report.contents.parts import table
from advocacy.report.document import Block, Column, Document, Heading, Paragraph
from advocacy.report.imports.parts import face, stated
from advocacy.report.imports.record import (
    FILLED,
    filled_columns,
    shown_columns,
    told,
    value_labels,
)
from advocacy.responses.dataset.accounts import described_files
from advocacy.responses.labelled import written_code
from advocacy.responses.schema import COLUMNS, find_column


def codebook_page(manifest: Mapping[str, Any]) -> Document:
    """Return the codebook: each canonical column with the questions and codes that fill it."""
    about = "The columns of the dataset, and the questions and codes of the file that fill them."
    return Document(
        (
            *face(manifest, "Codebook", about),
            *(block for file in described_files(manifest) for block in _codebook(file)),
            *_written(manifest),
        )
    )


def _codebook(file: Mapping[str, Any]) -> tuple[Block, ...]:
    return (
        Heading(f"File: {file['name']}", 2),
        Paragraph("Codes are those of the file; the crosswalk says what became of each."),
        *(block for column in shown_columns(file) for block in _column(column)),
    )


def _column(described: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return a canonical column: what it means and allows, and what fills it."""
    column = find_column(described["column"])
    low, high = described["scale_min"], described["scale_max"]
    facts = [
        ("type", column.type.name.lower() if column else ""),
        ("unit", column.unit if column else ""),
        ("allowed", column.allowed() if column else ""),
        ("metric", described["metric"]),
        (
            "scale",
            "" if low is None or high is None else f"{written_code(low)} to {written_code(high)}",
        ),
        ("constant", described["constant"] or ""),
    ]
    return (
        Heading(described["column"], 3),
        *((Paragraph(column.meaning),) if column else ()),
        *stated(facts),
        *(block for variable in described["variables"] for block in _variable(variable)),
    )


def _variable(variable: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return a raw variable: its question, what the file declares, and its codes."""
    facts = [
        ("measure", variable["measure"]),
        ("format", variable["format"]),
        ("declared missing", ", ".join(_range(*pair) for pair in variable["user_missing"])),
        ("made missing", ", ".join(variable["missing_codes"])),
    ]
    labels = value_labels(variable)
    codes = [(code, label, _remark(code, variable)) for code, label in labels.items()]
    columns = Column("code", code=True), Column("label"), Column("remark")
    return (
        Heading(told(variable) or "no label", 4, variable["variable"]),
        *stated(facts),
        *((table(columns, codes),) if codes else ()),
    )


def _remark(code: str, variable: Mapping[str, Any]) -> str:
    declared = any(
        low == high and written_code(low) == code for low, high in variable["user_missing"]
    )
    made = code in variable["missing_codes"]
    return ", ".join(["declared missing"] * declared + ["made missing"] * made)


def _written(manifest: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return the columns that the import writes itself."""
    given = filled_columns(manifest)
    names = [*(name for name in FILLED if name not in given), "source_kind", "excluded"]
    rows = [(name, COLUMNS[name].meaning, FILLED.get(name, "")) for name in names]
    columns = Column("column", code=True), Column("meaning"), Column("filled with")
    return Heading("Written by the import", 2), table(columns, rows)


def _range(low: float | str | None, high: float | str | None) -> str:
    ends = ["" if end is None else written_code(end) for end in (low, high)]
    return ends[0] if ends[0] == ends[1] else "..".join(ends)
