"""pandas is hidden from pyarrow alone: whoever imports it later finds it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def test_pyarrow_does_without_pandas_and_others_find_it() -> None:
    program = (
        "import sys; from advocacy.startup import hide_pandas_from_pyarrow; "
        "finders = list(sys.meta_path); hide_pandas_from_pyarrow(); import pyarrow; "
        "pyarrow.array(['a']); print('pandas' in sys.modules, sys.meta_path == finders); "
        "import pandas; print(pandas.Series([3]).sum())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["False True", "3"]


def test_what_shows_a_file_starts_without_parsers_and_estimators() -> None:
    """Each of them takes longer to import than the answers of a small file to show."""
    program = (
        "import sys; import advocacy.cli.inspect; import advocacy.report.contents.inspection; "
        "heavy = ('polars', 'pyreadstat', 'python_calamine', 'scipy', 'pandas', 'sqlglot'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["[]"]


TEXT = "– × · å Ø æ ß é ² − “→” \u00a0… Б │─┼"
IN_ASCII = '- x - a O ae ss e 2 - "->"  ... ? |-+'


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("ascii", IN_ASCII),
        ("latin-1", '- × · å Ø æ ß é ² - "->" \u00a0... ? |-+'),
        ("cp1252", "– × · å Ø æ ß é ² - “->” \u00a0… ? |-+"),
        ("cp437", '- x · å O æ ß é ² - "->" \u00a0... ? │─┼'),
        ("cp850", '- × · å Ø æ ß é ² - "->" \u00a0... ? │─┼'),
        ("utf-8", TEXT),
    ],
)
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_terminal_gets_the_nearest_characters_that_it_has(
    encoding: str, shown: str, stream: str
) -> None:
    program = (
        "import sys, click; from rich.console import Console; "
        "from advocacy.startup import degrade_output; degrade_output(); "
        f"text = {TEXT!r}; print(text, file=sys.{stream}); "
        f"click.echo(text, err={stream == 'stderr'}); "
        f"Console(file=sys.{stream}, width=100).print(text, end='')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": encoding},
    )
    assert getattr(done, stream).decode(encoding).splitlines() == [shown] * 3


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "cp437"},
    ],
    ids=str,
)
def test_commands_print_tables_and_errors_in_any_encoding(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """What is written to files, and JSON, lose no character."""
    rows = [f"{n % 11},{n % 2},Ærlig × Øl – Б" for n in range(60)]
    text = "\n".join(["score,recommended_past_12m,supplier", *rows])
    (tmp_path / "client.csv").write_text(f"{text}\n", encoding="utf-8")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "PYTHONUTF8"))}

    def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        program = "from advocacy.cli import program; program()"
        return subprocess.run(
            [sys.executable, "-c", program, *arguments],
            capture_output=True,
            check=False,
            cwd=tmp_path,
            env=inherited | environment,
        )

    estimate = ("estimate", "client.csv", "--by", "supplier")
    table, data, file = run(*estimate), run(*estimate, "--format", "json"), "rates.csv"
    written, wrong, imported = (
        run(*estimate, "-o", file),
        run("estimate", "client.csv", "--by", "Ø"),
        run("import", "client.csv", "-o", "data"),
    )
    for done in (table, data, written, imported):
        assert done.returncode == 0, done.stderr
    assert wrong.returncode in (1, 2)
    assert not any(b"Traceback" in done.stderr for done in (table, data, written, wrong, imported))
    if environment.get("PYTHONIOENCODING") == "ascii" or "PYTHONUTF8" in environment:
        assert b"AErlig x Ol - ?" in table.stdout
        assert all(done.stdout.isascii() and done.stderr.isascii() for done in (table, wrong))
    assert json.loads(data.stdout)[0]["supplier"] == "Ærlig × Øl – Б"
    assert "Ærlig × Øl – Б" in (tmp_path / file).read_text("utf-8")
