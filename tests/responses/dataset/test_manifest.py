"""The manifest: what is left to confirm, and the sets of a file, beside what was imported."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
from written import Sources

from advocacy.provenance import sha256
from advocacy.responses import ImportOptions, Source, import_source
from advocacy.responses.dataset.accounts import ABOUT, MANIFEST
from advocacy.responses.dataset.eligibility import EligibilityRules, reasons
from advocacy.responses.dataset.importing import partition
from advocacy.responses.labelled import LabelledTable, MultipleResponse, Variable
from advocacy.responses.writers.spss import write_sav

SURVEY = """id,email,score,when,seconds
7,ola.nordmann@example.no,10,2025-01-01,300
8,kari@example.no,9,2025-03-02,200
8,kari@example.no,9,2025-03-05,200
9,per.hansen@example.no,5,2025-03-03,10
9,per.hansen@example.no,98,2025-12-31,100
"""
LINES = """id,*,respondent_id,*,guess 0.60
email,*,touchpoint,*,guess 0.50
score,0..10,score,*,"guess 0.96: its name"
score,98,score,,Confirmed; no guess
when,*,interviewed_on,*,Guess of Kari
seconds,*,interview_seconds,*,
"""


def manifest_of(source: Source, dataset: Path, rules: EligibilityRules) -> dict[str, Any]:
    import_source(source, dataset, ImportOptions(rules=rules))
    path = partition(dataset, source.name) / ABOUT / MANIFEST
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


def test_the_lines_that_are_still_guesses_are_kept_but_not_those_of_persons(
    source: Sources, tmp_path: Path
) -> None:
    made = source({"a.csv": SURVEY}, lines=LINES)
    guesses = manifest_of(made, tmp_path / "set", EligibilityRules())["files"][0]["guesses"]
    assert [(line["line"], line["variable"], line["column"]) for line in guesses] == [
        (3, "id", "respondent_id"),
        (5, "score", "score"),
        (7, "when", "interviewed_on"),
    ]
    assert guesses[1] == {
        "line": 5,
        "variable": "score",
        "raw_value": "0..10",
        "column": "score",
        "canonical_value": "*",
        "note": "guess 0.96: its name",
    }


def test_a_guess_that_became_a_pseudonym_is_kept(source: Sources, tmp_path: Path) -> None:
    lines = "email,*,respondent_id,*,guess 0.60\nscore,*,score,*,\n"
    made = source({"a.csv": SURVEY.replace(",98,", ",8,")}, lines=lines)
    file = manifest_of(made, tmp_path / "set", EligibilityRules())["files"][0]
    assert [finding["variable"] for finding in file["private"]] == ["email"]
    assert [line["variable"] for line in file["guesses"]] == ["email"]


def test_the_sets_of_the_file_are_kept(tmp_path: Path) -> None:
    values = pa.table({"score": [1.0, 10.0, 0.0], "w1": [1.0, 0.0, 1.0], "w2": [0.0, 0.0, 1.0]})
    sets = (MultipleResponse("why", "Why?", "dichotomy", "1", ("w1", "w2")),)
    variables = tuple(Variable(name) for name in values.column_names)
    path = tmp_path / "a.sav"
    write_sav(LabelledTable(path, values, variables, multiple_response=sets), path)
    made = Source(tmp_path, "a", "simulated", ((path.name, sha256(path)),))
    described = manifest_of(made, tmp_path / "set", EligibilityRules())["files"][0]
    assert described["guesses"] == []
    assert described["multiple_response"] == [
        {
            "name": "why",
            "label": "Why?",
            "kind": "dichotomy",
            "counted_value": "1",
            "variables": ["w1", "w2"],
        }
    ]


def test_every_reason_that_is_listed_belongs_to_a_rule(source: Sources, tmp_path: Path) -> None:
    rules = EligibilityRules(
        interviewed_from=date(2025, 2, 1),
        interviewed_to=date(2025, 11, 30),
        shortest_interview_seconds=60,
    )
    made = source({"a.csv": SURVEY}, lines=LINES)
    manifest_of(made, tmp_path / "set", rules)
    listed = pa.csv.read_csv(partition(tmp_path / "set", "lung") / ABOUT / "excluded.csv")
    ruled = [reasons(rules)[reason] for reason in listed["excluded"].to_pylist()]
    assert sorted(ruled) == [
        "contact rule",
        "interview window",
        "interview window",
        "shortest interview",
    ]
    assert set(reasons(EligibilityRules(repeat="all")).values()) == set()
