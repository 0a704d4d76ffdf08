"""Numbers of the ledger that are of the whole study: rows accounted for, and its protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advocacy.report.wording import ENGLISH
from advocacy.responses.dataset.accounts import RowAccount


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
        "study:conf_level": ENGLISH.confidence(conf_level),
        "study:kind": source_kind,
        "study:repeat_window_days": ENGLISH.count(repeat_window_days),
    }
    numbers: dict[str, dict[str, Any]] = {
        name: {"text": ENGLISH.count(value), "value": value, "source_kind": source_kind}
        for name, value in counts.items()
    }
    return numbers | {name: {"text": text} for name, text in words.items()}
