"""Figures of estimates. Each states its question, its base and its kind of evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from advocacy.estimation import Estimates
from advocacy.estimation.estimand import Unit
from advocacy.estimation.estimands import find_intent
from advocacy.report.contents.parts import first_row, label
from advocacy.report.figures.style import WIDTH, headed
from advocacy.report.palette import COLOURS
from advocacy.report.wording import ENGLISH, unit

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Published estimates in, figure out; how many tables, the figure says.
Draw = Callable[..., "Figure"]

HALF = 50
HAD_RECOMMENDED = "Had recommended in the 12 months before"

# Colour and marker of a row whose sector is this; the first also of rows without a sector.
_MARKS = {"B2B": ("first", "o"), "B2C": ("second", "D")}
# Segments whose levels stand in their own order, not in that of the estimates.
_ORDERED = {"score", "score_band", "wave", "year"}
_UNRELIABLE = ["suppress", "no_interval"]


def score_curve(by_score: Estimates) -> Figure:
    """Draw the rate at each score, with intervals; B2B and B2C side by side where it has them."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    frame = shown(by_score)
    figure, axes = plt.subplots(figsize=(WIDTH, 4.2))
    for offset, (sector, rows) in _by_sector(frame.assign(row=frame.score)):
        points(axes, rows.score - 0.8 * offset, rows, sector, vertical=True)
    one_in_two(axes, vertical=True)
    axes.set(xticks=range(11), ylim=(0, None), xlabel="Likelihood to recommend, 0–10 (score)")
    axes.set_ylabel("Had recommended, % of those with the score")
    axes.grid(visible=False, axis="x")
    if len(axes.get_legend_handles_labels()[1]) > 1:
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(0.0, 0.8))
    sns.despine(figure, left=True)
    return titled(figure, axes, by_score, HAD_RECOMMENDED)


def distribution(estimates: Estimates) -> Figure:
    """Draw the share that gives each score, with its own interval."""
    return forest(estimates, ENGLISH("distribution.question"))


def forest(estimates: Estimates, title: str = "") -> Figure:
    """Draw a row a domain with its estimate and interval, the sectors of a row side by side.

    Rows with an order of their own keep it, others are ordered by their estimates. Unreliable
    estimates are hollow; what is withheld, and what compares, is left out.
    """
    import matplotlib.pyplot as plt
    import seaborn as sns

    frame = _named(shown(estimates), estimates)
    order = _order(frame, estimates)
    figure, axes = plt.subplots(figsize=(WIDTH, 0.42 * max(len(order), 1) + 1.4))
    position = {name: row for row, name in enumerate(order)}
    for offset, (sector, rows) in _by_sector(frame):
        points(axes, rows.row.map(position) + offset, rows, sector, vertical=False)
    if not order:
        axes.annotate("withheld", (0.5, 0.5), xycoords="axes fraction", ha="center")
        axes.set_xticks([])
    axes.set_yticks(range(len(order)), order)
    axes.set_ylim(-0.7, max(len(order), 1) - 0.3)
    first = first_row(estimates)
    if first["quantity"] == "rate" and _holds(axes, HALF):
        one_in_two(axes, vertical=False)
    axes.set_xlabel(ENGLISH.unit(first))
    axes.grid(visible=False, axis="y")
    if len(axes.get_legend_handles_labels()[1]) > 1:
        legend_below(axes)
    sns.despine(figure, left=True)
    return titled(figure, axes, estimates, title or _title(first))


def targets(*tables: Estimates) -> Figure:
    """Draw the same estimates for each inference target: one point, an interval a target.

    Parameters
    ----------
    tables
        The same tables of each target.
    """
    import matplotlib.pyplot as plt
    import seaborn as sns

    sides = by_target(tables)
    names = list(dict.fromkeys(name for table in sides[0] for name in _names(table)))
    place = {name: -row for row, name in enumerate(names)}
    figure, axes = plt.subplots(figsize=(WIDTH, 0.4 * len(names) + 1.6))
    for side, offset, mark in zip(sides, (0.16, -0.16), _MARKS.values(), strict=False):
        for number, table in enumerate(side):
            rows = _named(shown(table), table)
            name = ENGLISH(f"target.{first_row(table)['target']}") if number == 0 else None
            marked(axes, rows.row.map(place) + offset, rows, mark, name, vertical=False)
    axes.set_yticks(list(place.values()), names)
    axes.set_ylim(-len(names) + 0.3, 0.7)
    one_in_two(axes, vertical=False)
    axes.grid(visible=False, axis="y")
    legend_below(axes)
    sns.despine(figure, left=True)
    title = f"{_title(first_row(tables[0]))}, %"
    return titled(figure, axes, tables[0], title, without_target=True)


