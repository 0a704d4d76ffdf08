"""Models of means, products, effects and the penalised fit: against R survey and brglm2, by hand.

The expected values come from tests/reference/models.R; nothing there is our own output.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.conftest import REFERENCE
from tests.reference import against_r
from tests.reference.against_r import expected, opened

from advocacy.errors import AdvocacyError, DataError, UsageError
from advocacy.estimation import Estimates
from advocacy.estimation.models import profile
from advocacy.estimation.regression import regress
from advocacy.responses import Responses, open_responses
from advocacy.survey import survey_design
from advocacy.survey.replication import Replication

same = partial(against_r.same, rtol=1e-8, atol=1e-10)
PATHS = {"sums": 0.0, "ratings": np.inf}


@pytest.fixture(params=PATHS)
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have models fitted from sums by pattern, or from the ratings."""
    monkeypatch.setattr(profile, "RATINGS_A_CELL", PATHS[request.param])
    return str(request.param)


def models(name: str) -> list[Any]:
    return [
        pytest.param(rows.reset_index(drop=True), id="-".join(key))
        for key, rows in expected(f"models_{name}").groupby(["design", "model"], sort=False)
    ]


def ours(wanted: pd.DataFrame, **more: Any) -> Estimates:
    first = wanted.iloc[0]
    return regress(
        opened(f"regression_{first.design}"),
        on=first.on.split(),
        estimand=first.estimand,
        model=first.kind,
        **more,
    )


def rows(result: Estimates, quantity: str) -> pd.DataFrame:
    frame = result.to_pandas()
    return frame[frame.quantity == quantity].fillna({"level": ""}).reset_index(drop=True)


@pytest.mark.parametrize("wanted", models("coefficients"))
def test_coefficients_equal_r(wanted: pd.DataFrame, path: str) -> None:
    linear = wanted.kind[0] == "linear"
    result = ours(wanted)
    found = rows(result, "slope" if linear else "log_odds")
    both = wanted.merge(found, on=["term", "level"], suffixes=("_r", ""), validate="1:1")
    assert len(both) == len(wanted) == len(found)
    same(both.estimate, both.estimate_r)
    same(both.std_error, both.std_error_r)
    assert set(found.n) == set(wanted.n)
    assert result.kind == ("slopes" if linear else "odds_ratios")


@pytest.mark.parametrize("wanted", models("effects"))
def test_effects_and_margins_equal_r(wanted: pd.DataFrame, path: str) -> None:
    for show, quantity in (("effects", "average_effect"), ("margins", "predicted")):
        found = rows(ours(wanted, show=show), quantity)
        own = wanted[wanted.quantity == quantity]
        both = own.merge(found, on=["term", "level"], suffixes=("_r", ""), validate="1:1")
        assert len(both) == len(own) == len(found)
        same(both.estimate, both.estimate_r)
        # The derivatives of R's are by differences.
        same(both.std_error, both.std_error_r, rtol=1e-7)


@pytest.mark.parametrize("on", expected("models_penalised").on.unique())
def test_the_penalised_fit_equals_brglm2_where_separation_is_refused(on: str, path: str) -> None:
    responses = opened("models_separated")
    with pytest.raises(DataError, match="country SE has no finite") as refused:
        regress(responses, on=on.split(), intent="0,1,2,3,4,5,6,7,8,9,10")
    assert "penalised" in str(refused.value.remedy)
    result = regress(responses, on=on.split(), intent="0,1,2,3,4,5,6,7,8,9,10", model="penalised")
    wanted, found = expected("models_penalised").query("on == @on"), rows(result, "log_odds")
    assert found.term.tolist() == wanted.term.tolist()
    assert found.level.tolist() == wanted.level.tolist()
    same(found.estimate, wanted.estimate)
    assert (found.std_error > 0).all()


def test_replicates_refit_the_effects() -> None:
    """The jackknife by hand: the linear model's slope without each PSU is least squares again."""
    frame = pd.read_csv(REFERENCE / "input" / "regression_clustered.csv")
    known = frame.dropna(subset=["score", "wow_moments"])
    psus = frame.psu.unique()
    values = []
    for psu in psus:
        part = known[known.psu != psu]
        root = np.sqrt(part.weight.to_numpy())
        x = np.column_stack([np.ones(len(part)), part.wow_moments]) * root[:, None]
        values.append(np.linalg.lstsq(x, part.score * root, rcond=None)[0][1])
    spread = (len(psus) - 1) / len(psus) * ((values - np.mean(values)) ** 2).sum()
    design = survey_design(opened("regression_clustered"), replication=Replication("jkn"))
    found = regress(
        opened("regression_clustered"),
        on=["wow_moments"],
        estimand="mean_score",
        design=design,
        show="effects",
    ).to_pandas()
    same(found.std_error, [np.sqrt(spread)], rtol=1e-7)


