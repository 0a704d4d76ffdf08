"""The rule on which comparisons are tested, where one is not."""

from __future__ import annotations

from collections.abc import Iterable

from advocacy.estimation.comparisons.comparison import FEWEST_PSUS
from advocacy.report.document import Block, Note
from advocacy.report.wording import Row, Words


def untested(rows: Iterable[Row], words: Words) -> list[Block]:
    """Return a note with the rule, where an estimate has no test; else nothing."""
    shown = [row for row in rows if row["estimate"] is not None]
    if all(row["p_value"] is not None for row in shown):
        return []
    return [Note(words("comparison.untested", psus=words.count(FEWEST_PSUS)))]
