"""Tables of estimates, for the terminal and for the book."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advocacy.estimation import Estimates
from advocacy.report.wording import (
    RELIABILITY,
    RUNGS,
    SIMULATED,
    count,
    interval,
    level,
    percent,
    question,
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
    for heading in ("%", f"{first['conf_level']:.0%} interval", "n", "effective n", "df"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("note")
    for row in rows:
        table.add_row(*[level(name, row[name]) for name in estimates.by], *_cells(row))
    above = [Text(question(first), style="bold"), Text(f"{_label(first)}\n", style="dim")]
    if first["source_kind"] == "simulated":
        above.insert(0, Text(f"{SIMULATED}.", style="bold red"))
    return Group(*above, table)


def book_table(estimates: Estimates, headings: dict[str, str]) -> str:
    """Return a Markdown table, a row an estimate.

    Parameters
    ----------
    estimates
        What to show.
    headings
        Heading of each segment's column.
    """
    rows = estimates.table.to_pylist()
    names = [headings[name] for name in estimates.by]
    names += ["%", f"{rows[0]['conf_level']:.0%} interval", "n", "effective n", "df", "note"]
    align = ["---"] * len(estimates.by) + ["---:"] * 5 + ["---"]
    lines = [_line(names), _line(align)]
    for row in rows:
        lines.append(_line([level(name, row[name]) for name in estimates.by] + _cells(row)))
    if rows[0]["source_kind"] == "simulated":
        lines.append(f"\n*{SIMULATED}.*")
    return "\n".join(lines) + "\n"


def _cells(row: dict[str, Any]) -> list[str]:
    return [
        percent(row["estimate"]),
        interval(row["conf_low"], row["conf_high"]),
        count(row["n"]),
        count(row["n_eff"]),
        count(row["df"]),
        RELIABILITY[row["reliability"]],
    ]


def _label(row: dict[str, Any]) -> str:
    return (
        f"{RUNGS[row['rung']]} · target {row['target']} · {row['interval']} · {row['source_kind']}"
    )


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
