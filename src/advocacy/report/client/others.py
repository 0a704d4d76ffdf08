"""What a rate is held against: figures of others, and programmes of a study."""

from __future__ import annotations

from collections.abc import Iterator

from advocacy.estimation import Estimates
from advocacy.estimation.overview import Overview
from advocacy.estimation.pooling.standing import Standing
from advocacy.evidence.published import INTENDED, is_drawn, of_quantity, published_range
from advocacy.report.contents import parts
from advocacy.report.contents.evidence.published import figures
from advocacy.report.contents.expectation import answer, citation, rests_on
from advocacy.report.document import (
    Alert,
    Block,
    Column,
    Document,
    Entry,
    Heading,
    Note,
    Paragraph,
    Table,
)
from advocacy.report.wording import Row, Words

# Segments of a study that a client can name, and how.
_OPTIONS = {"sector": "--sector", "industry": "--industry", "country": "--country"}


def published(found: Overview, table: Estimates, words: Words) -> Document:
    """Return what others have published of who intended to recommend, and its traps.

    Parameters
    ----------
    table
        What `read_published` gave.
    """
    heading = Heading(words("client.others.heading"), 2)
    between = published_range(table, INTENDED)
    if between is None:
        return Document((heading, Paragraph(words("client.others.none"))))
    said = words(
        "client.others.range",
        figures=words.counted("figures", len(between.figures)),
        low=words.shortest(100 * between.low),
        high=words.shortest(100 * between.high),
    )
    own = of_quantity(table, INTENDED).table
    shown = Estimates(own.filter([is_drawn(row) for row in own.to_pylist()]), table.kind)
    return Document(
        (
            heading,
            Paragraph(said),
            *(Paragraph(_yours(row, words)) for row in _own_rate(found)),
            Note(words("client.others.traps")),
            *figures(shown, words).tables(),
        )
    )


def beside_a_study(found: Overview, standing: Standing, words: Words) -> Document:
    """Return the rates of programmes like the client's in a study, and where its own lies."""
    simulated = standing.simulated
    title = "client.standing.heading_simulated" if simulated else "client.standing.heading"
    expected = parts.rows_of(standing.expected)
    said = answer(expected, standing.reference, standing.where, None, words)
    rests = rests_on(expected[0], standing.reference, standing.where, words)
    return Document(
        (
            Heading(words(title), 2),
            *(_not_real(words) if simulated else ()),
            Paragraph(said),
            Paragraph(rests),
            _table(found, standing, words),
            *_lacking(standing, words),
            Note(words("client.standing.cite", citation=citation(standing.reference))),
        )
    )


def _not_real(words: Words) -> tuple[Block, ...]:
    return Alert(words("client.standing.simulated")), Paragraph(
        words("client.standing.simulated_text")
    )


def _own_rate(found: Overview) -> list[Row]:
    rows = parts.rows_of(found.rates) if found.rates else []
    return [r for r in rows if r["reference"] is None and r["intent"] == "score_10"]


def _yours(row: Row, words: Words) -> str:
    return words(
        "client.others.yours", rate=words.percent(row["estimate"]), limits=words.limits(row)
    )


def _table(found: Overview, standing: Standing, words: Words) -> Table:
    columns = (
        Column(words("client.standing.what")),
        *parts.number_columns([words("client.standing.value"), words("client.standing.interval")]),
        Column(words("client.standing.evidence")),
    )
    rows = [
        _row(words(f"client.standing.{name}"), row, words)
        for name, row in (*_own(found), *_of_study(standing))
    ]
    return Table(columns, tuple(rows))


def _own(found: Overview) -> Iterator[tuple[str, Row]]:
    yield from (("own", row) for row in _own_rate(found))


def _of_study(standing: Standing) -> Iterator[tuple[str, Row]]:
    prediction, mean = parts.rows_of(standing.expected)[:2]
    yield "mean", mean
    yield "next", prediction
    rows = parts.rows_of(standing.peers) if standing.peers else []
    own = {row["quantity"]: row for row in rows}
    if len(rows) == len(own):  # one programme
        names = (("pooled", "rate"), ("above", "above_peers"))
        yield from ((name, own[quantity]) for name, quantity in names if quantity in own)


def _row(name: str, row: Row, words: Words) -> tuple[Entry, ...]:
    simulated = row["source_kind"] == "simulated"
    said = words("benchmark.simulated") if simulated else words.kind(row)
    return (
        Entry(name),
        parts.proportion(row["estimate"], words),
        parts.proportion_limits(row["conf_low"], row["conf_high"], words),
        Entry(said),
    )


def _lacking(standing: Standing, words: Words) -> Iterator[Block]:
    if standing.lacking:
        segments = ", ".join(words.heading(name) for name in standing.lacking)
        options = ", ".join(_OPTIONS[name] for name in standing.lacking if name in _OPTIONS)
        yield Paragraph(words("client.standing.lacking", segments=segments, options=options))
