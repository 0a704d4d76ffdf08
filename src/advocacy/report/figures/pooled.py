"""Figures of partial pooling: shrinkage, ranks, shares of variance, and the next programme."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import numpy as np

from advocacy.estimation import Estimates
from advocacy.estimation.pooling.predictions import METHOD
from advocacy.report.contents.parts import first_row
from advocacy.report.figures.estimates import Draw, legend_below, marked, shown, titled
from advocacy.report.figures.pooled_frames import joined, median_variances, passed, sizes
from advocacy.report.figures.style import WIDTH
from advocacy.report.palette import COLOURS
from advocacy.report.wording import ENGLISH

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SECTORS = {"B2B": "first", "B2C": "second"}
_ACROSS = 2  # panels in a row
_ROOM = 6  # between groups of cells, in cells


def published(draw: Draw) -> Draw:
    """Draw a note in place of the figure where a table is of a fit that is not published."""

    @wraps(draw)
    def drawn(*tables: Estimates, **options: Any) -> Figure:
        failed = next((table for table in tables if not passed(table)), None)
        if failed is not None:
            return note(failed, "Not published: the fit misses its diagnostics")
        return draw(*tables, **options)

    return drawn


def note(table: Estimates, words: str) -> Figure:
    """Return a figure with the labels of a table and some words alone."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(WIDTH, 0.6))
    axes.set_axis_off()
    return titled(figure, axes, table, words)


@published
def shrinkage(direct: Estimates, rates: Estimates) -> Figure:
    """Draw each cell's direct rate and how far pooling moves it, cells of like size together."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    frame = joined(direct, pooled=rates)
    if frame.empty:
        return note(rates, "The direct rates of all cells are withheld")
    figure, axes = plt.subplots(figsize=(WIDTH, 4.6))
    start, centres = 0, {}
    for words, rows in sizes(frame).items():
        rows = rows.sort_values("estimate_direct")
        at = start + np.arange(len(rows))
        for sector, colour in SECTORS.items():
            own = (rows.sector == sector).to_numpy()
            _moved(axes, at[own], rows[own], COLOURS[colour])
        centres[f"{words}\n({len(rows)} cells)"] = at.mean()
        start += len(rows) + _ROOM
    axes.set_xticks(list(centres.values()), list(centres))
    axes.set_xlabel("Programmes behind the cell")
    axes.set_ylabel("Had recommended, %")
    axes.set_xlim(-_ROOM, start)
    axes.grid(visible=False, axis="x")
    _legend(axes, lines=2.2)
    sns.despine(figure, left=True)
    title = "Where pooling moves rates"
    measure = "○ direct, ● pooled, in the order of direct rates"
    return titled(figure, axes, rates, title, measure=measure)


def _moved(axes: Axes, at: Any, rows: pd.DataFrame, colour: str) -> None:
    before, after = 100 * rows.estimate_direct, 100 * rows.estimate_pooled
    axes.vlines(at, before, after, color=colour, linewidth=1, alpha=0.55, zorder=2)
    axes.scatter(at, before, s=13, c=COLOURS["paper"], edgecolors=colour, linewidths=0.9, zorder=3)
    axes.scatter(at, after, s=13, c=colour, linewidths=0, zorder=4)


def _legend(axes: Axes, lines: float = 1) -> None:
    """Put the sectors in their colours below the axes."""
    for sector, colour in SECTORS.items():
        axes.scatter([], [], s=34, color=COLOURS[colour], label=sector)
    legend_below(axes, lines)


@published
def rank_intervals(*ranked: Estimates) -> Figure:
    """Draw the mean rank of each level and the ranks that it may have, a panel a segment."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    most = max(len(table) for table in ranked)
    figure, panels = plt.subplots(
        len(ranked), 1, figsize=(WIDTH, (0.34 * most + 0.9) * len(ranked)), squeeze=False,
        gridspec_kw={"hspace": 0.25},
    )  # fmt: skip
    for axes, table in zip(panels[:, 0], ranked, strict=True):
        frame = table.to_pandas().sort_values("estimate", ascending=False)
        at = np.arange(len(frame)) + most - len(frame)
        axes.hlines(at, frame.conf_low, frame.conf_high, color=COLOURS["first"], linewidth=5,
                    alpha=0.3, zorder=2)  # fmt: skip
        axes.scatter(frame.estimate, at, s=30, c=COLOURS["first"], zorder=3)
        names = [ENGLISH.level(table.by[0], value) for value in frame[table.by[0]]]
        axes.set_yticks(at, names, fontsize=9)
        axes.set(ylim=(-0.6, most - 0.4), xlim=(0.5, len(frame) + 0.5))
        axes.set_xticks(range(1, len(frame) + 1))
        axes.set_xlabel("Rank, 1 the highest rate")
        axes.grid(visible=False, axis="y")
    sns.despine(figure, left=True)
    title = "How sure is a rank?"
    measure = f"mean rank, and {_level(ranked[0])} of what it may be"
    return titled(figure, panels[0, 0], ranked[0], title, measure=measure)


