"""Curves over the scores and their tests: against R survey, by hand, and with a known truth.

The expected values come from tests/reference/curve.R; nothing there is our own output.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit
from tests.reference.against_r import expected, opened, same

from advocacy.arrays import Floats
from advocacy.errors import DataError, UsageError
from advocacy.estimation.curves.curve import Curve, curve
from advocacy.estimation.curves.curve_tests import curve_tests
from advocacy.estimation.curves.fits import FITS, auc, auc_slopes, isotonic, youden, youden_slopes
from advocacy.estimation.curves.nine_and_ten import OTHERS
from advocacy.responses import Responses, open_responses
from advocacy.survey import SurveyDesign, survey_design
from advocacy.survey.replication import Replication
from advocacy.survey.sides import FEWEST_DF

DESIGNS = [
    "clustered", "stratified_clustered", "missing_behaviour", "fpc_stratified_clustered",
    "two_stage",
]  # fmt: skip


@cache
def rates(name: str, sector: str) -> Curve:
    return curve(opened(name), by=("sector",) if sector else (), interval="wald")


@cache
def checks(name: str, sector: str, replication: Replication | None) -> Curve:
    responses = opened(name)
    design = survey_design(responses, replication=replication)
    return curve_tests(responses, by=("sector",) if sector else (), design=design)


def of(result: Curve, sector: str, **where: Any) -> pd.DataFrame:
    frame = result.to_pandas()
    where = where | ({"sector": sector} if sector else {})
    for name, value in where.items():
        frame = frame[frame[name] == value]
    return frame.reset_index(drop=True)


def curves(name: str) -> list[Any]:
    return [
        pytest.param(rows.reset_index(drop=True), id="-".join(filter(None, key)))
        for key, rows in expected(f"curve_{name}").groupby(["design", "sector"], sort=False)
    ]


# Rates by score


@pytest.mark.parametrize("rows", curves("rates"))
def test_direct_rates_equal_r(rows: pd.DataFrame) -> None:
    first = rows.iloc[0]
    result = of(rates(first.design, first.sector), first.sector, fit="direct")
    assert result.score.tolist() == rows.score.tolist()
    assert result.n.tolist() == rows.n.tolist()
    same(result.estimate, rows.estimate)
    same(result.std_error, rows.std_error)
    assert result.df.fillna(0).tolist() == rows.df.tolist()  # R's 0 is none


@pytest.mark.parametrize("rows", curves("isotonic"))
def test_isotonic_rates_equal_r(rows: pd.DataFrame) -> None:
    first = rows.iloc[0]
    result = of(rates(first.design, first.sector), first.sector, fit="isotonic")
    same(result.estimate, rows.isotonic)
    assert (np.diff(result.estimate) >= 0).all()


@pytest.mark.parametrize("model", [("logistic", "linear"), ("smooth", "spline")])
@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("sector", ["", "B2B", "B2C"])
def test_fitted_rates_equal_r(name: str, sector: str, model: tuple[str, str]) -> None:
    rows = expected("curve_fitted").query("design == @name and sector == @sector")
    rows = rows[rows.model == model[1]]
    result = of(rates(name, sector), sector, fit=model[0])
    both = result.merge(rows, on="score", suffixes=("", "_r"))
    assert len(both) == len(result)
    # R iterates to a change of its deviance: its coefficients are good to eight digits or so.
    same(both.estimate, both.fitted, rtol=1e-7)
    same(both.std_error, both.std_error_r, rtol=1e-6)
    fit = expected("curve_logistic").query("design == @name and sector == @sector")
    assert set(both.df) == set(fit.df)


def test_the_joint_covariance_equals_r_and_its_diagonal_the_standard_errors() -> None:
    rows = expected("curve_covariance").query("design == 'clustered' and sector == ''")
    result = rates("clustered", "")
    frame, joint = result.to_pandas(), result.covariance()
    at = {score: i for i, score in enumerate(frame[frame.fit == "direct"].score)}
    found = [joint[at[r.row_score], at[r.col_score]] for r in rows.itertuples()]
    same(found, rows.covariance)
    same(np.diag(joint), frame.std_error**2)


def numerical(function: Callable[[Floats, Floats], Floats], x: Floats, z: Floats) -> Floats:
    """Return derivatives by central differences, shape (L, 22)."""
    step, at = 1e-5, np.concatenate([x, z])
    moved = [at + step * np.eye(22)[k] * side for k in range(22) for side in (1, -1)]
    values = np.array([function(v[:11], v[11:]) for v in moved]).reshape(22, 2, -1)
    return (values[:, 0] - values[:, 1]).T / (2 * step)


@pytest.mark.parametrize("absent", [(), (0, 1, 4)])
def test_slopes_are_derivatives(absent: tuple[int, ...]) -> None:
    rng = np.random.default_rng(7)
    z = rng.uniform(20, 90, 11)
    x = z * rng.uniform(0.1, 0.9, 11)
    x[list(absent)] = z[list(absent)] = 0.0
    present = np.array([s not in absent for s in range(11)] * 2)
    for fit in FITS.values():
        slopes = fit.slopes(x, z)
        with np.errstate(all="ignore"):
            wanted = numerical(fit.values, x, z)
        kept = present[:11] if not fit.borrows else np.ones(11, bool)
        same(slopes[kept][:, present], wanted[kept][:, present], rtol=1e-5, atol=1e-8)
    same(auc_slopes(x, z)[present], numerical(auc, x, z)[0][present], rtol=1e-5, atol=1e-8)
    same(youden_slopes(x, z)[:, present], numerical(youden, x, z)[:, present], rtol=1e-5, atol=1e-8)


def test_isotonic_by_hand() -> None:
    """Of rates 0.2, 0.6, 0.3, 0.9 with weights 1, 1, 2, 1 the middle two pool at 1.2 / 3."""
    z = np.array([1.0, 1, 2, 1] + [0.0] * 7)
    x = z * np.array([0.2, 0.6, 0.3, 0.9] + [0.0] * 7)
    same(isotonic(x, z)[:4], [0.2, 0.4, 0.4, 0.9])
    assert np.isnan(isotonic(x, z)[4:]).all()


@pytest.mark.parametrize("weight", [1e-290, 1e6, 1e290, 1e305])
def test_a_weight_near_the_largest_number_makes_no_warning(tmp_path: Path, weight: float) -> None:
    """One rating of 10 weighs so much, or so little, that products of weights do not fit."""
    score = np.tile([5, 7, 8, 9, 10], 24)
    table = pd.DataFrame({"score": score, "recommended_past_12m": np.arange(120) % 3 > 0})
    table = table.assign(weight=[1.0] * 4 + [weight] + [1.0] * 115, psu=np.arange(120) // 6)
    table.astype({"recommended_past_12m": int}).to_csv(tmp_path / "survey.csv", index=False)
    responses = open_responses(tmp_path / "survey.csv")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = curve(responses).table.to_pandas()
        tests = curve_tests(responses).table.to_pandas()
    own = table[table.score == 9]
    nine = found[(found.fit == "direct") & (found.score == 9)]
    assert nine.estimate.item() == pytest.approx(own.recommended_past_12m.mean())
    assert tests.estimate.notna().any()


def test_separated_scores_have_no_logistic_curve_and_do_not_stop_the_others() -> None:
    z = np.full((2, 11), 5.0)
    x = np.array([np.where(np.arange(11) > 5, 5.0, 0.0), np.linspace(1, 4, 11)])
    fitted = FITS["logistic"].values(x, z)
    assert np.isnan(fitted[0]).all()
    same(fitted[1].sum() * 5, x[1].sum())


# With a known truth


def simulated(
    seed: int, truth: Floats, psus: int = 60, size: int = 40, **more: Any
) -> pd.DataFrame:
    """Return ratings in PSUs whose rates by score are ``truth``, shape (11,)."""
    rng = np.random.default_rng(seed)
    psu = np.repeat(np.arange(psus), size)
    score = rng.integers(0, 11, psus * size)
    behaviour = rng.random(len(score)) < truth[score]
    return pd.DataFrame({"score": score, "recommended_past_12m": behaviour.astype(int),
                         "psu": [f"p{c}" for c in psu]} | more)  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., pd.DataFrame]:
    def found(frame: pd.DataFrame, function: Any = curve_tests, **arguments: Any) -> pd.DataFrame:
        frame.to_parquet(tmp_path / "survey.parquet", index=False)
        responses = open_responses(tmp_path / "survey.parquet")
        return function(responses, **arguments).to_pandas()

    return found


@pytest.mark.heavy
def test_bands_hold_all_scores_together_and_pointwise_intervals_do_not(
    run: Callable[..., pd.DataFrame],
) -> None:
    truth = expit(np.linspace(-2, 1, 11))
    together = each = 0
    for seed in range(1000, 1060):
        rows = run(simulated(seed, truth), curve, fits=["direct"], interval="logit")
        held = (rows.band_low <= truth) & (truth <= rows.band_high)
        together += held.all()
        assert (rows.band_low < rows.conf_low).all()
        each += ((rows.conf_low <= truth) & (truth <= rows.conf_high)).all()
    # Of 60 studies 57 are expected; 50 or fewer with probability below 0.003. Pointwise: 34.
    assert together > 50
    assert each < 48


def test_a_fall_is_found_and_a_rising_curve_is_not_called_falling(
    run: Callable[..., pd.DataFrame],
) -> None:
    rising = np.linspace(0.2, 0.7, 11)
    falling = rising.copy()
    falling[7] = 0.2
    found = run(simulated(1, falling)).query("quantity == 'largest_fall'").iloc[0]
    assert found.reference == "7"
    assert found.p_value < 0.01
    held = run(simulated(1, rising)).query("quantity == 'largest_fall'").iloc[0]
    assert held.p_value > 0.3


@pytest.mark.heavy
def test_the_test_of_monotonicity_has_its_level_where_all_rates_are_equal(
    run: Callable[..., pd.DataFrame],
) -> None:
    p = [
        run(simulated(100 + seed, np.full(11, 0.5), size=20)).query("quantity == 'largest_fall'")
        .p_value.iloc[0]
        for seed in range(60)
    ]  # fmt: skip
    # Three are expected below 0.05; more than 9 with probability below 0.002.
    assert sum(value < 0.05 for value in p) <= 9
    assert 0.3 < np.mean(p) < 0.7


def test_the_best_cut_is_where_the_rate_jumps(run: Callable[..., pd.DataFrame]) -> None:
    truth = np.where(np.arange(11) >= 9, 0.7, 0.2)
    rows = run(simulated(2, truth))
    best = rows.query("quantity == 'best_cut'").iloc[0]
    assert (best.estimate, best.conf_low, best.conf_high) == (9, 9, 9)
    shares = rows.query("quantity == 'best_cut_share'").set_index("score").estimate
    assert shares.sum() == pytest.approx(1)
    assert shares[9] > 0.95


def test_a_nine_that_is_anothers_ten(run: Callable[..., pd.DataFrame]) -> None:
    """In NO a 9 recommends as a 10 does in the two others, where a 9 does half as often."""
    base = np.linspace(0.05, 0.35, 11)
    plain, modest = base.copy(), base.copy()
    plain[10] = modest[9] = 0.8
    frame = pd.concat(
        simulated(seed, truth, country=country)
        for seed, truth, country in ((1, modest, "NO"), (2, plain, "US"), (3, plain, "DE"))
    )
    frame["psu"] = frame.country + frame.psu
    rows = run(frame, by=["country"])
    rows = rows[rows.reference == OTHERS].set_index("country")
    assert abs(rows.estimate["NO"]) < 0.1
    assert rows.p_value["NO"] > 0.05
    assert (rows.p_value[["US", "DE"]] < 1e-5).all()
    others = frame[(frame.country != "US") & (frame.score == 10)].recommended_past_12m
    own = frame[(frame.country == "US") & (frame.score == 9)].recommended_past_12m
    same(rows.estimate["US"], own.mean() - others.mean())
    assert rows.n["US"] == len(own) + len(others)


@pytest.mark.parametrize("heavier", [1.0, 1000.0])
def test_the_error_of_a_nine_against_others_tens_is_that_of_a_ratio_by_hand(
    run: Callable[..., pd.DataFrame], heavier: float
) -> None:
    """However much heavier the ratings of one country are than those of another."""
    truth = np.linspace(0.05, 0.6, 11)
    frame = pd.concat(simulated(seed, truth, country=c) for seed, c in enumerate(["NO", "US"]))
    frame["psu"] = frame.country + frame.psu
    frame["weight"] = np.where(frame.country == "US", heavier, 1 + frame.index % 3)
    rows = run(frame, by=["country"])
    found = rows[rows.reference == OTHERS].set_index("country")
    for own, other in (("NO", "US"), ("US", "NO")):
        influence = np.zeros(len(frame))
        for country, score, sign in ((own, 9, 1), (other, 10, -1)):
            w = frame.weight * ((frame.country == country) & (frame.score == score))
            rate = (w * frame.recommended_past_12m).sum() / w.sum()
            influence += sign * w * (frame.recommended_past_12m - rate) / w.sum()
        of_psus = influence.groupby(frame.psu).sum()
        same([found.std_error[own]], [np.sqrt(len(of_psus) * of_psus.var(ddof=1))])


# Tests against R


@pytest.mark.parametrize("rows", curves("nine_ten"))
def test_nine_against_ten_equals_r(rows: pd.DataFrame) -> None:
    first = rows[rows.quantity == "difference"].iloc[0]
    ours = of(
        checks(first.design, first.sector, None),
        first.sector,
        quantity="difference",
        reference="10",
    )
    same(ours.estimate, [-first.estimate])
    same(ours.std_error, [first.std_error])
    # R's df are those of both scores together; ours of each, by tests/reference/sides.R.
    row = ours.iloc[0]
    bear = rates_of(first.design, first.sector).query("score >= 9")
    if (bear.df < FEWEST_DF).any():
        assert np.isnan(row.p_value)
    else:
        assert row.df <= first.df
        assert row.p_value >= 2 * stats.t.sf(abs(row.estimate / row.std_error), row.df) * (1 - 1e-9)


def rates_of(name: str, sector: str) -> pd.DataFrame:
    rows = expected("curve_rates")
    return rows[(rows.design == name) & (rows.sector.fillna("") == (sector or ""))]


@pytest.mark.parametrize("rows", curves("auc"))
def test_area_equals_r_by_linearization_and_by_replication(rows: pd.DataFrame) -> None:
    first = rows.iloc[0]
    ours = of(checks(first.design, first.sector, None), first.sector, quantity="auc").iloc[0]
    same(ours.estimate, first.auc)
    same(ours.std_error, first.linearized_se)
    assert (ours.df, ours.n) == (first.df, first.n)
    jkn = of(checks(first.design, first.sector, Replication("jkn")), first.sector, quantity="auc")
    if first.design != "two_stage":  # R takes the first stage's correction alone
        same(jkn.std_error, [first.jackknife_se])
    assert jkn.method.tolist() == ["jkn"]


@pytest.mark.parametrize("rows", curves("cutpoint"))
def test_cut_points_equal_r(rows: pd.DataFrame) -> None:
    first = rows.iloc[0]
    result = checks(first.design, first.sector, None)
    same(of(result, first.sector, quantity="youden").estimate, rows.youden)
    best = of(result, first.sector, quantity="best_cut").iloc[0]
    assert best.estimate == rows.cut[rows.best == 1].iloc[0]
    assert best.conf_low <= best.estimate <= best.conf_high


# What must hold


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, again = (curve(opened("clustered"), by=["sector"]).table for _ in range(2))
    assert first.equals(again)
    assert (first.num_rows, len(FITS)) == (4 * 17, 4)


def test_rows_are_by_curve_then_fit_as_asked_then_score(run: Callable[..., pd.DataFrame]) -> None:
    """A score that one curve lacks is missing from that curve alone, in every fit."""
    frame = simulated(3, np.linspace(0.2, 0.7, 11))
    frame["sector"] = np.where(np.arange(len(frame)) % 2, "B2B", "B2C")
    frame = frame[(frame.sector == "B2C") | (frame.score != 4)]
    rows = run(frame, curve, by=["sector"], fits=["smooth", "direct"])
    wanted = [
        (sector, fit, score)
        for sector in ("B2B", "B2C")
        for fit in ("smooth", "direct")
        for score in range(11)
        if (sector, score) != ("B2B", 4)
    ]
    assert list(zip(rows.sector, rows.fit, rows.score, strict=True)) == wanted
    n = frame.groupby(["sector", "score"]).size()
    direct = rows[rows.fit == "direct"]
    assert direct.n.tolist() == n.tolist()
    same(direct.estimate, frame.groupby(["sector", "score"]).recommended_past_12m.mean())
    smooth = rows[rows.fit == "smooth"].drop_duplicates("sector")
    assert smooth.n.tolist() == frame.groupby("sector").size().tolist()


def test_under_a_bootstrap_all_standard_errors_are_its() -> None:
    responses = opened("clustered")
    design = survey_design(responses, replication=Replication("bootstrap", number=200, seed=3))
    result = curve(responses, design=design)
    frame = result.to_pandas()
    assert set(frame.method) == {"bootstrap"}
    assert result.quantities is not None
    assert result.quantities.replicates is not None
    values = result.quantities.replicates.values
    plain = ~np.isnan(values).any(axis=0)
    same(frame.std_error[plain], values[:, plain].std(axis=0, ddof=1))
    low = np.quantile(values[:, plain], 0.025, axis=0)
    own = (frame.fit == "isotonic") & plain
    same(frame.conf_low[own], low[own[plain]])


def given(scheme: str) -> tuple[Responses, SurveyDesign]:
    responses = opened(f"replicates_{scheme.lower()}")
    replication = Replication("given", scheme=scheme)  # type: ignore[arg-type]
    return responses, survey_design(responses, replication=replication)


def test_replicate_weights_that_are_no_bootstrap_have_no_bands() -> None:
    responses, design = given("BRR")
    rows = curve(responses, design=design)
    assert rows.to_pandas().band_low.isna().all()
    assert [note.key for note in rows.notes] == ["curve.no_bootstrap"]
    found = set(curve_tests(responses, design=design).to_pandas().quantity)
    assert found == {"difference", "auc", "youden"}


def test_replicate_weights_that_are_a_bootstrap_have_them() -> None:
    responses, design = given("bootstrap")
    rows = curve(responses, design=design)
    assert rows.to_pandas().query("fit == 'logistic'").band_low.notna().all()
    assert rows.notes == ()


def test_lonely_strata_under_adjust_still_have_bands() -> None:
    responses = opened("lonely")
    rows = curve(responses, design=survey_design(responses, lonely_psu="adjust")).to_pandas()
    assert rows.query("fit == 'smooth'").band_low.notna().all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"estimand": "nps"}, "no rate"),
        ({"estimand": "true_advocates"}, "no rate"),
        ({"by": ["score_band"]}, "splits by them"),
        ({"fits": ["cubic"]}, "'cubic' is no fit"),
        ({"fits": []}, "No fit"),
        ({"conf_level": 1.5}, "not between"),
        ({"interval": "exact"}, "no interval"),
    ],
)
def test_what_has_no_curve(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message) as refused:
        curve(opened("clustered"), **arguments)
    assert refused.value.remedy


def test_no_rating_in_the_base(tmp_path: Path) -> None:
    frame = pd.DataFrame({"score": [10, None], "recommended_past_12m": [None, 1]})
    frame.to_csv(tmp_path / "none.csv", index=False)
    with pytest.raises(DataError, match="No rating"):
        curve(open_responses(tmp_path / "none.csv"))


def test_one_score_has_a_direct_rate_and_no_logistic_one(
    run: Callable[..., pd.DataFrame],
) -> None:
    frame = simulated(1, np.full(11, 0.5)).assign(score=10)
    rows = run(frame, curve).set_index("fit").estimate
    assert rows["direct"] == frame.recommended_past_12m.mean()
    assert np.isnan([rows["logistic"], rows["smooth"]]).all()
    found = run(frame)
    assert set(found.quantity) == {"auc", "youden", "best_cut", "best_cut_share"}
