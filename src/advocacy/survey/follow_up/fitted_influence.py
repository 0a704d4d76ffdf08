"""Influence on quantities that rest on coefficients fitted to the same totals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advocacy.arrays import Floats, Integers
from advocacy.survey.cells.cells import Cells
from advocacy.survey.gradient import Gradient
from advocacy.survey.stages import Stage

# Quantities whose joint covariance is held at a time where only variances are wanted.
_BLOCK = 1_000


@dataclass(frozen=True)
class FittedInfluence:
    r"""Influence on K quantities, of themselves and through p coefficients.

    A quantity is :math:`\theta(T, \hat\beta(T))` of totals T, and its derivative
    :math:`\partial\theta/\partial T + (\partial\theta/\partial\beta)\, d\hat\beta/dT`: that of
    stacked estimating equations. The second part would have an entry for every domain, so it is
    kept as a product.

    Parameters
    ----------
    own
        Derivatives of the quantities with respect to the totals, the coefficients held.
    slopes
        Derivatives of the quantities with respect to the coefficients, shape (K, p).
    fitted
        Derivatives of the coefficients with respect to the totals.
    """

    own: Gradient
    slopes: Floats
    fitted: Gradient

    @property
    def quantity(self) -> Integers:
        """Number of the quantity of each entry of its own, shape (entries,)."""
        return self.own.quantity

    @property
    def domain(self) -> Integers:
        """Domain of each entry of its own: what is behind the quantity; shape (entries,)."""
        return self.own.domain

    @property
    def size(self) -> int:
        """Number of quantities, K."""
        return self.own.size

    def held(self, cells: Cells) -> int:
        """Return how many influences of cells its squares hold at a time."""
        return int(np.bincount(cells.domain)[self.domain].sum())

    def take(self, quantities: Integers) -> FittedInfluence:
        """Return the influence on some quantities, in this order."""
        return FittedInfluence(self.own.take(quantities), self.slopes[quantities], self.fitted)

    def chained(self, jacobian: Floats) -> FittedInfluence:
        """Return the influence on functions with these derivatives, of shape (L, K)."""
        return FittedInfluence(self.own.chained(jacobian), jacobian @ self.slopes, self.fitted)

    def squares_at(self, stage: Stage) -> Floats:
        """Return the variance of each quantity at a stage, shape (K,)."""
        blocks = [
            self.take(np.arange(start, min(start + _BLOCK, self.size)))
            for start in range(0, self.size, _BLOCK)
        ]
        parts = [np.diag(block.products_at(stage)) for block in blocks]
        # Where the coefficients take away all that there is, rounding may leave less than nought.
        squares: Floats = np.maximum(np.concatenate([np.zeros(0), *parts]), 0.0)
        return squares

    def products_at(self, stage: Stage) -> Floats:
        """Return the joint covariance of the quantities at a stage, shape (K, K)."""
        joint = _beside(self.own, self.fitted).products_at(stage)
        whole = np.hstack([np.eye(self.size), self.slopes])
        products: Floats = whole @ joint @ whole.T
        return products


def _beside(first: Gradient, second: Gradient) -> Gradient:
    """Return the gradient of the quantities of both, those of the first before the others."""
    return Gradient(
        quantity=np.concatenate([first.quantity, first.size + second.quantity]),
        domain=np.concatenate([first.domain, second.domain]),
        x=np.concatenate([first.x, second.x]),
        z=np.concatenate([first.z, second.z]),
        size=first.size + second.size,
    )
