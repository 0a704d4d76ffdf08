"""The chapter on what others have published, built alone on the rows as they were transcribed."""

from __future__ import annotations

import csv
import html
import json
import random
import re
import shutil
from dataclasses import asdict
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from advocacy.estimation import Estimates
from advocacy.evidence.published import read_published
from advocacy.report.figures.style import save, style
from advocacy.study.book import others
from advocacy.study.book.abridged import Contents
from advocacy.study.book.notices import notice
from advocacy.study.book.publishing import build_book

ROWS = Path("data/raw/published/figures.csv")
# What the chapter leads to.
LEADS = {
    "index": "# First\n\n[Others](others.md)\n",
    "methods": "(published-evidence)=\n# Methods\n",
    "ladder": "# Rungs\n",
    "before_after": "# Before and after\n",
}
NO_CURVE = "the protocol does not ask for rates by score"


@pytest.fixture(scope="module")
def published(root: Path) -> Estimates:
    return read_published(root / ROWS)


@pytest.fixture(scope="module")
def chapter(root: Path, published: Estimates, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the chapter in a book of collected data that has no rates by score."""
    folder = tmp_path_factory.mktemp("others")
    book, shown = folder / "book", folder / "data/derived/book"
    shutil.copytree(root / "book/_static", book / "_static")
    shutil.copytree(root / "book/_templates", book / "_templates")
    shutil.copytree(root / "book/_extensions", book / "_extensions")
    for name in ("_config.yml", "references.bib", "others.md"):
        shutil.copy(root / "book" / name, book)
    for name, text in LEADS.items():
        (book / f"{name}.md").write_text(text, encoding="utf-8")
    chapters = "".join(f"  - file: {name}\n" for name in (*LEADS, "others") if name != "index")
    toc = book / "_toc.yml"
    toc.write_text(f"format: jb-book\nroot: index\nchapters:\n{chapters}", encoding="utf-8")
    for part in ("figures", "tables"):
        (shown / part).mkdir(parents=True)
    files = []
    for name, figure in others.figures().items():
        if len(figure.tables) == 1:
            with style():
                save(figure.make(published), shown / f"figures/{name}.svg")
            files.append(f"figures/{name}.svg")
    for name, page in others.pages().items():
        (shown / f"tables/{name}.md").write_text(page.make(published), encoding="utf-8")
        files.append(f"tables/{name}.md")
    ledger = others.numbers().make(published)
    contents = Contents(
        kind="collected",
        numbers={name: (entry["text"], entry["source_kind"]) for name, entry in ledger.items()},
        shown={file: ["published"] for file in files},
        absent={"figures/published_beside.svg": NO_CURVE},
    )
    (shown / "numbers.json").write_text(json.dumps(ledger), encoding="utf-8")
    (shown / "contents.json").write_text(json.dumps(asdict(contents)), encoding="utf-8")
    build_book(book, toc)
    page = (book / "_build/html/others.html").read_text(encoding="utf-8")
    return page.split('<article class="bd-article">')[-1].split("</article>")[0]


def numbers_in(chapter: str) -> list[tuple[str, str]]:
    """Return the identifiers and texts of the published numbers of a page."""
    pair = re.compile(r'<a class="number published"[^>]* data-number="([^"]+)">([^<]+)<')
    return [(name, html.unescape(text)) for name, text in pair.findall(chapter)]


def recomputed(name: str, rows: dict[str, dict[str, str]]) -> str:
    """Return what a published number is, from the rows as they were transcribed alone."""
    _, own, *part = name.split(":")
    if own in rows:
        row = rows[own]
        if part == ["n"]:
            return f"{int(row['n']):,}".replace(",", "\u202f")
        if part == ["window"]:
            return row["window_months"]
        low, high = (as_written(row[end], row["unit"]) for end in ("low", "high"))
        return f"{low}\u202f%" if part == ["low"] or low == high else f"{low} to {high}\u202f%"
    drawn = [
        row
        for row in rows.values()
        if row["quantity"] == own
        and row["include"] != "context"
        and row["behaviour"] == "recommending"
    ]
    return {
        "low": f"{min(float(row['low']) for row in drawn):g}\u202f%",
        "high": f"{max(float(row['high']) for row in drawn):g}\u202f%",
        "figures": str(len(drawn)),
        "with_n": str(sum(bool(row["n"]) for row in drawn)),
    }[part[0]]


def as_written(text: str, unit: str) -> str:
    number = float(text)
    sign = "+" if unit == "change" and number > 0 else ""
    return f"{sign}{number:g}".replace("-", "\u2212")


def test_twenty_published_numbers_are_those_of_the_rows(root: Path, chapter: str) -> None:
    with (root / ROWS).open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    found = numbers_in(chapter)
    assert len(found) > 30
    for name, text in random.Random(20).sample(found, 20):
        assert text == recomputed(name, rows), name


def test_every_number_of_the_prose_is_published(root: Path, chapter: str) -> None:
    named = re.findall(r"\{number\}`([^`]+)`", (root / "book/others.md").read_text("utf-8"))
    assert [name for name, _ in numbers_in(chapter)] == named


def test_the_page_says_what_its_numbers_are_and_what_was_left_out(chapter: str) -> None:
    text = " ".join(re.sub("<[^>]+>", "", chapter).split())
    assert "The numbers and figures on this page are what others have published" in text
    assert "simulated" not in text.lower()
    assert NO_CURVE in text
    assert text.count("Published figures.") == 2


def test_every_figure_has_base_window_and_n_in_view(published: Estimates) -> None:
    figure = others.figures()["published"].make(published)
    words = [text.get_text() for axes in figure.axes for text in axes.texts]
    plt.close(figure)
    assert sum("window 12 months" in text for text in words) == 5
    assert "all clients · window 12 months · n 1\u202f034" in words
    assert any(text.endswith("window not seen · n not seen") for text in words)


def test_every_source_is_in_the_bibliography_and_has_its_doi(root: Path) -> None:
    entries = (root / "book/references.bib").read_text(encoding="utf-8")
    by_key = dict(re.findall(r"@misc\{(\w+),\n(.*?)\n\}", entries, flags=re.DOTALL))
    with (root / ROWS).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["source"] for row in rows} == set(by_key)
    for row in rows:
        assert not row["doi"] or f"doi = {{{row['doi']}}}" in by_key[row["source"]]
        assert not row["year"] or "year" not in by_key[row["source"]] or row["id"] in (
            "bti18_any", "xmi23"
        ) or f"year = {{{row['year']}}}" in by_key[row["source"]]  # fmt: skip


@pytest.mark.parametrize(
    ("kinds", "own", "start"),
    [
        (["published"], "simulated", "Published figures"),
        (["published", "simulated"], "simulated", "Published figures"),
        (["simulated", "published"], "simulated", "Simulated data"),
        (["collected", "published"], "collected", "Collected data"),
    ],
)
def test_a_page_is_called_what_most_of_it_is(kinds: list[str], own: str, start: str) -> None:
    said = notice(kinds, own)
    assert said.startswith(f":::{{admonition}} {start}")
    assert len(kinds) == 1 or "which say so" in said
