r"""Means of programmes: another estimator than the pooled ratio, of the same selections.

With :math:`Z_{jd}` the weight of domain d in programme j, :math:`Z_{sj}` what of it is in a
selection s, and :math:`r_{sj}` the programme's rate there, the mean over the :math:`P_s`
programmes with a rating in the base is

.. math::

    \bar r_s = \frac{1}{P_s} \sum_j r_{sj}, \qquad
    g_{sjd} = \frac{y_{sd} - c_{sj}}{P_s Z_{sj}}

where c is :math:`\bar r_s` if programmes are draws of more, and :math:`r_{sj}` if they are
given: then only their own ratings are uncertain. The derivatives g are of :math:`Z_{jd}`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from advocacy.arrays import Floats, Integers
from advocacy.robustness.multiverse.selections import Estimated, Selections
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.numbering import numbered
from advocacy.survey.design import SurveyDesign
from advocacy.survey.gradient import Gradient
from advocacy.survey.populations import Population
from advocacy.survey.quantities import Counts, Quantities
from advocacy.survey.stages import Stage

# Domains whose derivatives are held at a time.
_AT_A_TIME = 2_000

if TYPE_CHECKING:
    from scipy.sparse import csc_array


def means(
    cells: Cells, design: SurveyDesign, chosen: Selections, counted: Counts, degrees: Floats
) -> Estimated:
    """Estimate the mean of programmes of each selection; NaN where its base is empty.

    Populations count as endless: how many of a programme were asked has no part here.

    Parameters
    ----------
    cells, design
        What the pass gave, with weights of any scale within a programme.
    chosen
        The selections.
    counted
        What stands behind each, by any weights.
    degrees
        Degrees of freedom of each, shape (S,).
    """
    paired, programme, domain = _by_programme(cells)
    inside, hit = (marks.T.astype(np.float64) for marks in chosen.marks(cells.n_domains))
    weights = _weights(cells, cells.programme)
    base, yes = weights @ inside, weights @ hit
    rate, present = rates_of_programmes(yes, base)
    number = present.sum(axis=0)
    known = number > 0
    mean = np.divide(rate.sum(axis=0), number, out=np.full(len(number), np.nan), where=known)
    share = np.divide(present, base * number, out=np.zeros(base.shape), where=base > 0)
    centre = np.nan_to_num(mean) * present if design.clusters == ("programme",) else rate
    influence = OfProgrammes(inside, hit, centre, share, programme, domain)
    found = Quantities(mean, influence, paired, design, degrees=degrees)
    known_of_it = _endless(found, counted, influence)
    return Estimated(found, _weighed(counted, influence, paired), known_of_it)


def rates_of_programmes(yes: Floats, base: Floats) -> tuple[Floats, Floats]:
    """Return rates, and 1 where there is one: with these as yes and base a ratio is their mean."""
    present = base > 0
    return np.divide(yes, base, out=np.zeros_like(yes), where=present), present.astype(np.float64)


@dataclass(frozen=True)
class OfProgrammes:
    """Influence of domains that lie in one programme each on means of K selections.

    Units seldom lie in several programmes, so that the joint covariance of the weights of the
    domains is had programme by programme; see `Overlapping`.

    Parameters
    ----------
    inside, hit
        1 where a domain of the pass is in the base, and where it is a yes; shape (old D, K).
    centre, share
        What a programme's answers are taken from, and what a weight of 1 is of the mean; (P, K).
    programme, of
        Programme and domain of the pass of each domain, in the order of programmes; shape (D,).
    """

    inside: Floats
    hit: Floats
    centre: Floats
    share: Floats
    programme: Integers
    of: Integers

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
        return int(self.share.shape[1])

    @property
    def gradient(self) -> Gradient:
        """The derivatives one by one."""
        domain, quantity = np.nonzero(self.inside[self.of] > 0)
        own = self.programme[domain], quantity
        slope = (self.hit[self.of[domain], quantity] - self.centre[own]) * self.share[own]
        return Gradient(quantity, domain, np.zeros(len(slope)), slope, self.size)

    def held(self, cells: Cells) -> int:
        """Return how many influences of cells its squares hold at a time: a programme's alone."""
        return 0

    def take(self, quantities: Integers) -> OfProgrammes:
        """Return the influence on some quantities, in this order."""
        parts = ("inside", "hit", "centre", "share")
        return replace(self, **{name: getattr(self, name)[:, quantities] for name in parts})

    def chained(self, jacobian: Floats) -> Gradient:
        """Return the influence on functions with these derivatives, of shape (L, K)."""
        return self.gradient.chained(jacobian)

    def squares_at(self, stage: Stage) -> Floats:
        """Return the variance of each quantity at a stage, shape (K,)."""
        if stage.unit is None:
            return self.gradient.squares_at(stage)
        squares = self.of_units(stage.cells, stage.unit, stage.scale[stage.stratum])
        strata = self.of_units(stage.cells, stage.stratum[stage.unit], stage.of_means)
        return np.maximum(squares - strata, 0.0)

    def products_at(self, stage: Stage) -> Floats:
        """Return the joint covariance of the quantities at a stage, shape (K, K)."""
        return self.gradient.products_at(stage)

    def shares(self) -> OfProgrammes:
        """Return what each weight is of the means, in place of its influence on them."""
        return replace(self, hit=self.inside, centre=np.zeros_like(self.centre))

    def some(self) -> Iterator[tuple[slice, Floats]]:
        """Yield domains, some at a time, and their derivatives, shape (some, K)."""
        for first in range(0, len(self.of), _AT_A_TIME):
            own = slice(first, min(first + _AT_A_TIME, len(self.of)))
            yield own, self.slopes(np.arange(own.start, own.stop))

    def slopes(self, domains: Integers) -> Floats:
        """Return the derivatives with respect to some domains, shape (domains, K)."""
        own, programme = self.of[domains], self.programme[domains]
        slopes: Floats = self.hit[own] - self.inside[own] * self.centre[programme]
        return slopes * self.share[programme]

    def of_units(self, cells: Cells, unit: Integers, scale: Floats) -> Floats:
        """Return the sum over units of their squared influence times a scale, shape (K,)."""
        weights = _weights(cells, unit)
        scale = scale[: weights.shape[0]]
        if weights.shape[0] <= cells.n_domains:
            # Their influences are fewer numbers than the derivatives.
            sums = sum(weights[:, own] @ slopes for own, slopes in self.some())
            return np.asarray(scale @ sums**2)
        return _quadratic(self, weights, scale)


