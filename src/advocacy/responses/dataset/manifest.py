"""The manifest of a partition: where each number of it came from, and what was left behind."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from math import isinf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advocacy.files import in_utf8
from advocacy.provenance import sha256, write_json
from advocacy.remarks import as_json
from advocacy.responses.crosswalk.crosswalk import (
    ANY,
    Crosswalk,
    Line,
    by_variable,
    stated_scale,
)
from advocacy.responses.crosswalk.operations import kind_of
from advocacy.responses.dataset.accounts import RowAccount
from advocacy.responses.dataset.eligibility import EligibilityRules
from advocacy.responses.dataset.source import Source
from advocacy.responses.labelled import LabelledTable
from advocacy.responses.privacy import Finding
from advocacy.responses.readers import format_of
from advocacy.responses.schema import TABLES, Column

if TYPE_CHECKING:
    from advocacy.responses.dataset.waves.links import Linked

# Since there is one, a list of the partition's files stands beside the manifest.
FORMAT = 1


def describe_source(
    source: Source,
    rows: RowAccount,
    files: list[dict[str, Any]],
    rules: EligibilityRules,
    unjudged: list[dict[str, Any]],
) -> dict[str, Any]:
    """Describe a source: what it is, its tables by hash, its rows, its files."""
    return {
        "format": FORMAT,
        "source": source.name,
        "kind": source.kind,
        "title": source.title,
        "producer": source.producer,
        "licence": source.licence,
        "crosswalk_sha256": sha256(source.crosswalk) if source.crosswalk else None,
        "corrections_sha256": sha256(source.corrections) if source.corrections else None,
        "rows": asdict(rows),
        "files": files,
        # As they were at the import; what is forgotten later does not change them.
        "eligibility": {
            "rules": {name: _plain(value) for name, value in asdict(rules).items()},
            "unjudged": unjudged,
        },
    }


def describe_linked(
    linked: Linked, files: Sequence[tuple[dict[str, Any], RowAccount]]
) -> dict[str, Any]:
    """Describe follow-ups or contacts: their rows, by what they were linked, and their files.

    ``files`` are described as `describe_file` does, each with its rows before they were linked.
    """
    accounts = [
        RowAccount(taken.read, kept, taken.rejected + taken.kept - kept)
        for kept, (_, taken) in zip(linked.kept, files, strict=True)
    ]
    if sum(linked.kept) + linked.set_aside.num_rows != sum(taken.kept for _, taken in files):
        raise ArithmeticError("a row that was to be linked is neither kept nor set aside")
    return {
        "rows": asdict(sum(accounts[1:], accounts[0])),
        # As it was at the import; what is forgotten later does not change it.
        **linked.described,
        "files": [
            file | {"rows": asdict(account)}
            for account, (file, _) in zip(accounts, files, strict=True)
        ],
    }


def describe_file(
    table: LabelledTable,
    crosswalk: Crosswalk,
    rows: RowAccount,
    findings: Iterable[Finding],
    pseudonyms: Iterable[str],
    digest: str,
) -> dict[str, Any]:
    """Describe a file: what it was, what became of each variable, what was assumed.

    ``findings`` are the variables that were left out because they seem to identify persons,
    ``pseudonyms`` the canonical columns whose values were replaced, ``digest`` is its SHA-256.
    """
    columns = crosswalk.columns()
    private = {finding.variable: finding for finding in findings}
    replaced = set(pseudonyms)
    mapped = {
        name
        for column, lines in columns.items()
        for name in by_variable(lines)
        if name not in private or column.name in replaced
    }
    described = {
        "name": in_utf8(table.path.name),
        "format": format_of(table.path),
        "sha256": digest,
        "encoding": table.encoding,
        "label": table.label,
        "notes": list(table.notes),
        "assumptions": as_json(table.assumptions),
        "declared_weight": table.weight,
        "multiple_response": [asdict(one) for one in table.multiple_response],
        "rows": asdict(rows),
        "columns": [_describe_column(c, lines, table) for c, lines in columns.items()],
        "guesses": [
            _describe_guess(line)
            for line in crosswalk.lines
            if line.guessed and (line.raw_variable not in private or line.column.name in replaced)
        ],
        "pseudonymised": sorted(replaced),
        "private": [
            {"variable": name, "reason": found.reason, "asked": not found.certain}
            for name, found in sorted(private.items())
        ],
        "left_out": [
            {"variable": v.name, "label": v.label} for v in table.variables if v.name not in mapped
        ],
    }
    return veiled(described)


def count_forgotten(path: Path, removed: Mapping[str, int], rejected: Mapping[str, int]) -> None:
    """Count rows that went in a manifest: read = kept + rejected + forgotten.

    An older import also wrote there how the file labels respondents: that goes as well.

    Parameters
    ----------
    path
        The manifest.
    removed
        Rows that went, by name of the Parquet file.
    rejected
        Rejected rows that went, by name of the data file.
    """
    manifest = json.loads(path.read_text(encoding="utf-8"))
    for table in TABLES:
        own = manifest if table == "responses" else manifest.get(table, {"files": []})
        for index, file in enumerate(own["files"]):
            kept = removed.get(f"{table}-{index}.parquet", 0)
            for rows in (own["rows"], file["rows"]):
                _move(rows, kept, rejected.get(file["name"], 0))
        own["files"] = [veiled(file) for file in own["files"]]
    write_json(path, manifest)


def _move(rows: dict[str, Any], kept: int, rejected: int) -> None:
    rows["kept"] -= kept
    rows["rejected"] -= rejected
    rows["forgotten"] = rows.get("forgotten", 0) + kept + rejected


def veiled(file: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a manifest says of a file without what may quote persons.

    Of a variable that was left out since it identifies persons, or that fills a column with
    pseudonyms, its name stands there and what it holds: no label, code or level, and no value
    or note of a crosswalk line. A file that was veiled stays as it is.
    """
    hidden = {finding["variable"] for finding in file.get("private", ())}
    for column in file.get("columns", ()):
        if column["column"] in file["pseudonymised"]:
            hidden |= {variable["variable"] for variable in column["variables"]}

    def without(entries: Iterable[Mapping[str, Any]], values: Mapping[str, Any]) -> list[Any]:
        return [{**e, **(values if e["variable"] in hidden else {})} for e in entries]

    columns = [
        dict(c) | {"variables": without(c["variables"], _UNSAID)} for c in file.get("columns", ())
    ]
    guesses = [
        _veiled_guess(guess) if guess["variable"] in hidden else guess
        for guess in file.get("guesses", ())
    ]
    left_out = without(file.get("left_out", ()), {"label": ""})
    said = {"columns": columns, "guesses": guesses, "left_out": left_out}
    return dict(file) | {name: value for name, value in said.items() if name in file}


