"""What the next programme should expect, from a posterior whose answer is known by integration."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import integrate, stats
from scipy.special import expit
from tests.estimation.pooling.posteriors import FAILED, logit, tiny

from advocacy.errors import AdvocacyError, DataError, UsageError
from advocacy.estimation.pooling.beside import beside
from advocacy.estimation.pooling.effective_counts import EffectiveCounts
from advocacy.estimation.pooling.posterior import Posterior
from advocacy.estimation.pooling.predictions import expectation, next_programme, pooled_rates

CELL = {"sector": "B2B", "industry": "G", "country": "NO"}
DRAWS = 4000


def certain() -> Posterior:
    """Return a posterior all of whose draws are the same."""
    return tiny(DRAWS, spread=0)


def moments(eta: float, tau: float) -> tuple[float, float]:
    """Return mean and mean square of expit(eta + N(0, tau^2)), by adaptive integration."""
    density = stats.norm(eta, tau).pdf
    found = [
        integrate.quad(lambda v, p=p: expit(v) ** p * density(v), eta - 9 * tau, eta + 9 * tau)[0]
        for p in (1, 2)
    ]
    return found[0], found[1]


def rows(posterior: Posterior, **asked: Any) -> pd.DataFrame:
    frame = expectation(posterior, **asked).to_pandas()
    return frame.set_index(frame["term"].where(frame["term"].notna(), frame["quantity"]))


def test_mean_and_limits_are_those_of_the_logistic_normal() -> None:
    posterior = certain()
    eta = logit(posterior, 0, **CELL, score_band="10")
    tau = float(posterior.between[0])
    found = rows(posterior, where=CELL)
    assert found.loc["rate", "estimate"] == pytest.approx(moments(eta, tau)[0], abs=1e-7)
    assert found.loc["rate", "std_error"] == pytest.approx(0, abs=1e-12)
    for limit, sign in (("conf_low", -1), ("conf_high", 1)):
        wanted = expit(eta + sign * stats.norm.ppf(0.95) * tau)
        assert found.loc["prediction", limit] == pytest.approx(wanted, abs=0.004)
    assert found.loc["programme", "estimate"] == 1
    assert "answers" not in found.index


@pytest.mark.parametrize("n", [1, 40, 10_000])
def test_answers_take_the_share_that_binomial_sampling_has(n: int) -> None:
    posterior = certain()
    tau = float(posterior.between[0])
    mean, square = moments(logit(posterior, 0, **CELL, score_band="10"), tau)
    between, sampling = square - mean**2, (mean - square) / n
    found = rows(posterior, where=CELL, n=n)
    wanted = sampling / (between + sampling)
    assert found.loc["answers", "estimate"] == pytest.approx(wanted, abs=1e-6)
    assert found.loc["prediction", "std_error"] ** 2 == pytest.approx(between + sampling, rel=0.03)


def test_shares_sum_to_one_and_explain_the_prediction() -> None:
    posterior = tiny(DRAWS, spread=0.4)
    found = rows(posterior, where=CELL, n=60)
    shares = found[found.quantity == "share"].estimate
    assert list(shares.index) == ["mean", "programme", "answers"]
    assert shares.sum() == pytest.approx(1)
    variance = found.loc["prediction", "std_error"] ** 2
    assert found.loc["rate", "std_error"] ** 2 / variance == pytest.approx(shares["mean"], rel=0.03)


def test_the_uncertainty_of_a_country_unseen_is_of_the_mean() -> None:
    posterior = certain()
    term = next(term for term in posterior.terms if term.segments == ("country",))
    crossed = next(term for term in posterior.terms if term.segments == ("industry", "country"))
    known = {name: value for name, value in CELL.items() if name != "country"}
    eta, tau = logit(posterior, 0, **known, score_band="10"), float(posterior.between[0])
    spread = float(np.hypot(term.scale[0], crossed.scale[0]))  # type: ignore[index]
    pairs = [moments(eta + spread * u, tau) for u in stats.norm.ppf(np.arange(0.005, 1, 0.01))]
    means, squares = np.transpose(pairs)
    found = rows(posterior, where=CELL | {"country": "SE"})
    assert found.loc["rate", "estimate"] == pytest.approx(np.mean(means), abs=0.01)
    assert found.loc["rate", "std_error"] == pytest.approx(np.std(means), rel=0.06)
    differ = (squares - means**2).mean()
    wanted = means.var() / (means.var() + differ)
    assert found.loc["mean", "estimate"] == pytest.approx(wanted, rel=0.1)


def test_it_is_the_prediction_and_in_a_full_cell_the_mean_of_pooled_rates() -> None:
    posterior = tiny(DRAWS)
    found = rows(posterior, where=CELL, n=25, seed=3, conf_level=0.8)
    prediction = next_programme(posterior, where=CELL, n=25, seed=3, conf_level=0.8).to_pandas()
    rates = pooled_rates(posterior, conf_level=0.8).to_pandas().set_index(list(CELL))
    parts = ["estimate", "conf_low", "conf_high"]
    assert found.loc["prediction", parts].tolist() == prediction.loc[0, parts].tolist()
    own = rates.loc[tuple(CELL.values())]
    assert found.loc["rate", parts].tolist() == pytest.approx(own[parts].tolist())
    assert found.loc["rate", "n"] == own["n"]


def test_segments_left_open_are_mixed_as_programmes_are() -> None:
    posterior = certain()
    tau = float(posterior.between[0])
    own = [row for row in posterior.cells.to_pylist() if row["score_band"] == "10"]
    own = [row for row in own if (row["sector"], row["country"]) == ("B2C", "DK")]
    keys = ("sector", "industry", "country", "score_band")
    pairs = [moments(logit(posterior, 0, **{k: row[k] for k in keys}), tau) for row in own]
    weights = [row["n_programmes"] for row in own]
    mean, square = np.average(pairs, axis=0, weights=weights)
    found = rows(posterior, where={"sector": "B2C", "country": "DK"}, n=50)
    assert found.loc["rate", "estimate"] == pytest.approx(mean, abs=1e-7)
    total = square - mean**2 + (mean - square) / 50
    assert found.loc["programme", "estimate"] == pytest.approx((square - mean**2) / total)


def test_without_a_level_it_is_of_any_programme() -> None:
    found = expectation(tiny(50))
    assert found.by == ("term",)
    assert found.table.column("quantity").to_pylist() == ["prediction", "rate", "share", "share"]


# What is withheld has no part


def without(posterior: Posterior, *hidden: tuple[str, str, str]) -> Posterior:
    """Return a posterior without the numbers of these cells."""
    numbers = ("n", "n_eff", "n_numerator", "n_programmes")
    listed = [
        row | dict.fromkeys(numbers)
        if (row["sector"], row["industry"], row["country"]) in hidden
        else row
        for row in posterior.cells.to_pylist()
    ]
    return replace(posterior, cells=pa.Table.from_pylist(listed, posterior.cells.schema))


def test_a_cell_whose_numbers_are_withheld_has_no_part_in_averages() -> None:
    posterior = certain()
    hidden = [("B2B", industry, "DK") for industry in ("C", "H")]
    where = {"sector": "B2B", "country": "DK"}
    found = rows(without(posterior, *hidden), where=where)
    only = rows(posterior, where=where | {"industry": "G"})
    assert found.loc["rate", "estimate"] == pytest.approx(only.loc["rate", "estimate"])
    rates = pooled_rates(without(posterior, *hidden), by=["sector", "country"]).to_pandas()
    assert rates.estimate[0] == pytest.approx(only.loc["rate", "estimate"])


def test_where_all_of_a_row_is_withheld_it_is_spread_as_in_the_whole_study() -> None:
    posterior = certain()
    where = {"sector": "B2C", "country": "DK"}
    found = rows(without(posterior, *(("B2C", i, "DK") for i in ("C", "G", "H"))), where=where)
    shown = [
        row
        for row in posterior.cells.to_pylist()
        if row["score_band"] == "10" and (row["sector"], row["country"]) != ("B2C", "DK")
    ]
    tau, keys = float(posterior.between[0]), {"score_band": "10"} | where
    means = [
        moments(logit(posterior, 0, industry=row["industry"], **keys), tau)[0] for row in shown
    ]
    wanted = np.average(means, weights=[row["n_programmes"] for row in shown])
    assert found.loc["rate", "estimate"] == pytest.approx(wanted, abs=1e-7)


def test_an_average_by_nothing_but_withheld_numbers_is_refused() -> None:
    posterior = tiny()
    everything = [
        (row["sector"], row["industry"], row["country"]) for row in posterior.cells.to_pylist()
    ]
    for ask in (expectation, lambda p: pooled_rates(p, by=["sector"])):
        with pytest.raises(DataError, match="withheld") as caught:
            ask(without(posterior, *everything))
        assert "margins" in caught.value.remedy
    assert len(expectation(without(posterior, *everything), where=CELL)) == 4


@pytest.mark.parametrize(
    ("asked", "kind", "said"),
    [
        ({"where": {"sector": "B2G"}}, UsageError, "no sector 'B2G'"),
        ({"where": {"year": "2024"}}, UsageError, "no segment 'year'"),
        ({"intent": "promoters"}, UsageError, "no score band"),
        ({"n": 0}, UsageError, "0 answers"),
        ({"conf_level": 1.0}, UsageError, "not between 0 and 1"),
    ],
)
def test_what_has_no_answer_is_refused(
    asked: dict[str, Any], kind: type[AdvocacyError], said: str
) -> None:
    with pytest.raises(kind, match=said):
        expectation(tiny(), **asked)


def test_a_fit_that_misses_its_diagnostics_says_nothing() -> None:
    with pytest.raises(DataError, match="not to be relied on"):
        expectation(replace(tiny(), diagnostics=FAILED))


# The kind of evidence of a comparison


def counts(kind: str) -> EffectiveCounts:
    keys = pa.table({"programme": ["P"], "score_band": ["10"]} | {k: [v] for k, v in CELL.items()})
    one = np.array([9])
    return EffectiveCounts(keys, np.array([5.0]), np.array([9.0]), one, one - 4, 0, kind)


@pytest.mark.parametrize(
    ("study", "own", "kind"),
    [
        ("simulated", "simulated", "simulated"),
        ("simulated", "collected", "simulated"),
        ("collected", "simulated", "simulated"),
        ("collected", "collected", "collected"),
    ],
)
def test_what_is_held_beside_a_simulated_study_is_simulated(
    study: str, own: str, kind: str
) -> None:
    posterior = tiny()
    posterior = replace(posterior, labels=dict(posterior.labels) | {"source_kind": study})
    found = beside(posterior, counts(own)).table
    assert found.column("source_kind").to_pylist() == [kind] * 3
