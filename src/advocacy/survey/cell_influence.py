"""Influence by cell: on quantities that are no functions of totals of domains."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from advocacy.arrays import Floats, Integers
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.numbering import summed
from advocacy.survey.stages import Stage


@dataclass(frozen=True)
class CellInfluence:
    """Influence that is summed over the ratings of each cell; all domains are behind it.

    Parameters
    ----------
    sums
        Influence of each cell's ratings on each quantity, shape (C, K).
    products
        Sums over the ratings of each stratum of products of their influences, shape
        (strata, K, K), where every rating is its own PSU; ``None`` where PSUs are given.
    domains
        Number of domains, D.
    """

    sums: Floats
    products: Floats | None
    domains: int

    @property
    def size(self) -> int:
        """Number of quantities, K."""
        return int(self.sums.shape[1])

    @property
    def quantity(self) -> Integers:
        """Each quantity, once for each domain; shape (K * D,)."""
        return np.repeat(np.arange(self.size), self.domains)

    @property
    def domain(self) -> Integers:
        """All domains, once for each quantity; shape (K * D,)."""
        return np.tile(np.arange(self.domains), self.size)

    def held(self, cells: Cells) -> int:
        """Return how many influences of cells its squares hold at a time."""
        return int(np.bincount(cells.domain)[self.domain].sum())

    def take(self, quantities: Integers) -> CellInfluence:
        """Return the influence on some quantities, in this order."""
        products = self.products
        if products is not None:
            products = products[:, quantities[:, None], quantities]
        return replace(self, sums=self.sums[:, quantities], products=products)

    def chained(self, jacobian: Floats) -> CellInfluence:
        """Return the influence on functions of the quantities.

        ``jacobian`` has shape (L, K): derivatives of L functions with respect to them.
        """
        products = None if self.products is None else jacobian @ self.products @ jacobian.T
        return replace(self, sums=self.sums @ jacobian.T, products=products)

    def squares_at(self, stage: Stage) -> Floats:
        """Return the variance of each quantity at a stage, shape (K,)."""
        return np.diag(self.products_at(stage))

    def products_at(self, stage: Stage) -> Floats:
        """Return the joint covariance of the quantities at a stage, shape (K, K)."""
        if stage.unit is None:
            raw = np.tensordot(stage.scale, np.asarray(self.products), axes=1)
            strata = _row_sums(stage.cells.stratum, self.sums, len(stage.units))
        else:
            units = _row_sums(stage.unit, _residuals(stage.cells, self.sums), len(stage.stratum))
            raw = _weighted_products(units, stage.scale[stage.stratum])
            strata = _row_sums(stage.stratum, units, len(stage.units))
        products: Floats = raw - _weighted_products(strata, stage.of_means)
        return products


def _residuals(cells: Cells, sums: Floats) -> Floats:
    """Return the influences of cells less what the margins explain of them, shape (C, K)."""
    if cells.calibration is None:
        return sums
    calibration = cells.calibration
    crossing, level = calibration.crossing, calibration.targets.level
    coefficients = calibration.projection @ _row_sums(crossing, sums, len(calibration.factors))
    explained = coefficients[level].sum(axis=1)[crossing]
    residuals: Floats = sums - cells.w[:, None] * explained
    return residuals


def _row_sums(number: Integers, rows: Floats, size: int) -> Floats:
    """Return the sum of the rows of each number from 0, shape (size, K)."""
    return np.column_stack([summed(number, column, size) for column in rows.T])


def _weighted_products(rows: Floats, weight: Floats) -> Floats:
    """Return the weighted sum of products over rows for each pair of columns; shape (K, K)."""
    # On one thread, as BLAS is not: threads wait long for each other on a busy machine.
    products: Floats = np.einsum("ui,uj->ij", rows * weight[:, None], rows)
    return products
