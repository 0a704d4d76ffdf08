"""Tables of estimates, for the terminal and for the book."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advocacy.estimation import Estimates
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


def terminal_table(estimates: Estimates) -> Group:
    """Return a table for the terminal; above it question, rung and kind of evidence."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    rows = estimates.table.to_pylist()
    first = rows[0]
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in estimates.by:
        table.add_column(name)
    for heading in (
        UNITS[unit(first)],
        f"{confidence(first['conf_level'])} interval",
        "n",
        "effective n",
        "df",
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("note")
    for row in rows:
        table.add_row(*[level(name, row[name]) for name in estimates.by], *_cells(row))
    above = [Text(question(first), style="bold"), Text(f"{label(first)}\n", style="dim")]
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
    names += [
        UNITS[unit(first)],
        f"{confidence(first['conf_level'])} interval",
        "n",
        "effective n",
        "df",
        "note",
    ]
    align = ["---"] * len(estimates.by) + ["---:"] * 5 + ["---"]
    lines = [f"**{question(first)}** *{label(first)[0].upper()}{label(first)[1:]}.*\n"]
    lines += [_line(names), _line(align)]
    shown = [_line([level(name, row[name]) for name in estimates.by] + _cells(row)) for row in rows]
    lines += sorted(shown) if estimates.by == ("country",) else shown  # by name, not by code
    if first["source_kind"] == "simulated":
        lines.append(f"\n*{SIMULATED}.*")
    return "\n".join(lines) + "\n"


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
