"""The terms of the book in four languages."""

from __future__ import annotations

from collections import Counter

from advocacy.study.book.standards.glossary import LANGUAGES, doubts_list, glossary_table, terms


def test_every_term_has_all_languages_and_a_meaning_once() -> None:
    assert all(all(row[key].strip() for key in (*LANGUAGES, "meaning")) for row in terms())
    names = Counter(row["en"] for row in terms())
    assert max(names.values()) == 1


def test_the_table_says_of_each_term_its_language_in_the_order_of_english() -> None:
    table = glossary_table()
    assert table.count('lang="sv"') == table.count('lang="en"') == len(terms())
    first = [line.split("</span>")[0].split(">")[1] for line in table.splitlines()[2:]]
    assert first == sorted(first)


def test_terms_of_the_field_are_there() -> None:
    known = {row["en"]: row for row in terms()}
    assert known["confidence interval"]["nb"] == "konfidensintervall"
    assert known["standard error"]["sv"] == "medelfel"
    assert known["degrees of freedom"]["da"] == "frihedsgrader"
    needed = {"ambassador", "intent", "rung", "weight", "design effect", "follow-up"}
    assert needed <= known.keys()


def test_what_is_in_doubt_is_said_with_its_term() -> None:
    doubted = [row for row in terms() if row["doubt"]]
    assert doubts_list().count("\n") == len(doubted) > 0
    assert all(f"* *{row['en']}*: {row['doubt']}" in doubts_list() for row in doubted)
