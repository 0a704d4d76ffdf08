"""Tables of estimates, for the terminal and for the book."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advocacy.estimation import Estimates
from advocacy.estimation.estimands import INTENTS
from advocacy.report.media.markdown import markdown_table
from advocacy.report.wording import (
    RELIABILITY,
    SIMULATED,
    UNITS,
    amount,
    confidence,
    count,
    label,
    level,
    limits,
    question,
    unit,
)

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table

# Rates of other scores by heading and domain.
Beside = dict[str, dict[tuple[Any, ...], str]]


def terminal_table(
    estimates: Estimates, baselines: Estimates | None = None, width: int = 110
) -> Group:
    """Return a table for the terminal; above it question, rung and kind of evidence.

    Parameters
    ----------
    estimates
        What to show.
    baselines
        What `lift` gave for the same crossing; its rates of other scores stand beside.
    width
        Columns of the terminal. Where the table is wider, effective n and then df are left out:
        names of domains and notes are not cut.
    """
    from rich.console import Group
    from rich.text import Text

    first = estimates.table.slice(0, 1).to_pylist()[0]
    beside = _beside(estimates, baselines)
    said = label(first)
    if beside:
        said += f"\n{' and '.join(beside)}: the % of those who give these scores"
    above = [Text(question(first), style="bold"), Text(f"{said}\n", style="dim")]
    return Group(*simulated_notice(estimates), *above, _fitting(estimates, beside, width))


def simulated_notice(result: Estimates) -> list[Any]:
    """Return the line that stands above simulated numbers, or none."""
    from rich.text import Text

    simulated = "simulated" in result.table.column("source_kind").to_pylist()
    return [Text(f"{SIMULATED}.", style="bold red")] if simulated else []


def _fitting(estimates: Estimates, beside: Beside, width: int) -> Table:
    """Return the table with as many of its columns as fit; two at least can be done without."""
    from rich.console import Console

    console = Console(width=10_000)
    for spared in ((), ("effective n",), ("effective n", "df")):
        table = _terminal_columns(estimates, beside, spared)
        if console.measure(table).maximum <= width:
            break
    return table


def _terminal_columns(estimates: Estimates, beside: Beside, spared: tuple[str, ...]) -> Table:
    from rich.table import Table

    rows = estimates.table.to_pylist()
    headings = _headings(rows[0])
    shown = [place for place, name in enumerate(headings) if name not in spared]
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in estimates.by:
        table.add_column(name, overflow="fold")
    for heading in (*headings[:2], *beside, *(headings[place] for place in shown[2:])):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("note", overflow="fold")
    for row in rows:
        domain = tuple(row[name] for name in estimates.by)
        cells = _cells(row)
        table.add_row(
            *map(level, estimates.by, domain),
            *cells[:2],
            *(rates.get(domain, "–") for rates in beside.values()),
            *(cells[place] for place in shown[2:]),
            cells[-1],
        )
    return table


def book_table(estimates: Estimates, headings: dict[str, str]) -> str:
    """Return a Markdown table, a row an estimate; above it question, rung and kind of evidence.

    Parameters
    ----------
    estimates
        What to show.
    headings
        Heading of each segment's column.
    """
    rows = estimates.table.to_pylist()
    first = rows[0]
    names = [headings[name] for name in estimates.by]
    names += [*_headings(first), "note"]
    shown = [[level(name, row[name]) for name in estimates.by] + _cells(row) for row in rows]
    if estimates.by == ("country",):
        shown.sort()  # by name, not by code
    above = f"**{question(first)}** *{label(first)[0].upper()}{label(first)[1:]}.*\n\n"
    table = markdown_table(names, "l" * len(estimates.by) + "rrrrrl", shown)
    below = f"\n*{SIMULATED}.*\n" if first["source_kind"] == "simulated" else ""
    return above + table + below


def _headings(row: dict[str, Any]) -> list[str]:
    interval = f"{confidence(row['conf_level'])} interval"
    return [UNITS[unit(row)], interval, "n", "effective n", "df"]


def _beside(estimates: Estimates, baselines: Estimates | None) -> Beside:
    """Return the rates of other scores by heading and domain."""
    own = estimates.table.column("intent")[0].as_py()
    found: Beside = {}
    for row in baselines.table.to_pylist() if baselines else ():
        if row["reference"] is None and row["intent"] != own:
            rates = found.setdefault(_scores(row["intent"]), {})
            rates[tuple(row[name] for name in estimates.by)] = amount(row, "estimate")
    return found


def _scores(intent: str) -> str:
    """Write a run of scores, such as 0–6."""
    scores = INTENTS[intent].scores
    return f"{scores[0]}–{scores[-1]}"


def _cells(row: dict[str, Any]) -> list[str]:
    return [
        amount(row, "estimate"),
        limits(row),
        count(row["n"]),
        count(row["n_eff"]),
        count(row["df"]),
        RELIABILITY[row["reliability"]],
    ]
