"""Figures of comparisons: slopes of lift, the parts of a difference, all pairs, one in two."""

from __future__ import annotations

from dataclasses import replace
from textwrap import fill
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from advocacy.estimation import Estimates
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.estimand import Unit
from advocacy.estimation.estimands import find_intent
from advocacy.report.contents.parts import column_letters, first_row
from advocacy.report.figures.estimates import HAD_RECOMMENDED, marked, shown, titled
from advocacy.report.figures.style import WIDTH
from advocacy.report.palette import COLOURS
from advocacy.report.wording import ENGLISH, MINUS, PERCENT, unit

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MARKS = {"B2B": ("first", "o"), "B2C": ("second", "D")}
_PARTS = {
    "raw_all": "All ratings",
    "raw_common": "Common support",
    "rate_part": "… rate part: same mix",
    "mix_part": "… mix part",
}
_LETTERS = 21  # of a name beside all pairs, in a line
_ADJUSTED = {"holm": "Holm", "bh": "Benjamini–Hochberg"}
_OUTCOMES = {
    "equivalent": ("first", "o"),
    "different": ("second", "D"),
    "undecided": ("quiet", "s"),
}


def slopes(lift_by_sector: Estimates) -> Figure:
    """Draw the rates of 0–6, 7–8 and the intent set as a line a sector."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    frame = shown(lift_by_sector)
    intents = ["detractors", "passives", first_row(lift_by_sector)["intent"]]
    figure, axes = plt.subplots(figsize=(WIDTH, 4.2))
    for sector, rows in frame.groupby("sector"):
        rows = rows.assign(x=rows.intent.map(intents.index)).sort_values("x")
        mark = _MARKS.get(str(sector), ("quiet", "s"))
        axes.plot(rows.x, rows.estimate, color=COLOURS[mark[0]], linewidth=2, zorder=2)
        marked(axes, rows.x, rows, mark, None, vertical=True)
        _end_labels(axes, rows, str(sector), COLOURS[mark[0]])
    axes.set_xticks(range(3), [f"score {find_intent(name).words}" for name in intents])
    axes.set(xlim=(-0.35, 2.5), ylim=(0, None))
    axes.set_ylabel("Had recommended, %")
    axes.grid(visible=False, axis="x")
    sns.despine(figure, left=True)
    return titled(figure, axes, lift_by_sector, f"{HAD_RECOMMENDED}, by score")


def _end_labels(axes: Axes, rows: pd.DataFrame, sector: str, colour: str) -> None:
    """Write the numbers beside the points: of the upper line above, of the lower below."""
    up = 1 if sector == "B2B" else -1
    for row in rows.to_dict("records"):
        last = row["x"] == rows.x.max()
        text = f"{sector}  {row['estimate']:.1f}{PERCENT}" if last else f"{row['estimate']:.1f}"
        place = (9, 0) if last else (-6 * up, 9 * up)
        axes.annotate(
            text, (row["x"], row["estimate"]), xytext=place, textcoords="offset points",
            va="center", ha="left" if last or up < 0 else "right", color=colour, fontsize=9.5,
            fontweight="bold" if last else "normal",
        )  # fmt: skip


def decomposition(standardised: Comparison) -> Figure:
    """Draw a difference, raw and over the common support, and the two parts of the latter."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    frame = standardised.to_pandas()
    frame = frame[frame.quantity.isin(list(_PARTS)) & frame.estimate.notna()]
    figure, axes = plt.subplots(figsize=(WIDTH, 3.2))
    for row in frame.to_dict("records"):
        y = -list(_PARTS).index(row["quantity"])
        colour = COLOURS["ink" if row["quantity"].startswith("raw") else "first"]
        axes.hlines(y, 100 * row["conf_low"], 100 * row["conf_high"], color=colour, linewidth=2)
        axes.scatter(100 * row["estimate"], y, color=colour, s=44, zorder=3)
        axes.annotate(
            ENGLISH.signed(row["estimate"], 1, 100), (100 * row["estimate"], y), xytext=(0, 8),
            ha="center", textcoords="offset points", color=colour, fontsize=9.5, fontweight="bold",
        )  # fmt: skip
    axes.axvline(0, color=COLOURS["quiet"], linewidth=1, zorder=1)
    axes.set_yticks([-place for place in range(len(_PARTS))], list(_PARTS.values()))
    axes.set_ylim(-len(_PARTS) + 0.4, 0.6)
    axes.set_xlabel("Percentage points")
    axes.grid(visible=False, axis="y")
    sns.despine(figure, left=True)
    first = standardised.table.to_pylist()[-1]
    names = f"{first[standardised.compares]} {MINUS} {first['reference']}"
    return titled(figure, axes, standardised, f"{names}: how much is the mix?")


