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
from advocacy.simulation.expectations import (
    apart_by_answer,
    correlation_with_score,
    country_shares,
    programme_cells,
    rates_of,
    recommends_within,
    superpopulation_cells,
)
from advocacy.simulation.future import DEFAULT_FUTURE, anniversaries, draw_follow_ups
from advocacy.simulation.population import draw_ratings
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


@pytest.mark.parametrize("by", [(), pytest.param(("sector",), marks=pytest.mark.heavy)])
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


# After the interview ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def later(programmes: Programmes):  # type: ignore[no-untyped-def]
    """Return twelve draws of the programmes' ratings with what came after, all followed up."""
    rng = np.random.default_rng(6)
    drawn = []
    for _ in range(12):
        ratings = draw_ratings(programmes, rng)
        rows = ratings.responses.select(["programme", "sector", "country", "weight"]).to_pandas()
        days = ratings.responses["interviewed_on"].to_numpy().astype("datetime64[D]")
        after = draw_follow_ups(DEFAULT_FUTURE, None, ratings.latent, days, rng)
        rows["w"] = rows.weight.fillna(1.0)
        group = rows.groupby("programme").w
        rows["w"] *= group.transform("size") / group.transform("sum")
        rows["score"], rows["past"] = ratings.latent.score, ratings.latent.past
        for months in (3, 6, 9, 12):
            end = anniversaries(days, np.full(len(days), months))
            rows[f"any_{months}"] = after.recommended <= end
            rows[f"first_{months}"] = rows[f"any_{months}"] & (after.recommended <= after.churned)
        drawn.append(rows)
    return drawn


def apart(rows, by: tuple[str, ...], column: str) -> np.ndarray:  # type: ignore[no-untyped-def]
    rows = rows.assign(y=rows.w * rows[column], all=0)
    sums = rows.groupby([*by] or "all")[["y", "w"]].sum()
    return (sums.y / sums.w).to_numpy()


def no_further_than_chance(drawn: list[np.ndarray], truth: np.ndarray) -> None:
    error = np.std(drawn, axis=0, ddof=1) / np.sqrt(len(drawn))
    assert np.all(error < 0.02)
    assert np.all(np.abs(np.mean(drawn, axis=0) - truth) < 4.5 * error)


@pytest.mark.parametrize("churn", [True, False])
@pytest.mark.parametrize("months", [3, 12])
def test_what_comes_after_follows_the_truth_of_these_programmes(  # type: ignore[no-untyped-def]
    programmes: Programmes, later, months: int, churn: bool
) -> None:
    column = f"first_{months}" if churn else f"any_{months}"
    law = recommends_within(months, churn=churn)
    for by in [(), ("sector",), ("country",)]:
        truth = true_rates(programmes, by=by, law=law).to_pandas().rate.to_numpy()
        no_further_than_chance([apart(r[r.score == 10], by, column) for r in later], truth)
    truth = true_rates(programmes, by=("score",), law=law).to_pandas().rate.to_numpy()
    no_further_than_chance([apart(rows, ("score",), column) for rows in later], truth)


def test_those_who_had_recommended_go_on_as_the_truth_says(  # type: ignore[no-untyped-def]
    programmes: Programmes, later
) -> None:
    had = programme_cells(programmes)
    no, yes = (programme_cells(programmes, recommends_within(12, past=p)) for p in (False, True))
    both = rates_of(apart_by_answer(had, (no, yes)), (9, 10), ("recommended_past_12m",)).to_pandas()
    drawn = [apart(rows[rows.score >= 9], ("past",), "first_12") for rows in later]
    no_further_than_chance(drawn, both.rate.to_numpy())
    whole = rate(true_rates(programmes, (9, 10), law=recommends_within(12)))
    assert np.average(both.rate, weights=both.share) == pytest.approx(whole, rel=1e-10)
    assert both.rate[0] < whole < both.rate[1]


def test_programmes_follow_the_superpopulation_after_the_interview_too() -> None:
    truth = replace(DEFAULT_TRUTH, size_sd=0.0)
    law = recommends_within(12)
    cells = [
        draw_programmes(1000, 100_000, np.random.default_rng(seed), truth) for seed in range(8)
    ]
    drawn = [true_rates(p, by=("sector",), law=law).to_pandas().rate.to_numpy() for p in cells]
    expected = superpopulation_rates(truth, by=("sector",), law=law).to_pandas().rate.to_numpy()
    no_further_than_chance(drawn, expected)


def test_fewer_go_on_to_recommend_than_say_they_had_and_it_goes_less_with_the_score() -> None:
    kappa = rate(superpopulation_rates(DEFAULT_TRUTH, law=recommends_within(12)))
    any_time = rate(superpopulation_rates(DEFAULT_TRUTH, law=recommends_within(12, churn=False)))
    rho = rate(superpopulation_rates(DEFAULT_TRUTH))
    assert 0.35 < kappa < any_time < 0.45 < rho
    by_month = [
        rate(superpopulation_rates(DEFAULT_TRUTH, law=recommends_within(m))) for m in (3, 6, 9)
    ]
    assert by_month == sorted(by_month)
    earlier = correlation_with_score(superpopulation_cells(DEFAULT_TRUTH))
    after = correlation_with_score(superpopulation_cells(DEFAULT_TRUTH, recommends_within(12)))
    assert 0.1 < after < 0.85 * earlier


def test_the_correlation_with_the_score_is_that_of_drawn_answers(  # type: ignore[no-untyped-def]
    programmes: Programmes, later
) -> None:
    drawn = [np.cov(rows.score, rows.past, aweights=rows.w) for rows in later]
    found = [c[0, 1] / np.sqrt(c[0, 0] * c[1, 1]) for c in drawn]
    truth = correlation_with_score(programme_cells(programmes))
    assert abs(np.mean(found) - truth) < 4.5 * np.std(found, ddof=1) / np.sqrt(len(found))


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
