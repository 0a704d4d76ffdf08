"""Answers on an incidence under attrition, beside each other."""

from __future__ import annotations

from advocacy.estimation import Estimates
from advocacy.estimation.follow_up.attrition import Attrition
from advocacy.report.contents import parts
from advocacy.report.document import Block, Column, Document, Entry, Note
from advocacy.report.wording import ENGLISH, Row, Words

BOUNDS = ("bound_low", "bound_high")


def answers(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return a row an answer, what each supposes of those who left, and the notes."""
    rows = parts.rows_of(result)
    first = rows[0]
    columns = [
        *parts.segment_columns(result.by, words),
        Column(words("attrition.answer")),
        *parts.number_columns([words.unit(first), parts.interval_heading(first, words)]),
        Column(words("heading.n"), "right"),
        Column(words("heading.note")),
    ]
    shown = [
        [
            *parts.level_entries(row, result.by, words),
            Entry(answer(row, words)),
            parts.estimate(row, words),
            parts.limits(row, words),
            parts.behind(row, "n", words),
            parts.note(row, words),
        ]
        for row in rows
    ]
    table = parts.without_empty(columns, shown, words("heading.note"))
    # What is read from a file has no notes.
    notes = result.notes if isinstance(result, Attrition) else ()
    body: list[Block] = [table, Note(words("attrition.note"))]
    body += [Note(words.said(note)) for note in notes]
    label = parts.label(first, words, words.intervals(first))
    return parts.document(result, words.question(first), label, body, words)


def answer(row: Row, words: Words) -> str:
    """Return what an answer is called."""
    return words(f"attrition.{row['answer']}")
