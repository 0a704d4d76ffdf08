"""Figures of curves over the scores 0 to 10, and of what the curves show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advocacy.estimation.curves.curve import Curve
from advocacy.report.contents.parts import first_row
from advocacy.report.figures.estimates import (
    HAD_RECOMMENDED,
    forest,
    legend_below,
    marked,
    one_in_two,
    shown,
    titled,
)
from advocacy.report.figures.style import WIDTH
from advocacy.report.palette import COLOURS
from advocacy.report.wording import ENGLISH

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ACROSS = 2  # panels in a row
_SCORE = "Likelihood to recommend, 0–10 (score)"


def curves(curve: Curve) -> Figure:
    """Draw one curve with its fits, of several the rates of each score by itself."""
    return fits(curve) if curve.by == ("score",) else forest(curve.direct())


def fits(curve: Curve) -> Figure:
    """Draw the direct rates with their intervals, and the fitted curves with their bands."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    frame = shown(curve)
    figure, axes = plt.subplots(figsize=(WIDTH, 4.4))
    parts = {str(name): rows for name, rows in frame.groupby("fit")}
    if "logistic" in parts:
        _line(axes, parts["logistic"], "second", "logistic, with its band")
    if "smooth" in parts:
        _line(axes, parts["smooth"], "first", "smooth, with its band")
    if "isotonic" in parts:
        rows = parts["isotonic"]
        axes.step(rows.score, rows.estimate, where="mid", color=COLOURS["ink"], linewidth=1,
                  label="isotonic", zorder=2)  # fmt: skip
    if "direct" in parts:
        marked(axes, parts["direct"].score, parts["direct"], ("ink", "o"), "each score by itself",
               vertical=True)  # fmt: skip
    _scores_across(axes)
    one_in_two(axes, vertical=True)
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(0.0, 0.88))
    sns.despine(figure, left=True)
    return titled(figure, axes, curve, f"{HAD_RECOMMENDED}: four ways to draw it")


def _line(axes: Axes, rows: pd.DataFrame, colour: str, name: str) -> None:
    axes.fill_between(rows.score, rows.band_low, rows.band_high, color=COLOURS[colour],
                      alpha=0.22, linewidth=0, zorder=1)  # fmt: skip
    axes.plot(rows.score, rows.estimate, color=COLOURS[colour], linewidth=1.8, label=name, zorder=2)


def _scores_across(axes: Axes) -> None:
    axes.set(xticks=range(11), ylim=(0, None), xlabel=_SCORE)
    axes.set_ylabel("Had recommended, % of those with the score")
    axes.grid(visible=False, axis="x")


def small_multiples(by_country: Curve, overall: Curve) -> Figure:
    """Draw the curve of each country with its band, in front of that of all countries."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    frame, whole = (_direct(one) for one in (by_country, overall))
    names = sorted(frame.country.unique(), key=lambda code: ENGLISH.level("country", code))
    rows = -(-max(len(names), 1) // _ACROSS)
    figure, panels = plt.subplots(
        rows, _ACROSS, sharex=True, sharey=True, figsize=(WIDTH, 1.9 * rows + 0.6), squeeze=False
    )
    for axes in panels.flat[len(names) :]:
        axes.set_visible(False)
    for axes, name in zip(panels.flat, names, strict=False):
        own = frame[frame.country == name]
        axes.plot(whole.score, whole.estimate, color=COLOURS["quiet"], linewidth=1, zorder=1)
        axes.fill_between(own.score, own.band_low, own.band_high, color=COLOURS["first"],
                          alpha=0.25, linewidth=0, zorder=2)  # fmt: skip
        axes.plot(own.score, own.estimate, color=COLOURS["first"], linewidth=1.8, zorder=3)
        axes.axhline(50, color=COLOURS["quiet"], linestyle=(0, (4, 3)), linewidth=0.8, zorder=1)
        axes.set_title(ENGLISH.level("country", name), fontsize=10, loc="left", pad=4)
        axes.set(xticks=[0, 5, 8, 10], ylim=(0, None))
        axes.grid(visible=False, axis="x")
    figure.supylabel("Had recommended, %", fontsize=10, color=COLOURS["ink"], x=0.03)
    figure.supxlabel(_SCORE, fontsize=10, color=COLOURS["ink"], y=0.04)
    sns.despine(figure, left=True)
    title = "A curve a country; grey: all countries"
    measure = f"simultaneous {ENGLISH.confidence(first_row(by_country)['conf_level'])} bands"
    return titled(figure, panels[0, 0], by_country, title, lift=14, measure=measure)


def nine_and_ten(by_country: Curve) -> Figure | None:
    """Draw the rates of 9 and of 10 in each country; nothing where none has both."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    frame = _direct(by_country)
    frame = frame[frame.score.isin([9, 10])]
    both = frame.groupby("country").filter(lambda rows: len(rows) == 2)
    tens = both[both.score == 10].set_index("country").estimate.sort_values()
    if tens.empty:
        return None
    place = {name: row for row, name in enumerate(tens.index)}
    figure, axes = plt.subplots(figsize=(WIDTH, 0.42 * len(place) + 1.5))
    for score, mark, offset in ((9, ("second", "D"), -0.1), (10, ("first", "o"), 0.1)):
        rows = both[both.score == score]
        where = rows.country.map(place) + offset
        marked(axes, where, rows, mark, f"score {score}", vertical=False)
    axes.axvline(tens.iloc[0], color=COLOURS["quiet"], linestyle=(0, (4, 3)), linewidth=1)
    axes.annotate(
        "lowest 10", (tens.iloc[0], 0), xytext=(3, 3), textcoords="offset points",
        xycoords=axes.get_xaxis_transform(), color=COLOURS["quiet"], fontsize=9,
    )  # fmt: skip
    axes.set_yticks(range(len(place)), [ENGLISH.level("country", name) for name in place])
    axes.set_ylim(-0.7, len(place) - 0.3)
    axes.grid(visible=False, axis="y")
    legend_below(axes)
    sns.despine(figure, left=True)
    return titled(figure, axes, by_country, "Had recommended, %: is a 9 here a 10 elsewhere?")


