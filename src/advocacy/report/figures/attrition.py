"""Figure of answers on an incidence under attrition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from advocacy.estimation import Estimates
from advocacy.report.contents.attrition import BOUNDS, answer
from advocacy.report.figures.estimates import shown, titled
from advocacy.report.figures.style import WIDTH
from advocacy.report.palette import COLOURS
from advocacy.report.wording import ENGLISH

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MARKS = {
    "complete_cases": ("quiet", "X"),
    "leaving_at_random": ("second", "D"),
    "weighted": ("first", "o"),
}


def answers(attrition: Estimates) -> Figure:
    """Draw the answers of each domain below each other, within what is possible without a model.

    The bar is between the bounds, the line beyond it their interval.
    """
    import matplotlib.pyplot as plt
    import seaborn as sns

    frame = shown(attrition)
    domains = frame[list(attrition.by)].apply(tuple, axis=1) if attrition.by else frame.estimand
    names = list(dict.fromkeys(domains))
    figure, axes = plt.subplots(figsize=(WIDTH, 0.9 * max(len(names), 1) + 1.8))
    for place, name in enumerate(names):
        rows = {row["answer"]: row for row in frame[domains == name].to_dict("records")}
        low, high = (rows[bound] for bound in BOUNDS)
        ends = low["conf_low"], low["conf_high"]
        axes.hlines(-place, *ends, color=COLOURS["grid"], linewidth=3, zorder=1)
        axes.barh(
            -place, high["estimate"] - low["estimate"], left=low["estimate"], height=0.66,
            color=COLOURS["grid"], zorder=1, label=None if place else ENGLISH("attrition.possible"),
        )  # fmt: skip
        for offset, (kind, (colour, marker)) in zip((0.2, 0.0, -0.2), _MARKS.items(), strict=True):
            if kind not in rows:
                continue
            row = rows[kind]
            axes.hlines(
                offset - place, row["conf_low"], row["conf_high"], color=COLOURS[colour],
                linewidth=1.8, zorder=2,
            )  # fmt: skip
            axes.scatter(
                row["estimate"], offset - place, s=34, color=COLOURS[colour], marker=marker,
                zorder=3, label=answer(row, ENGLISH) if not place else None,
            )  # fmt: skip
    first = attrition.table.slice(0, 1).to_pylist()[0]
    labels = [
        " · ".join(ENGLISH.level(*pair) for pair in zip(attrition.by, name, strict=True))
        if attrition.by
        else ENGLISH("heading.all")
        for name in names
    ]
    axes.set_yticks([-place for place in range(len(names))], labels)
    axes.set_ylim(-len(names) + 0.4, 0.6)
    axes.set_xlabel(ENGLISH.unit(first))
    axes.grid(visible=False, axis="y")
    axes.legend(
        frameon=False, loc="upper right", bbox_to_anchor=(1, 0), borderaxespad=3.4,
        handletextpad=0.2,
    )  # fmt: skip
    sns.despine(figure, left=True)
    return titled(figure, axes, attrition, ENGLISH("attrition.title"))
