"""The profile of recall and other windows, by hand."""

from pathlib import Path

import numpy as np
import pytest

from advocacy.errors import MissingColumnError
from advocacy.robustness.recall import heaping, recall, rescaled
from tests.robustness.answers import opened

# 50 did not; of the others 10 two months ago, 20 at three, 5 at four, 15 at twelve, 1 at 14.
MONTHS = [None] * 50 + [1.5] * 10 + [3.0] * 20 + [4.0] * 5 + [12.0] * 15 + [14.0]
COLUMNS = {
    "score": [10] * 101,
    "recommended_past_12m": [False] * 50 + [True] * 51,
    "months_since_recommended": MONTHS,
}


def test_windows_and_profile_by_hand(tmp_path: Path) -> None:
    found = recall(opened(tmp_path, COLUMNS))
    rows = found.table.to_pylist()
    windows = {row["parameter"]: row for row in rows if row["assumption"] == "window"}
    assert windows[3]["low"] == pytest.approx(30 / 101)
    assert windows[3]["high"] == pytest.approx(1 - (1 - 30 / 101) ** 4)
    assert windows[6]["high"] == pytest.approx(1 - (1 - 35 / 101) ** 2)
    assert windows[3]["conf_low"] < windows[3]["low"]
    assert windows[3]["conf_high"] > windows[3]["high"]
    profile = {row["parameter"]: row for row in rows if row["assumption"] == "profile"}
    assert {month: row["n_numerator"] for month, row in profile.items()} == {
        2: 10, 3: 20, 4: 5, 12: 15, 14: 1,
    }  # fmt: skip
    assert profile[3]["estimate"] == pytest.approx(20 / 51)
    (note,) = found.notes
    # 20 beside a mean of 7.5; of 6, 9 and 12 nobody is beside.
    assert note.values["ratios"] == ["3 months 2.7"]
    assert (note.values["longer"], note.values["said"]) == (1, 51)


def test_with_rates_that_differ_the_truth_is_between() -> None:
    """Half recommend once in 2 months on average, half once in 40."""
    rates = np.array([1 / 2, 1 / 40])

    def within(months: int) -> float:
        return float(np.mean(1 - np.exp(-rates * months)))

    for window in (3, 6, 9):
        assert within(window) < within(12) < rescaled(np.array(within(window)), window)


def test_twelve_is_held_beside_eleven_alone() -> None:
    assert heaping({11: 4, 12: 10, 13: 50}) == {12: 2.5}


def test_without_months_it_is_refused(tmp_path: Path) -> None:
    without = {name: values for name, values in COLUMNS.items() if name[0] != "m"}
    responses = opened(tmp_path, without)
    with pytest.raises(MissingColumnError, match="months_since_recommended"):
        recall(responses)
