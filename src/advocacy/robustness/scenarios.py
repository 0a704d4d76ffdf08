"""A headline statement under what may be wrong: rows that each suppose something, in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from advocacy.errors import UsageError
from advocacy.estimation.estimates import COLUMNS, Estimates
from advocacy.remarks import Remark

# Columns behind those of all estimates.
SCENARIO_COLUMNS = pa.schema(
    [
        ("threat", pa.string()),
        ("assumption", pa.string()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("sensitivity", pa.float64()),
        ("specificity", pa.float64()),
        ("response_rate", pa.float64()),
        ("parameter", pa.float64()),
        ("truncated", pa.float64()),
        ("line", pa.float64()),
        ("side", pa.string()),
        ("verdict", pa.string()),
        ("fails_at", pa.float64()),
        ("fails_of", pa.string()),
    ]
)
HOLDS, FAILS, OPEN = "holds", "fails", "open"


@dataclass(frozen=True)
class Scenarios(Estimates):
    """A rate under several assumptions, a row each, and whether the statement holds under it.

    Behind the columns of all estimates stand ``threat``; ``assumption``, a key of what is
    supposed; ``low`` and ``high``, between which the rate lies where the assumption bounds it, and
    the rate itself where it gives one; ``sensitivity``, ``specificity``, ``response_rate`` and
    ``parameter``, what was put in; ``truncated``, the share of the distribution behind the
    interval that was outside 0 to 1; ``line`` and ``side``, the statement that the rate is `above`
    or `below` a line; ``verdict``, which `holds` where the whole interval is on that side, `fails`
    where it is on the other, and is `open` else; and ``fails_at``, the value of ``fails_of`` at
    which the rate reaches the line, null where none does.

    Parameters
    ----------
    notes
        What must be known beside the numbers.
    """

    notes: tuple[Remark, ...] = ()


def check_line(line: float) -> None:
    """Refuse a line that no rate can be above and below.

    Raises
    ------
    UsageError
        It is not between 0 and 1.
    """
    if not 0 < line < 1:
        raise UsageError(
            f"A rate of {line:g} has no two sides.",
            remedy="Give --line as a proportion between 0 and 1, such as 0.5.",
        )


def side_of(rate: float, line: float) -> str:
    """Return on which side of the line a reported rate is: what the statement says."""
    return "above" if rate > line else "below"


def tipping_point(rate: float, line: float) -> tuple[str, float]:
    """Return which of the two, the other being 1, puts the corrected rate on the line, and where.

    A rate below the line is too low where people forget: :math:`p / Se` is on it. A rate above it
    is too high where people claim: :math:`(p + Sp - 1) / Sp` is.
    """
    if rate > line:
        return "specificity", (1 - rate) / (1 - line)
    return "sensitivity", rate / line


def verdict(row: Mapping[str, Any], line: float, side: str) -> str:
    """Return whether the statement holds over all that a row leaves possible."""
    low, high = (
        row.get(f"conf_{end}") if row.get(f"conf_{end}") is not None else row.get(end)
        for end in ("low", "high")
    )
    if low is None or high is None:
        return OPEN
    above, below = low > line, high < line
    if not above and not below:
        return OPEN
    return HOLDS if above == (side == "above") else FAILS


def tabulate(
    rows: Sequence[Mapping[str, Any]], keys: Sequence[str], common: Mapping[str, Any]
) -> pa.Table:
    """Return the table of rows: segments, columns of all estimates, then those of scenarios.

    ``common`` holds in every row; what a row does not give is null, and so is NaN.
    """
    complete = [{**common, **row} for row in rows]
    segments = {name: pa.array([row[name] for row in complete]) for name in keys}
    columns = {
        field.name: pa.array([_known(row.get(field.name)) for row in complete], field.type)
        for schema in (COLUMNS, SCENARIO_COLUMNS)
        for field in schema
    }
    return pa.table(segments | columns)


def _known(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and np.isnan(value) else value
