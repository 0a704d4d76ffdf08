"""The chapters of the built book as one document."""

from pathlib import Path

import pytest

from advocacy.study.book.media.assembled import PrintError, assembled

TOC = {"root": "index", "parts": [{"caption": "Results", "chapters": [{"file": "b"}]}]}


def _page(folder: Path, name: str, article: str) -> None:
    page = f"<html><body><nav>Menu</nav><article>{article}</article></body></html>"
    (folder / f"{name}.html").write_text(page, encoding="utf-8")


@pytest.fixture
def html(tmp_path: Path) -> Path:
    _page(tmp_path, "b", '<h1 id="x">Second</h1><a href="numbers/n.html">54 %</a>')
    _page(tmp_path, "index", '<h1 id="x">First</h1><a href="b.html#x">to</a><a href="#x">up</a>')
    return tmp_path


def test_chapters_stand_in_order_and_their_ids_are_their_own(html: Path) -> None:
    first, second = assembled(html, TOC)
    assert (first.title, second.title) == ("First", "Second")
    assert 'id="chapter-index--x"' in first.body
    assert 'id="chapter-b--x"' in second.body


def test_links_between_chapters_lead_within_the_document(html: Path) -> None:
    first, _ = assembled(html, TOC)
    assert '<a href="#chapter-b--x">to</a><a href="#chapter-index--x">up</a>' in first.body


def test_a_number_links_to_the_published_book_or_to_nothing(html: Path) -> None:
    assert "<span>54 %</span>" in assembled(html, TOC)[1].body
    published = assembled(html, TOC, "https://example.org/book")[1].body
    assert 'href="https://example.org/book/numbers/n.html"' in published


def test_a_book_that_is_not_built_is_said(tmp_path: Path) -> None:
    with pytest.raises(PrintError, match="index has not been built"):
        assembled(tmp_path, TOC)


def test_sections_of_a_chapter_are_known_by_their_place_and_heading(tmp_path: Path) -> None:
    inner = '<section id="s"><h2>Who <em>goes</em></h2><section id="t"><h3>Deep</h3></section>'
    _page(tmp_path, "index", f'<section id="a"><h1>First</h1>{inner}</section></section>')
    (chapter,) = assembled(tmp_path, {"root": "index"})
    assert chapter.sections == (("chapter-index--s", "Who goes"),)
