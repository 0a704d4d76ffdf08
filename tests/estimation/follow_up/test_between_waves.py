"""Dates that are known between waves only: tables by hand, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.reference.against_r import opened, same

from advocacy.errors import DataError
from advocacy.estimation.follow_up.over_time import OverTime, incidence_over_time
from advocacy.report.results import as_text, drawn
from advocacy.report.wording import ENGLISH
from advocacy.responses import Responses, open_responses
from advocacy.survey import survey_design
from advocacy.survey.replication import Replication

WAVES = (3, 6, 12)
ANY = "converted_within_12m_any"
HEADER = (
    "sector,score,interviewed_on,followed_up_on,recommended_since,first_recommended_on,"
    "not_recommended_until,recommended_by,churned_on\n"
)
# Of ten: three by 3 months, two by 6, one by 12, and four not. Interviews are some days late.
TEN = (
    *["B2B,10,2024-01-10,2025-01-20,true,,,2024-04-15,\n"] * 3,
    *["B2B,10,2024-01-10,2025-01-20,true,,2024-04-12,2024-07-20,\n"] * 2,
    "B2B,10,2024-01-10,2025-01-20,true,,2024-07-15,2025-01-20,\n",
    *["B2B,10,2024-01-10,2025-01-20,false,,2025-01-20,,\n"] * 4,
)


def answers(folder: Path, *lines: str, header: str = HEADER) -> Responses:
    path = folder / "waves.csv"
    path.write_text(header + "".join(lines), encoding="utf-8")
    return open_responses(path)


def over_time(responses: Responses, estimand: str = ANY, **asked: object) -> OverTime:
    design = survey_design(responses, replication=Replication("bootstrap", 60, seed=1))
    return incidence_over_time(
        responses,
        estimand=estimand,
        between_waves=WAVES,
        design=design,
        **asked,  # type: ignore[arg-type]
    )


def test_shares_by_each_wave_and_a_range_between(tmp_path: Path) -> None:
    found = over_time(answers(tmp_path, *TEN), at=(2, 3, 6, 9, 12)).to_pandas()
    np.testing.assert_allclose(found.least, [0, 0.3, 0.5, 0.5, 0.6], atol=1e-9)
    np.testing.assert_allclose(found.most, [0.3, 0.3, 0.5, 0.6, 0.6], atol=1e-9)
    known = found.estimate.notna()
    assert known.tolist() == [False, True, True, False, True]
    np.testing.assert_allclose(found.estimate[known], [0.3, 0.5, 0.6], atol=1e-9)
    assert (found.reliability == "range").tolist() == (~known).tolist()
    assert (found.conf_low <= found.least + 1e-12).all()
    assert (found.conf_high >= found.most - 1e-12).all()
    assert (found.band_low <= found.conf_low + 1e-12).all()
    assert found.std_error.notna().tolist() == known.tolist()
    # Shares of ten ratings have the standard error of shares.
    same_sized = np.sqrt(0.3 * 0.7 / 9)
    assert found.std_error[1] == pytest.approx(same_sized, rel=0.25)
    assert found.at_risk.tolist() == [10, 10, 7, 5, 5]
    assert found.n_numerator.tolist() == [0, 3, 5, 5, 6]


@pytest.mark.heavy
def test_where_all_dates_are_known_it_is_aalen_and_johansens() -> None:
    responses = opened("incidence_stratified_clustered")
    plain = incidence_over_time(responses, intent="promoters", at=(2, 6, 10)).to_pandas()
    design = survey_design(responses, replication=Replication("jkn"))
    # Waves within a month of which nobody was interviewed, so that no interview is moved.
    found = incidence_over_time(
        responses, intent="promoters", at=(2, 6, 10), between_waves=(40,), design=design
    ).to_pandas()
    same(found.estimate, plain.estimate, rtol=1e-7)
    same(found.at_risk, plain.at_risk)
    np.testing.assert_allclose(found.std_error, plain.std_error, rtol=0.1)


def test_who_churned_between_two_waves_and_said_yes_makes_a_range(tmp_path: Path) -> None:
    """Of ten one churned in May and said in July that they had: before that, or after."""
    churned = "B2B,10,2024-01-10,2025-01-20,true,,2024-04-12,2024-07-20,2024-05-20\n"
    responses = answers(tmp_path, *TEN[:4], churned, *TEN[5:])
    found = over_time(responses, "converted_within_12m", at=WAVES).to_pandas()
    np.testing.assert_allclose(found.least, [0.3, 0.4, 0.5], atol=1e-9)
    np.testing.assert_allclose(found.most, [0.3, 0.5, 0.6], atol=1e-9)
    any_ = over_time(responses, at=WAVES).to_pandas()
    np.testing.assert_allclose(any_.estimate, [0.3, 0.5, 0.6], atol=1e-9)


@pytest.mark.parametrize(("churned", "by_6"), [("2024-04-01", 0.4), ("2024-08-01", 0.5)])
def test_churn_before_or_after_both_interviews_is_known(
    tmp_path: Path, churned: str, by_6: float
) -> None:
    line = f"B2B,10,2024-01-10,2025-01-20,true,,2024-04-12,2024-07-20,{churned}\n"
    responses = answers(tmp_path, *TEN[:4], line, *TEN[5:])
    found = over_time(responses, "converted_within_12m", at=(6,)).to_pandas()
    np.testing.assert_allclose(found.estimate, [by_6], atol=1e-9)


def test_without_the_columns_of_waves_it_lies_since_the_interview(tmp_path: Path) -> None:
    header = "score,interviewed_on,followed_up_on,recommended_since\n"
    yes, no = (f"10,2024-01-10,2025-01-15,{said}\n" for said in ("true", "false"))
    responses = answers(tmp_path, yes, no, no, no, header=header)
    found = over_time(responses, at=(6, 12)).to_pandas()
    np.testing.assert_allclose(found.least, [0, 0.25], atol=1e-9)
    np.testing.assert_allclose(found.most, [0.25, 0.25], atol=1e-9)


def test_days_that_run_backwards_are_refused(tmp_path: Path) -> None:
    wrong = "B2B,10,2024-01-10,2025-01-20,true,,2024-07-15,2024-07-15,\n"
    with pytest.raises(DataError, match="1 ratings say `recommended_since` without a date, and"):
        over_time(answers(tmp_path, *TEN, wrong), at=WAVES)


def test_without_the_option_it_is_refused_and_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="6 ratings") as refused:
        incidence_over_time(answers(tmp_path, *TEN), estimand=ANY)
    assert "--dates-between-waves 3,6,12" in str(refused.value)


def test_it_says_how_near_the_maximum_it_is(tmp_path: Path) -> None:
    found = over_time(answers(tmp_path, *TEN, *TEN), at=(3, 9, 12))
    (remark,) = found.notes
    assert float(remark.values["gap"]) < 1e-10  # type: ignore[arg-type]
    assert "maximum likelihood" in ENGLISH.said(remark)
    text = as_text(found)
    assert "50.0 to 60.0" in text
    assert "range only" in " ".join(text.split())
    assert drawn(found).axes


def test_by_segments_each_is_alone(tmp_path: Path) -> None:
    others = [line.replace("B2B", "B2C") for line in TEN[2:]]
    both = over_time(answers(tmp_path, *TEN, *others), at=WAVES, by=["sector"]).to_pandas()
    alone = over_time(answers(tmp_path, *TEN), at=WAVES).to_pandas()
    first = both[both.sector == "B2B"].drop(columns="sector")
    columns = ["least", "most", "n", "at_risk"]
    pd.testing.assert_frame_equal(first[columns], alone[columns], rtol=1e-9)
    np.testing.assert_allclose(both.least[3:], [1 / 8, 3 / 8, 4 / 8], atol=1e-9)
