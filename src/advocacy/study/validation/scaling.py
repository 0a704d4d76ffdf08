"""How time and memory grow with rows, PSUs and domains, as measured: tables, numbers, figure."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advocacy.report.figures.style import WIDTH, headed
from advocacy.report.media.markdown import markdown_table
from advocacy.report.palette import COLOURS
from advocacy.report.wording import ENGLISH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Row = dict[str, Any]

EVERY, ONE, COMMAND = "31 margins", "one crossing", "whole command"
OURS, SCAN = "advocacy", "bare scan"
# Rows for which the growth is drawn out, far beyond what was measured.
EXTRAPOLATED = 1_000_000_000

_NUMBERS = ("rows", "psus", "domains", "cells", "seconds", "processor", "memory")
_LOOKS = {
    ("advocacy", EVERY): ("first", "o", "-"),
    ("bare scan", EVERY): ("quiet", "s", ":"),
    ("advocacy", ONE): ("first", "o", "--"),
    ("advocacy", "many domains"): ("first", "^", ":"),
    ("R survey", ONE): ("second", "D", "--"),
    ("svy", ONE): ("alert", "X", "--"),
}


def read_scaling(path: Path) -> list[Row]:
    """Return the measurements in the order of the table."""
    with path.open(encoding="utf-8", newline="") as file:
        rows: list[Row] = list(csv.DictReader(file))
    return [row | {name: float(row[name]) for name in _NUMBERS} for row in rows]


def scaling_table(rows: Sequence[Row], growth: str) -> str:
    """Return a Markdown table of what grew with ``growth``: rows, psus or domains.

    Seconds are of the clock and of the processor, memory is the largest in MiB.
    """
    headings = ["task", "by", "rows", "PSUs", "domains", "cells"]
    headings += ["seconds", "processor, s", "memory, MiB"]
    cells = [
        [
            row["task"],
            row["library"],
            *(_count(row[name]) for name in ("rows", "psus", "domains", "cells")),
            *(f"{row[name]:.2f}" for name in ("seconds", "processor")),
            ENGLISH.count(row["memory"]),
        ]
        for row in rows
        if row["growth"] == growth
    ]
    return markdown_table(headings, "llrrrrrrr", cells)


def scaling_numbers(rows: Sequence[Row]) -> dict[str, Row]:
    """Return what the book says of scaling, as numbers of the ledger.

    Ratios are of processor time, which others that use the machine do not lengthen.
    """
    every, scan = _grown(rows, OURS, EVERY), _grown(rows, SCAN, EVERY)
    middle, last, scanned = every[-2], every[-1], scan[-1]
    (command,) = _grown(rows, OURS, COMMAND)
    hard = max((row for row in rows if row["growth"] == "psus"), key=lambda row: row["cells"])
    slope = (last["processor"] - middle["processor"]) / (last["rows"] - middle["rows"])
    billion = last["processor"] + slope * (EXTRAPOLATED - last["rows"])
    found = {
        "rows": (ENGLISH.count(last["rows"]), last["rows"]),
        "estimates": (ENGLISH.count(last["domains"]), last["domains"]),
        "seconds": (f"{last['seconds']:.1f}", last["seconds"]),
        "processor": (f"{last['processor']:.1f}", last["processor"]),
        "scan": _times(last["processor"] / scanned["processor"]),
        "memory": (ENGLISH.count(last["memory"]), last["memory"]),
        "command": (f"{command['seconds']:.1f}", command["seconds"]),
        "command_processor": (f"{command['processor']:.1f}", command["processor"]),
        "hard:psus": (ENGLISH.count(hard["psus"]), hard["psus"]),
        "hard:cells": (ENGLISH.count(hard["cells"]), hard["cells"]),
        "hard:processor": (f"{hard['processor']:.1f}", hard["processor"]),
        "hard:memory": (ENGLISH.count(hard["memory"]), hard["memory"]),
        "billion": (f"{billion / 60:.1f}", billion),
        "machine": (last["machine"], last["machine"]),
        "versions": (last["versions"], last["versions"]),
    }
    for peer in ("R survey", "svy"):
        found |= _beside(rows, peer)
    return {
        f"scaling:{name}": {"text": text, "value": value, "source_kind": "measured"}
        for name, (text, value) in found.items()
    }


def scaling_figure(rows: Sequence[Row]) -> Figure:
    """Draw processor time against rows, PSUs and domains, memory beside; all axes logarithmic."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    figure, axes = plt.subplots(
        3, 2, sharex="row", sharey="col", figsize=(WIDTH, 8), gridspec_kw={"hspace": 0.35}
    )
    for row, (growth, name) in enumerate(
        (("rows", "Rows"), ("psus", "PSUs"), ("domains", "Domains"))
    ):
        lines = _lines(rows, growth)
        for axis, value in zip(axes[row], ("processor", "memory"), strict=True):
            for key, measured in lines.items():
                _line(axis, key, measured, growth, value)
            axis.set(xscale="log", yscale="log")
            axis.minorticks_off()
            axis.set_xlabel(name)
    axes[0, 0].set_title("Processor time, s", fontsize=10, loc="left", pad=4)
    axes[0, 1].set_title("Peak memory, MiB", fontsize=10, loc="left", pad=4)
    shown = [axis.get_legend_handles_labels() for axis in axes[:, 0]]
    pairs = [pair for handles, labels in shown for pair in zip(labels, handles, strict=True)]
    named = dict(pairs)
    figure.legend(
        named.values(), named, frameon=False, loc="upper center", ncol=2,
        bbox_to_anchor=(0.5, 0.05),
    )  # fmt: skip
    headed(axes[0, 0], "How time and memory grow", simulated=False, lift=14)
    sns.despine(figure)
    return figure


