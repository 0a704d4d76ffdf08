"""The crosswalk compiled to SQL: for each canonical column its value and what is wrong with it.

Three nested projections keep the statement readable and each expression short: the cleaned
raw value, the raw value in the column's type, then the value taken and the problem found.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from advocacy.errors import CrosswalkError
from advocacy.responses.crosswalk import ANY, Crosswalk, Line, parse_number, parse_value
from advocacy.responses.schema import Column, Type
from advocacy.sql import identifier, literal

ROW = "file_row"


@dataclass(frozen=True)
class Placement:
    """How one canonical column is filled, as SQL expressions.

    Parameters
    ----------
    column
        The canonical column.
    raw
        Cleaned raw value, over the raw table.
    kept
        The raw value in the column's type, over ``<column>.raw``; NULL where it is none.
    value
        The canonical value, over ``<column>.raw`` and ``<column>.kept``.
    problem
        NULL where the value is fine, else the reason why its row is rejected.
    """

    column: Column
    raw: str
    kept: str
    value: str
    problem: str


def place(crosswalk: Crosswalk, schema: pa.Schema) -> list[Placement]:
    """Compile a crosswalk against the types of a raw table, a placement a canonical column.

    Raises
    ------
    CrosswalkError
        A raw variable is not in the file, or a raw value is no number where the variable is.
    """
    return [
        _variable(crosswalk, column, lines, schema)
        if lines[0].raw_variable
        else _constant(lines[0])
        for column, lines in crosswalk.columns().items()
    ]


def placed(placements: list[Placement], table: str) -> str:
    """Return the SELECT that gives a row a raw row: its number, values, raw texts and problems.

    Columns: ``file_row``, and for each placement ``<column>``, ``<column>.raw`` (text) and
    ``<column>.problem``. ``table`` must have a column ``file_row``.
    """
    names = [p.column.name for p in placements]
    raw = [f"{p.raw} AS {_raw(n)}" for n, p in zip(names, placements, strict=True)]
    kept = [f"{_raw(n)}, {p.kept} AS {_kept(n)}" for n, p in zip(names, placements, strict=True)]
    final = [
        f"{p.value} AS {identifier(n)}, {_text(_raw(n))} AS {_raw(n)}, {p.problem} AS {problem(n)}"
        for n, p in zip(names, placements, strict=True)
    ]
    return (
        f"SELECT {ROW}, {', '.join(final)} FROM ("
        f"SELECT {ROW}, {', '.join(kept)} FROM ("
        f"SELECT {ROW}, {', '.join(raw)} FROM {table}))"
    )


def problem(name: str) -> str:
    """Return the quoted name of the column that holds a canonical column's problem."""
    return identifier(f"{name}.problem")


def _constant(line: Line) -> Placement:
    return Placement(line.column, "NULL", "NULL", _taken(line), "NULL")


def _variable(
    crosswalk: Crosswalk, column: Column, lines: list[Line], schema: pa.Schema
) -> Placement:
    name = lines[0].raw_variable
    if name not in schema.names:
        raise CrosswalkError(
            f"The file has no variable {name!r}.",
            where=crosswalk.where(lines[0]),
            remedy=f"Name one of: {', '.join(schema.names)}.",
        )
    raw_type = schema.field(name).type
    # Single values first, then ranges, then the rest: the most specific line decides.
    ordered = sorted(lines, key=lambda line: (line.raw_value == ANY, line.range is not None))
    covers = [_covers(crosswalk, line, raw_type) for line in ordered]
    raw, kept = _raw(column.name), _kept(column.name)
    values = [
        f"WHEN {condition} THEN {kept if line.keeps else _taken(line)}"
        for condition, line in zip(covers, ordered, strict=True)
    ]
    checks = [
        f"WHEN {condition} THEN {_check(column) if line.keeps else 'NULL'}"
        for condition, line in zip(covers, ordered, strict=True)
    ]
    uncovered = literal("the crosswalk has no line for this value")
    return Placement(
        column=column,
        raw=_clean(name, raw_type, column),
        kept=_typed(raw, raw_type, column),
        value=f"CASE WHEN {raw} IS NULL THEN NULL {' '.join(values)} END",
        problem=f"CASE WHEN {raw} IS NULL THEN NULL {' '.join(checks)} ELSE {uncovered} END",
    )


def _clean(name: str, raw_type: pa.DataType, column: Column) -> str:
    """Return the raw value, with what other programs write for missing made NULL."""
    quoted = identifier(name)
    if _is_fraction(raw_type):
        # Not isnan: DuckDB 2.0 answers that from Parquet's statistics, which leave NaN out.
        number = f"{quoted}::DOUBLE"
        return f"CASE WHEN isfinite({number}) OR isinf({number}) THEN {number} END"
    if _is_text(raw_type):
        trimmed = f"NULLIF(trim({quoted}::VARCHAR), '')"
        # R writes NA for a missing number; as a text it may be Namibia.
        return trimmed if column.type is Type.TEXT else f"NULLIF({trimmed}, 'NA')"
    return quoted