def cells(by_sector_industry_country: Estimates) -> Figure:
    """Draw the rate of each industry × country as a coloured field, a panel a sector.

    A field without a number is withheld, one without a colour has no ratings; an unreliable
    number is in italics.
    """
    import matplotlib.pyplot as plt

    frame = by_sector_industry_country.to_pandas()
    sectors = sorted(frame.sector.unique())
    industries, countries = (sorted(frame[name].unique()) for name in ("industry", "country"))
    height = 0.34 * len(industries) * len(sectors) + 2.2
    figure, panels = plt.subplots(len(sectors), 1, figsize=(WIDTH, height), squeeze=False)
    known = frame.estimate.dropna()
    span = (known.min(), known.max()) if len(known) else (0.0, 1.0)
    for axes, sector in zip(panels[:, 0], sectors, strict=True):
        _fields(axes, frame[frame.sector == sector], industries, countries, span)
        mark = COLOURS[_MARKS.get(sector, ("first", "o"))[0]]
        axes.set_ylabel(sector, color=mark, fontweight="bold", fontsize=11)
    panels[0, 0].tick_params(labeltop=True, labelbottom=False)
    figure.subplots_adjust(hspace=0.12)
    title = "Had recommended, % of those who score 10"
    measure = "italics: unreliable · hatched: withheld"
    return titled(figure, panels[0, 0], by_sector_industry_country, title, lift=58, measure=measure)


def _fields(
    axes: Axes, rows: pd.DataFrame, down: list[str], across: list[str], span: tuple[float, float]
) -> None:
    from matplotlib.patches import Rectangle

    low, high = span
    for row in rows.to_dict("records"):
        x, y = across.index(row["country"]), down.index(row["industry"])
        known = row["estimate"] == row["estimate"]
        depth = 0.08 + 0.6 * (row["estimate"] - low) / max(high - low, 1e-9) if known else 0.0
        face: dict[str, Any] = {"color": COLOURS["first"], "alpha": depth, "linewidth": 0}
        none: dict[str, Any] = {
            "fill": False,
            "edgecolor": COLOURS["quiet"],
            "hatch": "////",
            "linewidth": 0,
        }
        axes.add_patch(Rectangle((x - 0.48, y - 0.46), 0.96, 0.92, **(face if known else none)))
        if known:
            slanted = "italic" if row["reliability"] in _UNRELIABLE else "normal"
            text = f"{100 * row['estimate']:.0f}"
            axes.text(x, y, text, ha="center", va="center", fontsize=9, fontstyle=slanted)
    axes.set_xlim(-0.5, len(across) - 0.5)
    axes.set_ylim(len(down) - 0.5, -0.5)
    axes.set_xticks(
        range(len(across)), [ENGLISH.level("country", code) for code in across],
        fontsize=9, rotation=60, ha="left", rotation_mode="anchor",
    )  # fmt: skip
    axes.set_yticks(
        range(len(down)), [ENGLISH.level("industry", code) for code in down], fontsize=9
    )
    axes.tick_params(length=0, labelbottom=False)
    axes.grid(visible=False)
    for side in axes.spines.values():
        side.set_visible(False)


# Their parts


def shown(estimates: Estimates) -> pd.DataFrame:
    """Return the estimates of one domain that are there, as they are shown: in per cent."""
    frame = estimates.to_pandas()
    frame = frame[frame.estimate.notna() & frame.reference.isna()].copy()
    scale = 1 if unit(first_row(estimates)) is Unit.SCORE else 100
    for column in ("estimate", "conf_low", "conf_high", "band_low", "band_high"):
        if column in frame:
            frame[column] = scale * frame[column].astype(float)
    return frame


def by_target(tables: Sequence[Estimates]) -> list[list[Estimates]]:
    """Return the tables of each inference target."""
    sides: dict[str, list[Estimates]] = {}
    for table in tables:
        sides.setdefault(first_row(table)["target"], []).append(table)
    return list(sides.values())


def points(axes: Axes, position: Any, rows: pd.DataFrame, sector: str, *, vertical: bool) -> None:
    """Draw estimates of a sector with their intervals; unreliable ones are hollow."""
    marked(axes, position, rows, _MARKS.get(sector, ("first", "o")), sector, vertical=vertical)


