"""The rungs beside each other, as a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from advocacy.estimation import Estimates
from advocacy.report.contents.parts import first_row
from advocacy.report.figures.estimates import HALF, marked, titled
from advocacy.report.figures.style import WIDTH
from advocacy.report.palette import COLOURS
from advocacy.report.wording import ENGLISH

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Before, after, and what is had from records, which no memory colours.
_MARKS = {
    "retrospective": ("first", "o"),
    "prospective": ("second", "D"),
    "verified_past": ("quiet", "s"),
    "verified_after": ("quiet", "s"),
}


def ladder(result: Estimates) -> Figure:
    """Draw a row a rung with its rate and interval, a panel a crossing."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    frame = result.to_pandas()
    frame = frame[(frame.quantity == "rate") & frame.estimate.notna()]
    by = list(result.by)
    crossings = (
        [(key, rows) for key, rows in frame.groupby(by, sort=False)] if by else [((), frame)]
    )
    heights = [max(len(rows), 1) for _, rows in crossings]
    figure, panels = plt.subplots(
        len(crossings),
        1,
        figsize=(WIDTH, 0.5 * sum(heights) + 0.4 * len(crossings) + 1.6),
        sharex=True,
        squeeze=False,
        height_ratios=heights,
    )
    for axes, (key, rows) in zip(panels[:, 0], crossings, strict=True):
        _rungs(axes, rows)
        if by:
            levels = zip(by, key, strict=True)
            name = " · ".join(ENGLISH.level(*level) for level in levels)
            axes.set_title(name, fontsize=10, loc="left", pad=4)
    panels[-1, 0].set_xlabel(ENGLISH.unit(first_row(result)))
    sns.despine(figure, left=True)
    scores = ENGLISH.scores(first_row(result)["intent"])
    title = ENGLISH("ladder.title", scores=scores)
    measure = ENGLISH.intervals(first_row(result))
    return titled(
        figure, panels[0, 0], result, title, lift=14 if by else 0,
        measure=measure, rung=ENGLISH("ladder.rungs"),
    )  # fmt: skip


def _rungs(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw the rungs of one crossing, the first on top, each with its number beside it."""
    place = {name: -row for row, name in enumerate(rows.estimand)}
    for column in ("estimate", "conf_low", "conf_high"):
        rows = rows.assign(**{column: 100 * rows[column].astype(float)})
    for rung, own in rows.groupby("rung", sort=False):
        marked(axes, own.estimand.map(place), own, _MARKS[str(rung)], None, vertical=False)
    for row in rows.to_dict("records"):
        axes.annotate(
            ENGLISH.number(row["estimate"], 0), (row["estimate"], place[row["estimand"]]),
            xytext=(0, 7), textcoords="offset points", ha="center", fontsize=9,
            color=COLOURS["ink"],
            bbox={"facecolor": COLOURS["paper"], "edgecolor": "none", "pad": 0.4},
        )  # fmt: skip
    axes.set_yticks(list(place.values()), [ENGLISH(f"ladder.{name}") for name in place])
    axes.set(ylim=(-len(place) + 0.4, 0.7), xlim=(0, 100))
    axes.axvline(HALF, color=COLOURS["quiet"], linestyle=(0, (4, 3)), linewidth=1, zorder=1)
    axes.grid(visible=False, axis="y")
