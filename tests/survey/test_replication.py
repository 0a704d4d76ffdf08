"""Replicates against R survey, by enumeration of all bootstrap samples, and as they are written.

The expected values come from tests/reference/replication.R; nothing there is our own output.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.conftest import REFERENCE
from tests.reference.against_r import expected, opened, same

from advocacy.arrays import Floats, Integers
from advocacy.errors import AdvocacyError, DesignError, MissingColumnError, UsageError
from advocacy.estimation import Estimates, estimate
from advocacy.estimation.estimands import find_estimand, find_intent
from advocacy.estimation.segments import SEGMENTS, find_segments
from advocacy.responses import open_responses
from advocacy.survey import DuckDB, SurveyDesign, replicates, survey_design
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.grouped_pass import grouped_pass
from advocacy.survey.cells.groups import rolled_up
from advocacy.survey.margins import Margins, read_margins
from advocacy.survey.quantities import Quantities, ratios, totals
from advocacy.survey.replication import Replication, read_replication

KEYS = ["sector", "country"]
JKN = Replication("jkn")


@cache
def ours(name: str, by: str, replication: Replication, rule: str = "fail") -> Estimates:
    responses = opened(name)
    design = survey_design(responses, replication=replication, lonely_psu=rule)  # type: ignore[arg-type]
    return estimate(
        responses, by=tuple(filter(None, by.split(","))), design=design, interval="wald"
    )


def beside(rows: pd.DataFrame, replication: Replication, rule: str = "fail") -> pd.DataFrame:
    """Return R's rows of one design beside ours, crossing by crossing."""
    name = rows.iloc[0].design
    return joined(rows, lambda by: ours(name, by, replication, rule))


def joined(rows: pd.DataFrame, estimated: Callable[[str], Estimates]) -> pd.DataFrame:
    found = []
    for by, part in rows.groupby("by", sort=False):
        result = estimated(str(by)).to_pandas().drop(columns="n").add_suffix("_ours")
        keys = [key for key in KEYS if key in str(by)]
        beside = [f"{key}_ours" for key in keys]
        found.append(
            part.merge(result, how="left", left_on=keys, right_on=beside)
            if keys
            else part.merge(result, how="cross")
        )
    both = pd.concat(found)
    assert both.estimate_ours.notna().all()
    return both


def parts(name: str, *keys: str) -> list[Any]:
    return [
        pytest.param(rows, id="-".join(str(part) for part in key))
        for key, rows in expected(f"replication_{name}").groupby(list(keys), sort=False)
    ]


# Made of the PSUs: the jackknife


@pytest.mark.parametrize("rows", parts("jackknife", "design", "lonely_psu", "mse"))
def test_jackknife_equals_r(rows: pd.DataFrame) -> None:
    first = rows.iloc[0]
    replication = Replication("jkn", mse=bool(first.mse))
    if first.lonely_psu == "average":
        with pytest.raises(DesignError, match="average"):
            ours(first.design, "", replication, "average")
        return
    both = beside(rows, replication, first.lonely_psu)
    same(both.estimate_ours, both.estimate)
    assert (both.df_ours.fillna(0) == both.df_linearization).all()  # R's 0 is none
    assert set(both.method_ours) == {"jkn"}
    if first.design == "two_stage":
        # R takes the first stage's correction alone, and so leaves out the second stage's part.
        assert (both.std_error_ours > both.std_error).all()
    else:
        same(both.std_error_ours, both.std_error)


def test_jackknife_covariance_equals_r() -> None:
    for name, rows in expected("replication_covariance").groupby("design"):
        result = ours(str(name), "sector,country", Replication("jkn", mse=True))
        frame = result.to_pandas()
        index = {pair: i for i, pair in enumerate(zip(frame.sector, frame.country, strict=True))}
        joint = result.covariance()
        found = [
            joint[index[r.row_sector, r.row_country], index[r.col_sector, r.col_country]]
            for r in rows.itertuples()
        ]
        same(found, rows.covariance)
        same(np.diag(joint), frame.std_error**2)


def test_the_jackknife_of_totals_is_linearization_where_ratings_are_psus() -> None:
    """Totals are linear in the weights, so that both are the same formula."""
    cells, design = passed("stratified", JKN)
    by_replicates = totals(cells, design)
    by_linearization = totals(*passed("stratified", None))
    same(by_replicates.variance(), by_linearization.variance())
    same(by_replicates.covariance(), by_linearization.covariance(), atol=1e-9)


# Made of the PSUs: the bootstrap


def passed(
    name: str, replication: Replication | None, by: tuple[str, ...] = ("sector",), **more: Any
) -> tuple[Cells, SurveyDesign]:
    responses = opened(name)
    design = survey_design(responses, replication=replication, **more)
    ratio = find_estimand("recommended_past_12m").ratio(find_intent("score_10").condition())
    domains = [segment.domain for segment in find_segments(by)]
    return grouped_pass(responses, design, ratio, domains, DuckDB()), design


