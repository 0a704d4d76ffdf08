"""Pages of the book: their extension makes the tables and lists readable for all."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from advocacy.report.palette import PALETTE


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


def test_each_style_sheet_beside_the_pages_is_one_of_theirs(root: Path) -> None:
    # Jupyter Book puts every sheet of this folder on every page, one for paper too.
    config = yaml.safe_load((root / "book" / "_config.yml").read_text(encoding="utf-8"))
    sheets = {path.name for path in (root / "book" / "_static").glob("*.css")}
    assert sheets == set(config["sphinx"]["config"]["html_css_files"])


@pytest.mark.parametrize(("mode", "side"), [("light", 0), ("dark", 1)])
def test_pages_have_the_colours_of_the_figures(root: Path, mode: str, side: int) -> None:
    sheet = (root / "book" / "_static" / "book.css").read_text(encoding="utf-8")
    block = re.findall(rf'html\[data-theme="{mode}"\] {{(.*?)}}', sheet, re.DOTALL)[0]
    colours = dict(re.findall(r"--pst-color-([\w-]+): (#\w+)", block))
    for name, own in {"background": "paper", "on-background": "paper", "text-base": "ink",
                      "border": "grid", "primary": "first", "link": "first",
                      "link-hover": "second"}.items():  # fmt: skip
        assert colours[name] == PALETTE[own][side], name
