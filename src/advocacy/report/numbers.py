"""The ledger of numbers: every number that the book states, by identifier.

A number of a table of estimates is ``<crossing>:<levels>:<part>``, such as
``sector:B2B:rate`` or ``overall:interval``; with another target than the study's, the target
stands in front. A number of a comparison or of a curve's tests is
``<table>:<levels>:<quantity>``, the reference behind the levels, such as
``pairs_sector:B2B,B2C:difference``, ``..._interval`` and ``..._p``. Chapters write
``{number}`overall:rate` `` and never the number itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from advocacy.estimation import Estimates
from advocacy.report.wording import ENGLISH, PERCENT

_FACTS = (
    "estimand", "rung", "intent", "target", "estimate", "std_error", "conf_low", "conf_high",
    "conf_level", "interval", "n", "source_kind",
)  # fmt: skip
Numbers = dict[str, dict[str, Any]]

# Quantities that are no difference in points: as a share, a ratio, a score, an area.
_SHARES = {"rate_all", "rate_common", "rate_standardised", "best_cut_share", "youden"}
_WRITTEN: dict[str, Callable[[float], str]] = {
    "ratio": ENGLISH.ratio,
    "odds_ratio": ENGLISH.ratio,
    "best_cut": lambda value: f"{value:.0f}",
    "auc": lambda value: f"{value:.2f}",
    "mean_distance": lambda value: ENGLISH.number(100 * value, 1),
}
# Their score is the result, not what they are of.
_SCORE_FOUND = {"auc", "best_cut", "largest_fall"}


def rate_numbers(estimates: Estimates, prefix: str) -> Numbers:
    """Return the numbers of a table of estimates, four an estimate.

    Parameters
    ----------
    estimates
        As they are published: what is withheld has no number.
    prefix
        Start of the identifiers, such as ``sector``.
    """
    numbers: Numbers = {}
    for row in estimates.table.to_pylist():
        if row["estimate"] is None:
            continue
        levels = ",".join(str(row[name]) for name in estimates.by)
        stem = f"{prefix}:{levels}" if levels else prefix
        facts = {key: row[key] for key in _FACTS}
        for part, text in _rate_texts(row).items():
            numbers[f"{stem}:{part}"] = {"text": text, **facts}
    return numbers


def _rate_texts(row: dict[str, Any]) -> dict[str, str]:
    return {
        "rate": f"{ENGLISH.percent(row['estimate'])}{PERCENT}",
        "interval": f"{ENGLISH.interval(row['conf_low'], row['conf_high'])}{PERCENT}",
        "n": ENGLISH.count(row["n"]),
        "df": ENGLISH.count(row["df"]),
    }


def over_time_numbers(estimates: Estimates, prefix: str) -> Numbers:
    """Return the numbers of incidences over time: of each time those of a rate, and at risk.

    Parameters
    ----------
    estimates
        As they are published: what is withheld has no number.
    prefix
        Name of the table. ``<prefix>:<levels>,12m:rate`` is the rate within 12 months.
    """
    numbers: Numbers = {}
    for row in estimates.table.to_pylist():
        if row["estimate"] is None:
            continue
        levels = [*(str(row[name]) for name in estimates.by), f"{row['months']:.4g}m"]
        facts = {key: row[key] for key in (*_FACTS, "months")}
        texts = _rate_texts(row) | {"at_risk": ENGLISH.count(row["at_risk"])}
        for part, text in texts.items():
            numbers[f"{prefix}:{','.join(levels)}:{part}"] = {"text": text, **facts}
    return numbers


def ladder_numbers(estimates: Estimates, prefix: str) -> Numbers:
    """Return the numbers of rungs beside each other: of a rate, and of what it is held against.

    Parameters
    ----------
    estimates
        As they are published: what is withheld has no number.
    prefix
        Name of the table. ``<prefix>:<levels>,<estimand>:rate`` is the rate of a rung,
        ``...:difference`` how far it lies from what people say they did, and ``...:unasked``
        between what it may lie among people who are not asked.
    """
    numbers: Numbers = {}
    for row in estimates.table.to_pylist():
        if row["estimate"] is None and row["quantity"] != "unasked":
            continue
        levels = [*(str(row[name]) for name in estimates.by), row["estimand"]]
        facts = {key: row[key] for key in (*_FACTS, "quantity", "reference")}
        for part, text in _rung_texts(row).items():
            numbers[f"{prefix}:{','.join(levels)}:{part}"] = {"text": text, **facts}
    return numbers


def _rung_texts(row: dict[str, Any]) -> dict[str, str]:
    if row["quantity"] == "rate":
        return _rate_texts(row)
    if row["quantity"] == "unasked":
        limits = f"{ENGLISH.interval(row['conf_low'], row['conf_high'])}{PERCENT}"
        return {} if row["conf_low"] is None else {"unasked": limits}
    return _texts(row)


def attrition_numbers(estimates: Estimates, prefix: str) -> Numbers:
    """Return the numbers of answers under attrition, four an answer.

    Parameters
    ----------
    estimates
        As they are published: what is withheld has no number.
    prefix
        Name of the table. ``<prefix>:<levels>,weighted:rate`` is the rate that allows for those
        who left by weights.
    """
    numbers: Numbers = {}
    for row in estimates.table.to_pylist():
        if row["estimate"] is None:
            continue
        levels = [*(str(row[name]) for name in estimates.by), row["answer"]]
        facts = {key: row[key] for key in (*_FACTS, "answer")}
        for part, text in _rate_texts(row).items():
            numbers[f"{prefix}:{','.join(levels)}:{part}"] = {"text": text, **facts}
    return numbers


def compared_numbers(table: Estimates, prefix: str) -> Numbers:
    """Return the numbers of comparisons, of curves' tests, and of what is one in two.

    Rates of domains have theirs from the tables of estimates and get none here.

    Parameters
    ----------
    table
        As it is published: what is withheld has no number.
    prefix
        Name of the table, such as ``pairs_sector``.
    """
    numbers: Numbers = {}
    for row in table.table.to_pylist():
        if row["estimate"] is None:
            continue
        facts = {key: row[key] for key in (*_FACTS, "quantity", "reference", "p_value")}
        for part, text in _texts(row).items():
            numbers[f"{_stem(row, table, prefix)}:{part}"] = {"text": text, **facts}
    return numbers


def _stem(row: dict[str, Any], table: Estimates, prefix: str) -> str:
    without = "score" if row["quantity"] in _SCORE_FOUND else None
    levels = [row[name] for name in table.by if name != without]
    compared = row["reference"] if row["quantity"] not in _SCORE_FOUND else None
    named = ",".join(str(value) for value in [*levels, compared] if value is not None)
    return f"{prefix}:{named}" if named else prefix


def _texts(row: dict[str, Any]) -> dict[str, str]:
    quantity = row["quantity"]
    if quantity == "rate":
        limits = f"{ENGLISH.interval(row['conf_low'], row['conf_high'])}{PERCENT}"
        outcome = row.get("outcome")
        return {"outcome": outcome, "interval": limits} if outcome else {}
    texts = {quantity: _written(row, "estimate")}
    if row["conf_low"] is not None:
        both = f"{_written(row, 'conf_low')} to {_written(row, 'conf_high')}"
        texts[f"{quantity}_interval"] = both
    if row["p_value"] is not None:
        p = ENGLISH.p_value(row["p_value"])
        texts[f"{quantity}_p"] = f"p {p}" if p.startswith("<") else f"p = {p}"
    if row.get("excluded") is not None:
        texts["excluded"] = f"{ENGLISH.percent(row['excluded'])}{PERCENT}"
    return texts


def _written(row: dict[str, Any], part: str) -> str:
    quantity, value = row["quantity"], row[part]
    if quantity in _SHARES:
        return f"{ENGLISH.percent(value)}{PERCENT}"
    write = _WRITTEN.get(quantity)
    return write(value) if write else ENGLISH.signed(value, 1, 100)
