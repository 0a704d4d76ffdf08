"""A series as a figure: its values, where noise alone would leave them, and what could be seen."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from advocacy.estimation import Estimates
from advocacy.report.contents.movement.track import name_of, period_of
from advocacy.report.contents.parts import first_row, rows_of
from advocacy.report.figures.estimates import titled
from advocacy.report.figures.style import WIDTH
from advocacy.report.palette import COLOURS
from advocacy.report.wording import ENGLISH, scale_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Letters that fit below an axis side by side.
_MOST_LETTERS = 44
_HEIGHT = 1.55  # of a panel, in inches


def track(result: Estimates) -> Figure:
    """Draw a panel a series: values, the band of noise, and the change that could be seen."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    period = period_of(result)
    others = [name for name in result.by if name != period]
    rows = [row for row in rows_of(result) if row["quantity"] in ("level", "movement")]

    def key(row: Any) -> tuple[Any, ...]:
        return (row["estimand"], *(row[name] for name in others))

    places = list(dict.fromkeys(map(key, rows)))
    series = [
        list(own) for _, own in groupby(sorted(rows, key=lambda r: places.index(key(r))), key)
    ]
    names = list(dict.fromkeys(str(row[period]) for row in rows if row["quantity"] == "level"))
    figure, panels = plt.subplots(
        len(series), 1, sharex=True, squeeze=False, figsize=(WIDTH, _HEIGHT * len(series) + 1.4)
    )
    for axes, own in zip(panels[:, 0], series, strict=True):
        _panel(axes, own, period, names)
        levels = [ENGLISH.level(name, own[0][name]) for name in others]
        axes.set_title(
            " · ".join([name_of(own[0], ENGLISH), *levels]), fontsize=10, loc="left", pad=4
        )
    fit = max(_MOST_LETTERS // (max(map(len, names)) + 2), 1)
    every = -(-len(names) // fit)
    panels[-1, 0].set_xticks(range(0, len(names), every), names[::every])
    sns.despine(figure)
    return titled(
        figure, panels[0, 0], result, ENGLISH("track.title"), lift=14,
        measure=ENGLISH("track.bars", level=ENGLISH.confidence(first_row(result)["conf_level"])),
        rung=ENGLISH("track.rungs"),
    )  # fmt: skip


def _panel(axes: Axes, rows: list[Any], period: str, names: list[str]) -> None:
    levels = [row for row in rows if row["quantity"] == "level"]
    moved = {str(row[period]) for row in rows if row["verdict"] in ("moved", "mix")}
    scale = scale_of(levels[0])
    at = [names.index(str(row[period])) for row in levels]
    banded = [row for row in levels if row["noise_low"] is not None]
    if banded:
        axes.fill_between(
            [names.index(str(row[period])) for row in banded],
            [scale * row["noise_low"] for row in banded],
            [scale * row["noise_high"] for row in banded],
            color=COLOURS["quiet"], alpha=0.22, linewidth=0,
        )  # fmt: skip
    axes.plot(at, [scale * row["estimate"] for row in levels], color=COLOURS["first"], linewidth=1)
    for place, row in zip(at, levels, strict=True):
        if row["conf_low"] is not None:
            ends = [scale * row["conf_low"], scale * row["conf_high"]]
            axes.plot([place, place], ends, color=COLOURS["first"], linewidth=1.2)
        filled = str(row[period]) in moved
        axes.plot(
            place, scale * row["estimate"], "o", markersize=5.5,
            color=COLOURS["first"], markerfacecolor=COLOURS["first" if filled else "paper"],
        )  # fmt: skip
    least = [row["smallest_change"] for row in rows if row["smallest_change"] is not None]
    if least:
        _ruler(axes, scale * sorted(least)[len(least) // 2], len(names))
    axes.set_xlim(-0.5, len(names) + 0.1)
    axes.set_ylabel(ENGLISH.unit(levels[0]))
    axes.grid(visible=False, axis="x")


def _ruler(axes: Axes, size: float, end: int) -> None:
    """Draw the median change that could be seen as a length beside the series."""
    low, high = axes.get_ylim()
    middle = (low + high) / 2
    ends = (middle - size / 2, middle + size / 2)
    place = end - 0.35
    axes.plot([place, place], ends, color=COLOURS["second"], linewidth=2.4, solid_capstyle="butt")
    for y in ends:
        axes.plot([place - 0.12, place + 0.12], [y, y], color=COLOURS["second"], linewidth=1.4)
    axes.set_ylim(min(low, ends[0]), max(high, ends[1]))
