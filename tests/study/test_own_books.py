"""Books of data of one's own: strict builds, each page looked at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.study.book_pages import article, chapters, faults, words
from tests.study.conftest import run_pytask
from tests.study.own_data import add_source, answers, own_study

ALL_TOGETHER = """
[lift]
crossings = [[]]
[equivalence]
crossings = [[]]
margin = 0.05
conf_level = 0.90
[curve]
crossings = [[]]
[curve_tests]
crossings = [[]]
"""
BY_SEGMENTS = """
finer = [
    ["sector", "industry"], ["sector", "country"], ["country", "score"],
    ["sector", "industry", "country"],
]
[pairs]
between = ["sector", "industry", "country"]
quantity = "difference"
adjust = "holm"
[lift]
crossings = [[], ["sector"]]
[standardisation]
between = ["sector"]
mix = ["industry", "country"]
[equivalence]
crossings = [[], ["sector"], ["country"]]
margin = 0.05
conf_level = 0.90
[curve]
crossings = [[], ["sector"], ["country"]]
[curve_tests]
crossings = [[], ["sector"], ["country"]]
"""
CROSSINGS = """[
    [], ["score"], ["score_band"], ["sector"], ["sector", "score"], ["industry"], ["country"],
    ["year"],
]"""


def built(study: Path) -> Path:
    """Run the whole study, and return its book."""
    done = run_pytask(study)
    assert done.returncode == 0, done.stdout[-6000:]
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


@pytest.fixture(scope="module")
def one_programme(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the book of one programme with a score and a behaviour only."""
    study = own_study(root, tmp_path_factory.mktemp("one"), more=ALL_TOGETHER)
    add_source(study, "ours", answers(1, 800))
    return built(study)


def twelve(root: Path, target: Path, more: str = "") -> Path:
    """Return a study of twelve programmes, some of whose cells are withheld."""
    study = own_study(
        root,
        target,
        targets='["programmes_like_these", "these_programmes"]',
        crossings=CROSSINGS,
        estimands='["recommended_past_12m", "nps"]',
        more=BY_SEGMENTS + more,
        suppliers=3,
    )
    for number in range(12):
        frame = answers(number, 240, programme=f"p{number}", country=["NO", "SE", "DK"])
        frame["industry"] = ["C", "G", "K"][number % 3]
        frame["sector"] = "B2B" if number % 2 else "B2C"
        frame["supplier"] = f"s{number}"
        frame["interviewed_on"] = ["2024-05-01", "2025-05-01"] * 120
        add_source(study, f"p{number}", frame)
    return study


@pytest.fixture(scope="module")
def twelve_programmes(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(twelve(root, tmp_path_factory.mktemp("twelve")))


def test_one_programme_has_a_book_without_a_fault(one_programme: Path) -> None:
    assert faults(one_programme, "collected") == []
    assert names(one_programme) == {
        "index", "ladder", "estimands", "data", "headline", "sure", "curve", "methods",
        "architecture", "scaling", "rerun", "others", "claims", "numbers",
        "reporting",
    }  # fmt: skip


def test_one_programme_has_its_own_numbers(one_programme: Path) -> None:
    """Of 800 answers drawn with a seed: counted here once more, by pandas."""
    frame = answers(1, 800)
    tens = frame[frame.score == 10].recommended_past_12m
    rate = f"{100 * tens.mean():.1f}"
    assert f"{rate} % of the customers who score 10" in says(one_programme, "headline")
    assert f"{len(tens)} ratings" in says(one_programme, "headline")
    assert "come from collected data" in says(one_programme, "index")


def test_one_programme_says_what_is_left_out(one_programme: Path) -> None:
    assert "Years (the data have no year)" in says(one_programme, "headline")
    index = says(one_programme, "index")
    assert "What the next client should expect (the protocol does not pool programmes)" in index
    assert "Does the method find the truth? (the truth behind these data is not known)" in index


def test_a_page_that_mixes_says_which_is_which(one_programme: Path) -> None:
    sure = says(one_programme, "sure")
    assert "from collected data, but for measurements and those of simulations, which say" in sure
    assert "imulated" not in says(one_programme, "headline")


def test_twelve_programmes_have_a_book_without_a_fault(twelve_programmes: Path) -> None:
    assert faults(twelve_programmes, "collected") == []
    assert {"sectors", "places", "curve", "further"} <= names(twelve_programmes)
    assert not {"small", "expect", "truth"} & names(twelve_programmes)
    ledger = ledger_behind(twelve_programmes)
    kinds = {entry.get("source_kind") for name, entry in ledger.items() if "study:" not in name}
    assert kinds == {"collected", "simulated", "measured", "published"}


def test_another_estimand_is_shown_without_code(twelve_programmes: Path) -> None:
    assert "by how much does the share who give 9 or 10 exceed" in says(
        twelve_programmes, "further"
    )


@pytest.mark.slow
def test_pooled_programmes_have_a_book_without_a_fault(root: Path, tmp_path: Path) -> None:
    pooling = "[pooling]\ndraws = 2000\nseed = 1\nconf_level = 0.90\nanswers = 200\n"
    book = built(twelve(root, tmp_path, pooling))
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
    book = built(study)
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
    book = built(study)
    assert faults(book, "collected") == []
    ledger = ledger_behind(book)
    assert ledger["data:rows_read"]["value"] == 800


@pytest.mark.slow
def test_a_source_of_which_half_is_rejected_says_so(root: Path, tmp_path: Path) -> None:
    study = own_study(root, tmp_path, more=ALL_TOGETHER)
    frame = answers(1, 800)
    frame.loc[400:, "score"] = 11
    add_source(study, "ours", frame)
    book = built(study)
    assert faults(book, "collected") == []
    data = says(book, "data")
    assert "read 800" in data
    assert "kept 400" in data
    assert "rejected 400" in data