def test_a_linear_model_on_one_segment_is_the_difference_of_its_means(path: str) -> None:
    responses = opened("regression_stratified_clustered")
    frame = pd.read_csv(REFERENCE / "input" / "regression_stratified_clustered.csv")
    frame = frame.dropna(subset=["score"])
    by = frame.groupby("sector")[["score", "weight"]].apply(
        lambda rows: np.average(rows.score, weights=rows.weight)
    )
    margins = rows(
        regress(responses, on=["sector"], estimand="mean_score", show="margins"), "predicted"
    )
    same(margins.estimate, by.to_numpy())
    assert margins.p_value.isna().all()
    effect = rows(
        regress(responses, on=["sector"], estimand="mean_score", show="effects"), "average_effect"
    )
    same(effect.estimate, [by["B2C"] - by["B2B"]])
    assert (effect.level[0], effect.reference[0]) == ("B2C", "B2B")


def test_missing_numbers_may_have_an_indicator(path: str) -> None:
    """By hand: least squares with the mean filled in and an indicator."""
    frame = pd.read_csv(REFERENCE / "input" / "regression_srs.csv").dropna(subset=["score"])
    lacking = frame.satisfaction.isna()
    x = np.column_stack(
        [np.ones(len(frame)), frame.satisfaction.fillna(frame.satisfaction.mean()), lacking]
    )
    wanted = np.linalg.lstsq(x, frame.score, rcond=None)[0]
    result = regress(
        opened("regression_srs"), on=["satisfaction"], estimand="mean_score", missing="indicator"
    )
    found = rows(result, "slope")
    same(found.estimate, wanted)
    assert found.term.tolist() == ["intercept", "satisfaction", "satisfaction"]
    assert (found.level[2], found.reference[2]) == ("missing", "known")
    assert result.unplaced == 0
    assert set(found.n) == {len(frame)}
    effects = regress(
        opened("regression_srs"),
        on=["satisfaction"],
        estimand="mean_score",
        missing="indicator",
        show="effects",
    ).to_pandas()
    assert effects.term.tolist() == ["satisfaction"]


def test_an_indicator_of_what_nobody_lacks_is_not_there() -> None:
    result = regress(
        opened("regression_srs"), on=["wow_moments"], estimand="nps", missing="indicator"
    )
    assert rows(result, "slope").term.tolist() == ["intercept", "wow_moments"]


def written(frame: pd.DataFrame, file: Path) -> Responses:
    frame.to_csv(file, index=False)
    return open_responses(file)


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        ({"on": ["sector:wow_moments"]}, UsageError, "no meaning without sector"),
        ({"on": ["sector*"]}, UsageError, "no product of two"),
        ({"on": ["sector*sector"]}, UsageError, "no product of two"),
        ({"on": ["a*b*c"]}, UsageError, "no product of two"),
        ({"on": ["sector*wow_moments", "wow_moments*sector"]}, UsageError, "named twice"),
        ({"on": ["sector*mood"]}, UsageError, "'mood' is neither"),
        ({"on": ["sector"], "model": "probit"}, UsageError, "'probit' is no model"),
        ({"on": ["sector"], "model": "penalised", "estimand": "nps"}, UsageError, "no penalised"),
        ({"on": ["sector"], "show": "everything"}, UsageError, "cannot be shown"),
        ({"on": ["sector"], "missing": "guess"}, UsageError, "no way with missing"),
        ({"on": ["score"], "estimand": "nps"}, UsageError, "cannot explain it"),
        ({"on": ["satisfaction"], "show": "margins"}, UsageError, "to predict at"),
    ],
)
def test_refusals(given: dict[str, Any], kind: type[AdvocacyError], message: str) -> None:
    with pytest.raises(kind, match=message) as refused:
        regress(opened("regression_clustered"), **given)
    assert refused.value.remedy


def test_a_product_that_is_never_there_is_named(tmp_path: Path, path: str) -> None:
    frame = pd.read_csv(REFERENCE / "input" / "regression_srs.csv")
    frame = frame[~((frame.sector == "B2C") & (frame.country == "SE"))]
    with pytest.raises(DataError, match="sector B2C:country SE has one value only"):
        regress(written(frame, tmp_path / "a.csv"), on=["sector*country"], estimand="mean_score")