def marked(
    axes: Axes,
    position: Any,
    rows: pd.DataFrame,
    mark: tuple[str, str],
    name: str | None,
    *,
    vertical: bool,
) -> None:
    """Draw estimates with their intervals in a colour and a marker; unreliable ones are hollow."""
    colour = COLOURS[mark[0]]
    bars = axes.vlines if vertical else axes.hlines
    bars(position, rows.conf_low, rows.conf_high, color=colour, linewidth=1.8, zorder=2)
    hollow = rows.reliability.isin(_UNRELIABLE)
    faces = [COLOURS["paper"] if empty else colour for empty in hollow]
    x, y = (position, rows.estimate) if vertical else (rows.estimate, position)
    axes.scatter(
        x, y, s=34, c=faces, edgecolors=colour, marker=mark[1], zorder=3,
        label=name or "_nolegend_",
    )  # fmt: skip


def one_in_two(axes: Axes, *, vertical: bool) -> None:
    """Draw the line at one in two."""
    line = axes.axhline if vertical else axes.axvline
    line(HALF, color=COLOURS["quiet"], linestyle=(0, (4, 3)), linewidth=1, zorder=1)
    place = (0, HALF) if vertical else (HALF, 0)
    axes.annotate(
        "one in two", place, xytext=(3, 3), textcoords="offset points", color=COLOURS["quiet"],
        xycoords=axes.get_yaxis_transform() if vertical else axes.get_xaxis_transform(),
        fontsize=9.5,
    )  # fmt: skip


def titled(
    figure: Figure,
    axes: Axes,
    estimates: Estimates,
    title: str,
    *,
    lift: float = 0,
    without_target: bool = False,
    measure: str | None = None,
    rung: str | None = None,
) -> Figure:
    """Add the title, with rung, target and interval below it, and the simulated label.

    Parameters
    ----------
    figure, axes
        The figure, and the axes above which the title stands.
    estimates
        What the labels are read from.
    title
        Of the figure.
    lift
        As for `headed`.
    without_target
        The figure shows several targets.
    measure
        What stands in place of the interval, where the figure shows something else.
    rung
        What stands in place of the rung, where the figure shows several.
    """
    first = first_row(estimates)
    face = label(first, ENGLISH, measure or ENGLISH.intervals(first))
    notes = [
        face.rung if rung is None else rung,
        "" if without_target else face.target,
        face.measure,
    ]
    simulated = first["source_kind"] == "simulated"
    headed(axes, title, " · ".join(filter(None, notes)), simulated=simulated, lift=lift)
    return figure


def legend_below(axes: Axes, lines: float = 1) -> None:
    """Put the legend below the axis and its label."""
    axes.legend(
        frameon=False, loc="upper right", bbox_to_anchor=(1, 0), borderaxespad=lines + 2.6, ncols=2,
        columnspacing=1.2, handletextpad=0.2,
    )  # fmt: skip


def _title(row: dict[str, Any]) -> str:
    """Return what an estimate is, short enough for a title."""
    if row["estimand"] != "recommended_past_12m":
        return ENGLISH.question(row)
    score = f", score {find_intent(row['intent']).words}" if row["intent"] else ""
    return HAD_RECOMMENDED + score


def _named(frame: pd.DataFrame, estimates: Estimates) -> pd.DataFrame:
    """Add a column with the name of the row that an estimate stands in."""
    within = [name for name in estimates.by if name != "sector" or estimates.by == ("sector",)]
    names = [
        " · ".join(ENGLISH.level(name, value) for name, value in zip(within, values, strict=True))
        for values in frame[within].to_numpy().tolist()
    ]
    return frame.assign(row=names if within else ["All"] * len(frame))


def _names(estimates: Estimates) -> list[str]:
    return list(_named(shown(estimates), estimates).row)


def _order(frame: pd.DataFrame, estimates: Estimates) -> list[str]:
    """Return the names of the rows from the bottom up."""
    if _ORDERED.intersection(estimates.by):
        return list(dict.fromkeys(frame.row))[::-1]
    return list(frame.groupby("row").estimate.mean().sort_values().index)


def _by_sector(frame: pd.DataFrame) -> list[tuple[float, tuple[str, pd.DataFrame]]]:
    if "sector" not in frame or frame.row.is_unique:
        return [(0.0, ("", frame))] if len(frame) else []
    parts = [(str(sector), rows) for sector, rows in frame.groupby("sector")]
    return list(zip((0.15, -0.15), parts, strict=False))


def _holds(axes: Axes, value: float) -> bool:
    low, high = axes.get_xlim()
    return low < value < high
