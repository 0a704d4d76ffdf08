"""Numbers of the ledger that are of the whole study: rows accounted for, and its protocol."""

from __future__ import annotations

from collections.abc import Mapping

from advocacy.report.numbers import Numbers
from advocacy.report.wording import ENGLISH
from advocacy.responses.dataset.accounts import RowAccount
from advocacy.study.protocol import Protocol


def dataset_numbers(
    accounts: Mapping[str, RowAccount],
    excluded: int,
    source_kind: str,
) -> Numbers:
    """Return the row accounting over all sources, and whose answers they are, as numbers."""
    total = sum(accounts.values(), RowAccount(0, 0, 0))
    counts = {
        "data:sources": len(accounts),
        "data:rows_read": total.read,
        "data:rows_kept": total.kept,
        "data:rows_rejected": total.rejected,
        "data:rows_excluded": excluded,
    }
    numbers: Numbers = {
        name: {"text": ENGLISH.count(value), "value": value, "source_kind": source_kind}
        for name, value in counts.items()
    }
    customers = "simulated customers" if source_kind == "simulated" else "customers"
    return numbers | {"study:customers": {"text": customers}}


def protocol_numbers(study: Protocol) -> Numbers:
    """Return words of the protocol as numbers, so that chapters say what was done."""
    words = {
        "study:conf_level": ENGLISH.confidence(study.conf_level),
        "study:repeat_window_days": ENGLISH.count(study.repeat_window_days),
        "study:scores": ENGLISH.scores(study.intent),
        "study:target": ENGLISH(f"target.{study.targets[0]}"),
        "study:interval": ENGLISH(f"interval.{study.interval}"),
    }
    return {name: {"text": text} for name, text in words.items()}