@published
def variance_parts(shares: Estimates) -> Figure:
    """Draw what share of the variance between rates lies between what."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    frame = shown(shares).iloc[::-1]
    at = np.arange(len(frame))
    figure, axes = plt.subplots(figsize=(WIDTH, 0.36 * len(frame) + 1.1))
    axes.barh(at, frame.estimate, height=0.62, color=COLOURS["first"], alpha=0.35, linewidth=0)
    axes.hlines(at, frame.conf_low, frame.conf_high, color=COLOURS["first"], linewidth=1.8)
    axes.scatter(frame.estimate, at, s=30, c=COLOURS["first"], zorder=3)
    axes.set_yticks(at, [ENGLISH.term(name) for name in frame.term])
    axes.set(xlim=(0, None), xlabel="% of the variance between rates, as log odds")
    axes.grid(visible=False, axis="y")
    sns.despine(figure, left=True)
    return titled(figure, axes, shares, "Between what do rates differ?")


def peers(result: Estimates) -> Figure:
    """Draw each programme's own rate inside what its peers may have."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    frame = shown(result)
    names = list(dict.fromkeys(frame.programme))
    figure, axes = plt.subplots(figsize=(WIDTH, 0.42 * len(names) + 1.6))
    like_it = frame[frame.quantity == "prediction"]
    own = frame[(frame.quantity == "rate") & (frame.method == METHOD)]
    at = {name: -row for row, name in enumerate(names)}
    axes.hlines(like_it.programme.map(at), like_it.conf_low, like_it.conf_high,
                color=COLOURS["quiet"], alpha=0.35, linewidth=9, label="programmes like it",
                zorder=1)  # fmt: skip
    marked(axes, own.programme.map(at), own, ("first", "o"), "its own, pooled", vertical=False)
    axes.set_yticks(list(at.values()), names)
    axes.set_ylim(-len(names) + 0.3, 0.7)
    axes.set_xlabel("%", loc="left")
    axes.grid(visible=False, axis="y")
    legend_below(axes)
    sns.despine(figure, left=True)
    measure = f"{_level(result)} intervals"
    return titled(figure, axes, result, "Each programme among its peers", measure=measure)


