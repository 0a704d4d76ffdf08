"""Tables of the book's pages: reached by the keyboard, and without headings that say nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest

TABLE = '<table class="t"><tr><th class="head"><p></p></th><th><p>Rate</p></th></tr></table>'


@pytest.fixture
def usable(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """Return what makes the HTML of a page usable."""
    monkeypatch.syspath_prepend(root / "book" / "_extensions")
    yield import_module("advocacy_pages").usable
    sys.modules.pop("advocacy_pages", None)


def test_each_table_stands_in_a_region_of_its_own_name(usable: Callable[[str], str]) -> None:
    page = usable(f"<p>Words</p>{TABLE}<p>between</p>{TABLE}")
    for label in ("Table 1 of this page", "Table 2 of this page"):
        region = f'<div class="scrolls" role="region" tabindex="0" aria-label="{label}"><table'
        assert page.count(region) == 1
    assert page.count("</table></div>") == 2


def test_a_corner_without_words_is_no_heading(usable: Callable[[str], str]) -> None:
    page = usable(TABLE)
    assert '<td class="head"><p></p></td>' in page
    assert "<th><p>Rate</p></th>" in page
