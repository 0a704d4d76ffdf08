"""What is not shown because too few answers stand behind it."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from advocacy.estimation.estimates import Estimates

# Columns from which an estimate could be read or worked out.
_REVEALING = ("estimate", "std_error", "conf_low", "conf_high", "df", "n", "n_eff", "deff")


def withhold(estimates: Estimates, smallest_n: int) -> Estimates:
    """Blank the rows with fewer than ``smallest_n`` ratings and flag them `withheld`.

    This is primary suppression alone: a withheld row may still be worked out where a total of
    which it is a part is shown beside the other parts.
    """
    table = estimates.table
    few = pc.less(table.column("n"), smallest_n)
    for name in _REVEALING:
        position = table.column_names.index(name)
        column = table.column(position)
        table = table.set_column(
            position, name, pc.if_else(few, pa.scalar(None, column.type), column)
        )
    position = table.column_names.index("reliability")
    flags = pc.if_else(few, "withheld", table.column(position))
    return replace(estimates, table=table.set_column(position, "reliability", flags))
