"""`advocacy report`: one file in, a folder out, whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from outcome import Command

from advocacy.estimation import estimate
from advocacy.responses import open_responses

pytest.importorskip("typst", reason="needs the extra report")

LABELS = {
    "q1": "How likely is it that you would recommend us to a friend or colleague?",
    "q2": "Have you recommended us to anyone in the past 12 months?",
    "channel": "Channel",
}
CROSSWALK = """\
# advocacy crosswalk format 2
raw_variable,raw_value,canonical_column,canonical_value,note
q1,0..10,score,*,
q2,1,recommended_past_12m,true,
q2,2,recommended_past_12m,false,
q2,9,recommended_past_12m,,
channel,*,touchpoint,*,
"""
FILES = {
    *("report.html", "report.pdf", "report.xlsx", "report.pptx"),
    *("answers.sav", "methods.md", "crosswalk.csv", "data"),
}


def survey(path: Path, *, behaviour: bool = True, channel: str = "web") -> Path:
    """Write a file of 300 answers as SPSS has them; 5 of them don't know."""
    rng = np.random.default_rng(11)
    score = rng.integers(0, 11, 300).astype(float)
    said = np.where(rng.random(300) < score / 12, 1.0, 2.0)
    said[:5] = 9.0
    frame = pd.DataFrame({"q1": score, "q2": said, "channel": [channel, "phone"] * 150})
    kept = frame if behaviour else frame.drop(columns="q2")
    pyreadstat.write_sav(
        kept,
        path,
        column_labels={name: LABELS[name] for name in kept},
        variable_value_labels={"q2": {1.0: "Yes", 2.0: "No", 9.0: "Don't know"}}
        if behaviour
        else {},
        missing_ranges={"q2": [9]} if behaviour else {},
    )
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def seen(folder: Path) -> str:
    return re.sub(r"<[^>]*>", " ", (folder / "report.html").read_text(encoding="utf-8"))


def test_a_file_without_doubts_needs_one_word(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = survey(tmp_path / "client.sav")
    done = command("report", file, "--yes")
    assert (done.code, done.out) == (0, "")
    assert "score: q1" in done.err
    folder = tmp_path / "client-report"
    assert {path.name for path in folder.iterdir()} == FILES
    crosswalk = folder / "crosswalk.csv"
    assert "q1,0..10,score,*" in crosswalk.read_text(encoding="utf-8")
    row = estimate(open_responses(file, crosswalk)).table.to_pylist()[0]
    assert f"{100 * row['estimate']:.1f}\u202f%" in seen(folder)
    assert {path.name for path in tmp_path.iterdir()} == {"client.sav", "client-report"}


def test_the_same_input_gives_the_same_bytes(command: Command, tmp_path: Path) -> None:
    file, crosswalk = survey(tmp_path / "client.sav"), tmp_path / "c.csv"
    crosswalk.write_text(CROSSWALK, encoding="utf-8")
    for name in ("one", "two"):
        done = command("report", file, "--crosswalk", crosswalk, "-o", tmp_path / name)
        assert done.code == 0, done.err
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_without_a_terminal_a_person_must_have_confirmed(command: Command, tmp_path: Path) -> None:
    done = command("report", survey(tmp_path / "client.sav"), "-o", tmp_path / "made")
    assert done.code == 2
    assert "--yes" in done.err
    assert not (tmp_path / "made").exists()


def test_yes_is_refused_where_a_variable_may_be_what_was_not_found(
    command: Command, tmp_path: Path
) -> None:
    frame = pd.DataFrame({"v1": [1.0, 7.0] * 30, "v2": [1.0, 2.0] * 30})
    labels = {"v1": "How likely are you to recommend us?", "v2": LABELS["q2"]}
    answers = {"v2": {1.0: "Yes", 2.0: "No"}}
    pyreadstat.write_sav(
        frame, tmp_path / "seven.sav", column_labels=labels, variable_value_labels=answers
    )
    done = command("report", tmp_path / "seven.sav", "--yes", "-o", tmp_path / "made")
    assert done.code == 2
    assert "score was not found; it may be v1" in done.err


def test_doubts_are_named_and_an_answer_settles_them(command: Command, tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [10.0, 0.0, 9.0] * 40, "b": [10.0, 1.0, 0.0] * 40})
    labels = dict.fromkeys(frame, LABELS["q1"])
    pyreadstat.write_sav(frame, tmp_path / "two.sav", column_labels=labels)
    made = tmp_path / "made"
    done = command("report", tmp_path / "two.sav", "--yes", "-o", made)
    assert done.code == 2
    assert "Question 1. Which variable is score?" in done.err
    done = command("report", tmp_path / "two.sav", "--yes", "--answer", "1b", "-o", made)
    assert done.code == 0, done.err
    assert "b,0..10,score,*" in (made / "crosswalk.csv").read_text(encoding="utf-8")