def _quadratic(influence: OfProgrammes, weights: csc_array, scale: Floats) -> Floats:
    """Return what `of_units` does, by the joint sums of squares of the domains' weights."""
    from scipy.sparse import diags_array

    products = (weights.T @ diags_array(scale) @ weights).tocoo()
    (row, column), values, programme = products.coords, products.data, influence.programme
    within = programme[row] == programme[column]
    # Of units that lie in several programmes.
    apart = _sparse(values[~within], row[~within], column[~within], products.shape)
    squares = np.zeros(influence.size)
    for own, slopes in influence.some() if apart.nnz else ():
        across = sum(apart[own, other] @ more for other, more in influence.some())
        squares += np.einsum("dk,dk->k", across, slopes)
    order = np.argsort(programme[row[within]], kind="stable")
    row, column, values = row[within][order], column[within][order], values[within][order]
    bounds = np.searchsorted(programme, np.arange(int(programme.max()) + 2))
    ends = np.searchsorted(programme[row], np.arange(len(bounds)))
    for (first, end), (start, stop) in zip(pairwise(bounds), pairwise(ends), strict=True):
        block = np.zeros((end - first, end - first))
        block[row[start:stop] - first, column[start:stop] - first] = values[start:stop]
        slopes = influence.slopes(np.arange(first, end))
        # On one thread, as BLAS is not: threads wait long for each other on a busy machine.
        squares += np.einsum("dk,dk->k", np.einsum("de,ek->dk", block, slopes), slopes)
    return squares


def _weighed(counted: Counts, influence: OfProgrammes, cells: Cells) -> Counts:
    """Return the same counts with what suppliers and ratings have of the means."""
    most, squares = np.zeros(cells.n_domains), cells.totals(cells.zz)
    np.maximum.at(most, cells.domain, cells.most)
    suppliers = _weights(cells, cells.supplier)
    largest, of_kish = np.zeros((2, influence.size))
    of_supplier = np.zeros((suppliers.shape[0], influence.size))
    for own, share in influence.shares().some():
        largest = np.maximum(largest, (most[own, None] * share).max(axis=0, initial=0.0))
        of_kish += squares[own] @ share**2
        of_supplier += suppliers[:, own] @ share
    known = counted.n > 0
    return replace(
        counted,
        largest_rating=np.where(known, largest, np.nan),
        largest_supplier=np.where(known, of_supplier.max(axis=0), np.nan),
        kish=np.divide(1.0, of_kish, out=np.full(len(of_kish), np.nan), where=of_kish > 0),
    )


def _endless(found: Quantities, counted: Counts, influence: OfProgrammes) -> Population:
    """Return endless populations, with the effective number of PSUs where limits need it."""
    cells, size = found.cells, influence.size
    needed = (found.estimate <= 0) | (found.estimate >= 1) | (found.variance() <= 0)
    rows = np.flatnonzero(needed)
    shares = influence.take(rows).shares()
    if cells.psu is None:
        each = cells.totals(cells.zz)
        squares = sum(each[own] @ share**2 for own, share in shares.some())
    else:
        squares = shares.of_units(cells, cells.psu, np.ones(int(cells.psu.max()) + 1))
    units = np.full(size, np.nan)
    units[rows] = np.divide(1.0, squares, out=np.zeros(len(rows)), where=squares > 0)
    none = np.zeros(size)
    return Population(none, none, counted.n, none, units, np.full(size, np.nan))


def _by_programme(cells: Cells) -> tuple[Cells, Integers, Integers]:
    """Return cells of domains of one programme each; of each the programme and the old domain."""
    width = cells.n_domains
    pairs, number = numbered(
        cells.programme * width + cells.domain, (int(cells.programme.max()) + 1) * width
    )
    domain = pairs % width
    paired = replace(cells, domains=cells.domains.take(pa.array(domain)), domain=number)
    return paired, pairs // width, domain


def _weights(cells: Cells, unit: Integers) -> csc_array:
    """Return the weight in the base by unit and domain, shape (units, D)."""
    return _sparse(cells.z, unit, cells.domain, (int(unit.max()) + 1, cells.n_domains))


def _sparse(values: Floats, row: Integers, column: Integers, shape: tuple[int, int]) -> csc_array:
    from scipy.sparse import csc_array

    return csc_array((values, (row, column)), shape=shape)
