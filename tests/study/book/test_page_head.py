"""The head of a page: what it says of the page, and what it never asks for."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import asdict
from html import unescape
from pathlib import Path

import pytest

from advocacy.study.book.abridged import Contents
from advocacy.study.book.publishing import build_book

RATE = {"text": "54.5 %", "source_kind": "simulated"}
CONTENTS = Contents(
    "simulated", {"overall:rate": (RATE["text"], RATE["source_kind"])}, {}, {}, version="0.1.0"
)
LONG = "Of many words " * 40
PAGES = {
    "index": "# A & B of “first” pages\n\n**Rung:** retrospective.\n\n"
    "Of them {number}`overall:rate` do.\n",
    "words": f"# Words\n\n{LONG}\n\n```python\nprint(1)\n```\n",
}


@pytest.fixture(scope="module")
def book(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a built book that is published nowhere."""
    return built(root, tmp_path_factory.mktemp("head"))


def built(root: Path, folder: Path) -> Path:
    """Return a built book of two pages, with the configuration and extensions of this one."""
    book, shown = folder / "book", folder / "data/derived/book"
    shutil.copytree(root / "book/_extensions", book / "_extensions")
    for name in ("_static", "_templates"):
        shutil.copytree(root / "book" / name, book / name)
    for name in ("_config.yml", "references.bib"):
        shutil.copy(root / "book" / name, book)
    for name, text in PAGES.items():
        (book / f"{name}.md").write_text(text, encoding="utf-8")
    toc = book / "_toc.yml"
    toc.write_text("format: jb-book\nroot: index\nchapters:\n  - file: words\n", encoding="utf-8")
    shown.mkdir(parents=True)
    (shown / "numbers.json").write_text(json.dumps({"overall:rate": RATE}), encoding="utf-8")
    (shown / "contents.json").write_text(json.dumps(asdict(CONTENTS)), encoding="utf-8")
    return build_book(book, toc).parent


def tags(book: Path, name: str) -> dict[str, str]:
    head = (book / f"{name}.html").read_text(encoding="utf-8").split("</head>")[0]
    found = re.findall(r'<meta (?:name|property)="([\w:.-]+)" content="([^"]*)" />', head)
    return {key: unescape(value) for key, value in found}


def test_a_description_of_simulated_results_says_so_first(book: Path) -> None:
    said = tags(book, "index")
    assert said["description"] == "Simulated data, not a finding. Of them 54.5 % do."
    assert said["og:description"] == said["description"]


def test_a_description_without_results_is_the_first_words(book: Path) -> None:
    said = tags(book, "words")["description"]
    assert said.startswith("Of many words Of many")
    assert said.endswith("…")
    assert len(said) <= 200


def test_a_page_says_how_it_is_cited(book: Path) -> None:
    said = tags(book, "index")
    assert said["citation_title"] == said["og:title"] == "A & B of “first” pages"
    assert said["citation_author"] == "The advocacy authors"
    assert said["citation_inbook_title"] == "Advocacy, version 0.1.0"


def test_what_is_not_released_has_no_day_of_publication(book: Path) -> None:
    assert "citation_publication_date" not in tags(book, "index")
    assert "DC.date" not in tags(book, "index")


def test_dublin_core_says_what_the_page_is_part_of_and_its_licence(book: Path) -> None:
    said = tags(book, "index")
    assert said["DC.title"] == said["citation_title"]
    assert said["DC.isPartOf"] == "Advocacy, version 0.1.0"
    assert said["DC.rights"].startswith("Text: CC BY 4.0.")


def test_without_an_address_no_head_names_one(book: Path) -> None:
    for page in book.glob("*.html"):
        head = page.read_text(encoding="utf-8").split("</head>")[0]
        assert not re.findall(r"https?://(?!www\.w3\.org)[^\"'\s]*", head), page.name
        assert not {"og:url", "DC.identifier"} & tags(book, page.stem).keys()


def test_with_an_address_each_page_has_its_own(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADVOCACY_BOOK_URL", "https://example.org/advocacy")
    said = tags(built(root, tmp_path), "words")
    own = "https://example.org/advocacy/words.html"
    names = ("citation_fulltext_html_url", "DC.identifier", "og:url")
    assert {said[name] for name in names} == {own}
