"""Who is followed up, and what the waves say of them: by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from advocacy.simulation import draw_programmes
from advocacy.simulation.following import draw_following, follow_up_rows, in_cohort
from advocacy.simulation.future import FollowUps


def test_a_quarter_of_the_programmes_is_followed_up_and_half_of_them_ask_for_dates() -> None:
    programmes = draw_programmes(400, 40_000, np.random.default_rng(1))
    following = draw_following(programmes, np.random.default_rng(2))
    assert following.chosen.sum() == 100
    assert following.dated[following.chosen].sum() == 50
    b2b = programmes.sector == list(programmes.truth.sectors).index("B2B")
    assert 0.45 <= following.answering[b2b].min() < 0.46 < following.answering[b2b].max() <= 0.55
    assert 0.25 <= following.answering[~b2b].min() < 0.26
    assert 0.39 < following.answering[~b2b].max() <= 0.40


def test_a_small_study_has_four_that_are_followed_up() -> None:
    programmes = draw_programmes(12, 300, np.random.default_rng(1))
    following = draw_following(programmes, np.random.default_rng(2))
    assert following.chosen.sum() == 4
    assert following.dated[following.chosen].sum() == 2


def test_the_cohort_is_of_one_year_and_not_interviewed_again() -> None:
    rows = pa.table(
        {
            "respondent_id": ["1", "1", "2", "3", "4", "4", "5"],
            "wave": ["2023", "2024", "2024", "2025", "2024", "2025", "2023"],
        }
    )
    assert in_cohort(rows).tolist() == [1, 2]


def days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


def rows(*, dated: bool) -> tuple[list[dict[str, Any]], list[int]]:
    ratings = pa.table(
        {"respondent_id": ["7", "8", "9"], "supplier": ["S"] * 3, "account": ["A", "A", None]}
    )
    after = FollowUps(
        recommended=days("2024-05-01", "2024-07-01", "2026-01-01"),
        churned=days("2030-01-01", "2024-04-01", "2024-06-30"),
        asked=np.array([days("2024-04-01", "2024-07-01")] * 3),
        answered=np.array([[True, True], [True, False], [True, True]]),
        chance=np.ones((3, 2)),
    )
    table, wave = follow_up_rows(ratings, after, dated=dated)
    return table.to_pylist(), wave.tolist()


def test_a_row_is_an_interview_that_was_held() -> None:
    found, wave = rows(dated=True)
    assert wave == [0, 0, 0, 1, 1]
    said = [
        (
            row["respondent_id"],
            str(row["followed_up_on"]),
            row["recommended_since"],
            row["first_recommended_on"] and str(row["first_recommended_on"]),
            row["churned_on"] and str(row["churned_on"]),
        )
        for row in found
    ]
    assert said == [
        ("7", "2024-04-01", False, None, None),
        ("8", "2024-04-01", False, None, "2024-04-01"),
        ("9", "2024-04-01", False, None, None),
        ("7", "2024-07-01", True, "2024-05-01", None),
        ("9", "2024-07-01", False, None, "2024-06-30"),
    ]
    assert [row["account"] for row in found] == ["A", "A", None, "A", None]


def test_without_dates_there_is_the_answer_alone() -> None:
    found, _ = rows(dated=False)
    assert [row["recommended_since"] for row in found] == [False, False, False, True, False]
    assert {row["first_recommended_on"] for row in found} == {None}
