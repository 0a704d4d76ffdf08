"""The contact rule against plain Python; windows, lengths and counts against hand tables."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advocacy.errors import MissingColumnError, UsageError
from advocacy.responses.dataset.eligibility import (
    EligibilityRules,
    Repeat,
    count_unjudged,
    exclusions_sql,
    with_excluded,
    write_exclusions,
)
from advocacy.sql import connect

SCHEMA = pa.schema(
    [
        ("rating_id", pa.string()),
        ("respondent_id", pa.string()),
        ("supplier", pa.string()),
        ("interviewed_on", pa.date32()),
        ("interview_seconds", pa.float64()),
    ]
)
Rating = tuple[str, str | None, str | None, date | None, float | None]

FIRST = "an earlier answer about this supplier, less than 365 days away, counts"
# Ola answers four times about A and once about B; Kari twice on one day; one has no name.
HAND: tuple[Rating, ...] = (
    ("r1", "ola", "A", date(2023, 1, 1), 300.0),
    ("r2", "ola", "A", date(2023, 12, 31), 20.0),  # 364 days after r1
    ("r3", "ola", "A", date(2024, 1, 1), None),  # 365 days after r1
    ("r4", "ola", "A", date(2024, 12, 30), 300.0),  # 364 days after r3
    ("r5", "ola", "B", date(2023, 12, 31), 300.0),
    ("r6", "kari", "A", date(2024, 5, 1), 300.0),
    ("r7", "kari", "A", date(2024, 5, 1), 300.0),
    ("r8", None, "A", date(2024, 5, 1), 300.0),
    ("r9", "per", "A", None, 300.0),
    ("r0", None, None, None, 10.0),
)


def tabled(ratings: Sequence[Rating]) -> pa.Table:
    columns = list(zip(*ratings, strict=True)) if ratings else [()] * len(SCHEMA)
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], SCHEMA)


@pytest.fixture
def hand() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect({"responses": tabled(HAND)}) as connection:
        yield connection


def excluded(
    connection: duckdb.DuckDBPyConnection,
    rules: EligibilityRules,
    columns: Sequence[str] = SCHEMA.names,
    table: str = "responses",
) -> dict[str, str]:
    rows = connection.sql(exclusions_sql(rules, table, columns)).fetchall()
    return {row[0]: row[-1] for row in rows}


# The contact rule


def test_the_first_answer_counts_and_then_each_a_year_after_the_last_that_counted(
    hand: duckdb.DuckDBPyConnection,
) -> None:
    assert excluded(hand, EligibilityRules()) == {"r2": FIRST, "r4": FIRST, "r7": FIRST}


def test_the_last_answer_counts_and_then_each_a_year_before(
    hand: duckdb.DuckDBPyConnection,
) -> None:
    later = "a later answer about this supplier, less than 365 days away, counts"
    assert excluded(hand, EligibilityRules(repeat="last")) == {
        "r3": later,  # 364 days before r4; r2 is 365 before r4; r1 is 364 before r2
        "r1": later,
        "r6": later,
    }


def test_all_answers_count_when_asked(hand: duckdb.DuckDBPyConnection) -> None:
    assert excluded(hand, EligibilityRules(repeat="all")) == {}


def test_the_window_is_in_days(hand: duckdb.DuckDBPyConnection) -> None:
    rules = EligibilityRules(repeat_window_days=1)
    assert set(excluded(hand, rules)) == {"r7"}, "one day apart both count, the same day never"
    assert set(excluded(hand, EligibilityRules(repeat_window_days=10_000))) == {
        "r2",
        "r3",
        "r4",
        "r7",
    }


def greedy(ratings: Sequence[Rating], repeat: Repeat, window: int) -> set[str]:
    """Walk through each respondent's answers one by one: the rule as it is worded."""
    groups: dict[tuple[str, str], list[tuple[date, str]]] = defaultdict(list)
    for rating, respondent, supplier, day, _ in ratings:
        if respondent is not None and supplier is not None and day is not None:
            groups[respondent, supplier].append((day, rating))
    out = set()
    for answers in groups.values():
        last_counted: date | None = None
        for day, rating in sorted(answers, reverse=repeat == "last"):
            if last_counted is None or abs((day - last_counted).days) >= window:
                last_counted = day
            else:
                out.add(rating)
    return out


