"""Conditions: what DuckDB makes of their SQL is what they say of the scores."""

from __future__ import annotations

from itertools import permutations

import duckdb
import pytest

from advocacy.errors import UsageError
from advocacy.estimation.conditions import (
    EVERY_SCORE,
    Condition,
    Counted,
    Holds,
    InIntent,
    Known,
    ScoreBetween,
    Sql,
    Value,
    counted_sql,
    ratings_counted,
)
from advocacy.estimation.estimand import Estimand
from advocacy.estimation.estimands import find_intent

INTENT = find_intent("promoters")
RANGES = [(low, high) for low in range(11) for high in range(low, 11)]


def scores_by_sql(counted: Counted) -> set[int | None]:
    """Return the scores of the ratings that count; each is there with any two other answers."""
    rows = duckdb.sql(
        "SELECT DISTINCT score FROM "
        "(SELECT unnest([NULL, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) AS score), "
        "(SELECT unnest([NULL, true, false]) AS a), (SELECT unnest([NULL, 0, 2]) AS b) "
        f"WHERE ({counted_sql(counted, INTENT.condition())})::DOUBLE <> 0"
    ).fetchall()
    return {score for (score,) in rows}


@pytest.mark.parametrize(
    "counted",
    [
        (InIntent(),),
        (Known("score"),),
        (Known("a"),),
        (Holds("a"), Known("score")),
        (ScoreBetween(8, 10), Holds("a")),
        (ScoreBetween(0, 9), InIntent()),
        (ScoreBetween(5, 9), ScoreBetween(7, 10), Sql("b = 2")),
        (ScoreBetween(9, 10), ScoreBetween(0, 6)),
        (Sql("a OR b = 2"), ScoreBetween(9, 9)),
        (ScoreBetween(9, 9), Sql("a or b = 2")),
        Value("b", (Known("score"),)),
        Value("b", (InIntent(), ScoreBetween(0, 9))),
        Value("b"),
        *[(ScoreBetween(low, high),) for low, high in RANGES],
    ],
    ids=str,
)
def test_the_sql_leaves_the_scores_that_are_said(counted: Counted) -> None:
    assert scores_by_sql(counted) == ratings_counted(counted, frozenset(INTENT.scores))[1]


def test_what_is_said_apart_from_the_score() -> None:
    """Who says yes has answered; the score is not among it."""
    conditions = (InIntent(), ScoreBetween(0, 6), Known("score"), Holds("a"), Sql("b > 1"))
    apart, _ = ratings_counted(conditions, frozenset(INTENT.scores))
    assert apart == {"a", "a IS NOT NULL", "b > 1"}
    assert ratings_counted((Known("a"),), EVERY_SCORE)[0] < apart
    assert ratings_counted(Value("b", (Holds("a"),)), EVERY_SCORE)[0] == {
        "a", "a IS NOT NULL", "(b) <> 0",
    }  # fmt: skip


def test_the_order_of_conditions_plays_no_part() -> None:
    conditions: tuple[Condition, ...]
    conditions = (ScoreBetween(7, 10), Holds("a"), Known("score"), Sql("a OR b = 2"))
    said = {ratings_counted(order, EVERY_SCORE) for order in permutations(conditions)}
    assert said == {
        (frozenset({"a", "a IS NOT NULL", "(a OR b = 2)"}), frozenset(range(7, 11))),
    }


def estimand(numerator: Counted, base: Counted) -> Estimand:
    return Estimand("new", "intent", "share", numerator, base, ("score",), "What share?")


SCORED = (Known("score"),)


@pytest.mark.parametrize(
    ("numerator", "base", "where"),
    [
        ((Sql("score <= 6"),), SCORED, "numerator of new"),
        ((Holds("a"), Sql('"SCORE" <= 6 AND a')), SCORED, "numerator of new"),
        ((Holds("score"),), SCORED, "numerator of new"),
        ((Holds("a"),), (Sql("score IS NOT NULL"),), "base of new"),
        # Its n says how many they are, although it is no proportion.
        (Value("a"), (Sql("score > 6"),), "base of new"),
        (Value("a"), Value("score"), "base of new"),
        (Value("a"), Value("b", (Sql("score > 6"),)), "base of new"),
    ],
)
def test_sql_that_names_the_score_is_refused(numerator: Counted, base: Counted, where: str) -> None:
    with pytest.raises(UsageError, match="names the score") as refused:
        estimand(numerator, base)
    assert refused.value.where == where


def test_the_numerator_of_another_ratio_may_name_the_score() -> None:
    assert not estimand(Value("score / 10.0"), SCORED).proportion
    assert estimand((Sql("score_change > 0"),), SCORED).proportion
