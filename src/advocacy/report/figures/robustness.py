"""A rate under what may be wrong, and the map of misreports at which a statement fails."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from advocacy.estimation import Estimates
from advocacy.report.contents.parts import first_row
from advocacy.report.contents.robustness.scenarios import PROFILE, assumption
from advocacy.report.figures.estimates import titled
from advocacy.report.figures.style import WIDTH
from advocacy.report.palette import COLOURS
from advocacy.report.wording import ENGLISH, Row
from advocacy.robustness.correction import rogan_gladen
from advocacy.robustness.misreport import tipping_contour

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = {"holds": "first", "open": "quiet", "fails": "alert"}
_MARKS = {"holds": "o", "open": "D", "fails": "X"}
# Letters in a line of what is supposed.
_LETTERS = 34
# Lines that a row takes at least.
_FEWEST_LINES = 1.6


def forest(
    result: Estimates,
    rows: Sequence[Row] | None = None,
    true: Sequence[float | None] = (),
    *,
    names: Sequence[str] = (),
    marked: str = "truth",
) -> Figure:
    """Draw a row an assumption: the rate or between what it lies, the interval, and the line.

    Parameters
    ----------
    result
        What the rows are of.
    rows
        The rows that are drawn, by default all that suppose something.
    true
        The true rate of each, where it is known; drawn as a mark of its own.
    names
        What each row is called, where that is not what it supposes.
    marked
        What the mark of true rates is called.
    """
    import matplotlib.pyplot as plt
    import seaborn as sns

    shown = [
        row
        for row in (result.table.to_pylist() if rows is None else rows)
        if row["assumption"] != PROFILE and row["verdict"] is not None
    ]
    words = [fill(text, _LETTERS) for text in names or [_named(row, result) for row in shown]]
    lines = [max(text.count("\n") + 1, _FEWEST_LINES) for text in words]
    places = -np.cumsum([0, *[(a + b) / 2 for a, b in pairwise(lines)]])
    figure, axes = plt.subplots(figsize=(WIDTH, 0.17 * sum(lines) + 1.6))
    axes.axvline(100 * shown[0]["line"], color=COLOURS["ink"], linewidth=1, zorder=1)
    for row, place in zip(shown, places, strict=True):
        _row(axes, row, float(place))
    known = [(100 * t, place) for t, place in zip(true, places, strict=False) if t is not None]
    if known:
        rates, at = zip(*known, strict=True)
        axes.scatter(
            rates, at, marker="|", s=130, linewidths=2.2, zorder=4, color=COLOURS["second"],
            label=marked,
        )  # fmt: skip
    axes.set_yticks(places, words, fontsize=8)
    axes.set_xlim(0, 100)
    axes.set_xlabel(ENGLISH.unit(shown[0]))
    axes.grid(visible=False, axis="y")
    for name in dict.fromkeys(row["verdict"] for row in shown):
        axes.scatter(
            [], [], color=COLOURS[_COLOURS[name]], marker=_MARKS[name], s=30,
            label=ENGLISH(f"robustness.verdict.{name}"),
        )  # fmt: skip
    axes.legend(
        frameon=False, loc="upper right", bbox_to_anchor=(1, 0), borderaxespad=3.4,
        ncols=2 if known else 3, handletextpad=0.1, columnspacing=0.8,
    )  # fmt: skip
    sns.despine(figure, left=True)
    return titled(figure, axes, result, ENGLISH("robustness.title"))


def _named(row: Row, result: Estimates) -> str:
    levels = [ENGLISH.level(name, row[name]) for name in result.by]
    return " · ".join([*levels, assumption(row, ENGLISH)])


def _row(axes: Axes, row: Row, place: float) -> None:
    colour = COLOURS[_COLOURS[row["verdict"]]]
    if row["conf_low"] is not None:
        ends = 100 * row["conf_low"], 100 * row["conf_high"]
        axes.hlines(place, *ends, color=colour, linewidth=1.5, zorder=2)
    if row["low"] is None:
        return
    if row["low"] == row["high"]:
        axes.scatter(
            100 * row["low"], place, color=colour, marker=_MARKS[row["verdict"]], s=30, zorder=3
        )
        return
    axes.barh(
        place, 100 * (row["high"] - row["low"]), left=100 * row["low"], height=0.7,
        color=colour, alpha=0.35, zorder=2,
    )  # fmt: skip


def tipping_map(result: Estimates) -> Figure:
    """Draw the true rate over sensitivity and specificity, and where it is on the line.

    Of a result by segments, the first domain.
    """
    import matplotlib.pyplot as plt

    first = first_row(result)
    rows = [
        row
        for row in result.table.to_pylist()
        if all(row[name] == first[name] for name in result.by)
    ]
    rate, line = first["estimate"], first["line"]
    at = np.linspace(0.5, 1, 101)
    true = 100 * np.clip(rogan_gladen(np.array(rate), at[None, :], at[:, None]), 0, 1)
    figure, axes = plt.subplots(figsize=(WIDTH, 4.4))
    drawn = axes.contour(
        100 * at, 100 * at, true, levels=[10, 20, 30, 40, 50, 60, 70, 80, 90],
        colors=COLOURS["quiet"], linewidths=0.7,
    )  # fmt: skip
    axes.clabel(drawn, fmt="%d", fontsize=8)
    contour = 100 * tipping_contour(rate, line, at)
    inside = (contour >= 50) & (contour <= 100)
    if inside.any():
        axes.plot(
            100 * at[inside], contour[inside], color=COLOURS["alert"], linewidth=2.2,
            label=ENGLISH("robustness.map_on_line"),
        )  # fmt: skip
    axes.scatter(
        100, 100, color=COLOURS["first"], s=40, zorder=3, clip_on=False,
        label=ENGLISH("robustness.map_reported"),
    )  # fmt: skip
    for row in rows:
        if row["sensitivity"] is not None:
            axes.scatter(
                100 * row["sensitivity"], 100 * row["specificity"], color=COLOURS["second"],
                marker="D", s=40, zorder=3, label=ENGLISH("robustness.map_here"),
            )  # fmt: skip
    axes.set(xlim=(50, 100), ylim=(50, 100), xlabel=ENGLISH("robustness.sensitivity"))
    axes.set_ylabel(ENGLISH("robustness.specificity"))
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.45, -0.14))
    return titled(figure, axes, result, ENGLISH("robustness.map_title"))
