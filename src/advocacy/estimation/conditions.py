"""What a rating has to meet, as data: the SQL and the set of scores both follow from it.

The grouped pass needs the SQL. Disclosure control needs to know which counts hold the same
ratings, or some of them, and counts that differ by the score are related by their sets of scores.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from advocacy.errors import UsageError

Scores = frozenset[int | None]

# A score may be missing where no condition asks for one.
EVERY_SCORE: Scores = frozenset((None, *range(11)))


@dataclass(frozen=True)
class InIntent:
    """The score is in the intent set, or is given where the score replaces the intent set."""


@dataclass(frozen=True)
class ScoreBetween:
    """The score is one from ``low`` to ``high``, both included, on the scale of 0 to 10."""

    low: int
    high: int


@dataclass(frozen=True)
class Known:
    """A column has a value."""

    column: str


@dataclass(frozen=True)
class Holds:
    """A column of truth values is true; it then has a value."""

    column: str


@dataclass(frozen=True)
class Sql:
    """Any other condition, as SQL over the canonical columns; one for each part of an AND.

    It may not name the score: disclosure control could not tell which scores it leaves.
    """

    text: str


@dataclass(frozen=True)
class InDomain:
    """A condition that was asked for with ``where``, as its SQL over the canonical columns.

    It may name the score: disclosure control refuses estimates of such a domain as a whole.
    """

    sql: str


Condition = InIntent | ScoreBetween | Known | Holds | Sql | InDomain


@dataclass(frozen=True)
class Value:
    """A number that a rating counts where it meets all conditions, and NULL where it does not.

    Parameters
    ----------
    expression
        SQL over the canonical columns.
    where
        The conditions.
    """

    expression: str
    where: tuple[Condition, ...] = ()


# What a rating counts: 1 where it meets all conditions and 0 or NULL where not, or a number.
Counted = tuple[Condition, ...] | Value


def conditions_of(counted: Counted) -> tuple[Condition, ...]:
    """Return the conditions that a rating has to meet to count."""
    return counted.where if isinstance(counted, Value) else counted


def confined(counted: Counted, condition: Condition) -> Counted:
    """Return what a rating counts where it also meets a further condition."""
    if isinstance(counted, Value):
        return replace(counted, where=(*counted.where, condition))
    return (*counted, condition)


def counted_sql(counted: Counted, intent: str) -> str:
    """Return what a rating counts as an SQL expression, for an intent set given as SQL."""
    conditions = " AND ".join(_sql(condition, intent) for condition in conditions_of(counted))
    if not isinstance(counted, Value):
        return conditions
    value = counted.expression
    return f"CASE WHEN {conditions} THEN {value} END" if conditions else value


def ratings_counted(counted: Counted, intent: Scores) -> tuple[frozenset[str], Scores]:
    """Return which ratings count other than 0, for an intent set given as scores.

    Returns
    -------
    tuple
        What holds for them apart from the score, as SQL, and the scores that they can have.
        Neither depends on the order of the conditions.
    """
    conditions = conditions_of(counted)
    apart = frozenset[str]().union(*(_apart_from_score(condition) for condition in conditions))
    if isinstance(counted, Value):
        apart |= {f"({counted.expression}) <> 0"}
    return apart, EVERY_SCORE.intersection(*(_scores(one, intent) for one in conditions))


def refuse_hidden_score(counted: Counted, where: str) -> None:
    """Refuse SQL that says something of the score, which `ratings_counted` cannot read.

    Raises
    ------
    UsageError
        There is such SQL; ``where`` says whose.
    """
    own = [one for one in conditions_of(counted) if not isinstance(one, InDomain)]
    parts = replace(counted, where=tuple(own)) if isinstance(counted, Value) else tuple(own)
    apart, _ = ratings_counted(parts, EVERY_SCORE)
    for text in sorted(apart):
        if re.search(r"\bscore\b", text, re.IGNORECASE):
            raise UsageError(
                f"SQL names the score, so that disclosure control cannot know which: {text!r}.",
                where=where,
                remedy='Use InIntent(), ScoreBetween(low, high) or Known("score").',
            )


def _sql(condition: Condition, intent: str) -> str:
    match condition:
        case InIntent():
            return intent
        case ScoreBetween(low, high) if low == high:
            return f"score = {low}"
        case ScoreBetween(low, 10):
            return f"score >= {low}"
        case ScoreBetween(0, high):
            return f"score <= {high}"
        case ScoreBetween(low, high):
            return f"score BETWEEN {low} AND {high}"
        case Known(column):
            return f"{column} IS NOT NULL"
        case Holds(column):
            return column
        case InDomain(sql):
            return sql
        case Sql(text):
            # An AND with what stands beside it would bind more closely than an OR within.
            return f"({text})" if re.search(r"\bOR\b", text, re.IGNORECASE) else text


def _scores(condition: Condition, intent: Scores) -> Scores:
    """Return the scores of ratings that can meet a condition."""
    match condition:
        case InIntent():
            return intent
        case ScoreBetween(low, high):
            return frozenset(range(low, high + 1))
        case Known("score"):
            return EVERY_SCORE - {None}
        case _:
            return EVERY_SCORE


def _apart_from_score(condition: Condition) -> frozenset[str]:
    """Return what a condition says of all but the score, as SQL; equal texts are one thing."""
    match condition:
        case InIntent() | ScoreBetween() | Known("score"):
            return frozenset()
        case Holds(column):
            return frozenset((column, _sql(Known(column), "")))
        case _:
            return frozenset((_sql(condition, ""),))
