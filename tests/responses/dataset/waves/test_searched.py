"""A search of records as a file of its own: what it found stands on the ratings."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from wave_files import BASE, BASE_LINES, followed, interviews, ratings, set_aside
from written import Sources

from advocacy.errors import CrosswalkError
from advocacy.responses import import_source

LINES = (
    "who,*,respondent_id,*,\nday,*,followed_up_on,*,\n"
    "searched,1,verification_checked,true,\nsearched,2,verification_checked,false,\n"
    "found,*,verified_recommended_on,*,\n"
)
HEAD = "who,day,searched,found\n"


def test_what_a_search_found_stands_on_the_ratings(source: Sources, tmp_path: Path) -> None:
    """By hand: of three, the first was searched and found, the second in vain; a date says both."""
    rows = "1,2024-02-01,1,2023-11-05\n2,2024-02-01,1,\n"
    base = source({"b.csv": BASE}, lines=BASE_LINES)
    import_source(followed(base, {"records.csv": rows}, LINES, HEAD), tmp_path)
    found = [(r["verification_checked"], r["verified_recommended_on"]) for r in ratings(tmp_path)]
    assert found == [(True, date(2023, 11, 5)), (True, None), (None, None)]
    assert {row["followed_up_on"] for row in ratings(tmp_path)} == {None}
    assert set_aside(tmp_path) == []


def test_a_date_says_that_there_was_a_search(source: Sources, tmp_path: Path) -> None:
    base = source({"b.csv": BASE}, lines=BASE_LINES)
    rows = {"records.csv": "1,2024-02-01,,2023-11-05\n3,2024-02-01,,\n"}
    import_source(followed(base, rows, LINES, HEAD), tmp_path)
    assert [r["verification_checked"] for r in ratings(tmp_path)] == [True, None, None]
    # Of the other nothing is said at all.
    assert len(set_aside(tmp_path)) == 1


def test_it_lies_beside_follow_ups(source: Sources, tmp_path: Path) -> None:
    """One crosswalk for both files: what a file lacks is missing in it."""
    both = LINES + "y,1,recommended_since,true,\ny,2,recommended_since,false,\n"
    head = "who,day,searched,found,y\n"
    rows = {"12m.csv": "1,2025-01-20,,,2\n2,2025-01-20,,,1\n",
            "records.csv": "1,2024-02-01,1,2023-11-05,\n"}  # fmt: skip
    base = source({"b.csv": BASE}, lines=BASE_LINES)
    import_source(followed(base, rows, both, head), tmp_path)
    found = [
        (r["recommended_since"], r["followed_up_on"], r["verification_checked"])
        for r in ratings(tmp_path)
    ]
    assert found == [
        (False, date(2025, 1, 20), True),
        (True, date(2025, 1, 20), None),
        (None, None, None),
    ]


def test_files_of_follow_ups_without_a_search_say_nothing_of_one(
    source: Sources, tmp_path: Path
) -> None:
    base = source({"b.csv": BASE}, lines=BASE_LINES)
    import_source(followed(base, {"12m.csv": "1,2025-01-20,2,,\n"}), tmp_path)
    assert "verification_checked" not in ratings(tmp_path)[0]
    assert "verification_checked" not in interviews(tmp_path)[0]


def test_ratings_that_say_it_themselves_are_refused_beside_it(
    source: Sources, tmp_path: Path
) -> None:
    lines = BASE_LINES + "s,1,verification_checked,true,\ns,0,verification_checked,false,\n"
    base = source({"b.csv": "who,day,q,s\n1,2024-01-10,10,1\n"}, lines=lines)
    with pytest.raises(CrosswalkError, match="verification_checked"):
        import_source(followed(base, {"records.csv": "1,2024-02-01,1,\n"}, LINES, HEAD), tmp_path)
