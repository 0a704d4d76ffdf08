"""`advocacy import` with files of follow-ups and invitations: from files to a rate."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from outcome import Command, Outcome

HEAD = (
    "# advocacy crosswalk format 2\nraw_variable,raw_value,canonical_column,canonical_value,note\n"
)
BASE = HEAD + "id,*,respondent_id,*,\ndato,*,interviewed_on,*,\nnps,0..10,score,*,\n"
LATER = (
    HEAD
    + "id,*,respondent_id,*,\ndato,*,followed_up_on,*,\nja,1,recommended_since,true,guess: yes\n"
    "ja,2,recommended_since,false,\nnår,*,first_recommended_on,*,\nsluttet,*,churned_on,*,\n"
    "nps,0..10,score,*,\n"
)
SENT = HEAD + "id,*,respondent_id,*,\nsendt,*,invited_on,*,\nkode,*,disposition,*,\n"
DAY = date(2024, 1, 15)
# Ten who score 10: three recommend within the year, one after it, two leave before, two are lost
# after 100 days without, two recommend nobody.
YES, LATE, LEFT, LOST = (1, 2, 3), (4,), (5, 6), (7, 8)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    people = range(1, 11)
    base = pd.DataFrame({"id": people, "dato": [DAY] * 10, "nps": [10.0] * 10})
    pyreadstat.write_sav(base, folder / "base.sav")
    later = pd.DataFrame(
        {
            "id": people,
            "dato": [DAY + timedelta(days=100 if n in LOST else 400) for n in people],
            "ja": [1.0 if n in (*YES, *LATE) else 2.0 for n in people],
            "når": [
                DAY + timedelta(days=10 * n if n in YES else 390) if n in (*YES, *LATE) else None
                for n in people
            ],
            "sluttet": [DAY + timedelta(days=25) if n in LEFT else None for n in people],
            "nps": [9.0] * 10,
        }
    )
    pyreadstat.write_sav(later, folder / "later.sav")
    (folder / "base.csv").write_text(BASE, encoding="utf-8")
    (folder / "later.csv").write_text(LATER, encoding="utf-8")
    (folder / "sent.csv").write_text("id,sendt,kode\n1,2024-01-10,1.1\n11,2024-01-10,2.11\n")
    (folder / "codes.csv").write_text(SENT, encoding="utf-8")
    return folder


def run(command: Command, raw: Path, *more: object) -> Outcome:
    given = ("--crosswalk", raw / "base.csv", "-o", raw.parent / "data")
    return command("import", raw / "base.sav", *given, *more)


def with_later(raw: Path) -> tuple[object, ...]:
    return ("--follow-up", raw / "later.sav", "--follow-up-crosswalk", raw / "later.csv")


def test_two_files_of_spss_become_a_rate(command: Command, raw: Path) -> None:
    """By hand, as Aalen and Johansen: 0.1 + 0.1 + 0.1.

    At 10 days 1 of 10, at 20 days 1 of 9, at 25 days 2 of 8 leave, at 30 days 1 of 6. The late one
    is no event of the year.
    """
    outcome = run(command, raw, *with_later(raw))
    assert outcome.code == 0, outcome.err
    assert "10 follow-ups read: 10 belong to 10 ratings, 0 set aside." in outcome.err
    assert "Note of later.sav: Lines of the crosswalk that fill what no row" in outcome.err
    assert "1 lines of the crosswalk of later.sav are still marked as guesses" in outcome.err
    estimate = ("estimate", raw.parent / "data", "--estimand", "converted_within_12m")
    rates = raw.parent / "rates.json"
    assert command(*estimate, "-o", rates).code == 0
    (row,) = json.loads(rates.read_text(encoding="utf-8"))
    assert row["n"] == 10
    assert row["estimate"] == pytest.approx(0.3, abs=1e-12)


def test_invitations_are_told(command: Command, raw: Path) -> None:
    more = ("--contacts", raw / "sent.csv", "--contacts-crosswalk", raw / "codes.csv")
    outcome = run(command, raw, *with_later(raw), *more)
    assert "2 invitations read: 1 led to a rating, 0 set aside." in outcome.err
    assert "9 ratings have no invitation." in outcome.err


def test_files_that_are_there_are_named_again_or_left_out_on_purpose(
    command: Command, raw: Path
) -> None:
    assert run(command, raw).code == 0
    assert run(command, raw, *with_later(raw)).code == 0, "a further wave replaces nothing"
    again = run(command, raw)
    assert again.code == 2
    assert "has follow-ups or contacts from later.sav, which this import does not name" in again.err
    assert run(command, raw, "--replace").code == 0
    folder = raw.parent / "data" / "responses" / "source=base"
    assert not (folder / "_followups").exists()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--follow-up-crosswalk", "later.csv"), "There are 1 crosswalks for 0 files"),
        (("--follow-up", "later.sav", "--follow-up-wave", "a", "--follow-up-wave", "b"), "2 waves"),
        (("--follow-up", "later.sav", "--follow-up-window", "0"), "x>=1"),
        (("--follow-up", "gone.sav"), "gone.sav"),
    ],
)
def test_bad_usage_is_refused(
    command: Command, raw: Path, more: tuple[str, ...], words: str
) -> None:
    given = [raw / one if one.endswith((".csv", ".sav")) else one for one in more]
    outcome = run(command, raw, *given)
    assert outcome.code == 2
    assert words in " ".join(outcome.err.split())


def test_a_window_and_a_wave_are_taken(command: Command, raw: Path) -> None:
    more = ("--follow-up-window", "399", "--follow-up-wave", "ett år")
    assert run(command, raw, *with_later(raw), *more).code == 0
    about = raw.parent / "data" / "responses" / "source=base" / "_about"
    found = json.loads((about / "manifest.json").read_text(encoding="utf-8"))["followups"]
    assert found["rows"] == {"read": 10, "kept": 2, "rejected": 8, "forgotten": 0}
    assert (found["waves"], found["window_days"]) == (["ett år"], 399)
