"""Before and after a change of the journey, beside those who did not have it."""

from __future__ import annotations

from advocacy.estimation import Estimates
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.report.contents import parts
from advocacy.report.contents.movement.track import name_of
from advocacy.report.document import Block, Column, Document, Entry, Heading, Note, Table
from advocacy.report.wording import ENGLISH, NONE, Row, Words

# Which column counts the programmes of a group.
_PROGRAMMES = {"treated": "treated_programmes", "others": "other_programmes"}


def change(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return the four means, the effect, and each period against the last before the change."""
    rows = parts.rows_of(result)
    means = [row for row in rows if row["quantity"] == "mean"]
    effect = next(row for row in rows if row["quantity"] == "effect")
    events = [row for row in rows if row["quantity"] == "event"]
    body: list[Block] = [_means(means, words), _effects([effect], result, words)]
    body.append(Note(words("change.note.effect")))
    if effect["sets"] is not None:
        sets = words.count(effect["sets"])
        body.append(Note(words("change.randomised", sets=sets)))
    if events:
        body.append(Heading(words("change.events"), level=2))
        body.append(_effects(events, result, words))
        body.append(Note(words("change.note.events", last=events[0]["reference"])))
    if effect["alike_p"] is not None:
        body.append(Note(words("change.alike", p=words.p_equals(effect["alike_p"]))))
    if isinstance(result, Comparison):
        body += [Note(words.said(note)) for note in result.notes]
    measure = words("change.measure", level=words.confidence(means[0]["conf_level"]))
    label = parts.label(means[0], words, measure)
    question = words("change.question", measure=name_of(effect, words))
    return parts.document(result, question, label, body, words)


def _means(rows: list[Row], words: Words) -> Table:
    columns = [
        Column(words("change.who")),
        Column(words("change.when")),
        *parts.number_columns([words.unit(rows[0]), parts.interval_heading(rows[0], words)]),
        Column(words("heading.n"), "right"),
        Column(words("change.programmes"), "right"),
        Column(words("heading.note")),
    ]
    shown = [
        [
            Entry(words(f"change.{row['group']}")),
            Entry(words(f"change.{row['side']}")),
            parts.estimate(row, words),
            parts.limits(row, words),
            parts.behind(row, "n", words),
            parts.count(row[_PROGRAMMES[row["group"]]], words),
            parts.note(row, words),
        ]
        for row in rows
    ]
    return parts.without_empty(columns, shown, words("heading.note"))


def _effects(rows: list[Row], result: Estimates, words: Words) -> Table:
    period = result.by[-1]
    columns = [
        Column(words("change.difference")),
        *parts.number_columns(
            [
                words.points(rows[0]),
                parts.interval_heading(rows[0], words),
                words("change.std_error"),
                words("heading.p"),
                words("heading.n"),
            ]
        ),
    ]
    shown = []
    for row in rows:
        name = words("change.effect") if row["quantity"] == "effect" else str(row[period])
        std_error = row["std_error"]
        in_unit = {**row, "estimate": std_error, "conf_low": None, "conf_high": None}
        error = parts.estimate(in_unit, words) if std_error is not None else Entry(NONE)
        shown.append(
            [
                Entry(name),
                *parts.compared(row, words),
                error,
                parts.p_value(row, words),
                parts.behind(row, "n", words),
            ]
        )
    return parts.table(columns, shown)
