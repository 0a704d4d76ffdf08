r"""Quantities of many overlapping sets of domains: their variance by the domains' covariance.

With V the joint covariance of the totals of the D domains and g the derivatives of a quantity
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
        Their derivatives with respect to the totals of the domains.
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
        squares: Floats = ((slopes @ _of_totals(stage)) * slopes).sum(axis=1)
        return np.maximum(squares, 0.0)

    def products_at(self, stage: Stage) -> Floats:
        """Return the joint covariance of the quantities at a stage, shape (K, K)."""
        slopes = self._slopes(stage.cells.n_domains)
        products: Floats = slopes @ _of_totals(stage) @ slopes.T
        return products

    def _slopes(self, domains: int) -> Floats:
        """Return the derivatives with respect to all X, then all Z; shape (K, 2 D)."""
        slopes = np.zeros((self.size, 2 * domains))
        slopes[self.quantity, self.domain] = self.gradient.x
        slopes[self.quantity, domains + self.domain] = self.gradient.z
        return slopes


def _of_totals(stage: Stage) -> Floats:
    """Return the joint covariance of all X, then all Z, at a stage; shape (2 D, 2 D)."""
    own = np.arange(stage.cells.n_domains)
    ones, zeros = np.ones(len(own)), np.zeros(len(own))
    totals = Gradient(
        quantity=np.concatenate([own, own + len(own)]),
        domain=np.concatenate([own, own]),
        x=np.concatenate([ones, zeros]),
        z=np.concatenate([zeros, ones]),
        size=2 * len(own),
    )
    return totals.products_at(stage)
