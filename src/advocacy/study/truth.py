"""Estimates of simulated data beside the truth that made them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from advocacy.estimation import Estimates
from advocacy.report.media.markdown import markdown_table
from advocacy.report.wording import ENGLISH, SIMULATED

Truth = Mapping[tuple[Any, ...], float]


def true_rates(rows: Sequence[Mapping[str, Any]], by: Sequence[str]) -> Truth:
    """Return the true rate of each domain, from the rows of `truth.json` for a crossing."""
    return {tuple(row[name] for name in by): row["rate"] for row in rows}


def truth_table(estimates: Estimates, truth: Truth, headings: Mapping[str, str]) -> str:
    """Return a Markdown table with a row a domain: truth, estimate, interval, held or not."""
    names = [*(headings[name] for name in estimates.by), "truth, %", "estimate, %", "interval"]
    names.append("interval holds the truth")
    judged, held, shown = 0, 0, []
    for row in estimates.table.to_pylist():
        true = truth[tuple(row[name] for name in estimates.by)]
        known = row["conf_low"] is not None
        inside = known and row["conf_low"] <= true <= row["conf_high"]
        judged, held = judged + known, held + inside
        cells = [
            *(ENGLISH.level(name, row[name]) for name in estimates.by),
            ENGLISH.percent(true),
            ENGLISH.percent(row["estimate"]),
            ENGLISH.interval(row["conf_low"], row["conf_high"]),
            ("yes" if inside else "no") if known else "–",
        ]
        shown.append(cells)
    if estimates.by == ("country",):
        shown.sort()  # by name, not by code
    table = markdown_table(names, "l" * len(estimates.by) + "rrrl", shown)
    return f"{table}\n*{held} of {judged} intervals hold the truth. {SIMULATED}.*\n"
