"""Tables of estimates, for the terminal and for the book."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advocacy.estimation import Estimates
from advocacy.estimation.estimands import INTENTS
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

Domain = tuple[Any, ...]


def terminal_table(estimates: Estimates, baselines: Estimates | None = None) -> Group:
    """Return a table for the terminal; above it question, rung and kind of evidence.

    Parameters
    ----------
    estimates
        What to show.
    baselines
        What `lift` gave for the same crossing; its rates of other scores stand beside.
    """
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    rows = estimates.table.to_pylist()
    first = rows[0]
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in estimates.by:
        table.add_column(name, overflow="fold")
    beside = _beside(estimates, baselines)
    for heading in (*_headings(first)[:2], *beside, *_headings(first)[2:]):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("note")
    for row in rows:
        domain = tuple(row[name] for name in estimates.by)
        value, interval, *others = _cells(row)
        table.add_row(
            *map(level, estimates.by, domain),
            value,
            interval,
            *(rates.get(domain, "–") for rates in beside.values()),
            *others,
        )
    said = label(first)
    if beside:
        said += f"\n{' and '.join(beside)}: the % of those who give these scores"
    above = [Text(question(first), style="bold"), Text(f"{said}\n", style="dim")]
    if first["source_kind"] == "simulated":
        above.insert(0, Text(f"{SIMULATED}.", style="bold red"))
    return Group(*above, table)


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
    align = ["---"] * len(estimates.by) + ["---:"] * 5 + ["---"]
    lines = [f"**{question(first)}** *{label(first)[0].upper()}{label(first)[1:]}.*\n"]
    lines += [_line(names), _line(align)]
    shown = [_line([level(name, row[name]) for name in estimates.by] + _cells(row)) for row in rows]
    lines += sorted(shown) if estimates.by == ("country",) else shown  # by name, not by code
    if first["source_kind"] == "simulated":
        lines.append(f"\n*{SIMULATED}.*")
    return "\n".join(lines) + "\n"


def _headings(row: dict[str, Any]) -> list[str]:
    interval = f"{confidence(row['conf_level'])} interval"
    return [UNITS[unit(row)], interval, "n", "effective n", "df"]


def _beside(estimates: Estimates, baselines: Estimates | None) -> dict[str, dict[Domain, str]]:
    """Return the rates of other scores by heading and domain."""
    own = estimates.table.column("intent")[0].as_py()
    found: dict[str, dict[Domain, str]] = {}
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


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
