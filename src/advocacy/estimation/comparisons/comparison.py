"""The result of a comparison: estimates side by side, and what compares them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from advocacy.errors import UsageError
from advocacy.estimation.estimates import Estimates
from advocacy.remarks import Remark
from advocacy.survey.quantities import Quantities
from advocacy.survey.sides import FEWEST_PSUS as FEWEST_PSUS  # reports say it

# Columns that a kind of comparison has behind those of all estimates.
COMPARISON_COLUMNS = pa.schema(
    [
        ("p_adjusted", pa.float64()),
        ("adjust", pa.string()),
        ("cohens_h", pa.float64()),
        ("letter", pa.string()),
        ("exceeds", pa.string()),
        ("homogeneity_f", pa.float64()),
        ("homogeneity_ndf", pa.float64()),
        ("homogeneity_ddf", pa.float64()),
        ("homogeneity_p", pa.float64()),
        ("mix", pa.string()),
        ("excluded", pa.float64()),
        ("margin_low", pa.float64()),
        ("margin_high", pa.float64()),
        ("outcome", pa.string()),
    ]
)


@dataclass(frozen=True)
class Comparison(Estimates):
    """Rates and what compares them, as estimates of several quantities in one table.

    Rows whose ``reference`` is null are estimates of one domain, the others compare it with the
    reference. Behind the columns of all estimates stand those of `COMPARISON_COLUMNS` that the
    kind of comparison has.

    Parameters
    ----------
    compares
        What is compared: the name of a segment, or ``intent``.
    mix
        Names of the segments whose mix was made common; empty where none was.
    notes
        Remarks on what could not be compared, and why.
    """

    compares: str = ""
    mix: tuple[str, ...] = ()
    notes: tuple[Remark, ...] = ()

    @property
    def within(self) -> tuple[str, ...]:
        """Names of the segments within whose crossing the comparisons are made."""
        return tuple(name for name in self.by if name != self.compares)


def with_columns(table: pa.Table, columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    """Return a table with columns of `COMPARISON_COLUMNS` behind its own, NaN as null."""
    for name, values in columns.items():
        known = [None if value != value else value for value in values]
        table = table.append_column(name, pa.array(known, COMPARISON_COLUMNS.field(name).type))
    return table


def quantities_of(estimates: Estimates) -> Quantities:
    """Return the quantities behind estimates.

    Raises
    ------
    UsageError
        The estimates were read from a file, which holds none.
    """
    if estimates.quantities is None:
        raise UsageError(
            "Estimates read from a file cannot be compared.",
            remedy="Estimate them again from the responses.",
        )
    return estimates.quantities


def labels(table: pa.Table) -> dict[str, Any]:
    """Return what all rows of a table of estimates have in common."""
    shared = ("estimand", "rung", "intent", "where", "target", "method", "source_kind")
    return {name: table.column(name)[0].as_py() for name in shared}
