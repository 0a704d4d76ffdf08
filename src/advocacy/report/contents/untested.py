"""The rule on which comparisons are tested where one is not, and which are tested exactly."""

from __future__ import annotations

from collections.abc import Iterable

from advocacy.estimation.comparisons.comparison import FEWEST_PSUS
from advocacy.report.document import Block, Note
from advocacy.report.wording import Row, Words


def untested(rows: Iterable[Row], words: Words) -> list[Block]:
    """Return notes where an estimate has no test, or an exact one; else nothing."""
    shown = [row for row in rows if row["estimate"] is not None]
    notes: list[Block] = []
    if any(map(_tested_exactly, shown)):
        notes.append(Note(words("comparison.exact")))
    if any(row["p_value"] is None for row in shown):
        notes.append(Note(words("comparison.untested", psus=words.count(FEWEST_PSUS))))
    return notes


def _tested_exactly(row: Row) -> bool:
    """Tell whether a p-value is of an exact test, which needs no variance and gives no interval."""
    return row["p_value"] is not None and (row["conf_low"] is None or row["std_error"] == 0)
