"""The crosswalk compiled to SQL: for each canonical column its value and what is wrong with it.

Four nested projections keep the statement readable and each expression short: the cleaned raw
value of each variable; what each operation makes of it; the value that the variable gives and
the problem found; and one value, problem and raw text for each column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import pyarrow as pa

from advocacy.errors import CrosswalkError
from advocacy.responses.crosswalk.crosswalk import (
    ANY,
    Crosswalk,
    Line,
    by_variable,
    meant_range,
    parse_number,
    parse_value,
)
from advocacy.responses.crosswalk.operations import (
    COUNT,
    OPERATIONS,
    SELECTED,
    Kind,
    RawVariable,
    is_fraction,
)
from advocacy.responses.labelled import Variable, which_names, written_code
from advocacy.responses.schema import COLUMNS, Column, Type
from advocacy.sql import identifier, literal

ROW = "file_row"
NO_LINE = "the crosswalk has no line for this value"
_LISTED = 20  # codes that a message lists


@dataclass(frozen=True)
class Part:
    """What one raw variable gives to a canonical column, as SQL expressions.

    Parameters
    ----------
    raw
        Cleaned raw value, over the raw table.
    kept
        What each operation makes of it, over ``raw``; NULL where it makes nothing.
    value
        The value given, over ``raw`` and ``kept``; NULL for missing.
    problem
        NULL where the value is fine, else the reason why it cannot be placed.
    """

    raw: str
    kept: tuple[str, ...]
    value: str
    problem: str


@dataclass(frozen=True)
class Placement:
    """How one canonical column is filled: its parts, and how they become one.

    Parameters
    ----------
    column
        The canonical column.
    parts
        One entry a raw variable, in the order of the crosswalk; none for a constant.
    value, problem, raw
        SQL of the column's value, its problem and the raw text, over those of the parts. Where
        there is a problem, the value is NULL, or one that its row is rejected for.
    """

    column: Column
    parts: tuple[Part, ...]
    value: str
    problem: str
    raw: str


@dataclass(frozen=True)
class _Source:
    """A raw variable with its lines for one column, each with the SQL of when it applies.

    ``together`` are the operations of the column that join several variables.
    """

    raw: RawVariable
    lines: list[Line]
    covers: list[str]
    together: frozenset[str]

    @property
    def operations(self) -> list[str]:
        """What is done with raw values, each once, as the lines write it."""
        return list(dict.fromkeys(line.canonical_value for line in self.lines if line.operation))


@dataclass(frozen=True)
class _File:
    """What a crosswalk is compiled against."""

    crosswalk: Crosswalk
    schema: pa.Schema
    labels: Mapping[str, tuple[tuple[float | str, str], ...]]


def place(
    crosswalk: Crosswalk, schema: pa.Schema, variables: Sequence[Variable] = ()
) -> list[Placement]:
    """Compile a crosswalk against a raw table, a placement a canonical column.

    Parameters
    ----------
    crosswalk
        What `read_crosswalk` gave.
    schema
        Names and types of the raw table.
    variables
        Its dictionary, for the operations that read value labels.

    Raises
    ------
    CrosswalkError
        A raw variable is not in the file, a raw value is no number where the variable is, or
        an operation does not read what the variable holds.
    """
    file = _File(crosswalk, schema, {v.name: v.value_labels for v in variables})
    columns = crosswalk.columns()
    interviewed_on = _interviewed_on(file, columns.get(COLUMNS["interviewed_on"], []))
    return [_placement(file, lines, interviewed_on) for lines in columns.values()]


def placed(placements: list[Placement], table: str, *, texts: bool = True) -> str:
    """Return the SELECT that gives a row a raw row: its number, values, raw texts and problems.

    Columns: ``file_row``, and for each placement ``<column>``, ``<column>.raw`` (text; not without
    ``texts``) and ``<column>.problem``. ``table`` must have a column ``file_row``. The rows may
    come in another order than in the table.
    """
    raw, kept, given = [ROW], [ROW], [ROW]
    for placement in placements:
        name = placement.column.name
        for i, part in enumerate(placement.parts):
            raw.append(f"{part.raw} AS {_raw(name, i)}")
            kept.append(_raw(name, i))
            kept += [f"{sql} AS {_kept(name, i, j)}" for j, sql in enumerate(part.kept)]
            given.append(_raw(name, i))
            given.append(f"{part.value} AS {_value(name, i)}")
            given.append(f"{part.problem} AS {_problem(name, i)}")
    final = [
        f"{p.value} AS {identifier(p.column.name)}, "
        f"{f'{p.raw} AS {_text(p.column.name)}, ' if texts else ''}"
        f"{p.problem} AS {problem(p.column.name)}"
        for p in placements
    ]
    return (
        f"SELECT {', '.join([ROW, *final])} FROM ("
        f"SELECT {', '.join(given)} FROM ("
        f"SELECT {', '.join(kept)} FROM ("
        f"SELECT {', '.join(raw)} FROM {table})))"
    )


def problem(name: str) -> str:
    """Return the quoted name of the column that holds a canonical column's problem."""
    return identifier(f"{name}.problem")