def given_draws(name: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Let the bootstrap draw what R's reference drew; return the number of replicates."""
    rows = expected("replication_draws").query("design == @name")
    wide = rows.pivot(index="psu", columns="replicate", values="draws")

    def draws(_: object, stratum: Integers, psus: Integers, replicates: int) -> Integers:
        assert len(stratum) == psus.sum() == len(wide)
        return wide.sort_index().to_numpy().T[:replicates]  # PSUs come in the order of their names

    monkeypatch.setattr(replicates, "draws", draws)
    return wide.shape[1]


@pytest.mark.parametrize("name", ["stratified_clustered", "clustered"])
@pytest.mark.parametrize("mse", [False, True])
def test_bootstrap_of_given_draws_equals_r(
    name: str, mse: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = given_draws(name, monkeypatch)
    replication = Replication("bootstrap", number=number, seed=901 + mse, mse=mse)
    rows = expected("replication_draws_summary").query("design == @name and mse == @mse")
    both = beside(rows, replication)
    same(both.std_error_ours, both.std_error)
    values = expected("replication_draws_estimates").query("design == @name and by == 'sector'")
    found = ours(name, "sector", replication)
    assert found.quantities is not None
    assert found.quantities.replicates is not None
    for i, sector in enumerate(found.to_pandas().sector):
        wanted = values[values.sector == sector].estimate
        same(found.quantities.replicates.values[:, i], wanted)


def small() -> tuple[Integers, Integers, Floats, Floats]:
    """Return the design of a hand-made sample: two strata with 3 and 2 PSUs, and two variables."""
    x = np.array([[1.0, 4.0, 7.5, 2.0, 8.0], [3.0, 1.0, 0.5, 6.0, 2.5]]).T
    return np.array([0, 0, 0, 1, 1]), np.array([3, 2]), np.array([0.3, 0.8]), x


def test_expectation_over_all_bootstrap_samples_is_linearization_exactly() -> None:
    stratum, psus, left_out, x = small()
    samples = product(product(range(3), repeat=2), product(range(3, 5), repeat=1))
    drawn = np.array([np.bincount([*a, *b], minlength=5) for a, b in samples])
    replicated = replicates.multipliers(drawn, stratum, psus, left_out) @ x
    # All samples are equally likely.
    same(replicated.mean(axis=0), x.sum(axis=0))
    away = replicated - x.sum(axis=0)
    expectation = away.T @ away / len(drawn)
    wanted = sum(
        left_out[h] * psus[h] * np.cov(x[stratum == h].T)
        for h in (0, 1)  # n/(n-1) * sum of squares
    )
    same(expectation, wanted)


def test_draws_are_one_fewer_than_the_stratum_has_and_equally_likely() -> None:
    stratum, psus = np.array([0, 1, 0, 0, 1, 2]), np.array([3, 2, 1])
    drawn = replicates.draws(np.random.default_rng(5), stratum, psus, 40_000)
    for h, n in enumerate(psus):
        own = drawn[:, stratum == h]
        assert (own.sum(axis=1) == n - 1).all()
        # Mean (n - 1)/n of each; 5 standard errors of a binomial mean.
        np.testing.assert_allclose(
            own.mean(axis=0), (n - 1) / n, atol=5 * np.sqrt(0.25 * n / 40_000)
        )


def test_draws_do_not_depend_on_how_many_are_held_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    replication = Replication("bootstrap", number=20, seed=4)
    cells, design = passed("stratified_clustered", replication)
    whole = ratios(cells, design)
    monkeypatch.setattr(replicates, "_AT_A_TIME", 60)
    again = ratios(cells, design)
    assert whole.replicates is not None
    assert again.replicates is not None
    assert whole.replicates.values.tobytes() == again.replicates.values.tobytes()


def near(actual: Floats, wanted: Floats, bound: float) -> None:
    """Compare what is not 0: of no rating outside the base is there a total."""
    assert (wanted > 0).sum() == 4
    assert np.abs(actual[wanted > 0] / wanted[wanted > 0] - 1).max() < bound


def test_bootstrap_variance_of_totals_is_near_linearization() -> None:
    """A variance of R normal replicates has the relative standard error sqrt(2/R): 4 of them."""
    number = 4000
    replicated = totals(*passed("stratified_clustered", Replication("bootstrap", number=number)))
    wanted = totals(*passed("stratified_clustered", None)).variance()
    near(replicated.variance(), wanted, 4 * np.sqrt(2 / number))


def test_replicates_do_not_depend_on_the_domains() -> None:
    replication = Replication("bootstrap", number=15)
    cells, design = passed("stratified_clustered", replication, ("sector", "country"))
    margin = ratios(cells, design, rolled_up(cells, ["sector"])).replicates
    alone = ratios(*passed("stratified_clustered", replication)).replicates
    assert margin is not None
    assert alone is not None
    same(margin.values, alone.values)


def test_bootstrap_knows_the_finite_population() -> None:
    number = 4000
    cells, design = passed("fpc_stratified_clustered", Replication("bootstrap", number=number))
    wanted = totals(*passed("fpc_stratified_clustered", None)).variance()
    assert cells.fraction.max() > 0.2
    near(totals(cells, design).variance(), wanted, 4 * np.sqrt(2 / number))


def test_the_seed_gives_the_replicates() -> None:
    first, again, other = (
        ours("clustered", "sector", Replication("bootstrap", number=n, seed=seed)).to_pandas()
        for n, seed in ((30, 1), (30, 1), (30, 2))
    )
    assert first.std_error.to_numpy().tobytes() == again.std_error.to_numpy().tobytes()
    assert (first.std_error != other.std_error).all()
    assert "seed 1" in Replication("bootstrap").describe()


# Calibrated again in each


def margins_two() -> Margins:
    return read_margins(REFERENCE / "input" / "margins_two.csv", SEGMENTS)


@pytest.mark.parametrize("rows", parts("raked", "design", "mse"))
def test_each_replicate_is_raked_again(rows: pd.DataFrame) -> None:
    first = rows.iloc[0]
    responses = opened(first.design)
    margins = margins_two()
    design = survey_design(
        responses, replication=Replication("jkn", mse=bool(first.mse)), margins=margins
    )
    both = joined(
        rows,
        lambda by: estimate(
            responses, by=[key for key in KEYS if key in by], design=design, interval="wald"
        ),
    )
    same(both.estimate_ours, both.estimate, rtol=1e-8)
    same(both.std_error_ours, both.std_error, rtol=1e-7)


# Given with the data


def as_given(name: str, *, mse: bool = False) -> Replication:
    rows = expected("replication_scales").query("design == @name")
    first = rows.iloc[0]
    return Replication(
        "given",
        scheme=first.type,
        rho=0.0 if np.isnan(first.rho) else float(first.rho),
        rscales=tuple(rows.rscale) if first.type == "JKn" else (),
        mse=mse,
    )


@pytest.mark.parametrize("rows", parts("given", "design", "mse"))
def test_given_replicate_weights_equal_r(rows: pd.DataFrame) -> None:
    first = rows.iloc[0]
    rows = rows[rows.by.isin(["", "sector,country"])]
    both = beside(rows, as_given(first.design, mse=bool(first.mse)))
    same(both.estimate_ours, both.estimate)
    assert (both.df_ours.fillna(0) == both.df).all()  # R's 0 is none
    assert set(both.method_ours) == {"replicate_weights"}
    # R leaves replicates without the domain out of the sum; here they count as the others do.
    number = (expected("replication_scales").design == first.design).sum()
    share = number / (number - both.empty_replicates)
    same(both.std_error_ours, both.std_error * np.sqrt(share))


@pytest.mark.parametrize("name", sorted(set(expected("replication_scales").design)))
def test_factors_equal_r(name: str) -> None:
    rows = expected("replication_scales").query("design == @name")
    design = survey_design(opened(name), replication=as_given(name))
    assert design.replication is not None
    assert design.replication.columns == tuple(f"repweight_{r}" for r in rows.replicate)
    same(design.replication.given_factors(), rows.scale * rows.rscale)


def test_given_jackknife_weights_are_those_that_the_psus_make(tmp_path: Path) -> None:
    """The same replicates, once as columns and once made, give the same covariance."""
    frame = pd.read_csv(REFERENCE / "input" / "clustered.csv")
    codes = sorted(frame.psu.unique())
    n = len(codes)
    for number, code in enumerate(codes):
        frame[f"repweight_{number}"] = frame.weight * np.where(frame.psu == code, 0, n / (n - 1))
    path = tmp_path / "given.csv"
    frame.drop(columns=["psu"]).to_csv(path, index=False)
    responses = open_responses(path)
    design = survey_design(responses, replication=Replication("given", scheme="JK1"))
    columns = estimate(responses, by=["sector"], design=design, interval="wald")
    made = ours("clustered", "sector", JKN)
    same(columns.covariance(), made.covariance())
    assert columns.to_pandas().df.equals(made.to_pandas().df)
    raked = replace(design, margins=margins_two())
    columns = estimate(responses, by=["country"], design=raked, interval="wald")
    design = survey_design(opened("clustered"), replication=JKN, margins=margins_two())
    same(
        columns.covariance(),
        estimate(opened("clustered"), by=["country"], design=design, interval="wald").covariance(),
        rtol=1e-7,
    )


def test_a_dataset_keeps_its_replicate_weights(tmp_path: Path) -> None:
    frame = pd.read_csv(REFERENCE / "input" / "replicates_jk1.csv")
    folder = tmp_path / "responses" / "source=a"
    folder.mkdir(parents=True)
    kinds = {"score": "Int64", "recommended_past_12m": "boolean"}
    frame.astype(kinds).to_parquet(folder / "responses.parquet", index=False)
    responses = open_responses(tmp_path)
    design = survey_design(responses, replication=Replication("given", scheme="JK1"))
    result = estimate(responses, design=design, interval="wald").to_pandas()
    wanted = ours("replicates_jk1", "", as_given("replicates_jk1")).to_pandas()
    same(result.std_error, wanted.std_error)


# Functions of quantities


def test_functions_are_applied_to_the_replicates() -> None:
    found = ours("stratified_clustered", "sector", JKN).quantities
    assert found is not None
    change = found.transformed(lambda v: v[..., :1] - v[..., 1:2], np.array([[1.0, -1.0]]))
    joint = found.covariance()
    same(change.variance(), joint[0, 0] + joint[1, 1] - 2 * joint[0, 1])
    logs: Quantities = found.transformed(np.log, np.diag(1 / found.estimate))
    assert found.replicates is not None
    assert logs.replicates is not None
    same(logs.replicates.values, np.log(found.replicates.values))
    same(found.take(np.array([1])).variance(), joint[1:, 1])


# Refusals


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("bootstrap", Replication("bootstrap", seed=9)),
        ("bootstrap:80", Replication("bootstrap", number=80, seed=9)),
        ("jkn", Replication("jkn")),
        ("given:BRR", Replication("given", scheme="BRR")),
        ("given:Fay:0.3", Replication("given", scheme="Fay", rho=0.3)),
    ],
)
def test_what_the_command_line_says(text: str, wanted: Replication) -> None:
    assert read_replication(text, seed=9) == wanted


