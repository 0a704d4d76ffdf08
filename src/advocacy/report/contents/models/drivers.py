"""Drivers: which go furthest with an outcome, whether items hang together, how many are enough."""

from __future__ import annotations

from advocacy.estimation import Estimates
from advocacy.estimation.estimand import Unit
from advocacy.report.contents import parts
from advocacy.report.contents.untested import untested
from advocacy.report.document import Block, Column, Document, Entry, Label, Note, Paragraph, Table
from advocacy.report.document import Unit as DocumentUnit
from advocacy.report.wording import ENGLISH, NONE, Row, Words, scale_of, unit

# Rungs whose outcome came before the interview.
_BEFORE = ("retrospective", "verified_past")


def drivers(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return the priority table: importance, present level, and how sure both are."""
    rows = parts.rows_of(result)
    body: list[Block] = [_base(rows[0], words), *priorities(rows, words), *how_sure(rows, words)]
    return parts.document(result, title(rows[0], words), _label(rows[0], words), body, words)


def title(row: Row, words: Words) -> str:
    """Return what goes with what: characteristics, which are asked today, with the outcome."""
    return words("drivers.title", outcome=words(f"outcome.{row['estimand']}"))


def priorities(rows: list[Row], words: Words) -> list[Block]:
    """Return how much all explain, and a row a driver: its rank, level, room and priority."""
    first = [row for row in rows if row["rank_low"] == 1]
    named = ", ".join(words.heading(row["driver"]) for row in first)
    explained = words.percent(rows[0]["explained"] - rows[0]["beside"])
    said = words("drivers.explained", explained=explained)
    if first:
        key = "drivers.first" if len(first) == 1 else "drivers.may_be_first"
        said = f"{said} {words(key, names=named)}"
    headings = [words(f"drivers.{name}") for name in ("rank", "level", "room", "priority")]
    columns = (Column(words("drivers.driver")), *parts.number_columns(headings))
    shown = tuple(
        (
            Entry(words.heading(row["driver"])),
            _ranks(row["rank"], row["rank_low"], row["rank_high"], words),
            Entry(_level(row, words), row["level"], "score"),
            parts.proportion(row["room"], words),
            _ranks(None, row["priority_low"], row["priority_high"], words),
        )
        for row in rows
    )
    return [Paragraph(said), Table(columns, shown)]


def how_sure(rows: list[Row], words: Words) -> list[Block]:
    """Return shares and effects with their intervals, and how to read them."""
    interval = parts.interval_heading(rows[0], words)
    columns = (
        Column(words("drivers.driver")),
        *parts.number_columns(
            [
                words("drivers.share"),
                interval,
                words("drivers.effect"),
                interval,
                words("drivers.e_value"),
            ]
        ),
    )
    shown = tuple(
        (
            Entry(words.heading(row["driver"])),
            *_share(row, words),
            *_effect(row, words),
            _e_value(row, words),
        )
        for row in rows
    )
    return [Table(columns, shown), *_notes(rows[0], words)]


def _share(row: Row, words: Words) -> tuple[Entry, Entry]:
    limits = parts.proportion_limits(row["share_low"], row["share_high"], words)
    return parts.proportion(row["share"], words), limits


def _effect(row: Row, words: Words) -> tuple[Entry, Entry]:
    scored = unit(row) is Unit.SCORE
    named: DocumentUnit = "score" if scored else "points"

    def written(value: float | None) -> str:
        return words.signed(value, 2 if scored else 1, scale_of(row))

    both = None if row["effect_low"] is None else (row["effect_low"], row["effect_high"])
    between = words.between(*map(written, both)) if both else NONE
    return Entry(written(row["effect"]), row["effect"], named), Entry(between, both, named)


def _ranks(own: int | None, low: int | None, high: int | None, words: Words) -> Entry:
    """Write a rank with those that it may have."""
    if low is None or high is None:
        return Entry(NONE if own is None else words.count(own), own, "count")
    between = words.count(low)
    if low != high:
        between = words.between(between, words.count(high))
    if own is None:
        return Entry(between, (low, high), "count")
    return Entry(words("drivers.ranked", rank=words.count(own), between=between), own, "count")


def _level(row: Row, words: Words) -> str:
    level = words.number(row["level"], 1)
    if row["scale_low"] is None:
        return level
    low, high = (words.number(row[name], 0) for name in ("scale_low", "scale_high"))
    return words("drivers.on_scale", level=level, low=low, high=high)


def _e_value(row: Row, words: Words) -> Entry:
    if row["e_value_limit"] is None:
        return parts.ratio(row["e_value"], words)
    text = words(
        "drivers.e_values",
        value=words.ratio(row["e_value"]),
        limit=words.ratio(row["e_value_limit"]),
    )
    return Entry(text, row["e_value"], "ratio")


def _notes(row: Row, words: Words) -> list[Block]:
    """Return how to read the table, and what it does not say."""
    sentences = [words(f"drivers.note_{row['quantity']}"), words("drivers.note")]
    if row["rung"] in _BEFORE:
        sentences.append(words("drivers.order"))
    found: list[Block] = [Note(" ".join(sentences))]
    if row["rank_low"] is None:
        found.append(Note(words("drivers.untested")))
    return found


def _base(row: Row, words: Words) -> Note:
    return Note(words("regression.outcome_and_base", question=words.question(row)))


def _label(row: Row, words: Words) -> Label:
    known = {"ratings": words.count(row["n"]), "df": words.count(row["df"])}
    basis = (
        words("regression.basis_mean", **known)
        if row["n_numerator"] is None
        else words("regression.basis", hits=words.count(row["n_numerator"]), **known)
    )
    return Label(words.rung(row), words.target(row), basis, words.kind(row))


def reliability(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return how well items hang together, and without each of them."""
    rows = parts.rows_of(result)
    columns = [
        Column(words("drivers.scale")),
        *parts.number_columns(
            [words("drivers.coefficient"), parts.interval_heading(rows[0], words)]
        ),
    ]
    shown = tuple(
        (
            Entry(
                words(f"drivers.{row['quantity']}")
                if row["item"] is None
                else words("drivers.alpha_without", item=words.heading(row["item"]))
            ),
            parts.ratio(row["estimate"], words),
            _between(row, words),
        )
        for row in rows
    )
    scale = Table(tuple(columns), shown)
    body: list[Block] = [_base(rows[0], words), scale, Note(words("drivers.note_scale"))]
    return parts.document(
        result, words("drivers.hang_together"), _label(rows[0], words), body, words
    )


def _between(row: Row, words: Words) -> Entry:
    both = parts.ends(row)
    return Entry(words.between(*map(words.ratio, both)) if both else NONE, both, "ratio")


def dose_response(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return what is predicted at each dose, and whether the first ones go further."""
    rows = parts.rows_of(result)
    predicted = [row for row in rows if row["quantity"] == "predicted"]
    steps = [row for row in rows if row["quantity"] == "step"]
    interval = parts.interval_heading(rows[0], words)
    at = Table(
        (Column(words("drivers.dose")), *parts.number_columns([words.unit(rows[0]), interval])),
        tuple(
            (Entry(row["dose"]), parts.estimate(row, words), parts.limits(row, words))
            for row in predicted
        ),
    )
    after = Table(
        (
            Column(words("drivers.step")),
            *parts.number_columns([words("drivers.gain"), interval, words("heading.p")]),
        ),
        tuple(
            (
                Entry(words("drivers.after", dose=row["dose"])),
                *parts.compared(row, words),
                parts.p_value(row, words),
            )
            for row in steps
        ),
    )
    sentences = [words("drivers.note_dose")]
    if rows[0]["rung"] in _BEFORE:
        sentences.append(words("drivers.order"))
    note = Note(" ".join(sentences))
    body: list[Block] = [_base(rows[0], words), at, after, note, *untested(steps, words)]
    heading = words("drivers.how_many", outcome=words(f"outcome.{rows[0]['estimand']}"))
    return parts.document(result, heading, _label(rows[0], words), body, words)
