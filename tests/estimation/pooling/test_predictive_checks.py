"""Posterior predictive checks: they pass where the model is right and fail where it is not.

Oracles: moments and rates by hand; counts drawn from the model and from others, given draws that
are the truth itself, so that nothing is fitted.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from advocacy.errors import DataError
from advocacy.estimation.pooling.effective_counts import EffectiveCounts
from advocacy.estimation.pooling.layout import laid_out
from advocacy.estimation.pooling.multilevel import Pooled
from advocacy.estimation.pooling.posterior import Diagnostics, Posterior, Term
from advocacy.estimation.pooling.predictive_checks import (
    PredictiveChecks,
    predictive_checks,
    programme_rates,
    replicated,
)

BANDS = ("0-6", "7-8", "9", "10")
COUNTRIES = ("DK", "NO")
PROGRAMMES, DRAWS = 120, 300
BETWEEN, WITHIN = 0.6, 0.3
PASSED = Diagnostics(1.0, 1e3, 1e3, ("", "", ""), 0, 4, DRAWS)


def keys_of() -> pa.Table:
    rows = [
        {"programme": f"p{p:03d}", "score_band": band, "country": country}
        for p in range(PROGRAMMES)
        for band in BANDS
        for country in COUNTRIES
    ]
    return pa.Table.from_pylist(rows)


def effects_of(
    rng: np.random.Generator, between: float, within: float
) -> tuple[np.ndarray, np.ndarray]:
    own = rng.normal(0, within, (PROGRAMMES, 4))
    return rng.normal(0, between, PROGRAMMES), own - own.mean(axis=1, keepdims=True)


SCORE, COUNTRY = np.array([-0.9, -0.3, 0.3, 0.9]), np.array([-0.2, 0.2])


def rates_of(programme: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Return rates in the order of the keys, by hand."""
    logits = (0.1 + programme[:, None, None] + own[:, :, None] + SCORE[:, None] + COUNTRY).ravel()
    return 1 / (1 + np.exp(-logits))


def example(
    seed: int,
    *,
    between: float = BETWEEN,
    within: float = WITHIN,
    known: tuple[float, float] = (BETWEEN, WITHIN),
    overdispersion: float = 0.0,
) -> tuple[Pooled, EffectiveCounts]:
    """Return counts, and a posterior that is the truth but for what the arguments change.

    ``between`` and ``within`` are how programmes and their bands differ, ``known`` what the
    posterior holds of them; ``overdispersion`` is the correlation of two ratings of one count.
    """
    rng = np.random.default_rng(seed)
    programme, own = effects_of(rng, between, within)
    rates = rates_of(programme, own)
    if overdispersion:
        both = 1 / overdispersion - 1
        rates = rng.beta(rates * both, (1 - rates) * both)
    n = rng.integers(10, 80, len(rates)).astype(np.float64)
    y = rng.binomial(n.astype(int), rates).astype(np.float64)
    counts = EffectiveCounts(keys_of(), y, n, n.astype(int), y.astype(int), 0, "simulated")
    return Pooled(posterior_of(*known), laid_out(counts), *repeated(programme, own)), counts


def repeated(*values: np.ndarray) -> list[np.ndarray]:
    return [np.repeat(own[None], DRAWS, axis=0) for own in values]


def posterior_of(between: float, within: float) -> Posterior:
    terms = (
        Term(("score_band",), (BANDS,), np.tile(SCORE, (DRAWS, 1)), None),
        Term(("country",), (COUNTRIES,), np.tile(COUNTRY, (DRAWS, 1)), np.full(DRAWS, 0.2)),
    )
    cells = pa.table({"country": ["DK"], "score_band": ["10"], "n": [1]})
    constants = (np.full(DRAWS, value) for value in (between, within))
    return Posterior(
        np.full(DRAWS, 0.1), terms, *constants, BANDS, cells, {"source_kind": "simulated"}, PASSED
    )


def checked(seed: int, **what: Any) -> PredictiveChecks:
    return predictive_checks(*example(seed, **what), seed=seed)


# The draws


def test_the_rates_behind_counts_are_those_by_hand() -> None:
    pooled, counts = example(1)
    chosen = np.array(counts.keys.column("score_band").to_pylist()) == "9"
    rates = rates_of(pooled.programme[0], pooled.programme_score[0])
    found = programme_rates(pooled, chosen)
    assert found.shape == (DRAWS, 2 * PROGRAMMES)
    np.testing.assert_allclose(found, np.tile(rates[chosen], (DRAWS, 1)), rtol=1e-12)


