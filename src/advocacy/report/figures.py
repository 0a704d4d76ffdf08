"""Figures of estimates. Each states its question, its base and its kind of evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from advocacy.estimation import Estimates
from advocacy.report.style import COLOURS
from advocacy.report.wording import SIMULATED, label, level

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Draw = Callable[[Estimates], "Figure"]

_SECTOR_COLOURS = {"B2B": COLOURS["first"], "B2C": COLOURS["second"]}
_SECTOR_MARKERS = {"B2B": "o", "B2C": "D"}


def score_curve(by_sector_and_score: Estimates) -> Figure:
    """Draw the rate at each score, B2B and B2C side by side, with intervals."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    frame = _shown(by_sector_and_score)
    figure, axes = plt.subplots(figsize=(8, 5))
    for offset, (sector, rows) in zip((-0.12, 0.12), frame.groupby("sector"), strict=True):
        _points(axes, rows.score + offset, rows, str(sector), vertical=True)
    axes.axhline(50, color=COLOURS["quiet"], linestyle=(0, (4, 3)), linewidth=1, zorder=1)
    axes.annotate("one in two", (0, 50), xytext=(-0.35, 51), color=COLOURS["quiet"], fontsize=9)
    axes.set(xticks=range(11), ylim=(0, None), xlabel="Likelihood to recommend, 0–10 (score)")
    axes.set_ylabel("Had recommended, % of those with the score", fontsize=10)
    axes.grid(visible=False, axis="x")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(0.0, 0.8))
    sns.despine(figure, left=True)
    return _titled(figure, axes, by_sector_and_score, "Had recommended in the 12 months before")


def sector_by_industry(estimates: Estimates) -> Figure:
    """Draw a row an industry, ordered by its mean rate, with B2B and B2C in each."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    frame = _shown(estimates)
    order = frame.groupby("industry").estimate.mean().sort_values().index
    position = {industry: row for row, industry in enumerate(order)}
    figure, axes = plt.subplots(figsize=(8, 0.46 * len(order) + 1.4))
    for offset, (sector, rows) in zip((0.15, -0.15), frame.groupby("sector"), strict=True):
        _points(axes, rows.industry.map(position) + offset, rows, str(sector), vertical=False)
    axes.axvline(50, color=COLOURS["quiet"], linestyle=(0, (4, 3)), linewidth=1, zorder=1)
    axes.annotate("one in two", (50, -0.75), xytext=(3, 0), textcoords="offset points",
                  color=COLOURS["quiet"], fontsize=9)  # fmt: skip
    axes.set_yticks(range(len(order)), [level("industry", industry) for industry in order])
    axes.set_xlabel("Had recommended, % of those who score 10")
    axes.grid(visible=False, axis="y")
    axes.legend(frameon=False, loc="lower right")
    sns.despine(figure, left=True)
    return _titled(figure, axes, estimates, "Had recommended in the 12 months before, score 10")


def _shown(estimates: Estimates) -> pd.DataFrame:
    """Return the rows that have an estimate, in per cent."""
    frame = estimates.to_pandas()
    frame = frame[frame.estimate.notna()].copy()
    for column in ("estimate", "conf_low", "conf_high"):
        frame[column] = 100 * frame[column].astype(float)
    return frame


def _points(axes: Axes, position: Any, rows: pd.DataFrame, sector: str, *, vertical: bool) -> None:
    """Draw estimates with their intervals; unreliable ones are hollow."""
    colour = _SECTOR_COLOURS[sector]
    bars = axes.vlines if vertical else axes.hlines
    bars(position, rows.conf_low, rows.conf_high, color=colour, linewidth=1.8, zorder=2)
    hollow = rows.reliability.isin(["suppress", "no_interval"])
    faces = [COLOURS["paper"] if empty else colour for empty in hollow]
    x, y = (position, rows.estimate) if vertical else (rows.estimate, position)
    axes.scatter(
        x, y, s=34, c=faces, edgecolors=colour, marker=_SECTOR_MARKERS[sector], zorder=3,
        label=sector,
    )  # fmt: skip


def _titled(figure: Figure, axes: Axes, estimates: Estimates, title: str) -> Figure:
    """Add the title, with rung, target and interval below it, and the simulated label."""
    first = estimates.table.slice(0, 1).to_pylist()[0]
    simulated = first["source_kind"] == "simulated"
    axes.set_title(title, pad=30)
    subtitle = label(first).rsplit(" · ", 1)[0]
    axes.annotate(
        subtitle, (0, 1), xytext=(0, 12), xycoords="axes fraction", textcoords="offset points",
        color=COLOURS["quiet"], fontsize=9,
    )  # fmt: skip
    if simulated:
        axes.annotate(
            SIMULATED.upper(), (0, 1), xytext=(0, 52), xycoords="axes fraction",
            textcoords="offset points", color=COLOURS["alert"], fontsize=9, fontweight="bold",
        )  # fmt: skip
    return figure
