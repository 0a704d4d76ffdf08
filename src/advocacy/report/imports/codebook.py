"""The codebook of an import: each canonical column with the questions and codes that fill it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from advocacy.report.imports.record import (
    FILLED,
    filled_columns,
    shown_columns,
    told,
    value_labels,
)
from advocacy.report.media import html as markup
from advocacy.responses.labelled import written_code
from advocacy.responses.schema import COLUMNS, find_column


def codebook_page(manifest: Mapping[str, Any]) -> str:
    """Return the codebook: each canonical column with the questions and codes that fill it."""
    files = manifest["files"]
    return markup.page(
        manifest,
        "Codebook",
        "The columns of the dataset, and the questions and codes of the file that fill them.",
        *(_codebook(file) for file in files),
        _written(manifest),
    )


def _codebook(file: Mapping[str, Any]) -> str:
    about = markup.paragraph("Codes are those of the file; the crosswalk says what became of each.")
    return markup.section(
        f"File: {file['name']}", about, *(_column(c) for c in shown_columns(file))
    )


def _column(described: Mapping[str, Any]) -> str:
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
    meaning = markup.paragraph(column.meaning) if column else ""
    variables = "".join(_variable(variable) for variable in described["variables"])
    return f"{markup.heading(3, described['column'])}{meaning}{markup.facts(facts)}{variables}"


def _variable(variable: Mapping[str, Any]) -> str:
    """Return a raw variable: its question, what the file declares, and its codes."""
    facts = [
        ("measure", variable["measure"]),
        ("format", variable["format"]),
        ("declared missing", ", ".join(_range(*pair) for pair in variable["user_missing"])),
        ("made missing", ", ".join(variable["missing_codes"])),
    ]
    labels = value_labels(variable)
    codes = [(code, label, _remark(code, variable)) for code, label in labels.items()]
    table = (
        markup.table({"code": markup.CODE, "label": markup.TEXT, "remark": markup.TEXT}, codes)
        if codes
        else ""
    )
    question = escape(told(variable) or "no label")
    name = escape(variable["variable"])
    return f"<h4><code>{name}</code> {question}</h4>\n{markup.facts(facts)}{table}"


def _remark(code: str, variable: Mapping[str, Any]) -> str:
    declared = any(
        low == high and written_code(low) == code for low, high in variable["user_missing"]
    )
    made = code in variable["missing_codes"]
    return ", ".join(["declared missing"] * declared + ["made missing"] * made)


def _written(manifest: Mapping[str, Any]) -> str:
    """Return the columns that the import writes itself."""
    given = filled_columns(manifest)
    names = [*(name for name in FILLED if name not in given), "source_kind", "excluded"]
    cells = [(name, COLUMNS[name].meaning, FILLED.get(name, "")) for name in names]
    headings = {"column": markup.CODE, "meaning": markup.TEXT, "filled with": markup.TEXT}
    return markup.section("Written by the import", markup.table(headings, cells))


def _range(low: float | str | None, high: float | str | None) -> str:
    ends = ["" if end is None else written_code(end) for end in (low, high)]
    return ends[0] if ends[0] == ends[1] else "..".join(ends)
