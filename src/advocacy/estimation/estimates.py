"""The one result type: a tidy table of estimates, with their joint covariance on request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from advocacy.errors import UsageError
from advocacy.survey.cells import Cells, Floats
from advocacy.survey.design import SurveyDesign
from advocacy.survey.linearization import covariance

if TYPE_CHECKING:
    import pandas as pd

# Columns behind those of the segments, in this order, in every table of estimates.
COLUMNS = pa.schema(
    [
        ("estimand", pa.string()),
        ("rung", pa.string()),
        ("intent", pa.string()),
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
        ("n_eff", pa.float64()),
        ("n_programmes", pa.int64()),
        ("n_suppliers", pa.int64()),
        ("deff", pa.float64()),
        ("reliability", pa.string()),
        ("source_kind", pa.string()),
    ]
)


@dataclass(frozen=True)
class Basis:
    """Cells and design behind a table, and the domain number of each of its rows."""

    cells: Cells
    design: SurveyDesign
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Estimates:
    """Estimates of one estimand, a row a domain.

    Parameters
    ----------
    table
        Arrow table: the columns of the segments, then those of `COLUMNS`. What a method does
        not define is null, never NaN.
    unplaced
        Ratings in the base that no row holds, because a segment of theirs is missing.
    basis
        What the covariance is formed from; ``None`` where the table was read from a file.
    """

    table: pa.Table
    unplaced: int = 0
    basis: Basis | None = field(default=None, repr=False)

    @property
    def by(self) -> tuple[str, ...]:
        """Names of the segments."""
        return tuple(name for name in self.table.column_names if name not in COLUMNS.names)

    def covariance(self) -> Floats:
        """Return the joint covariance of the rows, shape (rows, rows).

        Raises
        ------
        UsageError
            The estimates were read from a file, which holds no covariance.
        """
        if self.basis is None:
            raise UsageError(
                "Estimates read from a file have no covariance.",
                remedy="Estimate them again from the responses.",
            )
        cells, design, rows = self.basis.cells, self.basis.design, self.basis.rows
        estimate = np.full(cells.n_domains, np.nan)
        estimate[list(rows)] = self.table.column("estimate").to_numpy()
        return covariance(cells, design, estimate)[np.ix_(rows, rows)]

    def to_pandas(self) -> pd.DataFrame:
        """Return the table as a data frame."""
        frame: pd.DataFrame = self.table.to_pandas()
        return frame

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def _repr_html_(self) -> str:
        return str(self.to_pandas().to_html(index=False))
