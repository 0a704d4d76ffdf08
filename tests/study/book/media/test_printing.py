"""The PDF of the book: its table of contents says the pages that things are on."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from advocacy.study.book.media import printing
from advocacy.study.book.media.assembled import Chapter, PrintError
from advocacy.study.book.media.printing import Imprint, Pages, one_page, pages_of, print_book

IMPRINT = Imprint("Advocacy", "Us", "1.0", "Simulated data: not a finding")
CHAPTERS = (
    Chapter("index", "First & last", '<section id="chapter-index">One</section>'),
    Chapter("b", "Second", '<section id="chapter-b">Two</section>', (("chapter-b--s", "Part"),)),
)


def contents(pages: Pages) -> list[tuple[str, str, str]]:
    page = BeautifulSoup(one_page(Path(), CHAPTERS, IMPRINT, "", pages), "html.parser")
    return [
        (str(link["href"]), link.span.text, link.select_one(".page").text)  # type: ignore[union-attr]
        for link in page.select("nav a")
    ]


def test_contents_name_chapters_and_sections_with_their_pages() -> None:
    pages = Pages(12, {"chapter-index": 3, "chapter-b": 7, "chapter-b--s": 9})
    assert contents(pages) == [
        ("#chapter-index", "First & last", "3"),
        ("#chapter-b", "Second", "7"),
        ("#chapter-b--s", "Part", "9"),
    ]
    assert "<p>12 pages</p>" in one_page(Path(), CHAPTERS, IMPRINT, "", pages)


def test_contents_have_room_for_pages_that_are_not_known_yet() -> None:
    assert [number for _, _, number in contents(Pages())] == ["", "", ""]
    assert " pages</p>" not in one_page(Path(), CHAPTERS, IMPRINT, "", Pages())


def pdf(path: Path, *places: tuple[str, int], total: int) -> None:
    """Write a PDF of empty pages with named places, as Chromium writes it."""
    kids = " ".join(f"{3 + number} 0 R" for number in range(total))
    named = " ".join(f"/{name} [{2 + page} 0 R /XYZ 0 700 0]" for name, page in places)
    objects = [
        f"<</Type /Catalog /Pages 2 0 R /Dests <<{named}>>>>",
        f"<</Type /Pages /Count {total} /Kids [{kids}]>>",
        *["<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]>>"] * total,
    ]
    text, starts = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        starts.append(len(text))
        text += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{start:010} 00000 n \n" for start in starts)
    size = len(objects) + 1
    text += f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n"
    start = text.index("xref")
    path.write_text(f"{text}<</Size {size} /Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n", "ascii")


def test_pages_of_named_places_are_found(tmp_path: Path) -> None:
    pdf(tmp_path / "x.pdf", ("chapter-index", 1), ("chapter-b--s", 3), total=3)
    assert pages_of(tmp_path / "x.pdf") == Pages(3, {"chapter-index": 1, "chapter-b--s": 3})


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[Pages]:
    """Return the pages of each pass that is to come, instead of those that are printed."""
    passes: list[Pages] = []
    monkeypatch.setattr(printing, "find_browser", lambda: "browser")
    monkeypatch.setattr(printing, "_run", lambda browser, page, pdf, profile: pdf.touch())
    monkeypatch.setattr(printing, "pages_of", lambda path: passes.pop(0))
    return passes


def test_it_is_printed_until_the_contents_are_right(printed: list[Pages], tmp_path: Path) -> None:
    printed += [Pages(9, {"a": 3}), Pages(10, {"a": 4}), Pages(10, {"a": 4}), Pages(11)]
    assert print_book(tmp_path, CHAPTERS, IMPRINT, "", tmp_path / "x.pdf") == 10
    assert printed == [Pages(11)], "no pass more than it takes"


def test_contents_that_are_never_right_are_an_error(printed: list[Pages], tmp_path: Path) -> None:
    printed += [Pages(number) for number in range(1, 9)]
    with pytest.raises(PrintError, match="other pages each time"):
        print_book(tmp_path, CHAPTERS, IMPRINT, "", tmp_path / "x.pdf")
    assert not (tmp_path / "x.pdf").exists()
