"""Going on to recommend: against R, and what follow-ups have to say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.reference.against_r import expected, opened, same

from advocacy.errors import DataError, MissingColumnError, UsageError
from advocacy.estimation import estimate, estimate_margins
from advocacy.estimation.asked import ask
from advocacy.estimation.comparisons.lift import lift
from advocacy.estimation.comparisons.pairwise import compare
from advocacy.estimation.comparisons.standardisation import standardise
from advocacy.estimation.curves.curve import curve
from advocacy.estimation.estimands import ESTIMANDS
from advocacy.estimation.follow_up.ending import (
    MONTH,
    UndatedError,
    follow_up,
    programmes_without_dates,
)
from advocacy.estimation.pooling.effective_counts import effective_counts
from advocacy.estimation.regression import regress
from advocacy.responses import Responses, open_responses
from advocacy.survey import survey_design
from advocacy.survey.follow_up.incidence import incidences
from advocacy.survey.quantities import counts
from advocacy.survey.replication import Replication

RATES, COVARIANCES = expected("incidence_rates"), expected("incidence_covariance")
KEYS = ["design", "lonely_psu", "estimand", "intent"]
MONTHS = (3, 6, 12)
INCIDENCE = "converted_within_12m"
CASES = [key for key, _ in RATES.groupby(KEYS)]
FOUND = pytest.mark.parametrize(KEYS, CASES)


def rows(design: str, rule: str, estimand: str, intent: str) -> pd.DataFrame:
    return RATES[(RATES[KEYS] == [design, rule, estimand, intent]).all(axis=1)]


@FOUND
def test_it_is_what_r_gives(design: str, lonely_psu: str, estimand: str, intent: str) -> None:
    responses = opened(f"incidence_{design}")
    drawn = survey_design(responses, "as_given", lonely_psu=lonely_psu)  # type: ignore[arg-type]
    for by, wanted in rows(design, lonely_psu, estimand, intent).groupby("by"):
        segments = [str(by)] if by else []
        asked = ask(responses, estimand, intent=intent, by=segments, design=drawn)
        cells = asked.cells(asked.domains)
        groups = asked.groups(cells)
        found = incidences(
            cells, drawn, groups, follow_up(cells), np.array([MONTH * m for m in MONTHS])
        )
        behind = counts(cells, groups)
        levels = groups.keys.column(str(by)).to_pylist() if by else [""]
        errors = np.sqrt(found.variance()).reshape(-1, len(MONTHS))
        for number, level in enumerate(levels):
            if level is None or behind.n[number] == 0:
                continue
            own = wanted[wanted.level == level]
            same(found.estimate.reshape(-1, len(MONTHS))[number], own.estimate)
            same(errors[number], own.std_error)
            assert own.months.tolist() == list(MONTHS)
            assert (behind.n[number], behind.hits[number]) == (own.n.iat[0], own.events.iat[0])


@pytest.mark.parametrize(("design", "lonely_psu"), sorted({case[:2] for case in CASES}))
def test_the_table_has_the_rates_within_12_months(design: str, lonely_psu: str) -> None:
    responses = opened(f"incidence_{design}")
    drawn = survey_design(responses, "as_given", lonely_psu=lonely_psu)  # type: ignore[arg-type]
    case = [design, lonely_psu, INCIDENCE, "promoters"]
    wanted = RATES[(RATES[KEYS] == case).all(axis=1) & (RATES.by == "sector")]
    wanted = wanted[wanted.months == 12]
    found = estimate(responses, estimand=INCIDENCE, intent="promoters", by=["sector"], design=drawn)
    assert found.table.column("sector").to_pylist() == wanted.level.tolist()
    same(found.table.column("estimate"), wanted.estimate)
    same(found.table.column("std_error"), wanted.std_error)
    assert found.quantities is not None
    covariance = COVARIANCES[(COVARIANCES[KEYS] == case).all(axis=1)].covariance
    same(found.quantities.covariance()[0, 1], covariance.iat[0])


# What follow-ups have to say -------------------------------------------------------------------

HEADER = "score,interviewed_on,followed_up_on,recommended_since,first_recommended_on,churned_on\n"
STAYED = "10,2024-03-15,2025-04-20,false,,\n"


def follow_ups(folder: Path, *lines: str) -> Responses:
    path = folder / "follow_ups.csv"
    path.write_text(HEADER + "".join(lines), encoding="utf-8")
    return open_responses(path)


def rate(responses: Responses, estimand: str = "converted_within_12m") -> dict[str, Any]:
    (row,) = estimate(responses, estimand=estimand).table.to_pylist()
    return dict(row)


@pytest.mark.parametrize(
    ("interviewed", "recommended", "within"),
    [
        ("2024-02-29", "2025-02-28", True),
        ("2024-02-29", "2025-03-01", False),
        ("2023-08-31", "2024-08-31", True),
        ("2023-08-31", "2024-09-01", False),
        ("2024-12-31", "2025-12-31", True),
        ("2024-12-31", "2026-01-01", False),
        ("2024-03-15", "2024-03-15", False),
    ],
)
def test_months_are_calendar_months(
    tmp_path: Path, interviewed: str, recommended: str, within: bool
) -> None:
    row = f"10,{interviewed},2026-06-01,true,{recommended},\n"
    found = rate(follow_ups(tmp_path, row, STAYED))
    assert found["estimate"] == (0.5 if within else 0.0)
    assert found["n_numerator"] == within


def test_a_file_in_which_nobody_has_churned_or_recommended_has_a_rate(tmp_path: Path) -> None:
    found = rate(follow_ups(tmp_path, *[STAYED] * 4))
    assert (found["estimate"], found["std_error"], found["n"]) == (0.0, 0.0, 4)


def test_a_yes_without_a_date_is_refused(tmp_path: Path) -> None:
    undated = follow_ups(tmp_path, STAYED, "10,2024-03-15,2025-04-20,true,,\n")
    with pytest.raises(DataError, match="1 ratings say `recommended_since` without a date") as no:
        rate(undated)
    assert "--dates-between-waves" in str(no.value)


def test_who_left_early_counts_until_then(tmp_path: Path) -> None:
    """One of four recommends at once, one leaves, one of two recommends later: 1/4 + 3/4 · 1/2."""
    found = rate(
        follow_ups(
            tmp_path,
            "10,2024-03-15,2025-04-20,true,2024-03-20,\n",
            "10,2024-03-15,2024-06-20,false,,\n",
            "10,2024-03-15,2025-04-20,true,2024-12-20,\n",
            STAYED,
        )
    )
    assert found["estimate"] == pytest.approx(5 / 8, rel=1e-15)
    assert (found["n"], found["n_numerator"]) == (4, 2)


@pytest.mark.parametrize(
    "made",
    [
        lambda r: curve(r, estimand="converted_within_12m"),
        lambda r: standardise(r, between="sector", mix=["country"], estimand=INCIDENCE),
        lambda r: regress(r, on=["sector"], estimand=INCIDENCE),
        lambda r: effective_counts(r, estimand=INCIDENCE),
    ],
)
def test_what_is_of_ratios_alone_is_refused(made: Callable[[Responses], object]) -> None:
    with pytest.raises(UsageError, match="allows for those who leave the follow-up"):
        made(opened("incidence_srs"))


def test_levels_are_compared_without_a_test_of_tables() -> None:
    found = compare(opened("incidence_clustered"), between="sector", estimand=INCIDENCE)
    first, second, difference = found.table.to_pylist()
    same(difference["estimate"], first["estimate"] - second["estimate"])
    assert difference["std_error"] > 0
    assert difference["homogeneity_f"] is None


def test_margins_are_those_of_each_alone() -> None:
    responses, by = opened("incidence_clustered"), ["sector", "country"]
    for names, found in estimate_margins(responses, estimand=INCIDENCE, by=by).items():
        alone = estimate(responses, estimand=INCIDENCE, by=list(names))
        assert found.by == alone.by == names
        for column in ("estimate", "std_error", "conf_low", "n", "df"):
            same(found.table.column(column).to_pylist(), alone.table.column(column).to_pylist())


def test_replicates_give_the_standard_error_too() -> None:
    responses = opened("incidence_clustered")
    linear, replicated = (
        survey_design(responses, "as_given", replication=replication)
        for replication in (None, Replication("jkn"))
    )
    scores = "3,4,5,6,7,8,9,10"
    one, other = (
        estimate(responses, estimand=INCIDENCE, intent=scores, design=design).table.to_pandas()
        for design in (linear, replicated)
    )
    same(one.estimate, other.estimate)
    np.testing.assert_allclose(one.std_error, other.std_error, rtol=0.05)
    assert (one.std_error != other.std_error).all()


def test_of_overlapping_sets_of_scores_each_is_as_by_itself() -> None:
    """An 8 is in 8-10 and in 7-8, so the domains of 8-10 are two, with the same times."""
    responses = opened("incidence_clustered")
    beside = lift(responses, estimand=INCIDENCE, intent="top_3").to_pandas()
    for intent in ("top_3", "passives"):
        alone = estimate(responses, estimand=INCIDENCE, intent=intent).to_pandas()
        (row,) = beside[(beside.intent == intent) & beside.reference.isna()].to_dict("records")
        same(row["estimate"], alone.estimate[0])
        same(row["std_error"], alone.std_error[0])


def programmes(tmp_path: Path, **dated: str) -> Responses:
    """Return two in three of 30 a programme who went on; `dated`: all, none or some have a date."""
    lines = [
        f"{name},10,2024-01-10,2025-02-01,{str(i % 3 > 0).lower()},"
        f"{'2024-06-01' if i % 3 and (which == 'all' or (which == 'some' and i % 2)) else ''}"
        for name, which in dated.items()
        for i in range(30 if name != "C" else 60)
    ]
    path = tmp_path / "programmes.csv"
    head = "programme,score,interviewed_on,followed_up_on,recommended_since,first_recommended_on"
    path.write_text("\n".join([head, *lines]))
    return open_responses(path)


def test_programmes_that_ask_for_no_dates_are_outside_with_all_they_have(tmp_path: Path) -> None:
    """Their yes would be left out and their no counted: with both out, the rate stays 2 in 3."""
    responses = programmes(tmp_path, A="all", B="all", C="none")
    for estimand in ("converted_within_12m_any", "converted_within_12m_any_complete"):
        row = estimate(responses, estimand=estimand).table.to_pylist()[0]
        assert row["n"] == 60
        assert row["estimate"] == pytest.approx(2 / 3)
    incidence = ESTIMANDS["converted_within_12m_any"].incidence
    assert incidence is not None
    assert programmes_without_dates(responses, incidence) == ("C",)


@pytest.mark.parametrize(
    "dated", [{"A": "all", "B": "some"}, {"A": "none", "B": "none"}, {"A": "some", "C": "none"}]
)
def test_dates_that_some_lack_are_refused(dated: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(UndatedError, match="without a date"):
        estimate(programmes(tmp_path, **dated), estimand="converted_within_12m_any")


def test_complete_cases_without_any_date_are_refused(tmp_path: Path) -> None:
    """All who had would be left out, and none who had not: 0 %."""
    with pytest.raises(MissingColumnError, match="first_recommended_on"):
        estimate(
            programmes(tmp_path, A="none", B="none"), estimand="converted_within_12m_any_complete"
        )
