"""Incidences over time as they may be published: no step of theirs is of few ratings."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from advocacy.errors import UsageError
from advocacy.estimation import Estimates, estimate
from advocacy.estimation.disclosure.rules import DisclosureRules
from advocacy.estimation.follow_up.over_time import OverTime, incidence_over_time
from advocacy.report.results import as_text
from advocacy.study.published import publish
from tests.reference.against_r import opened

RULES = DisclosureRules().own_file()
INCIDENCE = "converted_within_12m"


def nothing_again(name: str, support: Collection[tuple[str, ...]]) -> Estimates:
    raise AssertionError(name)


def published(rules: DisclosureRules, *at: float) -> OverTime:
    responses = opened("incidence_stratified_clustered")
    tables = {
        "rates": estimate(responses, estimand=INCIDENCE, by=["sector"]),
        "over_time": incidence_over_time(responses, by=["sector"], at=at),
    }
    found = publish(tables, rules, responses, nothing_again)["over_time"]
    assert isinstance(found, OverTime)
    return found


def test_no_step_between_times_that_are_shown_is_of_few() -> None:
    found = published(RULES, *range(1, 13)).to_pandas()
    shown = found[found.reliability != "withheld"]
    assert 0 < len(shown) < len(found)
    assert found[found.reliability == "withheld"].at_risk.isna().all()
    for _, curve in shown.groupby("sector"):
        assert curve.months.max() == 12
        assert curve.n_numerator.iloc[0] >= 3
        assert (curve.n_numerator.diff().dropna() >= 3).all()
        assert not curve.n_competing.diff().isin([1, 2]).any()


def test_a_curve_that_ends_in_a_withheld_rate_is_withheld() -> None:
    found = published(DisclosureRules(1000, 3).own_file(), 3, 6, 12)
    assert set(found.table.column("reliability").to_pylist()) == {"withheld"}
    assert found.table.column("estimate").null_count == len(found)
    assert "withheld" in as_text(found)


def test_it_is_published_to_its_end_alone() -> None:
    with pytest.raises(UsageError, match="within all of the months"):
        published(RULES, 3, 6)
