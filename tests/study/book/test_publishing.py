"""The book as it is built: strict, offline, labelled."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from advocacy.study.book.publishing import BookError, build_book
from tests.conftest import Needs
from tests.study.book_pages import faults

# Of the small study two programmes alone are followed up and ask for dates: all is withheld.
WITHHELD = {"following"}
# Figures of what was measured, which is not simulated.
MEASURED = {"scaling"}
# Figures of what others have published, one with the study's own rates outside it.
PUBLISHED, BESIDE = {"published", "published_others"}, "published_beside"


def test_every_page_is_built(study: Path) -> None:
    toc = (study / "book/_toc.yml").read_text(encoding="utf-8")
    names = {"index", *re.findall(r"file: (\w+)", toc)} - WITHHELD
    for name in names:
        assert (study / f"book/_build/html/{name}.html").exists(), name


def test_no_script_style_or_image_comes_from_another_machine(any_study: Path) -> None:
    html = any_study / "book/_build/html"
    pages = sorted(html.rglob("*.html"))
    assert pages
    loaded = re.compile(r"<(?:script|img|link|iframe)[^>]*(?:src|href)=\"((?:https?:)?//[^\"]+)\"")
    for page in pages:
        assert loaded.findall(page.read_text(encoding="utf-8")) == [], page.name


def test_a_browser_without_network_sets_the_formulas(any_study: Path, needs: Needs) -> None:
    page = any_study / "book/_build/html/methods.html"
    options = [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
        "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=20000", "--dump-dom",
    ]  # fmt: skip
    done = subprocess.run(
        [needs("chromium"), *options, f"--user-data-dir={any_study / 'chromium'}", page.as_uri()],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert done.stdout.count("<mjx-container") > 20
    assert "data-mjx-error" not in done.stdout


def test_no_page_is_heavy(any_study: Path) -> None:
    """A page with its figures is at most 500 kB, and what pages share is at most 4 MB."""
    html = any_study / "book/_build/html"
    shared: dict[Path, int] = {}
    for page in sorted(html.glob("*.html")):
        text = page.read_text(encoding="utf-8")
        figures = set(re.findall(r'(?:src|href)="(_images/[^"?#]+)', text))
        weight = page.stat().st_size + sum((html / name).stat().st_size for name in figures)
        assert weight <= 500_000, page.name
        for name in re.findall(r'<(?:script|link)[^>]*(?:src|href)="(_static/[^"?#]+)', text):
            shared[html / name] = (html / name).stat().st_size
    assert 0 < sum(shared.values()) <= 4_000_000


def test_formulas_are_set_by_a_local_mathjax(any_study: Path) -> None:
    page = (any_study / "book/_build/html/methods.html").read_text(encoding="utf-8")
    sources = re.findall(r"<script[^>]*src=\"([^\"]*mathjax[^\"]*)\"", page, flags=re.IGNORECASE)
    assert sources
    local = (any_study / "book/_build/html" / sources[0].split("?")[0]).resolve()
    assert local.exists()


@pytest.mark.parametrize("name", ["index", "data", "headline", "sure", "curve", "expect"])
def test_a_page_with_simulated_results_says_so_before_the_first(study: Path, name: str) -> None:
    page = (study / f"book/_build/html/{name}.html").read_text(encoding="utf-8")
    body = page.split('<article class="bd-article">')[-1]
    notice, first = body.find("They are not findings"), body.find('class="number simulated"')
    assert 0 < notice < first


def test_every_figure_says_so_on_its_face_and_in_its_text(study: Path) -> None:
    files = (study / "data/derived/book/figures").glob("*.svg")
    figures = sorted(path for path in files if path.stat().st_size)  # others are left out
    assert len(figures) > 12
    pages = [
        path.read_text(encoding="utf-8") for path in (study / "book/_build/html").glob("*.html")
    ]
    drawn = dict(re.findall(r'alt="([^"]*)"[^>]*src="_images/(\w+)\.svg"', "".join(pages)))
    alternatives = {name: alt for alt, name in drawn.items()}
    for figure in figures:
        simulated = figure.stem not in MEASURED | PUBLISHED
        assert ("SIMULATED DATA: NOT A FINDING" in figure.read_text(encoding="utf-8")) is simulated
        face = "Published figures." if figure.stem in PUBLISHED else "Measured."
        face = "Simulated data." if simulated else face
        face = "Published figures and Simulated data." if figure.stem == BESIDE else face
        assert alternatives[figure.stem].startswith(face)


def test_no_page_has_a_fault(study: Path) -> None:
    assert faults(study / "book/_build/html", "simulated") == []


def test_nothing_of_the_demonstration_is_left_out(study: Path) -> None:
    """So no identifier in a chapter is mistyped: what is unknown would be left out in silence."""
    contents = json.loads((study / "data/derived/book/contents.json").read_text(encoding="utf-8"))
    assert set(contents["left_out"]) == WITHHELD
    reasons = set(contents["absent"].values())
    # Much is withheld, of so few responses.
    assert all("withheld" in why or why == "too little of it is published" for why in reasons)


@pytest.mark.parametrize("name", ["headline", "sectors", "places", "curve", "small"])
def test_a_page_states_rung_base_and_target(root: Path, name: str) -> None:
    start = (root / f"book/{name}.md").read_text(encoding="utf-8").split("\n## ")[0]
    for word in (
        "**Rung:** retrospective",
        "**Base:** ratings that",
        "**Target:** {number}`study:target`",
    ):
        assert word in start


def test_the_ledger_gives_each_number_its_kind_of_evidence(study: Path) -> None:
    ledger = json.loads((study / "data/derived/book/numbers.json").read_text(encoding="utf-8"))
    entry = ledger["overall:rate"]
    assert entry["source_kind"] == "simulated"
    assert entry["rung"] == "retrospective"
    assert entry["conf_low"] < entry["estimate"] < entry["conf_high"]
    assert entry["text"] == f"{100 * entry['estimate']:.1f}\N{NARROW NO-BREAK SPACE}%"


@pytest.fixture
def small_book(root: Path, any_study: Path, tmp_path: Path) -> Path:
    """Return a book of one page that can be changed, beside what the study shows."""
    book = tmp_path / "book"
    book.mkdir()
    shutil.copytree(root / "book/_extensions", book / "_extensions")
    shutil.copytree(root / "book/_static", book / "_static")
    shutil.copytree(root / "book/_templates", book / "_templates")
    for name in ("_config.yml", "references.bib"):
        shutil.copy(root / "book" / name, book)
    shutil.copytree(any_study / "data/derived/book", tmp_path / "data/derived/book")
    (book / "_toc.yml").write_text("format: jb-book\nroot: index\n", encoding="utf-8")
    return book


def write_page(book: Path, text: str) -> None:
    (book / "index.md").write_text(f"# Page\n\n{text}\n", encoding="utf-8")


def test_a_warning_fails_the_first_build_and_the_second(small_book: Path) -> None:
    warnings = {
        "unknown number: no:such:number": "Unknown: {number}`no:such:number`.",
        "nowhere": "[broken](nowhere.md)",
    }
    write_page(small_book, "\n\n".join(warnings.values()))
    for _ in range(2):
        with pytest.raises(BookError) as error:
            build_book(small_book, small_book / "_toc.yml")
        for warning in warnings:
            assert warning in str(error.value)


def test_a_page_follows_the_ledger(small_book: Path) -> None:
    write_page(small_book, "Rate: {number}`overall:rate`.")
    page = build_book(small_book, small_book / "_toc.yml")
    contents = json.loads(
        (small_book.parent / "data/derived/book/contents.json").read_text(encoding="utf-8")
    )
    simulated = contents["kind"] == "simulated"
    assert ("They are not findings" in page.read_text(encoding="utf-8")) is simulated
    ledger = small_book.parent / "data/derived/book/numbers.json"
    numbers = json.loads(ledger.read_text(encoding="utf-8"))
    assert numbers["overall:rate"]["text"] in page.read_text(encoding="utf-8")
    numbers["overall:rate"]["text"] = "12.3 %"
    ledger.write_text(json.dumps(numbers), encoding="utf-8")
    page = build_book(small_book, small_book / "_toc.yml")
    assert "12.3 %" in page.read_text(encoding="utf-8")
