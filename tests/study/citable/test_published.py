"""A figure that others have published is cited as theirs, with what is not known of it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from pybtex import database

from advocacy.evidence.published import read_published
from advocacy.report.citation import Source, bibtex, csl_json, plain, ris
from advocacy.report.published_numbers import published_numbers
from advocacy.study.citable import entries
from advocacy.study.citable.releases import freeze, read_releases
from advocacy.study.citable.writing import Book, write_numbers

ROWS = "data/raw/published/figures.csv"
SOURCE = Source("Advocacy", "The advocacy authors", "0.1.0", "2026-12-01")
# The source of the row `advisor10_bound`, as it stands in the file.
ADVISOR = (
    "Advisor Impact, Economics of Loyalty 2010, https://wealthmanagement.com/practice-management/"
    "clients-aren-t-pulling-trigger-referrals-survey-says"
)


@pytest.fixture(scope="module")
def ledger(root: Path) -> dict[str, dict[str, Any]]:
    return published_numbers(read_published(root / ROWS), "published")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "published:ennova",
            "Of those who intended to: recommended: Have actively recommended in the last "
            "12 months, of customers who gave the score 10; Ennova (published figure)",
        ),
        (
            "published:genworth_acted:n",
            "Of all customers: recommended: Provided a referral, of all clients; "
            "Advisor Impact and Genworth; size of its base (published figure)",
        ),
        (
            "published:cspace_promoters",
            "Are promoters, of all customers: Stahlkopf (C Space) (published figure)",
        ),
        (
            "published:acted:high",
            "Of all customers: recommended: highest of 6 published figures (published figure)",
        ),
        (
            "published:acted_per_intended:low",
            "Recommended per intending customer: an upper bound: "
            "lowest of the one published figure (published figure)",
        ),
    ],
)
def test_it_says_quantity_base_and_whose_it_is(
    ledger: dict[str, dict[str, Any]], name: str, words: str
) -> None:
    assert entries.what(name, ledger[name]) == words


@pytest.mark.parametrize(
    ("name", "said", "unsaid"),
    [
        ("published:ennova", ["share of those who had stated", "sure it is cannot"], ["months"]),
        ("published:genworth_acted", ["all customers, whatever", "no interval"], ["cannot be"]),
        ("published:kumar_fs", ["as a range only", "base is ambiguous: 33 if"], ["is context"]),
        ("published:cspace_promoters", ["It is context", "no rate within 12 months"], ["range"]),
        ("published:acted_per_intended:low", ["upper bound", "no mean"], ["bear in mind"]),
        ("published:daniel24_inverse", ["looks back from those who recommended"], ["all cust"]),
    ],
)
def test_it_says_what_it_may_not_be_used_for(
    ledger: dict[str, dict[str, Any]], name: str, said: list[str], unsaid: list[str]
) -> None:
    caution = " ".join(entries.cautions(ledger[name])[1:])
    assert all(words in caution for words in said), caution
    # The reason is the source's own and may hold any words.
    own = caution.split("To bear in mind: ")[0] if "bear in mind" not in unsaid else caution
    assert not any(words in own for words in unsaid), caution


def test_every_one_names_its_source_and_what_it_is_not(
    root: Path, ledger: dict[str, dict[str, Any]]
) -> None:
    with (root / ROWS).open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    for name, entry in ledger.items():
        citation = plain(entries.cited(name, entry, "0.1.0", ""), SOURCE)
        own = rows.get(name.split(":")[1])
        assert len(entries.cautions(entry)) > 1
        assert entries.base(entry) == (own["base"] if own else "")
        if own:
            assert own["label"] in citation
            assert (own["doi"] or own["address"]) in citation
            assert own["why"] in " ".join(entries.cautions(entry))


def test_all_four_formats_name_the_source(ledger: dict[str, dict[str, Any]]) -> None:
    cited = entries.cited("published:advisor10_bound", ledger["published:advisor10_bound"], "1", "")
    assert f"Source: {ADVISOR}. In Advocacy" in plain(cited, SOURCE)
    (entry,) = database.parse_string(bibtex(cited, SOURCE), "bibtex").entries.values()
    assert entry.fields["note"] == f"Version 0.1.0 of 2026-12-01. Source: {ADVISOR}."
    assert f"\r\nN1  - Source: {ADVISOR}.\r\n" in ris(cited, SOURCE)
    assert ris(cited, SOURCE).endswith("ER  - \r\n")
    (item,) = json.loads(csl_json(cited, SOURCE))
    assert item["note"] == f"Source: {ADVISOR}."


def test_the_sources_of_a_range_are_all_named(ledger: dict[str, dict[str, Any]]) -> None:
    by = ledger["published:acted:low"]["published_by"].split("; ")
    assert [one.split(",")[0] for one in by] == [
        "Stahlkopf (C Space) 2019", "Advisor Impact", "Advisor Impact and Genworth",
        "The Daniel Group 2024", "Hinge Marketing", "BTI Consulting 2015",
    ]  # fmt: skip


def test_a_fall_has_its_sign_at_its_lower_end_too(ledger: dict[str, dict[str, Any]]) -> None:
    name = "published:erim_frequency_adjusted"
    assert ledger[f"{name}:low"]["text"] == ledger[name]["text"] == "\u22122\u202f%"


def test_its_page_in_a_release_says_the_same(
    tmp_path: Path, ledger: dict[str, dict[str, Any]]
) -> None:
    freeze(tmp_path / "releases", ledger, "0.1.0", "2026-12-01")
    shown = {name: ["others"] for name in ledger}
    titles = {"others": "What others found"}
    pages = {}
    for kind, releases in (("new", ()), ("kept", read_releases(tmp_path / "releases"))):
        html = tmp_path / kind
        write_numbers(html, Book(ledger, "0.1.0", "2026-12-01", shown, titles, releases))
        pages[kind] = {
            path.relative_to(html): path.read_text(encoding="utf-8").split("<h2>What changed")[0]
            for path in html.rglob("*.html")
        }
    for path, page in pages["new"].items():
        kept = pages["kept"][path]
        for text in ("What it may not be used for", "<dt>source</dt>", "published figure)"):
            assert text in page
        caution = page.split("What it may not")[1].split("<h2>")[0]
        assert caution in kept, path
        assert page.split('class="value"')[1].split("<div")[0] in kept
    assert len(pages["new"]) == len(ledger)
