"""An enriched file has all rows as received, and says of each what became of it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from advocacy.responses.crosswalk.crosswalk import read_crosswalk
from advocacy.responses.dataset.eligibility import EligibilityRules
from advocacy.responses.writers.enriching import Group, Marks, enrich_dataset, enrich_file
from advocacy.responses.writers.spss_limits import held_names

MARKS = Marks(
    "Weight used",
    "Intent",
    "State",
    "Reason",
    (Group("low", tuple(range(7))), Group("middle", (7, 8)), Group("high", (9, 10))),
    ("counts", "does not count", "set aside"),
)
HOSTILE = [
    "<script>",
    '=HYPERLINK("x")',
    '#read("x")',
    "\x1b[31mred",
    "שלום",
    "Æ Ø Å",
    "x" * 10_000,
]

DAYS = ["1-10", "1-11", "1-12", "3-01", "1-13", "1-14", "1-15"]


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    """Return a file of which each row's fate is known by hand."""
    frame = pd.DataFrame(
        {
            "Q1": [10.0, 9.0, 7.0, 3.0, 99.0, 11.0, 10.0],
            "w": [1.5, 0.0, 2.0, 0.5, 1.0, 1.0, None],
            "who": ["a", "b", "c", "a", "d", "e", "f"],
            "day": [f"2025-0{day}" for day in DAYS],
            "comment": HOSTILE,
        }
    )
    path = tmp_path / "client.sav"
    labels = {"Q1": {99.0: "Don't know"}}
    pyreadstat.write_sav(
        frame, path, variable_value_labels=labels, column_labels={"Q1": "Anbefale? Æ"}
    )
    return path


@pytest.fixture
def crosswalk(tmp_path: Path) -> Path:
    path = tmp_path / "crosswalk.csv"
    path.write_text(
        "# advocacy crosswalk format 2\n"
        "raw_variable,raw_value,canonical_column,canonical_value,note\n"
        "Q1,0..10,score,*,\nQ1,99,score,,\nw,*,weight,*,\nwho,*,respondent_id,*,\n"
        "day,*,interviewed_on,*,\n"
    )
    return path


def enriched(path: Path, output: Path, crosswalk: Path | None, **options: object) -> pd.DataFrame:
    lines = read_crosswalk(crosswalk) if crosswalk else None
    enrich_file(path, output, MARKS, crosswalk=lines, **options)  # type: ignore[arg-type]
    frame, _ = pyreadstat.read_sav(output, user_missing=True)
    return frame


def test_each_row_says_what_became_of_it(survey: Path, crosswalk: Path, tmp_path: Path) -> None:
    frame = enriched(survey, tmp_path / "out.sav", crosswalk)
    assert frame["row_state"].tolist() == [1, 2, 1, 1, 1, 3, 2]
    # A score of 99 is missing by the crosswalk; 11 is none, and sets its row aside.
    assert frame["intent_group"].fillna(0).tolist() == [3, 3, 2, 1, 0, 0, 3]
    assert frame["weight_used"].fillna(-1).tolist() == [1.5, 0, 2, 0.5, 1, -1, 0]
    reasons = frame["row_reason"].tolist()
    assert reasons[:5] == ["", "no weight above 0", "", "", ""]
    assert reasons[5].startswith("score: ")
    assert reasons[6] == "no weight above 0"


def test_the_rules_of_an_import_exclude_the_same_rows(
    survey: Path, crosswalk: Path, tmp_path: Path
) -> None:
    """Row 4 is the second answer of `a` about the one supplier, within 365 days of the first."""
    frame = enriched(survey, tmp_path / "out.sav", crosswalk, rules=EligibilityRules())
    assert frame["row_state"].tolist() == [1, 2, 1, 2, 1, 3, 2]
    assert frame["row_reason"][3] == (
        "an earlier answer about this supplier, less than 365 days away, counts"
    )


def test_what_was_received_is_as_it_was(survey: Path, crosswalk: Path, tmp_path: Path) -> None:
    before, was = pyreadstat.read_sav(survey, user_missing=True)
    after = enriched(survey, tmp_path / "out.sav", crosswalk)
    _, now = pyreadstat.read_sav(tmp_path / "out.sav", user_missing=True)
    pd.testing.assert_frame_equal(after[before.columns], before)
    assert len(after) == 7
    assert after["comment"].tolist() == HOSTILE
    assert now.variable_value_labels["Q1"] == was.variable_value_labels["Q1"]
    assert now.column_names_to_labels["Q1"] == "Anbefale? Æ"


def test_what_is_added_has_its_labels(survey: Path, crosswalk: Path, tmp_path: Path) -> None:
    enriched(survey, tmp_path / "out.sav", crosswalk)
    _, now = pyreadstat.read_sav(tmp_path / "out.sav")
    labels = now.column_names_to_labels
    assert [labels[name] for name in now.column_names[-4:]] == [
        "Weight used", "Intent", "State", "Reason",
    ]  # fmt: skip
    assert now.variable_value_labels["intent_group"] == {1: "low", 2: "middle", 3: "high"}
    assert now.variable_value_labels["row_state"] == {
        1: "counts", 2: "does not count", 3: "set aside",
    }  # fmt: skip


