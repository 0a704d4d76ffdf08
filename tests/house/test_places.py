"""The table of where new code goes names files, folders and constants that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
AT_THE_ROOT = ("analysis/", "book/", "data/", "tests/")
SECTION = (
    (ROOT / "CONTRIBUTING.md")
    .read_text(encoding="utf-8")
    .partition("<!-- PLACES")[2]
    .partition("<!-- /PLACES -->")[0]
)
TABLE = "\n".join(line for line in SECTION.splitlines() if line.startswith("|"))
PLACES = sorted(set(re.findall(r"`([^`\s]*/[^`\s]*)`", TABLE)))
CONSTANTS = re.findall(r"`(\w+)` of `(\S+)`", TABLE)


def path(place: str) -> Path:
    """Return where a place is; of a pattern such as `<name>.py`, the folder that holds it."""
    known = place.partition("<")[0]
    root = ROOT if place.startswith(AT_THE_ROOT) else ROOT / "src" / "advocacy"
    return root / (known if known == place else known.rpartition("/")[0])


def test_the_table_is_found() -> None:
    assert len(PLACES) > 30
    assert len(CONSTANTS) > 5


@pytest.mark.parametrize("place", PLACES)
def test_every_place_exists(place: str) -> None:
    assert path(place).exists()


@pytest.mark.parametrize(("name", "place"), CONSTANTS)
def test_every_constant_is_where_the_table_says(name: str, place: str) -> None:
    assert re.search(rf"^{name}\b.* = ", path(place).read_text(encoding="utf-8"), re.MULTILINE)


def test_the_book_includes_the_table(root: Path) -> None:
    chapter = (root / "book/architecture.md").read_text(encoding="utf-8")
    text = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    marks = re.findall(r'^:(?:start-after|end-before): "(.+)"$', chapter, re.MULTILINE)
    assert [text.count(mark) for mark in marks] == [1, 1]
    assert "](" not in SECTION, "a link would lead elsewhere from the book"
