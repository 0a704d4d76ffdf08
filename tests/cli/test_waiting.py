"""What a person is shown who waits, asks for quiet, or interrupts."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from outcome import Command

from advocacy.cli import _COMMANDS
from advocacy.cli.shared import progress
from advocacy.cli.shared.progress import working
from advocacy.report import pace

RATINGS = "score,recommended_past_12m\n" + "10,1\n10,0\n9,1\n" * 5
PROGRAM = "from advocacy.cli import program; program()"


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    path = tmp_path / "survey.csv"
    path.write_text(RATINGS)
    return path


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, seconds: float) -> str:
    monkeypatch.setattr(progress, "SECONDS", 0.05)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", stream)
    with working("importing", 4) as tell:
        time.sleep(seconds)
        tell(3, 4)
        time.sleep(seconds)
    return stream.getvalue()


def test_long_work_is_shown_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, Terminal(), 0.3)
    assert "importing" in text
    assert text.endswith("\x1b[2K")  # the line is cleared when the work is done


def test_short_work_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "importing" not in shown(monkeypatch, Terminal(), 0.0)


def test_nothing_is_shown_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, io.StringIO(), 0.3) == ""


def logged(monkeypatch: pytest.MonkeyPatch, between: float) -> list[str]:
    """Return the lines of an import of 400,000 rows whose standard error is no terminal."""
    log = io.StringIO()
    monkeypatch.setattr(sys, "stderr", log)
    monkeypatch.setattr(pace, "SECONDS", between)
    monkeypatch.setattr(progress, "BETWEEN", between)
    with working("importing a.sav", of="rows") as tell:
        for done in range(0, 400_001, 100_000):
            tell(done, 400_000)
    return log.getvalue().splitlines()


def test_a_log_has_lines_of_long_work(monkeypatch: pytest.MonkeyPatch) -> None:
    said = logged(monkeypatch, 0.0)
    assert said[0].startswith("importing a.sav: 100,000 of 400,000 rows done after 0 s; at this")
    assert said[3] == "importing a.sav: 400,000 of 400,000 rows done after 0 s"
    assert len(said) == 4


def test_a_log_has_nothing_of_short_work(monkeypatch: pytest.MonkeyPatch) -> None:
    assert logged(monkeypatch, 15.0) == []


@pytest.mark.parametrize("quiet", [False, True])
def test_an_import_says_how_many_rows_it_has_read(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quiet: bool
) -> None:
    """Of a text file nobody knows how many there are; it is read in batches of 62,500."""
    monkeypatch.setattr(pace, "SECONDS", 0.0)
    monkeypatch.setattr(progress, "BETWEEN", 0.0)
    survey = tmp_path / "survey.csv"
    survey.write_text("score,recommended_past_12m\n" + "10,1\n" * 70_000)
    asked = ["--quiet"] if quiet else []
    said = command("import", survey, "-o", tmp_path / "dataset", *asked).err.splitlines()
    rows = [line.partition(" rows")[0] for line in said if "done after" in line]
    expected = ["importing survey.csv: 62,500", "importing survey.csv: 70,000"]
    assert rows == ([] if quiet else expected)
    if quiet:
        assert said == []


@pytest.mark.parametrize("name", _COMMANDS)
def test_every_command_can_be_quiet(command: Command, name: str) -> None:
    assert "--quiet" in command(name, "--help").out


def test_quiet_leaves_the_results(command: Command, survey: Path, tmp_path: Path) -> None:
    loud = command("estimate", survey, "--format", "csv")
    quiet = command("estimate", survey, "--format", "csv", "--quiet")
    assert "Design:" in loud.err
    assert (quiet.code, quiet.out, quiet.err) == (0, loud.out, "")
    dataset = tmp_path / "dataset"
    assert command("import", survey, "-o", dataset, "--quiet").err == ""
    assert (dataset / "responses" / "source=survey").is_dir()


def test_quiet_leaves_the_errors(command: Command, survey: Path) -> None:
    outcome = command("estimate", survey, "--estimand", "luck", "--quiet")
    assert outcome.code == 2
    assert "'luck' is no estimand" in outcome.err
    assert "Design:" not in outcome.err


# The pass takes for ever.
ENDLESS = """
import sys
from advocacy.cli import program
from advocacy.estimation import asked
from advocacy.survey import DuckDB
def never(*_):
    print("begun", flush=True)
    DuckDB().run("SELECT sum(i % 7) FROM range(99_999_999_999) AS many(i)", {})
asked.grouped_pass = never
program()
"""


def interrupted(arguments: list[object], begun: Path) -> subprocess.Popen[str]:
    """Run a program, and interrupt it when the first rows that it has read are there."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(begun.parent / "temporary")},
    )
    end = time.monotonic() + 30
    while not any(begun.rglob("*.arrow")) and time.monotonic() < end:
        assert process.poll() is None, "it ended before it was interrupted"
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    return process


def ended(process: subprocess.Popen[str]) -> str:
    """Return what an interrupted program said; one that goes on is killed, and the test fails."""
    try:
        return process.communicate(timeout=60)[1]
    finally:
        process.kill()


def test_an_interrupted_import_leaves_nothing_behind(tmp_path: Path) -> None:
    survey, dataset, temporary = (tmp_path / name for name in ("survey.csv", "new", "temporary"))
    duckdb.sql(
        "SELECT i % 11 AS score, i % 2 AS recommended_past_12m, 'p' || i % 99 AS programme "
        "FROM range(1_500_000) AS numbers(i)"
    ).write_csv(str(survey))
    dataset.mkdir()
    temporary.mkdir()
    process = interrupted(["import", survey, "-o", dataset], dataset)
    said = ended(process)
    assert process.returncode == 130
    assert said.strip() == "advocacy: interrupted; nothing is left half-written."
    assert [path for path in dataset.rglob("*") if path.name != "responses"] == []
    assert list(temporary.iterdir()) == []


def test_duckdb_interrupted_is_said_as_any_other(
    command: Command, survey: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr("advocacy.estimation.asked.grouped_pass", interrupted)
    outcome = command("estimate", survey)
    assert outcome.code == 130
    assert outcome.err == "advocacy: interrupted; nothing is left half-written.\n"


def test_an_interrupted_pass_ends_at_once(survey: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, "estimate", str(survey)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    time.sleep(0.5)  # until DuckDB is at work
    process.send_signal(signal.SIGINT)
    said = ended(process)
    assert process.returncode == 130
    assert said.strip() == "advocacy: interrupted; nothing is left half-written."
