"""The chapter on claims of documents: what tests one is there, or the ruling says otherwise."""

from __future__ import annotations

import html
import json
import re
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml

from advocacy.evidence.claims import Claim, read_claims
from advocacy.study.book.abridged import Contents, chapters_in, named
from advocacy.study.book.claims import claims_table, ruled_again
from advocacy.study.book.publishing import build_book
from advocacy.study.book.typed import shows_results

ROWS = Path("data/raw/published/claims.csv")
PAGE = "tables/claims.md"
LEFT_OUT = Contents(
    kind="collected",
    numbers={},
    shown={PAGE: ["published"]},
    absent={"places.md": "the data have one country"},
    left_out={"places": "Industries and countries"},
)


def claim(**change: str) -> Claim:
    own = {
        "id": "a", "document": "ennova", "claim": "Half do.", "ruling": "tested here",
        "where": "headline", "reason": "It is estimated.",
    }  # fmt: skip
    return Claim(**(own | change))


def test_each_claim_that_is_tested_names_a_chapter_with_results(root: Path) -> None:
    toc = yaml.safe_load((root / "book/_toc.yml").read_text(encoding="utf-8"))
    tested = {one.where for one in read_claims(root / ROWS) if one.where}
    assert tested <= set(chapters_in(toc))
    for chapter in tested:
        assert shows_results((root / f"book/{chapter}.md").read_text(encoding="utf-8")), chapter


def test_reasons_name_chapters_by_their_titles(root: Path) -> None:
    reasons = " ".join(one.reason for one in read_claims(root / ROWS))
    for chapter, words in (
        ("others", "What others found has"),
        ("data", "The data says"),
        ("rerun", "How to rerun it says"),
    ):
        heading = re.search("^# (.*)$", (root / f"book/{chapter}.md").read_text("utf-8"), re.M)
        assert heading is not None
        assert words in reasons
        assert heading[1].startswith(words.rsplit(" ", 1)[0])


def test_a_claim_links_to_what_tests_it_and_marks_in_its_words_are_no_markdown() -> None:
    quoted = claim(ruling="quoted with its source", where="", claim="A [b] *c* | d")
    _, _, *rows = claims_table([claim(), quoted]).splitlines()
    assert rows[0].split(" | ")[2] == "tested here: [](headline.md)"
    assert r"| A \[b\] \*c\* \| d | quoted with its source |" in rows[1]


def test_a_claim_whose_chapter_is_left_out_is_not_tested() -> None:
    text = claims_table([claim(), claim(id="b", where="places")])
    again = ruled_again(text, LEFT_OUT).splitlines()
    assert again[2] == text.splitlines()[2]
    assert (
        "not testable with these data: Industries and countries is left out "
        "(the data have one country)"
    ) in again[3]
    assert "places.md" not in again[3]


def test_the_chapter_shows_every_claim_of_a_book_without_a_chapter(
    root: Path, tmp_path: Path
) -> None:
    claims = read_claims(root / ROWS)
    book, shown = tmp_path / "book", tmp_path / "data/derived/book"
    shutil.copytree(root / "book/_static", book / "_static")
    shutil.copytree(root / "book/_templates", book / "_templates")
    shutil.copytree(root / "book/_extensions", book / "_extensions")
    for name in ("_config.yml", "references.bib", "claims.md"):
        shutil.copy(root / "book" / name, book)
    others = {one.where for one in claims if one.where} - {"places"}
    for name in (*others, "others", "index"):
        (book / f"{name}.md").write_text(f"# Title of {name}\n", encoding="utf-8")
    lines = "".join(f"  - file: {name}\n" for name in (*sorted(others), "others", "claims"))
    toc = book / "_toc.yml"
    toc.write_text(f"format: jb-book\nroot: index\nchapters:\n{lines}", encoding="utf-8")
    (shown / "tables").mkdir(parents=True)
    (shown / PAGE).write_text(claims_table(claims), encoding="utf-8")
    (shown / "numbers.json").write_text("{}", encoding="utf-8")
    (shown / "contents.json").write_text(json.dumps(asdict(LEFT_OUT)), encoding="utf-8")
    build_book(book, toc)
    page = (book / "_build/html/claims.html").read_text(encoding="utf-8")
    article = page.split('<article class="bd-article">')[-1].split("</article>")[0]
    words = " ".join(html.unescape(re.sub("<[^>]+>", "", article)).split())
    for one in claims:
        assert one.claim in words, one.id
        assert one.reason in words, one.id
    assert 'href="headline.html"' in article
    assert "places" not in article
    assert "Industries and countries is left out (the data have one country)" in words
    assert "simulated" not in words.lower()
    assert "what others have published" in words
    assert "_static/claims.js" in page


def test_the_chapter_includes_the_table(root: Path) -> None:
    assert named((root / "book/claims.md").read_text(encoding="utf-8")) == {PAGE}


@pytest.mark.parametrize("word", ["simulat", "synthetic"])
def test_the_chapter_is_right_whatever_the_data(root: Path, word: str) -> None:
    text = (root / "book/claims.md").read_text("utf-8") + (root / ROWS).read_text("utf-8")
    assert word not in text.lower()