def _placement(file: _File, lines: list[Line], interviewed_on: str) -> Placement:
    column = lines[0].column
    sources = _sources(file, lines, interviewed_on)
    parts = tuple(_part(source, index) for index, source in enumerate(sources))
    values = [_value(column.name, i) for i in range(len(parts))]
    problems = [_problem(column.name, i) for i in range(len(parts))]
    texts = [source.raw.text for source in sources]
    if sources and sources[0].together:
        found, decides = _first(problems), [f"{p} IS NOT NULL" for p in problems]
    else:
        chain = [
            f"WHEN {p} IS NOT NULL THEN {p} WHEN {v} IS NOT NULL THEN NULL"
            for p, v in zip(problems, values, strict=True)
        ]
        found = f"CASE {' '.join(chain)} END" if len(parts) > 1 else _first(problems)
        decides = [
            f"coalesce({p}, {v}::VARCHAR) IS NOT NULL"
            for p, v in zip(problems, values, strict=True)
        ]
    value = _together(lines, sources, values)
    if parts and not column.rejects:
        value = f"CASE WHEN ({found}) IS NULL THEN {value} END"
    return Placement(
        column=column,
        parts=parts,
        value=value,
        problem=found,
        raw=_deciding(texts, decides),
    )


def _together(lines: list[Line], sources: list[_Source], values: list[str]) -> str:
    """Return the value of a column from those of its variables and its constant."""
    column, last = lines[0].column, lines[-1]
    given = _first(values)
    if any(line.operation == COUNT for line in lines):
        total = " + ".join(f"coalesce({value}, 0)" for value in values)
        given = f"CASE WHEN {given} IS NOT NULL THEN ({total})::{column.type} END"
    if any(line.operation == SELECTED for line in lines):
        yes = " OR ".join(f"coalesce({value}, FALSE)" for value in values)
        unknown = " OR ".join(_unknown(source) for source in sources)
        given = f"CASE WHEN {yes} THEN TRUE WHEN {unknown} THEN NULL ELSE {given} END"
    if last.raw_variable:
        return given
    empty = " AND ".join(f"{_raw(column.name, i)} IS NULL" for i in range(len(values)))
    return f"CASE WHEN {empty or 'TRUE'} THEN {_fixed(last)} ELSE {given} END"


def _unknown(source: _Source) -> str:
    """Return whether a variable holds a code that a line makes missing."""
    whens = [
        f"WHEN {condition} THEN {'FALSE' if line.canonical_value else 'TRUE'}"
        for condition, line in zip(source.covers, source.lines, strict=True)
    ]
    return f"CASE WHEN {source.raw.sql} IS NULL THEN FALSE {' '.join(whens)} ELSE FALSE END"


def _first(expressions: list[str]) -> str:
    """Return the first that is not NULL."""
    if len(expressions) == 1:
        return expressions[0]
    return f"coalesce({', '.join(expressions)})" if expressions else "NULL"


def _deciding(texts: list[str], decides: list[str]) -> str:
    """Return the raw text of the variable that decides, or else of the first that has one."""
    if len(texts) < 2:
        return _first(texts)
    whens = [f"WHEN {d} THEN {text}" for d, text in zip(decides, texts, strict=True)]
    return f"CASE {' '.join(whens)} ELSE {_first(texts)} END"


