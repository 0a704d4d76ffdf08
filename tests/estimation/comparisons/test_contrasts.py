"""Comparisons against R survey: pairs, Rao-Scott tests, lift, standardised differences.

The expected values come from tests/reference (see its README); nothing here is our own output.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tests.reference.against_r import expected, opened, same

from advocacy.estimation import Estimates, estimate
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.comparisons.contrasts import CONTRASTS, Pairs, contrast_columns
from advocacy.estimation.comparisons.homogeneity import rao_scott
from advocacy.estimation.comparisons.lift import lift
from advocacy.estimation.comparisons.pairwise import adjusted, compare
from advocacy.estimation.comparisons.standardisation import standardise
from advocacy.responses import Responses
from advocacy.survey import SurveyDesign, survey_design
from advocacy.survey.sides import FEWEST_DF

SIDES = ["sector", "country"]


@cache
def drawn(design: str, target: str = "as_given") -> tuple[Responses, SurveyDesign]:
    responses = opened(design)
    chosen = None if target == "as_given" else target
    return responses, survey_design(responses, chosen, nest=design == "fpc_nested_codes")


@cache
def rates(design: str, target: str, by: str) -> Estimates:
    responses, survey = drawn(design, target)
    return estimate(responses, by=by.split(","), interval="wald", design=survey)


def cases(name: str, *keys: str) -> list[Any]:
    return [
        pytest.param(rows, id="-".join(str(part) for part in key if part))
        for key, rows in expected(name).groupby(list(keys), sort=False)
    ]


# Pairs


def pairs_of(rows: pd.DataFrame, table: pd.DataFrame, quantity: str) -> Pairs:
    """Return the pairs in R's order: by the names of its domains."""
    keys = rows.iloc[0].by.split(",")
    place = {tuple(key): number for number, key in enumerate(table[keys].to_numpy().tolist())}
    sides = [
        np.array([place[tuple(key)] for key in rows[[f"{side}{k}" for k in keys]].to_numpy()])
        for side in ("", "reference_")
    ]
    return Pairs(CONTRASTS[quantity], *sides)


@pytest.mark.parametrize("rows", cases("contrasts_pairs", "design", "by", "quantity"))
def test_pairs_equal_r(rows: pd.DataFrame) -> None:
    first = rows.iloc[0]
    result = rates(first.design, first.target, first.by)
    log = first.quantity.startswith("log_")
    quantity = first.quantity.removeprefix("log_")
    pairs = pairs_of(rows, result.to_pandas(), quantity)
    flags = result.table["reliability"].to_pylist()
    assert result.quantities is not None
    ours = {
        name: column.to_numpy(zero_copy_only=False)
        for name, column in contrast_columns(result.quantities, pairs, flags, 0.95).items()
    }
    # R's df have no regard to the sides: they are the most that there can be.
    df = ours["df"].astype(float)
    assert (np.isnan(df) | (df <= rows.df.to_numpy())).all()
    defined = rows.estimate.notna().to_numpy()
    estimate_, std_error = ours["estimate"][defined], ours["std_error"][defined]
    if log:  # R has the log itself; ours stands on the scale of the ratio
        estimate_, std_error = np.log(estimate_), std_error / estimate_
    else:
        assert np.isnan(ours["estimate"].astype(float)[~defined]).all()
    same(estimate_, rows.estimate[defined])
    same(std_error, rows.std_error[defined])
    # A side without a variance of its own R takes as known exactly; we then test nothing.
    table = result.to_pandas()
    bear = ((table.std_error > 1e-12) & (table.df >= FEWEST_DF)).to_numpy()
    own = bear[pairs.first] & bear[pairs.second] & defined
    assert np.isnan(ours["p_value"][~own].astype(float)).all()
    assert np.isfinite(ours["p_value"][own & (rows.std_error > 1e-12)].astype(float)).all()


@pytest.mark.parametrize("rows", cases("sides_pairs", "design", "by", "quantity"))
def test_pairs_are_held_against_what_their_sides_bear(rows: pd.DataFrame) -> None:
    """By dense matrices in R: tests/reference/sides.R."""
    first = rows.iloc[0]
    result = rates(first.design, "programmes_like_these" if first.design == "programmes" else
                   "as_given", first.by)  # fmt: skip
    pairs = pairs_of(rows, result.to_pandas(), first.quantity)
    flags = result.table["reliability"].to_pylist()
    assert result.quantities is not None
    columns = contrast_columns(result.quantities, pairs, flags, 0.95)
    ours = {name: column.to_numpy(zero_copy_only=False) for name, column in columns.items()}
    same(ours["df"], rows.df, rtol=1e-8)
    same(ours["p_value"], rows.p_value, rtol=1e-8)
    estimate_, std_error = ours["estimate"], ours["std_error"]
    log = first.quantity != "difference"
    if log:
        estimate_, std_error = np.log(estimate_), std_error / estimate_
    half = stats.t.ppf(0.975, rows.df) * rows.widening * std_error
    for end, sign in (("conf_low", -1), ("conf_high", 1)):
        same(np.log(ours[end]) if log else ours[end], estimate_ + sign * half, rtol=1e-8)


