"""The whole distribution of the score: a share, its limits, and limits that hold for all."""

from __future__ import annotations

from advocacy.estimation import Estimates
from advocacy.report.contents import parts
from advocacy.report.document import Column, Document, Entry, Note
from advocacy.report.wording import ENGLISH, Words


def distribution(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return one table, a row a score of each crossing."""
    rows = parts.rows_of(result)
    first, rounded = rows[0], "rounded" in rows[0]
    columns = [
        *parts.segment_columns(result.by, words),
        *parts.number_columns(
            [
                *([words("distribution.rounded")] if rounded else []),
                words("heading.per_cent"),
                parts.interval_heading(first, words),
                words("distribution.joint", level=words.confidence(first["conf_level"])),
                words("heading.n"),
            ]
        ),
        Column(words("heading.note")),
    ]
    shown = [
        [
            *parts.level_entries(row, result.by, words),
            *([Entry(words.shortest(row["rounded"]), row["rounded"])] if rounded else []),
            parts.estimate(row, words),
            parts.limits(row, words),
            parts.proportion_limits(row["joint_low"], row["joint_high"], words),
            parts.behind(row, "n", words),
            parts.note(row, words),
        ]
        for row in rows
    ]
    table = parts.without_empty(columns, shown, words("heading.note"))
    notes = [Note(words("distribution.note"))]
    if rounded:
        notes.append(Note(words("distribution.rounded_note")))
    label = parts.label(first, words)
    return parts.document(result, words("distribution.question"), label, [table, *notes], words)
