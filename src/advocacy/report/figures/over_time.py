"""Figures of incidences over time: steps with their bands, and who is at risk below them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from advocacy.estimation import Estimates
from advocacy.report.contents.over_time import months
from advocacy.report.contents.parts import first_row, label
from advocacy.report.figures.estimates import forest, shown
from advocacy.report.figures.style import headed
from advocacy.report.palette import COLOURS
from advocacy.report.wording import ENGLISH

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Narrower than other figures, so that its letters can be read on a telephone.
_WIDTH = 5.2
# Colour, line and marker of each curve; of more curves only the last time is shown.
_LINES = (("first", "-", "o"), ("second", "--", "D"), ("ink", ":", "s"), ("quiet", "-.", "^"))
_MOST_NUMBERS = 5  # at risk, side by side
_BESIDE = 0.12  # months between the bars of two curves
_LINE = 13  # points between lines of text


def over_time(result: Estimates) -> Figure:
    """Draw the steps of up to four domains; of more, what they have reached at the last time."""
    curves = _curves(result)
    if len(curves) > len(_LINES):
        last = pc.equal(result.table.column("months"), pc.max(result.table.column("months")))
        return forest(Estimates(result.table.filter(last), "rates"))
    return _steps(result, curves)


def _curves(result: Estimates) -> dict[str, pd.DataFrame]:
    """Return the rows of each domain that have an estimate, by the domain's name."""
    frame, names = shown(result), list(result.by)
    if not names:
        return {"": frame}
    return {
        " · ".join(ENGLISH.level(*pair) for pair in zip(names, key, strict=True)): rows
        for key, rows in frame.groupby(names, sort=False)
    }


def _steps(result: Estimates, curves: dict[str, pd.DataFrame]) -> Figure:
    import matplotlib.pyplot as plt
    import seaborn as sns

    figure, axes = plt.subplots(figsize=(_WIDTH, 4.4 + 0.36 * len(curves)))
    ends = _apart([float(rows.estimate.iloc[-1]) for rows in curves.values()])
    beside = [_BESIDE * (number - (len(curves) - 1) / 2) for number in range(len(curves))]
    for (name, rows), line, end, aside in zip(curves.items(), _LINES, ends, beside, strict=False):
        _curve(axes, rows, line, aside)
        if name:
            axes.annotate(
                name, (rows.months.iloc[-1], end), xytext=(6, 0), textcoords="offset points",
                color=COLOURS[line[0]], fontsize=10, fontweight="bold", va="center",
            )  # fmt: skip
    every = sorted({float(month) for rows in curves.values() for month in rows.months})
    told = [0.0, *_told(every)]
    axes.set(xlim=(0, every[-1] if every else 1), ylim=(0, None))
    axes.set_xticks(told, [months({"months": month}, ENGLISH) for month in told])
    axes.set_xlabel(ENGLISH("over_time.axis"), fontsize=10)
    axes.set_ylabel(ENGLISH("over_time.share"), fontsize=10, rotation=0, labelpad=10)
    axes.grid(visible=False, axis="x")
    _at_risk(axes, curves, told)
    sns.despine(figure, left=True)
    first = first_row(result)
    face = label(first, ENGLISH)
    measure = ENGLISH("over_time.measure", intervals=ENGLISH.intervals(first))
    notes = "\n".join(filter(None, (face.rung, face.target, measure)))
    headed(axes, _title(first), notes, simulated=first["source_kind"] == "simulated")
    return figure


def _curve(axes: Axes, rows: pd.DataFrame, line: tuple[str, str, str], aside: float) -> None:
    """Draw a curve, which keeps what it has reached until the next time; bars a little aside."""
    colour, dashes, marker = COLOURS[line[0]], line[1], line[2]
    # The band before the first time is not known; nobody has had the event at 0.
    axes.fill_between(rows.months, rows.band_low, rows.band_high, step="post", color=colour,
                      alpha=0.16, linewidth=0, zorder=1)  # fmt: skip
    axes.step([0, *rows.months], [0, *rows.estimate], where="post", color=colour,
              linestyle=dashes, linewidth=1.8, zorder=3)  # fmt: skip
    axes.vlines(rows.months + aside, rows.conf_low, rows.conf_high, color=colour, linewidth=1,
                zorder=2, clip_on=False)  # fmt: skip
    axes.scatter(rows.months + aside, rows.estimate, s=16, color=colour, marker=marker, zorder=4,
                 clip_on=False)  # fmt: skip


def _at_risk(axes: Axes, curves: dict[str, pd.DataFrame], told: list[float]) -> None:
    """Print who is at risk below the times, a line a curve, each below its name."""
    across = axes.get_xaxis_transform()
    down = 3.6 * _LINE
    for (name, rows), line in zip(curves.items(), _LINES, strict=False):
        colour = COLOURS[line[0] if name else "ink"]
        heading = " · ".join(filter(None, (ENGLISH("over_time.under"), name)))
        axes.annotate(
            heading, (0, 0), xycoords="axes fraction", xytext=(-14, -down), color=colour,
            textcoords="offset points", fontsize=9, fontweight="bold", va="top",
        )  # fmt: skip
        number = {0.0: rows.n.iloc[0], **dict(zip(rows.months, rows.at_risk, strict=True))}
        for month in told:
            if month in number:
                axes.annotate(
                    ENGLISH.count(number[month]), (month, 0), xycoords=across, ha="center",
                    xytext=(0, -down - _LINE), textcoords="offset points", fontsize=9, va="top",
                    color=colour,
                )  # fmt: skip
        down += 2.2 * _LINE


def _told(every: list[float]) -> list[float]:
    """Return a few of the times, the last among them: quarters where they are there."""
    quarters = [month for month in every if month % 3 == 0]
    if 2 <= len(quarters) <= _MOST_NUMBERS:
        return quarters
    step = -(-len(every) // _MOST_NUMBERS)
    return every[::-1][::step][::-1] if every else []


def _apart(ends: list[float]) -> list[float]:
    """Return heights of labels that do not lie on each other, near those that are given."""
    order = sorted(range(len(ends)), key=ends.__getitem__)
    least = 0.07 * max(ends, default=0.0)
    placed = list(ends)
    for lower, upper in pairwise(order):
        placed[upper] = max(placed[upper], placed[lower] + least)
    return placed


def _title(row: dict[str, object]) -> str:
    outcome = ENGLISH(f"outcome.{row['estimand']}")
    scores = ENGLISH.scores(str(row["intent"])) if row["intent"] else ENGLISH("question.as_shown")
    title = ENGLISH("over_time.title", outcome=outcome, scores=scores)
    return title[:1].upper() + title[1:]
