"""A series over time: what each movement could have been, and what the series shows as a whole."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from advocacy.estimation import Estimates
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.estimand import Unit as EstimandUnit
from advocacy.report.contents import parts
from advocacy.report.contents.movement.net import base_columns, base_entries
from advocacy.report.document import Block, Column, Document, Entry, Heading, Label, Note, Table
from advocacy.report.wording import ENGLISH, NONE, Row, Words, scale_of, unit

_PARTS = ("mix_part", "rate_part", "outside")


def track(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return the measures beside each other, then a table of each with its movements."""
    rows = parts.rows_of(result)
    period = period_of(result)
    series = [row for row in rows if row["quantity"] == "series"]
    body: list[Block] = []
    if series:
        body += [
            Heading(words("track.beside"), level=2),
            _beside(series, result, period, words),
            Note(words("track.note.beside")),
        ]
    for key, own in _by_series(rows, result, period):
        body.append(Heading(title(key, result, period, words), level=2))
        body.append(_movements(own, period, words))
        split = [row for row in own if row["quantity"] in _PARTS]
        if split:
            body += [_split(own, split, period, words)]
        body += [Note(text) for text in _said(own, words)]
    body.append(Note(words("track.note.movement")))
    if any(row["quantity"] in _PARTS for row in rows):
        body.append(Note(words("track.note.parts")))
    if isinstance(result, Comparison):
        body += [Note(words.said(note)) for note in result.notes]
    first = rows[0]
    measure = words("track.measure", level=words.confidence(first["conf_level"]))
    label = Label(words("track.rungs"), words.target(first), measure, words.kind(first))
    return parts.document(result, words("track.question"), label, body, words)


def period_of(result: Estimates) -> str:
    """Return the period that a series is by; it stands last of the segments."""
    return result.by[-1]


def name_of(row: Row, words: Words) -> str:
    """Return what a measure is called."""
    scores = words.scores(row["intent"]) if row["intent"] else ""
    return words(f"track.{row['estimand']}", scores=scores)


def title(key: tuple[Any, ...], result: Estimates, period: str, words: Words) -> str:
    """Return the heading of a series: its measure, and its crossing where there is one."""
    (_, name), *levels = key
    others = [segment for segment in result.by if segment != period]
    named = [words.level(*pair) for pair in zip(others, levels, strict=True)]
    return " · ".join([name, *named])


def change(value: float | None, row: Row, words: Words) -> Entry:
    """Return a difference in the unit of its measure, with its sign."""
    scored = unit(row) is EstimandUnit.SCORE
    text = words.signed(value, 2 if scored else 1, scale_of(row))
    return Entry(text, value, "score" if scored else "points")


def _size(value: float | None, row: Row, words: Words) -> Entry:
    """Return a size, which has no sign, in the unit of its measure."""
    scored = unit(row) is EstimandUnit.SCORE
    text = NONE if value is None else words.number(scale_of(row) * value, 2 if scored else 1)
    return Entry(text, value, "score" if scored else "points")


def _by_series(
    rows: list[Row], result: Estimates, period: str
) -> list[tuple[tuple[Any, ...], list[Row]]]:
    others = [name for name in result.by if name != period]

    def key(row: Row) -> tuple[Any, ...]:
        return ((row["estimand"], name_of(row, ENGLISH)), *(row[name] for name in others))

    places = list(dict.fromkeys(map(key, rows)))
    ordered = sorted(rows, key=lambda row: places.index(key(row)))
    return [(name, list(own)) for name, own in groupby(ordered, key)]


def _beside(series: list[Row], result: Estimates, period: str, words: Words) -> Table:
    """Return a row a measure: its noise, what was found beyond it, and how they compare."""
    others = [name for name in result.by if name != period]
    columns = [
        *parts.segment_columns(others, words),
        Column(words("track.series")),
        *parts.number_columns(
            [
                words("track.p_series"),
                words("track.sampling_sd"),
                words("track.between_sd"),
                words("track.noise_per_signal"),
                words("track.any_false_alarm"),
            ]
        ),
    ]
    shown = [
        [
            *parts.level_entries(row, others, words),
            Entry(name_of(row, words)),
            parts.p_value(row, words),
            _size(row["sampling_sd"], row, words),
            _size(row["between_sd"], row, words),
            _per_signal(row, words),
            parts.proportion(row["any_false_alarm"], words),
        ]
        for row in series
    ]
    return parts.table(columns, shown)


def _per_signal(row: Row, words: Words) -> Entry:
    value = row["noise_per_signal"]
    return Entry(words("track.no_signal")) if value is None else parts.ratio(value, words)


def _movements(rows: list[Row], period: str, words: Words) -> Table:
    """Return a row a period: its value, and the movement to it."""
    levels = [row for row in rows if row["quantity"] == "level"]
    moved = {row[period]: row for row in rows if row["quantity"] == "movement"}
    columns = [
        Column(words.heading(period)),
        *parts.number_columns([words.unit(levels[0]), parts.interval_heading(levels[0], words)]),
        *base_columns(words),
        *parts.number_columns([words("track.moved_by"), words("track.smallest"), words("track.p")]),
        Column(words("track.verdict")),
    ]
    shown = []
    for row in levels:
        own = moved.get(row[period])
        entries = [
            Entry(str(row[period])),
            parts.estimate(row, words),
            parts.limits(row, words),
            *base_entries(row, words),
        ]
        if own is None:
            entries += [Entry(NONE), Entry(NONE), Entry(NONE), Entry("")]
        else:
            entries += [
                change(own["estimate"], own, words),
                _size(own["smallest_change"], own, words),
                parts.p_value(own, words),
                Entry(words(f"track.verdicts.{own['verdict']}")),
            ]
        shown.append(entries)
    return parts.table(columns, shown)


def _split(rows: list[Row], split: list[Row], period: str, words: Words) -> Table:
    """Return a row a movement: what of it is of the mix, and between what the rest lies."""
    by_period: dict[Any, dict[str, Row]] = {}
    for row in split:
        by_period.setdefault(row[period], {})[row["quantity"]] = row
    columns = [
        Column(words("track.movement")),
        *parts.number_columns(
            [
                words("track.moved_by"),
                words("track.mix_part"),
                words("track.outside"),
                words("track.rate_part"),
                parts.interval_heading(split[0], words),
            ]
        ),
    ]
    shown = []
    for row in rows:
        own = by_period.get(row[period])
        if row["quantity"] != "movement" or own is None:
            continue
        rest = own["rate_part"]
        shown.append(
            [
                Entry(words("track.from_to", before=row["reference"], after=row[period])),
                change(row["estimate"], row, words),
                change(own["mix_part"]["estimate"], row, words),
                change(own["outside"]["estimate"], row, words) if "outside" in own else Entry(""),
                *parts.compared(rest, words),
            ]
        )
    return parts.table(columns, shown)


def _said(rows: list[Row], words: Words) -> list[str]:
    """Say of a series in words whether it moved at all, and how often noise alone looks so."""
    found = []
    for row in rows:
        if row["quantity"] != "series" or row["p_value"] is None:
            continue
        called = row["p_value"] < 0.05
        found.append(
            words(
                f"track.said.{'moved' if called else 'noise'}",
                p=words.p_equals(row["p_value"]),
                alarm=words.percent(row["any_false_alarm"]),
            )
        )
    return found
