"""Incidences over time: a table for each domain, a row a time."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from advocacy.estimation import Estimates
from advocacy.report.contents import parts
from advocacy.report.document import Block, Column, Document, Entry, Heading, Note, Table
from advocacy.report.numbers import number_of
from advocacy.report.wording import ENGLISH, Row, Words

# What stands behind an incidence, and how readily a narrow terminal spares its column.
_BEHIND = {"at_risk": 0, "events": 0, "competing": 2, "at_risk_weighted": 1}
_COLUMNS = {"events": "n_numerator", "competing": "n_competing"}


def over_time(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return a table for each domain: incidence, interval, band, and who is followed.

    Parameters
    ----------
    result
        What `incidence_over_time` gave.
    words
        The language.
    """
    rows, body = parts.rows_of(result), list[Block]()

    def domain(row: Row) -> tuple[Any, ...]:
        return tuple(row[name] for name in result.by)

    for _, group in groupby(rows, domain):
        own = list(group)
        body += [Heading(words.levels(own[0], result.by), level=2)] if result.by else []
        body.append(_times(own, words))
    label = parts.label(rows[0], words, words.intervals(rows[0]))
    body.append(Note(words("over_time.how")))
    return parts.document(result, words.question(rows[0]), label, body, words)


def _times(rows: list[Row], words: Words) -> Table:
    columns = [
        *parts.number_columns(
            [
                words("over_time.months"),
                words.unit(rows[0]),
                words("over_time.interval"),
                words("over_time.band"),
            ]
        ),
        *(
            Column(words(f"over_time.{name}"), "right", spared=spared)
            for name, spared in _BEHIND.items()
        ),
        Column(words("heading.note")),
    ]
    shown = [
        [
            Entry(months(row, words), row["months"]),
            _incidence(row, words),
            parts.limits(row, words),
            parts.proportion_limits(
                row["band_low"], row["band_high"], words, number_of(row, "band")
            ),
            *(parts.behind(row, name, words, _COLUMNS.get(name, name)) for name in _BEHIND),
            parts.note(row, words),
        ]
        for row in rows
    ]
    return parts.without_empty(columns, shown, words("heading.note"))


def _incidence(row: Row, words: Words) -> Entry:
    """Return the incidence, or the least and most that it can be."""
    if row["estimate"] is None and row["least"] is not None:
        number = number_of(row, "range")
        return parts.proportion_limits(row["least"], row["most"], words, number)
    return parts.estimate(row, words)


def months(row: Row, words: Words) -> str:
    """Write a time in months, with a decimal where it is not whole."""
    return words.number(row["months"], 0 if row["months"] == int(row["months"]) else 1)
