"""The likelihood that a score states, and the rate: by hand, by quadrature, by simulation."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from tests.reference.against_r import opened

from advocacy.arrays import Floats
from advocacy.errors import UsageError
from advocacy.estimation import estimate
from advocacy.estimation.curves.stated import (
    _distance_slopes,
    mean_distance,
    stated_likelihood,
)
from advocacy.estimation.estimands import ESTIMANDS
from advocacy.responses import open_responses

STATED = np.arange(11) / 10


def test_two_straight_pieces_by_hand() -> None:
    # From 0.2 above to 0.2 below at the middle: two triangles of 0.2 x 0.25 / 2; then 0.2 below.
    rates = np.array([0.2, 0.3, 0.8])
    assert mean_distance(np.array([0.0, 0.5, 1.0]), rates) == pytest.approx(0.05 + 0.05 + 0.05)


@pytest.mark.parametrize("seed", range(5))
def test_the_distance_is_the_area_between_the_lines(seed: int) -> None:
    rates = np.random.default_rng(seed).uniform(0, 1, 11)

    def apart(u: float) -> float:
        return abs(u - float(np.interp(u, STATED, rates)))

    area = sum(quad(apart, a, b, limit=200)[0] for a, b in pairwise(STATED))
    assert mean_distance(STATED, rates) == pytest.approx(area, abs=1e-7)


@pytest.mark.parametrize("seed", range(5))
def test_slopes_are_the_derivatives(seed: int) -> None:
    rates, step = np.random.default_rng(seed).uniform(0, 1, 11), 1e-6
    steps = step * np.eye(11)
    slopes = (mean_distance(STATED, rates + steps) - mean_distance(STATED, rates - steps)) / 2e-6
    np.testing.assert_allclose(_distance_slopes(STATED, rates), slopes, atol=1e-7)


@pytest.mark.parametrize("name", ["clustered", "stratified_clustered"])
def test_rates_are_those_by_score_with_what_the_score_states(name: str) -> None:
    found = stated_likelihood(opened(name), by=["sector"]).to_pandas()
    rates = estimate(opened(name), by=["sector", "score"]).to_pandas()
    own = (
        found[found.quantity == "rate"]
        .drop(columns=["fit", "band_low", "band_high", "stated"])
        .reset_index(drop=True)
    )
    pd.testing.assert_frame_equal(own, rates, check_dtype=False)
    assert found.stated.dropna().tolist() == (own.score / 10).tolist()


def test_where_all_fall_short_distance_and_excess_are_the_mean_of_the_gaps() -> None:
    found = stated_likelihood(opened("clustered")).to_pandas().set_index("quantity")
    rates = found.loc["rate"]
    gap = (rates.stated - rates.estimate).to_numpy()
    stated = rates.stated.to_numpy()
    excess = np.trapezoid(gap, stated) / (stated[-1] - stated[0])
    assert found.loc["mean_excess"].estimate == pytest.approx(excess)
    assert found.loc["mean_distance"].estimate >= abs(excess) - 1e-12
    assert found.loc["mean_distance"].n == rates.n.sum()
    assert found.loc["mean_distance"].n_programmes == rates.n_programmes.max()


def table(scores: Floats, told: Floats) -> pd.DataFrame:
    return pd.DataFrame(
        {"score": scores, "recommended_past_12m": told.astype(bool), "source_kind": "simulated"}
    )


@pytest.mark.heavy
def test_it_covers_the_known_truth(tmp_path: Path) -> None:
    """Of a curve that falls short throughout; the distance is smooth there."""
    rng, true = np.random.default_rng(3), 0.6 * STATED
    covered = {"mean_distance": 0, "mean_excess": 0}
    for number in range(100):
        scores = rng.integers(0, 11, 3_000)
        path = tmp_path / f"{number}.parquet"
        table(scores, rng.uniform(size=3_000) < true[scores]).to_parquet(path)
        found = stated_likelihood(open_responses(path)).to_pandas().set_index("quantity")
        for name in covered:
            covered[name] += found.loc[name].conf_low <= 0.2 <= found.loc[name].conf_high
    # 95 of 100 expected, standard deviation 2.2; the truth is the mean of 0.4 u, 0.2.
    assert all(88 <= number <= 100 for number in covered.values()), covered


def test_scores_that_nobody_gives_are_bridged(tmp_path: Path) -> None:
    scores = np.repeat([2, 6, 10], 20)
    told = np.tile([True] * 10 + [False] * 10, 3)
    path = tmp_path / "few.parquet"
    table(scores, told).to_parquet(path)
    found = stated_likelihood(open_responses(path)).to_pandas().set_index("quantity")
    # Half at 0.2, 0.6 and 1: apart by 0.3, 0.1 and 0.5. The first piece crosses the diagonal.
    first, second = 0.4 * (0.3**2 + 0.1**2) / 0.4 / 2, 0.4 * (0.1 + 0.5) / 2
    assert found.loc["mean_distance"].estimate == pytest.approx((first + second) / 0.8)


def test_of_one_score_alone_there_is_no_distance(tmp_path: Path) -> None:
    path = tmp_path / "one.parquet"
    table(np.repeat(10, 20), np.tile([True, False], 10)).to_parquet(path)
    assert stated_likelihood(open_responses(path)).table.column("quantity").to_pylist() == ["rate"]


def test_no_rate_of_scores_is_refused() -> None:
    with pytest.raises(UsageError, match="has no curve"):
        stated_likelihood(opened("clustered"), estimand="nps")
    with pytest.raises(UsageError, match="over the scores already"):
        stated_likelihood(opened("clustered"), by=["score_band"])
    assert ESTIMANDS["nps"].conditional is False
