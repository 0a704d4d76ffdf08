"""The true rates are exact: against quadrature, identities, and an independent Monte Carlo."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import norm

from advocacy.simulation import (
    DEFAULT_TRUTH,
    Programmes,
    draw_programmes,
    n_programmes,
    simulate_responses,
    superpopulation_rates,
    true_rates,
    truth_table,
)
from advocacy.simulation.expectations import country_shares
from advocacy.simulation.truth import behaviour_law, score_law

PROMOTERS = (9, 10)


@pytest.fixture(scope="module")
def programmes() -> Programmes:
    return draw_programmes(60, 60_000, np.random.default_rng(1))


def rate(table: object) -> float:
    return table["rate"][0].as_py()  # type: ignore[index]


@pytest.mark.parametrize("sd", [0.0, 0.7, 1.2])
def test_behaviour_law_is_the_logistic_normal_integral(sd: float) -> None:
    law = behaviour_law(DEFAULT_TRUTH, np.array([0.3]), np.array([sd]))[0]
    for score, at in enumerate(DEFAULT_TRUTH.curve):
        expected, _ = quad(lambda x, at=at: expit(at + 0.3 + sd * x) * norm.pdf(x), -12, 12)
        assert law[score] == pytest.approx(expected, abs=1e-10)


def test_score_law_is_a_distribution_with_the_normal_ends() -> None:
    law = score_law(DEFAULT_TRUTH, np.array([0.4]), np.array([1.1]))[0]
    assert law.sum() == pytest.approx(1, abs=1e-14)
    assert law[10] == pytest.approx(norm.sf((DEFAULT_TRUTH.thresholds[-1] - 0.4) / 1.1))
    assert law[0] == pytest.approx(norm.cdf((DEFAULT_TRUTH.thresholds[0] - 0.4) / 1.1))


@pytest.mark.parametrize("by", ["sector", "industry", "country", "programme", "supplier"])
def test_margins_add_up_to_the_overall_rate(programmes: Programmes, by: str) -> None:
    margin = true_rates(programmes, PROMOTERS, (by,)).to_pandas()
    overall = true_rates(programmes, PROMOTERS).to_pandas()
    assert margin.share.sum() == pytest.approx(overall.share[0], rel=1e-12)
    assert np.average(margin.rate, weights=margin.share) == pytest.approx(
        overall.rate[0], rel=1e-12
    )


def test_rates_by_score_add_up_to_the_rate_of_the_set(programmes: Programmes) -> None:
    for rates in (
        true_rates(programmes, by=("score",)),
        superpopulation_rates(DEFAULT_TRUTH, by=("score",)),
    ):
        curve = rates.to_pandas().set_index("score")
        assert curve.share.sum() == pytest.approx(1)
        assert curve.rate.is_monotonic_increasing
    top = curve.loc[[9, 10]]
    expected = rate(superpopulation_rates(DEFAULT_TRUTH, PROMOTERS))
    assert np.average(top.rate, weights=top.share) == pytest.approx(expected, rel=1e-12)


def test_truth_table_gives_the_same_rate(programmes: Programmes) -> None:
    rows = truth_table(programmes).to_pandas()
    tens = rows.expected_ratings * rows.share_score_10
    expected = np.average(rows.rate_score_10, weights=tens)
    assert rate(true_rates(programmes)) == pytest.approx(expected, rel=1e-12)
    assert rows.expected_ratings.sum() == pytest.approx(programmes.ratings.sum())


def test_about_half_of_the_tens_had_recommended() -> None:
    overall = superpopulation_rates(DEFAULT_TRUTH).to_pandas()
    assert 0.45 < overall.rate[0] < 0.55
    assert 0.25 < overall.share[0] < 0.30
    sectors = (
        superpopulation_rates(DEFAULT_TRUTH, by=("sector",)).to_pandas().set_index("sector").rate
    )
    assert 0.04 < sectors["B2B"] - sectors["B2C"] < 0.12


def test_answers_follow_the_truth_of_these_programmes(programmes: Programmes) -> None:
    """Ratio estimates over redrawn answers differ from the truth by Monte Carlo error alone."""
    rng = np.random.default_rng(2)
    segments = [(), ("sector",), ("country",)]
    truths = [true_rates(programmes, by=by).to_pandas().rate.to_numpy() for by in segments]
    drawn: list[list[np.ndarray]] = [[] for _ in segments]
    for _ in range(20):
        rows = weighted_rows(programmes, rng)
        for estimates, by in zip(drawn, segments, strict=True):
            estimates.append(estimated(rows, by))
    for estimates, truth in zip(drawn, truths, strict=True):
        error = np.std(estimates, axis=0, ddof=1) / np.sqrt(len(estimates))
        assert np.all(np.abs(np.mean(estimates, axis=0) - truth) < 4 * error)


def test_scores_follow_the_truth_of_these_programmes(programmes: Programmes) -> None:
    rng = np.random.default_rng(3)
    truth = true_rates(programmes, by=("score",)).to_pandas().share.to_numpy()
    drawn = []
    for _ in range(12):
        rows = weighted_rows(programmes, rng).dropna(subset="score")
        drawn.append(rows.groupby("score").w.sum().to_numpy() / rows.w.sum())
    error = np.std(drawn, axis=0, ddof=1) / np.sqrt(len(drawn))
    assert np.all(np.abs(np.mean(drawn, axis=0) - truth) < 4.5 * error)


@pytest.mark.parametrize("by", [(), ("sector",)])
def test_programmes_follow_the_superpopulation(by: tuple[str, ...]) -> None:
    """Exact rates of many small programmes average to the superpopulation's."""
    # Programmes of one size: their plain average then estimates the ratio of expectations.
    truth = replace(DEFAULT_TRUTH, size_sd=0.0)
    cells = [
        draw_programmes(4000, 400_000, np.random.default_rng(seed), truth) for seed in range(8)
    ]
    drawn = [
        true_rates(programmes, by=by).to_pandas()[["rate", "share"]].to_numpy()
        for programmes in cells
    ]
    expected = superpopulation_rates(truth, by=by).to_pandas()[["rate", "share"]].to_numpy()
    error = np.std(drawn, axis=0, ddof=1) / np.sqrt(len(drawn))
    assert np.all(np.abs(np.mean(drawn, axis=0) - expected) < 4.5 * error)
    assert np.all(error < 0.002)