@pytest.mark.parametrize(
    "text",
    ["", "jack", "jkn:3", "bootstrap:1", "bootstrap:many", "bootstrap:5:6", "given", "given:BBR",
     "given:JKn", "given:Fay", "given:Fay:1.2", "given:Fay:x", "given:BRR:0.3"],
)  # fmt: skip
def test_what_the_command_line_cannot_say(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_replication(text)
    assert refused.value.remedy


def test_a_lonely_psu_is_refused_or_left_alone() -> None:
    with pytest.raises(DesignError, match="'S7', 'S9'"):
        ours("lonely", "", Replication("bootstrap", number=10))
    with pytest.raises(DesignError, match="'adjust' is for linearization"):
        ours("lonely", "", JKN, "adjust")
    whole = ours("lonely", "country", Replication("bootstrap", number=50), "certainty").to_pandas()
    # IS lives in a lonely stratum only: nothing varies there, and there are no df.
    lonely = whole.set_index("country").loc["IS"]
    assert lonely.std_error == 0
    assert np.isnan(lonely.df)


@pytest.mark.parametrize(
    ("name", "arguments", "kind", "message"),
    [
        ("clustered", {"replication": Replication("given", scheme="BRR")},
         MissingColumnError, "0 columns"),
        ("replicates_jkn", {"replication": Replication("given", scheme="JKn", rscales=(0.5, 0.5))},
         UsageError, "2 rscales for"),
        ("replicates_jkn", {"replication": Replication("given", scheme="BRR"),
                            "target": "these_programmes"}, DesignError, "as_given alone"),
    ],
)  # fmt: skip
def test_given_weights_that_are_not_there(
    name: str, arguments: dict[str, Any], kind: type[AdvocacyError], message: str
) -> None:
    with pytest.raises(kind, match=message) as refused:
        survey_design(opened(name), **arguments)
    assert refused.value.remedy


def test_a_missing_replicate_weight_is_refused(tmp_path: Path) -> None:
    frame = pd.read_csv(REFERENCE / "input" / "replicates_jk1.csv")
    frame.loc[3, "repweight_2"] = np.nan
    frame.to_csv(tmp_path / "holes.csv", index=False)
    responses = open_responses(tmp_path / "holes.csv")
    design = survey_design(responses, replication=Replication("given", scheme="JK1"))
    with pytest.raises(DesignError, match="1 replicate weight"):
        estimate(responses, design=design)


def test_a_jackknife_beyond_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replicates, "_MOST_VALUES", 100)
    with pytest.raises(UsageError, match="do not fit"):
        ours("clustered", "country", Replication("jkn", seed=77))
