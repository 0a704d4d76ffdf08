"""Figures of the study alone: estimates beside the truth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from advocacy.estimation import Estimates
from advocacy.report.figures.estimates import titled
from advocacy.report.figures.pooled import SECTORS, note, published
from advocacy.report.figures.pooled_frames import joined
from advocacy.report.figures.style import WIDTH
from advocacy.report.palette import COLOURS
from advocacy.report.wording import ENGLISH
from advocacy.study.pooling import NO_TRUTH, beside_truth, error_of
from advocacy.study.truth import Truth, judged_rows, truth_of

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


def near_truth_rows(
    direct: Estimates, area: Estimates, rates: Estimates, *, truth: Truth | None
) -> list[dict[str, Any]]:
    """Return the data of `near_truth`: the cells whose direct rate is published."""
    frame = beside_truth(joined(direct, area=area, pooled=rates), truth)
    rows = [] if frame is None else frame.to_dict("records")
    kind = rates.table.column("source_kind")[0].as_py()
    return [
        {**{str(key): value for key, value in row.items()}, "source_kind": kind} for row in rows
    ]


def _against(axes: Axes, frame: pd.DataFrame, name: str) -> None:
    axes.axline((50, 50), slope=1, color=COLOURS["quiet"], linewidth=1, zorder=1)
    for sector, colour in SECTORS.items():
        rows = frame[frame.sector == sector]
        axes.scatter(
            100 * rows.truth, 100 * rows[name], s=14, c=COLOURS[colour], alpha=0.65,
            linewidths=0, zorder=2, label=sector,
        )  # fmt: skip


def against_truth(intent: str, known: Mapping[str, Any], *tables: Estimates) -> Figure | None:
    """Draw estimates with their intervals against the true rates, and how far off each is.

    Parameters
    ----------
    intent
        The study's intent set.
    known
        The content of `truth.json`.
    tables
        Rates of one target; rows that are withheld are left out.
    """
    import matplotlib.pyplot as plt
    import seaborn as sns

    rows = [
        (ENGLISH.levels(row, table.by), row, true, inside)
        for table in tables
        for row, true, inside in judged_rows(table, truth_of(intent, table, known))
        if inside is not None
    ]
    if not rows:
        return None
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(WIDTH, 3.4 + 0.24 * len(rows)), height_ratios=(3.2, 0.24 * len(rows)),
        gridspec_kw={"hspace": 0.22},
    )  # fmt: skip
    above.axline((20, 20), slope=1, color=COLOURS["quiet"], linewidth=1, zorder=1)
    below.axvline(0, color=COLOURS["quiet"], linewidth=1, zorder=1)
    for place, (_, row, true, inside) in enumerate(rows):
        rate, ends = 100 * row["estimate"], (100 * row["conf_low"], 100 * row["conf_high"])
        colour = COLOURS["first" if inside else "alert"]
        above.vlines(100 * true, *ends, color=colour, linewidth=1.4, zorder=2)
        above.scatter(100 * true, rate, s=18, color=colour, zorder=3)
        below.hlines(place, *(end - 100 * true for end in ends), color=colour, linewidth=1.4)
        below.scatter(rate - 100 * true, place, s=18, color=colour, zorder=3)
    above.set_xlabel("True rate, %")
    above.set_ylabel("Estimate, %")
    below.set_yticks(range(len(rows)), [name for name, *_ in rows])
    below.invert_yaxis()
    below.grid(visible=False, axis="y")
    below.set_xlabel("Estimate less truth, percentage points")
    sns.despine(figure, left=True)
    held = sum(inside for *_, inside in rows)
    title = f"{held} of {len(rows)} intervals hold the truth"
    return titled(figure, above, tables[0], title)
