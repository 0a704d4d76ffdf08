"""Shared by all tests: where things are."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
REFERENCE = Path(__file__).parent / "reference"


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def reference() -> Path:
    """Return the folder of reference data made by R and svy."""
    return REFERENCE
