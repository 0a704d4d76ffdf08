"""Shared by all tests: where things are."""

from __future__ import annotations

import os
import shutil
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from advocacy.isolation import Worker

ROOT = Path(__file__).parents[1]
REFERENCE = Path(__file__).parent / "reference"

# What takes longest, and so begins first: else one worker ends long after the other.
LONGEST = (
    "study",
    "tests/study/test_own_books.py",
    "twelve_programmes",
    "multilevel",
    "one_programme",
    "tests/cli/test_program.py",
    "tests/estimation/test_against_r.py",
    "tests/study/book/test_linking.py",
    "tests/estimation/disclosure/test_disclosure.py",
    "tests/estimation/comparisons/test_contrasts.py",
)
# Values that are longer than this are named by their argument in a test's name.
LONGEST_VALUE = 100

Needs = Callable[[str], str]

# Some containers forbid to keep compiled modules: each of the many processes that tests start
# would then compile the whole package, which takes longer than what most of them do.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have one worker run the tests of a module, which share what is made once.

    Heavy tests are slow ones, which continuous integration runs too.
    """
    order = {}
    for item in items:
        if item.get_closest_marker("heavy"):
            item.add_marker(pytest.mark.slow)
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.relative_to(ROOT).as_posix()))
        group = item.get_closest_marker("xdist_group").args[0]
        order[item] = LONGEST.index(group) if group in LONGEST else len(LONGEST)
    items.sort(key=order.__getitem__)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a value of many characters by its argument: files in full would be in each report."""
    return argname if isinstance(val, str | bytes) and len(val) > LONGEST_VALUE else None


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def reference() -> Path:
    """Return the folder of reference data made by R and svy."""
    return REFERENCE


@pytest.fixture(scope="session")
def needs() -> Needs:
    """Return a function that finds a program of tests/apt.txt: absent, CI fails, others skip."""

    def find(program: str) -> str:
        path = shutil.which(program)
        if path:
            return path
        reason = f"{program} is not installed; see tests/apt.txt"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)

    return find


@pytest.fixture(scope="session", autouse=True)
def kept_workers() -> Iterator[dict[str, Callable[..., object]]]:
    """Keep the processes that parse files from test to test; give the methods that do not.

    A new process takes longer than a test's file. What comes of new ones is shown by
    `test_program.py` and `test_isolation.py`.
    """
    start, leave = Worker._start, Worker.__exit__
    kept = defaultdict(list)

    def idle(worker: Worker) -> list[tuple[Any, Any, Any]]:
        """Return the processes, with what is theirs, that were started as this one would be."""
        given = [(n, v) for n, v in os.environ.items() if not n.startswith("PYTEST_")]
        return kept[str((worker._memory, sorted(given)))]

    def take(worker: Worker) -> object:
        try:
            kept = idle(worker).pop()
        except IndexError:  # none, or another thread was quicker
            return start(worker)
        worker._process, worker._folder, worker._lifeline = kept
        worker.call(os.chdir, Path.cwd(), file="")
        return worker._process

    def put_back(worker: Worker, *raised: object) -> None:
        process = worker._process
        if process and process.poll() is None and raised[0] is not KeyboardInterrupt:
            idle(worker).append((process, worker._folder, worker._lifeline))
        else:
            leave(worker, *raised)

    Worker._start, Worker.__exit__ = take, put_back
    yield {"_start": start, "__exit__": leave}
    Worker._start, Worker.__exit__ = start, leave
    for process, _, lifeline in chain(*kept.values()):
        process.communicate()
        os.close(lifeline)


@pytest.fixture
def new_workers(
    kept_workers: dict[str, Callable[..., object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Have files parsed in new processes, as they are in the program."""
    for name, method in kept_workers.items():
        monkeypatch.setattr(Worker, name, method)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what slow tests have measured."""
    reports = [r for key in ("passed", "failed") for r in terminalreporter.stats.get(key, [])]
    for report in reports:
        for name, value in getattr(report, "user_properties", []):
            terminalreporter.write_line(f"{name}: {value}")
