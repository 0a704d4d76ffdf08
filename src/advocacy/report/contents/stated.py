"""The likelihood that each score states, beside the rate of those who give it."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from advocacy.estimation import Estimates
from advocacy.report.contents import parts
from advocacy.report.document import Block, Column, Document, Entry, Heading, Paragraph, Table
from advocacy.report.wording import ENGLISH, NONE, Row, Words


def stated_likelihood(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return a table for each curve, and how far it lies from what is stated."""
    rows = parts.rows_of(result)
    segments = [name for name in result.by if name != "score"]
    body: list[Block] = []
    for key, group in groupby(rows, lambda row: tuple(row[name] for name in segments)):
        of_curve = list(group)
        if segments:
            names = zip(segments, key, strict=True)
            body.append(Heading(" · ".join(words.level(*pair) for pair in names), level=2))
        body.append(_rates([row for row in of_curve if row["quantity"] == "rate"], words))
        body += _distances({row["quantity"]: row for row in of_curve}, words)
    first = rows[0]
    label = parts.label(first, words, words.intervals(first))
    return parts.document(result, words.question(first), label, body, words)


def _rates(rows: list[Row], words: Words) -> Table:
    interval = parts.interval_heading(rows[0], words)
    headings = ["score", "n", "stated", "per_cent", "interval", "gap", "gap_interval"]
    named = {name: words(f"heading.{name}") for name in headings if not name.endswith("interval")}
    named |= {"interval": interval, "gap_interval": interval}
    columns = [
        *parts.number_columns([named[name] for name in headings]),
        Column(words("heading.note")),
    ]
    return parts.without_empty(
        columns, [_entries(row, words) for row in rows], words("heading.note")
    )


def _entries(row: Row, words: Words) -> list[Entry]:
    return [
        Entry(str(row["score"]), float(row["score"]), "score"),
        parts.behind(row, "n", words),
        parts.proportion(row["stated"], words),
        parts.estimate(row, words),
        parts.limits(row, words),
        *_gap(row, words),
        parts.note(row, words),
    ]


def _gap(row: Row, words: Words) -> list[Entry]:
    """Return how far the stated likelihood exceeds the rate; the interval is the rate's."""
    if row["estimate"] is None:
        return [Entry(NONE), Entry(NONE)]
    gap = row["stated"] - row["estimate"]
    shown = Entry(words.signed(gap, 1, 100), gap, "points")
    if row["conf_low"] is None:
        return [shown, Entry(NONE)]
    both = row["stated"] - row["conf_high"], row["stated"] - row["conf_low"]
    between = words.between(*(words.signed(end, 1, 100) for end in both))
    return [shown, Entry(between, both, "points")]


def _distances(rows: dict[str, Row], words: Words) -> list[Paragraph]:
    """Return the mean distance of a curve from what is stated, in a sentence."""
    distance, excess = rows.get("mean_distance"), rows.get("mean_excess")
    if not distance or not excess or distance["estimate"] is None:
        return []
    values = {"distance": _points(distance, words), "excess": _points(excess, words, signed=True)}
    return [Paragraph(words("stated.distance", **values))]


def _points(row: Row, words: Words, *, signed: bool = False) -> str:
    """Write a distance in percentage points, with its interval."""

    def written(value: Any) -> str:
        return words.number(100 * value, 1, sign=signed)

    if row["conf_low"] is None:
        return written(row["estimate"])
    limits = words("curve.limits", low=written(row["conf_low"]), high=written(row["conf_high"]))
    return written(row["estimate"]) + limits
