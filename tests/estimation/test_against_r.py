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
