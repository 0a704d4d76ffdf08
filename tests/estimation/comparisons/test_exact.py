"""Sides whose answers are all alike: Fisher's test of what they are worth.

Oracles: Fisher's exact test by scipy (R's `fisher.test` gives the same), products by hand, and how
often the test rejects where there is no difference.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact

from advocacy.estimation.comparisons.against import compare_against
from advocacy.estimation.comparisons.equivalence import equivalence
from advocacy.estimation.comparisons.exact import chance_of_none
from advocacy.estimation.comparisons.lift import lift
from advocacy.estimation.comparisons.pairwise import compare
from advocacy.report.results import as_text
from advocacy.responses import Responses, open_responses
from advocacy.survey import survey_design

Opened = Callable[[pd.DataFrame], Responses]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    def open_frame(frame: pd.DataFrame) -> Responses:
        frame.to_parquet(tmp_path / "survey.parquet", index=False)
        return open_responses(tmp_path / "survey.parquet")

    return open_frame


def ratings(*groups: tuple[dict[str, Any], int, int]) -> pd.DataFrame:
    """Return ratings with some values: hits of n."""
    return pd.DataFrame(
        [
            {"score": 10, "recommended_past_12m": int(i < hits)} | values
            for values, hits, n in groups
            for i in range(n)
        ]
    )


def by_product(a: int, b: float, hits: float) -> float:
    """Return the p-value: of a whole number a the binomials leave a product of a fractions."""
    steps = np.arange(1, a + 1)
    return float(2 * np.prod((b - hits + steps) / (b + steps)))


@pytest.mark.parametrize(("a", "b", "hits"), [(20, 20, 10), (12, 60, 30), (40, 15, 2), (5, 7, 7)])
def test_of_whole_numbers_it_is_fishers(a: int, b: int, hits: int) -> None:
    ours = chance_of_none(np.array([a]), np.array([b]), np.array([hits / b]))
    theirs = fisher_exact([[0, a], [hits, b - hits]], "less").pvalue
    assert ours[0] == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("quantity", ["difference", "ratio"])
def test_all_of_one_side_against_half_of_the_other(
    opened: Opened, quantity: str, turned: bool
) -> None:
    """20 of 20, worth 20, and 10 of 20, whose variance has 40 / 39 in it, worth 19.5."""
    groups = [({"country": "DK"}, 20, 20), ({"country": "NO"}, 10, 20)]
    frame = ratings(*(groups[::-1] if turned else groups))
    reference = "DK" if turned else "NO"
    found = compare(opened(frame), between="country", quantity=quantity, reference=reference)
    table = found.to_pandas()
    row = table[table.reference.notna()].iloc[0]
    assert row.p_value == pytest.approx(by_product(20, 19.5, 9.75), rel=1e-9)
    assert np.isnan([row.conf_low, row.conf_high]).all()
    assert table.exceeds[0] == "B"
    assert "Fisher's" in as_text(found)


def test_none_of_twelve_programmes_is_worth_twelve(opened: Opened) -> None:
    """Programmes of 20 without a yes do not tell what their ratings have in common."""
    rng = np.random.default_rng(1)
    sides = [
        ({"country": country, "programme": f"{country}{p}"}, hits, 20)
        for country, programmes, hits_of in (("DK", 12, lambda: 0), ("NO", 40, lambda: 5))
        for p in range(programmes)
        for hits in [hits_of() + (int(rng.integers(0, 5)) if country == "NO" else 0)]
    ]
    responses = opened(ratings(*sides))
    design = survey_design(responses, "programmes_like_these")
    table = compare(responses, between="country", design=design).to_pandas()
    row = table[table.reference.notna()].iloc[0]
    # The rates of NO vary less than those of single ratings do: it is worth its 800.
    rate = table.estimate[1]
    assert row.p_value == pytest.approx(by_product(12, 800, 800 * rate), rel=1e-9)


def test_weights_count_for_what_they_leave(opened: Opened) -> None:
    """Of 20 ratings, half of weight 3, Kish leaves (10 + 30)^2 / (10 + 90) = 16."""
    frame = ratings(({"country": "DK"}, 0, 20), ({"country": "NO"}, 20, 20))
    frame["weight"] = np.where(frame.index % 2 == 0, 1.0, 3.0)
    row = compare(opened(frame), between="country").to_pandas().iloc[2]
    assert row.p_value == pytest.approx(2 / math.comb(32, 16), rel=1e-9)


def test_a_level_without_a_yes_against_rest_and_total(opened: Opened) -> None:
    """It differs from the total where it differs from what is left of this without it."""
    frame = ratings(
        ({"country": "DK"}, 0, 20), ({"country": "NO"}, 10, 30), ({"country": "SE"}, 8, 20)
    )
    found = {
        against: compare_against(opened(frame), between="country", against=against).to_pandas()
        for against in ("rest", "total")
    }
    rows = {name: table[table.reference.notna()].iloc[0] for name, table in found.items()}
    worth = 50 * 69 / 70
    for row in rows.values():
        assert row.p_value == pytest.approx(by_product(20, worth, worth * 18 / 50), rel=1e-9)
    assert rows["total"].estimate == pytest.approx(-18 / 70)


def test_lift_over_a_baseline_of_whom_none_recommended(opened: Opened) -> None:
    frame = ratings(({}, 30, 60), ({"score": 3}, 0, 20), ({"score": 8}, 20, 60))
    found = lift(opened(frame))
    table = found.to_pandas()
    row = table[(table.reference == "detractors") & (table.quantity == "difference")].iloc[0]
    worth = 60 * 139 / 140
    assert row.p_value == pytest.approx(by_product(20, worth, worth / 2), rel=1e-9)
    assert "Fisher's" in as_text(found)


def test_against_one_in_two_it_is_binomial(opened: Opened) -> None:
    found = equivalence(opened(ratings(({}, 0, 14))))
    assert found.to_pandas().p_value[0] == pytest.approx(2 * 0.5**14, rel=1e-12)
    assert "binomial" in as_text(found)


@pytest.mark.parametrize(
    "groups",
    [
        # Fewer than 12 ratings on a side, whichever.
        [({"country": "DK"}, 11, 11), ({"country": "NO"}, 10, 20)],
        [({"country": "DK"}, 20, 20), ({"country": "NO"}, 5, 11)],
        # All of both say the same.
        [({"country": "DK"}, 20, 20), ({"country": "NO"}, 20, 20)],
    ],
)
def test_what_bears_no_exact_test(opened: Opened, groups: list[Any]) -> None:
    table = compare(opened(ratings(*groups)), between="country").to_pandas()
    assert table.p_value.isna().all()


def test_what_is_no_proportion_has_none(opened: Opened) -> None:
    frame = ratings(({"country": "DK", "score": 10}, 20, 20), ({"country": "NO"}, 10, 20))
    frame.loc[frame.index % 2 == 0, "score"] = frame.country.map({"DK": 10, "NO": 5})
    table = compare(opened(frame), between="country", estimand="nps").to_pandas()
    assert table.p_value.isna().all()


def test_where_there_is_no_difference_it_rejects_seldom() -> None:
    """Of 40 and 400 with one rate of 10 %, the tail that it has is under 2.5 % of all samples."""
    rng = np.random.default_rng(4)
    hits = rng.binomial(400, 0.1, 20_000)
    none = rng.binomial(40, 0.1, 20_000) == 0
    p = 2 * chance_of_none(np.full(20_000, 40.0), np.full(20_000, 400.0), hits / 400)
    assert 0.0 < (none & (p < 0.05)).mean() < 0.025
