"""Tables of curves over the scores, for the terminal."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from advocacy.estimation import Estimates
from advocacy.report.contents.comparison import MINUS, p_value
from advocacy.report.contents.estimates import simulated_notice
from advocacy.report.wording import (
    INTERVALS,
    PERCENT,
    RELIABILITY,
    RUNGS,
    TARGETS,
    confidence,
    count,
    interval,
    level,
    percent,
    question,
)

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table

Row = dict[str, Any]

# Shares of bootstrap replicates below this are not named.
_RARE = 0.005


def curve_tables(curves: Estimates) -> Group:
    """Return a table for each curve with what its tests found; above them what it is about.

    Parameters
    ----------
    curves
        Rows of `curve`, of `curve_tests`, or of both.
    """
    from rich.console import Group
    from rich.text import Text

    rows = curves.table.to_pylist()
    first = rows[0]
    above = [Text(question(first), style="bold"), Text(f"{_label(first, rows)}\n", style="dim")]
    segments = [name for name in curves.by if name != "score"]
    shown: list[Any] = []
    for key, group in groupby(sorted_by_curve(rows, segments), lambda row: _key(row, segments)):
        of_curve = list(group)
        title = " · ".join(level(name, value) for name, value in zip(segments, key, strict=True))
        rates = [row for row in of_curve if row["fit"]]
        findings = _findings([row for row in of_curve if row["fit"] is None])
        shown += [Text(title, style="bold")] if title else []
        shown += [_rates(rates)] if rates else []
        shown += [Text("\n".join(["", *findings, ""]) if rates else "\n".join([*findings, ""]))]
    return Group(*simulated_notice(curves), *above, *shown)


def sorted_by_curve(rows: list[Row], segments: list[str]) -> list[Row]:
    """Return rows with those of a curve together, curves in the order in which they come."""
    order = list(dict.fromkeys(_key(row, segments) for row in rows))
    return sorted(rows, key=lambda row: order.index(_key(row, segments)))


def _key(row: Row, segments: list[str]) -> tuple[Any, ...]:
    return tuple(row[name] for name in segments)


def _label(first: Row, rows: list[Row]) -> str:
    kinds = [INTERVALS[row["interval"]] for row in rows if row["fit"] == "direct"][:1]
    level = f"{confidence(first['conf_level'])} {''.join(kinds)} intervals".replace("  ", " ")
    return (
        f"{RUNGS[first['rung']]} · target: {TARGETS[first['target']]} · {level} · "
        f"{first['source_kind']} data"
    )


def _rates(rows: list[Row]) -> Table:
    """Return the rates of a curve, a row a score; limits of the first fit that is shown."""
    from rich.table import Table

    fits = list(dict.fromkeys(row["fit"] for row in rows))
    by_fit = {(row["fit"], row["score"]): row for row in rows}
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    for heading in ("score", "n", f"{fits[0]},{PERCENT}", "interval", "band", *fits[1:]):
        table.add_column(heading, justify="right", no_wrap=True)
    if any(RELIABILITY[row["reliability"]] for row in rows if row["fit"] == fits[0]):
        table.add_column("note", overflow="fold")
    for score in dict.fromkeys(row["score"] for row in rows):
        first = by_fit[fits[0], score]
        cells = [
            str(score),
            count(first["n"]),
            percent(first["estimate"]),
            interval(first["conf_low"], first["conf_high"]),
            interval(first["band_low"], first["band_high"]),
            *[percent(by_fit[fit, score]["estimate"]) for fit in fits[1:]],
            RELIABILITY[first["reliability"]],
        ]
        table.add_row(*cells[: len(table.columns)])
    return table


def _findings(rows: list[Row]) -> list[str]:
    """Return a line for each finding about a curve."""
    found = [_difference(row) for row in rows if row["quantity"] == "difference"]
    for row in rows:
        if row["quantity"] == "auc":
            limits = _limits(row, 1, 2)
            found.append(f"Area under the ROC curve: {row['estimate']:.2f}{limits}.")
        if row["quantity"] == "best_cut":
            found.append(_best(row, rows))
        if row["quantity"] == "largest_fall":
            found.append(_fall(row))
    return found


def _difference(row: Row) -> str:
    against = "10" if row["reference"] == "10" else "the 10 of the others"
    p = "" if row["p_value"] is None else f", p {_p(row)}"
    return f"9 less {against}: {_points(row['estimate'])} points{_limits(row, 100, 1)}{p}."


def _best(row: Row, rows: list[Row]) -> str:
    shares = [
        f"{other['score']}: {100 * other['estimate']:.0f}{PERCENT}"
        for other in rows
        if other["quantity"] == "best_cut_share" and other["estimate"] >= _RARE
    ]
    promoter = "is" if row["estimate"] <= 9 else "is not"
    return (
        f"Best cut-point: {row['estimate']:.0f} and above, so that 9 {promoter} a promoter here; "
        f"in the bootstrap {', '.join(shares)}."
    )


def _fall(row: Row) -> str:
    if row["estimate"] <= 0:
        return "No rate is below that of a lower score."
    return (
        f"Largest fall, from {row['score']} to {row['reference']}: "
        f"{100 * row['estimate']:.1f} points, p {_p(row)} if no rate falls."
    )


def _limits(row: Row, scale: float, digits: int) -> str:
    if row["conf_low"] is None:
        return ""
    low, high = (f"{scale * row[end]:.{digits}f}".replace("-", MINUS) for end in _ENDS)
    return f" ({low} to {high})"


_ENDS = ("conf_low", "conf_high")


def _points(value: float) -> str:
    return f"{100 * value:.1f}".replace("-", MINUS)


def _p(row: Row) -> str:
    written = p_value(row["p_value"])
    return written if written.startswith("<") else f"= {written}"