def _interviewed_on(file: _File, lines: list[Line]) -> str:
    """Return the date of the interview, over the cleaned raw values alone."""
    sources = _sources(file, lines, "NULL::DATE")
    values = [_given(source, _conversions(source)) for source in sources]
    return _together(lines, sources, values) if lines else "NULL::DATE"


def _sources(file: _File, lines: list[Line], interviewed_on: str) -> list[_Source]:
    together = frozenset(line.operation for line in lines) & {COUNT, SELECTED}
    return [
        _source(file, own, index, interviewed_on, together)
        for index, own in enumerate(by_variable(lines).values())
    ]


def _source(
    file: _File, lines: list[Line], index: int, interviewed_on: str, together: frozenset[str]
) -> _Source:
    name, column = lines[0].raw_variable, lines[0].column
    if name not in file.schema.names:
        raise CrosswalkError(
            f"The file has no variable {name!r}.",
            where=file.crosswalk.where(lines[0]),
            remedy=which_names(name, file.schema.names),
        )
    raw = RawVariable(
        name=name,
        sql=_raw(column.name, index),
        type=file.schema.field(name).type,
        labels=file.labels.get(name, ()),
        interviewed_on=interviewed_on,
    )
    # Single values first, then ranges, then the rest: the most specific line decides.
    ordered = sorted(lines, key=lambda line: (line.raw_value == ANY, line.range is not None))
    for line in ordered:
        _check_reads(file.crosswalk, line, raw)
    covers = [_covers(file.crosswalk, line, raw) for line in ordered]
    return _Source(raw, ordered, covers, together)


def _part(source: _Source, index: int) -> Part:
    column = source.lines[0].column
    kept = {text: _kept(column.name, index, j) for j, text in enumerate(source.operations)}
    return Part(
        raw=_clean(source.raw, column),
        kept=tuple(_conversions(source).values()),
        value=_given(source, kept),
        problem=_found(source, kept),
    )


def _conversions(source: _Source) -> dict[str, str]:
    """Return the SQL of each operation, over the cleaned raw value."""
    lines = {line.canonical_value: line for line in source.lines}
    return {
        text: OPERATIONS[line.operation].value(source.raw, line.column, line.argument)
        for text in source.operations
        if (line := lines[text])
    }


def _given(source: _Source, kept: Mapping[str, str]) -> str:
    """Return the value that a variable gives, with the SQL of each operation's result."""
    whens = [
        f"WHEN {condition} THEN {kept[line.canonical_value] if line.operation else _fixed(line)}"
        for condition, line in zip(source.covers, source.lines, strict=True)
    ]
    rest = f"ELSE 0::{source.lines[0].column.type}" if _counts(source) else ""
    return f"CASE WHEN {source.raw.sql} IS NULL THEN NULL {' '.join(whens)} {rest} END"


def _found(source: _Source, kept: Mapping[str, str]) -> str:
    """Return the problem with what a variable gives."""
    whens = [
        f"WHEN {condition} THEN "
        f"{_check(source.raw, line, kept[line.canonical_value]) if line.operation else 'NULL'}"
        for condition, line in zip(source.covers, source.lines, strict=True)
    ]
    quiet = _counts(source) or SELECTED in source.together
    uncovered = "NULL" if quiet else literal(NO_LINE)
    return f"CASE WHEN {source.raw.sql} IS NULL THEN NULL {' '.join(whens)} ELSE {uncovered} END"


def _counts(source: _Source) -> bool:
    """Tell whether values without a line count zero."""
    return any(line.operation == COUNT for line in source.lines)


def _clean(raw: RawVariable, column: Column) -> str:
    """Return the raw value, with what other programs write for missing made NULL."""
    quoted = identifier(raw.name)
    if is_fraction(raw.type):
        # Not isnan: DuckDB 2.0 answers that from Parquet's statistics, which leave NaN out.
        number = f"{quoted}::DOUBLE"
        return f"CASE WHEN isfinite({number}) OR isinf({number}) THEN {number} END"
    if raw.kind is Kind.TEXT:
        trimmed = f"NULLIF(trim({quoted}::VARCHAR), '')"
        # R writes NA for a missing number; as a text it may be Namibia.
        return trimmed if column.type is Type.TEXT else f"NULLIF({trimmed}, 'NA')"
    return quoted


