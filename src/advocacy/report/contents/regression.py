"""Logistic models: the odds ratio of each characteristic."""

from __future__ import annotations

from advocacy.estimation import Estimates
from advocacy.report.contents import parts
from advocacy.report.contents.untested import untested
from advocacy.report.document import Block, Column, Document, Entry, Label, Note, Table
from advocacy.report.wording import ENGLISH, Row, Words

# Rungs whose outcome came before the interview.
_BEFORE = ("retrospective", "verified_past")


def odds_ratios(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return the odds ratios of a model, what it is about, and how to read them."""
    rows = odds_ratio_rows(result)
    first = rows[0]
    basis = words(
        "regression.basis",
        ratings=words.count(first["n"]),
        hits=words.count(first["n_numerator"]),
        df=words.count(first["df"]),
    )
    label = Label(words.rung(first), words.target(first), basis, words.kind(first))
    base = Note(words("regression.outcome_and_base", question=words.question(first)))
    sentences = [words("regression.note")]
    if first["rung"] in _BEFORE:
        sentences.append(words("regression.order"))
    note = Note(" ".join(sentences))
    body: list[Block] = [base, _terms(rows, words), note, *untested(rows, words)]
    return parts.document(result, question(first, words), label, body, words)


def odds_ratio_rows(result: Estimates) -> list[Row]:
    """Return the rows that are odds ratios; the others are log odds."""
    return [row for row in parts.rows_of(result) if row["quantity"] == "odds_ratio"]


def question(row: Row, words: Words) -> str:
    """Return what a model asks."""
    return words("regression.question", outcome=words(f"outcome.{row['estimand']}"))


def _terms(rows: list[Row], words: Words) -> Table:
    headings = [
        words("regression.odds_ratio"),
        parts.interval_heading(rows[0], words),
        words("heading.p"),
    ]
    columns = [
        Column(words("regression.characteristic")),
        *parts.number_columns(headings),
        Column(words("heading.note")),
    ]
    shown = [
        [
            Entry(characteristic(row, words)),
            *parts.compared(row, words),
            parts.p_value(row, words),
            parts.note(row, words),
        ]
        for row in rows
    ]
    return parts.without_empty(columns, shown, words("heading.note"))


def characteristic(row: Row, words: Words) -> str:
    """Name a term: a level and what it is held against, or a number, one more of it."""
    term = words.heading(row["term"])
    if row["level"] is None:
        return words("regression.one_more", term=term)
    level, reference = (words.level(row["term"], row[name]) for name in ("level", "reference"))
    return words("regression.against", term=term, level=level, reference=reference)
