"""Identities that hold exactly: subset = domain = regression, and what must not matter.

Where every rating is its own PSU and there are no strata, with e_i = w_i (y_i - p) / sum(w) on
the base, the linearized variance is n/(n-1) * sum(e_i^2), n counting *all* ratings: the mean of
e is 0. The sandwich (HC0) of WLS(y ~ 1) on the base is sum(e_i^2). So ours is n/(n-1) times HC0.
With PSUs in place of ratings it is C/(C-1) times the cluster sandwich without correction, C
counting all PSUs; on domain dummies this holds for the whole covariance matrix.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from advocacy.estimation import Estimates, estimate
from advocacy.responses import open_responses
from advocacy.survey import DuckDB, survey_design

Opened = Callable[[pd.DataFrame], Estimates]
EXACT = 1e-10


def sample(n: int = 600, seed: int = 3) -> pd.DataFrame:
    """Return ratings of 40 PSUs in four strata, with missing scores, behaviour and sectors."""
    rng = np.random.default_rng(seed)
    psu = rng.integers(40, size=n)
    behaviour = (rng.random(n) < 0.2 + 0.5 * (psu % 7) / 7).astype(float)
    frame = pd.DataFrame(
        {
            "score": rng.choice([10, 9, 8, 3, np.nan], n, p=[0.5, 0.2, 0.1, 0.1, 0.1]),
            "recommended_past_12m": np.where(rng.random(n) < 0.15, np.nan, behaviour),
            "sector": np.where(psu % 2 == 0, "B2B", "B2C"),
            "country": rng.choice(["NO", "SE", "DK"], n),
            "weight": rng.lognormal(0, 0.7, n),
            "psu": [f"p{c}" for c in psu],
            "stratum": [f"s{c % 4}" for c in psu],
        }
    )
    return frame


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Estimates]:
    """Estimate from a data frame written as a Parquet file."""

    def estimated(frame: pd.DataFrame, target: str | None = None, **arguments: object) -> Estimates:
        frame.to_parquet(tmp_path / "survey.parquet", index=False)
        responses = open_responses(tmp_path / "survey.parquet")
        design = survey_design(responses, target)
        return estimate(responses, design=design, **arguments)  # type: ignore[arg-type]

    return estimated


def base(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[(frame.score == 10) & frame.recommended_past_12m.notna()]


def numbers(result: Estimates, column: str) -> np.ndarray:  # type: ignore[type-arg]
    return result.table[column].to_numpy()


# Regression


def test_simple_random_sample(run: Callable[..., Estimates]) -> None:
    """All in the base, equal weights: the variance is p(1 - p) / (n - 1)."""
    y = np.array([1] * 30 + [0] * 70)
    result = run(pd.DataFrame({"score": 10, "recommended_past_12m": y, "weight": 3.0}))
    assert numbers(result, "estimate") == pytest.approx([0.3], rel=EXACT)
    assert numbers(result, "std_error") == pytest.approx([np.sqrt(0.21 / 99)], rel=EXACT)


def test_weighted_ratings_equal_wls(run: Callable[..., Estimates]) -> None:
    frame = sample()
    result, used = run(frame.drop(columns=["psu", "stratum"])), base(frame)
    fit = sm.WLS(used.recommended_past_12m, np.ones(len(used)), weights=used.weight).fit(
        cov_type="HC0"
    )
    n = len(frame)
    assert numbers(result, "estimate") == pytest.approx(fit.params.to_numpy(), rel=EXACT)
    expected = np.sqrt(n / (n - 1)) * fit.bse.to_numpy()
    assert numbers(result, "std_error") == pytest.approx(expected, rel=EXACT)


@pytest.mark.parametrize("clustered", [False, True])
def test_domains_equal_regression_on_dummies(
    run: Callable[..., Estimates], clustered: bool
) -> None:
    frame, used = sample(), base(sample())
    result = run(
        frame.drop(columns=["stratum"] if clustered else ["psu", "stratum"]), by=["country"]
    )
    dummies = pd.get_dummies(used.country).astype(float)
    model = sm.WLS(used.recommended_past_12m, dummies, weights=used.weight)
    if clustered:
        groups = {"groups": pd.factorize(used.psu)[0], "use_correction": False}
        fit, units = model.fit(cov_type="cluster", cov_kwds=groups), frame.psu.nunique()
    else:
        fit, units = model.fit(cov_type="HC0"), len(frame)
    assert result.table["country"].to_pylist() == list(dummies)
    assert numbers(result, "estimate") == pytest.approx(fit.params.to_numpy(), rel=EXACT)
    expected = units / (units - 1) * fit.cov_params().to_numpy()
    np.testing.assert_allclose(result.covariance(), expected, rtol=1e-9, atol=1e-17)


def test_psus_without_a_rating_in_the_base_count(run: Callable[..., Estimates]) -> None:
    """They change the factor C/(C-1) alone; were they dropped, the design would be truncated."""
    frame = sample().drop(columns="stratum")
    empty = frame.psu.isin(["p1", "p2", "p3"])
    frame.loc[empty, "recommended_past_12m"] = np.nan
    kept, whole = run(frame[~empty]), run(frame)
    ratio = (numbers(whole, "std_error") / numbers(kept, "std_error")) ** 2
    assert ratio == pytest.approx([(40 / 39) / (37 / 36)], rel=EXACT)
    assert numbers(whole, "df") == numbers(kept, "df") == [36]


def test_strata_and_psus_equal_the_formula_written_out(run: Callable[..., Estimates]) -> None:
    """A dense table of every PSU, with zeros where a country has no rating in the base."""
    frame = sample(200)
    result = run(frame, by=["country"])
    psus = frame.drop_duplicates("psu").set_index("psu").stratum
    influence = pd.DataFrame(0.0, index=psus.index, columns=result.table["country"].to_pylist())
    for country, rows in base(frame).groupby("country"):
        p = np.average(rows.recommended_past_12m, weights=rows.weight)
        e = rows.weight * (rows.recommended_past_12m - p) / rows.weight.sum()
        influence.loc[:, country] = e.groupby(rows.psu).sum().reindex(psus.index, fill_value=0)
    assert (influence == 0).any(axis=None), "no PSU is without a country"
    expected = sum(len(h) * h.cov().to_numpy() for _, h in influence.groupby(psus))
    np.testing.assert_allclose(result.covariance(), expected, rtol=1e-9, atol=1e-17)
    assert numbers(result, "std_error") == pytest.approx(np.sqrt(np.diag(expected)), rel=EXACT)


# Subset = domain


def test_a_domain_of_whole_strata_equals_its_own_file(run: Callable[..., Estimates]) -> None:
    """Sectors are made of whole strata, so nothing of the design is lost by cutting the file."""
    frame = sample()
    domains = run(frame, by=["sector"]).table.to_pylist()
    for row in domains:
        alone = run(frame[frame.sector == row["sector"]], by=["sector"]).table.to_pylist()[0]
        assert alone["n"] == row["n"]
        assert alone["df"] == row["df"]
        for name in ("estimate", "std_error", "conf_low", "conf_high", "n_eff", "deff"):
            assert alone[name] == pytest.approx(row[name], rel=EXACT), name


def test_a_domain_across_the_design_differs_by_the_lost_ratings(
    run: Callable[..., Estimates],
) -> None:
    """Without strata and PSUs a cut file has n_d/(n_d - 1) in place of n/(n - 1)."""
    frame = sample().drop(columns=["psu", "stratum"])
    n = len(frame)
    for row in run(frame, by=["country"]).table.to_pylist():
        cut = frame[frame.country == row["country"]]
        alone = run(cut, by=["country"]).table.to_pylist()[0]
        n_d = len(cut)
        assert alone["estimate"] == pytest.approx(row["estimate"], rel=EXACT)
        ratio = (alone["std_error"] / row["std_error"]) ** 2
        assert ratio == pytest.approx((n_d / (n_d - 1)) / (n / (n - 1)), rel=EXACT)


# Parts and whole


@pytest.mark.parametrize("by", ["country", "sector", "wave"])
def test_the_whole_is_the_weighted_mean_of_its_parts(
    run: Callable[..., Estimates], by: str
) -> None:
    frame = sample().assign(wave=lambda d: d.score.astype(str).str[0] + d.psu)
    whole, parts = run(frame), run(frame, by=[by])
    shares = base(frame).groupby(by).weight.sum()
    shares = shares[parts.table[by].to_pylist()] / shares.sum()
    assert shares @ numbers(parts, "estimate") == pytest.approx(
        numbers(whole, "estimate")[0], rel=EXACT
    )
    assert numbers(parts, "n").sum() == numbers(whole, "n")[0]


def test_joint_covariance_gives_the_variance_of_the_whole(run: Callable[..., Estimates]) -> None:
    """Exactly so where all parts have the same rate: the influence of the shares is then nil."""
    rows = [
        {"score": 10, "recommended_past_12m": y, "country": country, "psu": f"p{p}", "weight": w}
        for p, w in enumerate([1.0, 2.5, 0.5, 4.0, 1.5, 3.0])
        for country in ("NO", "SE")
        for y in ((1, 1, 0) if p % 2 else (0, 0, 1))
    ]
    frame = pd.DataFrame(rows)
    total = frame.groupby("recommended_past_12m").weight.transform("sum")
    frame["weight"] /= total  # one half each, in either country
    whole, parts = run(frame), run(frame, by=["country"])
    assert numbers(parts, "estimate") == pytest.approx([0.5, 0.5], rel=EXACT)
    share = np.array([0.5, 0.5])
    joint = parts.covariance()
    assert abs(joint[0, 1]) > 0.1 * joint[0, 0], "PSUs cross the countries"
    assert share @ joint @ share == pytest.approx(numbers(whole, "std_error")[0] ** 2, rel=EXACT)


# What must not matter


def same(left: Estimates, right: Estimates, rtol: float = EXACT) -> None:
    assert left.table.drop_columns(DOUBLES) == right.table.drop_columns(DOUBLES)
    for name in DOUBLES:
        np.testing.assert_allclose(numbers(left, name), numbers(right, name), rtol=rtol)
    np.testing.assert_allclose(left.covariance(), right.covariance(), rtol=1e-8, atol=1e-16)


DOUBLES = ["estimate", "std_error", "conf_low", "conf_high", "n_eff", "deff", "largest_supplier"]


@pytest.mark.parametrize("factor", [1e-6, 0.37, 1e5])
def test_the_scale_of_the_weights(run: Callable[..., Estimates], factor: float) -> None:
    frame = sample()
    scaled = frame.assign(weight=frame.weight * factor)
    same(run(frame, by=["country"]), run(scaled, by=["country"]))


@pytest.mark.parametrize("target", ["these_programmes", "programmes_like_these"])
def test_the_scale_of_one_programmes_weights(run: Callable[..., Estimates], target: str) -> None:
    frame = sample().drop(columns=["psu", "stratum"])
    frame["programme"] = sample().psu.map(lambda name: f"P{int(name[1:]) % 5}")
    scaled = frame.assign(weight=frame.weight * np.where(frame.programme == "P3", 250.0, 1.0))
    same(run(frame, target, by=["country"]), run(scaled, target, by=["country"]))


def test_the_order_of_rows(run: Callable[..., Estimates]) -> None:
    frame = sample()
    shuffled = frame.sample(frac=1, random_state=1)
    same(run(frame, by=["sector", "country"]), run(shuffled, by=["sector", "country"]))


def test_the_names_of_strata_and_psus(run: Callable[..., Estimates]) -> None:
    frame = sample()
    renamed = frame.assign(psu="Å " + frame.psu, stratum=frame.stratum.map("{} × ø".format))
    same(run(frame, by=["country"]), run(renamed, by=["country"]))


def test_the_question_turned_round(run: Callable[..., Estimates]) -> None:
    frame = sample()
    turned = frame.assign(recommended_past_12m=1 - frame.recommended_past_12m)
    left, right = run(frame, by=["country"]), run(turned, by=["country"])
    assert numbers(left, "estimate") == pytest.approx(1 - numbers(right, "estimate"), rel=EXACT)
    assert numbers(left, "std_error") == pytest.approx(numbers(right, "std_error"), rel=1e-9)
    assert numbers(left, "conf_low") == pytest.approx(1 - numbers(right, "conf_high"), rel=1e-9)


def test_one_thread_gives_the_same_bits(tmp_path: Path) -> None:
    sample(60_000).to_parquet(tmp_path / "survey.parquet", index=False)

    def once() -> Estimates:
        responses = open_responses(tmp_path / "survey.parquet")
        return estimate(responses, by=["sector", "country"], engine=DuckDB(threads=1))

    first, *others = [once() for _ in range(4)]
    for other in others:
        assert other.table.equals(first.table)
        assert (other.covariance() == first.covariance()).all()
