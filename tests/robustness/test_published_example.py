"""A worked example on people: the US election of 2018, another behaviour, from published counts."""

import csv
from pathlib import Path

import numpy as np
import pytest

from advocacy.robustness.nonresponse import bounds
from advocacy.robustness.scenarios import tipping_point


@pytest.fixture
def figures(root: Path) -> dict[str, tuple[float, int]]:
    with (root / "data/raw/published/figures.csv").open(encoding="utf-8", newline="") as lines:
        return {
            row["id"]: (float(row["low"]) / 100, int(row["n"]))
            for row in csv.DictReader(lines)
            if row["id"].startswith("ces18")
        }


def test_bounds_from_those_who_answered_again_contain_the_record_of_all(
    figures: dict[str, tuple[float, int]],
) -> None:
    truth, everyone = figures["ces18_record"]
    rate, answered = figures["ces18_said_record"]
    masses = answered * np.array([rate, 1 - rate, 0, 0, 0, 0, 0])
    low, high = bounds(masses, (everyone - answered) / answered)
    # 450 of 680, and 450 and the 54 who did not answer again.
    assert (low, high) == (pytest.approx(450 / 680, abs=5e-4), pytest.approx(504 / 680, abs=5e-4))
    assert low < truth < high


def test_their_word_agrees_with_the_record_only_if_most_others_claim_to_have_voted(
    figures: dict[str, tuple[float, int]],
) -> None:
    (said, n), (record, same) = figures["ces18_said"], figures["ces18_said_record"]
    assert n == same
    assert tipping_point(said, record) == ("specificity", pytest.approx((1 - said) / (1 - record)))
    assert (1 - said) / (1 - record) == pytest.approx(0.16, abs=0.005)
