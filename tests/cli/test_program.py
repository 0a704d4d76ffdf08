"""The program as a user starts it: exit status, streams, help pages, letters, import, codebook."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pyreadstat
import pytest
from outcome import Command

from advocacy.cli import _GROUPS, cli
from advocacy.responses.schema import CONTACTS, RESPONSES

SURVEY = "score,recommended_past_12m,wave\n10,1,vår på Ærø\n10,0,høst i Bærum\n3,0,\n"


def program(
    *arguments: object, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Start the program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", "from advocacy.cli import program; program()", *map(str, arguments)],
        capture_output=True,
        check=False,
        cwd=cwd,
        env=os.environ | environment,
        timeout=60,
    )


def test_success_prints_results_alone_on_standard_output(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(SURVEY, encoding="utf-8")
    # Without a locale, as in a container or a scheduled job.
    done = program(
        "estimate", tmp_path / "a.csv", "--by", "wave", "--format", "json", LC_ALL="C", LANG="C"
    )
    assert done.returncode == 0
    rows = json.loads(done.stdout.decode("utf-8"))
    assert [row["wave"] for row in rows] == ["høst i Bærum", "vår på Ærø"]
    assert done.stderr.decode().startswith("Design: ")


def test_an_estimate_from_parquet_imports_no_library_that_it_has_no_use_for(
    command: Command, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text(SURVEY, encoding="utf-8")
    assert command("import", tmp_path / "a.csv", "-o", tmp_path / "dataset").code == 0
    done = program("estimate", tmp_path / "dataset", "--format", "csv", PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == 0
    imported = {line.split(b"|")[-1].strip() for line in done.stderr.splitlines() if b"|" in line}
    assert b"advocacy.estimation.segments" in imported
    # Each costs about as much as the rest of the command.
    assert not imported & {
        b"pandas.core", b"statsmodels.api", b"matplotlib.pyplot", b"polars", b"pyreadstat",
        b"scipy.interpolate", b"scipy.optimize",
    }  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [
        ("estimate", "--rake", "margins.csv", "--replicates", "bootstrap:200"),
        pytest.param(
            ("compare", "--between", "country", "--quantity", "odds_ratio", "--adjust", "bh"),
            marks=pytest.mark.heavy,
        ),
        pytest.param(
            ("compare", "--between", "sector", "--standardise", "country"), marks=pytest.mark.heavy
        ),
        ("curve", "--by", "sector", "--fit", "direct,isotonic,logistic,smooth"),
        ("regress", "--on", "sector,country"),
    ],
    ids=" ".join,
)
def test_what_a_process_of_its_own_does_without_is_not_missed(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    """In the process of the tests all libraries are there; the program hides one from another."""
    rng = random.Random(3)
    rows = [
        f"{rng.randint(0, 10)},{rng.randint(0, 1)},{sector},{country}"
        for sector in ("B2B", "B2C")
        for country in ("DK", "NO", "SE")
        for _ in range(60)
    ]
    survey = "\n".join(["score,recommended_past_12m,sector,country", *rows, ""])
    (tmp_path / "survey.csv").write_text(survey, encoding="utf-8")
    margins = "sector,total\nB2B,0.4\nB2C,0.6\n"
    (tmp_path / "margins.csv").write_text(margins, encoding="utf-8")
    question, *options = arguments
    done = program(question, "survey.csv", *options, cwd=tmp_path)
    assert (done.returncode, done.stderr.count(b"Traceback")) == (0, 0), done.stderr.decode()
    assert b"%" in done.stdout or b"odds" in done.stdout


@pytest.mark.usefixtures("new_workers")
@pytest.mark.parametrize("ending", [".por", ".dta", ".sav", ".zsav", ".csv"])
def test_files_are_read_by_a_worker_that_nobody_else_has_prepared(
    ending: str, command: Command, tmp_path: Path
) -> None:
    """What the process of the tests has imported, a parser must import itself."""
    frame = pd.DataFrame({"PRICE": [2.5, 3.1, None], "NAME": ["a", "", "c"]})
    file = tmp_path / f"client{ending}"
    if ending == ".csv":
        frame.to_csv(file, sep=";", decimal=",", index=False)
    elif ending == ".dta":
        pyreadstat.write_dta(frame, str(file))
    elif ending == ".por":
        pyreadstat.write_por(frame, str(file))
    else:
        pyreadstat.write_sav(frame, str(file), compress=ending == ".zsav")
    done = command("inspect", file)
    assert (done.code, done.err) == (0, "")
    assert "3, 2 variables" in done.out


def test_bad_data_exit_with_one(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("score,recommended_past_12m\n11,1\n", encoding="utf-8")
    done = program("estimate", tmp_path / "a.csv", "-o", tmp_path / "out.csv")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"advocacy: 1 value is not allowed: row 1, score: '11'")
    assert b"Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_bad_usage_exits_with_two(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(SURVEY, encoding="utf-8")
    done = program("estimate", tmp_path / "a.csv", "--by", "shoe_size")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"'shoe_size' is no segment" in done.stderr
    assert b"Traceback" not in done.stderr


def test_letters_in_the_table(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(SURVEY, encoding="utf-8")
    done = program("estimate", tmp_path / "a.csv", "--by", "wave", PYTHONIOENCODING="utf-8")
    assert "vår på Ærø" in done.stdout.decode("utf-8")


@pytest.mark.parametrize("name", [None, *cli.list_commands(None)])  # type: ignore[arg-type]
def test_help(command: Command, name: str | None) -> None:
    for flag in ("-h", "--help"):
        outcome = command(*([name] if name else []), flag)
        assert outcome.code == 0
        assert outcome.out.startswith("Usage: ")
        assert outcome.err == ""


def test_help_of_the_program_itself_lists_the_commands_by_what_they_are_for() -> None:
    done = program("--help", COLUMNS="80")
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode("utf-8")
    titles = re.findall(r"^(\S.*):$", text, re.MULTILINE)
    assert titles == ["Options", *_GROUPS]
    shown = re.findall(r"^  ([a-z][a-z-]*) ", text, re.MULTILINE)
    assert shown == [name for group in _GROUPS.values() for name in group]
    assert max(map(len, text.splitlines())) <= 80


def test_help_lists_every_command(command: Command) -> None:
    assert all(name in command("--help").out for name in cli.list_commands(None))  # type: ignore[arg-type]


def test_unknown_command(command: Command) -> None:
    outcome = command("estimat")
    assert outcome.code == 2
    assert "No such command 'estimat'" in outcome.err


def test_version(command: Command) -> None:
    from advocacy import __version__

    assert __version__ in command("--version").out


def test_codebook_has_every_column(command: Command) -> None:
    printed = command("codebook").out
    assert all(f"`{column.name}`" in printed for column in RESPONSES)
    contacts = command("codebook", "contacts").out
    assert contacts.count("\n") == 2 + len(CONTACTS)
    assert command("codebook", "nothing").code == 2


def test_import_says_what_it_kept(command: Command, tmp_path: Path) -> None:
    (tmp_path / "kunde.csv").write_text(SURVEY + "12,1,\n", encoding="utf-8")
    outcome = command("import", tmp_path / "kunde.csv", "--kind", "simulated", "-o", tmp_path / "d")
    assert outcome.code == 0
    assert outcome.out == ""
    folder = tmp_path / "d" / "responses" / "source=kunde"
    assert "Read 4 rows, kept 3, rejected 1." in outcome.err
    assert (
        f"Rejected rows, by reason and value; all of them: {folder / '_about' / 'rejected.csv'}\n"
        in (outcome.err)
    )
    assert "  1 of score, allowed: 0 to 10: '12' (1)\n" in outcome.err
    rows = pq.read_table(folder / "responses-0.parquet")
    assert rows["wave"].to_pylist() == ["vår på Ærø", "høst i Bærum", None]
    assert set(rows["source_kind"].to_pylist()) == {"simulated"}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--name", "../up"), 2, "cannot name a source"),
        (("--name", ""), 2, "cannot name a source"),
        (("--name", "a" * 251), 2, "cannot name a source"),
        (("--kind", "real"), 2, "'real' is not one of"),
        (("--crosswalk", "none.csv"), 2, "does not exist"),
    ],
)
def test_import_refuses(
    command: Command, tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    (tmp_path / "kunde.csv").write_text(SURVEY, encoding="utf-8")
    outcome = command("import", tmp_path / "kunde.csv", "-o", tmp_path / "d", *arguments)
    assert outcome.code == code
    assert said in outcome.err
    assert not (tmp_path / "d").exists()


def test_import_needs_a_place(command: Command, tmp_path: Path) -> None:
    (tmp_path / "kunde.csv").write_text(SURVEY, encoding="utf-8")
    outcome = command("import", tmp_path / "kunde.csv")
    assert outcome.code == 2
    assert "-o" in outcome.err


def test_simulate_refuses_too_few(command: Command, tmp_path: Path) -> None:
    outcome = command("simulate", "--responses", 10, "-o", tmp_path / "s")
    assert outcome.code == 2
    assert "too few" in outcome.err
    assert not (tmp_path / "s").exists()


def test_no_description_of_a_command_is_cut(command: Command) -> None:
    printed = " ".join(command("-h").out.partition("From a file")[2].split())
    assert "..." not in printed
    assert "…" not in printed
    assert (
        "crosswalk Propose a crosswalk for FILE; every line is a guess to confirm, doubts are "
        "asked about. import Import FILE into a dataset; rows that cannot be used are set aside "
        "with the reason. check"
    ) in printed
