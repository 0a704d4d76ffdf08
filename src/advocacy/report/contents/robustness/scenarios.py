"""A rate under several assumptions, and whether the statement holds under each."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from advocacy.estimation import Estimates
from advocacy.report.contents import parts
from advocacy.report.document import (
    Block,
    Column,
    Document,
    Entry,
    Heading,
    Label,
    Note,
    Paragraph,
    Table,
)
from advocacy.report.wording import ENGLISH, NONE, Row, Words
from advocacy.robustness.scenarios import Scenarios

PROFILE = "profile"


def scenarios(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return a table a domain, a row an assumption; then the profile of recall, and the notes."""
    rows = parts.rows_of(result)
    first = rows[0]
    body: list[Block] = []

    def key(row: Row) -> tuple[Any, ...]:
        return tuple(row[name] for name in result.by)

    # Rows of a domain lie apart where several analyses are put together.
    domains = list(dict.fromkeys(map(key, rows)))
    ordered = sorted(rows, key=lambda row: domains.index(key(row)))
    for levels, group in groupby(ordered, key):
        if result.by:
            named = zip(result.by, levels, strict=True)
            body.append(Heading(" · ".join(words.level(*one) for one in named), level=2))
        own = list(group)
        supposed = [row for row in own if row["assumption"] != PROFILE]
        body += [Paragraph(statement(own[0], words)), _table(supposed, words)]
        profile = [row for row in own if row["assumption"] == PROFILE]
        if profile:
            body.append(_profile(profile, words))
    body.append(Note(words("robustness.note")))
    # What is read from a file has no notes.
    notes = result.notes if isinstance(result, Scenarios) else ()
    body += [Note(words.said(note)) for note in notes]
    asked = words.question(first)
    question = words("robustness.question", question=asked)
    label = Label(words.rung(first), words.target(first), "", words.kind(first))
    return parts.document(result, question, label, body, words)


def statement(row: Row, words: Words) -> str:
    """Return what is stated: on which side of the line the rate is."""
    return words(f"robustness.stated.{row['side']}", line=words.percent(row["line"]))


def assumption(row: Row, words: Words) -> str:
    """Return what a row supposes, in words."""
    given = {
        "rate": words.whole_per_cent(row["response_rate"]) if row["response_rate"] else "",
        "sensitivity": words.percent(row["sensitivity"]),
        "specificity": words.percent(row["specificity"]),
        "parameter": "" if row["parameter"] is None else words.shortest(row["parameter"]),
    }
    return words(f"robustness.assumption.{row['assumption']}", **given)


def fails_at(row: Row, words: Words) -> str:
    """Return the value at which the rate is on the line; a dash where no value puts it there."""
    if row["fails_of"] is None:
        return ""
    if row["fails_at"] is None:
        return NONE
    odds = row["fails_of"] == "odds_ratio"
    value = words.ratio(row["fails_at"]) if odds else words.percent(row["fails_at"])
    return words(f"robustness.at.{row['fails_of']}", value=value)


def _table(rows: list[Row], words: Words) -> Table:
    interval = parts.interval_heading(rows[0], words)
    columns = [
        Column(words("robustness.supposed")),
        *parts.number_columns([words.unit(rows[0]), interval]),
        Column(words("robustness.statement")),
        Column(words("robustness.fails_at")),
    ]
    shown = [
        [
            Entry(assumption(row, words)),
            _rate(row, words),
            parts.limits(row, words),
            Entry(words(f"robustness.verdict.{row['verdict']}")),
            Entry(fails_at(row, words)),
        ]
        for row in rows
    ]
    return parts.table(columns, shown)


def _rate(row: Row, words: Words) -> Entry:
    """Return the rate, or between what it lies."""
    if row["low"] is not None and row["low"] != row["high"]:
        return parts.proportion_limits(row["low"], row["high"], words)
    return parts.proportion(row["low"], words)


def _profile(rows: list[Row], words: Words) -> Table:
    headings = [words("robustness.month"), words("robustness.of_those"), words("heading.n")]
    shown = [
        [
            parts.count(row["parameter"], words),
            parts.estimate(row, words),
            parts.count(row["n_numerator"], words),
        ]
        for row in rows
    ]
    return parts.table(parts.number_columns(headings), shown)
