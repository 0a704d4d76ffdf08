"""Outcome rates against tables worked by hand from AAPOR's definitions."""

import math

import pytest

from advocacy.errors import DataError, UsageError
from advocacy.robustness.participation import Dispositions, eligibility, grouped, outcome_rates

CODES = {"1.1": 400, "1.2": 50, "2.11": 100, "2.12": 20, "2.2": 150, "2.32": 30, "3.1": 60,
         "3.3": 140, "4.1": 250}  # fmt: skip
# I 400, P 50, R 120, NC 150, O 30, UH 60, UO 140, not eligible 250: 750 eligible, e = 0.75.
BY_HAND = {
    "RR1": 400 / 950, "RR2": 450 / 950, "RR3": 400 / 900, "RR4": 450 / 900,
    "RR5": 400 / 750, "RR6": 450 / 750,
    "COOP1": 400 / 600, "COOP2": 450 / 600, "COOP3": 400 / 570, "COOP4": 450 / 570,
    "REF1": 120 / 950, "REF2": 120 / 900, "REF3": 120 / 750,
    "CON1": 600 / 950, "CON2": 600 / 900, "CON3": 600 / 750,
}  # fmt: skip


def test_rates_are_those_worked_by_hand() -> None:
    found = {rate.name: rate.rate for rate in outcome_rates(grouped(CODES, invitations=1200))}
    assert found == pytest.approx(BY_HAND, abs=1e-15)


def test_a_stated_e_is_used() -> None:
    found = {rate.name: rate for rate in outcome_rates(grouped(CODES), e=0.5)}
    assert found["RR3"].denominator == 850
    assert found["RR3"].counts == "I / (I+P)+(R+NC+O)+e(UH+UO)"


def test_without_known_eligibility_e_is_undefined_and_needed_only_for_unknowns() -> None:
    assert math.isnan(eligibility(Dispositions(unknown_other=5)))
    found = {rate.name: rate.rate for rate in outcome_rates(Dispositions(unknown_other=5))}
    assert found["RR1"] == 0
    assert math.isnan(found["RR3"])


@pytest.mark.parametrize("code", ["5.1", "2.9", "done", "1", "", "2.1x", "44"])
def test_unknown_dispositions_are_refused(code: str) -> None:
    with pytest.raises(DataError, match="no final disposition code") as raised:
        grouped({code: 1})
    assert raised.value.remedy


def test_dispositions_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(DataError, match="add up to 1200 invitations, but there were 1201"):
        grouped(CODES, invitations=1201)
    with pytest.raises(DataError, match="-1 invitations"):
        grouped({"1.1": -1})


def test_a_share_eligible_above_1_is_refused() -> None:
    with pytest.raises(UsageError, match="not from 0 to 1"):
        outcome_rates(grouped(CODES), e=75)
