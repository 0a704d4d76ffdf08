"""Corrections of a file's rate, against Begg and Greenes' formula worked by hand."""

from pathlib import Path

import numpy as np
import pytest

from advocacy.errors import DataError, MissingColumnError, UsageError
from advocacy.robustness.correction import Counted, melded, rogan_gladen
from advocacy.robustness.misreport import (
    Ranges,
    Validation,
    misreport,
    tipping_contour,
)
from advocacy.robustness.scenarios import tipping_point
from tests.robustness.answers import opened, searched

# 600 say yes: of 200 searched 150 are on record. 400 say no: of 50 searched 5 are.
# By weight 450 and 40 did: 0.49 in all, Se 450 / 490, 1 - Sp 150 / 510.
FOUND = [
    (150, True, True), (50, True, False), (400, True, None),
    (5, False, True), (45, False, False), (350, False, None),
]  # fmt: skip


def test_records_correct_by_hand(tmp_path: Path) -> None:
    rows = misreport(opened(tmp_path, searched(FOUND))).table.to_pylist()
    reported, validated, on_record = rows
    assert reported["estimate"] == pytest.approx(0.6)
    assert reported["verdict"] == "holds"
    assert (reported["fails_of"], reported["fails_at"]) == ("specificity", pytest.approx(0.8))
    assert validated["estimate"] == pytest.approx(0.49)
    assert validated["sensitivity"] == pytest.approx(450 / 490)
    assert validated["specificity"] == pytest.approx(1 - 150 / 510)
    assert validated["verdict"] == "open"
    assert (on_record["low"], on_record["high"]) == (pytest.approx(0.49), 1)
    assert on_record["fails_at"] == pytest.approx(0.98)
    # By the delta method: 0.6² 0.75 0.25 / 200 + 0.4² 0.1 0.9 / 50 + 0.65² 0.6 0.4 / 1000.
    variance = 0.36 * 0.1875 / 200 + 0.16 * 0.09 / 50 + 0.65**2 * 0.24 / 1000
    assert validated["std_error"] == pytest.approx(variance**0.5, rel=0.002)


def test_who_are_searched_by_a_covariate_stand_for_those_like_them(tmp_path: Path) -> None:
    # In A all are searched and did; in B a tenth are, and did not. All say yes, but 10 of B.
    columns = searched([(100, True, True), (10, True, False), (90, True, None)])
    no = searched([(10, False, False)])
    merged = {name: [*values, *no[name]] for name, values in columns.items()}
    merged["sector"] = ["B2B"] * 100 + ["B2C"] * 110
    responses = opened(tmp_path, merged)
    plain, by_sector = (
        misreport(responses, on=on).table.to_pylist()[1]["estimate"] for on in ([], ["sector"])
    )
    assert plain == pytest.approx(200 * 100 / 110 / 210)
    assert by_sector == pytest.approx(100 / 210)


def test_a_stated_capture_moves_who_is_not_on_record(tmp_path: Path) -> None:
    validated = misreport(opened(tmp_path, searched(FOUND)), capture=0.8).table.to_pylist()[1]
    did = 0.49 / 0.8
    assert validated["estimate"] == pytest.approx(did)
    assert validated["sensitivity"] == pytest.approx(450 / 490)
    assert validated["specificity"] == pytest.approx(1 - (0.6 - 450 / 490 * did) / (1 - did))


def test_ranges_give_the_corrected_rate_at_their_ends(tmp_path: Path) -> None:
    responses = opened(tmp_path, searched(FOUND))
    reported, row = misreport(responses, stated=Ranges((0.9, 1), (0.7, 0.9))).table.to_pylist()
    assert row["low"] == pytest.approx((0.6 + 0.7 - 1) / 0.7)
    assert row["high"] == pytest.approx((0.6 + 0.9 - 1) / 0.8)
    assert row["conf_low"] == pytest.approx((reported["conf_low"] - 0.3) / 0.7)
    assert row["verdict"] == "open"


