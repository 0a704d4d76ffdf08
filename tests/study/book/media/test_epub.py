"""The EPUB of the book: what it holds, that a checker of others finds no fault, and its bytes."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from advocacy.study.book.media import epub
from advocacy.study.book.media.assembled import assembled
from advocacy.study.book.media.epub import write_epub
from advocacy.study.book.media.printing import Imprint
from tests.conftest import Needs

IMPRINT = Imprint("Advocacy", "Us & them", "1.0", "Simulated data: not a finding", "", "2026-11-29")
CHAPTERS = [{"file": "b-2"}, {"file": "c"}]
TOC = {"root": "index", "parts": [{"caption": "Results", "chapters": CHAPTERS}]}
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><style>:root{--ink:#222;}'
    "@media (prefers-color-scheme:dark){:root{--ink:#eee;}}</style>"
    '<path d="M0 0h9" style="fill: var(--ink)"/></svg>'
)
PAGES = {
    "index": '<section id="a"><h1>First &amp; last</h1><p><a href="b-2.html#s">to it</a></p>'
    '<p>Of <span class="math">\\(p &lt; 1\\)</span><br>and again '
    '<span class="math">\\(p &lt; 1\\)</span></p><div role="search"><label>Find</label>'
    '</div><p><a class="number" href="numbers/n.html" data-number="n" download>54 %</a></p>'
    '<section id="c"><h2>Who</h2></section></section>',
    "c": '<section id="a"><h1>Third</h1><table class="numeric"><tr><td>all</td>'
    '<td><a class="number" href="numbers/n.html">5</a></td></tr></table></section>',
    "b-2": '<section id="x"><h1>Second</h1><section id="s"><h2>Part</h2><figure>'
    '<img alt="A line &lt;" src="_images/one.svg"><figcaption>Simulated data</figcaption></figure>'
    '<div class="math">\\[\\begin{aligned}p\\end{aligned}\\]</div></section></section>',
}
MATHML = '<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>p</mi></math>'


@pytest.fixture
def html(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a built book; its formulas are set without a browser."""
    (tmp_path / "_images").mkdir()
    (tmp_path / "_images" / "one.svg").write_text(SVG, encoding="utf-8")
    for name, article in PAGES.items():
        (tmp_path / f"{name}.html").write_text(f"<article>{article}</article>", encoding="utf-8")
    monkeypatch.setattr(epub, "mathml", lambda html, asked: dict.fromkeys(asked, MATHML))
    return tmp_path


@pytest.fixture
def style(root: Path) -> str:
    return (root / "book" / "epub.css").read_text(encoding="utf-8")


@pytest.fixture
def book(html: Path, style: str) -> Path:
    """Return the EPUB of a small book."""
    write_epub(html, assembled(html, TOC), IMPRINT, style, html / "book.epub")
    return html / "book.epub"


def read(book: Path, name: str) -> str:
    with zipfile.ZipFile(book) as files:
        return files.read(name).decode()


def test_a_checker_of_others_finds_no_fault(book: Path, needs: Needs) -> None:
    done = subprocess.run(
        [needs("java"), "-jar", needs("epubcheck"), str(book)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "0 fatals / 0 errors / 0 warnings" in done.stdout + done.stderr
    assert done.returncode == 0


def test_links_lead_to_the_file_of_their_chapter_and_numbers_are_text(book: Path) -> None:
    first = BeautifulSoup(read(book, "book/chapter-index.xhtml"), "xml")
    assert [link["href"] for link in first.select("a")] == [
        "chapter-b-2.xhtml#chapter-b-2--s",
    ]
    assert 'id="chapter-b-2--s"' in read(book, "book/chapter-b-2.xhtml")
    assert "54 %" in first.get_text()
    assert "Find" not in first.get_text()


def test_formulas_are_set_and_said_of_their_page_alone(book: Path) -> None:
    assert read(book, "book/chapter-index.xhtml").count("<math") == 2
    assert "\\(" not in read(book, "book/chapter-index.xhtml")
    package = BeautifulSoup(read(book, "book/book.opf"), "xml")
    kinds = {str(item["id"]): item.get("properties") for item in package.select("item")}
    assert kinds["chapter-index"] == kinds["chapter-b-2"] == "mathml"
    assert kinds["title"] is None
    assert kinds["nav"] == "nav"


def test_figures_have_the_colours_of_a_light_page(book: Path) -> None:
    figure = read(book, "book/_images/one.svg")
    assert "fill: #222" in figure
    assert "var(" not in figure
    assert "#eee" not in figure


def test_it_says_what_it_is_and_its_contents(book: Path) -> None:
    assert "Simulated data: not a finding" in read(book, "book/title.xhtml")
    package = read(book, "book/book.opf")
    assert '<meta property="dcterms:modified">2026-11-29T00:00:00Z</meta>' in package
    assert "<dc:creator>Us &amp; them</dc:creator>" in package
    contents = BeautifulSoup(read(book, "book/nav.xhtml"), "xml").select("nav a")
    assert [(link["href"], link.get_text()) for link in contents] == [
        ("chapter-index.xhtml", "First & last"),
        ("chapter-index.xhtml#chapter-index--c", "Who"),
        ("chapter-b-2.xhtml", "Second"),
        ("chapter-b-2.xhtml#chapter-b-2--s", "Part"),
        ("chapter-c.xhtml", "Third"),
    ]


def test_its_kind_stands_first_and_is_not_packed(book: Path) -> None:
    # As the format asks, so that the kind of the file is seen in its first bytes.
    assert book.read_bytes()[30:58] == b"mimetypeapplication/epub+zip"


def test_numbers_of_a_table_stand_at_the_right(book: Path) -> None:
    cells = BeautifulSoup(read(book, "book/chapter-c.xhtml"), "xml").select("td")
    assert [cell.get("class") for cell in cells] == [None, "text-right"]


def test_the_same_book_is_the_same_bytes(book: Path, html: Path, style: str) -> None:
    write_epub(html, assembled(html, TOC), IMPRINT, style, html / "again.epub")
    assert (html / "again.epub").read_bytes() == book.read_bytes()
