"""Published figures, a table a quantity, and what a synthesis of some gives."""

from __future__ import annotations

from advocacy.estimation import Estimates
from advocacy.evidence.published import is_drawn
from advocacy.evidence.schema import OTHER, PER_CENT, QUANTITIES
from advocacy.report.contents import parts
from advocacy.report.document import (
    Block,
    Column,
    Document,
    Entry,
    Heading,
    Items,
    Label,
    Note,
    Table,
)
from advocacy.report.wording import ENGLISH, MINUS, NONE, PERCENT, Row, Words


def figures(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return the figures that stand beside others, by quantity, and below them the context."""
    rows = parts.rows_of(result)
    body: list[Block] = []
    for quantity in (*QUANTITIES, OTHER):
        own = [row for row in rows if row["quantity"] == quantity and is_drawn(row)]
        if own:
            body += [Heading(title(quantity, words), 2), _table(own, words)]
    if not all(map(is_drawn, rows)):
        body += [Heading(words("published.context"), 2), *context(result, words).blocks]
    face = Label(words("published.face"))

    return Document(
        (Heading(words("published.question")), face, *body, Note(words("published.note")))
    )


def context(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return the figures that stand beside no others, each with the reason."""
    rows = [row for row in parts.rows_of(result) if not is_drawn(row)]
    return Document((Items(tuple(_said(row, words) for row in rows)),))


def title(quantity: str, words: Words) -> str:
    """Return what a quantity is called."""
    return words(f"published.quantities.{quantity}")


def value(row: Row, words: Words) -> str:
    """Write a figure as it was published: a value or a range, in its unit, without the unit."""
    if row["low"] is None:
        return NONE
    sign = "+" if row["unit"] == "change" else ""

    def written(number: float) -> str:
        text = words.shortest(number).replace("-", MINUS)
        return f"{sign}{text}" if number > 0 else text

    if row["low"] == row["high"]:
        return written(row["low"])
    return words.between(written(row["low"]), written(row["high"]))


def window(row: Row, words: Words) -> str:
    """Write the months within which the behaviour lies; a dash where they were not seen."""
    months = row["window_months"]
    return NONE if months is None else words.shortest(months)


def base_of(row: Row, words: Words) -> str:
    """Return the base of a figure, and of other quantities what it is a share of too."""
    if row["quantity"] != OTHER:
        return str(row["base"])
    return words("published.of", what=row["what"], base=row["base"])


def label(row: Row) -> str:
    """Return whose figure it is, and of which year where that was seen."""
    year = "" if row["year"] is None or str(row["year"]) in row["label"] else f" {row['year']}"
    return f"{row['label']}{year}"


def _table(rows: list[Row], words: Words) -> Table:
    columns = [
        Column(words("published.figure")),
        Column(words("published.base")),
        *parts.number_columns(
            [words("published.window"), words("published.n_of_base"), words("published.value")]
        ),
        Column(words("published.trap"), spared=1),
    ]
    entries = [
        (
            Entry(label(row)),
            Entry(base_of(row, words)),
            Entry(window(row, words), row["window_months"], "count"),
            parts.count(row["n"], words),
            _value_entry(row, words),
            Entry(row["why"]),
        )
        for row in rows
    ]
    return Table(tuple(columns), tuple(entries))


def _value_entry(row: Row, words: Words) -> Entry:
    low, high = row["low"] / 100, row["high"] / 100
    return Entry(value(row, words), low if low == high else (low, high), "per cent")


def _said(row: Row, words: Words) -> str:
    said = "" if row["low"] is None else f": {value(row, words)}"
    unit = PERCENT if row["unit"] in (PER_CENT, "change") and said else ""
    return f"{label(row)}, {row['base']}. {row['what']}{said}{unit}. {row['why']}"


def synthesis(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return the mean of a synthesis, what is to be expected of one more, and heterogeneity."""
    (row,) = parts.rows_of(result)
    level = words.confidence(row["conf_level"])
    headings = [
        words("synthesis.figures"),
        words("synthesis.mean"),
        words("synthesis.interval", level=level),
        words("synthesis.prediction", level=level),
        words("synthesis.between"),
        words("synthesis.share"),
        words("synthesis.heterogeneity"),
        words("synthesis.p"),
    ]
    entries = (
        parts.count(row["figures"], words),
        parts.proportion(row["estimate"], words),
        parts.proportion_limits(row["conf_low"], row["conf_high"], words),
        parts.proportion_limits(row["prediction_low"], row["prediction_high"], words),
        parts.ratio(row["tau2"], words),
        parts.proportion(row["i2"], words),
        parts.ratio(row["q"], words),
        Entry(words.p_value(row["q_p"]), row["q_p"], "p"),
    )
    question = words("synthesis.question", quantity=title(row["quantity"], words))
    return Document(
        (
            Heading(question),
            Label(words("published.face"), measure=words("synthesis.measure")),
            Table(tuple(parts.number_columns(headings)), (entries,)),
            Note(words("synthesis.note")),
        )
    )
