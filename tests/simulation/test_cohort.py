"""A simulated cohort is what an import of its waves would give, and has the rates it should."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from advocacy.estimation import estimate
from advocacy.responses import Responses
from advocacy.responses.schema import COLUMNS
from advocacy.simulation.cohort import CohortDesign, cohort_rates, followed_columns, simulate_cohort
from advocacy.simulation.future import DEFAULT_FUTURE, Attrition, FollowUps

LARGE = CohortDesign(psus=1500, ratings=20)
RATES = {
    "recommended_past_12m": "retrospective",
    "converted_within_12m": "kappa",
    "converted_within_12m_any": "kappa_any",
    "verified_within_12m": "verified",
}


def opened(table: pa.Table) -> Responses:
    return Responses(
        name="a simulated cohort",
        relation="cohort",
        columns=tuple(table.column_names),
        tables={"cohort": table},
        sources=("simulated",),
    )


@pytest.fixture(scope="module")
def cohort() -> Responses:
    return opened(simulate_cohort(np.random.default_rng(11), LARGE))


@pytest.mark.parametrize("estimand", RATES)
def test_rates_are_the_true_ones(cohort: Responses, estimand: str) -> None:
    """By score, and of all who score 10, within four standard errors."""
    truth = cohort_rates(LARGE)[RATES[estimand]]
    rows = estimate(cohort, estimand=estimand, by=("score",)).table.to_pylist()
    assert [row["score"] for row in rows] == list(range(11))
    for row, true in zip(rows, truth, strict=True):
        assert abs(row["estimate"] - true) < 4 * row["std_error"], row["score"]


def test_shares_of_the_scores_are_the_true_ones(cohort: Responses) -> None:
    rows = cohort.tables["cohort"].to_pandas()
    found = rows.groupby("score").weight.sum() / rows.weight.sum()
    expected = cohort_rates(LARGE)["share"]
    assert expected.sum() == pytest.approx(1)
    assert np.abs(found - expected).max() < 0.01


def test_attrition_makes_complete_cases_too_many_who_recommend() -> None:
    table = simulate_cohort(np.random.default_rng(12), LARGE, attrition=Attrition())
    estimates = estimate(opened(table), estimand="converted_within_12m_complete").table
    (row,) = estimates.to_pylist()
    assert row["estimate"] - cohort_rates(LARGE)["kappa"][10] > 3 * row["std_error"]


def test_without_churn_nobody_leaves() -> None:
    table = simulate_cohort(np.random.default_rng(13), churn=False)
    assert table["churned_on"].null_count == table.num_rows


def test_columns_are_canonical() -> None:
    table = simulate_cohort(np.random.default_rng(14))
    assert set(table.column_names) - set(COLUMNS) == set()
    assert table.num_rows == 4 * 15 * 40
    assert len(set(table["psu"].to_pylist())) == 60
    assert table["weight"].to_pandas().mean() == pytest.approx(1)


def test_a_seed_gives_one_cohort() -> None:
    first, second = (simulate_cohort(np.random.default_rng(15)) for _ in range(2))
    assert first.equals(second)


DAYS = ["2024-04-01", "2024-07-01", "2025-01-10"]


@pytest.mark.parametrize(
    ("recommended", "churned", "held", "expected"),
    [
        ("2024-06-30", "2030-01-01", 3, ("2025-01-10", True, "2024-04-01", "2024-07-01", None)),
        ("2024-07-01", "2024-07-02", 2, ("2024-07-01", True, "2024-04-01", "2024-07-01", None)),
        ("2024-07-02", "2024-07-01", 2, ("2024-07-01", False, "2024-07-01", None, "2024-07-01")),
        ("2024-03-01", "2024-03-01", 1, ("2024-04-01", True, None, "2024-04-01", "2024-03-01")),
        ("2026-01-01", "2030-01-01", 3, ("2025-01-10", False, "2025-01-10", None, None)),
        ("2024-03-01", "2024-03-01", 0, (None, None, None, None, None)),
    ],
)
def test_what_the_waves_say(
    recommended: str, churned: str, held: int, expected: tuple[Any, ...]
) -> None:
    """Waves as an import would write them, by hand."""
    days = np.array([DAYS], dtype="datetime64[D]")
    follow_ups = FollowUps(
        np.array([recommended], "datetime64[D]"),
        np.array([churned], "datetime64[D]"),
        days,
        np.arange(3)[None, :] < held,
        np.ones((1, 3)),
    )
    last, since, until, by, gone = expected
    for dated in (True, False):
        columns = followed_columns(follow_ups, dated=dated)
        found = {
            name: None if values.mask.all() else values[0].astype(object)
            for name, values in columns.items()
        }
        assert {k: v if isinstance(v, bool | None) else str(v) for k, v in found.items()} == {
            "followed_up_on": last,
            "recommended_since": since,
            "first_recommended_on": recommended if since and dated else None,
            "not_recommended_until": until,
            "recommended_by": by,
            "churned_on": gone,
        }


def test_tens_who_go_on_are_clearly_fewer_than_who_say_they_had() -> None:
    rates = cohort_rates()
    assert 0.35 < rates["kappa"][10] < 0.45 < rates["retrospective"][10]
    assert np.all(rates["kappa"] < rates["kappa_any"])
    assert DEFAULT_FUTURE.asked == 0


def test_no_date_is_known_where_only_waves_say_yes() -> None:
    rows = simulate_cohort(np.random.default_rng(16), dated=False).to_pandas()
    assert rows.first_recommended_on.isna().all()
    yes = rows[rows.recommended_since]
    assert yes.recommended_by.notna().all()
    start = pd.to_datetime(yes.not_recommended_until.fillna(yes.interviewed_on))
    assert (start < pd.to_datetime(yes.recommended_by)).all()
