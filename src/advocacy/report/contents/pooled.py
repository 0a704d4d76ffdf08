"""What a pooled model says: rates, ranks, shares of variance, programmes among their peers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from advocacy.estimation import Estimates
from advocacy.estimation.pooling.posterior import Posterior
from advocacy.estimation.pooling.predictions import METHOD
from advocacy.report.contents import parts
from advocacy.report.document import Column, Document, Entry, Heading, Label, Table
from advocacy.report.wording import ENGLISH, Row, Words


def pooled(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return a row an estimate, with what it is where that differs."""
    rows = parts.rows_of(result)
    first = rows[0]
    quantities = {row["quantity"] for row in rows}
    named = [words(f"pooled.{row['quantity']}") for row in rows] if len(quantities) > 1 else []
    asked = words("pooled.variance") if first["intent"] is None else words.question(first)
    measure = words("pooled.measure", quantity=words(f"pooled.{first['quantity']}"))
    label = parts.label(first, words, measure)
    return parts.document(result, asked, label, [pooled_rows(result, words, named)], words)


def peers(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return programmes beside their peers, some rows a programme."""
    first = parts.first_row(result)
    table = pooled_rows(result, words, peer_names(result, words))
    label = peers_label(first, words)
    return parts.document(result, words.question(first), label, [table], words)


def peers_label(row: Row, words: Words) -> Label:
    """Return what programmes beside their peers rest on; their direct rates, if any, are first."""
    if row["method"] == METHOD:
        return Label(words.rung(row), measure=words("peers.measure"))
    interval = words(f"interval.{row['interval']}")
    return Label(words.rung(row), measure=words("peers.measure_beside_direct", interval=interval))


def peer_names(result: Estimates, words: Words) -> list[str]:
    """Say what each row of programmes beside their peers is."""
    return [
        words(f"peers.{row['quantity']}" if row["method"] == METHOD else "peers.direct")
        for row in parts.rows_of(result)
    ]


def pooled_rows(
    result: Estimates, words: Words, names: Sequence[str] = (), notes: Sequence[str] = ()
) -> Table:
    """Return a table of pooled estimates.

    Parameters
    ----------
    result
        What to show, a row each.
    words
        The language.
    names
        What each row is; none where all are the same.
    notes
        What stands behind each row, if anything.
    """
    rows = parts.rows_of(result)
    by = [name for name in result.by if any(row[name] is not None for row in rows)]
    with_level = next(row for row in rows if row["conf_level"] is not None)
    ratings = [_ratings(row, result.by) for row in rows]
    counted = any(n is not None for n in ratings)
    columns = [
        *parts.segment_columns(by, words),
        *([Column("")] if names else []),
        *parts.number_columns(
            [_heading(rows[0], words), parts.interval_heading(with_level, words)]
        ),
        *([Column(words("heading.n"), "right")] if counted else []),
        *([Column(words("pooled.evidence"))] if notes else []),
    ]
    shown = []
    for at, row in enumerate(rows):
        shown.append(
            (
                *(Entry(_level(name, row[name], words)) for name in by),
                *([Entry(names[at])] if names else []),
                *_numbers(row, words),
                *([parts.count(ratings[at], words)] if counted else []),
                *([Entry(notes[at])] if notes else []),
            )
        )
    return Table(tuple(columns), tuple(shown))


def _level(name: str, value: str | None, words: Words) -> str:
    if value is None:
        return ""
    return words.term(value) if name == "term" else words.level(name, value)


def _heading(row: Row, words: Words) -> str:
    return words("pooled.rank") if row["quantity"] == "rank" else words("heading.per_cent")


def _numbers(row: Row, words: Words) -> list[Entry]:
    if row["quantity"] != "rank":
        limits = parts.proportion_limits(row["conf_low"], row["conf_high"], words)
        return [parts.proportion(row["estimate"], words), limits]
    low, high = (words.number(row[end], 0) for end in ("conf_low", "conf_high"))
    rank = Entry(words.number(row["estimate"], 1), row["estimate"], "count")
    return [rank, Entry(words.between(low, high), parts.ends(row), "count")]


def _ratings(row: Row, by: tuple[str, ...]) -> int | None:
    """Return the ratings that a row is of; what is expected of a programme is not of its own."""
    expected = by == ("programme",) and row["quantity"] != "rate"
    return None if expected else row["n"]


def fit_lines(posterior: Posterior, words: Words = ENGLISH) -> list[str]:
    """Say how the sampler did, and what the reader must know of the data."""
    diagnostics = posterior.diagnostics
    return [
        words(
            "pooled.diagnostics",
            rhat=words.number(diagnostics.rhat, 3),
            bulk=words.count(diagnostics.ess_bulk),
            tail=words.count(diagnostics.ess_tail),
            divergences=words.counted("divergences", diagnostics.divergences),
            chains=diagnostics.chains,
            draws=words.count(diagnostics.draws),
            outcome=words("pooled.missed" if diagnostics.problems else "pooled.passed"),
        ),
        *map(words.said, posterior.warnings),
    ]


def fit(shares: Estimates, by_sector: Estimates | None, words: Words = ENGLISH) -> Document:
    """Return the tables that a fit ends with: shares of the variance, and rates by sector."""
    face = parts.simulated(parts.rows_of(shares), words)
    title = Heading(words("pooled.fit"))
    sectors = pooled(by_sector, words).blocks[len(face) :] if by_sector else ()
    return Document(tuple(chain(face, [title, pooled_rows(shares, words)], sectors)))