@pytest.mark.parametrize(
    ("rule", "column"), [("holm", "p_holm"), ("bh", "p_bh"), ("none", "p_value")]
)
def test_adjusted_p_values_equal_r(rule: str, column: str) -> None:
    families = expected("contrasts_pairs").groupby(["design", "by", "quantity"])
    for _, rows in families:
        same(adjusted(rows.p_value.to_numpy(), rule), rows[column], atol=0)


def test_adjusted_p_values_equal_pingouin() -> None:
    pingouin = pytest.importorskip("pingouin", reason="pingouin is not installed; see make install")
    p_values = np.random.default_rng(5).random(25) ** 3
    for rule in ("holm", "bh"):
        second = pingouin.multicomp(p_values, method={"holm": "holm", "bh": "fdr_bh"}[rule])[1]
        same(adjusted(p_values, rule), second, atol=0)


@pytest.mark.parametrize("quantity", ["difference", "ratio", "odds_ratio"])
@pytest.mark.parametrize("design", ["stratified_clustered", "two_stage", "mix_fpc", "mix_srs"])
def test_compare_equals_r(design: str, quantity: str) -> None:
    """From the public function: countries, all pairs."""
    responses, survey = drawn(design)
    result = compare(responses, between="country", quantity=quantity, design=survey)
    contrasts = result.to_pandas().dropna(subset="reference").set_index(["country", "reference"])
    rows = expected("contrasts_pairs").query("design == @design and by == 'country'")
    own = rows[rows.quantity == quantity].set_index(["country", "reference_country"])
    assert contrasts.index.tolist() == own.index.tolist()
    same(contrasts.estimate, own.estimate)
    same(contrasts.std_error, own.std_error)
    wanted = expected("sides_pairs").query(
        "design == @design and by == 'country' and quantity == @quantity"
    )
    tested = contrasts.dropna(subset="p_value")
    assert tested.index.tolist() == list(zip(wanted.country, wanted.reference_country, strict=True))
    same(tested.p_value, wanted.p_value, rtol=1e-8)
    same(tested.p_adjusted, adjusted(wanted.p_value.to_numpy(), "holm"), rtol=1e-8)
    assert set(contrasts.adjust) == {"holm"}


# Rao and Scott


@pytest.mark.parametrize("rows", cases("contrasts_rao_scott", "design", "by"))
def test_rao_scott_equals_r(rows: pd.DataFrame) -> None:
    wanted = rows[rows.method == "F"].iloc[0]
    found = rates(wanted.design, wanted.target, wanted.by).quantities
    assert found is not None
    test = rao_scott(found)
    same([test.statistic, test.ndf], [wanted.statistic, wanted.ndf])
    # R's denominator has no regard to the domains' own df; p-values are those of sides.R.
    assert test.ddf <= wanted.ddf * (1 + 1e-9)
    own = expected("sides_rao_scott").query("design == @wanted.design and by == @wanted.by")
    if own.empty:
        assert np.isnan(test.p_value)
    else:
        same([test.ddf, test.p_value], own[["ddf", "p_value"]].iloc[0], rtol=1e-8)


@pytest.mark.parametrize("design", ["clustered", "mix_srs"])
def test_compare_tests_homogeneity(design: str) -> None:
    responses, survey = drawn(design)
    table = compare(responses, between="country", design=survey).to_pandas()
    (wanted,) = (
        expected("sides_rao_scott").query("design == @design and by == 'country'").itertuples()
    )
    for name, value in (
        ("f", wanted.statistic),
        ("ndf", wanted.ndf),
        ("ddf", wanted.ddf),
        ("p", wanted.p_value),
    ):
        same(table[f"homogeneity_{name}"], [value] * len(table))


def test_rao_scott_within_groups_is_that_of_each_group() -> None:
    """A group's test is R's on the subset: the sectors' is that of a file with B2B alone."""
    responses, survey = drawn("mix_srs")
    table = compare(responses, between="country", by=["sector"], design=survey).to_pandas()
    for sector, rows in table.groupby("sector"):
        found = estimate(responses, by=["sector", "country"], design=survey)
        assert found.quantities is not None
        own = np.flatnonzero(found.to_pandas().sector == sector)
        assert rows.homogeneity_p.nunique() == 1
        same(rows.homogeneity_p.iloc[0], rao_scott(found.quantities.take(own)).p_value)
    assert table.homogeneity_p.nunique() == 2


# Lift


@pytest.mark.parametrize("rows", cases("designs_lift", "design", "by", "intent"))
def test_lift_equals_r(rows: pd.DataFrame) -> None:
    first = rows.iloc[0]
    result = lifted(first.design, first.by, first.intent)
    keys = [*filter(None, [first.by]), "intent", "reference", "quantity"]
    ours = result.to_pandas().set_index(keys)[["estimate", "std_error", "df"]].add_suffix("_ours")
    both = rows.set_index(keys).join(ours)
    assert (both.df_ours.isna() | (both.df_ours <= both.df)).all()
    same(both.estimate_ours, both.estimate)
    same(both.std_error_ours, both.std_error)


