"""Figure of a logistic model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from advocacy.estimation import Estimates
from advocacy.report.contents.regression import characteristic, odds_ratio_rows, question
from advocacy.report.figures.estimates import titled
from advocacy.report.figures.style import WIDTH
from advocacy.report.palette import COLOURS
from advocacy.report.wording import ENGLISH

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def odds_ratios(model: Estimates) -> Figure:
    """Draw the odds ratio of each term with its interval, about 1 on a log scale."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    rows = odds_ratio_rows(model)
    figure, axes = plt.subplots(figsize=(WIDTH, 0.42 * len(rows) + 1.4))
    for place, row in enumerate(rows):
        colour = COLOURS["quiet" if row["conf_low"] is None else "first"]
        if row["conf_low"] is not None:
            axes.hlines(-place, row["conf_low"], row["conf_high"], color=colour, linewidth=2)
        axes.scatter(row["estimate"], -place, color=colour, s=40, zorder=3)
    axes.axvline(1, color=COLOURS["quiet"], linewidth=1, zorder=1)
    axes.set(
        xscale="log",
        xlabel=ENGLISH("regression.odds_ratio").capitalize(),
        ylim=(-len(rows) + 0.3, 0.7),
    )
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("{x:g}")
    names = [characteristic(row, ENGLISH) for row in rows]
    axes.set_yticks([-place for place in range(len(rows))], names)
    axes.grid(visible=False, axis="y")
    sns.despine(figure, left=True)
    measure = f"{ENGLISH.confidence(rows[0]['conf_level'])} intervals"
    return titled(figure, axes, model, question(rows[0], ENGLISH), measure=measure)
