"""Figures of models."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from advocacy.estimation import Estimates
from advocacy.report.contents.models.regression import (
    at_level,
    characteristic,
    question,
    shown_rows,
)
from advocacy.report.figures.estimates import titled
from advocacy.report.figures.style import WIDTH
from advocacy.report.palette import COLOURS
from advocacy.report.wording import ENGLISH, Row, Words, scale_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


# Greatest to least odds ratio on the axis, up to which each tenth has room for its number.
_APART = 2.5


def odds_ratios(model: Estimates) -> Figure:
    """Draw the odds ratio of each term with its interval, about 1 on a log scale."""
    from matplotlib.ticker import LogLocator, NullFormatter

    figure, axes = _drawn(shown_rows(model), characteristic, 1.0)
    axes.axvline(1, color=COLOURS["quiet"], linewidth=1, zorder=1)
    axes.set(xscale="log", xlabel=ENGLISH("regression.odds_ratio").capitalize())
    axes.xaxis.set_major_formatter("{x:g}")
    low, high = axes.get_xlim()
    if high / low > _APART:
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        axes.xaxis.set_minor_formatter("{x:g}")
    return _titled(model, figure, axes)


def effects(model: Estimates) -> Figure:
    """Draw the slope or average effect of each term with its interval, about 0."""
    rows = shown_rows(model)
    figure, axes = _drawn(rows, characteristic, scale_of(rows[0]))
    axes.axvline(0, color=COLOURS["quiet"], linewidth=1, zorder=1)
    axes.set(xlabel=ENGLISH(f"regression.{rows[0]['quantity']}").capitalize())
    return _titled(model, figure, axes)


def margins(model: Estimates) -> Figure:
    """Draw what is predicted at each level and value with its interval."""
    rows = shown_rows(model)
    figure, axes = _drawn(rows, at_level, scale_of(rows[0]))
    axes.set(xlabel=ENGLISH.unit(rows[0]))
    return _titled(model, figure, axes)


def _drawn(
    rows: list[Row], named: Callable[[Row, Words], str], scale: float
) -> tuple[Figure, Axes]:
    """Draw a point and an interval for each row, the first at the top."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    figure, axes = plt.subplots(figsize=(WIDTH, 0.42 * len(rows) + 1.4))
    for place, row in enumerate(rows):
        colour = COLOURS["quiet" if row["conf_low"] is None else "first"]
        if row["conf_low"] is not None:
            low, high = scale * row["conf_low"], scale * row["conf_high"]
            axes.hlines(-place, low, high, color=colour, linewidth=2)
        axes.scatter(scale * row["estimate"], -place, color=colour, s=40, zorder=3)
    axes.set(ylim=(-len(rows) + 0.3, 0.7))
    axes.set_yticks([-place for place in range(len(rows))], [named(row, ENGLISH) for row in rows])
    axes.grid(visible=False, axis="y")
    sns.despine(figure, left=True)
    return figure, axes


def _titled(model: Estimates, figure: Figure, axes: Axes) -> Figure:
    first = shown_rows(model)[0]
    measure = f"{ENGLISH.confidence(first['conf_level'])} intervals"
    return titled(figure, axes, model, question(first, ENGLISH), measure=measure)
