"""The rungs beside each other: what people say they did, went on to do, and have on record."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from advocacy.estimation import Estimates
from advocacy.report.contents import parts
from advocacy.report.contents.untested import untested
from advocacy.report.document import Block, Column, Document, Entry, Heading, Label, Note, Table
from advocacy.report.wording import ENGLISH, NONE, Row, Words


def ladder(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return a table for each crossing, a row a rung, and how to read it."""
    rows = parts.rows_of(result)
    crossings = list(dict.fromkeys(_key(result, row) for row in rows))
    rows.sort(key=lambda row: crossings.index(_key(result, row)))
    first = rows[0]
    body: list[Block] = []
    for key, group in groupby(rows, lambda row: _key(result, row)):
        if result.by:
            levels = zip(result.by, key, strict=True)
            body.append(Heading(" · ".join(words.level(*level) for level in levels), level=2))
        body += _of_crossing(list(group), words)
    apart = [row for row in rows if row["quantity"] == "difference"]
    body += [Note(words("ladder.note")), *untested(apart, words)]
    measure = words.intervals(next(row for row in rows if row["interval"]))
    label = Label(words("ladder.rungs"), words.target(first), measure, words.kind(first))
    question = words("ladder.question", scores=words.scores(first["intent"]))
    return parts.document(result, question, label, body, words)


def _key(result: Estimates, row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in result.by)


def _of_crossing(rows: list[Row], words: Words) -> list[Block]:
    """Return the rungs of one crossing, and between what the unasked may lie."""
    rates = [row for row in rows if row["quantity"] == "rate"]
    apart = {row["estimand"]: row for row in rows if row["quantity"] == "difference"}
    unasked = [row for row in rows if row["quantity"] == "unasked" and row["conf_low"] is not None]
    limits = [words.interval(row["conf_low"], row["conf_high"]) for row in unasked]
    notes = [Note(words("ladder.unasked", limits=text)) for text in limits]
    return [_table(rates, apart, words), *notes]


def _table(rates: list[Row], apart: dict[str, Row], words: Words) -> Table:
    interval = parts.interval_heading(rates[0], words)
    headings = [words.unit(rates[0]), interval, words("heading.n")]
    columns = [
        Column(words("ladder.heading", scores=words.scores(rates[0]["intent"]))),
        *parts.number_columns(headings),
        *(parts.number_columns([words("ladder.less"), interval]) if apart else []),
        Column(words("heading.note")),
    ]
    shown = [
        [
            Entry(words(f"ladder.{row['estimand']}")),
            parts.estimate(row, words),
            parts.limits(row, words),
            parts.behind(row, "n", words),
            *(_less(apart.get(row["estimand"]), words) if apart else []),
            parts.note(row, words),
        ]
        for row in rates
    ]
    return parts.without_empty(columns, shown, words("heading.note"))


def _less(row: Row | None, words: Words) -> list[Entry]:
    """Return how far a rung lies from what people say they did."""
    if row is None or row["estimate"] is None:
        return [Entry(NONE), Entry(NONE)]
    return parts.compared(row, words)
