"""The part of the import page that is about one file: what it is, what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from advocacy.remarks import from_json
from advocacy.report.imports.record import FILLED, shown_columns, told, value_labels
from advocacy.report.media import html as markup
from advocacy.report.wording import ENGLISH


def file_section(file: Mapping[str, Any]) -> str:
    """Return what is known of a file, what was assumed, and what of it was not used."""
    facts = [
        ("SHA-256", file["sha256"]),
        ("format", file.get("format", "")),
        ("encoding", file["encoding"]),
        ("label", file["label"]),
        *(("note", note) for note in file["notes"]),
        ("declared weight", file["declared_weight"] or "none"),
    ]
    return markup.section(
        f"File: {file['name']}",
        markup.facts(facts),
        _unused_weight(file),
        _assumed(file),
        _made_missing(file),
        _multiple_response(file),
        _left_out(file),
    )


def _unused_weight(file: Mapping[str, Any]) -> str:
    weight = file["declared_weight"]
    used = [
        v["variable"] for c in file["columns"] if c["column"] == "weight" for v in c["variables"]
    ]
    if not weight or weight in used:
        return ""
    return markup.paragraph(
        f"The file declares {weight} as its weight, and the crosswalk does not use it: each "
        "estimate is then without this weight.",
        "alert",
    )


def _assumed(file: Mapping[str, Any]) -> str:
    """Return what the reader assumed, and what was written for every row of the file."""
    columns = shown_columns(file)
    mapped = {column["column"] for column in columns}
    filled = [f"{name}: {what}." for name, what in FILLED.items() if name not in mapped]
    filled += [
        f"{c['column']}: {c['constant']}, "
        + ("where its variables are empty." if c["variables"] else "for every row.")
        for c in columns
        if c["constant"] is not None
    ]
    return markup.heading(3, "Assumed") + markup.listed(
        [*map(ENGLISH.said, from_json(file["assumptions"])), *filled]
    )


def _made_missing(file: Mapping[str, Any]) -> str:
    """Return the codes that the crosswalk takes for no answer."""
    rows = [
        (column["column"], variable["variable"], code, value_labels(variable).get(code, ""))
        for column in shown_columns(file)
        for variable in column["variables"]
        for code in variable["missing_codes"]
    ]
    if not rows:
        return ""
    headings = {
        "column": markup.CODE,
        "variable": markup.CODE,
        "code": markup.CODE,
        "label": markup.TEXT,
    }
    return markup.heading(3, "Codes made missing") + markup.table(headings, rows)


def _multiple_response(file: Mapping[str, Any]) -> str:
    """Return the questions with several answers, and which of their variables are used."""
    used = {v["variable"] for column in shown_columns(file) for v in column["variables"]}
    rows = [
        (
            one["name"],
            one["label"],
            f"{one['counted_value']} is chosen" if one["kind"] == "dichotomy" else "codes",
            ", ".join(one["variables"]),
            ", ".join(name for name in one["variables"] if name in used) or "none",
        )
        for one in file["multiple_response"]
    ]
    if not rows:
        return ""
    headings = {
        "set": markup.CODE,
        "question": markup.TEXT,
        "answers": markup.TEXT,
        "variables": markup.CODE,
        "used": markup.CODE,
    }
    return markup.heading(3, "Multiple-response sets") + markup.table(headings, rows)


def _left_out(file: Mapping[str, Any]) -> str:
    """Return the variables that no line of the crosswalk uses."""
    private = {finding["variable"] for finding in file["private"]}
    variables = [v for v in file["left_out"] if v["variable"] not in private]
    heading = markup.heading(3, f"Variables left out: {len(variables)}")
    items = [f"<li><code>{escape(v['variable'])}</code> {escape(told(v))}</li>" for v in variables]
    if not items:
        return heading
    why = markup.paragraph("No line of the crosswalk uses them.")
    return f'{heading}{why}<ul class="names">{"".join(items)}</ul>\n'
