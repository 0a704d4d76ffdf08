"""The likelihood that each score states, and the rate of those who give it, as a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from advocacy.estimation import Estimates
from advocacy.report.contents.parts import first_row
from advocacy.report.figures.estimates import marked, titled
from advocacy.report.figures.style import WIDTH
from advocacy.report.palette import COLOURS
from advocacy.report.wording import ENGLISH

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ACROSS = 2  # panels in a row
_WHAT = {"retrospective": "had recommended", "prospective": "went on to recommend"}


def stated_likelihood(result: Estimates) -> Figure:
    """Draw the rate of each score against the diagonal of what it states, a panel a curve."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    frame = result.to_pandas()
    frame = frame[(frame.quantity == "rate") & frame.estimate.notna()]
    segments = [name for name in result.by if name != "score"]
    curves = (
        [(key, rows) for key, rows in frame.groupby(segments, sort=False)]
        if segments
        else [((), frame)]
    )
    across = min(_ACROSS, len(curves))
    down = -(-len(curves) // across)
    size = (WIDTH, 4.6) if across == 1 else (WIDTH, WIDTH / across * down + 1.4)
    figure, panels = plt.subplots(
        down, across, figsize=size, sharex=True, sharey=True, squeeze=False
    )
    for axes in panels.flat[len(curves) :]:
        axes.set_visible(False)
    for axes, (key, rows) in zip(panels.flat, curves, strict=False):
        _curve(axes, rows, annotated=axes is panels.flat[0])
        if segments:
            names = zip(segments, key, strict=True)
            axes.set_title(" · ".join(ENGLISH.level(*pair) for pair in names), fontsize=10, pad=4)
    first = first_row(result)
    what = _WHAT.get(first["rung"], "have it on record")
    figure.supxlabel(
        "Likelihood to recommend, 0–10 (score)", fontsize=10, color=COLOURS["ink"], y=-0.02
    )
    figure.supylabel(
        f"Of those with the score,\n% who {what}", fontsize=10, color=COLOURS["ink"], x=-0.04
    )
    sns.despine(figure, left=True)
    title = "What a score states, and what its givers did"
    return titled(figure, panels[0, 0], result, title, lift=14 if segments else 0)


def _curve(axes: Axes, rows: pd.DataFrame, *, annotated: bool) -> None:
    """Draw one curve; the space between it and the diagonal is shaded."""
    rows = rows.assign(**{name: 100 * rows[name].astype(float) for name in
                          ("estimate", "conf_low", "conf_high", "stated")})  # fmt: skip
    score = rows.score.astype(float)
    axes.plot([0, 10], [0, 100], color=COLOURS["quiet"], linestyle=(0, (4, 3)), linewidth=1.2)
    axes.fill_between(score, rows.estimate, rows.stated, color=COLOURS["second"], alpha=0.15,
                      linewidth=0, zorder=1)  # fmt: skip
    axes.plot(score, rows.estimate, color=COLOURS["first"], linewidth=1.2, zorder=2)
    marked(axes, score, rows, ("first", "o"), None, vertical=True)
    axes.set(xticks=[0, 2, 4, 6, 8, 10], xlim=(-0.4, 10.4), ylim=(-2, 102))
    axes.grid(visible=False, axis="x")
    if annotated:
        axes.annotate("as the score states", (7.2, 74), rotation=0, ha="right",
                      color=COLOURS["quiet"], fontsize=9)  # fmt: skip
