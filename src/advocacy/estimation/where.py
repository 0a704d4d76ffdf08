"""Conditions that make a domain of the ratings: what their names and values mean.

A condition is read by `where_grammar`, checked against the schema and the responses, and written
as SQL from its parts; nothing of its text gets into a statement but as a quoted value. A
comparison with a value that is missing is neither true nor false, so that such a rating is
outside, also under ``not``; ``is missing`` asks for it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from advocacy.errors import UsageError
from advocacy.estimation.levels import level_of
from advocacy.estimation.segments import SEGMENTS
from advocacy.estimation.where_grammar import (
    Between,
    Comparison,
    Condition,
    Joined,
    Missing,
    Not,
    OneOf,
    parsed,
    written,
)
from advocacy.responses import Responses
from advocacy.responses.schema import (
    COLUMNS,
    IDENTITY,
    Column,
    Type,
    find_column,
    is_own_segment,
)
from advocacy.sql import identifier, literal

Part = Comparison | OneOf | Between | Missing

# Who answered makes no domain; a rating that is excluded is in none.
_CLOSED = {*IDENTITY, "excluded"} - {"supplier"}
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_TRUTH = {"yes": True, "true": True, "no": False, "false": False}
_WORDS_OF_TYPES = {
    Type.INTEGER: "a whole number",
    Type.NUMBER: "a number, with a point for decimals",
    Type.BOOLEAN: "yes or no",
    Type.DATE: "a date such as 2026-01-31",
}
# A text that is a number, in every engine's regular expressions.
_PLAIN = r"^[+-]?[0-9]+([.][0-9]+)?$"
# Values of a column that are named before the others are counted.
_SHOWN = 8


@dataclass(frozen=True)
class Where:
    """A condition as it is shown and as it is run.

    Parameters
    ----------
    text
        The condition in its one written form, with codes for names.
    sql
        The same over the canonical columns; NULL where it cannot be told of a rating.
    needs
        Canonical columns that it is about.
    """

    text: str
    sql: str
    needs: tuple[str, ...]


@dataclass(frozen=True)
class _Named:
    """What a name stands for: SQL, its type, the columns that it needs, and its levels."""

    name: str
    expression: str
    type: Type
    needs: tuple[str, ...]
    column: Column


def read_where(text: str, responses: Responses) -> Where:
    """Read a condition on ratings and check it against the schema and the responses.

    Parameters
    ----------
    text
        Such as ``ease >= 4 and country in (NO, SE)``. Names are those of canonical columns, or
        of segments that are no scores: ``year`` is a number, ``industry`` a section.
    responses
        What `open_responses` gave.

    Raises
    ------
    UsageError
        The text is no condition, or a name or a value in it is unknown.
    MissingColumnError
        The responses lack a column that it names.
    DataError
        Values that the schema does not allow.
    """
    tree = parsed(text)
    names = {part.name: _named(part.name, responses) for part in _comparisons(tree)}
    needs = tuple(dict.fromkeys(name for named in names.values() for name in named.needs))
    responses.require(needs, f"The condition {written(tree)!r}")
    responses.check(sorted(needs))
    for part in _comparisons(tree):
        if names[part.name].type is Type.TEXT and not names[part.name].column.levels:
            _refuse_absent(part, names[part.name], responses)
    return Where(written(_coded(tree)), _sql(tree, names), needs)


def _comparisons(tree: Condition) -> Iterator[Part]:
    """Yield what is said of single names."""
    match tree:
        case Joined(_, parts):
            for part in parts:
                yield from _comparisons(part)
        case Not(part):
            yield from _comparisons(part)
        case _:
            yield tree


def _values(part: Part) -> tuple[str, ...]:
    match part:
        case Comparison(_, _, value):
            return (value,)
        case OneOf(_, values):
            return values
        case Between(_, low, high):
            return low, high
        case Missing():
            return ()


def _named(name: str, responses: Responses) -> _Named:
    """Return what a name stands for.

    Raises
    ------
    UsageError
        It is unknown, or says who answered.
    """
    segment = SEGMENTS.get(name)
    column = find_column(name) if name in COLUMNS or is_own_segment(name) else None
    if name in _CLOSED:
        raise UsageError(
            f"{name} says who answered, or that a rating does not count, and makes no domain.",
            remedy="Use what groups ratings, such as sector or wave.",
        )
    if name == "year":
        interviewed = COLUMNS["interviewed_on"]
        expression = "year(interviewed_on)"
        return _Named(name, expression, Type.INTEGER, ("interviewed_on",), interviewed)
    if column is None:
        known = [one for one in responses.columns if one not in _CLOSED]
        beside = "Use score, such as score between 7 and 8." if segment else ""
        raise UsageError(
            f"{name!r} is no column that a condition can name.",
            remedy=beside or f"Use some of: {', '.join(known)}.",
        )
    # As in a crossing: the section of a finer code of industries.
    expression = segment.expression if segment else identifier(name)
    return _Named(name, expression, column.type, (name,), column)


def _coded(tree: Condition) -> Condition:
    """Return a condition with codes for names of levels, as its label shows them."""
    match tree:
        case Joined(word, parts):
            return Joined(word, tuple(map(_coded, parts)))
        case Not(part):
            return Not(_coded(part))
        case Comparison(name, sign, value):
            return Comparison(name, sign, _level(name, value))
        case OneOf(name, values):
            return OneOf(name, tuple(_level(name, value) for value in values))
        case _:
            return tree


def _level(name: str, text: str) -> str:
    """Return the level that a text means: a code, or the name of an industry or country."""
    levels = [level for level, _ in COLUMNS[name].levels] if name in COLUMNS else []
    alike = [level for level in levels if level.casefold() == text.casefold()]
    return alike[0] if alike else level_of(name, text)


def _sql(tree: Condition, names: dict[str, _Named]) -> str:
    match tree:
        case Joined(word, parts):
            return f"({f' {word.upper()} '.join(_sql(part, names) for part in parts)})"
        case Not(part):
            return f"(NOT {_sql(part, names)})"
        case Missing(name):
            return f"({names[name].expression} IS NULL)"
        case Comparison(name, sign, value):
            named = _ordered(names[name], sign)
            own = "<>" if sign == "!=" else sign
            return f"({named.expression} {own} {_literal(named, value)})"
        case OneOf(name, values):
            listed = ", ".join(_literal(names[name], value) for value in values)
            return f"({names[name].expression} IN ({listed}))"
        case Between(name, low, high):
            named = _ordered(names[name], "between")
            ends = (_literal(named, value) for value in (low, high))
            return f"({named.expression} BETWEEN {' AND '.join(ends)})"


def _ordered(named: _Named, sign: str) -> _Named:
    """Return what a name stands for beside a sign, for which its values need an order.

    Segments of a file's own are texts; their numbers, such as ages, have one all the same.
    """
    if sign not in ("=", "!=") and is_own_segment(named.name):
        return replace(named, expression=_number_sql(named.expression), type=Type.NUMBER)
    if named.type in (Type.TEXT, Type.BOOLEAN) and sign not in ("=", "!="):
        raise UsageError(
            f"The values of {named.name} have no order, so that {sign} says nothing of them.",
            remedy=f"Use =, !=, in or is missing, such as {named.name} in (…, …).",
        )
    return named


def _number_sql(text: str) -> str:
    """Return SQL for the number that a text is; NULL where it is none."""
    return f"(CASE WHEN regexp_matches({text}, {literal(_PLAIN)}) THEN {text}::DOUBLE END)"


def _literal(named: _Named, text: str) -> str:
    """Return a value as an SQL literal of the type of what it is compared with.

    Raises
    ------
    UsageError
        It is of another type, or one that the schema does not allow.
    """
    if named.type is Type.TEXT:
        return literal(_allowed(named, _level(named.name, text)))
    if named.type is Type.BOOLEAN and text.lower() in _TRUTH:
        return literal(_TRUTH[text.lower()])
    if named.type is Type.DATE and (day := _day(text)):
        return f"DATE {literal(day.isoformat())}"
    if named.type in (Type.INTEGER, Type.NUMBER) and _NUMBER.fullmatch(text):
        number = float(text)
        whole = number.is_integer() if math.isfinite(number) else False
        if whole or (named.type is Type.NUMBER and math.isfinite(number)):
            return literal(_within_limits(named, int(number) if whole else number))
    raise UsageError(
        f"{text!r} is no value of {named.name}.",
        remedy=f"{named.name} is {_WORDS_OF_TYPES[named.type]}.",
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _allowed(named: _Named, level: str) -> str:
    levels = [own for own, _ in named.column.levels]
    if levels and level not in levels:
        raise UsageError(
            f"{level!r} is no value of {named.name}.", remedy=f"Use {' or '.join(levels)}."
        )
    return level


def _within_limits(named: _Named, number: float) -> float:
    low, high = named.column.minimum, named.column.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        raise UsageError(
            f"{number} is no value of {named.name}.",
            remedy=f"{named.name} is {named.column.allowed()}.",
        )
    return number


def _refuse_absent(part: Part, named: _Named, responses: Responses) -> None:
    """Refuse values of a text that no rating has: a misspelt one would empty the domain."""
    by_order = isinstance(part, Between) or (
        isinstance(part, Comparison) and part.sign not in ("=", "!=")
    )
    if by_order and is_own_segment(named.name):
        _refuse_without_numbers(named, responses)
        return
    levels = {_level(named.name, value): value for value in _values(part)}
    if not levels:
        return
    every = f"SELECT DISTINCT {named.expression} AS level FROM {responses.relation}"
    listed = ", ".join(map(literal, levels))
    (found,) = responses.fetch(
        f"SELECT list(level) FROM ({every}) AS levels WHERE level IN ({listed})"
    )
    absent = [value for level, value in levels.items() if level not in (found or ())]
    if absent:
        number, some = responses.fetch(
            f"SELECT count(*), list(level) FROM (SELECT level FROM ({every}) AS levels "
            f"WHERE level IS NOT NULL ORDER BY level LIMIT {_SHOWN + 1}) AS first_levels"
        )
        more = " and others" if number > _SHOWN else ""
        raise UsageError(
            f"No rating has {' or '.join(map(repr, absent))} as its {named.name}.",
            where=responses.name,
            remedy=f"Use some of: {', '.join(some[:_SHOWN])}{more}.",
        )


def _refuse_without_numbers(named: _Named, responses: Responses) -> None:
    """Refuse to order a segment of a file's own that has no number."""
    (found,) = responses.fetch(
        f"SELECT count({_number_sql(named.expression)}) FROM {responses.relation}"
    )
    if not found:
        raise UsageError(
            f"No value of {named.name} is a number, so that its values have no order.",
            where=responses.name,
            remedy=f"Use =, !=, in or is missing, such as {named.name} in (…, …).",
        )