@pytest.mark.parametrize("rows", cases("designs_intents", "design", "by"))
def test_rates_beside_the_lift_equal_r(rows: pd.DataFrame) -> None:
    first = rows.iloc[0]
    keys = [*filter(None, [first.by]), "intent"]
    for intent in ("score_10", "promoters"):
        result = lifted(first.design, first.by, intent).to_pandas()
        ours = result[result.reference.isna()].set_index(keys)
        both = ours.join(rows.set_index(keys).add_suffix("_r"))
        assert len(both) == len(result[result.reference.isna()])
        same(both.estimate, both.estimate_r)
        same(both.std_error, both.std_error_r)
        assert (both.df.fillna(0) == both.df_r).all()  # R's 0 is none
        assert (both.n == both.n_r).all()


@pytest.mark.parametrize("rows", cases("designs_intents_covariance", "design", "by"))
def test_covariance_of_score_sets_equals_r(rows: pd.DataFrame) -> None:
    first = rows.iloc[0]
    result = lifted(first.design, first.by, "promoters")
    table, joint = result.to_pandas(), result.covariance()
    sector = table.sector if first.by else [""] * len(table)
    place = {
        key: number
        for number, key in enumerate(zip(sector, table.intent, strict=True))
        if table.reference.isna()[number]
    }
    rows = rows.fillna({"row_sector": "", "col_sector": ""})
    known = [
        (place[r.row_sector, r.row_intent], place[r.col_sector, r.col_intent], r.covariance)
        for r in rows.itertuples()
        if "score_10" not in (r.row_intent, r.col_intent)
    ]
    a, b, wanted = zip(*known, strict=True)
    same(joint[list(a), list(b)], wanted)


@cache
def lifted(design: str, by: str, intent: str) -> Comparison:
    responses, survey = drawn(design)
    return lift(responses, intent=intent, by=[*filter(None, [by])], design=survey, interval="wald")


# Standardised


@pytest.mark.parametrize("rows", cases("contrasts_standardised", "design", "standardise"))
def test_standardised_differences_equal_r(rows: pd.DataFrame) -> None:
    first = rows.iloc[0]
    responses, survey = drawn(first.design, first.target)
    mix = first.standardise.split(",")
    result = standardise(responses, between="sector", mix=mix, design=survey)
    table = result.to_pandas().set_index(["quantity", "sector"])
    names = {
        "raw": ("raw_common", "B2B"),
        "rate": ("rate_part", "B2B"),
        "mix": ("mix_part", "B2B"),
        "whole": ("raw_all", "B2B"),
        "standardised_b2b": ("rate_standardised", "B2B"),
        "standardised_b2c": ("rate_standardised", "B2C"),
    }
    for row in rows.itertuples():
        ours = table.loc[names[row.quantity]]
        same([ours.estimate, ours.std_error], [row.estimate, row.std_error])
        of_level = row.quantity.startswith("standardised")
        assert of_level or np.isnan(ours.df) or ours.df <= row.df
    held = expected("sides_standardised").query(
        "design == @first.design and standardise == @first.standardise"
    )
    for row in held.itertuples():
        ours = table.loc[names[row.quantity]]
        # Slopes are by differences there.
        same([ours.df, ours.p_value], [row.df, row.p_value], rtol=1e-6)
    tested = {names[name] for name in held.quantity}
    untested = [key for key in names.values() if key not in tested]
    assert table.loc[untested, "p_value"].isna().all()
    assert table.loc[("rate_part", "B2B"), "n"] == first.n
    same(table.loc[("rate_all", "B2B"), "excluded"], first.excluded_b2b)
    same(table.loc[("rate_all", "B2C"), "excluded"], first.excluded_b2c)
    assert result.notes[0].values["common"] == first.common_cells
    assert result.notes[0].values["cells"] == first.cells


# Other estimands


@pytest.mark.parametrize("estimand", ["nps", "mean_score", "earned_advocacy"])
@pytest.mark.parametrize("design", ["mix_stratified_clustered", "mix_fpc", "mix_srs"])
def test_differences_of_other_estimands(design: str, estimand: str) -> None:
    """R's estimates by country give the differences; the joint covariance their variances."""
    responses, survey = drawn(design)
    result = compare(responses, between="country", estimand=estimand, design=survey)
    rows = expected("contrasts_estimands").query(
        "design == @design and estimand == @estimand and by == 'country'"
    )
    means = dict(zip(rows.country, rows.estimate, strict=True))
    table = result.to_pandas()
    contrasts = table.dropna(subset="reference")
    assert len(contrasts) == len(list(combinations(means, 2)))
    same(
        contrasts.estimate,
        contrasts.country.map(means).to_numpy() - contrasts.reference.map(means).to_numpy(),
    )
    joint = estimate(responses, by=["country"], estimand=estimand, design=survey).covariance()
    place = {name: number for number, name in enumerate(table.country[table.reference.isna()])}
    a, b = (contrasts[name].map(place).to_numpy() for name in ("country", "reference"))
    same(contrasts.std_error**2, joint[a, a] + joint[b, b] - 2 * joint[a, b])
    assert table.homogeneity_p.isna().all()
    assert contrasts.cohens_h.isna().all()
