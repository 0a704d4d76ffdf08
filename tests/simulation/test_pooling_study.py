"""How well pooling predicts known truths: the simulation, and the tables that it has given.

Oracles: the prior covariance of log odds by hand, the posterior of a single count by numerical
integration, errors of ratios by the jackknife. Slow: some studies again, and with other seeds.
"""

from __future__ import annotations

import csv
import importlib.util
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy import integrate, optimize, stats
from scipy.special import expit

ANALYSIS = Path(__file__).parents[2] / "analysis" / "validation"
# What the methods chapter says of the priors, typed again.
FIXED = {("sector",): 1.0, ("score_band",): 1.5}
Row = dict[str, Any]


def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pooling_study", ANALYSIS / "pooling_studies.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


STUDY = loaded()


@cache
def table() -> dict[tuple[str, str], Row]:
    with (ANALYSIS / "pooling.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        (row["what"], row["answers"]): {
            name: float(value) if value else None
            for name, value in row.items()
            if name not in ("what", "answers")
        }
        for row in rows
    }


@cache
def studies() -> list[Row]:
    with (ANALYSIS / "pooling_studies.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def truth() -> Any:
    return STUDY.drawn(np.random.default_rng(3))


def prior_covariance(found: Any, codes: Any) -> np.ndarray:
    """Return the prior covariance of log odds given the scales, by hand."""

    def same(name: str) -> np.ndarray:
        return (codes[name][:, None] == codes[name]).astype(float)

    def to_zero(name: str) -> np.ndarray:
        return same(name) - 1 / len(STUDY.LEVELS[name])

    total = np.full((len(codes["score_band"]),) * 2, 1.5**2)
    for segments, sd in found.scales.items():
        if segments[0] == "programme" or not set(segments) <= set(codes):
            continue
        total += sd**2 * np.prod([to_zero(name) for name in segments], axis=0)
    if "programme" in codes:
        alike = same("programme")
        total += found.scales["programme",] ** 2 * alike
        total += found.scales["programme", "score_band"] ** 2 * alike * to_zero("score_band")
    return total


# The truth


def test_the_priors_are_those_of_the_methods() -> None:
    many = [STUDY.drawn(np.random.default_rng([7, number])) for number in range(4_000)]
    intercepts = np.array([found.intercept for found in many])
    assert stats.kstest(intercepts, stats.norm(0, 1.5).cdf).pvalue > 1e-3
    for segments in many[0].scales:
        scales = [found.scales[segments] for found in many]
        if segments in FIXED:
            assert set(scales) == {FIXED[segments]}
        else:
            assert stats.kstest(scales, stats.halfnorm(scale=0.5).cdf).pvalue > 1e-3


def test_the_effects_have_the_covariance_that_the_methods_say() -> None:
    rows = np.arange(0, 800, 90)
    codes = {name: values[rows] for name, values in STUDY.study_of().codes.items()}
    scales, rng, logits = truth().scales, np.random.default_rng(1), []
    for _ in range(4_000):
        found = STUDY.drawn(rng)
        unit = {s: found.effects[s] / found.scales[s] * scales[s] for s in found.effects}
        logits.append(replace(found, scales=scales, effects=unit).logits(codes))
    expected = prior_covariance(truth(), codes)
    error = np.sqrt((np.outer(*[np.diag(expected)] * 2) + expected**2) / 4_000)
    assert (abs(np.cov(np.array(logits).T) - expected) < 5 * error).all()


@pytest.mark.parametrize("sd", [0.0, 0.3, 1.2])
def test_mean_rates_are_the_integral(sd: float) -> None:
    for logit in (-4.0, 0.3, 2.0):
        exact = expit(logit)
        if sd:
            law = stats.norm(logit, sd)
            exact = integrate.quad(lambda x, f=law: expit(x) * f.pdf(x), -20, 20)[0]
        assert STUDY.mean_rates(np.array([logit]), sd)[0] == pytest.approx(exact, rel=1e-6)


def test_new_programmes_differ_as_those_of_the_study_do() -> None:
    cells = {name: np.zeros(40_000, int) for name in STUDY.CELL}
    cells["score_band"] = np.full(40_000, 3)
    rates = STUDY.new_programmes(truth(), cells, np.random.default_rng(2))
    own = np.log(rates / (1 - rates)) - truth().logits(cells)
    scales = truth().scales
    variance = scales["programme",] ** 2 + 0.75 * scales["programme", "score_band"] ** 2
    assert own.var() == pytest.approx(variance, rel=0.04)
    assert truth().between ** 2 == pytest.approx(variance)
    assert abs(own.mean()) < 4 * np.sqrt(variance / 40_000)


def test_every_cell_has_its_row_in_the_order_of_the_results() -> None:
    codes = STUDY.cell_codes()
    names = [[STUDY.LEVELS[s][code] for code in codes[s]] for s in STUDY.CELL]
    rows = list(zip(*names, strict=True))
    assert rows == sorted(rows)
    assert len(set(rows)) == 2 * 5 * 4


# The predictor that knows the scales


def test_its_coefficients_span_the_prior() -> None:
    study = STUDY.study_of()
    rows = np.arange(0, len(study.n), 40)
    for codes in ({k: v[rows] for k, v in study.codes.items()}, STUDY.cell_codes()):
        x = STUDY.coefficients(truth(), codes)
        np.testing.assert_allclose(x @ x.T, prior_covariance(truth(), codes), atol=1e-12)


@pytest.mark.parametrize(("y", "n"), [(3, 4), (0, 12), (70, 100)])
def test_of_a_single_count_it_finds_mode_and_curvature(y: int, n: int) -> None:
    whole = STUDY.study_of()
    codes = {name: values[:1] for name, values in whole.codes.items()}
    study = replace(whole, codes=codes, n=np.array([n]))
    known = STUDY.oracle(truth(), study, np.array([float(y)]))
    prior = prior_covariance(truth(), codes)[0, 0]
    mode = optimize.minimize_scalar(
        lambda x: n * np.logaddexp(0, x) - y * x + x**2 / (2 * prior), tol=1e-12
    ).x
    sd = 1 / np.sqrt(n * expit(mode) * expit(-mode) + 1 / prior)
    law = stats.norm(mode, sd)
    mean = integrate.quad(lambda x: expit(x) * law.pdf(x), mode - 9 * sd, mode + 9 * sd)[0]
    assert known.rates(codes)[0] == pytest.approx(mean, rel=1e-5)
    wider = stats.norm(mode, np.hypot(sd, 0.7))
    mean = integrate.quad(lambda x: expit(x) * wider.pdf(x), mode - 30, mode + 30)[0]
    assert known.rates(codes, 0.7)[0] == pytest.approx(mean, rel=1e-5)


def test_with_many_answers_it_finds_the_truth() -> None:
    whole = STUDY.study_of()
    study = replace(whole, n=whole.n * 10_000)
    rates = expit(truth().logits(study.codes))
    known = STUDY.oracle(truth(), study, study.n * rates)
    np.testing.assert_allclose(known.rates(study.codes), rates, atol=2e-3)


# What is counted


def test_errors_are_those_of_studies_not_of_values() -> None:
    rng = np.random.default_rng(5)
    above, below = rng.random((30, 4)), rng.random((30, 4)) + 1
    ratio, error = STUDY.of_sums(above, below)
    assert ratio == pytest.approx(above.sum() / below.sum())
    without = [np.delete(above, at, 0).sum() / np.delete(below, at, 0).sum() for at in range(30)]
    jackknife = np.sqrt(29 / 30 * ((without - np.mean(without)) ** 2).sum())
    assert error == pytest.approx(jackknife, rel=0.02)


def test_coverage_and_errors_by_hand() -> None:
    found = {
        "truth": np.array([[0.5, 0.2], [0.4, 0.9]]),
        "low": np.array([[0.4, 0.25], [0.4, 0.1]]),
        "high": np.array([[0.6, 0.3], [0.5, 0.95]]),
        "pooled": np.array([[0.5, 0.3], [0.5, 0.9]]),
        "oracle": np.array([[0.4, 0.2], [0.4, 0.8]]),
        "direct": np.array([[0.7, 0.2], [0.4, np.nan]]),
    }
    row = STUDY.held(found, np.ones((2, 2), dtype=bool))
    assert (row["studies"], row["values"], row["coverage"]) == (2, 4, 0.75)
    assert row["mean_width"] == pytest.approx((0.2 + 0.05 + 0.1 + 0.85) / 4)
    assert row["mse_pooled"] == pytest.approx(0.02 / 4)
    assert row["mse_oracle"] == pytest.approx(0.02 / 4)
    assert row["mse_direct"] == pytest.approx(0.04 / 3)
    assert row["over_direct"] == pytest.approx(0.02 / 0.04)
    assert row["over_oracle"] == pytest.approx(1)
    (without,) = [STUDY.held(found, np.array([[False, False], [False, True]]))]
    assert np.isnan(without["over_direct"])
    assert np.isnan(without["mse_direct"])


def test_sizes_are_told_apart_at_their_limits() -> None:
    sizes = np.array([[0, 1, 19, 20, 49, 50, 99, 100]] * 2)
    values = np.full(sizes.shape, 0.5)
    found = dict.fromkeys(("truth", "low", "high", "pooled", "oracle", "direct"), values)
    names = ("mean of programmes", "its programmes", "programme in cell", "new programme",
             "observed")  # fmt: skip
    rows = list(STUDY.summary([{name: {"n": sizes[0]} | {k: v[0] for k, v in found.items()}
                                for name in names}] * 2))  # fmt: skip
    first = {row["answers"]: row["values"] for row in rows if row["what"] == names[0]}
    assert first == {"all": 16, "none": 2, "1 to 19": 4, "20 to 49": 4, "50 to 99": 4,
                     "100 and more": 2}  # fmt: skip


# What the tables say


def test_the_tables_are_of_all_studies() -> None:
    assert len(studies()) == STUDY.STUDIES >= 200
    assert [int(row["study"]) for row in studies()] == list(range(STUDY.STUDIES))
    assert all(row["studies"] == STUDY.STUDIES for row in table().values())
    assert table()["new programme", "all"]["values"] == STUDY.STUDIES * STUDY.FRESH >= 2_000
    assert table()["mean of programmes", "all"]["values"] == STUDY.STUDIES * 40


@pytest.mark.parametrize("what", ["mean of programmes", "new programme", "observed"])
def test_intervals_hold_what_they_say(what: str) -> None:
    row = table()[what, "all"]
    assert 0.87 <= row["coverage"] <= 0.93


def test_pooling_is_closer_than_the_direct_estimate_at_every_size() -> None:
    for (what, answers), row in table().items():
        if row["mse_direct"] is not None:
            assert row["mse_pooled"] < row["mse_direct"], (what, answers)
            assert row["over_direct"] + 2 * row["over_direct_se"] < 1, (what, answers)


def test_pooling_is_about_as_close_as_if_the_scales_were_known() -> None:
    for (what, answers), row in table().items():
        if row["mse_oracle"] is not None:
            assert row["over_oracle"] <= 1.15, (what, answers)


def test_truths_are_anywhere_among_the_draws() -> None:
    names = [name for name in studies()[0] if name.startswith("rank: ")]
    assert len(names) == 18
    smallest = 1.0
    for name in names:
        counts = np.bincount([int(row[name]) // 10 for row in studies()], minlength=10)
        expected = STUDY.STUDIES / 10
        statistic = ((counts - expected) ** 2 / expected).sum()
        smallest = min(smallest, stats.chi2(9).sf(statistic))
    assert smallest * len(names) > 0.05


# Slow: studies again


@pytest.mark.slow
def test_studies_are_what_the_table_says() -> None:
    """The sampler gives the same draws on the same machine, and close ones on others."""
    for number in (0, 1, 2):
        row = STUDY.simulated(number)["row"]
        for name, value in row.items():
            if name.startswith("rank: "):
                assert abs(value - int(studies()[number][name])) <= 20, name


@pytest.mark.slow
def test_other_seeds_give_the_table_within_monte_carlo_error() -> None:
    rows = STUDY.summary([STUDY.simulated(number) for number in range(10_000, 10_020)])
    for row in rows:
        if row["answers"] == "all" and "coverage" in row:
            committed = table()[row["what"], "all"]
            error = np.hypot(row["coverage_se"], committed["coverage_se"])
            assert abs(row["coverage"] - committed["coverage"]) < 4 * error
