"""Figures of drivers: importance with intervals and ranks, and the dose-response."""

from __future__ import annotations

from typing import TYPE_CHECKING

from advocacy.estimation import Estimates
from advocacy.report.contents import parts
from advocacy.report.contents.models.drivers import title
from advocacy.report.figures.estimates import titled
from advocacy.report.figures.style import WIDTH
from advocacy.report.palette import COLOURS
from advocacy.report.wording import ENGLISH, scale_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def importance(result: Estimates) -> Figure:
    """Draw the share of each driver with its interval, and the ranks that it may have."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    rows = parts.rows_of(result)
    figure, axes = plt.subplots(figsize=(WIDTH, 0.42 * len(rows) + 1.4))
    for place, row in enumerate(rows):
        colour = COLOURS["quiet" if row["share_low"] is None else "first"]
        if row["share_low"] is not None:
            ends = (100 * row["share_low"], 100 * row["share_high"])
            axes.hlines(-place, *ends, color=colour)
        axes.scatter(100 * row["share"], -place, color=colour, s=40, zorder=3)
    right = axes.get_xlim()[1]
    for place, row in enumerate(rows):
        if row["rank_low"] is not None:
            low, high = row["rank_low"], row["rank_high"]
            ranks = str(low) if low == high else f"{low}–{high}"
            said = ENGLISH("drivers.rank_of", ranks=ranks)
            axes.text(right, -place, f" {said}", va="center", fontsize="small")
    axes.set(
        ylim=(-len(rows) + 0.3, 0.7), xlim=(0, right), xlabel=ENGLISH("drivers.share").capitalize()
    )
    axes.set_yticks(
        [-place for place in range(len(rows))], [ENGLISH.heading(row["driver"]) for row in rows]
    )
    axes.grid(visible=False, axis="y")
    sns.despine(figure, left=True)
    measure = f"{ENGLISH.confidence(rows[0]['conf_level'])} intervals"
    return titled(figure, axes, result, title(rows[0], ENGLISH), measure=measure)


def dose_response(result: Estimates) -> Figure:
    """Draw what is predicted at each dose with its interval."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    rows = [row for row in parts.rows_of(result) if row["quantity"] == "predicted"]
    scale = scale_of(rows[0])
    figure, axes = plt.subplots(figsize=(WIDTH, 3.4))
    values = [scale * row["estimate"] for row in rows]
    axes.plot(range(len(rows)), values, color=COLOURS["quiet"], linewidth=1, zorder=1)
    for place, row in enumerate(rows):
        if row["conf_low"] is not None:
            low, high = scale * row["conf_low"], scale * row["conf_high"]
            axes.vlines(place, low, high, color=COLOURS["first"], linewidth=2)
        axes.scatter(place, scale * row["estimate"], color=COLOURS["first"], s=40, zorder=3)
    axes.set(xlabel=ENGLISH("drivers.dose").capitalize(), ylabel=ENGLISH.unit(rows[0]))
    axes.set_xticks(range(len(rows)), [row["dose"] for row in rows])
    sns.despine(figure)
    heading = ENGLISH("drivers.how_many", outcome=ENGLISH(f"outcome.{rows[0]['estimand']}"))
    measure = f"{ENGLISH.confidence(rows[0]['conf_level'])} intervals"
    return titled(figure, axes, result, heading, measure=measure)


def reliability(result: Estimates) -> Figure:
    """Draw both coefficients, and alpha without each item, with their intervals."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    rows = parts.rows_of(result)
    figure, axes = plt.subplots(figsize=(WIDTH, 0.42 * len(rows) + 1.4))
    names = []
    for place, row in enumerate(rows):
        colour = COLOURS["quiet" if row["item"] else "first"]
        if row["conf_low"] is not None:
            axes.hlines(-place, row["conf_low"], row["conf_high"], color=colour, linewidth=2)
        axes.scatter(row["estimate"], -place, color=colour, s=40, zorder=3)
        names.append(
            ENGLISH("drivers.alpha_without", item=ENGLISH.heading(row["item"]))
            if row["item"]
            else ENGLISH(f"drivers.{row['quantity']}")
        )
    axes.set(ylim=(-len(rows) + 0.3, 0.7), xlabel=ENGLISH("drivers.coefficient").capitalize())
    axes.set_yticks([-place for place in range(len(rows))], names)
    axes.grid(visible=False, axis="y")
    sns.despine(figure, left=True)
    measure = f"{ENGLISH.confidence(rows[0]['conf_level'])} intervals"
    return titled(figure, axes, result, ENGLISH("drivers.hang_together"), measure=measure)
