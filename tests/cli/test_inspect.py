"""`advocacy inspect` and `advocacy crosswalk`: what they print, write and refuse."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from outcome import Command, Outcome

from advocacy.responses.crosswalk.crosswalk import read_crosswalk

ENDS = {0: "Ikke sannsynlig", 10: "Svært sannsynlig", 11: "Vet ikke"}


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    """Write a file of 70 variables, most of them without a role."""
    scores = [float(i % 12) for i in range(48)]
    frame = pd.DataFrame({"q5": scores, "q6": [1.0, 2.0] * 24, "vekt": [0.5, 1.5] * 24})
    rest = {f"x{i}": [float(i)] * 48 for i in range(67)}
    path = tmp_path / "kunde.sav"
    pyreadstat.write_sav(
        pd.concat([frame, pd.DataFrame(rest)], axis=1),
        path,
        column_labels=["Hvor sannsynlig er det at du anbefaler oss?", "Har du anbefalt oss?", None]
        + ["En lang tekst som går over mange, mange, mange tegn"] * 67,
        variable_value_labels={"q5": ENDS, "q6": {1: "Ja", 2: "Nei"}},
    )
    return path


@pytest.fixture
def run(command: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command, also while it is not yet in the list of commands."""
    from advocacy.cli import _COMMANDS

    monkeypatch.setitem(_COMMANDS, "inspect", "inspect")
    monkeypatch.setitem(_COMMANDS, "crosswalk", "crosswalk")
    return command


def test_a_row_a_variable_with_its_whole_label_in_100_columns(run: Command, survey: Path) -> None:
    found = run("inspect", survey)
    assert (found.code, found.err) == (0, "")
    lines = found.out.splitlines()
    assert max(map(len, lines)) <= 100
    assert sum(line.startswith(("q", "vekt", "x")) for line in lines) == 70
    assert "score" in next(line for line in lines if line.startswith("q5 "))
    assert next(line for line in lines if line.startswith("vekt")).split()[-2] == "weight"
    assert "48, 70 variables" in found.out
    assert found.out.count("tegn") == 67  # the last word of the long labels


def test_a_label_wider_than_the_terminal_is_wrapped_and_never_cut(
    run: Command, tmp_path: Path
) -> None:
    label = " ".join(f"[bold]{word}[/bold]" for word in "abcdefghijkl")
    path = tmp_path / "long.sav"
    pyreadstat.write_sav(pd.DataFrame({"x": [1.0]}), path, column_labels=[label])
    found = run("inspect", path).out
    row = found.partition("\nx ")[2].partition("\n\n")[0]
    assert [word for word in row.split() if word.startswith("[")] == label.split()
    assert max(map(len, found.splitlines())) <= 100


def test_the_whole_story_of_one_variable(run: Command, survey: Path) -> None:
    found = run("inspect", survey, "--variable", "q5").out
    assert "proposed role: score (0.9" in found
    assert [line.split() for line in found.splitlines() if "Vet ikke" in line] == [
        ["11", "Vet", "ikke", "4"]
    ]
    assert "no label" in found
    assert "its label has the words (Norwegian)" in found


def test_json_holds_all_levels(run: Command, survey: Path) -> None:
    found = json.loads(run("inspect", survey, "--format", "json").out)
    assert (found["rows"], len(found["variables"])) == (48, 70)
    first = found["variables"][0]
    assert (first["role"], len(first["levels"])) == ("score", 12)
    assert first["levels"][11] == {
        "value": "11",
        "label": "Vet ikke",
        "count": 4,
        "declared_missing": False,
    }


def test_an_unknown_variable_is_refused_by_name(run: Command, survey: Path) -> None:
    found = run("inspect", survey, "--variable", "q99")
    assert found.code == 1
    assert "'q99'" in found.err


def test_a_crosswalk_with_its_questions(run: Command, survey: Path, tmp_path: Path) -> None:
    path = tmp_path / "crosswalk.csv"
    found = run("crosswalk", survey, "-o", path)
    assert (found.code, found.out) == (0, "")
    assert {line.column.name for line in read_crosswalk(path).lines} == {
        "score",
        "recommended_past_12m",
        "weight",
    }
    assert "Question 1. Is code 11 of q5 missing?" in found.err
    settling = next(line for line in found.err.splitlines() if line.strip().startswith("q5,11,"))
    assert settling.strip() not in path.read_text(encoding="utf-8").splitlines()
    answered = run("crosswalk", survey, "-o", path, "--force", "--answer", "1a")
    assert "Question" not in answered.err
    assert settling.strip() in path.read_text(encoding="utf-8").splitlines()


def test_the_last_lines_say_what_an_estimate_needs_and_what_comes_next(
    run: Command, survey: Path, tmp_path: Path
) -> None:
    path = tmp_path / "crosswalk.csv"
    found = run("crosswalk", survey, "-o", path).err
    ending = found[found.index("What an estimate needs:") :].splitlines()
    assert ending[1:3] == ["  score found: q5", "  recommended_past_12m found: q6"]
    assert ending[3].endswith(f"advocacy estimate {survey} --crosswalk {path}")


