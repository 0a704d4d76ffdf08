r"""Quantities of many overlapping sets of domains: their variance by the domains' covariance.

With V the joint covariance of the weights Z of the D domains and g the derivatives of a quantity
with respect to them, its variance is :math:`g^\top V g`. V is had once, from the units; then each
quantity costs no more than :math:`D^2`, however many units are behind it. `Gradient` sums the
influence of each unit instead, which is less where sets hardly overlap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advocacy.arrays import Floats, Integers
from advocacy.survey.cells.cells import Cells
from advocacy.survey.gradient import Gradient
from advocacy.survey.stages import Stage


@dataclass(frozen=True)
class Overlapping:
    """Influence on K quantities of sets of domains that overlap.

    Parameters
    ----------
    gradient
        Their derivatives with respect to the totals of the domains; those of X are 0.
    """

    gradient: Gradient

    @property
    def quantity(self) -> Integers:
        """Number of the quantity of each entry, shape (entries,)."""
        return self.gradient.quantity

    @property
    def domain(self) -> Integers:
        """Domain of each entry, shape (entries,)."""
        return self.gradient.domain

    @property
    def size(self) -> int:
        """Number of quantities, K."""
        return self.gradient.size

    def held(self, cells: Cells) -> int:
        """Return how many influences of cells are held at a time: none."""
        return 0

    def take(self, quantities: Integers) -> Overlapping:
        """Return the influence on some quantities, in this order."""
        return Overlapping(self.gradient.take(quantities))

    def chained(self, jacobian: Floats) -> Overlapping:
        """Return the influence on functions with these derivatives, of shape (L, K)."""
        return Overlapping(self.gradient.chained(jacobian))

    def squares_at(self, stage: Stage) -> Floats:
        """Return the variance of each quantity at a stage, shape (K,)."""
        slopes = self._slopes(stage.cells.n_domains)
        squares: Floats = ((slopes @ _of_weights(stage)) * slopes).sum(axis=1)
        return np.maximum(squares, 0.0)

    def products_at(self, stage: Stage) -> Floats:
        """Return the joint covariance of the quantities at a stage, shape (K, K)."""
        slopes = self._slopes(stage.cells.n_domains)
        products: Floats = slopes @ _of_weights(stage) @ slopes.T
        return products

    def _slopes(self, domains: int) -> Floats:
        """Return the derivatives with respect to each Z, shape (K, D)."""
        slopes = np.zeros((self.size, domains))
        slopes[self.quantity, self.domain] = self.gradient.z
        return slopes


def _of_weights(stage: Stage) -> Floats:
    """Return the joint covariance of all Z at a stage, shape (D, D)."""
    own = np.arange(stage.cells.n_domains)
    ones = np.ones(len(own))
    # Weights whose squares overflow leave no variance: it is not known.
    with np.errstate(over="ignore", invalid="ignore"):
        return Gradient(own, own, 0 * ones, ones, len(own)).products_at(stage)
