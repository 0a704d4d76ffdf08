"""The part of the import page that is about one file: what it is, what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advocacy.remarks import from_json
from advocacy.report.contents.parts import table
from advocacy.report.document import Alert, Block, Column, Heading, Items, Names, Paragraph
from advocacy.report.imports.parts import stated
from advocacy.report.imports.record import FILLED, shown_columns, told, value_labels
from advocacy.report.wording import ENGLISH


def file_section(file: Mapping[str, Any], filled: Mapping[str, str] = FILLED) -> tuple[Block, ...]:
    """Return what is known of a file, what was assumed, and what of it was not used.

    ``filled`` are the columns that the import fills where the file does not, with what.
    """
    facts = [
        ("SHA-256", file["sha256"]),
        ("format", file.get("format", "")),
        ("encoding", file["encoding"]),
        ("label", file["label"]),
        *(("note", note) for note in file["notes"]),
        ("declared weight", file["declared_weight"] or "none"),
    ]
    return (
        Heading(f"File: {file['name']}", 2),
        *stated(facts),
        *_unused_weight(file),
        *_assumed(file, filled),
        *_made_missing(file),
        *_multiple_response(file),
        *_left_out(file),
    )


def _unused_weight(file: Mapping[str, Any]) -> tuple[Block, ...]:
    weight = file["declared_weight"]
    used = [
        v["variable"] for c in file["columns"] if c["column"] == "weight" for v in c["variables"]
    ]
    if not weight or weight in used:
        return ()
    why = (
        f"The file declares {weight} as its weight, and the crosswalk does not use it: each "
        "estimate is then without this weight."
    )
    return (Alert(why),)


def _assumed(file: Mapping[str, Any], by_import: Mapping[str, str]) -> tuple[Block, ...]:
    """Return what the reader assumed, and what was written for every row of the file."""
    columns = shown_columns(file)
    mapped = {column["column"] for column in columns}
    filled = [f"{name}: {what}." for name, what in by_import.items() if name not in mapped]
    filled += [
        f"{c['column']}: {c['constant']}, "
        + ("where its variables are empty." if c["variables"] else "for every row.")
        for c in columns
        if c["constant"] is not None
    ]
    remarks = map(ENGLISH.said, from_json(file["assumptions"]))
    return Heading("Assumed", 3), Items((*remarks, *filled))


def _made_missing(file: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return the codes that the crosswalk takes for no answer."""
    rows = [
        (column["column"], variable["variable"], code, value_labels(variable).get(code, ""))
        for column in shown_columns(file)
        for variable in column["variables"]
        for code in variable["missing_codes"]
    ]
    columns = *(Column(name, code=True) for name in ("column", "variable", "code")), Column("label")
    return (Heading("Codes made missing", 3), table(columns, rows)) if rows else ()


def _multiple_response(file: Mapping[str, Any]) -> tuple[Block, ...]:
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
    columns = (
        Column("set", code=True),
        Column("question"),
        Column("answers"),
        Column("variables", code=True),
        Column("used", code=True),
    )
    return (Heading("Multiple-response sets", 3), table(columns, rows)) if rows else ()


def _left_out(file: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return the variables that no line of the crosswalk uses."""
    private = {finding["variable"] for finding in file["private"]}
    variables = [v for v in file["left_out"] if v["variable"] not in private]
    heading = Heading(f"Variables left out: {ENGLISH.count(len(variables))}", 3)
    if not variables:
        return (heading,)
    names = Names(tuple((v["variable"], told(v)) for v in variables))
    return heading, Paragraph("No line of the crosswalk uses them."), names
