"""Outcome rates from the contacts of an imported source, by hand."""

from pathlib import Path

import pytest

from advocacy.errors import DataError, MissingColumnError
from advocacy.robustness.invited import participation
from advocacy.robustness.nonresponse import nonresponse
from tests.robustness.answers import imported, opened


def test_rates_by_sector_and_of_all(tmp_path: Path) -> None:
    responses = imported(tmp_path)
    rates = {row["outcome"]: row["estimate"] for row in participation(responses).table.to_pylist()}
    # I 4 (one of them without a code), P 1, R 1, unknown 3, not eligible 1: e is 6 / 7.
    assert rates["RR1"] == pytest.approx(4 / 9)
    assert rates["RR3"] == pytest.approx(4 / (6 + 3 * 6 / 7))
    assert rates["COOP4"] == pytest.approx(5 / 6)
    by = participation(responses, by=["sector"])
    found = {(row["sector"], row["outcome"]): row["estimate"] for row in by.table.to_pylist()}
    assert found["B2B", "RR2"] == pytest.approx(2 / 4)
    assert found["B2C", "RR2"] == pytest.approx(3 / 4)
    about = {note.key: note.values["contacts"] for note in by.notes}
    assert about == {"robustness.no_disposition": 2, "robustness.unplaced": 1}


def test_the_observed_rate_and_the_programmes_reach_the_bounds(tmp_path: Path) -> None:
    rows = nonresponse(imported(tmp_path)).table.to_pylist()
    observed = next(row for row in rows if row["assumption"] == "bounds_observed")
    assert observed["response_rate"] == pytest.approx(5 / 9)
    # 2 invited for each of a, 4 / 3 of b.
    ipw = next(row for row in rows if row["assumption"] == "ipw")
    assert ipw["estimate"] == pytest.approx((1 * 2 + 2 * 4 / 3) / (2 * 2 + 3 * 4 / 3))


def test_a_segment_that_differs_within_a_programme_is_refused(tmp_path: Path) -> None:
    responses = imported(tmp_path)
    with pytest.raises(DataError, match="several levels of country, such as NO and SE"):
        participation(responses, by=["country"])


def test_without_contacts_it_is_said_what_to_collect(tmp_path: Path) -> None:
    file = opened(tmp_path, {"score": [10], "recommended_past_12m": [True]})
    with pytest.raises(MissingColumnError, match="no contacts") as raised:
        participation(file)
    assert "[[contacts]]" in str(raised.value.remedy)
