"""Tables of what a pooled model says, for the terminal and notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advocacy.estimation import Estimates
from advocacy.estimation.pooling.posterior import Posterior
from advocacy.estimation.pooling.predictions import METHOD
from advocacy.report.contents.estimates import simulated_notice
from advocacy.report.wording import (
    INTERVALS,
    RUNGS,
    TARGETS,
    confidence,
    count,
    counted,
    interval,
    level,
    percent,
    question,
    term,
)

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table

Row = dict[str, Any]

QUANTITIES = {
    "rate": "mean of programmes",
    "prediction": "one more programme",
    "share": "share of the variance",
    "rank": "rank",
    "above_peers": "probability to be above half of its peers",
}
# Of a programme that is held against others.
OF_A_PROGRAMME = {
    "rate": "its own, pooled",
    "prediction": "programmes like it",
    "above_peers": "chance to be above half of them",
}


def pooled_table(result: Estimates) -> Group:
    """Return a table of pooled estimates; above it question, rung and kind of evidence."""
    from rich.console import Group

    return Group(*simulated_notice(result), *_parts(result))


def _parts(result: Estimates) -> list[Any]:
    from rich.text import Text

    rows = result.table.to_pylist()
    first = rows[0]
    asks = "How much of the variance between rates lies between what?"
    above = [
        Text(asks if first["intent"] is None else question(first), style="bold"),
        Text(f"{_label(first)}\n", style="dim"),
    ]
    names = OF_A_PROGRAMME if result.by == ("programme",) else QUANTITIES
    words = [names[row["quantity"]] for row in rows]
    return [*above, columns(result, words if len(set(words)) > 1 else None)]


def peers_table(result: Estimates) -> Group:
    """Return programmes beside their peers; above them question, rung and kind of evidence."""
    from rich.console import Group
    from rich.text import Text

    first = result.table.slice(0, 1).to_pylist()[0]
    above = [
        *simulated_notice(result),
        Text(question(first), style="bold"),
        Text(f"{peers_label(first)}\n", style="dim"),
    ]
    return Group(*above, columns(result, peers_words(result)))


def peers_label(first: Row) -> str:
    """Say on what the rows of programmes beside their peers rest, in one line."""
    direct = f" · direct: {INTERVALS[first['interval']]} intervals"
    mixed = first["method"] != METHOD
    return f"{RUNGS[first['rung']]}{direct if mixed else ''} · {'others: ' if mixed else ''}" + (
        "pooled, of the posterior"
    )


def peers_words(result: Estimates) -> list[str]:
    """Say what each row of programmes beside their peers is."""
    return [
        OF_A_PROGRAMME[row["quantity"]] if row["method"] == METHOD else "its own, direct"
        for row in result.table.to_pylist()
    ]


def _label(row: Row) -> str:
    return (
        f"{RUNGS[row['rung']]} · target: {TARGETS[row['target']]} · "
        f"{QUANTITIES[row['quantity']]}, pooled · {row['source_kind']} data"
    )


def columns(
    result: Estimates, words: list[str] | None = None, notes: list[str] | None = None
) -> Table:
    """Return the columns of a table of estimates.

    Parameters
    ----------
    result
        What to show, a row each.
    words
        What each row is, where that differs.
    notes
        What stands behind each row.
    """
    from rich.table import Table

    rows = result.table.to_pylist()
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    names = [name for name in result.by if any(row[name] is not None for row in rows)]
    for name in (*names, *([""] if words else [])):
        table.add_column(name, overflow="fold")
    level_of = next(row["conf_level"] for row in rows if row["conf_level"] is not None)
    ratings = [_ratings(row, result.by) for row in rows]
    counts = ["n"] if any(n is not None for n in ratings) else []
    for heading in (_heading(rows), f"{confidence(level_of)} interval", *counts):
        table.add_column(heading, justify="right", no_wrap=True)
    if notes:
        table.add_column("evidence", overflow="fold")
    for at, row in enumerate(rows):
        table.add_row(
            *(_level(name, row[name]) for name in names),
            *([words[at]] if words else []),
            *_cells(row),
            *([count(ratings[at])] if counts else []),
            *([notes[at]] if notes else []),
        )
    return table


def _level(name: str, value: str | None) -> str:
    if value is None:
        return ""
    return term(value) if name == "term" else level(name, value)


def _heading(rows: list[Row]) -> str:
    return "rank" if rows[0]["quantity"] == "rank" else "%"


def _cells(row: Row) -> list[str]:
    if row["quantity"] == "rank":
        limits = f"{row['conf_low']:.0f} to {row['conf_high']:.0f}"
        return [f"{row['estimate']:.1f}", limits]
    return [percent(row["estimate"]), interval(row["conf_low"], row["conf_high"])]


def _ratings(row: Row, by: tuple[str, ...]) -> int | None:
    """Return the ratings that a row is of; what is expected of a programme is not of its own."""
    expected = by == ("programme",) and row["quantity"] != "rate"
    return None if expected else row["n"]


def fit_lines(posterior: Posterior) -> list[str]:
    """Say how the sampler did, and what the reader must know of the data."""
    found = posterior.diagnostics
    passed = "missed" if found.problems else "passed"
    return [
        f"Diagnostics: R-hat {found.rhat:.3f}, ESS bulk {count(found.ess_bulk)}, tail "
        f"{count(found.ess_tail)}, {counted(found.divergences, 'divergence')} in "
        f"{found.chains} chains of {count(found.draws)} draws; {passed}.",
        *posterior.warnings,
    ]


def fit_tables(shares: Estimates, by_sector: Estimates | None) -> Group:
    """Return the tables that a fit ends with: shares of the variance, and rates by sector."""
    from rich.console import Group
    from rich.text import Text

    title = Text("Between what the variance of rates lies", style="bold")
    sectors = [Text(), *_parts(by_sector)] if by_sector else []
    return Group(*simulated_notice(shares), title, columns(shares), *sectors)