def test_a_validation_of_other_people_is_melded_with_the_rate(tmp_path: Path) -> None:
    responses = opened(tmp_path, searched(FOUND))
    positives, negatives = Counted(90, 100), Counted(80, 100)
    row = misreport(responses, stated=Validation(positives, negatives)).table.to_pylist()[1]
    by_hand = melded(Counted(600, 1000), positives, negatives)
    # The design's own variance has a divisor of 999, which n caps.
    assert row["conf_low"] == pytest.approx(by_hand.conf_low, abs=2e-4)
    assert row["conf_high"] == pytest.approx(by_hand.conf_high, abs=2e-4)


def test_truncation_is_said_with_its_share(tmp_path: Path) -> None:
    # 5 % say so, of whom all may be among the 20 % of those who did not.
    few = opened(tmp_path, searched([(5, True, None), (95, False, None), (1, True, True)]))
    found = misreport(few, stated=Validation(Counted(90, 100), Counted(80, 100)))
    row = found.table.to_pylist()[1]
    assert row["estimate"] == 0
    assert row["truncated"] > 0.99
    (note,) = found.notes
    assert note.values["most"] == pytest.approx(100 * row["truncated"], abs=0.06)


def test_on_the_contour_the_corrected_rate_is_on_the_line() -> None:
    se = np.array([0.7, 0.85, 1.0])
    sp = tipping_contour(0.6, 0.5, se)
    np.testing.assert_allclose(rogan_gladen(np.full(3, 0.6), se, sp), 0.5)
    assert tipping_point(0.6, 0.5) == ("specificity", pytest.approx(sp[2]))
    assert tipping_point(0.4, 0.5) == ("sensitivity", pytest.approx(0.8))


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ([(20, True, True), (20, False, True)], "has no negatives"),
        ([(20, True, True), (20, True, False), (9, False, None)], "say that they did not"),
        ([(20, True, False), (20, False, True)], "add up to at most 1"),
    ],
)
def test_a_validation_that_tells_nothing_is_refused(
    tmp_path: Path, counts: list[tuple[int, bool, bool | None]], says: str
) -> None:
    with pytest.raises(DataError, match=says) as raised:
        misreport(opened(tmp_path, searched(counts)))
    assert raised.value.remedy


def test_what_cannot_be_meant_is_refused(tmp_path: Path) -> None:
    columns = searched(FOUND)
    responses = opened(tmp_path, columns)
    with pytest.raises(DataError, match="would have recommended than"):
        misreport(responses, capture=0.4)
    with pytest.raises(UsageError, match="no range"):
        Ranges((0.9, 0.8), (0.9, 1))
    with pytest.raises(DataError, match="at most 1"):
        Ranges((0.5, 1), (0.5, 1))
    with pytest.raises(UsageError, match="no two sides"):
        misreport(responses, line=1)
    del columns["verification_checked"], columns["verified_recommended_on"]
    without = opened(tmp_path, columns)
    with pytest.raises(MissingColumnError, match="verification_checked"):
        misreport(without)


@pytest.mark.slow
@pytest.mark.parametrize("validated", [200, 2000])
@pytest.mark.parametrize("errors", [(0.95, 0.95), (0.9, 0.8), (0.7, 0.9)], ids=str)
def test_rates_corrected_by_records_cover_the_truth(
    tmp_path: Path, errors: tuple[float, float], validated: int
) -> None:
    rng, runs, n, covered = np.random.default_rng([18, validated]), 100, 5 * validated, 0
    for _ in range(runs):
        did = rng.random(n) < 0.5
        said = np.where(did, rng.random(n) < errors[0], rng.random(n) < 1 - errors[1])
        # Twice as many of those who say yes are searched.
        found = rng.random(n) < np.where(said, 0.26, 0.13)
        counts = [
            (int((said & did & found).sum()), True, True),
            (int((said & ~did & found).sum()), True, False),
            (int((said & ~found).sum()), True, None),
            (int((~said & did & found).sum()), False, True),
            (int((~said & ~did & found).sum()), False, False),
            (int((~said & ~found).sum()), False, None),
        ]
        row = misreport(opened(tmp_path, searched(counts))).table.to_pylist()[1]
        covered += row["conf_low"] <= 0.5 <= row["conf_high"]
    # 100 runs of a true coverage of 0.95 stray below 0.88 once in 200 times.
    assert covered >= 88
