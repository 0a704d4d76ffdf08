"""How often intervals hold the truth: the simulation, and the table that it has given.

Oracles: the exact coverage of a binomial sample, each sample estimated alone, truths and designs
computed by hand. Slow: the whole table again, and designs with other seeds.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy import stats

from advocacy.estimation import estimate
from advocacy.survey import survey_design

ANALYSIS = Path(__file__).parents[2] / "analysis" / "validation"
# The bar was set before the first run. Where it is missed stands in the book, with the reason.
MISSED = {
    "korn_graubard": {"12 PSUs near 1", "20 programmes"},
    # Counts are whole, and of small populations most of which were asked there are few.
    "logit": {"SRS of 100", "54 of 60", "180 of 200, rare", "36 of 40 PSUs, finite"},
}
SIMPLE = {"SRS of 30": (30, 0.5), "SRS of 100": (100, 0.1), "SRS of 1000": (1_000, 0.02)}
FEW = 400

Row = dict[str, Any]


def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "coverage_study", ANALYSIS / "interval_coverage.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


STUDY = loaded()
DESIGNS = {design.name: design for design in STUDY.DESIGNS}
TEXT = {"design", "about", "target", "interval"}


def parsed(text: str) -> dict[tuple[str, str], Row]:
    return {
        (row["design"], row["interval"]): {
            key: value if key in TEXT else float(value) for key, value in row.items()
        }
        for row in csv.DictReader(io.StringIO(text))
    }


@cache
def table() -> dict[tuple[str, str], Row]:
    return parsed((ANALYSIS / "coverage.csv").read_text(encoding="utf-8"))


def same(row: Row, committed: Row, **tolerance: float) -> None:
    for key, value in row.items():
        if key in TEXT:
            assert value == committed[key]
        else:
            assert value == pytest.approx(committed[key], **tolerance), key


def drawn(name: str, samples: int, seed: int = 1) -> dict[str, Any]:
    columns: dict[str, Any] = DESIGNS[name].draw(samples, np.random.default_rng(seed))
    return columns


def again(name: str, seed: np.random.SeedSequence, size: int) -> dict[tuple[str, str], Row]:
    design = DESIGNS[name]
    return parsed(
        STUDY.csv_of(list(STUDY.coverage(design, STUDY.simulate(design, seed, size), size)))
    )


# What the table says


def test_the_table_holds_the_designs_of_the_study() -> None:
    rows = table()
    intervals = ["korn_graubard", "beta", "logit", "wilson", "wald"]
    assert len(DESIGNS) == 30
    assert list(rows) == [(name, interval) for name in DESIGNS for interval in intervals]
    for (name, _), row in rows.items():
        design = DESIGNS[name]
        assert (row["about"], row["target"]) == (design.about, design.target)
        assert row["truth"] == pytest.approx(design.truth, rel=1e-5)
        assert row["simulations"] == 2_000


def test_the_bar_holds_but_where_the_book_says_that_it_does_not() -> None:
    missed: dict[str, set[str]] = {"korn_graubard": set(), "logit": set()}
    for (name, interval), row in table().items():
        if interval == "korn_graubard" and row["coverage"] < 0.94:
            missed[interval].add(name)
        barred = row["df"] >= 20 and row["smaller_count"] >= 10
        if interval == "logit" and barred and not 0.935 <= row["coverage"] <= 0.965:
            missed[interval].add(name)
    assert missed == MISSED


def test_every_sample_is_held_missed_on_one_side_or_without_interval() -> None:
    for row in table().values():
        parts = [row[key] for key in ("coverage", "above_truth", "below_truth", "without")]
        assert sum(parts) == pytest.approx(1, abs=1e-5)
        assert row["coverage_se"] == pytest.approx(
            np.sqrt(row["coverage"] * (1 - row["coverage"]) / 2_000), rel=1e-4
        )


def test_the_estimates_are_centred_on_the_truth() -> None:
    for (name, _), row in table().items():
        error = row["sd_estimate"] / np.sqrt(row["simulations"])
        assert abs(row["mean_estimate"] - row["truth"]) < 4 * error, name


# The exact coverage of a simple random sample


def limits(k: int, n: int) -> dict[str, tuple[float, float]]:
    """Return textbook limits for k of n, where the design effect is n/(n - 1) and df is n - 1."""
    p, t = k / n, stats.t.ppf(0.975, n - 1)
    se = np.sqrt(p * (1 - p) / (n - 1))
    if k in (0, n):
        nothing = (np.nan, np.nan)
        exact = stats.binomtest(k, n).proportion_ci(0.95, "exact")
        ratio = t**2 / n
        score = (0.0, ratio / (1 + ratio)) if k == 0 else (1 / (1 + ratio), 1.0)
        boundary = {"korn_graubard": (exact.low, exact.high), "wilson": score, "wald": (p, p)}
        return boundary | {"beta": nothing, "logit": nothing}
    m = n - 1
    clopper_pearson = (
        stats.beta.ppf(0.025, m * p, m * (1 - p) + 1),
        stats.beta.ppf(0.975, m * p + 1, m * (1 - p)),
    )
    logit = stats.logistic.ppf(p) + np.array([-1, 1]) * t * se / (p * (1 - p))
    # Wilson's limits solve (p - x)^2 = t^2 x (1 - x) / m.
    score = np.sort(np.roots([1 + t**2 / m, -2 * p - t**2 / m, p**2]).real)
    return {
        "korn_graubard": clopper_pearson,
        "beta": clopper_pearson,
        "logit": tuple(stats.logistic.cdf(logit)),
        "wilson": tuple(score),
        "wald": (p - t * se, p + t * se),
    }


def exact_coverage(n: int, p: float, interval: str) -> float:
    ends = [limits(k, n)[interval] for k in range(n + 1)]
    held = np.array([low <= p <= high for low, high in ends])
    return float(stats.binom.pmf(np.arange(n + 1), n, p)[held].sum())


@cache
def few(name: str) -> dict[tuple[str, str], Row]:
    """Return the rows of a simulation with another seed and few samples."""
    return again(name, np.random.SeedSequence(7), FEW)


@pytest.mark.parametrize("interval", ["korn_graubard", "beta", "logit", "wilson", "wald"])
@pytest.mark.parametrize(
    "name", [*list(SIMPLE)[:2], pytest.param("SRS of 1000", marks=pytest.mark.heavy)]
)
def test_a_simple_random_sample_is_held_as_often_as_the_binomial_says(
    name: str, interval: str
) -> None:
    n, p = SIMPLE[name]
    exact = exact_coverage(n, p, interval)
    assert abs(table()[name, interval]["coverage"] - exact) < 4 * np.sqrt(exact * (1 - exact) / 2e3)
    fewer = few(name)[name, interval]["coverage"]
    assert abs(fewer - exact) < 4 * np.sqrt(exact * (1 - exact) / FEW)


def test_logit_misses_its_bar_at_100_ratings_because_counts_are_whole() -> None:
    assert exact_coverage(100, 0.1, "logit") == pytest.approx(0.9716, abs=5e-4)


# The harness


@pytest.mark.parametrize("name", DESIGNS)
def test_samples_estimated_together_are_as_each_alone(name: str) -> None:
    design, columns = DESIGNS[name], drawn(name, 3)
    together = STUDY.estimates_of(design, columns).table.to_pylist()
    assert len(together) == 3
    for sample, row in enumerate(together):
        own = {key: values[columns["sample"] == sample] for key, values in columns.items()}
        responses = STUDY.responses_of(own)
        drawn_as = survey_design(responses, design.target, weight_scaling=design.scaling)
        (alone,) = estimate(responses, design=drawn_as).table.to_pylist()
        for key in ("estimate", "std_error", "conf_low", "conf_high", "df", "n"):
            assert row[key] == pytest.approx(alone[key], rel=1e-11), (sample, key)


def test_the_limits_are_those_of_the_estimates() -> None:
    name = "two stages, finite"
    found = STUDY.estimates_of(DESIGNS[name], drawn(name, 40)).table
    low, high, truth = (*(found.column(f"conf_{end}").to_numpy() for end in ("low", "high")), 0.6)
    design = STUDY.Design(name, "", "as_given", truth, lambda *_: drawn(name, 40))
    row = next(STUDY.coverage(design, STUDY.simulate(design, np.random.SeedSequence(1), 40), 40))
    assert row["interval"] == "korn_graubard"
    assert row["coverage"] == np.mean((low <= truth) & (truth <= high))
    assert row["mean_width"] == pytest.approx((high - low).mean(), rel=1e-12)


def test_a_sample_without_interval_or_estimate_counts_as_a_miss() -> None:
    results = STUDY.Results(
        estimate=np.array([0.5, 0.9, 0.1, 0.5]),
        variance=np.full(4, 0.0025),
        df=np.array([99.0, 99.0, 99.0, 0.0]),
        n=np.full(4, 100.0),
        n_eff=np.array([100.0, 36.0, 36.0, 100.0]),
        low=np.array([0.4, 0.8, 0.05, np.nan]),
        high=np.array([0.6, 0.95, 0.2, np.nan]),
    )
    design = STUDY.Design("by hand", "", "as_given", 0.5, STUDY.simple(100, 0.5)[1])
    for row in STUDY.coverage(design, results, 5):
        counted = [row[key] for key in ("coverage", "above_truth", "below_truth", "without")]
        assert counted == pytest.approx([0.2, 0.2, 0.2, 0.4])
        assert row["coverage_se"] == pytest.approx(np.sqrt(0.2 * 0.8 / 5))
    # Of the samples in which every method gives an interval; row is Wald's.
    assert row["mean_width"] == pytest.approx(2 * stats.t.ppf(0.975, 99) * 0.05)


def test_the_same_seed_gives_the_same_rows() -> None:
    for key, row in again("SRS of 30", STUDY.seeds()["SRS of 30"], 2_000).items():
        same(row, table()[key], rel=1e-5)


# What the designs say of themselves


@pytest.mark.parametrize(
    ("name", "truth"),
    [
        ("4 strata in proportion", 0.4 * 0.2 + 0.3 * 0.4 + 0.2 * 0.6 + 0.1 * 0.8),
        ("4 strata of equal n", 0.5 * 0.95 + 0.3 * 0.9 + 0.15 * 0.8 + 0.05 * 0.7),
        ("score 10 in 40 PSUs", 0.422),
        ("finite population", 200 / 500),
        ("80 programmes", (5 * 0.6 + 9 * 0.5 + 18 * 0.4) / (5 + 9 + 18)),
        ("equal programmes", (0.7 + 0.65 + 0.6 + 0.55 + 0.5 + 0.45 + 0.4 + 0.35) / 8),
    ],
)
def test_truths_by_hand(name: str, truth: float) -> None:
    assert DESIGNS[name].truth == pytest.approx(truth, rel=1e-12)


def test_the_truth_of_a_domain_whose_size_goes_with_its_rate() -> None:
    share = stats.beta(2.7, 6.3)
    truth = share.expect(lambda s: s * (0.2 + 0.6 * s)) / share.mean()
    assert DESIGNS["score 10 in 40 PSUs"].truth == pytest.approx(truth, rel=1e-8)


@pytest.mark.parametrize(
    ("name", "psus", "icc"), [("6 PSUs", 6, 0.2), ("40 PSUs", 40, 0.1), ("12 PSUs near 1", 12, 0.1)]
)
def test_ratings_of_a_psu_are_as_alike_as_is_said(name: str, psus: int, icc: float) -> None:
    columns, p = drawn(name, 2_000), DESIGNS[name].truth
    unit = columns["sample"] * psus + columns["psu"]
    hits, size = np.bincount(unit, weights=columns["recommended"]), np.bincount(unit)[0]
    pairs = hits * (hits - 1) / (size * (size - 1))  # share of pairs in which both recommended
    found = (pairs - p**2) / (p * (1 - p))
    assert abs(found.mean() - icc) < 4 * found.std() / np.sqrt(len(found))


@pytest.mark.parametrize(("name", "cv"), [("unequal weights", 0.5), ("informative weights", 1.0)])
def test_weights_vary_as_is_said_and_undo_the_selection(name: str, cv: float) -> None:
    columns = drawn(name, 400)
    weight, hits = columns["weight"], columns["weight"] * columns["recommended"]
    assert weight.std() / weight.mean() == pytest.approx(cv, rel=0.1)
    for values, total in ((weight, 5_000), (hits, 5_000 * DESIGNS[name].truth)):
        sums = np.bincount(columns["sample"], weights=values)
        assert abs(sums.mean() - total) < 4 * sums.std() / np.sqrt(len(sums))


def test_two_stages_are_drawn_without_replacement_and_undone_by_the_weights() -> None:
    columns = drawn("two stages, finite", 500)
    sample, psu, weight = columns["sample"], columns["psu"], columns["weight"]
    assert len(np.unique((sample * 60 + psu) * 40 + columns["ssu"])) == 500 * 20 * 8
    assert set(np.unique(sample * 60 + psu, return_counts=True)[1]) == {8}
    assert (columns["ssu"] < columns["fpc_ssu"]).all()
    customers = columns["fpc_ssu"][np.unique(psu, return_index=True)[1]].sum()
    truth = DESIGNS["two stages, finite"].truth
    for values, total in (
        (weight, customers),
        (weight * columns["recommended"], customers * truth),
    ):
        sums = np.bincount(sample, weights=values)
        assert abs(sums.mean() - total) < 4 * sums.std() / np.sqrt(len(sums))


def test_a_finite_population_is_drawn_without_replacement() -> None:
    columns = drawn("finite population", 4_000)
    hits = np.bincount(columns["sample"], weights=columns["recommended"])
    law = stats.hypergeom(500, 200, 150)
    assert abs(hits.mean() - law.mean()) < 4 * law.std() / np.sqrt(4_000)
    assert hits.std() == pytest.approx(law.std(), rel=0.05)


def test_missing_answers_say_nothing_of_behaviour() -> None:
    columns = drawn("behaviour missing", 500)
    missing, recommended = columns["missing"], columns["recommended"]
    assert missing.mean() == pytest.approx(0.3, abs=0.01)
    assert recommended[missing].mean() == pytest.approx(recommended[~missing].mean(), abs=0.01)


# Slow: the simulation again


@pytest.mark.slow
def test_the_table_is_what_the_study_gives() -> None:
    for name, seed in STUDY.seeds().items():
        for key, row in again(name, seed, 2_000).items():
            same(row, table()[key], rel=1e-3, abs=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["12 PSUs", "12 PSUs near 1", "informative weights", "score 10 in 40 PSUs",
     "two stages, finite", "20 programmes", "equal programmes"],
)  # fmt: skip
def test_other_seeds_give_the_table_within_monte_carlo_error(
    name: str, record_property: Callable[[str, object], None]
) -> None:
    for (_, interval), row in again(name, np.random.SeedSequence(4), 500).items():
        committed = table()[name, interval]
        error = np.hypot(row["coverage_se"], committed["coverage_se"])
        if interval == "korn_graubard":
            record_property(
                f"coverage, {name}", f"{row['coverage']:.3f}, in the table {committed['coverage']}"
            )
        assert abs(row["coverage"] - committed["coverage"]) < 4 * error
        assert row["mean_width"] == pytest.approx(committed["mean_width"], rel=0.1)