# What is not said of a variable that identifies persons.
_UNSAID = {"label": "", "value_labels": [], "user_missing": [], "missing_codes": []}


def _veiled_guess(guess: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a guess without the value that it names, and without its note."""
    raw, canonical = guess["raw_value"], guess["canonical_value"]
    return dict(guess) | {
        "raw_value": raw if raw == ANY else None,
        "canonical_value": canonical if canonical in (ANY, "") else None,
        "note": "",
    }


def _describe_column(column: Column, lines: list[Line], table: LabelledTable) -> dict[str, Any]:
    """Describe one canonical column: its constant, or the questions that fill it."""
    low, high = stated_scale(lines)
    constant = next((line.canonical_value for line in lines if not line.raw_variable), None)
    return {
        "column": column.name,
        "metric": column.metric,
        "constant": constant,
        "scale_min": low,
        "scale_max": high,
        "variables": [
            _describe_variable(table, name, own) for name, own in by_variable(lines).items()
        ],
    }


def _describe_variable(table: LabelledTable, name: str, lines: list[Line]) -> dict[str, Any]:
    """Describe a variable as the file does, with the codes that its lines make missing."""
    variable = table.variable(name)
    return {
        "variable": name,
        "holds": kind_of(table.values.schema.field(name).type).value,
        "label": variable.label,
        "measure": variable.measure,
        "format": variable.format,
        "value_labels": [list(pair) for pair in variable.value_labels],
        "user_missing": [[_bound(code.low), _bound(code.high)] for code in variable.user_missing],
        "missing_codes": [line.raw_value for line in lines if not line.canonical_value],
    }


def _describe_guess(line: Line) -> dict[str, Any]:
    """Describe a line of the crosswalk that nobody has confirmed."""
    return {
        "line": line.number,
        "variable": line.raw_variable,
        "raw_value": line.raw_value,
        "column": line.column.name,
        "canonical_value": line.canonical_value,
        "note": line.note,
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _bound(code: float | str) -> float | str | None:
    """Return an end of a range of codes; ``None`` where it is open: JSON has no infinity."""
    return None if isinstance(code, float) and isinf(code) else code