def _lines(rows: Sequence[Row], growth: str) -> dict[tuple[str, str], list[Row]]:
    """Return what is drawn as a line each; tasks differ in their domains where these grow."""
    lines: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row["growth"] != growth:
            continue
        named = growth == "rows" or row["task"] == "many domains"
        key = (str(row["library"]), str(row["task"]) if named else ONE)
        if key in _LOOKS:
            lines.setdefault(key, []).append(row)
    return lines


def _line(
    axis: Axes, key: tuple[str, str], measured: Sequence[Row], growth: str, value: str
) -> None:
    colour, marker, dashes = _LOOKS[key]
    axis.plot(
        [row[growth] for row in measured], [row[value] for row in measured], dashes,
        color=COLOURS[colour], marker=marker, markersize=5, linewidth=1.4, label=", ".join(key),
    )  # fmt: skip


def _grown(rows: Sequence[Row], library: str, task: str) -> list[Row]:
    """Return a library's measurements of a task, from the fewest rows to the most."""
    of_task = [
        row
        for row in rows
        if (row["growth"], row["library"], row["task"]) == ("rows", library, task)
    ]
    return sorted(of_task, key=lambda row: float(row["rows"]))


def _beside(rows: Sequence[Row], peer: str) -> dict[str, tuple[str, float]]:
    """Return how much longer a peer takes at the most rows that it was given, if it was."""
    theirs = _grown(rows, peer, ONE)
    if not theirs:
        return {}
    ours = {row["rows"]: row for row in _grown(rows, OURS, ONE)}
    last = theirs[-1]
    own, name = ours[last["rows"]], peer.split()[0]
    return {
        f"{name}:rows": (ENGLISH.count(last["rows"]), last["rows"]),
        f"{name}:times": _times(last["processor"] / own["processor"]),
        f"{name}:memory": _times(last["memory"] / own["memory"]),
    }


def _times(ratio: float) -> tuple[str, float]:
    return (f"{ratio:.1f}" if ratio < 10 else ENGLISH.count(ratio), ratio)


def _count(number: float) -> str:
    return ENGLISH.count(number) if number else "–"
