"""The ledger of numbers: every number that the book states, by identifier.

A number of a table of estimates is ``<crossing>:<levels>:<part>``, such as
``sector:B2B:rate`` or ``overall:interval``; with another target than the study's, the target
stands in front. Chapters write ``{number}`overall:rate` `` and never the number itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advocacy.estimation import Estimates
from advocacy.report.wording import PERCENT, confidence, count, interval, percent
from advocacy.responses.accounts import RowAccount


def estimate_numbers(estimates: Estimates, prefix: str) -> dict[str, dict[str, Any]]:
    """Return the numbers of a table of estimates, four an estimate.

    Parameters
    ----------
    estimates
        As they are published: what is withheld has no number.
    prefix
        Start of the identifiers, such as ``sector``.
    """
    numbers: dict[str, dict[str, Any]] = {}
    for row in estimates.table.to_pylist():
        if row["estimate"] is None:
            continue
        levels = ",".join(str(row[name]) for name in estimates.by)
        stem = f"{prefix}:{levels}" if levels else prefix
        texts = {
            "rate": f"{percent(row['estimate'])}{PERCENT}",
            "interval": f"{interval(row['conf_low'], row['conf_high'])}{PERCENT}",
            "n": count(row["n"]),
            "df": count(row["df"]),
        }
        facts = {
            key: row[key]
            for key in ("estimand", "rung", "intent", "target", "estimate", "std_error",
                        "conf_low", "conf_high", "conf_level", "interval", "n", "source_kind")
        }  # fmt: skip
        for part, text in texts.items():
            numbers[f"{stem}:{part}"] = {"text": text, **facts}
    return numbers


def dataset_numbers(
    accounts: Mapping[str, RowAccount],
    excluded: int,
    source_kind: str,
    conf_level: float,
    repeat_window_days: int,
) -> dict[str, dict[str, Any]]:
    """Return the row accounting over all sources, and words of the protocol, as numbers."""
    total = sum(accounts.values(), RowAccount(0, 0, 0))
    counts = {
        "data:sources": len(accounts),
        "data:rows_read": total.read,
        "data:rows_kept": total.kept,
        "data:rows_rejected": total.rejected,
        "data:rows_excluded": excluded,
    }
    words = {
        "study:conf_level": confidence(conf_level),
        "study:kind": source_kind,
        "study:repeat_window_days": count(repeat_window_days),
    }
    numbers: dict[str, dict[str, Any]] = {
        name: {"text": count(value), "value": value, "source_kind": source_kind}
        for name, value in counts.items()
    }
    return numbers | {name: {"text": text} for name, text in words.items()}
