"""A level against the rest and the total: R's contrasts of totals, identities, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.reference.against_r import expected, opened, same

from advocacy.errors import DataError, UsageError
from advocacy.estimation import estimate
from advocacy.estimation.comparisons.against import compare_against
from advocacy.estimation.comparisons.pairwise import compare
from advocacy.report.results import as_text

DESIGN = "mix_stratified_clustered"


@pytest.mark.parametrize(
    ("design", "segment", "against", "quantity", "wanted"),
    [
        (*key, own)
        for key, own in expected("where_against").groupby(
            ["design", "segment", "against", "quantity"]
        )
    ],
    ids=lambda value: None if hasattr(value, "columns") else value,
)
def test_estimates_and_standard_errors_are_rs(
    design: str, segment: str, against: str, quantity: str, wanted: Any
) -> None:
    found = compare_against(
        opened(design), between=segment, against=against, quantity=quantity, intent="8,9,10"
    )
    ours = found.to_pandas()
    ours = ours[ours.reference == against].set_index(segment).loc[wanted.level]
    same(ours[["estimate", "std_error"]], wanted[["estimate", "std_error"]])


def test_the_rest_of_two_levels_is_the_other_one() -> None:
    rest = compare_against(opened(DESIGN), between="sector", against="rest").to_pandas()
    pair = compare(opened(DESIGN), between="sector").to_pandas()
    ours = rest[(rest.reference == "rest") & (rest.sector == "B2B")].iloc[0]
    theirs = pair[pair.reference == "B2C"].iloc[0]
    for name in ("estimate", "std_error", "df", "p_value", "conf_low", "conf_high", "cohens_h"):
        assert ours[name] == pytest.approx(theirs[name], rel=1e-9), name
    assert ours.p_adjusted == pytest.approx(min(1.0, 2 * ours.p_value), rel=1e-9)
    assert ours.reliability == theirs.reliability


def test_a_difference_to_the_total_is_the_share_of_the_rest_of_that_to_the_rest() -> None:
    """Y - t = (1 - s) (y - r), where s is the level's share of the base."""
    by_rest, by_total = (
        compare_against(
            opened("mix_srs"), between="country", against=against, by=["sector"]
        ).to_pandas()
        for against in ("rest", "total")
    )
    rates = by_rest[by_rest.reference.isna()]
    shares = rates.n / rates.groupby("sector").n.transform("sum")
    to_rest, to_total = (
        found[found.reference.notna()].estimate.to_numpy() for found in (by_rest, by_total)
    )
    same(to_total, (1 - shares.to_numpy()) * to_rest)


@pytest.mark.parametrize("against", ["rest", "total"])
def test_the_joint_covariance_is_of_the_rows_of_the_table(against: str) -> None:
    found = compare_against(opened(DESIGN), between="country", against=against, by=["sector"])
    errors = np.sqrt(np.diag(found.covariance()))
    same(errors, found.table.column("std_error").to_numpy())
    rates = estimate(opened(DESIGN), by=["sector", "country"])
    assert found.table.slice(0, len(rates)).column("estimate") == rates.table.column("estimate")


def test_an_estimand_that_is_no_proportion_has_its_difference() -> None:
    found = compare_against(
        opened(DESIGN), between="country", against="total", estimand="nps"
    ).to_pandas()
    whole = estimate(opened(DESIGN), estimand="nps", where="country is not missing").to_pandas()
    levels = found[found.reference.isna()].estimate.to_numpy()
    same(found[found.reference == "total"].estimate, levels - whole.estimate.iloc[0])


def test_the_table_says_what_is_compared_and_has_no_letters() -> None:
    found = compare_against(opened(DESIGN), between="country", against="rest", where="score = 10")
    text = " ".join(as_text(found).split())
    assert "Norway − rest" in text
    assert "where score = 10" in text
    assert "letters" not in text
    assert "exceeds" not in text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"against": "others"}, "not 'others'"),
        ({"against": "rest", "quantity": "ratio", "estimand": "nps"}, "is for proportions"),
        ({"against": "rest", "adjust": "tukey"}, "no rule"),
        ({"against": "rest", "between": "colour"}, "no segment"),
    ],
)
def test_what_cannot_be_compared_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        compare_against(opened(DESIGN), **({"between": "country"} | given))


def test_one_level_alone_has_no_rest() -> None:
    with pytest.raises(DataError, match="No two levels of sector"):
        compare_against(opened(DESIGN), between="sector", against="rest", where="sector = B2B")
