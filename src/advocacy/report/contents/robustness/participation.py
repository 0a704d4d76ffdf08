"""Outcome rates of AAPOR, each with what it counts."""

from __future__ import annotations

from advocacy.estimation import Estimates
from advocacy.report.contents import parts
from advocacy.report.document import Block, Column, Document, Entry, Label, Note
from advocacy.report.wording import ENGLISH, Words
from advocacy.robustness.invited import Participation


def participation(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return a row a rate and domain, and the letters in which it is defined."""
    rows = parts.rows_of(result)
    columns = [
        *parts.segment_columns(result.by, words),
        Column(words("participation.rate")),
        Column(words("heading.per_cent"), "right"),
        Column(words("participation.counts"), code=True),
        *parts.number_columns([words("participation.top"), words("participation.base")]),
    ]
    shown = [
        [
            *parts.level_entries(row, result.by, words),
            Entry(row["outcome"]),
            parts.proportion(row["estimate"], words),
            Entry(row["counts"]),
            parts.count(row["numerator"], words),
            parts.count(row["denominator"], words),
        ]
        for row in rows
    ]
    body: list[Block] = [parts.table(columns, shown), Note(words("participation.note"))]
    notes = result.notes if isinstance(result, Participation) else ()
    body += [Note(words.said(note)) for note in notes]
    label = Label(words("participation.face"), kind=words.kind(rows[0]))
    return parts.document(result, words("participation.question"), label, body, words)