def test_expected_country_shares() -> None:
    population = draw_programmes(20_000, 2_000_000, np.random.default_rng(4)).population
    error = population.std(axis=0) / np.sqrt(len(population))
    expected = country_shares(DEFAULT_TRUTH)
    assert expected.sum() == pytest.approx(1)
    assert np.all(np.abs(population.mean(axis=0) - expected) < 4.5 * error)


def test_full_size() -> None:
    assert n_programmes(500_000) >= 400
    programmes = draw_programmes(n_programmes(500_000), 500_000, np.random.default_rng(20260115))
    assert programmes.ratings.sum() == 500_000
    assert programmes.ratings.min() >= 60
    assert 0.45 < rate(true_rates(programmes)) < 0.55
    countries = (programmes.population > 0).sum(axis=1)
    assert set(countries) == {3, 4, 5, 6}
    assert len(set(programmes.industry)) == 12
    assert len(set(programmes.supplier)) < len(programmes)
    of_supplier = {(s, i) for s, i in zip(programmes.supplier, programmes.industry, strict=True)}
    assert len(of_supplier) == len(set(programmes.supplier))
    suppliers = true_rates(programmes, by=("sector", "industry", "country", "supplier")).to_pandas()
    cells = suppliers.groupby(["sector", "industry", "country"]).size()
    assert len(cells) == 2 * 12 * 9
    assert (cells >= 3).mean() > 0.9


def weighted_rows(programmes: Programmes, rng: np.random.Generator):  # type: ignore[no-untyped-def]
    """Return drawn rows with weights that sum to the ratings of each programme."""
    rows = simulate_responses(programmes, rng).to_pandas()
    rows["w"] = rows.weight.fillna(1.0)
    group = rows.groupby("programme").w
    rows["w"] *= group.transform("size") / group.transform("sum")
    return rows


def estimated(rows, by: tuple[str, ...]) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Return the rate among tens, by segment."""
    tens = rows[(rows.score == 10) & rows.recommended_past_12m.notna()]
    tens = tens.assign(y=tens.w * tens.recommended_past_12m.astype(float))
    if not by:
        return np.array([tens.y.sum() / tens.w.sum()])
    sums = tens.groupby(list(by))[["y", "w"]].sum()
    return (sums.y / sums.w).to_numpy()
