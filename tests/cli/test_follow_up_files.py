"""Panels and follow-ups from the command line: what is said, written, and estimated from it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from outcome import Command

PERSONS = [f"K{i:04}" for i in range(40)]
INTERVIEWS = [date(2024, 1, 1) + timedelta(days=i) for i in range(40)]
# Persons 0, 4, 8, ... recommended 100 days after their interview; all are asked after 400 days.
RECOMMENDED = [i % 4 == 0 for i in range(40)]
LABELS = {
    "respnr": "Respondentnummer",
    "q1": "Hvor sannsynlig er det at du vil anbefale Acme til en venn eller kollega?",
    "d1": "Intervjudato",
    "d2": "Dato for oppfølgingsintervjuet",
    "q2": "Har du anbefalt Acme til noen siden vi sist intervjuet deg?",
    "d3": "Når anbefalte du Acme for første gang?",
    "d4": "Når sluttet du å være kunde hos Acme?",
}
YES_NO = {1.0: "Ja", 2.0: "Nei"}


@pytest.fixture
def everything() -> pd.DataFrame:
    """Return a rating of 10 of each person, and their follow-up."""
    return pd.DataFrame(
        {
            "respnr": PERSONS,
            "q1": [10.0] * 20 + [float(i % 10) for i in range(20)],
            "d1": INTERVIEWS,
            "d2": [day + timedelta(days=400) for day in INTERVIEWS],
            "q2": [1.0 if yes else 2.0 for yes in RECOMMENDED],
            "d3": [
                day + timedelta(days=100) if yes else None
                for day, yes in zip(INTERVIEWS, RECOMMENDED, strict=True)
            ],
            "d4": [date(2025, 1, 20) if i == 39 else None for i in range(40)],
        }
    )


def write(path: Path, frame: pd.DataFrame) -> Path:
    codes = {name: YES_NO for name in frame if name == "q2"}
    labels = [LABELS[name] for name in frame]
    pyreadstat.write_sav(frame, path, column_labels=labels, variable_value_labels=codes)
    return path


def test_a_panel_is_estimated_from_the_crosswalk_as_it_was_written(
    command: Command, tmp_path: Path, everything: pd.DataFrame
) -> None:
    path, crosswalk = write(tmp_path / "panel.sav", everything), tmp_path / "panel.csv"
    said = command("crosswalk", path, "-o", crosswalk).err
    assert "seems to be of ratings with their follow-up: q2 asks of the time since" in said
    assert "Question" not in said
    *_, ending = said.splitlines()
    arguments = ending.partition("advocacy ")[2].split()
    assert arguments[-2:] == ["--estimand", "converted_within_12m"]
    found = command(*arguments, "--format", "csv")
    assert found.code == 0
    estimates = pd.read_csv(pd.io.common.StringIO(found.out))
    # Of the 20 who scored 10, persons 0, 4, 8, 12 and 16.
    assert (estimates["n"][0], estimates["estimate"][0]) == (20, pytest.approx(5 / 20))


def test_a_follow_up_says_to_what_it_could_belong(
    command: Command, tmp_path: Path, everything: pd.DataFrame
) -> None:
    base = write(tmp_path / "base.sav", everything[["respnr", "q1", "d1"]].iloc[:30])
    path = write(tmp_path / "after.sav", everything[["respnr", "d2", "q2", "d3"]].iloc[10:])
    found = command("crosswalk", path, "-o", tmp_path / "after.csv")
    said = found.err
    assert "of follow-up interviews: q2 asks of the time since an interview, and no" in said
    assert "It could belong to base.sav: 20 of 30 respondents are in it." in said
    assert "churned_on missing. Date on which they ceased to be a customer." in said
    assert "question to add: 'Hvis du ikke lenger er kunde: på hvilken dato sluttet du" in said
    crosswalk = tmp_path / "after.csv"
    assert f"--follow-up {path} --follow-up-crosswalk {crosswalk} -o DATASET" in said
    shown = command("inspect", path, "--base", base).out
    assert "20 of 30 respondents" in " ".join(shown.split())
    as_json = json.loads(command("inspect", path, "--format", "json").out)["seems_to_be"]
    assert as_json["of"] == "follow-up interviews"
    assert as_json["bases"] == [
        {"name": "base.sav", "persons": 30, "shared": 20, "other_supplier": False}
    ]
    assert not any(person in text for person in PERSONS for text in (said, shown))


def test_ratings_alone_are_told_as_before(
    command: Command, tmp_path: Path, everything: pd.DataFrame
) -> None:
    base = write(tmp_path / "base.sav", everything[["respnr", "q1", "d1"]])
    assert "seems_to_be" not in json.loads(command("inspect", base, "--format", "json").out)
    assert "seems to be" not in command("inspect", base).out
    refused = command("inspect", base, "--base", base)
    assert (refused.code, "is of ratings" in refused.err) == (2, True)


def test_the_codebook_has_each_question_in_every_language(command: Command) -> None:
    page = command("codebook", "--questions").out
    part = page.partition("## `recommended_since`")[2].partition("## ")[0]
    assert "`converted_within_12m`" in part
    assert [line.partition(":")[0] for line in part.splitlines() if line.startswith("-")] == [
        "- English",
        "- Norwegian",
        "- Swedish",
        "- Danish",
    ]
    for column in ("recommended_past_12m", "opportunity", "discouraged_past_12m", "churned_on"):
        assert f"## `{column}`" in page
