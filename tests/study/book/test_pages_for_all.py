"""Pages of the book: their extension makes the tables and lists readable for all."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest


@pytest.fixture
def usable(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """Return what makes the HTML of a page usable."""
    monkeypatch.syspath_prepend(root / "book" / "_extensions")
    yield import_module("advocacy_pages").usable
    sys.modules.pop("advocacy_pages", None)


def test_tables_are_readable_and_entries_are_items_of_a_list(
    usable: Callable[[str], str],
) -> None:
    page = usable('<table><tr><td>1</td></tr></table><div role="doc-biblioentry">A</div>')
    assert '<div class="table-place"><table role="table">' in page
    assert '<div role="listitem">A</div>' in page
