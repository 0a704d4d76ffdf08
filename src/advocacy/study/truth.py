"""Estimates of simulated data beside the truth that made them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from advocacy.estimation import Estimates
from advocacy.report.media.markdown import markdown_table
from advocacy.report.numbers import Numbers
from advocacy.report.wording import ENGLISH, PERCENT, SIMULATED

Truth = Mapping[tuple[Any, ...], float]
# A row, its true rate, and whether its interval holds that.
Judged = tuple[dict[str, Any], float, bool | None]
_TRUTH = "truth"


def true_rates(rows: Sequence[Mapping[str, Any]], by: Sequence[str]) -> Truth:
    """Return the true rate of each domain, from the rows of `truth.json` for a crossing."""
    return {tuple(row[name] for name in by): row["rate"] for row in rows}


def truth_of(intent: str, rates: Estimates, known: Mapping[str, Any]) -> Truth:
    """Return the true rates of the domains of a table, of what `truth.json` holds.

    Parameters
    ----------
    intent
        The study's intent set.
    rates
        The table.
    known
        The content of `truth.json`.
    """
    # By score it is of each score's own ratings, whatever the intent.
    names = rates.by if rates.by == ("score",) else (intent, *rates.by)
    first = rates.table.select(["estimand", "target"]).slice(0, 1).to_pylist()[0]
    return true_rates(known[first["estimand"]][first["target"]][", ".join(names)], rates.by)


def truth_page(
    intent: str, headings: Mapping[str, str], known: Mapping[str, Any], rates: Estimates
) -> str:
    """Return rates beside their truth, which `truth.json` holds, as a Markdown table."""
    return truth_table(rates, truth_of(intent, rates, known), headings)


def judged_rows(estimates: Estimates, truth: Truth) -> list[Judged]:
    """Return the rows of a table, each with its true rate and whether its interval holds that.

    It is ``None`` of a row without an interval, and of one that is withheld.
    """
    rows = []
    for row in estimates.table.to_pylist():
        true = truth[tuple(row[name] for name in estimates.by)]
        known = row["conf_low"] is not None
        rows.append((row, true, row["conf_low"] <= true <= row["conf_high"] if known else None))
    return rows


def truth_table(estimates: Estimates, truth: Truth, headings: Mapping[str, str]) -> str:
    """Return a Markdown table with a row a domain: truth, estimate, interval, held or not.

    Cells give their numbers of the ledger, where rows say which these are.
    """
    names = [*(headings[name] for name in estimates.by), "truth, %", "estimate, %", "interval"]
    names.append("interval holds the truth")
    judged = judged_rows(estimates, truth)
    shown = [
        [
            *(ENGLISH.level(name, row[name]) for name in estimates.by),
            _cell(ENGLISH.percent(true), row, "truth", f"{_TRUTH}:"),
            _cell(ENGLISH.percent(row["estimate"]), row, "rate"),
            _cell(ENGLISH.interval(row["conf_low"], row["conf_high"]), row, "interval"),
            "–" if inside is None else "yes" if inside else "no",
        ]
        for row, true, inside in judged
    ]
    if estimates.by == ("country",):
        shown.sort()  # by name, not by code
    table = markdown_table(names, "l" * len(estimates.by) + "rrrl", shown)
    held, known = (ENGLISH.count(number) for number in _counts(judged))
    name = _name(estimates)
    if name:
        held = f"{{number}}`{held} <{_TRUTH}:{name}:held>`"
        known = f"{{number}}`{known} <{_TRUTH}:{name}:judged>`"
    return f"{table}\n*{held} of {known} intervals hold the truth. {SIMULATED}.*\n"


def truth_numbers(intent: str, known: Mapping[str, Any], rates: Estimates) -> Numbers:
    """Return the true rates of a table's rows as numbers of the ledger, and how many are held.

    The identifier is that of the estimate, with ``truth`` in front and behind.
    """
    judged = judged_rows(rates, truth_of(intent, rates, known))
    numbers: Numbers = {}
    for row, true, _ in judged:
        facts = {name: row[name] for name in ("estimand", "rung", "intent", "target")}
        numbers[f"{_TRUTH}:{row['stem']}:truth"] = {
            "text": f"{ENGLISH.percent(true)}{PERCENT}", "value": true, "part": "truth",
            "segment": {name: str(row[name]) for name in rates.by}, "source_kind": "simulated",
            **facts,
        }  # fmt: skip
    for part, number in zip(("held", "judged"), _counts(judged), strict=True):
        numbers[f"{_TRUTH}:{_name(rates)}:{part}"] = {
            "text": ENGLISH.count(number), "value": number, "part": part,
            "source_kind": "simulated",
        }  # fmt: skip
    return numbers


def truth_rows(intent: str, known: Mapping[str, Any], *tables: Estimates) -> list[dict[str, Any]]:
    """Return estimates with their true rates, as the data of a figure; withheld ones stay so."""
    return [
        {
            "identifier": f"{row['stem']}:rate", "estimand": row["estimand"],
            "target": row["target"], **{name: row[name] for name in table.by}, "truth": true,
            "estimate": row["estimate"], "conf_low": row["conf_low"],
            "conf_high": row["conf_high"], "conf_level": row["conf_level"], "holds_truth": inside,
            "source_kind": row["source_kind"],
        }
        for table in tables
        for row, true, inside in judged_rows(table, truth_of(intent, table, known))
    ]  # fmt: skip


def _counts(judged: Sequence[Judged]) -> tuple[int, int]:
    """Return how many intervals hold the truth, and how many there are."""
    told = [inside for _, _, inside in judged if inside is not None]
    return sum(told), len(told)


def _cell(text: str, row: Mapping[str, Any], part: str, prefix: str = "") -> str:
    """Return a cell as the role ``number`` reads it; of what has no number its text alone."""
    if row.get("stem") is None or (part != "truth" and row["estimate"] is None):
        return text
    return f"{{number}}`{text} <{prefix}{row['stem']}:{part}>`"


def _name(estimates: Estimates) -> str:
    """Return the name of a table whose rows say which numbers they are."""
    if "stem" not in estimates.table.column_names:
        return ""
    first: str = estimates.table.column("stem")[0].as_py()
    return first.rpartition(":")[0] if estimates.by else first