days = st.integers(0, 60).map(lambda n: date(2023, 12, 1) + timedelta(n))
answers = st.tuples(
    st.sampled_from(["a", "b", "a", "b", None]),
    st.sampled_from(["X", "Y", "X", "Y", None]),
    st.one_of(days, days, days, st.none()),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(answers, max_size=40),
    st.sampled_from(["first", "last"]),
    st.integers(1, 40),
    st.randoms(use_true_random=False),
)
def test_the_contact_rule_is_the_greedy_walk(
    drawn: list[tuple[str | None, str | None, date | None]],
    repeat: Repeat,
    window: int,
    random: Any,
) -> None:
    ratings = [(f"{i:02}", *answer, None) for i, answer in enumerate(drawn)]
    expected = greedy(ratings, repeat, window)
    random.shuffle(ratings)
    rules = EligibilityRules(repeat=repeat, repeat_window_days=window)
    with connect({"responses": tabled(ratings)}) as connection:
        assert set(excluded(connection, rules)) == expected


@pytest.mark.parametrize("repeat", ["first", "last"])
def test_many_respondents_of_several_suppliers(repeat: Repeat) -> None:
    draw = Random(3)
    ratings: list[Rating] = [
        (
            f"{i:04}",
            f"p{draw.randrange(250)}",
            draw.choice("XYZ"),
            date(2020, 1, 1) + timedelta(draw.randrange(2000)),
            None,
        )
        for i in range(2000)
    ]
    with connect({"responses": tabled(ratings)}) as connection:
        found = set(excluded(connection, EligibilityRules(repeat=repeat)))
    assert found == greedy(ratings, repeat, 365)
    assert 200 < len(found) < 1800


def test_an_answer_outside_the_interview_window_displaces_none(
    hand: duckdb.DuckDBPyConnection,
) -> None:
    rules = EligibilityRules(interviewed_from=date(2023, 1, 2))
    assert excluded(hand, rules) == {
        "r1": "interviewed before 2023-01-02",
        "r3": FIRST,  # one day after r2, which now is the first; r4 is 365 days after r2
        "r7": FIRST,
    }


# Interview window and length


def test_both_ends_of_the_interview_window_count(hand: duckdb.DuckDBPyConnection) -> None:
    day = date(2023, 12, 31)
    rules = EligibilityRules(repeat="all", interviewed_from=day, interviewed_to=day)
    early, late = f"interviewed before {day}", f"interviewed after {day}"
    assert excluded(hand, rules) == {
        "r1": early,
        "r3": late,
        "r4": late,
        "r6": late,
        "r7": late,
        "r8": late,
    }


def test_short_interviews_do_not_count(hand: duckdb.DuckDBPyConnection) -> None:
    short = "interview shorter than 20.5 seconds"
    rules = EligibilityRules(repeat="all", shortest_interview_seconds=20.5)
    assert excluded(hand, rules) == {"r2": short, "r0": short}
    exactly = EligibilityRules(repeat="all", shortest_interview_seconds=20)
    assert set(excluded(hand, exactly)) == {"r0"}


