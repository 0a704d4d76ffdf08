"""Figures of the study alone: rates of the same cells beside the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from advocacy.estimation import Estimates
from advocacy.report.figures.estimates import titled
from advocacy.report.figures.pooled import SECTORS, note, published
from advocacy.report.figures.pooled_frames import joined
from advocacy.report.figures.style import WIDTH
from advocacy.report.palette import COLOURS
from advocacy.study.pooling import NO_TRUTH, beside_truth, error_of
from advocacy.study.truth import Truth

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@published
def near_truth(
    direct: Estimates, area: Estimates, rates: Estimates, *, truth: Truth | None
) -> Figure:
    """Draw the rates of the same cells against their true rates, a panel a method."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    frame = beside_truth(joined(direct, area=area, pooled=rates), truth)
    if frame is None:
        return note(rates, NO_TRUTH)
    figure, panels = plt.subplots(
        3, 1, figsize=(WIDTH, 8.4), sharex=True, sharey=True, gridspec_kw={"hspace": 0.14}
    )
    names = {"direct": "Direct", "area": "Area level", "pooled": "Pooled"}
    for axes, (method, name) in zip(panels, names.items(), strict=True):
        _against(axes, frame, f"estimate_{method}")
        words = f"{name}: {100 * error_of(frame, method):.1f} points off"
        axes.set_title(words, fontsize=9.5, loc="left", pad=4)
        axes.set_ylabel("Estimate, %")
    panels[-1].set_xlabel("True rate, %")
    panels[0].legend(frameon=False, loc="lower right", handletextpad=0.1)
    sns.despine(figure, left=True)
    title = "The same cells against the truth, by three methods"
    measure = "root mean square error"
    return titled(figure, panels[0], rates, title, lift=12, measure=measure)


def _against(axes: Axes, frame: pd.DataFrame, name: str) -> None:
    axes.axline((50, 50), slope=1, color=COLOURS["quiet"], linewidth=1, zorder=1)
    for sector, colour in SECTORS.items():
        rows = frame[frame.sector == sector]
        axes.scatter(
            100 * rows.truth, 100 * rows[name], s=14, c=COLOURS[colour], alpha=0.65,
            linewidths=0, zorder=2, label=sector,
        )  # fmt: skip