@published
def expected(rates: Estimates, following: Estimates, observed: Estimates) -> Figure:
    """Draw the mean's interval inside that of the next programme, a panel a country."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    frames = [shown(table) for table in (rates, following, observed)]
    countries = sorted(set(frames[0].country), key=lambda code: ENGLISH.level("country", code))
    industries = sorted(set(frames[0].industry), reverse=True)
    down = -(-len(countries) // _ACROSS)
    figure, panels = plt.subplots(
        down, _ACROSS, sharex=True, sharey=True, squeeze=False,
        figsize=(WIDTH, down * (0.23 * len(industries) + 0.55) + 0.6),
        gridspec_kw={"wspace": 0.06, "hspace": 0.16},
    )  # fmt: skip
    for axes in panels.flat[len(countries) :]:
        axes.set_visible(False)
    for axes, country in zip(panels.flat, countries, strict=False):
        _expected_panel(axes, [frame[frame.country == country] for frame in frames], industries)
        axes.set_title(ENGLISH.level("country", country), fontsize=10, loc="left", pad=4)
    names = [ENGLISH.level("industry", code) for code in industries]
    for axes in panels[:, 0]:
        axes.set_yticks(range(len(industries)), names, fontsize=9)
    for axes in panels[-1]:
        axes.set_xlabel("%")
    _legend(panels[-1, 0])
    sns.despine(figure, left=True)
    title = "What the next programme should expect, score 10"
    measure = f"{_level(rates)} intervals"
    return titled(figure, panels[0, 0], rates, title, lift=14, measure=measure)


def _expected_panel(axes: Axes, frames: list[pd.DataFrame], industries: list[str]) -> None:
    opacities = (0.95, 0.45, 0.22)  # inside out
    place = {name: row for row, name in enumerate(industries)}
    for offset, (sector, colour) in zip((0.2, -0.2), SECTORS.items(), strict=True):
        for frame, alpha in reversed(list(zip(frames, opacities, strict=True))):
            rows = frame[frame.sector == sector]
            axes.hlines(
                rows.industry.map(place) + offset, rows.conf_low, rows.conf_high, linewidth=3.4,
                color=COLOURS[colour], alpha=alpha,
            )  # fmt: skip
    axes.set_ylim(-0.6, len(industries) - 0.4)
    axes.axvline(50, color=COLOURS["quiet"], linestyle=(0, (4, 3)), linewidth=0.8, zorder=0)
    axes.grid(visible=False, axis="y")


@published
def width_by_answers(rates: Estimates, following: Estimates, *, answers: int) -> Figure:
    """Draw how wide the interval of the next programme is, by the answers that it observes.

    Of the median cell, in standard deviations times the normal quantile.
    """
    import matplotlib.pyplot as plt
    import seaborn as sns
    from scipy.stats import norm

    mean, own, sampling = median_variances(rates, following)
    width = 200 * norm.ppf((1 + first_row(rates)["conf_level"]) / 2)
    n = np.geomspace(20, 5000, 200)
    figure, axes = plt.subplots(figsize=(WIDTH, 3.9))
    levels = [width * np.sqrt(mean + 0 * n), width * np.sqrt(own + 0 * n),
              width * np.sqrt(own + sampling / n)]  # fmt: skip
    words = ["the mean is not known exactly", "programmes differ", "answers are a sample"]
    for low, high, alpha, name in zip([0 * n, *levels], levels, (0.55, 0.35, 0.15), words,
                                      strict=False):  # fmt: skip
        axes.fill_between(n, low, high, color=COLOURS["first"], alpha=alpha, linewidth=0)
        axes.annotate(name, (n[4], low[60] + 0.4 * (high[60] - low[60])), va="center", fontsize=9.5)
    axes.plot(n, levels[-1], color=COLOURS["first"], linewidth=1.8)
    axes.axvline(answers, color=COLOURS["quiet"], linestyle=(0, (4, 3)), linewidth=1)
    axes.annotate(
        f"{ENGLISH.count(answers)} answers", (answers, 1), xytext=(4, -12), fontsize=9,
        xycoords=axes.get_xaxis_transform(), textcoords="offset points", color=COLOURS["quiet"],
    )  # fmt: skip
    axes.set(xscale="log", xlim=(n[0], n[-1]), ylim=(0, None))
    ticks = [20, 100, 500, 1000, 5000]
    axes.set_xticks(ticks, [ENGLISH.count(tick) for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("Effective answers with a score of 10\nthat the programme observes")
    axes.set_ylabel("Width of the interval, points")
    sns.despine(figure, left=True)
    title = "More answers help only so far"
    measure = f"{_level(rates)} interval, the median cell"
    return titled(figure, axes, rates, title, measure=measure)


def _level(estimates: Estimates) -> str:
    return ENGLISH.confidence(first_row(estimates)["conf_level"])