def cut_points(overall: Curve, by_country: Curve | None = None) -> Figure:
    """Draw how well each cut-point separates, and how often the bootstrap finds it the best."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    figure, (above, below) = plt.subplots(
        2, 1, figsize=(WIDTH, 7.2), height_ratios=(1, 1.4), gridspec_kw={"hspace": 0.28}
    )
    youden = shown(overall)
    youden = youden[youden.quantity == "youden"]
    above.fill_between(youden.score, youden.conf_low, youden.conf_high, color=COLOURS["first"],
                      alpha=0.25, linewidth=0)  # fmt: skip
    above.plot(youden.score, youden.estimate, color=COLOURS["first"], marker="o", markersize=5)
    above.set(xticks=range(1, 11), ylim=(0, None), xlabel="Cut: this score or above")
    above.set_ylabel("Sensitivity + specificity − 1, %")
    above.grid(visible=False, axis="x")
    _shares(below, overall, by_country)
    sns.despine(figure, left=True)
    measure = f"{ENGLISH.confidence(first_row(overall)['conf_level'])} Wald band; bootstrap"
    return titled(figure, above, overall, "Where does the score separate best?", measure=measure)


def _shares(axes: Axes, overall: Curve, by_country: Curve | None) -> None:
    """Draw the share of bootstrap replicates in which a cut-point is the best, a row a country."""
    from matplotlib.patches import Rectangle

    countries = [by_country.to_pandas()] if by_country else []
    frame = [overall.to_pandas().assign(country=""), *countries]
    cuts = [7, 8, 9, 10]
    names = list(dict.fromkeys(name for part in frame for name in part.country))
    for part in frame:
        part = part[(part.quantity == "best_cut_share") & part.score.isin(cuts)]
        for row in part.to_dict("records"):
            x, y = cuts.index(int(row["score"])), names.index(row["country"])
            field: dict[str, Any] = {
                "color": COLOURS["first"],
                "alpha": 0.6 * row["estimate"],
                "linewidth": 0,
            }
            axes.add_patch(Rectangle((x - 0.48, y - 0.44), 0.96, 0.88, **field))
            if row["estimate"] > 0:
                text = f"{100 * row['estimate']:.0f}" if row["estimate"] >= 0.01 else "< 1"
                axes.text(x, y, text, ha="center", va="center", fontsize=9)
    axes.set_yticks(range(len(names)), [ENGLISH.level("country", n) if n else "All" for n in names],
                    fontsize=9)  # fmt: skip
    axes.set_xticks(range(len(cuts)), [str(cut) for cut in cuts])
    axes.set(xlim=(-0.5, len(cuts) - 0.5), ylim=(len(names) - 0.5, -0.5))
    axes.set_xlabel("Best cut, % of bootstrap samples")
    axes.tick_params(length=0)
    axes.grid(visible=False)


def _direct(curve: Curve) -> pd.DataFrame:
    frame = shown(curve)
    return frame[frame.fit == "direct"]
