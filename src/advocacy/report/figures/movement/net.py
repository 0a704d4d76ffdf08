"""Net scores as figures: the shares to both sides, and the score with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advocacy.estimation import Estimates
from advocacy.estimation.movement.net import NETS
from advocacy.report.contents.parts import first_row, rows_of
from advocacy.report.figures.estimates import titled
from advocacy.report.figures.style import WIDTH
from advocacy.report.palette import COLOURS
from advocacy.report.wording import ENGLISH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def net(result: Estimates) -> Figure:
    """Draw a panel a net score and a row a crossing: shares as bars, the score as a point."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    rows = rows_of(result)
    names = [name for name in NETS if any(row["estimand"] == name for row in rows)]
    crossings = list(dict.fromkeys(ENGLISH.levels(row, result.by) for row in rows))
    figure, panels = plt.subplots(
        len(names), 1, sharex=True, squeeze=False,
        figsize=(WIDTH, len(names) * (0.45 * len(crossings) + 0.7) + 1.2),
    )  # fmt: skip
    for axes, name in zip(panels[:, 0], names, strict=True):
        own = [row for row in rows if row["estimand"] == name]
        _scores(axes, own, result, crossings)
        axes.set_title(ENGLISH(f"net.{name}"), fontsize=10, loc="left", pad=4)
    panels[-1, 0].set_xlabel(ENGLISH("net.axis"))
    sns.despine(figure, left=True)
    level = ENGLISH.confidence(first_row(result)["conf_level"])
    return titled(
        figure, panels[0, 0], result, ENGLISH("net.title"), lift=14,
        measure=ENGLISH("net.bars", level=level), rung=ENGLISH("net.rungs"),
    )  # fmt: skip


def _scores(axes: Axes, rows: list[Any], result: Estimates, crossings: list[str]) -> None:
    place = {name: -number for number, name in enumerate(crossings)}
    for row in rows:
        y = place[ENGLISH.levels(row, result.by)]
        value = 100 * row["estimate"]
        if row["quantity"] in ("above", "below"):
            above = row["quantity"] == "above"
            axes.barh(
                y, value if above else -value, height=0.5,
                color=COLOURS["first" if above else "second"], alpha=0.35, linewidth=0,
            )  # fmt: skip
        elif row["quantity"] == "balance":
            if row["conf_low"] is not None:
                ends = [100 * row["conf_low"], 100 * row["conf_high"]]
                axes.plot(ends, [y, y], color=COLOURS["ink"], linewidth=1.6)
            axes.plot(value, y, "o", color=COLOURS["ink"], markersize=5)
            axes.annotate(
                ENGLISH.number(value, 0), (value, y), xytext=(0, 6), textcoords="offset points",
                ha="center", fontsize=9, color=COLOURS["ink"],
            )  # fmt: skip
    axes.set_yticks(list(place.values()), list(place))
    axes.set(xlim=(-100, 100), ylim=(-len(place) + 0.4, 0.7))
    axes.axvline(0, color=COLOURS["quiet"], linewidth=1, zorder=1)
    axes.grid(visible=False, axis="y")