def test_what_is_missing_is_said_last_with_what_may_hold_it(run: Command, tmp_path: Path) -> None:
    path = tmp_path / "survey.sav"
    pyreadstat.write_sav(
        pd.DataFrame({"v1": [1.0, 4.0, 7.0], "v2": [0.0, 1.0, 2.0]}),
        path,
        column_labels=["How likely would you be to recommend us?", "Recommendation given"],
        variable_value_labels={"v1": {1: "Very unlikely", 7: "Very likely"}},
    )
    found = run("crosswalk", path, "-o", tmp_path / "c.csv")
    ending = found.err[found.err.index("What an estimate needs:") :]
    assert "score missing" in ending
    assert "may be v1 'How likely would you be to recommend us?'" in ending
    assert "not the eleven of 0-10, into which none is turned" in ending
    # A scale of seven points is never offered as a score.
    assert "v1,0..10" not in ending
    assert "VARIABLE,0..10,score,*,asked on 0-10" in ending
    assert "v2,1,recommended_past_12m,true," in ending
    assert "advocacy crosswalk --help" in ending
    assert "raw_value: one code" in run("crosswalk", "--help").out


def test_a_crosswalk_is_never_overwritten_unasked(
    run: Command, survey: Path, tmp_path: Path
) -> None:
    path = tmp_path / "crosswalk.csv"
    path.write_text("work of hours", encoding="utf-8")
    refused: Outcome = run("crosswalk", survey, "-o", path)
    assert refused.code == 2
    assert "--force" in refused.err
    assert path.read_text(encoding="utf-8") == "work of hours"


@pytest.mark.parametrize("answer", ["a1", "7a", "1z", "1"])
def test_an_answer_that_fits_no_question_writes_nothing(
    run: Command, survey: Path, tmp_path: Path, answer: str
) -> None:
    found = run("crosswalk", survey, "-o", tmp_path / "c.csv", "--answer", answer)
    assert found.code == 2
    assert not (tmp_path / "c.csv").exists()


def test_both_modules_have_a_command() -> None:
    for name in ("inspect", "crosswalk"):
        assert import_module(f"advocacy.cli.{name}").command.name == name


OLD = """# advocacy crosswalk format 1
raw_variable,raw_value,canonical_column,canonical_value,note
q5,0..10,score,*,Sannsynlig
"""


def test_an_older_crosswalk_is_upgraded_and_the_difference_shown(
    run: Command, tmp_path: Path
) -> None:
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_text(OLD, encoding="utf-8")
    done = run("crosswalk", old, "--upgrade", "-o", new)
    assert done.code == 0, done.err
    changed = [line for line in done.out.splitlines() if line[:1] in "+-"]
    assert changed[2:] == ["-# advocacy crosswalk format 1", "+# advocacy crosswalk format 2"]
    assert new.read_text(encoding="utf-8") == OLD.replace("format 1", "format 2")
    assert old.read_text(encoding="utf-8") == OLD
    assert "in format 2" in done.err

    again = run("crosswalk", new, "--upgrade", "-o", tmp_path / "newer.csv")
    assert (again.code, again.out) == (0, "")
    assert "nothing was written" in again.err
    assert not (tmp_path / "newer.csv").exists()


def test_an_upgrade_replaces_only_when_told(run: Command, tmp_path: Path) -> None:
    old = tmp_path / "old.csv"
    old.write_text(OLD, encoding="utf-8")
    assert run("crosswalk", old, "--upgrade", "-o", old).code == 2
    assert old.read_text(encoding="utf-8") == OLD
    assert run("crosswalk", old, "--upgrade", "-o", old, "--force").code == 0
    assert old.read_text(encoding="utf-8").startswith("# advocacy crosswalk format 2\n")


@pytest.mark.parametrize(
    ("text", "more", "code", "said"),
    [
        (OLD + "q5,..6,wave,x,\n", (), 1, "is a range in format 2"),
        ("q5,q6\n1,2\n", (), 1, "does not start with its format version"),
        (OLD, ("--answer", "1a"), 2, "--upgrade for a crosswalk"),
        (OLD, ("--encoding", "cp850"), 2, "--upgrade for a crosswalk"),
    ],
)
def test_what_cannot_be_upgraded_is_refused(
    run: Command, tmp_path: Path, text: str, more: tuple[str, ...], code: int, said: str
) -> None:
    (tmp_path / "old.csv").write_text(text, encoding="utf-8")
    done = run("crosswalk", tmp_path / "old.csv", "--upgrade", "-o", tmp_path / "new.csv", *more)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert not (tmp_path / "new.csv").exists()


def test_a_column_without_any_entry_is_not_shown(command: Command, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("score,wave\n9,a\n10,b\n")
    printed = command("inspect", tmp_path / "a.csv").out
    assert "values" in printed
    assert "label" not in printed.replace("labels", "")