@pytest.mark.parametrize("n", [0.3, 1.0, 2.7, 40.5])
def test_fractions_of_answers_have_the_mean_and_variance_of_their_number(n: float) -> None:
    size, rate = 200_000, 0.3
    drawn = replicated(np.full(size, n), np.full(size, rate), np.random.default_rng(1))
    variance = n * rate * (1 - rate)
    assert abs(drawn.mean() - n * rate) < 4 * np.sqrt(variance / size)
    assert drawn.var() == pytest.approx(variance, rel=0.02)


# Where the model is right


def test_counts_of_the_model_are_anywhere_among_those_drawn() -> None:
    found = [checked(seed) for seed in range(10)]
    above = np.concatenate([own.programmes.column("above").to_numpy() for own in found])
    assert np.histogram(above, bins=5, range=(0, 1))[0] == pytest.approx(len(above) / 5, rel=0.1)
    outside = np.mean([own.programmes_outside for own in found])
    # Bands of a programme go together: about as many as programmes are independent.
    assert abs(outside - 0.1) < 4 * np.sqrt(0.09 / (10 * PROGRAMMES))
    p_values = np.concatenate([own.discrepancies.column("p_value").to_numpy() for own in found])
    assert 0.3 < p_values.mean() < 0.7
    assert p_values.min() > 1e-3


def test_bands_of_a_programme_are_drawn_as_what_they_have_beyond_it() -> None:
    large = {"between": 0.0, "within": 1.5, "known": (1e-6, 1.5)}
    outside = np.mean([checked(seed, **large).programmes_outside for seed in range(10)])
    # Drawn with a variance 4/3 as large, 7 % would be outside.
    assert abs(outside - 0.1) < 4 * np.sqrt(0.09 / (10 * PROGRAMMES * 3))


def test_a_row_for_each_programme_and_each_cell_in_each_band() -> None:
    pooled, counts = example(2)
    found = predictive_checks(pooled, counts)
    assert found.programmes.num_rows == PROGRAMMES * 4
    assert found.cells.num_rows == 2 * 4
    row = found.cells.to_pylist()[0]
    names = [counts.keys.column(name).to_pylist() for name in ("country", "score_band")]
    within = (np.array(names[0]) == row["country"]) & (np.array(names[1]) == row["score_band"])
    assert row["n_eff"] == pytest.approx(counts.n[within].sum())
    assert row["observed"] == pytest.approx(counts.y[within].sum() / counts.n[within].sum())
    assert row["low"] < row["high"]
    assert found.discrepancies.column("score_band").to_pylist() == list(BANDS)
    # Of counts that the model has given, the discrepancy is chi-square with a count a degree.
    size = 2 * PROGRAMMES
    for name in ("observed", "replicated"):
        for value in found.discrepancies.column(name).to_pylist():
            assert abs(value - size) < 5 * np.sqrt(2 * size)


# Where it is not


def test_ratings_that_are_alike_within_a_count_are_found() -> None:
    found = checked(3, overdispersion=0.05)
    assert max(found.discrepancies.column("p_value").to_pylist()) < 0.01
    observed, drawn = (found.discrepancies.column(n).to_numpy() for n in ("observed", "replicated"))
    # Two ratings with a correlation of 0.05 among n: a variance 1 + 0.05 (n - 1) times as large.
    assert (observed / drawn).mean() == pytest.approx(1 + 0.05 * 43.5, rel=0.25)


def test_programmes_that_differ_more_than_the_model_says_are_found() -> None:
    found = checked(4, between=2 * BETWEEN)
    assert found.programmes_outside > 0.25
    # Given the programmes, their ratings are as they should be.
    assert min(found.discrepancies.column("p_value").to_pylist()) > 0.01


def test_programmes_that_differ_less_are_found() -> None:
    assert checked(5, between=0.0).programmes_outside < 0.04


def test_a_fit_that_missed_its_diagnostics_is_refused() -> None:
    pooled, counts = example(6)
    failed = replace(pooled.posterior, diagnostics=replace(PASSED, divergences=3))
    with pytest.raises(DataError, match="3 divergences"):
        predictive_checks(replace(pooled, posterior=failed), counts)
