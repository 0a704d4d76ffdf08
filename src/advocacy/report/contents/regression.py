"""Tables of logistic models, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advocacy.estimation import Estimates
from advocacy.report.contents.comparison import p_value, ratio
from advocacy.report.contents.estimates import simulated_notice
from advocacy.report.figures.estimates import WIDTH, titled
from advocacy.report.figures.style import COLOURS
from advocacy.report.wording import (
    RELIABILITY,
    RUNGS,
    TARGETS,
    confidence,
    count,
    level,
    question,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import Group
    from rich.table import Table

Row = dict[str, Any]

# What the terms are associated with: in the past tense where it came before the interview.
OUTCOMES = {
    "recommended_past_12m": "having recommended",
    "discouraged_past_12m": "having advised against the supplier",
    "true_advocates": "scoring so and having recommended",
    "recommender_share": "having recommended",
    "discourager_share": "having advised against the supplier",
    "promoter_share_of_recommenders": "scoring 9 or 10 after having recommended",
    "intent_share": "giving such a score",
    "verified_past_12m": "having a recommendation on record",
    "verified_within_12m": "a recommendation on record within 12 months after",
    "converted_within_12m": "going on to recommend",
    "converted_within_12m_any": "going on to recommend",
}
_BEFORE = ("retrospective", "verified_past")


def regression_table(model: Estimates) -> Group:
    """Return the odds ratios of a model; above them outcome, rung and base, below how to read."""
    from rich.console import Group
    from rich.text import Text

    rows = [row for row in model.table.to_pylist() if row["quantity"] == "odds_ratio"]
    first = rows[0]
    return Group(
        *simulated_notice(model),
        Text(f"What is associated with {OUTCOMES[first['estimand']]}?", style="bold"),
        Text(f"Outcome and base: {question(first)}", style="dim"),
        Text(f"{_label(first)}\n", style="dim"),
        _terms(rows),
        Text(f"\n{_note(first)}", style="dim"),
    )


def odds_ratios_figure(model: Estimates) -> Figure:
    """Draw the odds ratio of each term with its interval, about 1 on a log scale."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    rows = [row for row in model.table.to_pylist() if row["quantity"] == "odds_ratio"]
    figure, axes = plt.subplots(figsize=(WIDTH, 0.42 * len(rows) + 1.4))
    for place, row in enumerate(rows):
        colour = COLOURS["quiet" if row["conf_low"] is None else "first"]
        if row["conf_low"] is not None:
            axes.hlines(-place, row["conf_low"], row["conf_high"], color=colour, linewidth=2)
        axes.scatter(row["estimate"], -place, color=colour, s=40, zorder=3)
    axes.axvline(1, color=COLOURS["quiet"], linewidth=1, zorder=1)
    axes.set(xscale="log", xlabel="Odds ratio", ylim=(-len(rows) + 0.3, 0.7))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("{x:g}")
    axes.set_yticks([-place for place in range(len(rows))], [_characteristic(r) for r in rows])
    axes.grid(visible=False, axis="y")
    sns.despine(figure, left=True)
    outcome = OUTCOMES[rows[0]["estimand"]]
    measure = f"{confidence(rows[0]['conf_level'])} intervals"
    return titled(figure, axes, model, f"What goes with {outcome}?", measure=measure)


def _label(first: Row) -> str:
    return (
        f"{RUNGS[first['rung']]} · target: {TARGETS[first['target']]} · "
        f"{count(first['n'])} ratings, {count(first['n_numerator'])} of them with the outcome · "
        f"df {count(first['df'])} · {first['source_kind']} data"
    )


def _terms(rows: list[Row]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("characteristic", overflow="fold")
    for heading in ("odds ratio", f"{confidence(rows[0]['conf_level'])} interval", "p"):
        table.add_column(heading, justify="right", no_wrap=True)
    if any(RELIABILITY[row["reliability"]] for row in rows):
        table.add_column("note", no_wrap=True)
    for row in rows:
        cells = [
            _characteristic(row),
            ratio(row["estimate"]),
            "–" if row["conf_low"] is None else f"{row['conf_low']:.2f} to {row['conf_high']:.2f}",
            p_value(row["p_value"]),
            RELIABILITY[row["reliability"]],
        ]
        table.add_row(*cells[: len(table.columns)])
    return table


def _characteristic(row: Row) -> str:
    """Name a term: a level and what it is held against, or a number, one more of it."""
    if row["level"] is None:
        return f"{row['term']}, 1 more"
    own, reference = (level(row["term"], row[name]) for name in ("level", "reference"))
    return f"{row['term']}: {own} against {reference}"


def _note(first: Row) -> str:
    order = (
        " The outcome lies before the interview: what is asked today may follow from it."
        if first["rung"] in _BEFORE
        else ""
    )
    return (
        "Odds ratio: at the same value of the other characteristics; interval and t test against 1 "
        f"on the log scale. These are associations, not effects of a change.{order}"
    )
