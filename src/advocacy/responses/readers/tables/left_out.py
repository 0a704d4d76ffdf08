"""What a reader of tables leaves out of the answers, counted while it reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from advocacy.remarks import Remark

# What Excel shows for a formula without a result, in English and where other words differ.
# fmt: off
ERRORS = frozenset([
    "#N/A", "#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#SPILL!", "#CALC!",
    "#I/T", "#VERDI!", "#NAVN?", "#SAKNAS!", "#VÄRDEFEL!", "#NAMN?", "#REFERENS!", "#VÆRDI!",
    "#NV", "#WERT!", "#BEZUG!", "#ZAHL!",
])
# fmt: on


@dataclass(frozen=True)
class LeftOut:
    """What was left out, a tally that a reader keeps.

    Parameters
    ----------
    rows
        Rows without any value, as ``blank``.
    below
        First cell of each row below the answers.
    errors
        Cells with an error of a spreadsheet, by variable.
    """

    rows: Counter[str] = field(default_factory=Counter)
    below: list[str] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    def clear(self) -> None:
        """Begin anew."""
        for tally in (self.rows, self.below, self.errors):
            tally.clear()

    def add_below(self, rows: Iterable[Sequence[str]]) -> None:
        """Count rows below the answers, some of which may be blank."""
        for row in rows:
            texts = [cell.strip() for cell in row if cell.strip()]
            self.below.extend(texts[:1])
            self.rows["blank"] += not texts

    def remarks(self) -> tuple[Remark, ...]:
        """Say what was left out."""
        said = []
        if self.rows["blank"]:
            said.append(Remark("layout.blank", {"rows": self.rows["blank"]}))
        if self.below:
            texts = [repr(text) for text in self.below]
            said.append(Remark("layout.below", {"rows": len(texts), "texts": texts}))
        said += [
            Remark("layout.errors", {"cells": cells, "variable": name})
            for name, cells in sorted(self.errors.items())
        ]
        return tuple(said)


def without_errors(table: pa.Table, left_out: LeftOut) -> pa.Table:
    """Return a table with errors of a spreadsheet in its texts made missing, and count these."""
    errors = pa.array(sorted(ERRORS))
    for at, name in enumerate(table.column_names):
        is_text = pa.types.is_string(table[at].type)
        if not (is_text and pc.any(pc.starts_with(table[at], "#")).as_py()):
            continue
        wrong = pc.is_in(table[at], value_set=errors)
        cells = pc.sum(wrong).as_py()
        if cells:
            left_out.errors[name] += cells
            texts = pc.if_else(wrong, pa.scalar(None, pa.string()), table[at])
            table = table.set_column(at, name, texts)
    return table
