"""Estimates, standard errors, df, limits and covariances against R survey and svy.

The expected values come from tests/reference (see its README); nothing here is our own output.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import stats
from tests.conftest import REFERENCE
from tests.reference.against_r import expected, opened, same

from advocacy.errors import DesignError
from advocacy.estimation import Estimates, estimate
from advocacy.survey import DuckDB, survey_design

KEYS = ["sector", "country", "score"]
LONELY_RULES = ["adjust", "average", "remove", "certainty"]


@dataclass(frozen=True)
class Once:
    """DuckDB that runs a statement about a design once: estimates differ in intervals alone."""

    design: str

    def run(self, sql: str, tables: Mapping[str, pa.Table]) -> pa.Table:
        key = (self.design, sql)
        if key not in RUN:
            RUN[key] = DuckDB().run(sql, tables)
        return RUN[key]


RUN: dict[tuple[str, str], pa.Table] = {}


@cache
def ours(design: str, target: str, scaling: str, lonely: str, by: str, interval: str) -> Estimates:
    responses = opened(design)
    return estimate(
        responses,
        engine=Once(design),
        by=tuple(filter(None, by.split(","))),
        interval=interval,
        design=survey_design(
            responses,
            None if target == "as_given" else target,
            weight_scaling="respondents" if scaling == "as_given" else scaling,  # type: ignore[arg-type]
            lonely_psu=lonely,  # type: ignore[arg-type]
            nest=design == "fpc_nested_codes",
        ),
    )


def joined(rows: pd.DataFrame, interval: str) -> pd.DataFrame:
    """Return expected rows beside ours, one design, target, scaling, rule and crossing."""
    first = rows.iloc[0]
    result = ours(
        first.design, first.target, first.weight_scaling, first.lonely_psu, first.by, interval
    ).to_pandas()
    keys = first.by.split(",") if first.by else []
    wanted = rows[rows.n > 0]
    assert len(result) == len(wanted), "a domain with ratings is absent, or one without is there"
    if not keys:
        return wanted.reset_index(drop=True).join(result.add_suffix("_ours"))
    ours_keyed = result.set_index(keys).add_suffix("_ours")
    both = wanted.set_index(keys).join(ours_keyed, how="left")
    assert both.n_ours.notna().all()
    return both.reset_index()


def groups(name: str, *more: str) -> list[Any]:
    frame = expected(name)
    keys = ["design", "target", "weight_scaling", "lonely_psu", "by", *more]
    return [
        pytest.param(rows, id="-".join(str(part) for part in key if part))
        for key, rows in frame.groupby(keys, sort=False)
    ]


@pytest.mark.parametrize(
    "rows", groups("estimates", "interval") + groups("designs_estimates", "interval")
)
def test_estimates_equal_r(rows: pd.DataFrame) -> None:
    interval = rows.iloc[0].interval
    both = joined(rows, interval)
    same(both.estimate_ours, both.estimate)
    same(both.std_error_ours.astype(float), both.std_error)
    # Where R has 0 degrees of freedom there are none.
    assert (both.df_ours.fillna(0) == both.df).all()
    assert (both.n_ours == both.n).all()
    # Without variance between 0 and 1, R gives a point (logit) or one half (beta), we none.
    flat = (both.std_error == 0) & both.estimate.between(0, 1, inclusive="neither")
    defined = both.conf_low.notna() & ~(flat & (interval != "wald"))
    same(both.conf_low_ours[defined], both.conf_low[defined])
    same(both.conf_high_ours[defined], both.conf_high[defined])
    assert both.conf_low_ours[~defined].isna().all()


@pytest.mark.parametrize("rows", groups("korn_graubard"))
def test_korn_graubard_equals_svy_and_the_definition(rows: pd.DataFrame) -> None:
    both = joined(rows, "korn_graubard")
    # By section 6 of the methods the weights cap what is effective where one of 30 ratings or more
    # has 10 % of the weight; these limits are held to that definition below.
    made = made_by_one_rating(both)
    held_to_the_weights(both[made])
    both = both[~made]
    for end in ("low", "high"):
        regular = both.case == "regular"
        same(both[f"conf_{end}_ours"][regular], both[f"conf_{end}"][regular])
        stated = both[f"definition_{end}"].notna() & (both.df >= 1)
        # At 0 and 1 the definition counts ratings and svy fewer; ours are worth their PSUs, as
        # section 8 of the methods says. What they are by hand stands in test_populations.
        boundary = both.case == "boundary"
        inner = stated & ~boundary
        same(both[f"conf_{end}_ours"][inner], both[f"definition_{end}"][inner])
        wider = (both[f"definition_{end}"] - both[f"conf_{end}_ours"])[stated & boundary]
        assert (wider * (1 if end == "low" else -1) > -1e-12).all()
        assert both[f"conf_{end}_ours"][both.df < 1].isna().all()


def made_by_one_rating(both: pd.DataFrame) -> pd.Series[bool]:
    """Tell which rows have 30 ratings or more, one of them with 10 % of the weight or more."""
    # Scaled by programme, none of these designs has one.
    given = both.target == "as_given"
    found = [row.n >= 30 and weights_of(row).max() >= 0.10 for row in both[given].itertuples()]
    return pd.Series(found, index=both.index[given], dtype=bool).reindex(
        both.index, fill_value=False
    )


def weights_of(row: Any) -> pd.Series[float]:
    """Return the shares of the weight that the ratings behind a row have, from the input."""
    data = pd.read_csv(REFERENCE / "input" / f"{row.design}.csv")
    data = data[data.recommended_past_12m.notna()]
    names = row.by.split(",") if row.by else []
    if "score" not in names:
        data = data[data.score == 10]
    for name in names:
        data = data[data[name] == getattr(row, name)]
    assert len(data) == row.n
    weights = data.weight if "weight" in data else pd.Series(1.0, data.index)
    return weights / weights.sum()


def held_to_the_weights(both: pd.DataFrame) -> None:
    """Hold limits to the definition with Kish's number for n, and to be wider than svy's."""
    for row in both.itertuples():
        kish = 1 / (weights_of(row) ** 2).sum()
        n_e = row.estimate * (1 - row.estimate) / row.std_error**2
        same([row.n_eff_ours], [min(n_e, kish)])
        ratio = stats.t.ppf(0.975, kish - 1) / stats.t.ppf(0.975, row.df)
        n = min(kish, n_e * ratio**2)
        hits, others = n * row.estimate, n * (1 - row.estimate)
        limits = row.conf_low_ours, row.conf_high_ours
        same(limits, [stats.beta.ppf(0.025, hits, others + 1),
                      stats.beta.ppf(0.975, hits + 1, others)])  # fmt: skip
        assert limits[0] < row.conf_low < row.conf_high < limits[1]


def filled(name: str) -> pd.DataFrame:
    """Return expected covariances, whose older file has no rule because none is lonely there."""
    frame = expected(name)
    return frame if "lonely_psu" in frame else frame.assign(lonely_psu="fail")


def covariances() -> list[Any]:
    keys = ["design", "target", "weight_scaling", "lonely_psu"]
    return [
        pytest.param(rows, id="-".join(key))
        for name in ("covariance", "designs_covariance")
        for key, rows in filled(name).groupby(keys, sort=False)
    ]


@pytest.mark.parametrize("rows", covariances())
def test_covariance_equals_r(rows: pd.DataFrame) -> None:
    first = rows.iloc[0]
    result = ours(
        *first[["design", "target", "weight_scaling", "lonely_psu"]], "sector,country", "wald"
    )
    table = result.to_pandas()
    index = {(s, c): i for i, (s, c) in enumerate(zip(table.sector, table.country, strict=True))}
    joint = result.covariance()
    actual = [
        joint[index[r.row_sector, r.row_country], index[r.col_sector, r.col_country]]
        for r in rows.itertuples()
    ]
    same(actual, rows.covariance)


@pytest.mark.parametrize("rule", LONELY_RULES)
@pytest.mark.parametrize("by", ["", "sector", "country", "sector,country"])
def test_diagonal_of_the_covariance_is_the_variance(rule: str, by: str) -> None:
    result = ours("lonely", "as_given", "as_given", rule, by, "wald")
    variance = result.to_pandas().std_error.to_numpy(float) ** 2
    same(np.diag(result.covariance()), variance, atol=1e-18)


@pytest.mark.parametrize("design", ["srs", "weighted", "stratified"])
def test_diagonal_where_ratings_are_psus(design: str) -> None:
    result = ours(design, "as_given", "as_given", "fail", "sector,country", "wald")
    variance = result.to_pandas().std_error.to_numpy(float) ** 2
    same(np.diag(result.covariance()), variance, atol=1e-18)


def test_fail_names_the_lonely_strata_where_r_fails() -> None:
    whole = expected("lonely_fail").query("by == ''").iloc[0]
    assert whole.failed == 1
    with pytest.raises(DesignError, match="'S7', 'S9'"):
        ours("lonely", "as_given", "as_given", "fail", "", "wald")