def test_a_file_without_the_behaviour_question_is_told_what_to_ask(
    command: Command, tmp_path: Path
) -> None:
    file = survey(tmp_path / "client.sav", behaviour=False)
    done = command("report", file, "--yes", "-o", tmp_path / "made")
    assert done.code == 0, done.err
    assert "Har du anbefalt [...] til noen de siste 12 månedene?" in seen(tmp_path / "made")


def test_names_of_the_file_never_act(command: Command, tmp_path: Path) -> None:
    """The name of a channel, as text, from the file to the page."""
    file = survey(tmp_path / "=a<b>.sav", channel="<script>alert(1)</script>")
    (tmp_path / "c.csv").write_text(CROSSWALK, encoding="utf-8")
    made = tmp_path / "made"
    done = command("report", file, "--crosswalk", tmp_path / "c.csv", "-o", made)
    assert done.code == 0, done.err
    written = (made / "report.html").read_text(encoding="utf-8")
    assert "<script" not in written
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in written


def test_a_folder_that_is_there_is_not_replaced_unasked(command: Command, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    file = survey(tmp_path / "client.sav")
    done = command("report", file, "--yes", "-o", tmp_path / "made")
    assert done.code == 2
    assert "--force" in done.err
    assert list((tmp_path / "made").iterdir()) == []


def test_what_cannot_be_written_leaves_nothing(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("advocacy.report.client.writing.pdf", full)
    file, made = survey(tmp_path / "client.sav"), tmp_path / "to" / "made"
    done = command("report", file, "--yes", "-o", made)
    assert done.code == 1
    assert "no space left" in done.err
    assert list(made.parent.iterdir()) == []


def test_without_the_extra_the_line_that_installs_it_is_said(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    done = command("report", survey(tmp_path / "client.sav"), "--yes", "-o", tmp_path / "made")
    assert done.code == 2
    assert "pip install 'advocacy[report]'" in done.err
    assert "Taken from the file" not in done.err  # it is said before any work


def test_a_language_without_a_catalogue_is_refused(command: Command, tmp_path: Path) -> None:
    file = survey(tmp_path / "client.sav")
    done = command("report", file, "--yes", "--lang", "xx", "-o", tmp_path / "made")
    assert done.code == 2
    assert "Use one of: " in done.err


def test_a_dataset_needs_no_crosswalk(command: Command, tmp_path: Path) -> None:
    file = survey(tmp_path / "client.sav")
    (tmp_path / "c.csv").write_text(CROSSWALK, encoding="utf-8")
    command("import", file, "--crosswalk", tmp_path / "c.csv", "-o", tmp_path / "data")
    refused = command("report", tmp_path / "data", "--yes", "-o", tmp_path / "made")
    assert refused.code == 2
    done = command("report", tmp_path / "data", "-o", tmp_path / "made")
    assert done.code == 0, done.err
    row = estimate(open_responses(tmp_path / "data")).table.to_pylist()[0]
    assert f"{100 * row['estimate']:.1f}\u202f%" in seen(tmp_path / "made")
    assert not (tmp_path / "made" / "crosswalk.csv").exists()


@pytest.mark.skipif(not shutil.which("unshare") or os.geteuid(), reason="needs unshare and root")
def test_nothing_is_sent_where_there_is_no_network(tmp_path: Path) -> None:
    file = survey(tmp_path / "client.sav")
    program = [sys.executable, "-m", "advocacy", "report", str(file), "--yes", "-o", "made"]
    done = subprocess.run(
        ["unshare", "-n", *program], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    if "unshare failed" in done.stderr:
        pytest.skip("the system allows no network of its own")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "made").iterdir()} == FILES
