"""Rates and other estimates of domains, a row each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advocacy.estimation import Estimates
from advocacy.estimation.estimands import INTENTS
from advocacy.report.contents import parts
from advocacy.report.document import Block, Column, Document, Entry, Note, Table
from advocacy.report.wording import ENGLISH, Row, Words

# Rates of other scores by heading and domain.
Beside = dict[str, dict[tuple[Any, ...], Entry]]

# What stands behind an estimate, and how readily a narrow terminal spares its column.
_BEHIND = {"n": 0, "n_eff": 1, "df": 2}


def rates(
    result: Estimates, words: Words = ENGLISH, baselines: Estimates | None = None
) -> Document:
    """Return a row a domain: estimate, interval, and what is behind it.

    Parameters
    ----------
    result
        What to show.
    words
        The language.
    baselines
        What `lift` gave for the same crossing; its rates of other scores stand beside.
    """
    rows = parts.rows_of(result)
    first = rows[0]
    others = _beside(result, baselines, words)
    label = parts.label(first, words, words.intervals(first))
    body: list[Block] = [_table(result, rows, others, words)]
    if others:
        body.insert(0, Note(words("estimates.beside", scores=_listed(list(others), words))))
    return parts.document(result, words.question(first), label, body, words)


def _table(result: Estimates, rows: Sequence[Row], others: Beside, words: Words) -> Table:
    first = rows[0]
    # What does not apply to an estimand, such as its effective n, has no column.
    behind = [name for name in _BEHIND if any(row[name] is not None for row in rows)]
    columns = [
        *parts.segment_columns(result.by, words),
        *parts.number_columns([words.unit(first), parts.interval_heading(first, words), *others]),
        *(Column(words(f"heading.{name}"), "right", spared=_BEHIND[name]) for name in behind),
        Column(words("heading.note")),
    ]
    shown = []
    for row in rows:
        domain = tuple(row[name] for name in result.by)
        shown.append(
            [
                *parts.level_entries(row, result.by, words),
                parts.estimate(row, words),
                parts.limits(row, words),
                *(own.get(domain, Entry("–")) for own in others.values()),
                *(parts.behind(row, name, words) for name in behind),
                parts.note(row, words),
            ]
        )
    if result.by == ("country",):
        shown.sort(key=lambda entries: entries[0].text)  # by name, not by code
    return parts.without_empty(columns, shown, words("heading.note"))


def _beside(result: Estimates, baselines: Estimates | None, words: Words) -> Beside:
    """Return the rates of other scores by heading and domain."""
    intent = parts.first_row(result)["intent"]
    by_scores: Beside = {}
    for row in parts.rows_of(baselines) if baselines else ():
        if row["reference"] is None and row["intent"] != intent:
            of_scores = by_scores.setdefault(_scores(row["intent"]), {})
            of_scores[tuple(row[name] for name in result.by)] = parts.estimate(row, words)
    return by_scores


def _scores(intent: str) -> str:
    """Write a run of scores, such as 0–6."""
    scores = INTENTS[intent].scores
    return f"{scores[0]}–{scores[-1]}"


def _listed(names: list[str], words: Words) -> str:
    """Write names as a list."""
    if len(names) == 1:
        return names[0]
    return words("estimates.and", first=", ".join(names[:-1]), last=names[-1])
