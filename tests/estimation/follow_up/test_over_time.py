"""Incidences over time: against R, tables by hand, and what is said where nobody is followed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.estimation.follow_up.test_ending import FOUND, MONTHS, follow_ups, rows
from tests.reference.against_r import opened, same

from advocacy.errors import UsageError
from advocacy.estimation import estimate
from advocacy.estimation.follow_up.over_time import incidence_over_time
from advocacy.report.results import as_html, as_text, drawn, ledger_numbers
from advocacy.report.wording import ENGLISH
from advocacy.survey import survey_design
from advocacy.survey.replication import Replication

INCIDENCE = "converted_within_12m"


@FOUND
def test_it_is_what_r_gives(design: str, lonely_psu: str, estimand: str, intent: str) -> None:
    responses = opened(f"incidence_{design}")
    drawn_by = survey_design(responses, "as_given", lonely_psu=lonely_psu)  # type: ignore[arg-type]
    found = incidence_over_time(
        responses, estimand=estimand, intent=intent, at=MONTHS, by=["sector"], design=drawn_by
    ).to_pandas()
    wanted = rows(design, lonely_psu, estimand, intent)
    wanted = wanted[wanted.by == "sector"].set_index(["level", "months"])
    assert len(found) == len(wanted)
    for row in found.to_dict("records"):
        r = wanted.loc[(row["sector"], row["months"])]
        if row["reliability"] == "not_followed":
            assert row["at_risk"] == 0
            continue
        same(row["estimate"], r.estimate)
        same(row["std_error"], r.std_error)
        assert row["band_low"] <= row["conf_low"] <= row["estimate"]
        assert row["estimate"] <= row["conf_high"] + 1e-12 <= row["band_high"] + 1e-12


# One recommends in month 1, one churns in month 2, one leaves in month 4, one recommends in
# month 9, and one stays: 1/5, then 1/5 + 3/5 · 1/2.
FIVE = (
    "10,2024-03-15,2025-04-20,true,2024-04-10,\n",
    "10,2024-03-15,2025-04-20,false,,2024-05-01\n",
    "10,2024-03-15,2024-07-01,false,,\n",
    "10,2024-03-15,2025-04-20,true,2024-12-01,\n",
    "10,2024-03-15,2025-04-20,false,,\n",
)


def test_a_table_by_hand(tmp_path: Path) -> None:
    found = incidence_over_time(follow_ups(tmp_path, *FIVE), at=(1, 3, 6, 9, 12)).to_pandas()
    np.testing.assert_allclose(found.estimate, [0.2, 0.2, 0.2, 0.5, 0.5], rtol=1e-14)
    assert found.n_numerator.tolist() == [1, 1, 1, 2, 2]
    assert found.n_competing.tolist() == [0, 1, 1, 1, 1]
    assert found.at_risk.tolist() == [4, 3, 2, 1, 1]
    assert found.at_risk_weighted.tolist() == [4, 3, 2, 1, 1]
    assert found.n.tolist() == [5] * 5


def test_the_last_time_is_the_rate_within_12_months() -> None:
    responses = opened("incidence_stratified_clustered")
    rate = estimate(responses, estimand=INCIDENCE, by=["sector"]).to_pandas()
    found = incidence_over_time(responses, by=["sector"]).to_pandas()
    last = found[found.months == 12].reset_index(drop=True)
    shared = [*rate.columns]
    pd.testing.assert_frame_equal(last[shared], rate, check_exact=False, rtol=1e-12)


def test_what_a_curve_has_beside_it_changes_nothing() -> None:
    responses = opened("incidence_stratified_clustered")
    both = incidence_over_time(responses, by=["sector", "country"], at=MONTHS).to_pandas()
    alone = incidence_over_time(responses, by=["country"], at=MONTHS).to_pandas()
    again = incidence_over_time(responses, by=["country"], at=MONTHS).to_pandas()
    pd.testing.assert_frame_equal(alone, again)
    assert len(both) > len(alone)


def test_nobody_followed_so_long_is_no_number(tmp_path: Path) -> None:
    """All left by month 4: what is reached by month 3 is no rate within 12 months."""
    early = [line.replace("2025-04-20", "2024-07-10") for line in FIVE[:3]]
    responses = follow_ups(tmp_path, *early)
    found = incidence_over_time(responses, at=(3, 6, 12))
    table = found.to_pandas()
    same(table.estimate[0], 1 / 3)
    assert table.estimate[1:].isna().all()
    assert table.conf_high[1:].isna().all()
    assert table.band_high[1:].isna().all()
    assert table.reliability.tolist()[1:] == ["not_followed"] * 2
    assert [ENGLISH.said(note) for note in found.notes] == [
        "2 rows have no estimate: nobody is followed so long."
    ]
    (row,) = estimate(responses, estimand=INCIDENCE).table.to_pylist()
    assert (row["estimate"], row["conf_high"], row["reliability"]) == (None, None, "not_followed")
    assert "nobody followed so long" in as_text(found)


def test_where_all_had_an_event_it_stays_known(tmp_path: Path) -> None:
    found = incidence_over_time(follow_ups(tmp_path, *FIVE[:2]), at=(3, 12)).to_pandas()
    assert found.estimate.tolist() == [0.5, 0.5]


def test_levels_of_which_nobody_is_followed_are_named(tmp_path: Path) -> None:
    path = tmp_path / "sectors.csv"
    header = "sector,score,interviewed_on,followed_up_on,recommended_since,first_recommended_on,"
    lines = [f"B2B,{line}" for line in FIVE] + ["B2C,10,2024-03-15,,,,\n"]
    path.write_text(header + "churned_on\n" + "".join(lines), encoding="utf-8")
    from advocacy.responses import open_responses

    found = incidence_over_time(open_responses(path), by=["sector"], at=(12,))
    assert found.table.column("sector").to_pylist() == ["B2B"]
    said = [ENGLISH.said(note) for note in found.notes]
    assert said == ["Nobody is followed up, and so no row: sector B2C."]


@pytest.mark.parametrize("at", [(), (0,), (13,), (3, float("nan"))])
def test_times_are_within_those_of_the_estimand(at: tuple[float, ...]) -> None:
    with pytest.raises(UsageError, match="are not all from"):
        incidence_over_time(opened("incidence_srs"), at=at)


def test_what_waits_for_nothing_has_no_course() -> None:
    with pytest.raises(UsageError, match="waits for nothing"):
        incidence_over_time(opened("incidence_srs"), estimand="recommended_past_12m")


def test_a_population_asked_whole_does_not_cut_limits_of_those_who_left(tmp_path: Path) -> None:
    """What those who left early would have done is not known, though all were asked."""
    path = tmp_path / "whole.csv"
    header = "fpc,score,interviewed_on,followed_up_on,recommended_since,first_recommended_on,"
    path.write_text(
        header + "churned_on\n" + "".join(f"41,{line}" for line in FIVE * 8), encoding="utf-8"
    )
    from advocacy.responses import open_responses

    responses = open_responses(path)
    design = survey_design(responses, "as_given")
    for found in (
        incidence_over_time(responses, at=(12,), design=design),
        estimate(responses, estimand=INCIDENCE, design=design),
    ):
        (row,) = found.table.to_pylist()
        same(row["estimate"], 0.5)
        assert row["conf_low"] < 0.5 < row["conf_high"]


@pytest.mark.parametrize("kind", ["jkn", "bootstrap"])
def test_replicates_give_bands_too(kind: str) -> None:
    responses = opened("incidence_clustered")
    design = survey_design(responses, "as_given", replication=Replication(kind))  # type: ignore[arg-type]
    found = incidence_over_time(responses, intent="promoters", design=design).to_pandas()
    assert (found.band_high >= found.conf_high).all()
    plain = incidence_over_time(responses, intent="promoters").to_pandas()
    np.testing.assert_allclose(found.std_error[2:], plain.std_error[2:], rtol=0.15)


def test_it_is_shown_in_words_and_drawn() -> None:
    found = incidence_over_time(opened("incidence_stratified_clustered"), by=["sector"])
    text = as_text(found)
    assert "at risk" in text
    assert "B2B" in as_html(found)
    figure = drawn(found)
    words = [text.get_text() for text in figure.axes[0].texts]
    assert {"B2B", "B2C", "At risk · B2B"} <= set(words)
    numbers = ledger_numbers(found, "over_time")
    assert numbers["over_time:B2B,12m:rate"]["months"] == 12
    assert numbers["over_time:B2B,12m:at_risk"]["text"].isdigit()


def test_many_curves_are_drawn_at_their_last_time() -> None:
    found = incidence_over_time(
        opened("incidence_stratified_clustered"), by=["sector", "country"], intent="promoters"
    )
    assert drawn(found).axes[0].get_yticklabels()


def test_who_is_followed_to_the_very_day_is_at_risk_then(tmp_path: Path) -> None:
    to_the_day = "10,2024-03-15,2025-03-15,false,,\n"
    found = incidence_over_time(follow_ups(tmp_path, *FIVE[:4], to_the_day), at=(12,))
    (row,) = found.table.to_pylist()
    assert (row["at_risk"], row["reliability"] == "not_followed") == (1, False)
    same(row["estimate"], 0.5)