def _typed(raw: str, raw_type: pa.DataType, column: Column) -> str:
    """Return the raw value in the column's type, NULL where it is no such value."""
    if column.type is Type.TEXT:
        return _text(raw)
    if column.type is Type.BOOLEAN:
        text = f"lower({_text(raw)})"
        yes_no = f"WHEN {text} IN ('1', 'true') THEN TRUE WHEN {text} IN ('0', 'false') THEN FALSE"
        return f"CASE {yes_no} END"
    if column.type is Type.DATE:
        return f"TRY_CAST({raw} AS DATE)" if not _is_number(raw_type) else "NULL::DATE"
    if pa.types.is_temporal(raw_type):
        return f"NULL::{column.type}"
    number = f"TRY_CAST({raw}::VARCHAR AS DOUBLE)" if _is_text(raw_type) else f"{raw}::DOUBLE"
    whole = f" AND {number} = floor({number})" if column.type is Type.INTEGER else ""
    # A cast alone would round 7.5 to 8.
    return f"CASE WHEN isfinite({number}){whole} THEN TRY_CAST({number} AS {column.type}) END"


def _text(raw: str) -> str:
    """Return a value as text; whole numbers without a decimal point, as in the crosswalk."""
    return rf"regexp_replace({raw}::VARCHAR, '^(-?\d+)\.0$', '\1')"


def _taken(line: Line) -> str:
    value = parse_value(line.canonical_value, line.column) if line.canonical_value else None
    return f"{literal(value)}::{line.column.type}"


def _covers(crosswalk: Crosswalk, line: Line, raw_type: pa.DataType) -> str:
    """Return the condition under which a line applies to a raw value that is not missing."""
    raw = _raw(line.column.name)
    if line.raw_value == ANY:
        return "TRUE"
    if line.range is not None:
        low, high = line.range
        number = raw if _is_number(raw_type) else f"TRY_CAST({raw}::VARCHAR AS DOUBLE)"
        return f"coalesce({number} BETWEEN {low!r} AND {high!r}, FALSE)"
    if not _is_number(raw_type):
        return f"{_text(raw)} = {literal(line.raw_value)}"
    try:
        return f"{raw} = {parse_number(line.raw_value)!r}"
    except ValueError:
        raise CrosswalkError(
            f"Variable {line.raw_variable!r} holds numbers, but the line names the value "
            f"{line.raw_value!r}.",
            where=crosswalk.where(line),
            remedy="Write the code, not its label.",
        ) from None


def _check(column: Column) -> str:
    """Return the problem of a value that is taken as it stands, NULL where there is none."""
    kept = _kept(column.name)
    broken = []
    if column.minimum is not None:
        broken.append(f"{kept} < {column.minimum!r}")
    if column.maximum is not None:
        broken.append(f"{kept} > {column.maximum!r}")
    if column.positive:
        broken.append(f"{kept} <= 0")
    if column.levels:
        levels = ", ".join(literal(level) for level, _ in column.levels)
        broken.append(f"{kept} NOT IN ({levels})")
    if column.pattern:
        broken.append(f"NOT regexp_full_match({kept}, {literal(column.pattern)})")
    limits = f"WHEN {' OR '.join(broken)} THEN {literal(f'allowed: {column.allowed()}')}"
    return (
        f"CASE WHEN {kept} IS NULL THEN {literal(f'not {_KINDS[column.type]}')} "
        f"{limits if broken else ''} END"
    )


_KINDS = {
    Type.TEXT: "a text",
    Type.INTEGER: "a whole number",
    Type.NUMBER: "a number",
    Type.BOOLEAN: "true or false (1 or 0)",
    Type.DATE: "a date (YYYY-MM-DD)",
}


def _raw(name: str) -> str:
    return identifier(f"{name}.raw")


def _kept(name: str) -> str:
    return identifier(f"{name}.kept")


def _is_fraction(raw_type: pa.DataType) -> bool:
    return bool(pa.types.is_floating(raw_type) or pa.types.is_decimal(raw_type))


def _is_number(raw_type: pa.DataType) -> bool:
    return _is_fraction(raw_type) or bool(pa.types.is_integer(raw_type))


def _is_text(raw_type: pa.DataType) -> bool:
    return not _is_number(raw_type) and not (
        pa.types.is_boolean(raw_type) or pa.types.is_temporal(raw_type)
    )
