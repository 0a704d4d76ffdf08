"""What a build says, in made studies of a few tasks that run in a second."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

PYTASK = Path(sys.executable).with_name("pytask")

TASKS = '''
"""Tasks that fail in each way."""

import logging
import time
from pathlib import Path
from typing import Annotated

from pytask import Product, task

from advocacy.errors import DataError, MissingColumnError
from advocacy.study.build.progress import progress

HERE = Path(__file__).parent


def task_first(product: Annotated[Path, Product] = HERE / "first.txt") -> None:
    """Write the first file.

    With all of Norway it took four minutes.
    """
    tell = progress("fjords")
    logging.getLogger("another").info("of no interest")
    tell(3, 3)
    time.sleep(1.1)
    product.write_text("1")


for name in ("a", "b", "c", "d", "e"):

    @task(id=name)
    def task_estimate(
        first: Path = HERE / "first.txt",
        product: Annotated[Path, Product] = HERE / f"{name}.txt",
        name: str = name,
    ) -> None:
        """Write one table."""
        FAULT
        product.write_text(name)


def task_book(
    tables: tuple[Path, ...] = tuple(HERE / f"{name}.txt" for name in "abcde"),
    product: Annotated[Path, Product] = HERE / "book.txt",
) -> None:
    """Build the book."""
    product.write_text("book")
'''
MISSING = """raise MissingColumnError(
            "No source has sector.", where="study.toml, line 3", remedy="Write crossings = [[]]."
        ) from KeyError("sector")"""


def made(root: Path, folder: Path, fault: str) -> Path:
    """Write a study whose tables fail by a statement."""
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    (options,) = re.findall(r"^\[tool\.pytask\.ini_options\]\n(?:.+\n)+", text, re.M)
    (folder / "pyproject.toml").write_text(options, encoding="utf-8")
    (folder / "analysis").mkdir(exist_ok=True)
    tasks = folder / "analysis" / "task_made.py"
    tasks.write_text(TASKS.replace("FAULT", fault), encoding="utf-8")
    return folder


def build(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the build as `make book` does where nobody watches."""
    return subprocess.run(
        [PYTASK, "build", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def test_a_build_that_is_piped_has_a_line_for_each_task_that_is_run(
    root: Path, tmp_path: Path
) -> None:
    made(root, tmp_path, "pass")
    first = build(tmp_path)
    assert first.returncode == 0, first.stdout
    lines = [line for line in first.stdout.splitlines() if line.startswith("[")]
    assert lines[0] == "[1/7] first: write the first file; with all of Norway it took four minutes"
    assert {line.split("] ")[1] for line in lines[1:6]} == {
        f"estimate {name}: write one table" for name in "abcde"
    }
    assert lines[6] == "[7/7] book: build the book"
    assert "    3 of 3 fjords done after 0 s\n" in first.stdout
    assert "of no interest" not in first.stdout

    kept = tmp_path / ".pytask" / "times.json"
    times = json.loads(kept.read_text(encoding="utf-8"))
    assert [name for name, seconds in times.items() if seconds > 1] == ["task_made.py::task_first"]
    assert len(times) == 7

    tasks = tmp_path / "analysis" / "task_made.py"
    (tmp_path / "analysis" / "first.txt").unlink()
    again = build(tmp_path)
    (line,) = [line for line in again.stdout.splitlines() if line.startswith("[")]
    assert line == "[1/7] first: write the first file; took 1 s last time"
    assert tasks.exists()
    times_now = json.loads(kept.read_text(encoding="utf-8"))
    assert times_now == times | {"task_made.py::task_first": times_now["task_made.py::task_first"]}
    assert build(tmp_path, "--dry-run", "--force").stdout.count("[") == 0


def test_an_error_is_said_once_at_the_end_without_a_traceback(root: Path, tmp_path: Path) -> None:
    done = build(made(root, tmp_path, MISSING))
    assert done.returncode == 1
    assert done.stdout.endswith(
        "\n1 task was not run, because what they need failed.\n"
        "\n"
        "In estimate a, estimate b, estimate c, 2 others: No source has sector.\n"
        "  where:  study.toml, line 3\n"
        "  remedy: Write crossings = [[]].\n"
    )
    for word in ("Traceback", "KeyError", "MissingColumnError", "task_made.py", "│ "):
        assert word not in done.stdout.replace("│  ", "")
    assert done.stdout.count("No source has sector.") == 1
    assert done.stdout.count("    failed: why stands at the end\n") == 5


def test_each_message_is_said_and_other_exceptions_keep_their_traceback(
    root: Path, tmp_path: Path
) -> None:
    fault = (
        'raise DataError("Too few.") if name == "a" else IndexError("row 0") '
        'if name == "b" else DataError("Too many.")'
    )
    done = build(made(root, tmp_path, fault))
    assert done.returncode == 1
    traceback, said = done.stdout.split("IndexError: row 0")
    assert "task_made.py:" in traceback
    assert traceback.count("Traceback (most recent call last)") == 1
    assert said.endswith(
        "In estimate a: Too few.\n\nIn estimate c, estimate d, estimate e: Too many.\n"
    )


def test_tracebacks_are_shown_where_they_are_asked_for(root: Path, tmp_path: Path) -> None:
    done = build(made(root, tmp_path, MISSING), "--show-traceback")
    assert done.returncode == 1
    assert done.stdout.count("Traceback (most recent call last)") == 5
    assert done.stdout.count("MissingColumnError: No source has sector.") == 5


@pytest.mark.parametrize(
    ("fault", "traced"), [('DataError("No TOML.", where="x")', False), ('ValueError("bug")', True)]
)
def test_an_error_while_tasks_are_collected_is_said_once(
    root: Path, tmp_path: Path, fault: str, traced: bool
) -> None:
    """Each module of tasks reads the protocol, and tasks before the error are not collected."""
    made(root, tmp_path, "pass")
    tasks = tmp_path / "analysis" / "task_made.py"
    for name in ("task_made.py", "task_others.py"):
        text = TASKS.replace("FAULT", "pass") + f"\n\nraise {fault}\n"
        tasks.with_name(name).write_text(text, encoding="utf-8")
    done = build(tmp_path)
    assert done.returncode == 3
    if traced:
        assert "ValueError: bug" in done.stdout
        assert "Traceback" in done.stdout
    else:
        assert done.stdout.endswith("\nNothing was run.\n\nNo TOML.\n  where:  x\n")
        assert "Traceback" not in done.stdout
        assert "NodeNotCollected" not in done.stdout
        assert "Traceback" in build(tmp_path, "--show-traceback").stdout


def test_an_interrupt_is_said_and_fails(root: Path, tmp_path: Path) -> None:
    done = build(made(root, tmp_path, "raise KeyboardInterrupt"))
    assert done.returncode == 1
    assert done.stdout.endswith("\nInterrupted.\n")
    assert "Traceback" not in done.stdout


def test_on_a_terminal_the_table_of_pytask_stays(root: Path, tmp_path: Path) -> None:
    made(root, tmp_path, MISSING)
    theirs, ours = pty.openpty()
    environment = {name: own for name, own in os.environ.items() if name != "CI"}
    process = subprocess.Popen(
        [PYTASK, "build"], cwd=tmp_path, stdout=ours, stderr=ours,
        env=environment | {"TERM": "xterm"},
    )  # fmt: skip
    os.close(ours)
    parts = []
    while True:
        try:
            part = os.read(theirs, 65536)
        except OSError:  # Linux ends a terminal so
            break
        if not part:
            break
        parts.append(part)
    os.close(theirs)
    assert process.wait() == 1
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", b"".join(parts).decode()).replace("\r\n", "\n")
    assert "running" in text
    assert "Completed: 1/7" in text
    assert "fjords" in text
    assert "[1/7]" not in text
    assert text.endswith("  remedy: Write crossings = [[]].\n")


def test_the_study_uses_it(root: Path) -> None:
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    assert json.dumps(["advocacy.study.build.hooks"]) in text
    assert "show_traceback" not in text  # pytask lets an option in the file overrule the command
    assert "show-errors-immediately" not in (root / "Makefile").read_text(encoding="utf-8")
