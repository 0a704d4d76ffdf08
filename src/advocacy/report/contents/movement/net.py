"""Net scores, each with its three shares, and who recommends beside who scores high."""

from __future__ import annotations

from typing import Any

from advocacy.estimation import Estimates
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.movement.net import NETS
from advocacy.report.contents import parts
from advocacy.report.document import Block, Column, Document, Entry, Heading, Label, Note, Table
from advocacy.report.wording import ENGLISH, Row, Words

SHARES = ("above", "between", "below")
# Which share of whom, each a row of its own.
_OVERLAPS = (
    ("true_advocates", "share"),
    ("promoter_share_of_recommenders", "no_promoter"),
    ("earned_advocacy", "both"),
)
# A crossing's rows by estimand and quantity.
_Rows = dict[tuple[str, str], Row]


def net(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return a table for each net score, a row a crossing, and one of who is in both."""
    rows = parts.rows_of(result)
    crossings: dict[tuple[Any, ...], _Rows] = {}
    for row in rows:
        key = tuple(row[name] for name in result.by)
        crossings.setdefault(key, {})[row["estimand"], row["quantity"]] = row
    body: list[Block] = []
    for name in NETS:
        of_net = [own for own in crossings.values() if (name, "balance") in own]
        if of_net:
            body += [
                Heading(words(f"net.{name}"), level=2),
                _table(name, of_net, result, words),
                Note(words(f"net.note.{name}")),
            ]
    overlaps = [
        (own, pair) for own in crossings.values() for pair in _OVERLAPS if own.get(pair) is not None
    ]
    if overlaps:
        shown = [own[pair] for own, pair in overlaps]
        body += [Heading(words("net.overlap"), level=2), _overlaps(shown, result, words)]
    body.append(Note(words("net.note.base")))
    if isinstance(result, Comparison):
        body += [Note(words.said(note)) for note in result.notes]
    first = rows[0]
    measure = words("net.measure", level=words.confidence(first["conf_level"]))
    label = Label(words("net.rungs"), words.target(first), measure, words.kind(first))
    return parts.document(result, words("net.question"), label, body, words)


def _table(name: str, crossings: list[_Rows], result: Estimates, words: Words) -> Table:
    first = crossings[0][name, "balance"]
    columns = [
        *parts.segment_columns(result.by, words),
        *parts.number_columns(
            [
                words.unit(first),
                parts.interval_heading(first, words),
                *(words(f"net.{name}_{share}") for share in SHARES),
            ]
        ),
        *base_columns(words),
        Column(words("heading.note")),
    ]
    shown = []
    for own in crossings:
        row = own[name, "balance"]
        shown.append(
            [
                *parts.level_entries(row, result.by, words),
                parts.estimate(row, words),
                parts.limits(row, words),
                *(parts.proportion(own[name, share]["estimate"], words) for share in SHARES),
                *base_entries(row, words),
                parts.note(row, words),
            ]
        )
    return parts.without_empty(columns, shown, words("heading.note"))


def _overlaps(rows: list[Row], result: Estimates, words: Words) -> Table:
    columns = [
        *parts.segment_columns(result.by, words),
        Column(words("net.who")),
        *parts.number_columns([words("heading.per_cent"), parts.interval_heading(rows[0], words)]),
        *base_columns(words),
        Column(words("heading.note")),
    ]
    shown = [
        [
            *parts.level_entries(row, result.by, words),
            Entry(_who(row, words)),
            parts.proportion(row["estimate"], words),
            parts.proportion_limits(row["conf_low"], row["conf_high"], words),
            *base_entries(row, words),
            parts.note(row, words),
        ]
        for row in rows
    ]
    return parts.without_empty(columns, shown, words("heading.note"))


def _who(row: Row, words: Words) -> str:
    if row["quantity"] == "share":
        return words("net.share", scores=words.scores(row["intent"]))
    return words(f"net.{row['quantity']}")


def base_columns(words: Words) -> list[Column]:
    """Return the columns of the base: ratings, their weight, and what they are worth."""
    return [
        Column(words("heading.n"), "right", spared=0),
        Column(words("net.weighted"), "right", spared=1),
        Column(words("heading.n_eff"), "right", spared=2),
    ]


def base_entries(row: Row, words: Words) -> list[Entry]:
    """Return the base of a row: ratings, their weight, and what they are worth."""
    return [
        parts.behind(row, "n", words),
        parts.count(row["weighted_n"], words),
        parts.behind(row, "n_eff", words),
    ]