def _covers(crosswalk: Crosswalk, line: Line, raw: RawVariable) -> str:
    """Return the condition under which a line applies to a raw value that is not missing."""
    if line.raw_value == ANY:
        return "TRUE"
    if line.range is not None:
        low, high = line.range
        is_number = raw.kind is Kind.NUMBER
        number = raw.sql if is_number else f"TRY_CAST({raw.sql}::VARCHAR AS DOUBLE)"
        ends = [f"{number} >= {low!r}"] if isfinite(low) else []
        ends += [f"{number} <= {high!r}"] if isfinite(high) else []
        return f"coalesce({' AND '.join(ends)}, FALSE)"
    if raw.kind is not Kind.NUMBER:
        return f"{raw.text} = {literal(line.raw_value)}"
    try:
        return f"{raw.sql} = {parse_number(line.raw_value)!r}"
    except ValueError:
        shown = raw.name not in crosswalk.hidden
        named = f"the value {line.raw_value!r}" if shown else "a text"
        raise CrosswalkError(
            f"Variable {line.raw_variable!r} holds numbers, but the line names {named}.",
            where=crosswalk.where(line),
            remedy=_code_for(line, raw) if shown else "Write the code, not its label.",
        ) from None


def _code_for(line: Line, raw: RawVariable) -> str:
    """Say what to write in place of a raw value that is no number."""
    if dots := meant_range(line.raw_value):
        return f"Write the range with two dots: {dots}"
    codes = [(written_code(code), label) for code, label in raw.labels]
    fitting = [code for code, label in codes if label.casefold() == line.raw_value.casefold()]
    if len(fitting) == 1:
        written = f"Write its code: {fitting[0]}."
    else:
        written = "Write the code, not its label."
    if not codes:
        return f"{written} The file has no labels for its codes; `advocacy inspect` lists them."
    listed = ", ".join(f"{code} {label!r}" for code, label in codes[:_LISTED])
    more = f" and {len(codes) - _LISTED} more" if len(codes) > _LISTED else ""
    return f"{written} The codes of {raw.name} are {listed}{more}."


def _check_reads(crosswalk: Crosswalk, line: Line, raw: RawVariable) -> None:
    """Refuse an operation that does not read what the variable holds."""
    if not line.operation:
        return
    operation = OPERATIONS[line.operation]
    if raw.kind not in operation.reads(line.argument):
        raise CrosswalkError(
            f"Variable {raw.name!r} holds {raw.kind.value}, which {line.canonical_value!r} does "
            "not read.",
            where=crosswalk.where(line),
            remedy="Dates of the file's own type need no format; dates in numbers need one; "
            "other values can be mapped one by one.",
        )
    if raw.kind in operation.labels and not raw.labels:
        raise CrosswalkError(
            f"Variable {raw.name!r} has no value labels, so {line.canonical_value!r} has nothing "
            "to read.",
            where=crosswalk.where(line),
            remedy="Write a line for each of its values.",
        )


def _fixed(line: Line) -> str:
    value = parse_value(line.canonical_value, line.column) if line.canonical_value else None
    return f"{literal(value)}::{line.column.type}"


def _check(raw: RawVariable, line: Line, kept: str) -> str:
    """Return the problem of what an operation made, NULL where there is none."""
    column, operation = line.column, OPERATIONS[line.operation]
    read = operation.read(raw, line.argument) if operation.read else kept
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
    allowed = f"allowed: {column.allowed()}"
    if line.keeps and column.name in OPERATIONS:
        allowed += f"; names are read where the line says @{column.name}"
    limits = f"WHEN {' OR '.join(broken)} THEN {literal(allowed)}"
    expected = literal(f"not {operation.expects(column, line.argument)}")
    if operation.why:
        expected = f"coalesce({operation.why(raw, line.argument)}, {expected})"
    return f"CASE WHEN {read} IS NULL THEN {expected} {limits if broken else ''} END"


def _text(name: str) -> str:
    return identifier(f"{name}.raw")


def _raw(name: str, part: int) -> str:
    return identifier(f"{name}.raw.{part}")


def _kept(name: str, part: int, operation: int) -> str:
    return identifier(f"{name}.kept.{part}.{operation}")


def _value(name: str, part: int) -> str:
    return identifier(f"{name}.value.{part}")


def _problem(name: str, part: int) -> str:
    return identifier(f"{name}.problem.{part}")
