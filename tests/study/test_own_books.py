"""Books of data of one's own: strict builds, each page looked at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.study.book_pages import article, chapters, faults, words
from tests.study.copied import built
from tests.study.own_data import ALL_TOGETHER, add_source, answers, own_study, twelve


def book_of(study: Path) -> Path:
    return study / "book/_build/html"


def says(book: Path, name: str) -> str:
    return words(article(book / f"{name}.html"))


def ledger_behind(book: Path) -> dict[str, dict[str, Any]]:
    """Return the ledger of numbers that a book was made with."""
    file = book.parents[2] / "data/derived/book/numbers.json"
    found: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return found


def names(book: Path) -> set[str]:
    return {page.stem for page in chapters(book)}


def test_one_programme_has_a_book_without_a_fault(one_programme: Path) -> None:
    book = book_of(one_programme)
    assert faults(book, "collected") == []
    assert names(book) == {
        "index", "ladder", "estimands", "data", "headline", "sure", "curve", "methods",
        "architecture", "scaling", "rerun", "others", "claims", "numbers", "further",
        "reporting", "misremember",
    }  # fmt: skip


def test_one_programme_has_its_own_numbers(one_programme: Path) -> None:
    """Of 800 answers drawn with a seed: counted here once more, by pandas."""
    frame = answers(1, 800)
    tens = frame[frame.score == 10].recommended_past_12m
    rate = f"{100 * tens.mean():.1f}"
    assert f"{rate} % of the customers who score 10" in says(book_of(one_programme), "headline")
    assert f"{len(tens)} ratings" in says(book_of(one_programme), "headline")
    assert "come from collected data" in says(book_of(one_programme), "index")


def test_one_programme_says_what_is_left_out(one_programme: Path) -> None:
    assert "Years (the data have no year)" in says(book_of(one_programme), "headline")
    index = says(book_of(one_programme), "index")
    assert "What the next client should expect (the protocol does not pool programmes)" in index
    assert "Does the method find the truth? (the truth behind these data is not known)" in index


def test_a_page_that_mixes_says_which_is_which(one_programme: Path) -> None:
    sure = says(book_of(one_programme), "sure")
    assert "from collected data, but for measurements and those of simulations, which say" in sure
    assert "imulated" not in says(book_of(one_programme), "headline")


def test_twelve_programmes_have_a_book_without_a_fault(twelve_programmes: Path) -> None:
    book = book_of(twelve_programmes)
    assert faults(book, "collected") == []
    assert {"sectors", "places", "curve", "further"} <= names(book)
    assert not {"small", "expect", "truth"} & names(book)
    ledger = ledger_behind(book)
    kinds = {entry.get("source_kind") for name, entry in ledger.items() if "study:" not in name}
    assert kinds == {"collected", "simulated", "measured", "published"}


ANOTHER = "by how much does the share who give 9 or 10 exceed"


def test_another_estimand_is_shown_without_code(one_programme: Path) -> None:
    assert ANOTHER in says(book_of(one_programme), "further")


def test_it_is_of_twelve_programmes_too(twelve_programmes: Path) -> None:
    assert ANOTHER in says(book_of(twelve_programmes), "further")


@pytest.mark.slow
def test_pooled_programmes_have_a_book_without_a_fault(root: Path, tmp_path: Path) -> None:
    pooling = "[pooling]\ndraws = 2000\nseed = 1\nconf_level = 0.90\nanswers = 200\n"
    book = book_of(built(twelve(root, tmp_path, pooling)))
    assert faults(book, "collected") == []
    assert {"small", "expect"} <= names(book)


@pytest.mark.slow
def test_a_design_of_its_own_is_used(root: Path, tmp_path: Path) -> None:
    study = own_study(root, tmp_path, more=ALL_TOGETHER)
    frame = answers(3, 900)
    frame["weight"] = [1.0, 2.0, 0.5] * 300
    frame["stratum"] = [f"h{number // 300}" for number in range(900)]
    frame["psu"] = [f"c{number // 30}" for number in range(900)]
    add_source(study, "ours", frame)
    book = book_of(built(study))
    assert faults(book, "collected") == []
    ledger = ledger_behind(book)
    assert ledger["overall:df"]["value"] == 27  # 30 PSUs in 3 strata
    own = frame[frame.score == 10]
    rate = (own.weight * own.recommended_past_12m).sum() / own.weight.sum()
    assert ledger["overall:rate"]["value"] == pytest.approx(rate, rel=1e-12)


@pytest.mark.slow
def test_published_evidence_beside_it_stays_out_of_the_rates(root: Path, tmp_path: Path) -> None:
    """What others published has a folder of its own, and is not pooled with answers."""
    study = own_study(root, tmp_path, more=ALL_TOGETHER)
    add_source(study, "ours", answers(1, 800))
    theirs = add_source(study, "theirs", answers(2, 500), kind="published")
    theirs.rename(study / "data" / "raw" / "theirs")
    book = book_of(built(study))
    assert faults(book, "collected") == []
    ledger = ledger_behind(book)
    assert ledger["data:rows_read"]["value"] == 800


@pytest.mark.slow
def test_a_source_of_which_half_is_rejected_says_so(root: Path, tmp_path: Path) -> None:
    study = own_study(root, tmp_path, more=ALL_TOGETHER)
    frame = answers(1, 800)
    frame.loc[400:, "score"] = 11
    add_source(study, "ours", frame)
    book = book_of(built(study))
    assert faults(book, "collected") == []
    data = says(book, "data")
    assert "read 800" in data
    assert "kept 400" in data
    assert "rejected 400" in data
