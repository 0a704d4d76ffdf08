"""A change of the journey as a figure: each period against the last one before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from advocacy.estimation import Estimates
from advocacy.report.contents.movement.track import name_of
from advocacy.report.contents.parts import first_row, rows_of
from advocacy.report.figures.estimates import titled
from advocacy.report.figures.style import WIDTH
from advocacy.report.palette import COLOURS
from advocacy.report.wording import ENGLISH, scale_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def change(result: Estimates) -> Figure:
    """Draw each period's difference in differences with its interval, and that of the last as 0."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    rows, period = rows_of(result), result.by[-1]
    events = [row for row in rows if row["quantity"] == "event"]
    effect = next(row for row in rows if row["quantity"] == "effect")
    last = events[0]["reference"] if events else effect["reference"]
    names = [str(row[period]) for row in events]
    after = sum(row["side"] == "before" for row in events)
    names.insert(after, str(last))
    figure, axes = plt.subplots(figsize=(WIDTH, 3.4))
    scale = scale_of(effect)
    axes.axhline(0, color=COLOURS["quiet"], linewidth=1)
    axes.axvline(after + 0.5, color=COLOURS["second"], linestyle=(0, (4, 3)), linewidth=1.2)
    axes.plot(after, 0, "o", color=COLOURS["quiet"], markersize=5.5)
    for row in events:
        at, value = names.index(str(row[period])), scale * row["estimate"]
        if row["conf_low"] is not None:
            ends = [scale * row["conf_low"], scale * row["conf_high"]]
            axes.plot([at, at], ends, color=COLOURS["first"], linewidth=1.4)
        axes.plot(at, value, "o", color=COLOURS["first"], markersize=5.5)
    every = -(-len(names) // 6)
    axes.set_xticks(range(0, len(names), every), names[::every])
    axes.set_ylabel(ENGLISH.points(effect))
    axes.grid(visible=False, axis="x")
    sns.despine(figure)
    return titled(
        figure, axes, result, ENGLISH("change.title", measure=name_of(effect, ENGLISH)),
        measure=ENGLISH(
            "change.bars", level=ENGLISH.confidence(first_row(result)["conf_level"]), last=last
        ),
    )  # fmt: skip
