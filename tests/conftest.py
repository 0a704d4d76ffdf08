"""Shared by all tests: where things are."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
REFERENCE = Path(__file__).parent / "reference"

Needs = Callable[[str], str]


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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what slow tests have measured."""
    reports = [r for key in ("passed", "failed") for r in terminalreporter.stats.get(key, [])]
    for report in reports:
        for name, value in getattr(report, "user_properties", []):
            terminalreporter.write_line(f"{name}: {value}")
