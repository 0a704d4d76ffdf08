"""Numbers of the ledger that are of the whole study: rows accounted for, and its protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

from advocacy.errors import AdvocacyError
from advocacy.layers import source_digest
from advocacy.provenance import sha256 as sha256_of
from advocacy.report.numbers import Numbers
from advocacy.report.wording import ENGLISH
from advocacy.responses.dataset.accounts import RowAccount
from advocacy.study.protocol import Protocol

_DIGITS = 16  # of a hash: no two files are mistaken for each other


class LedgerError(AdvocacyError, ValueError):
    """Two numbers of the ledger have one identifier."""


def ledger_of(parts: Iterable[tuple[Numbers, Mapping[str, Path]]]) -> Numbers:
    """Return the ledger of its parts, each number with hashes of its data and of the code.

    Parameters
    ----------
    parts
        Numbers, and the files that they are made of, by name.

    Raises
    ------
    LedgerError
        Two numbers have one identifier.
    """
    ledger: Numbers = {}
    code = source_digest("estimation")[:_DIGITS]
    for numbers, files in parts:
        twice = sorted(ledger.keys() & numbers.keys())
        if twice:
            raise LedgerError(
                f"Two numbers of the ledger are called {twice[0]}.",
                where=", ".join(map(str, files.values())),
                remedy="Give the table whose rows are not told apart another name, or report it.",
            )
        hashes = "".join(sha256_of(path) for _, path in sorted(files.items()))
        data = (hashes if len(files) == 1 else sha256(hashes.encode()).hexdigest())[:_DIGITS]
        ledger |= {name: {**entry, "data": data, "code": code} for name, entry in numbers.items()}
    return ledger


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
