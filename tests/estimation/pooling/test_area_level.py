"""Area-level estimates: against R metafor, identities, and a known truth.

The expected values come from tests/reference/area_level.R; nothing there is our own output.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.conftest import REFERENCE
from tests.reference.against_r import expected, opened, same

from advocacy.errors import AdvocacyError, DataError, UsageError
from advocacy.estimation import Estimates, estimate
from advocacy.estimation.comparisons.pairwise import compare
from advocacy.estimation.pooling.area_level import AreaLevel, Fit, area_level, fit
from advocacy.responses import Responses, open_responses
from advocacy.survey import survey_design

SEGMENTS = ["sector", "industry", "country", "score"]


def groups(name: str, *keys: str) -> list[Any]:
    return [
        pytest.param(rows.reset_index(drop=True), id="-".join(map(str, key)))
        for key, rows in expected(f"area_level_{name}").groupby(list(keys), sort=False)
    ]


def direct(name: str, by: str) -> Estimates:
    responses = opened(name)
    target = "programmes_like_these" if name == "programmes" else "as_given"
    return estimate(responses, by=by.split(), design=survey_design(responses, target))


# Against R


@cache
def _cells() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "input" / "area_level_cells.csv")


@cache
def _covariances() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "input" / "area_level_covariance.csv")


def given(case: str, terms: list[str]) -> tuple[Any, Any, Any]:
    """Return y, X and V of a case of R's."""
    cells = _cells()[_cells().case == case].assign(intercept=1.0)
    v = _covariances()[_covariances().case == case].covariance.to_numpy()
    return cells.y.to_numpy(), cells[terms].to_numpy(float), v.reshape(len(cells), -1)


@pytest.mark.parametrize("wanted", groups("cases", "case"))
def test_given_covariances_equal_metafor(wanted: pd.DataFrame) -> None:
    found = fit(*given(wanted.case[0], wanted.term.tolist()))
    same(found.sigma2, wanted.sigma2[0])
    same(found.beta, wanted.estimate)
    same(np.sqrt(np.diag(found.beta_covariance)), wanted.std_error)
    cells = expected("area_level_predictions")
    cells = cells[cells.case == wanted.case[0]]
    same(found.prediction, cells.estimate)
    same(found.std_error, cells.std_error)


def test_the_cases_have_both_boundaries() -> None:
    """What the names of R's cases promise: sigma² of 0, and a covariance of low rank."""
    sigma2 = expected("area_level_cases").groupby("case").sigma2.first()
    assert sigma2["diagonal_boundary"] == sigma2["full_boundary"] == 0
    assert (sigma2[["diagonal", "full", "few_psus", "intercept"]] > 0).all()
    assert np.linalg.matrix_rank(given("few_psus", ["intercept"])[2]) == 12


@pytest.mark.parametrize("wanted", groups("studies", "design", "by", "on"))
def test_estimates_from_ratings_equal_metafor(wanted: pd.DataFrame) -> None:
    name, by = wanted.design[0], wanted.by[0]
    on = wanted.on[0].split()
    rates = direct(name, by)
    result = area_level(rates, on=on)
    found = result.to_pandas()
    for segment in by.split():
        assert found[segment].tolist() == wanted[segment].tolist()
    assert found.n.tolist() == wanted.n.tolist()
    same(rates.to_pandas().estimate, wanted.direct)
    same(found.estimate, wanted.estimate.clip(0, 1))
    same(found.std_error, wanted.std_error)
    models = expected("area_level_models")
    same_model = (models.design == name) & (models.by == by)
    models = models[same_model & (models.on == wanted.on[0])]
    same(result.sigma2, models.sigma2.iloc[0])
    assert result.smoothed == models.smoothed.iloc[0]
    coefficients = result.coefficients.to_pandas().fillna({"level": ""})
    terms = (coefficients.term + coefficients.level).replace("intercept", "(Intercept)")
    assert terms.tolist() == models.term.tolist()
    same(coefficients.estimate, models.estimate)
    same(coefficients.std_error, models.std_error)


