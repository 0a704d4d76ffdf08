"""A survey file or dataset as SPSS, with what became of each row: its weight, group and state.

All rows are written, in their order, and nothing that was received is changed, but for names that
SPSS cannot hold: then the label has the name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from advocacy.isolation import isolated
from advocacy.remarks import Remark
from advocacy.responses.crosswalk.compiling import compile_crosswalk
from advocacy.responses.crosswalk.crosswalk import Crosswalk, canonical_crosswalk
from advocacy.responses.crosswalk.placement import ROW, Placement, placed, problem
from advocacy.responses.dataset.eligibility import (
    EXCLUDED,
    EligibilityRules,
    exclusions_sql,
    weighed_sql,
)
from advocacy.responses.labelled import LabelledTable, Variable
from advocacy.responses.readers import read_labelled
from advocacy.responses.writers.exporting import Exported, dataset_table, written
from advocacy.responses.writers.spss_limits import held_names
from advocacy.sql import connect, identifier, literal

# Codes of what became of a row.
COUNTED, NOT_COUNTED, SET_ASIDE = 1, 2, 3
_ONE = "1.0::DOUBLE"  # without weights a row stands for itself
_KEY, _PROBLEM = "row.key", "row.problem"  # no canonical column has a dot


@dataclass(frozen=True)
class Group:
    """Scores that belong together, with what they are called."""

    label: str
    scores: tuple[int, ...]


@dataclass(frozen=True)
class Marks:
    """What is added to each row, in words.

    Parameters
    ----------
    weight, group, state, reason
        Labels of the variables.
    groups
        Of scores; their codes are 1, 2 and so on.
    states
        Labels of the codes `COUNTED`, `NOT_COUNTED` and `SET_ASIDE`.
    """

    weight: str
    group: str
    state: str
    reason: str
    groups: tuple[Group, ...]
    states: tuple[str, str, str]


def enrich_file(
    path: Path,
    output: Path,
    marks: Marks,
    *,
    crosswalk: Crosswalk | None = None,
    rules: EligibilityRules | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    parsed: Callable[..., LabelledTable] = isolated,
) -> Exported:
    """Write a survey file as .sav, with what became of each row.

    Parameters
    ----------
    path
        A file in any format of `READERS`.
    output
        Ends in .sav.
    marks
        What is added, in words.
    crosswalk
        What its values mean; ``None`` where its variables have canonical names.
    rules
        Which ratings count; ``None`` for all that have a weight above 0, as where a file is
        estimated from without an import.
    encoding, sheet
        As `read_labelled` takes them.
    parsed
        What calls the parser: `isolated`, or `Worker.call` of a process that is there already.

    Raises
    ------
    FileFormatError, CrosswalkError, DataError
        The file or crosswalk cannot be used, or SPSS cannot hold a name or a value of it.
    """
    table = parsed(read_labelled, path, encoding, sheet, file=str(path))
    lines = crosswalk or canonical_crosswalk(path, table.values.column_names)
    found = _judged(table.values, compile_crosswalk(table, lines), rules)
    return written(_enriched(_with_held_names(table), found, marks), output)


def enrich_dataset(folder: Path, output: Path, marks: Marks) -> Exported:
    """Write an imported dataset as .sav, with what became of each rating; raises as its export.

    Rows that the import has rejected are not in it.
    """
    table = dataset_table(folder)
    names = table.values.column_names
    columns = [
        identifier(name) if name in names else f"{otherwise} AS {name}"
        for name, otherwise in (
            ("score", "NULL::INTEGER"),
            ("weight", _ONE),
            (EXCLUDED, "NULL::VARCHAR"),
        )
    ]
    with connect({"rows": table.values}) as connection:
        sql = f"SELECT {', '.join(columns)}, NULL::VARCHAR AS {identifier(_PROBLEM)} FROM rows"
        found = connection.sql(sql).to_arrow_table()
    return written(_enriched(table, found, marks), output)


# What became of rows


def _judged(
    values: pa.Table, placements: Sequence[Placement], rules: EligibilityRules | None
) -> pa.Table:
    """Return of each row its score, weight, why it does not count, and what is wrong with it."""
    numbers = pa.array(range(1, values.num_rows + 1), pa.int64())
    names = [placement.column.name for placement in placements]
    wrong = " ".join(
        f"WHEN {problem(p.column.name)} IS NOT NULL "
        f"THEN {literal(f'{p.column.name}: ')} || {problem(p.column.name)}"
        for p in placements
        if p.column.rejects
    )
    wrong = f"CASE {wrong} END" if wrong else "NULL::VARCHAR"
    with connect({"raw": values.append_column(ROW, numbers)}) as connection:
        connection.execute(
            f"CREATE TEMP TABLE marked AS SELECT *, {wrong} AS {identifier(_PROBLEM)} "
            f"FROM ({placed(list(placements), 'raw')})"
        )
        kept = f"(SELECT * FROM marked WHERE {identifier(_PROBLEM)} IS NULL)"
        connection.execute(
            f"CREATE TEMP TABLE kept AS SELECT *, {_key(names)} AS {identifier(_KEY)}"
            f"{_one_supplier(names)} FROM {weighed_sql(kept, names)}"
        )
        marked = [EXCLUDED] * (EXCLUDED in names or "weight" in names)
        columns = [*names, *marked, "supplier"]
        excluded = exclusions_sql(rules or EligibilityRules("all"), "kept", columns, key=_KEY)
        score = "kept.score" if "score" in names else "NULL::INTEGER"
        weight = "kept.weight" if "weight" in names else _ONE
        sql = (
            f"SELECT {score} AS score, CASE WHEN kept.{ROW} IS NOT NULL THEN {weight} END AS "
            f"weight, out.{EXCLUDED}, marked.{identifier(_PROBLEM)} FROM marked "
            f"LEFT JOIN kept USING ({ROW}) "
            f"LEFT JOIN ({excluded}) AS out USING ({identifier(_KEY)}) ORDER BY marked.{ROW}"
        )
        return connection.sql(sql).to_arrow_table()


def _key(names: Sequence[str]) -> str:
    """Return what tells rows apart, in the order in which an import judges those of one day."""
    named = "coalesce(rating_id || ':', '')" if "rating_id" in names else "''"
    return f"{named} || {ROW}"


def _one_supplier(names: Sequence[str]) -> str:
    # A file that names no supplier is about one: the contact rule needs to know whom.
    return "" if "supplier" in names else ", 'one' AS supplier"


# What is added to them


def _enriched(table: LabelledTable, found: pa.Table, marks: Marks) -> LabelledTable:
    """Return a table with the variables that say what became of its rows."""
    group = {
        score: code for code, each in enumerate(marks.groups, start=1) for score in each.scores
    }
    scores, weights, excluded, wrong = (column.to_pylist() for column in found.columns)
    reasons = [why or cause or "" for why, cause in zip(wrong, excluded, strict=True)]
    states = [
        SET_ASIDE if why else NOT_COUNTED if cause else COUNTED
        for why, cause in zip(wrong, excluded, strict=True)
    ]
    labels = tuple((float(code), label) for code, label in enumerate(marks.states, start=1))
    groups = tuple((float(code), each.label) for code, each in enumerate(marks.groups, start=1))
    added = (
        (Variable("weight_used", marks.weight, measure="scale", format="F12.4"), weights),
        (
            Variable("intent_group", marks.group, groups, measure="ordinal", format="F2.0"),
            [group.get(score) for score in scores],
        ),
        (Variable("row_state", marks.state, labels, measure="nominal", format="F2.0"), states),
        (Variable("row_reason", marks.reason, measure="nominal"), reasons),
    )
    taken = [name.casefold() for name in table.values.column_names]
    values, variables = table.values, list(table.variables)
    for variable, column in added:
        name = _free(variable.name, taken)
        kind = pa.string() if variable.name == "row_reason" else pa.float64()
        values = values.append_column(name, pa.array(column, kind))
        variables.append(replace(variable, name=name))
    return replace(table, values=values, variables=tuple(variables))


def _with_held_names(table: LabelledTable) -> LabelledTable:
    """Return a file of another program with names that SPSS can hold; labels have the others."""
    names = held_names([variable.name for variable in table.variables])
    renamed = {v.name: name for v, name in zip(table.variables, names, strict=True)}
    changed = [name for name, held in renamed.items() if name != held]
    if not changed:
        return table
    variables = (
        v
        if renamed[v.name] == v.name
        else replace(v, name=renamed[v.name], label=f"{v.name}: {v.label}" if v.label else v.name)
        for v in table.variables
    )
    sets = (
        replace(each, variables=tuple(renamed.get(name, name) for name in each.variables))
        for each in table.multiple_response
    )
    return replace(
        table,
        values=table.values.rename_columns(names),
        variables=tuple(variables),
        weight=renamed.get(table.weight, ""),
        multiple_response=tuple(sets),
        assumptions=(*table.assumptions, Remark("sav.renamed", {"variables": changed})),
    )


def _free(name: str, taken: Sequence[str]) -> str:
    """Return a name that no variable has: SPSS knows no case."""
    candidates = (name, *(f"{name}_{number}" for number in range(2, len(taken) + 3)))
    return next(each for each in candidates if each not in taken)
