"""A book that is built again looks at the links to what has changed, and reads nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

CONF = """\
import sys
sys.path.insert(0, {extensions!r})
extensions = ["myst_parser", "advocacy_book"]
number_ledger, book_contents = "numbers.json", "contents.json"
exclude_patterns = ["_build"]
"""
CONTENTS = '{"kind": "simulated", "numbers": {}, "shown": {}, "absent": {}, "left_out": {}}'
PAGES = {
    "index": "# Start\n\n```{toctree}\nchanging\nlinking\napart\n```\n",
    "changing": "# Changing\n\nText.\n\n(part)=\n## A part\n\nMore text.\n",
    "linking": "# Linking\n\nSee {ref}`part`.\n",
    "apart": "# Apart\n\n(own)=\n## Its own\n\nSee {ref}`own` and [it](linking.md).\n",
}


@pytest.fixture
def book(root: Path, tmp_path: Path) -> Path:
    (tmp_path / "conf.py").write_text(CONF.format(extensions=str(root / "book" / "_extensions")))
    (tmp_path / "contents.json").write_text(CONTENTS)
    (tmp_path / "numbers.json").write_text("{}")
    for name, text in PAGES.items():
        (tmp_path / f"{name}.md").write_text(text)
    done = built(tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path


def built(book: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sphinx", "-W", "-n", "--keep-going", "-v", "--no-color"]
    return subprocess.run(
        [*command, str(book), str(book / "_build")], capture_output=True, text=True, check=False
    )


def pages(done: subprocess.CompletedProcess[str], what: str) -> list[str]:
    return re.findall(rf"{what}\.\.\. \[ *\d+%\] (\w+)", done.stdout)


def test_a_page_whose_link_is_broken_by_another_page_is_a_warning(book: Path) -> None:
    (book / "changing.md").write_text("# Changing\n\nText.\n")
    done = built(book)
    assert done.returncode == 1
    assert "linking.md:3: WARNING: undefined label: 'part'" in done.stderr
    assert pages(done, "reading sources") == ["changing"]


@pytest.mark.heavy
def test_a_page_without_a_link_to_what_has_changed_is_left_alone(book: Path) -> None:
    (book / "changing.md").write_text(f"{PAGES['changing']}\nAnd more.\n")
    done = built(book)
    assert done.returncode == 0, done.stderr
    assert pages(done, "reading sources") == ["changing"]
    written = pages(done, "writing output")
    assert {"changing", "linking"} <= set(written)
    assert "apart" not in written
    assert pages(built(book), "writing output") == []  # nothing has changed