def test_names_that_are_taken_stay_the_file_s(tmp_path: Path) -> None:
    frame = pd.DataFrame({"score": [10.0, 0.0], "Weight_Used": [5.0, 6.0]})
    pyreadstat.write_sav(frame, tmp_path / "a.sav")
    after = enriched(tmp_path / "a.sav", tmp_path / "out.sav", None)
    assert after.columns.tolist() == [
        "score", "Weight_Used", "weight_used_2", "intent_group", "row_state", "row_reason",
    ]  # fmt: skip
    assert after["Weight_Used"].tolist() == [5.0, 6.0]
    assert after["weight_used_2"].tolist() == [1.0, 1.0]  # no weight: a row is a row


def test_a_file_without_a_score_says_what_it_can(tmp_path: Path) -> None:
    frame = pd.DataFrame({"recommended_past_12m": [1.0, 0.0, 7.0]})
    pyreadstat.write_sav(frame, tmp_path / "a.sav")
    after = enriched(tmp_path / "a.sav", tmp_path / "out.sav", None)
    assert after["row_state"].tolist() == [1, 1, 3]
    assert after["intent_group"].isna().all()


def test_names_that_spss_cannot_hold_are_in_the_labels(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    names = ["score", "Vil du anbefale? (0-10)", "vil_du_anbefale", "1", "ALL", "Å" * 40, "Å" * 41]
    path.write_text(",".join(names) + "\n10,a,b,1,2,3,4\n0,c,d,5,6,7,8\n", encoding="utf-8")
    done = enrich_file(path, tmp_path / "out.sav", MARKS)
    frame, now = pyreadstat.read_sav(tmp_path / "out.sav")
    assert list(frame.columns)[:5] == [
        "score", "Vil_du_anbefale___0_10", "vil_du_anbefale", "v_1", "ALL_2",
    ]  # fmt: skip
    assert len({name.casefold() for name in frame.columns}) == 11
    assert all(len(name.encode()) <= 64 for name in frame.columns)
    assert now.column_names_to_labels["v_1"] == "1"
    assert [r.key for r in done.remarks if r.key == "sav.renamed"] == ["sav.renamed"]
    assert frame["row_state"].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("names", "held"),
    [
        (["a", "A"], ["a", "A_2"]),
        (["q 1", "q_1", "q.1?"], ["q_1_2", "q_1", "q.1"]),
        (["", "?", "#x", "$y"], ["v", "v_2", "v_#x", "v_$y"]),
        (["not", "Not_2"], ["not_3", "Not_2"]),
        (["@ok", "Ærlig", "x2.5"], ["@ok", "Ærlig", "x2.5"]),
        (["Å" * 33, "Å" * 34], ["Å" * 28, f"{'Å' * 28}_2"]),
    ],
)
def test_held_names_differ_and_keep_what_they_can(names: list[str], held: list[str]) -> None:
    assert held_names(names) == held


def test_an_imported_dataset_is_enriched_too(survey: Path, crosswalk: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "advocacy", "import", str(survey), "--crosswalk"]
    command += [str(crosswalk), "-o", str(tmp_path / "data")]
    subprocess.run(command, check=True, capture_output=True)
    done = enrich_dataset(tmp_path / "data", tmp_path / "out.sav", MARKS)
    frame, _ = pyreadstat.read_sav(tmp_path / "out.sav")
    assert done.rows == len(frame) == 6  # without the one that was rejected
    assert frame["row_state"].tolist() == [1, 2, 1, 2, 1, 2]
    assert frame["intent_group"].fillna(0).tolist() == [3, 3, 2, 1, 0, 3]
    assert frame["weight_used"].tolist() == frame["weight"].tolist()


def test_pspp_reads_all_rows(
    survey: Path, crosswalk: Path, tmp_path: Path, needs: Callable[[str], str]
) -> None:
    pspp = needs("pspp")
    enriched(survey, tmp_path / "out.sav", crosswalk)
    syntax = tmp_path / "count.sps"
    syntax.write_text("GET FILE='out.sav'.\nFREQUENCIES /VARIABLES=row_state intent_group.\n")
    done = subprocess.run(
        [pspp, "-O", "format=csv", syntax], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "error" not in done.stdout.casefold()
    assert "Valid,counts,4," in done.stdout
    assert ",set aside,1," in done.stdout
    assert ",high,3," in done.stdout


def test_the_same_file_gives_the_same_bytes(survey: Path, crosswalk: Path, tmp_path: Path) -> None:
    """In another process, with other hashes, and in another second."""
    program = (
        "import sys; from pathlib import Path\n"
        "from advocacy.report.client.marks import marks\n"
        "from advocacy.responses.crosswalk.crosswalk import read_crosswalk\n"
        "from advocacy.responses.writers.enriching import enrich_file\n"
        "source, lines, output = map(Path, sys.argv[1:])\n"
        "enrich_file(source, output, marks(), crosswalk=read_crosswalk(lines))"
    )
    found = set()
    for seed in ("1", "2"):
        output = tmp_path / f"{seed}.sav"
        env = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", program, str(survey), str(crosswalk), str(output)]
        subprocess.run(command, env=env, check=True)
        found.add(hashlib.sha256(output.read_bytes()).hexdigest())
        time.sleep(1.1)
    assert len(found) == 1
