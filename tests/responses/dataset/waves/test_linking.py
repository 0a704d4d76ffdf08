"""Follow-ups linked to ratings: each rule by a table made by hand, and rows that add up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from wave_files import BASE, BASE_LINES, day, followed, interviews, manifest, ratings, set_aside
from written import Sources

from advocacy.responses import import_source


def test_three_waves_become_one_outcome_of_the_rating(source: Sources, tmp_path: Path) -> None:
    """By hand: 1 says no, then yes with a date; 2 says no three times and leaves; 3 is silent."""
    waves = {
        "a.csv": "1,2024-04-10,2,,\n2,2024-04-11,2,,\n",
        "b.csv": "2,2024-07-11,2,,\n1,2024-07-10,1,2024-06-01,\n",
        "c.csv": "1,2025-01-10,1,2024-06-01,2024-12-24\n2,2025-01-11,2,,2024-11-05\n",
    }
    account = import_source(followed(source({"base.csv": BASE}, lines=BASE_LINES), waves), tmp_path)
    assert (account.read, account.kept) == (3, 3)
    one, two, three = ratings(tmp_path)
    assert (
        one
        | {
            "followed_up_on": day("2025-01-10"),
            "recommended_since": True,
            "first_recommended_on": day("2024-06-01"),
            "not_recommended_until": day("2024-04-10"),
            "recommended_by": day("2024-07-10"),
            "churned_on": day("2024-12-24"),
        }
        == one
    )
    assert (
        two
        | {
            "followed_up_on": day("2025-01-11"),
            "recommended_since": False,
            "first_recommended_on": None,
            "not_recommended_until": day("2025-01-11"),
            "recommended_by": None,
            "churned_on": day("2024-11-05"),
        }
        == two
    )
    assert [three[name] for name in ("followed_up_on", "recommended_since", "churned_on")] == [
        None
    ] * 3
    kept = interviews(tmp_path)
    assert [(row["rating_id"][-1], row["wave"], str(row["followed_up_on"])) for row in kept] == [
        ("1", "a", "2024-04-10"),
        ("2", "a", "2024-04-11"),
        ("2", "b", "2024-07-11"),
        ("1", "b", "2024-07-10"),
        ("1", "c", "2025-01-10"),
        ("2", "c", "2025-01-11"),
    ]
    found = manifest(tmp_path)["followups"]
    assert found["rows"] == {"read": 6, "kept": 6, "rejected": 0, "forgotten": 0}
    assert (found["ratings"], found["window_days"]) == (2, 731)
    assert set_aside(tmp_path) == []


# A second row keeps the file from being one of which nobody is linked.
OTHER = "2,2024-04-11,2,,\n"


@pytest.mark.parametrize(
    ("row", "column", "value", "reason"),
    [
        ("1,,1,,", "followed_up_on", "", "no date of the follow-up interview"),
        ("1,2024-04-10,,,", "recommended_since", "", "nothing was answered"),
        (
            "1,2024-04-10,2,2024-02-01,",
            "first_recommended_on",
            "2024-02-01",
            "dated, but they say that they did not",
        ),
        (
            "1,2024-04-10,1,2024-04-11,",
            "first_recommended_on",
            "2024-04-11",
            "after the follow-up interview",
        ),
        (",2024-04-10,1,,", "respondent_id", "", "it does not say whose it is"),
        ("9,2024-04-10,1,,", "respondent_id", "", "the ratings have none of theirs with a date"),
        (
            "1,2024-01-10,1,,",
            "followed_up_on",
            "2024-01-10",
            "on or before the interview that it is to follow",
        ),
        (
            "1,2023-04-10,1,,",
            "followed_up_on",
            "2023-04-10",
            "on or before the interview that it is to follow",
        ),
        (
            "1,2026-01-11,1,,",  # 732 days, as 2024 is a leap year
            "followed_up_on",
            "2026-01-11",
            "more than 731 days after the interview",
        ),
        (
            "1,2024-04-10,1,2024-01-10,",
            "first_recommended_on",
            "2024-01-10",
            "on or before the interview",
        ),
        ("1,2024-04-10,1,,2024-01-09", "churned_on", "2024-01-09", "on or before the interview"),
        ("1,2024-04-10,7,,", "recommended_since", "7", "the crosswalk has no line for this value"),
    ],
)
def test_a_row_that_cannot_be_is_set_aside(
    source: Sources, tmp_path: Path, row: str, column: str, value: str, reason: str
) -> None:
    made = followed(source({"base.csv": BASE}, lines=BASE_LINES), {"a.csv": f"{OTHER}{row}\n"})
    import_source(made, tmp_path)
    assert set_aside(tmp_path) == [("a.csv", 2, column, value, reason)]
    assert [one["recommended_since"] for one in ratings(tmp_path)] == [None, False, None]
    account = {"read": 2, "kept": 1, "rejected": 1, "forgotten": 0}
    assert manifest(tmp_path)["followups"]["rows"] == account
    assert manifest(tmp_path)["followups"]["files"][0]["rows"] == account


@pytest.mark.parametrize(
    "row",
    [
        "1,2026-01-10,1,,",  # two years to the day are 731
        "1,2024-01-11,1,2024-01-11,2024-01-11",  # all on one day, after the interview
        "1,2024-04-10,1,2024-03-01,2024-03-01",  # recommended and left on the same day
        "1,2024-04-10,1,2024-03-02,2024-03-01",  # who has left may still recommend
        "1,2024-04-10,,2024-03-02,",  # who says when says that they did
    ],
)
def test_a_row_at_a_limit_is_taken(source: Sources, tmp_path: Path, row: str) -> None:
    made = followed(source({"base.csv": BASE}, lines=BASE_LINES), {"a.csv": f"{OTHER}{row}\n"})
    import_source(made, tmp_path)
    assert set_aside(tmp_path) == []
    assert [one["recommended_since"] for one in ratings(tmp_path)] == [True, False, None]


# Follow-ups of one rating beside each other: rows as date, answer, first date, churn; with the
# number of those that stand, and the reasons of the others. The interview is on 2024-01-10.
AGAIN = "a second answer in one wave; the first is kept"
DIFFER = "two answers in one wave that differ: perhaps two people under one respondent"
NO_AFTER_YES = "no, after an earlier follow-up of this rating said yes"
BEFORE_NO = "on or before an earlier follow-up of this rating that said no"
AFTER_YES = "after an earlier follow-up of this rating that said yes"
OTHER_DATE = "another date than an earlier follow-up of this rating gave"


@pytest.mark.parametrize(
    ("a", "b", "reasons", "outcome"),
    [
        # The same twice in a wave, on one day or on two.
        (["2024-04-10,2,,"] * 2, [], [AGAIN], (False, "", "2024-04-10", "", "2024-04-10")),
        (
            ["2024-04-12,1,2024-02-01,", "2024-04-10,1,2024-02-01,"],
            [],
            [AGAIN],
            (True, "2024-02-01", "", "2024-04-10", "2024-04-10"),
        ),
        (["2024-04-10,2,,", "2024-04-10,1,,"], [], [DIFFER] * 2, None),
        (["2024-04-10,1,2024-02-01,", "2024-04-11,1,2024-02-02,"], [], [DIFFER] * 2, None),
        (["2024-04-10,2,,2024-02-01", "2024-04-10,2,,2024-02-02"], [], [DIFFER] * 2, None),
        # What a wave of two people says does not judge the next.
        (
            ["2024-04-10,2,,", "2024-04-10,1,,"],
            ["2024-07-10,2,,"],
            [DIFFER] * 2,
            (False, "", "2024-07-10", "", "2024-07-10"),
        ),
        (
            ["2024-04-10,1,,"],
            ["2024-07-10,2,,"],
            [NO_AFTER_YES],
            (True, "", "", "2024-04-10", "2024-04-10"),
        ),
        (
            ["2024-04-10,2,,"],
            ["2024-07-10,1,2024-04-10,"],
            [BEFORE_NO],
            (False, "", "2024-04-10", "", "2024-04-10"),
        ),
        (
            ["2024-04-10,2,,"],
            ["2024-07-10,1,2024-04-11,"],
            [],
            (True, "2024-04-11", "2024-04-10", "2024-07-10", "2024-07-10"),
        ),
        (
            ["2024-04-10,1,,"],
            ["2024-07-10,1,2024-04-11,"],
            [AFTER_YES],
            (True, "", "", "2024-04-10", "2024-04-10"),
        ),
        (
            ["2024-04-10,1,,"],
            ["2024-07-10,1,2024-04-10,"],
            [],
            (True, "2024-04-10", "", "2024-04-10", "2024-07-10"),
        ),
        (
            ["2024-04-10,1,2024-03-01,"],
            ["2024-07-10,1,2024-03-02,"],
            [OTHER_DATE],
            (True, "2024-03-01", "", "2024-04-10", "2024-04-10"),
        ),
        (
            ["2024-04-10,1,2024-03-01,"],
            ["2024-07-10,1,,"],
            [],
            (True, "2024-03-01", "", "2024-04-10", "2024-07-10"),
        ),
    ],
)
def test_of_two_follow_ups_the_earlier_is_believed(
    source: Sources,
    tmp_path: Path,
    a: list[str],
    b: list[str],
    reasons: list[str],
    outcome: tuple[Any, ...] | None,
) -> None:
    # The others keep the files from being ones of which nobody is linked, or of several waves.
    many = "".join(f"{who},2024-01-10,5\n" for who in range(100, 120))
    silent = "".join(f"{who},2024-05-01,2,,\n" for who in range(100, 120))
    waves = {
        name: silent + "".join(f"1,{row}\n" for row in rows)
        for name, rows in (("a.csv", a), ("b.csv", b))
    }
    made = followed(source({"base.csv": BASE + many}, lines=BASE_LINES), waves)
    import_source(made, tmp_path)
    # The others answer twice on one day, and that is no contradiction.
    assert [row[-1] for row in set_aside(tmp_path)] == reasons
    found = ratings(tmp_path)[0]
    names = ("first_recommended_on", "not_recommended_until", "recommended_by", "followed_up_on")
    said = (found["recommended_since"], *(str(found[n] or "") for n in names))
    assert said == (outcome or (None, "", "", "", ""))


@pytest.mark.parametrize(
    ("rows", "first"),
    [
        # A third follow-up is judged by those that stand, not by one that was set aside.
        (["2024-04-10,2,,", "2024-07-10,1,2024-03-01,", "2025-01-10,2,,"], ""),
        (
            ["2024-04-10,2,,", "2024-07-10,1,2024-03-01,", "2025-01-10,1,2024-09-01,"],
            "2024-09-01",
        ),
        (["2024-04-10,1,,", "2024-07-10,2,,", "2025-01-10,1,2024-03-01,"], "2024-03-01"),
        (
            ["2024-04-10,1,,", "2024-07-10,1,2024-05-01,", "2025-01-10,1,2024-03-01,"],
            "2024-03-01",
        ),
    ],
)
def test_what_is_set_aside_judges_no_other(
    source: Sources, tmp_path: Path, rows: list[str], first: str
) -> None:
    waves = {f"{n}.csv": f"{OTHER}1,{row}\n" for n, row in zip("abc", rows, strict=True)}
    import_source(followed(source({"base.csv": BASE}, lines=BASE_LINES), waves), tmp_path)
    assert [(name, row) for name, row, *_ in set_aside(tmp_path)] == [("b.csv", 2)]
    assert str(ratings(tmp_path)[0]["first_recommended_on"] or "") == first