def contrasts(comparison: Comparison) -> Figure:
    """Draw a row a comparison with its interval: differences about 0, ratios about 1."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    rows = [row for row in comparison.table.to_pylist() if _is_drawn(comparison, row)]
    ratio = rows[0]["interval"] == "log" if rows else False
    scale = 1 if ratio or (rows and unit(rows[0]) is Unit.SCORE) else 100
    figure, axes = plt.subplots(figsize=(WIDTH, 0.42 * max(len(rows), 1) + 1.4))
    for place, row in enumerate(rows):
        colour = COLOURS["quiet" if row["conf_low"] is None else "first"]
        if row["conf_low"] is not None:
            low, high = scale * row["conf_low"], scale * row["conf_high"]
            axes.hlines(-place, low, high, color=colour, linewidth=2)
        axes.scatter(scale * row["estimate"], -place, color=colour, s=40, zorder=3)
    axes.axvline(1 if ratio else 0, color=COLOURS["quiet"], linewidth=1, zorder=1)
    axes.set_yticks([-place for place in range(len(rows))], [_name(comparison, r) for r in rows])
    axes.set_ylim(-max(len(rows), 1) + 0.3, 0.7)
    axes.set_xlabel("Ratio" if ratio else "Difference, percentage points")
    axes.grid(visible=False, axis="y")
    sns.despine(figure, left=True)
    compared = comparison.table.filter(pc.is_valid(comparison.table.column("reference")))
    return titled(figure, axes, replace(comparison, table=compared), "How far apart they are")


def _is_drawn(comparison: Comparison, row: dict[str, Any]) -> bool:
    """Tell whether a row compares, on the first scale that the comparison has."""
    if row["reference"] is None or row["estimate"] is None:
        return False
    return comparison.compares != "intent" or row["quantity"] == "difference"


def _name(comparison: Comparison, row: dict[str, Any]) -> str:
    """Return the name of a comparison, with the domain within which it is made."""
    within = [ENGLISH.level(name, row[name]) for name in comparison.within]
    if row["quantity"] in _PARTS:
        return " · ".join([*within, _PARTS[row["quantity"]]])
    of = "score" if comparison.compares == "intent" else comparison.compares
    sides = [row["intent"], row["reference"]] if of == "score" else [row[of], row["reference"]]
    words = [
        find_intent(side).words if comparison.compares == "intent" else ENGLISH.level(of, side)
        for side in sides
    ]
    return " · ".join([*within, f" {MINUS if row['interval'] == 'wald' else '/'} ".join(words)])


def pair_matrix(pairs: Comparison) -> Figure:
    """Draw the difference of every pair of levels: row less column, bold where Holm's p is small.

    In whole points: tenths of a dozen columns would be too small to read. Levels are ordered by
    their estimates, so that differences grow towards the corner.
    """
    import matplotlib.pyplot as plt

    frame = pairs.to_pandas()
    rates = frame[frame.reference.isna()].sort_values("estimate", ascending=False)
    names = [name for name, value in zip(rates[pairs.compares], rates.estimate, strict=True)
             if value == value]  # fmt: skip
    place = {name: number for number, name in enumerate(names)}
    size = max(len(names), 2)
    figure, axes = plt.subplots(figsize=(WIDTH, 0.4 * size + 1.2))
    level_of_test = 1 - first_row(pairs)["conf_level"]
    known = frame[frame.reference.notna() & frame.estimate.notna()]
    largest = max((abs(value) for value in known.estimate), default=1.0)
    for row in known.to_dict("records"):
        a, b = place[row[pairs.compares]], place[row["reference"]]
        sign = 1 if a < b else -1
        difference, found = sign * row["estimate"], row["p_adjusted"] < level_of_test
        _pair(axes, (min(a, b), max(a, b)), difference, largest, found=bool(found))
    words = [fill(ENGLISH.level(pairs.compares, name), _LETTERS) for name in names]
    axes.set_yticks(range(size)[: len(names)], words, fontsize=9)
    letters = dict(zip(rates[pairs.compares], rates.letter, strict=True))
    axes.set_xticks([])
    for y, name in enumerate(names):
        letter = column_letters(letters[name], pairs.compares)
        axes.text(y, y, letter, ha="center", va="center", color=COLOURS["quiet"], fontsize=9)
    axes.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5))
    axes.tick_params(length=0)
    axes.grid(visible=False)
    for side in axes.spines.values():
        side.set_visible(False)
    rules = known.adjust.map(_ADJUSTED).dropna()
    measure = f"bold: p < {level_of_test:.2g}{f' ({rules.iloc[0]})' if len(rules) else ''}"
    return titled(figure, axes, pairs, "Row less column, percentage points", measure=measure)


def _pair(
    axes: Axes, place: tuple[int, int], difference: float, largest: float, *, found: bool
) -> None:
    from matplotlib.patches import Rectangle

    row, column = place
    field: dict[str, Any] = {
        "color": COLOURS["first"],
        "alpha": 0.6 * abs(difference) / largest,
        "linewidth": 0,
    }
    axes.add_patch(Rectangle((column - 0.48, row - 0.46), 0.96, 0.92, **field))
    axes.text(
        column, row, ENGLISH.number(100 * difference, 0), ha="center", va="center", fontsize=9,
        fontweight="bold" if found else "normal",
    )  # fmt: skip


def one_in_two(*tables: Comparison) -> Figure:
    """Draw rates with their intervals against the margin around one in two."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    rows = [row for table in tables for row in _named(table)]
    first = first_row(tables[0])
    figure, axes = plt.subplots(figsize=(WIDTH, 0.38 * len(rows) + 1.5))
    low, high = 100 * first["margin_low"], 100 * first["margin_high"]
    axes.axvspan(low, high, color=COLOURS["grid"], zorder=0)
    axes.axvline((low + high) / 2, color=COLOURS["quiet"], linestyle=(0, (4, 3)), linewidth=1)
    for number, row in enumerate(rows):
        colour, marker = _OUTCOMES[row["outcome"]]
        axes.hlines(-number, 100 * row["conf_low"], 100 * row["conf_high"],
                    color=COLOURS[colour], linewidth=2)  # fmt: skip
        axes.scatter(100 * row["estimate"], -number, color=COLOURS[colour], marker=marker, s=38,
                     zorder=3)  # fmt: skip
        axes.annotate(
            row["outcome"], (1.01, -number), xycoords=axes.get_yaxis_transform(), va="center",
            color=COLOURS[colour], fontsize=9.5,
        )  # fmt: skip
    axes.set_yticks([-number for number in range(len(rows))], [row["name"] for row in rows])
    axes.set_ylim(-len(rows) + 0.4, 0.6)
    axes.set_xlabel("Had recommended, % of those who score 10\n(grey: one in two ± margin)")
    axes.grid(visible=False, axis="y")
    sns.despine(figure, left=True)
    return titled(figure, axes, tables[0], "Is it one in two?")


def _named(table: Comparison) -> list[dict[str, Any]]:
    return [
        row | {"name": " · ".join(ENGLISH.level(name, row[name]) for name in table.by) or "All"}
        for row in table.table.to_pylist()
        if row["estimate"] is not None and row["conf_low"] is not None
    ]
