"""Figures of what others have published: a row a figure, and a study's own curve apart."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

from advocacy.estimation import Estimates
from advocacy.evidence.published import INTENDED, is_drawn
from advocacy.evidence.schema import OTHER, QUANTITIES
from advocacy.report.contents.evidence.published import base_of, label, title, window
from advocacy.report.contents.parts import first_row, rows_of
from advocacy.report.figures.estimates import points, shown
from advocacy.report.figures.style import WIDTH, headed
from advocacy.report.palette import COLOURS
from advocacy.report.wording import ENGLISH, Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Inches; a row has up to three lines of words above its mark, of so many letters.
_ROW, _PANEL = 0.78, 0.7
_LETTERS = 66


def forest(figures: Estimates) -> Figure:
    """Draw the figures that stand beside others, a panel a quantity.

    Each has its base, its window and its n in words. A value with the n of its base is a filled
    point, one without a hollow one, a figure that is known as a range only a bar.
    """
    import matplotlib.pyplot as plt
    import seaborn as sns

    drawn = [row for row in rows_of(figures) if is_drawn(row)]
    found = {q: [r for r in drawn if r["quantity"] == q] for q in (*QUANTITIES, OTHER)}
    panels = {quantity: rows for quantity, rows in found.items() if rows}
    figure, all_axes = plt.subplots(
        max(len(panels), 1), 1, sharex=True, squeeze=False,
        figsize=(WIDTH, _ROW * len(drawn) + _PANEL * len(panels) + 1),
        gridspec_kw={"height_ratios": [len(rows) + 0.25 for rows in panels.values()] or [1]},
    )  # fmt: skip
    for axes, (quantity, rows) in zip(all_axes[:, 0], panels.items(), strict=False):
        _rows(axes, rows)
        axes.set_title(title(quantity, ENGLISH), fontsize=10, loc="left", pad=5)
    all_axes[-1, 0].set_xlabel(ENGLISH("published.drawn_unit"))
    sns.despine(figure, left=True)
    figure.tight_layout()
    words = ENGLISH("published.legend")
    headed(all_axes[0, 0], ENGLISH("published.title"), words, simulated=False, lift=22)
    return figure


def outside(figures: Estimates, by_score: Estimates) -> Figure:
    """Draw published rates of those who intended to, and apart from them a study's own curve.

    They have no axis, colour or row in common: the study's numbers are none of the published.
    """
    import matplotlib.pyplot as plt
    import seaborn as sns

    rows = [r for r in rows_of(figures) if r["quantity"] == INTENDED and is_drawn(r)]
    kind = first_row(by_score)["source_kind"]
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(WIDTH, _ROW * len(rows) + 5),
        gridspec_kw={"height_ratios": [_ROW * len(rows), 2.6]},
    )  # fmt: skip
    _rows(above, rows)
    above.set_xlabel(ENGLISH("published.drawn_unit"))
    frame = shown(by_score)
    points(below, frame.score, frame, "B2C", vertical=True)
    below.set(xticks=range(11), ylim=(0, None), xlabel=ENGLISH("published.score"))
    below.set_ylabel(ENGLISH("published.study_unit"), fontsize=9)
    below.grid(visible=False, axis="x")
    sns.despine(figure, left=True)
    figure.tight_layout(h_pad=4)
    words = ENGLISH("published.legend")
    headed(above, ENGLISH("published.beside"), words, simulated=False)
    own = ENGLISH("published.study", kind=ENGLISH.kind(first_row(by_score)))
    headed(below, own, simulated=kind == "simulated", lift=-8)
    return figure


def _rows(axes: Axes, rows: list[Row]) -> None:
    """Draw figures below each other, each with a line of words above its mark."""
    for place, row in enumerate(rows):
        words = fill(_words(row), _LETTERS)
        axes.text(0, 0.72 - place, label(row), fontsize=9, fontweight="bold", va="center")
        axes.text(0, 0.59 - place, words, fontsize=8.5, color=COLOURS["quiet"], va="top")
        _mark(axes, -place, row)
    axes.set_xlim(0, 100)
    axes.set_ylim(-len(rows) + 0.65, 0.9)
    axes.set_yticks([])
    axes.grid(visible=False, axis="y")


def _mark(axes: Axes, place: float, row: Row) -> None:
    colour = COLOURS["first"]
    if row["conf_low"] is not None:
        axes.hlines(place, 100 * row["conf_low"], 100 * row["conf_high"], color=colour)
    if row["low"] < row["high"]:
        axes.hlines(place, row["low"], row["high"], color=colour, linewidth=7, alpha=0.35)
        return
    face = COLOURS["paper"] if row["n"] is None else colour
    axes.scatter(row["low"], place, s=44, facecolor=face, edgecolor=colour, linewidth=1.6, zorder=3)


def _words(row: Row) -> str:
    """Return base, window and n of a figure."""
    months = row["window_months"]
    within = (
        ENGLISH("published.no_window")
        if months is None
        else ENGLISH("published.months", months=window(row, ENGLISH))
    )
    n = (
        ENGLISH("published.no_n")
        if row["n"] is None
        else ENGLISH("published.n", n=ENGLISH.count(row["n"]))
    )
    base = base_of(row, ENGLISH)
    return " · ".join((base, within, n))
