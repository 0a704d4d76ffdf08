"""Figures of the chapters on how wrong the headline could be, beside the truth where known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from advocacy.estimation import Estimates
from advocacy.report.contents.robustness.scenarios import PROFILE, assumption
from advocacy.report.figures.estimates import titled
from advocacy.report.figures.robustness import forest
from advocacy.report.figures.style import WIDTH
from advocacy.report.palette import COLOURS
from advocacy.report.wording import ENGLISH, Row
from advocacy.robustness.multiverse.summary import verdicts
from advocacy.study.robustness.pages import Known, in_summary
from advocacy.study.robustness.truth import true_rate

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def summary(
    robustness: Estimates, analyses: Estimates | None = None, known: Known = None
) -> Figure | None:
    """Draw the headline under every threat, and between what all analyses lie."""
    rows = _summary_rows(robustness, analyses)
    if not rows:
        return None
    names = [row["named"] for row in rows]
    return forest(robustness, rows, _true(rows, robustness, known), names=names)


def summary_rows(
    robustness: Estimates, analyses: Estimates | None = None, known: Known = None
) -> list[dict[str, Any]]:
    """Return the data of `summary`."""
    rows = _summary_rows(robustness, analyses)
    true = _true(rows, robustness, known) or [None] * len(rows)
    return [_data(row, rate) for row, rate in zip(rows, true, strict=True)]


def of_threat(robustness: Estimates, threat: str, known: Known = None) -> Figure | None:
    """Draw all rows of a threat, below what is reported."""
    rows = _rows_of(robustness, threat)
    if len(rows) < 2:
        return None
    return forest(robustness, rows, _true(rows, robustness, known))


def threat_rows(robustness: Estimates, threat: str, known: Known = None) -> list[dict[str, Any]]:
    """Return the data of `of_threat`."""
    rows = _rows_of(robustness, threat)
    true = _true(rows, robustness, known) or [None] * len(rows)
    return [
        _data({**row, "named": assumption(row, ENGLISH)}, rate)
        for row, rate in zip(rows, true, strict=True)
    ]


def profile(recall: Estimates) -> Figure | None:
    """Draw in which months they say that they recommended; months that people round to stand out.

    A bar is the share of those who say when.
    """
    import matplotlib.pyplot as plt
    import seaborn as sns

    rows = [
        row
        for row in recall.table.to_pylist()
        if row["assumption"] == PROFILE and row["estimate"] is not None
    ]
    if not rows:
        return None
    months = np.array([row["parameter"] for row in rows])
    shares = 100 * np.array([row["estimate"] for row in rows])
    figure, axes = plt.subplots(figsize=(WIDTH, 3.4))
    colours = [COLOURS["second" if month % 3 == 0 and month else "first"] for month in months]
    axes.bar(months, shares, color=colours, width=0.8)
    axes.set(xticks=months, xlabel=ENGLISH("robustness.month").capitalize())
    axes.set_ylabel(ENGLISH("robustness.of_those"))
    axes.grid(visible=False, axis="x")
    sns.despine(figure, left=True)
    return titled(figure, axes, recall, "When they say that it was", measure="% of them")


def _summary_rows(robustness: Estimates, analyses: Estimates | None) -> list[Row]:
    every = robustness.table.to_pylist()
    rows: list[Row] = [
        {**row, "named": assumption(row, ENGLISH)} for row in every if in_summary(row, every)
    ]
    if rows and analyses is not None:
        rows.append(_all_analyses(analyses, rows[0]))
    return rows


def _all_analyses(analyses: Estimates, first: Row) -> Row:
    """Return all analyses together as one row, which lies between the least and the greatest."""
    rate, said = analyses.table.column("estimate").to_numpy().astype(float), verdicts(analyses)
    sides = {str(one) for one in said}
    verdict = "open"
    if sides <= {"below", "above"} and len(sides) == 1:
        verdict = "holds" if sides == {first["side"]} else "fails"
    return {
        **dict.fromkeys(first),
        "assumption": "analyses",
        "named": f"another of {ENGLISH.count(len(analyses))} analyses",
        "low": float(np.nanmin(rate)),
        "high": float(np.nanmax(rate)),
        "verdict": verdict,
        "source_kind": first["source_kind"],
    }


def _rows_of(robustness: Estimates, threat: str) -> list[Row]:
    return [
        row
        for row in robustness.table.to_pylist()
        if row["threat"] in ("reported", threat) and row["low"] is not None
    ]


def _true(rows: list[Row], table: Estimates, known: Known) -> list[float | None]:
    if not known:
        return []
    return [
        None if row["assumption"] == "analyses" else true_rate(row, table.by, known) for row in rows
    ]


def _data(row: Row, true: float | None) -> dict[str, Any]:
    kept = ("low", "high", "conf_low", "conf_high", "verdict", "fails_of", "fails_at", "line")
    return {
        "identifier": row.get("stem") or "specifications", "supposed": row["named"],
        **{name: row[name] for name in kept}, "truth": true, "source_kind": row["source_kind"],
    }  # fmt: skip