def test_a_rule_that_was_asked_for_needs_its_column(hand: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(MissingColumnError, match="interview_seconds") as error:
        exclusions_sql(EligibilityRules(shortest_interview_seconds=5), "responses", ["rating_id"])
    assert "crosswalk" in error.value.remedy
    with pytest.raises(MissingColumnError, match="interviewed_on"):
        exclusions_sql(
            EligibilityRules(interviewed_to=date(2024, 1, 1)), "responses", ["rating_id"]
        )


@pytest.mark.parametrize(
    "rules",
    [
        {"repeat": "none"},
        {"repeat_window_days": 0},
        {"interviewed_from": date(2024, 1, 2), "interviewed_to": date(2024, 1, 1)},
        {"shortest_interview_seconds": -1.0},
        {"shortest_interview_seconds": float("nan")},
    ],
)
def test_rules_without_a_meaning_are_refused(rules: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        EligibilityRules(**rules)


# What cannot be judged, counts and lists


def test_a_date_without_end_is_not_judged(hand: duckdb.DuckDBPyConnection) -> None:
    endless = (
        "(SELECT i::VARCHAR AS rating_id, 'ola' AS respondent_id, 'A' AS supplier, "
        "'infinity'::DATE AS interviewed_on FROM range(3) r(i))"
    )
    assert excluded(hand, EligibilityRules(), SCHEMA.names, endless) == {}


def test_what_cannot_be_judged_counts_and_is_said(hand: duckdb.DuckDBPyConnection) -> None:
    rules = EligibilityRules(interviewed_to=date(2030, 1, 1), shortest_interview_seconds=1)
    assert count_unjudged(hand, rules, "responses", SCHEMA.names).to_pylist() == [
        {"rule": "contact rule", "missing": "interviewed_on", "ratings": 1},
        {"rule": "contact rule", "missing": "respondent_id", "ratings": 2},
        {"rule": "interview window", "missing": "interviewed_on", "ratings": 2},
        {"rule": "shortest interview", "missing": "interview_seconds", "ratings": 1},
    ]


@pytest.mark.parametrize("absent", ["respondent_id", "supplier", "interviewed_on"])
def test_without_a_column_the_contact_rule_judges_none(
    hand: duckdb.DuckDBPyConnection, absent: str
) -> None:
    columns = [name for name in SCHEMA.names if name != absent]
    table = f"(SELECT {', '.join(columns)} FROM responses)"
    rules = EligibilityRules()
    assert excluded(hand, rules, columns, table) == {}
    unjudged = count_unjudged(hand, rules, table, columns).to_pylist()
    assert sum(row["ratings"] for row in unjudged) == len(HAND)
    assert absent in {row["missing"] for row in unjudged}


def test_nothing_is_unjudged_where_no_rule_is_in_force(hand: duckdb.DuckDBPyConnection) -> None:
    table = count_unjudged(hand, EligibilityRules(repeat="all"), "responses", SCHEMA.names)
    assert table.num_rows == 0
    assert table.column_names == ["rule", "missing", "ratings"]


def test_excluded_ratings_stay_with_their_reason(hand: duckdb.DuckDBPyConnection) -> None:
    sql = exclusions_sql(EligibilityRules(), "responses", SCHEMA.names)
    exclusions = hand.sql(f"SELECT rating_id, excluded FROM ({sql})").to_arrow_table()
    rows = [tuple(row.values()) for row in with_excluded(tabled(HAND), exclusions).to_pylist()]
    assert {row[0]: row[-1] for row in rows if row[-1]} == {"r2": FIRST, "r4": FIRST, "r7": FIRST}
    assert [row[:-1] for row in rows] == list(HAND)


def test_the_order_of_a_large_file_stays() -> None:
    names = [str(i) for i in range(500_000)]
    # Several batches; a third of the ratings, in another order, do not count.
    batches = [pa.table({"rating_id": names[i : i + 50_000]}) for i in range(0, 500_000, 50_000)]
    out = pa.table({"rating_id": names[::-3], "excluded": ["why"] * len(names[::-3])})
    table = with_excluded(pa.concat_tables(batches), out)
    assert table.column_names == ["rating_id", "excluded"]
    assert table.column("rating_id").to_pylist() == names
    assert table.column("excluded").to_pylist() == ([None, None, "why"] * 166_667)[1:500_001]


def test_exclusions_are_written_down_without_the_respondent(
    hand: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "excluded.csv"
    sql = exclusions_sql(EligibilityRules(), "responses", SCHEMA.names)
    write_exclusions(hand.sql(sql).to_arrow_table(), path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {
        "rating_id": "r2",
        "supplier": "A",
        "interviewed_on": "2023-12-31",
        "excluded": FIRST,
    }
    assert [row["rating_id"] for row in rows] == ["r2", "r4", "r7"]


def test_a_row_number_can_be_the_key(hand: duckdb.DuckDBPyConnection) -> None:
    numbered = tabled(HAND).append_column("file_row", pa.array(range(10), pa.int64()))
    hand.register("numbered", numbered)
    sql = exclusions_sql(EligibilityRules(), "numbered", numbered.column_names, key="file_row")
    assert [row[0] for row in hand.sql(sql).fetchall()] == [1, 3, 6]
