"""A specification curve: every analysis by its rate, and the rates that each option gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from advocacy.estimation import Estimates
from advocacy.report.contents.robustness.multiverse import named
from advocacy.report.figures.estimates import titled
from advocacy.report.figures.style import WIDTH
from advocacy.report.palette import COLOURS
from advocacy.report.wording import ENGLISH
from advocacy.robustness.multiverse.summary import options, varied, verdicts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = {"below": "second", "above": "first", "undecided": "quiet", "none": "quiet"}
# Analyses that are drawn: more would lie upon each other.
_DRAWN = 240


def curve(result: Estimates) -> Figure:
    """Draw the analyses in the order of their rates, and below them each option of each choice."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    listed = [(name, option) for name in varied(result) for option in options(result, name)]
    below = 0.2 * len(listed) + 0.35 * len(varied(result)) + 0.2
    figure, (above, parts) = plt.subplots(
        2, 1, figsize=(WIDTH, 2.6 + below), sharex=True, height_ratios=[2.6, below]
    )
    _analyses(above, result)
    _choices(parts, result)
    low, high = above.get_xlim()
    above.set_xlim(max(low, 0), min(high, 100))
    parts.set_xlabel(ENGLISH("heading.per_cent"))
    sns.despine(figure, left=True)
    first = result.table.slice(0, 1).to_pylist()[0]
    return titled(
        figure,
        above,
        result,
        ENGLISH("multiverse.title"),
        without_target=len(options(result, "target")) > 1,
        measure=ENGLISH("multiverse.measure", level=ENGLISH.confidence(first["conf_level"])),
    )


def _analyses(axes: Axes, result: Estimates) -> None:
    frame = result.to_pandas().assign(said=verdicts(result))
    frame = frame[frame.estimate.notna()].sort_values("estimate", kind="stable")
    picked = np.unique(np.linspace(0, len(frame) - 1, min(len(frame), _DRAWN)).astype(int))
    shown = frame.iloc[picked]
    for said, rows in shown.assign(place=picked).groupby("said", sort=False):
        colour = COLOURS[_COLOURS[str(said)]]
        axes.hlines(rows.place, 100 * rows.conf_low.astype(float),
                    100 * rows.conf_high.astype(float), color=colour, alpha=0.35,
                    linewidth=1, zorder=2)  # fmt: skip
        axes.scatter(100 * rows.estimate.astype(float), rows.place, s=5, color=colour, zorder=3,
                     label=ENGLISH(f"multiverse.said.{said}"))  # fmt: skip
    first = result.table.slice(0, 1).to_pylist()[0]
    value = 100 * float(first["reference"])
    axes.axvline(value, color=COLOURS["ink"], linewidth=1, zorder=1)
    if first["estimate"] is not None:
        place = int(np.searchsorted(frame.estimate.to_numpy(), first["estimate"]))
        axes.scatter(100 * first["estimate"], place, marker="D", s=36, zorder=4,
                     color=COLOURS["ink"], label=ENGLISH("multiverse.own"))  # fmt: skip
    axes.set(yticks=[], ylabel=ENGLISH("multiverse.rank"))
    axes.grid(visible=False, axis="y")
    axes.legend(frameon=False, loc="upper left", fontsize=8, handletextpad=0.1)


def _choices(axes: Axes, result: Estimates) -> None:
    """Draw, for each option, the rates of its analyses: all, the middle half, and the mean."""
    frame, place = result.to_pandas(), 0.0
    places, texts = [], []
    for name in varied(result):
        place -= 0.75
        axes.annotate(
            ENGLISH(f"multiverse.choices.{name}"), (0, place + 0.15),
            xycoords=("axes fraction", "data"),
            xytext=(-6, 0), textcoords="offset points", ha="right", va="bottom", fontsize=8,
            fontweight="bold", color=COLOURS["ink"], annotation_clip=False,
        )  # fmt: skip
        for option in options(result, name):
            place -= 1
            rate = 100 * frame.estimate[frame[name] == option].dropna().astype(float)
            places.append(place + 0.5)
            texts.append(named(name, option, ENGLISH))
            if not len(rate):
                continue
            quarter, most = rate.quantile([0.25, 0.75])
            axes.hlines(place + 0.5, rate.min(), rate.max(), color=COLOURS["quiet"], linewidth=1)
            axes.hlines(place + 0.5, quarter, most, color=COLOURS["first"], linewidth=4, alpha=0.6)
            axes.scatter(rate.mean(), place + 0.5, color=COLOURS["ink"], s=10, zorder=3)
    axes.set_yticks(places, texts, fontsize=8)
    axes.grid(visible=False, axis="y")
    axes.axvline(
        100 * float(result.table.column("reference")[0].as_py()),
        color=COLOURS["ink"], linewidth=1, zorder=1,
    )  # fmt: skip
