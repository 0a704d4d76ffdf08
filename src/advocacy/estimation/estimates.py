"""The one result type: a tidy table of estimates, with their joint covariance on request."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from advocacy.arrays import Floats
from advocacy.errors import UsageError
from advocacy.survey.quantities import Quantities

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

# Columns behind those of the segments, in this order, in every table of estimates.
COLUMNS = pa.schema(
    [
        ("estimand", pa.string()),
        ("rung", pa.string()),
        ("intent", pa.string()),
        ("where", pa.string()),
        ("target", pa.string()),
        ("quantity", pa.string()),
        ("reference", pa.string()),
        ("method", pa.string()),
        ("interval", pa.string()),
        ("conf_level", pa.float64()),
        ("estimate", pa.float64()),
        ("std_error", pa.float64()),
        ("conf_low", pa.float64()),
        ("conf_high", pa.float64()),
        ("df", pa.float64()),
        ("p_value", pa.float64()),
        ("n", pa.int64()),
        ("n_numerator", pa.int64()),
        ("n_eff", pa.float64()),
        ("n_programmes", pa.int64()),
        ("n_suppliers", pa.int64()),
        ("largest_supplier", pa.float64()),
        ("deff", pa.float64()),
        ("reliability", pa.string()),
        ("source_kind", pa.string()),
    ]
)


@dataclass(frozen=True)
class Estimates:
    """Estimates of one estimand, a row a domain or a comparison.

    Parameters
    ----------
    table
        Arrow table: the columns of the segments, then those of `COLUMNS`. What a method does
        not define is null, never NaN.
    kind
        What the rows are, such as ``rates`` or ``odds_ratios``: a name in `report.results.KINDS`,
        by which they are shown.
    unplaced
        Ratings in the base that no row holds, because a segment of theirs is missing.
    quantities
        The rows before they were tabulated, for functions of them and their covariance;
        ``None`` where the table was read from a file.
    """

    table: pa.Table
    kind: str
    unplaced: int = 0
    quantities: Quantities | None = field(default=None, repr=False)

    @property
    def by(self) -> tuple[str, ...]:
        """Names of the segments, whose columns stand before all others."""
        names = self.table.column_names
        return tuple(names[: names.index(COLUMNS.names[0])])

    def covariance(self) -> Floats:
        """Return the joint covariance of the rows, shape (rows, rows).

        Raises
        ------
        UsageError
            The estimates were read from a file or come from a model, and keep no covariance.
        """
        if self.quantities is None:
            raise UsageError(
                "Estimates that were read from a file, or come from a model, have no covariance.",
                remedy="Estimate them again from the responses, directly.",
            )
        return self.quantities.covariance()

    def to_pandas(self) -> pd.DataFrame:
        """Return the table as a data frame."""
        frame: pd.DataFrame = self.table.to_pandas()
        return frame

    def plot(self) -> Figure:
        """Draw the estimates, or what compares them, with their intervals."""
        figure: Figure = _shown_by("drawn", self)
        return figure

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __str__(self) -> str:
        return str(_shown_by("as_text", self))

    def _repr_html_(self) -> str:
        return str(_shown_by("as_html", self))


def _shown_by(function: str, estimates: Estimates) -> Any:
    # At run time, by name: how things are shown is a later layer, which none here imports.
    return getattr(import_module("advocacy.report.results"), function)(estimates)
