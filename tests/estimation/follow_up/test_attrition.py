"""Answers under attrition: who is in the cohort, what is said of whom, what agrees."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.reference.against_r import expected, opened, same

from advocacy.errors import DataError, MissingColumnError, UsageError
from advocacy.estimation import estimate
from advocacy.estimation.estimands import ALL_SCORES
from advocacy.estimation.follow_up.attrition import Attrition, attrition
from advocacy.responses import Responses, open_responses
from advocacy.survey import survey_design
from advocacy.survey.follow_up.attrition import ANSWERS
from advocacy.survey.follow_up.fitted_influence import FittedInfluence
from advocacy.survey.replication import Replication

HEADER = (
    "score,interviewed_on,followed_up_on,recommended_since,first_recommended_on,churned_on,"
    "not_recommended_until,programme,wave,sector,country\n"
)
RATES, KEYS = expected("attrition_rates"), ["design", "estimand", "intent", "on"]
CASES = [key for key, _ in RATES.groupby(KEYS)]
INCIDENCES = ("converted_within_12m", "converted_within_12m_any")


def ratings(folder: Path, *lines: str) -> Responses:
    path = folder / "ratings.csv"
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return open_responses(path)


def rating(
    followed: str = "",
    since: str = "",
    first: str = "",
    churned: str = "",
    *,
    score: int = 10,
    until: str = "",
    programme: str = "P",
    wave: str = "1",
    sector: str = "B2B",
    country: str = "NO",
) -> str:
    return (
        f"{score},2024-01-15,{followed},{since},{first},{churned},{until},{programme},{wave},"
        f"{sector},{country}"
    )


STAYED = rating("2025-02-01", "false")
RECOMMENDED = rating("2025-02-01", "true", "2024-06-01")
LEFT = rating("2024-04-20", "false")
NEVER = rating()


def answers(found: Attrition, name: str = "estimate") -> dict[str, Any]:
    return dict(
        zip(
            found.table.column("answer").to_pylist(),
            found.table.column(name).to_pylist(),
            strict=True,
        )
    )


def said(found: Attrition, key: str) -> dict[str, Any]:
    (note,) = (note for note in found.notes if note.key == f"attrition.{key}")
    return dict(note.values)


def keys(found: Attrition) -> set[str]:
    return {note.key.removeprefix("attrition.") for note in found.notes}


@pytest.mark.parametrize("estimand", INCIDENCES)
@pytest.mark.parametrize(
    "design", ["srs", "weighted", "stratified_clustered", "fpc_stratified_clustered", "two_stage"]
)
def test_two_answers_are_those_of_their_estimands(design: str, estimand: str) -> None:
    """Whoever is not followed up adds nothing to them, and R has held both to account."""
    responses = opened(f"incidence_{design}")
    drawn = survey_design(responses, "as_given")
    given = {"intent": "promoters", "by": ["sector"], "design": drawn}
    found = attrition(responses, estimand=estimand, on=["sector"], **given).table  # type: ignore[arg-type]
    for answer, name in (("leaving_at_random", ""), ("complete_cases", "_complete")):
        wanted = estimate(responses, estimand=estimand + name, **given).table  # type: ignore[arg-type]
        own = found.filter(np.array(found.column("answer").to_pylist()) == answer)
        columns = ["estimate", "std_error", "conf_low", "conf_high", "n", "n_numerator", "df"]
        for column in columns:
            same(own.column(column), wanted.column(column))


@pytest.mark.parametrize("estimand", INCIDENCES)
def test_each_answer_lies_within_what_is_possible(estimand: str) -> None:
    responses = opened("incidence_stratified_clustered")
    found = attrition(responses, estimand=estimand, intent="promoters", by=["sector"])
    rows = found.table.to_pylist()
    for first in range(0, len(rows), len(ANSWERS)):
        own = rows[first : first + len(ANSWERS)]
        low, high = own[3]["estimate"], own[4]["estimate"]
        assert all(low <= row["estimate"] <= high for row in own)
        assert own[3]["conf_low"] == own[4]["conf_low"] < low
        assert high < own[3]["conf_high"] == own[4]["conf_high"]
        assert {row["interval"] for row in own[3:]} == {"imbens_manski"}
        assert own[2]["weight_least"] >= 1
        assert own[1]["weight_least"] is None


def test_with_nothing_to_model_on_the_weights_are_those_of_leaving_at_random() -> None:
    """One pattern: each weight is a function of the time alone, and cancels at each time."""
    found = answers(attrition(opened("incidence_srs"), on=[]))
    same(found["weighted"], found["leaving_at_random"], rtol=1e-9)


def test_replicates_fit_the_model_again() -> None:
    responses = opened("incidence_stratified_clustered")
    linear = survey_design(responses, "as_given")
    found = [
        attrition(responses, intent="promoters", on=["sector"], design=design)
        for design in (linear, replace(linear, replication=Replication("jkn")))
    ]
    ours, theirs = (answers(one, "std_error") for one in found)
    assert answers(found[0])["weighted"] == pytest.approx(answers(found[1])["weighted"], rel=1e-9)
    for answer in ANSWERS:
        assert ours[answer] == pytest.approx(theirs[answer], rel=0.06)


@pytest.mark.parametrize(("design", "estimand", "intent", "on"), CASES)
def test_it_is_what_r_gives(design: str, estimand: str, intent: str, on: str) -> None:
    """The model by `svyglm`, the rate by `survfit`, its error by `svyrecvar` of all influence."""
    responses = opened(f"incidence_{design}")
    found = attrition(
        responses,
        estimand=estimand,
        intent=ALL_SCORES.name if intent == "all" else intent,
        on=on.split(),
        design=survey_design(responses, "as_given"),
    )
    wanted = RATES[(RATES[KEYS] == [design, estimand, intent, on]).all(axis=1)]
    wanted = wanted.set_index("answer")
    ours, errors = answers(found), answers(found, "std_error")
    for answer in ("weighted", "bound_low", "bound_high"):
        same(ours[answer], wanted.estimate[answer], rtol=1e-8)
        # R's has derivatives by differences.
        same(errors[answer], wanted.std_error[answer], rtol=1e-6)
    assert found.quantities is not None
    influence = found.quantities.gradient
    assert isinstance(influence, FittedInfluence)
    held = replace(found.quantities, gradient=influence.own).variance()
    same(np.sqrt(held[ANSWERS.index("weighted")]), wanted.std_error["weights_held"], rtol=1e-8)


# The cohort ------------------------------------------------------------------------------------


def test_who_is_not_followed_up_left_at_once(tmp_path: Path) -> None:
    responses = ratings(tmp_path, STAYED, STAYED, RECOMMENDED, LEFT, NEVER, NEVER)
    found = attrition(responses, on=[])
    cohort = {"ratings": 6, "never": 2, "lost": 1, "outside": 0}
    assert said(found, "cohort") == cohort
    assert answers(found, "n") == dict(zip(ANSWERS, [3, 4, 4, 6, 6], strict=True))
    # 20 April is before 1 June: whoever left then is no longer at risk.
    wanted = [1 / 3, 1 / 3, 1 / 3, 1 / 6, 4 / 6]
    assert list(answers(found).values()) == pytest.approx(wanted)
    assert answers(found, "n_numerator") == dict(zip(ANSWERS, [1, 1, 1, 1, 4], strict=True))


def test_programmes_and_waves_without_a_follow_up_are_outside(tmp_path: Path) -> None:
    others = [
        rating(programme="Q"),
        rating(wave="2"),
        # Words of conditions in a name mean nothing.
        rating(programme="score OR 1 = 1"),
        rating(programme="score OR 1 = 1", score=3),
    ]
    named = [line.replace(",P,", ",score it's,") for line in (STAYED, RECOMMENDED, NEVER)]
    found = attrition(ratings(tmp_path, *named, *others), on=[])
    assert said(found, "cohort") == {"ratings": 3, "never": 1, "lost": 0, "outside": 3}


def test_nobody_followed_up_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingColumnError, match="followed_up_on"):
        attrition(ratings(tmp_path, NEVER, NEVER))


def test_what_an_earlier_wave_tells_counts_without_an_answer_on_recommending(
    tmp_path: Path,
) -> None:
    """Not said in the last interview, but known until an earlier one: left there, not at once."""
    silent = rating("2024-10-15", "", until="2024-07-15")
    found = attrition(ratings(tmp_path, STAYED, RECOMMENDED, silent), on=[])
    assert said(found, "cohort") == {"ratings": 3, "never": 0, "lost": 1, "outside": 0}
    assert answers(found)["leaving_at_random"] == pytest.approx(1 / 3)
    forgotten = rating("2024-10-15", "")
    found = attrition(ratings(tmp_path, STAYED, RECOMMENDED, forgotten), on=[])
    assert said(found, "cohort") == {"ratings": 3, "never": 1, "lost": 0, "outside": 0}
    assert answers(found)["leaving_at_random"] == pytest.approx(1 / 2)


def test_who_was_interviewed_within_the_last_month_did_not_leave(tmp_path: Path) -> None:
    nearly = rating("2025-01-02", "false")
    found = attrition(ratings(tmp_path, STAYED, RECOMMENDED, nearly), on=[])
    assert said(found, "cohort") == {"ratings": 3, "never": 0, "lost": 0, "outside": 0}
    # Without a model it is not known what they did in the last days.
    assert answers(found)["bound_high"] == pytest.approx(2 / 3)


# What must be said -----------------------------------------------------------------------------


def test_a_domain_in_which_nobody_was_followed_is_named(tmp_path: Path) -> None:
    lost = [rating(country="DK"), rating(country="DK"), rating(country="SE")]
    left = rating("2024-04-20", "false", country="SE")
    lines = [STAYED, RECOMMENDED, NEVER, *lost, left]
    found = attrition(ratings(tmp_path, *lines), by=["country"], on=[])
    assert said(found, "nobody")["groups"] == ["DK", "SE"]
    assert said(found, "not_to_the_end")["groups"] == ["DK", "SE"]
    rows = {(row["country"], row["answer"]): row for row in found.table.to_pylist()}
    for answer in ANSWERS[:3]:
        row = rows["DK", answer]
        assert (row["estimate"], row["conf_low"], row["reliability"]) == (None, None, "no_interval")
    assert (rows["DK", "bound_low"]["estimate"], rows["DK", "bound_high"]["estimate"]) == (0, 1)
    patterns = said(found, "patterns")
    assert patterns["patterns"] == ["DK (2)", "SE (2)"]
    assert patterns["ratings"] == 4
    assert patterns["share"] == pytest.approx(57.1)


def test_weights_that_explode_are_said_with_a_remedy(tmp_path: Path) -> None:
    few = [rating("2025-02-01", "false", country="DK")]
    lines = [STAYED, RECOMMENDED, STAYED, NEVER, *few, *[rating(country="DK")] * 40]
    found = attrition(ratings(tmp_path, *lines), on=["country"])
    weights = said(found, "weights")
    assert weights["most"] == pytest.approx(41)
    assert (weights["least"], weights["known"]) == (pytest.approx(1.33), 4)
    assert said(found, "large")["groups"] == ["all"]
    found = attrition(ratings(tmp_path, *lines), by=["country"])
    assert said(found, "large")["groups"] == ["DK"]


def test_covariates_of_one_level_or_that_follow_are_named(tmp_path: Path) -> None:
    lines = [STAYED, RECOMMENDED, NEVER, *[rating(country="DK", sector="B2C")] * 2]
    lines += [rating("2025-02-01", "false", country="DK", sector="B2C")]
    found = attrition(ratings(tmp_path, *lines), on=["sector", "country", "score_band"])
    assert said(found, "model")["terms"] == ["period", "sector"]
    assert said(found, "no_part")["terms"] == ["country", "score_band"]


def test_covariates_that_tell_who_leaves_are_refused_or_left_out(tmp_path: Path) -> None:
    """Of B2B in NO all leave and of B2C in DK all stay: no finite coefficient of the second."""
    stays = "2025-02-01", "false"
    lines = [
        *[rating(sector="B2B", country="NO")] * 2,
        *[rating(*stays, sector="B2C", country="DK")] * 2,
        rating(sector="B2B", country="DK"),
        rating(*stays, sector="B2B", country="DK"),
        rating(sector="B2C", country="NO"),
        rating(*stays, sector="B2C", country="NO"),
    ]
    responses = ratings(tmp_path, *lines)
    with pytest.raises(DataError, match=r"cannot be modelled.*country.*no finite") as refused:
        attrition(responses, on=["sector", "country"])
    assert "--on" in str(refused.value)
    found = attrition(responses)
    assert said(found, "left_out")["terms"] == ["country"]
    assert said(found, "model")["terms"] == ["period", "sector"]


def test_a_missing_covariate_is_a_level(tmp_path: Path) -> None:
    lines = [
        STAYED,
        RECOMMENDED,
        NEVER,
        rating(country=""),
        rating("2025-02-01", "false", country=""),
    ]
    found = attrition(ratings(tmp_path, *lines), on=["country"])
    assert said(found, "cohort")["ratings"] == 5
    assert said(found, "model")["terms"] == ["period", "country"]


def test_names_are_checked() -> None:
    responses = opened("incidence_srs")
    with pytest.raises(UsageError, match="does not allow for those who leave"):
        attrition(responses, estimand="recommended_past_12m")
    with pytest.raises(UsageError, match="no estimand"):
        attrition(responses, estimand="converted")
    with pytest.raises(UsageError, match="no segment"):
        attrition(responses, on=["hair"])
    with pytest.raises(MissingColumnError, match="covariate touchpoint"):
        attrition(responses, on=["touchpoint"])
    assert "left_out" not in keys(attrition(responses))