def test_every_segment_is_in_the_model_by_default() -> None:
    rates = direct("mix_srs", "sector industry country")
    assert area_level(rates).table == area_level(rates, on=rates.by).table
    assert area_level(rates, on="sector").table == area_level(rates, on=["sector"]).table


# What must hold


def normal(k: int = 60, seed: int = 1) -> tuple[Any, Any, Any]:
    """Return X and V of K cells, and a generator."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(k, 2 * k)) * rng.uniform(0.02, 0.12, (k, 1)) / np.sqrt(2 * k)
    x = np.column_stack([np.ones(k), np.arange(k) % 2, np.arange(k) % 3 == 0]).astype(float)
    return x, root @ root.T, rng


def test_without_sampling_error_the_direct_estimates_stand() -> None:
    x, v, rng = normal()
    y = rng.normal(0.5, 0.1, len(x))
    found = fit(y, x, 1e-12 * v)
    same(found.prediction, y, atol=1e-9)
    same(found.std_error, np.sqrt(1e-12 * np.diag(v)), rtol=1e-6)
    residual = y - x @ np.linalg.lstsq(x, y)[0]
    same(found.sigma2, residual @ residual / (len(y) - 3), rtol=1e-6)


def test_where_cells_do_not_differ_the_regression_stands() -> None:
    """Generalized least squares, and its standard error, by hand."""
    x, v, rng = normal()
    y = x @ [0.5, 0.1, -0.1] + 0.3 * np.linalg.cholesky(v) @ rng.normal(size=len(x))
    found = fit(y, x, v)
    inverse = np.linalg.inv(v)
    covariance = np.linalg.inv(x.T @ inverse @ x)
    assert found.sigma2 == 0
    same(found.prediction, x @ covariance @ x.T @ inverse @ y)
    same(found.std_error, np.sqrt(np.diag(x @ covariance @ x.T)), atol=1e-9)


def test_equal_variances_are_james_and_stein() -> None:
    """Diagonal and equal: shrunk to the mean by the share of sigma² in the variance between."""
    y, psi = np.random.default_rng(5).normal(0.5, 0.1, 25), 0.004
    found = fit(y, np.ones((25, 1)), psi * np.eye(25))
    share = 1 - psi / y.var(ddof=1)
    same(found.sigma2, y.var(ddof=1) - psi)
    same(found.prediction, y.mean() + share * (y - y.mean()))
    same(found.std_error, np.sqrt(share * psi + (1 - share) * psi / 25))


def test_the_unit_of_the_rates_does_not_matter() -> None:
    x, v, rng = normal()
    y = rng.normal(0.5, 0.1, len(x))
    one, hundred = fit(y, x, v), fit(100 * y, x, 1e4 * v)
    same(hundred.sigma2, 1e4 * one.sigma2)
    same(hundred.prediction, 100 * one.prediction)
    same(hundred.std_error, 100 * one.std_error)


def test_many_degrees_of_freedom_leave_the_covariance_as_it_is() -> None:
    """With 120 ratings to a cell that are their own PSUs, the fit has nearly the direct V."""
    rates = direct("srs", "sector country")
    table = rates.table
    column = table.column_names.index("df")
    sure = replace(rates, table=table.set_column(column, "df", pa.array([1e9] * len(rates))))
    found = area_level(sure, on=["country"])
    values = table.column("country").to_pylist()
    levels = [np.array([value == level for value in values]) for level in ("NO", "SE")]
    x = np.column_stack([np.ones(len(values)), *levels]).astype(float)
    wanted = fit(table.column("estimate").to_numpy(), x, rates.covariance())
    same(found.table.column("estimate"), wanted.prediction, rtol=1e-6)
    same(found.table.column("std_error"), wanted.std_error, rtol=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_equal_rates_of_few_psus_stay_as_they_are(seed: int) -> None:
    """Nothing differs and V has rank 2: the likelihood has no bound at a sigma² of 0."""
    root = np.random.default_rng(seed).normal(0, 0.1, (6, 2))
    found = fit(np.full(6, 0.4), np.ones((6, 1)), root @ root.T)
    same(found.prediction, 0.4, rtol=1e-5)
    same(found.std_error, 0, atol=1e-3)


@pytest.mark.parametrize(
    ("y", "variances", "wanted"),
    [
        # Maxima at 0.0004 and, likelier, at 0.03.
        ([0.018, -0.104, 0.419, -0.0065], [2.2e-6, 0.032, 0.0147, 5.2e-5], 0.0312),
        # One at 0.003; 0 is likelier.
        ([0.0017, -0.0011, -0.109, -0.75, 0.005], [5.3e-5, 7.7e-5, 0.0024, 0.0497, 0.0112], 0),
    ],
)
def test_of_several_maxima_the_highest_is_found(
    y: list[float], variances: list[float], wanted: float
) -> None:
    x, v = np.ones((len(y), 1)), np.diag(variances)

    def likelihood(sigma2: float) -> float:
        """Return the restricted log-likelihood as textbooks have it."""
        weight = 1 / (np.array(variances) + sigma2)
        mean = weight @ y / weight.sum()
        squares = weight @ (np.array(y) - mean) ** 2
        return float(np.log(weight).sum() - np.log(weight.sum()) - squares) / 2

    grid = np.concatenate([[0], np.geomspace(1e-9, 1, 20000)])
    highest = grid[np.argmax([likelihood(sigma2) for sigma2 in grid])]
    found = fit(np.array(y), x, v).sigma2
    same(found, highest, rtol=2e-3)
    same(found, wanted, rtol=0.02)


def _repeated(seed: int, sigma: float, times: int) -> tuple[Any, Any, list[Fit]]:
    """Return true rates and direct ones, shape (times, K), and the fits."""
    x, v, rng = normal(seed=seed)
    size = times, len(x)
    truth = x @ [0.5, 0.1, -0.1] + rng.normal(0, sigma, size)
    y = truth + rng.normal(size=size) @ np.linalg.cholesky(v).T
    return truth, y, [fit(row, x, v) for row in y]


@pytest.mark.heavy
def test_against_a_known_truth_it_beats_the_direct_estimates() -> None:
    """The model is true here: sigma² has no bias, and errors are a little larger than said.

    They lack the share of the estimated sigma², a few per cent with 57 cells to estimate it from.
    """
    sigma = 0.05
    truth, y, fits = _repeated(7, sigma, 400)
    predicted = np.array([found.prediction for found in fits])
    std_error = np.array([found.std_error for found in fits])
    error, before = (predicted - truth) ** 2, (y - truth) ** 2
    assert error.mean() < 0.6 * before.mean()
    assert (error.mean(axis=0) < 1.02 * before.mean(axis=0)).all()
    same(np.mean([found.sigma2 for found in fits]), sigma**2, rtol=0.03)
    assert 1 < error.mean() / (std_error**2).mean() < 1.12
    covered = np.abs(predicted - truth) <= 1.6449 * std_error
    assert 0.87 < covered.mean() < 0.91


def _study(rng: np.random.Generator, programmes: int, folder: Path) -> tuple[Responses, pd.Series]:
    """Return ratings of programmes that span countries, and the true rate of each cell."""
    names = {"sector": ["B2B", "B2C"], "industry": list("CGKL"), "country": ["DK", "FI", "NO"]}
    cells = pd.MultiIndex.from_product(names.values(), names=list(names))
    main = [dict(zip(levels, rng.normal(0, 0.3, 4), strict=False)) for levels in names.values()]
    logit = pd.Series(
        [sum(m[v] for m, v in zip(main, cell, strict=True)) for cell in cells], cells
    ) + rng.normal(0, 0.2, len(cells))
    own = np.sort(rng.normal(0, 0.35, 4000))
    rows = []
    for programme in range(programmes):
        sector, industry = rng.choice(names["sector"]), rng.choice(names["industry"])
        shift = rng.choice(own)
        for country in rng.choice(names["country"], rng.integers(1, 4), replace=False):
            rate = 1 / (1 + np.exp(-logit[sector, industry, country] - shift))
            rows += [
                (f"p{programme}", sector, industry, country, 10, int(hit))
                for hit in rng.random(rng.integers(3, 25)) < rate
            ]
    columns = ["programme", *names, "score", "recommended_past_12m"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["rating_id"] = frame["respondent_id"] = [f"r{i}" for i in range(len(frame))]
    frame["supplier"] = frame.programme
    frame.to_csv(folder / "survey.csv", index=False)
    truth = (1 / (1 + np.exp(-(logit.to_numpy()[:, None] + own)))).mean(axis=1)
    return open_responses(folder / "survey.csv"), pd.Series(truth, cells)


def test_on_simulated_studies_it_beats_the_direct_estimates(tmp_path: Path) -> None:
    rng, found = np.random.default_rng(20), []
    for _ in range(8):
        responses, truth = _study(rng, 50, tmp_path)
        design = survey_design(responses, "programmes_like_these")
        rates = estimate(responses, by=["sector", "industry", "country"], design=design)
        both = [result.to_pandas() for result in (rates, area_level(rates))]
        true = truth.loc[list(zip(*(both[0][name] for name in rates.by), strict=True))].to_numpy()
        found += [[((rows.estimate - true) ** 2).mean() for rows in both]]
    before, after = np.mean(found, axis=0)
    assert after < 0.6 * before


# What the table says


def test_columns() -> None:
    rates = direct("programmes", "sector country")
    result = area_level(rates, on=["country"], conf_level=0.95)
    before, found = rates.to_pandas(), result.to_pandas()
    assert isinstance(result, AreaLevel)
    assert result.by == rates.by
    assert result.table.schema == rates.table.schema
    assert result.unplaced == rates.unplaced
    for name, value in (("method", "area_level"), ("interval", "wald"), ("conf_level", 0.95)):
        assert set(found[name]) == {value}
    kept = ["estimand", "rung", "intent", "target", "quantity", "source_kind"]
    counts = ["n", "n_numerator", "n_programmes", "n_suppliers", "largest_supplier"]
    pd.testing.assert_frame_equal(found[[*kept, *counts]], before[[*kept, *counts]])
    assert set(found.quantity) == {"rate"}
    assert found[["df", "p_value", "n_eff", "deff", "reference"]].isna().all(axis=None)
    same(found.conf_high - found.estimate, 1.959963984540054 * found.std_error)
    same(found.estimate - found.conf_low, 1.959963984540054 * found.std_error)


def test_flags_are_those_of_estimates_that_were_as_uncertain() -> None:
    """By hand, from estimate and standard error: n is p(1 - p)/se^2, df cells less coefficients."""
    rates = direct("programmes", "sector country")
    result = area_level(rates, on=["country"])
    found, df = result.to_pandas(), len(result) - result.coefficients.num_rows
    low = (found.estimate - 1.959963984540054 * found.std_error).clip(0, 1)
    high = (found.estimate + 1.959963984540054 * found.std_error).clip(0, 1)
    few = found.estimate * (1 - found.estimate) / found.std_error**2 < 30
    wide = (high - low >= 0.3) | ((high - low > 0.05) & (high - low > 1.3 * found.estimate))
    assert df < 8
    wanted = np.where(few | wide, "suppress", "review")
    assert found.reliability.tolist() == wanted.tolist()


def test_an_uncertain_rate_is_not_called_reliable() -> None:
    """Cells of 6 programmes whose rates differ widely: their mean squared error is large."""
    result = area_level(direct("domain_df", "sector country"), on=[])
    assert "suppress" in set(result.table["reliability"].to_pylist())


def test_estimates_and_limits_stay_within_0_and_1() -> None:
    rates = direct("programmes", "score country")
    found = area_level(rates, conf_level=0.9999).to_pandas()
    assert found[["estimate", "conf_low", "conf_high"]].stack().between(0, 1).all()
    assert (found.conf_low == 0).any()
    assert (found.conf_high == 1).any()


def test_cells_at_0_and_1_and_of_one_psu_keep_a_standard_error() -> None:
    """They have a variance of 0 or none, and are counted."""
    rates = direct("domain_df", "sector country")
    before = rates.to_pandas()
    without = ~((before.std_error > 0) & (before.df >= 1))
    assert before.estimate[without].isin([0, 1]).any()
    result = area_level(rates, on=["sector"])
    found = result.to_pandas()
    assert result.smoothed == without.sum() > 0
    assert (found.std_error > 0).all()
    assert (found.estimate[without & before.estimate.isin([0, 1])].between(0.001, 0.999)).all()


def test_cells_of_lonely_strata_have_the_smooth_variance() -> None:
    """Their direct estimates have no standard error at all."""
    responses = opened("lonely")
    design = survey_design(responses, lonely_psu="average")
    rates = estimate(responses, by=["sector", "country"], design=design)
    assert rates.table["std_error"].null_count > 0
    result = area_level(rates, on=["sector"])
    assert result.table["std_error"].null_count == 0
    assert result.smoothed == rates.to_pandas().df.isna().sum()


def test_ratings_without_a_segment_are_still_counted(tmp_path: Path) -> None:
    frame = pd.read_csv(REFERENCE / "input" / "clustered.csv")
    frame.loc[:99, "country"] = None
    frame.to_csv(tmp_path / "survey.csv", index=False)
    rates = estimate(open_responses(tmp_path / "survey.csv"), by=["sector", "country"])
    assert area_level(rates, on=["sector"]).unplaced == rates.unplaced > 0


def test_a_segment_of_one_level_has_no_effect(tmp_path: Path) -> None:
    frame = pd.read_csv(REFERENCE / "input" / "clustered.csv").assign(industry="G")
    frame.to_csv(tmp_path / "survey.csv", index=False)
    rates = estimate(open_responses(tmp_path / "survey.csv"), by=["industry", "score"])
    assert set(area_level(rates, on=["industry"]).coefficients["term"].to_pylist()) == {"intercept"}


# What has no model


def test_estimates_read_from_a_file_are_refused() -> None:
    with pytest.raises(UsageError, match="no covariance"):
        area_level(Estimates(direct("srs", "sector country").table, "rates"), on=["sector"])


@pytest.mark.parametrize(
    ("by", "arguments", "kind", "message"),
    [
        ("", {}, UsageError, "by no segment"),
        ("sector", {}, DataError, "2 cells are too few for 2 coefficients"),
        ("sector country", {"on": ["industry"]}, UsageError, "not by 'industry'"),
        ("sector country", {"on": ["sector", "sector"]}, DataError, "sector B2C follows from"),
        ("sector country", {"conf_level": 90}, UsageError, "not between"),
    ],
)
def test_refusals(
    by: str, arguments: dict[str, Any], kind: type[AdvocacyError], message: str
) -> None:
    with pytest.raises(kind, match=message) as refused:
        area_level(direct("clustered", by), **arguments)
    assert refused.value.remedy


def test_what_is_no_proportion_is_refused() -> None:
    responses = opened("clustered")
    scores = estimate(responses, estimand="nps", by=["sector", "country"])
    with pytest.raises(UsageError, match="not for nps"):
        area_level(scores)
    with pytest.raises(UsageError, match="as difference, rate"):
        area_level(compare(responses, between="country"))


def test_no_variance_at_all_is_refused(tmp_path: Path) -> None:
    frame = pd.read_csv(REFERENCE / "input" / "srs.csv").assign(recommended_past_12m=1)
    frame.to_csv(tmp_path / "survey.csv", index=False)
    rates = estimate(open_responses(tmp_path / "survey.csv"), by=["sector", "country"])
    with pytest.raises(DataError, match="No cell's direct estimate has a variance"):
        area_level(rates, on=["sector"])
