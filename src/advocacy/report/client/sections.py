"""What a report says beyond the rate: scores, groups, net scores, choices, and rungs."""

from __future__ import annotations

from collections.abc import Iterator

from advocacy.estimation import Estimates
from advocacy.estimation.estimand import Unit
from advocacy.estimation.overview import MOST_LEVELS, Overview, smallest_change
from advocacy.report.client.charts import rates_chart
from advocacy.report.contents import parts
from advocacy.report.contents.estimates import rates
from advocacy.report.contents.ladder import ladder
from advocacy.report.contents.robustness.scenarios import scenarios
from advocacy.report.document import (
    Block,
    Column,
    Document,
    Entry,
    Heading,
    Note,
    Paragraph,
    Table,
)
from advocacy.report.wording import Row, Words, scale_of, unit
from advocacy.robustness.scenarios import Scenarios

_NO_TITLE = 3  # heading level of a group
# What a file lacks for a threat to be judged, in words for its reader.
_LACKING = {
    "robustness.lacking_misreport": "client.robustness.lacking_misreport",
    "robustness.lacking_recall": "client.robustness.lacking_recall",
    "robustness.no_contacts": "client.robustness.no_contacts",
}


def score_curve(found: Overview, words: Words) -> Document:
    """Return the rate at each score."""
    if found.by_score is None:
        return Document(())
    chart = rates_chart(
        parts.rows_of(found.by_score),
        lambda row: str(row["score"]),
        words("client.curve.title"),
        "client.curve.alternative",
        words("client.curve.series"),
        words,
        "line",
    )
    return Document(
        (
            Heading(words("client.curve.heading"), 2),
            Paragraph(words("client.curve.text")),
            chart,
            *rates(found.by_score, words=words).tables(),
            *_flags([found.by_score], words),
        )
    )


def groups(found: Overview, words: Words) -> Document:
    """Return the rate in each group, with its flag."""
    if not found.by_segment and not found.too_many:
        return Document(())
    scores = words.scores("score_10")
    body: list[Block] = [
        Heading(words("client.segments.heading"), 2),
        Paragraph(words("client.segments.text", scores=scores)),
    ]
    for result in found.by_segment:
        body += _group(result, scores, words)
    if found.too_many:
        named = (
            words("client.segments.segment", segment=words.heading(name), levels=words.count(n))
            for name, n in found.too_many
        )
        said = words("client.segments.too_many", most=MOST_LEVELS, segments=", ".join(named))
        body.append(Note(said))
    return Document((*body, *_flags(found.by_segment, words)))


def _group(result: Estimates, scores: str, words: Words) -> Iterator[Block]:
    (name,) = result.by
    segment = words.heading(name)
    yield Heading(segment[:1].upper() + segment[1:], _NO_TITLE)
    rows = parts.rows_of(result)
    if name == "country":
        rows.sort(key=lambda row: words.level(name, row[name]))  # by name, as in the table
    yield rates_chart(
        rows,
        lambda row: words.level(name, row[name]),
        words("client.segments.title", segment=segment, scores=scores),
        "client.segments.alternative",
        words("client.chart_series"),
        words,
        segment=segment,
    )
    yield from rates(result, words=words).tables()


def _flags(results: list[Estimates] | tuple[Estimates, ...], words: Words) -> Iterator[Note]:
    """Yield what flags mean, where there is one."""
    flagged = {row["reliability"] for result in results for row in parts.rows_of(result)}
    if flagged & {"review", "suppress", "complement"}:
        yield Note(words("client.segments.flags"))


def net_scores(found: Overview, words: Words) -> Document:
    """Return balances and means of all who answer, and what would be a change of each."""
    if not found.net:
        return Document(())
    rows = [row for result in found.net for row in parts.rows_of(result)]
    columns = (
        Column(words("client.net.measure")),
        *parts.number_columns(
            [
                words("client.net.value"),
                parts.interval_heading(rows[0], words),
                words("heading.n"),
                words("client.net.change"),
            ]
        ),
    )
    shown = tuple(_net(row, words) for row in rows)
    trademark = [Note(words("client.net.trademark"))] if _has(rows, "nps") else []
    return Document(
        (
            Heading(words("client.net.heading"), 2),
            Paragraph(words("client.net.text")),
            Table(columns, shown),
            *trademark,
        )
    )


def _has(rows: list[Row], estimand: str) -> bool:
    return any(row["estimand"] == estimand for row in rows)


def _net(row: Row, words: Words) -> tuple[Entry, ...]:
    decimals = 2 if unit(row) is Unit.SCORE else 1
    scale = scale_of(row)

    def written(value: float | None) -> str:
        return words.number(None if value is None else scale * value, decimals)

    estimate, limits = parts.estimate(row, words), parts.ends(row)
    between = words.between(*map(written, limits)) if limits else words.limits(row)
    error = row["std_error"]
    change = None if error is None else smallest_change(error)
    return (
        Entry(words(f"client.net.{row['estimand']}")),
        Entry(written(row["estimate"]), row["estimate"], estimate.unit),
        Entry(between, limits, estimate.unit),
        parts.count(row["n"], words),
        Entry(written(change), change, estimate.unit),
    )


def robustness(found: Overview, threats: Scenarios | None, words: Words) -> Document:
    """Return the rate under what may be wrong with it, then under other choices of ours."""
    chosen = _choices(found, words)
    made = _threats(threats, words) if threats else ()
    if not made and not chosen:
        return Document(())
    return Document((Heading(words("client.robustness.heading"), 2), *made, *chosen))


def _threats(threats: Scenarios, words: Words) -> Iterator[Block]:
    yield Paragraph(words("client.robustness.threats"))
    blocks = scenarios(threats, words).blocks
    yield from (block for block in blocks if isinstance(block, Paragraph | Table))
    yield Note(words("client.robustness.note"))
    # What is lacking is said for who reads a report, not for who made it of a command.
    yield from (
        Note(words(_LACKING[note.key]) if note.key in _LACKING else words.said(note))
        for note in threats.notes
    )


def _choices(found: Overview, words: Words) -> tuple[Block, ...]:
    """Return the reported rate, and the same with one choice made otherwise, a row each."""
    if len(found.variants) < 2:
        return ()
    named = [(v.name, parts.first_row(v.estimates)) for v in found.variants]
    reported = named[0][1]
    columns = (
        Column(words("client.robustness.choice")),
        *parts.number_columns(
            [
                words.unit(reported),
                parts.interval_heading(reported, words),
                words("heading.n"),
                words("client.robustness.less"),
            ]
        ),
        Column(words("heading.note")),
    )
    rows = [
        [
            Entry(words(f"client.robustness.{name}")),
            parts.estimate(row, words),
            parts.limits(row, words),
            parts.count(row["n"], words),
            _less(row, reported, words),
            parts.note(row, words),
        ]
        for name, row in named
    ]
    return (
        Heading(words("client.robustness.choices"), _NO_TITLE),
        Paragraph(words("client.robustness.text")),
        parts.without_empty(columns, rows, words("heading.note")),
    )


def _less(row: Row, reported: Row, words: Words) -> Entry:
    if row is reported:
        return Entry("")
    apart = row["estimate"] - reported["estimate"]
    return Entry(words.signed(apart, 1, 100), apart, "points")


def rungs(found: Overview, words: Words) -> Document:
    """Return the rungs beside each other, where there are several."""
    if found.ladder is None or len(found.ladder) < 2:
        return Document(())
    made = ladder(found.ladder, words)
    body = [b for b in made.blocks if isinstance(b, Table | Note)]
    return Document((Heading(words("client.ladder.heading"), 2), *body))
