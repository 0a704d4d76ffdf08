"""Models: the odds ratio, slope, average effect or predicted margin of each characteristic."""

from __future__ import annotations

from advocacy.estimation import Estimates
from advocacy.estimation.models.terms import CONSTANT, MISSING, NUMBERS
from advocacy.report.contents import parts
from advocacy.report.contents.untested import untested
from advocacy.report.document import Block, Column, Document, Entry, Label, Note, Table
from advocacy.report.wording import ENGLISH, Row, Words

# Rungs whose outcome came before the interview.
_BEFORE = ("retrospective", "verified_past")


def odds_ratios(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return the odds ratios of a model, what it is about, and how to read them."""
    return _model(result, words, "odds_ratio", "note")


def slopes(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return the slopes of a linear model."""
    return _model(result, words, "slope", "note_slopes")


def effects(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return the average marginal effects of a model."""
    return _model(result, words, "average_effect", "note_effects")


def margins(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return what a model predicts at each level and value."""
    rows = parts.rows_of(result)
    columns = [
        Column(words("regression.characteristic")),
        *parts.number_columns([words.unit(rows[0]), parts.interval_heading(rows[0], words)]),
        Column(words("heading.note")),
    ]
    shown = [
        [
            Entry(at_level(row, words)),
            parts.estimate(row, words),
            parts.limits(row, words),
            parts.note(row, words),
        ]
        for row in rows
    ]
    table = parts.without_empty(columns, shown, words("heading.note"))
    return _document(result, rows[0], words, [table, _note(rows[0], words, "note_margins")])


def _model(result: Estimates, words: Words, quantity: str, note: str) -> Document:
    rows = shown_rows(result)
    table = _terms(rows, words, quantity)
    body: list[Block] = [table, _note(rows[0], words, note), *untested(rows, words)]
    return _document(result, rows[0], words, body)


def _document(result: Estimates, first: Row, words: Words, body: list[Block]) -> Document:
    """Return what a model is about, and its body."""
    known = {name: words.count(first[column]) for name, column in (("ratings", "n"), ("df", "df"))}
    basis = (
        words("regression.basis_mean", **known)
        if first["n_numerator"] is None
        else words("regression.basis", hits=words.count(first["n_numerator"]), **known)
    )
    label = Label(words.rung(first), words.target(first), basis, words.kind(first))
    base = Note(words("regression.outcome_and_base", question=words.question(first)))
    return parts.document(result, question(first, words), label, [base, *body], words)


def _note(first: Row, words: Words, note: str) -> Note:
    """Return how to read the numbers, and in which order outcome and characteristics were."""
    sentences = [words(f"regression.{note}")]
    if first["rung"] in _BEFORE:
        sentences.append(words("regression.order"))
    return Note(" ".join(sentences))


def shown_rows(result: Estimates) -> list[Row]:
    """Return the rows that are shown: no log odds beside odds ratios, and no intercept."""
    return [
        row
        for row in parts.rows_of(result)
        if row["quantity"] != "log_odds" and row["term"] != CONSTANT
    ]


def question(row: Row, words: Words) -> str:
    """Return what a model asks."""
    return words("regression.question", outcome=words(f"outcome.{row['estimand']}"))


def _terms(rows: list[Row], words: Words, quantity: str) -> Table:
    headings = [
        words(f"regression.{quantity}"),
        parts.interval_heading(rows[0], words),
        words("heading.p"),
    ]
    columns = [
        Column(words("regression.characteristic")),
        *parts.number_columns(headings),
        Column(words("heading.note")),
    ]
    shown = [
        [
            Entry(characteristic(row, words)),
            *parts.compared(row, words),
            parts.p_value(row, words),
            parts.note(row, words),
        ]
        for row in rows
    ]
    return parts.without_empty(columns, shown, words("heading.note"))


def characteristic(row: Row, words: Words) -> str:
    """Name a term: a level and what it is held against, or a number, one more of it."""
    term = _name(row["term"], words)
    if row["level"] is None:
        return words("regression.one_more", term=term)
    if row["term"] in NUMBERS and row["level"] == MISSING:
        return words("regression.missing", term=term)
    level, reference = (_levels(row["term"], row[name], words) for name in ("level", "reference"))
    return words("regression.against", term=term, level=level, reference=reference)


def at_level(row: Row, words: Words) -> str:
    """Name a level or a value that is predicted at."""
    return f"{_name(row['term'], words)}: {_levels(row['term'], row['level'], words)}"


def _name(term: str, words: Words) -> str:
    return " × ".join(words.heading(part) for part in term.split(":"))


def _levels(term: str, levels: str, words: Words) -> str:
    """Write the levels of a term, or of the two of a product that have some."""
    parted = [part for part in term.split(":") if part not in NUMBERS]
    own = levels.split(" × ")
    if len(parted) != len(own):
        return levels
    return " × ".join(words.level(part, level) for part, level in zip(parted, own, strict=True))
