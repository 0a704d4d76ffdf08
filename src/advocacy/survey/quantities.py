"""Quantities estimated together: their values, what they rest on, and their joint variance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

import numpy as np

from advocacy.arrays import Floats, Integers
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.groups import Groups, distinct, every_domain
from advocacy.survey.cells.numbering import matches, numbered, summed
from advocacy.survey.design import SurveyDesign
from advocacy.survey.gradient import Gradient, ratio_gradient
from advocacy.survey.linearization import Influence, covariance, degrees_of_freedom, variance
from advocacy.survey.replicates import (
    Replicates,
    ranks,
    replicate_covariance,
    replicate_totals,
    replicate_variance,
)

# Influences of cells on quantities that are held at a time; several arrays of 16 MB each.
_AT_A_TIME = 2_000_000


# Standard errors below this, relative to the estimate where that is above 1, are rounding.
_NOISE = 1e-14


@dataclass(frozen=True)
class Counts:
    r"""What stands behind each quantity; shape (K,) each.

    Parameters
    ----------
    n, hits
        Ratings in the base, and those of them with a numerator other than 0.
    programmes, suppliers
        Number of them with a rating in the base.
    largest_supplier, largest_rating
        Share of the base's weight that the largest supplier and rating have, in [0, 1].
    kish
        Kish's effective number of the ratings by their weights, :math:`(\sum w)^2 / \sum w^2`.
    """

    n: Integers
    hits: Integers
    programmes: Integers
    suppliers: Integers
    largest_supplier: Floats
    largest_rating: Floats
    kish: Floats

    def take(self, rows: Integers) -> Counts:
        """Return the counts of some quantities."""
        return Counts(
            self.n[rows],
            self.hits[rows],
            self.programmes[rows],
            self.suppliers[rows],
            self.largest_supplier[rows],
            self.largest_rating[rows],
            self.kish[rows],
        )


@dataclass(frozen=True)
class Quantities:
    """K quantities estimated from the same cells.

    Parameters
    ----------
    estimate
        Their values, shape (K,); NaN where the base is empty.
    gradient
        Influence of the ratings on them: their derivatives with respect to the totals of the
        domains, or where these do not tell it, by cell.
    cells, design
        What they are estimated from.
    replicates
        Their values in replicates; ``None`` where the variance is had by linearization.
    degrees
        Degrees of freedom of each where they are known already, shape (K,); else ``None``.
    """

    estimate: Floats
    gradient: Influence
    cells: Cells
    design: SurveyDesign
    replicates: Replicates | None = None
    degrees: Floats | None = None

    def variance(self) -> Floats:
        """Return the variance of each, shape (K,); NaN where there is none."""
        return self._variance.copy()

    @cached_property
    def _variance(self) -> Floats:
        if self.replicates is not None:
            found = replicate_variance(self.replicates, self.estimate)
        else:
            found = np.concatenate(
                [variance(self.cells, self.design, part) for part in self._parts()]
            )
        # What rounding leaves of no variance at all must not pass for a very small one.
        noise = (_NOISE * np.maximum(np.abs(self.estimate), 1.0)) ** 2
        return np.where(np.isnan(self.estimate), np.nan, np.where(found < noise, 0.0, found))

    def covariance(self) -> Floats:
        """Return their joint covariance, shape (K, K)."""
        if self.replicates is not None:
            return replicate_covariance(self.replicates, self.estimate)
        return covariance(self.cells, self.design, self.gradient)

    def df(self) -> Floats:
        """Return the degrees of freedom of each, shape (K,).

        Replicates made of the PSUs have those of the PSUs, as linearization has: their number
        is ours to choose. Given ones have their rank less 1, all that is known of the design.
        """
        return self._df.copy()

    @cached_property
    def _df(self) -> Floats:
        if self.degrees is not None:
            return self.degrees
        if self.cells.given is not None:
            whole = self.design.df == "design"
            return ranks(self.cells, self.gradient, whole=whole).astype(np.float64) - 1
        found = [degrees_of_freedom(self.cells, self.design, part) for part in self._parts()]
        return np.concatenate(found).astype(np.float64)

    def _parts(self) -> list[Influence]:
        """Return the gradient in parts, whose influences on the cells fit into memory."""
        number = self.gradient.held(self.cells) // _AT_A_TIME + 1
        if number == 1:
            return [self.gradient]
        return [
            self.gradient.take(p) for p in np.array_split(np.arange(len(self.estimate)), number)
        ]

    def take(self, rows: Integers) -> Quantities:
        """Return some of the quantities, in the order of ``rows``."""
        return replace(
            self,
            estimate=self.estimate[rows],
            gradient=self.gradient.take(rows),
            replicates=self.replicates and self.replicates.take(rows),
            degrees=None if self.degrees is None else self.degrees[rows],
        )

    def transformed(self, function: Callable[[Floats], Floats], jacobian: Floats) -> Quantities:
        """Return functions of the quantities.

        Parameters
        ----------
        function
            Takes values of shape (..., K) and returns shape (..., L).
        jacobian
            Derivatives of the L functions at the estimates, shape (L, K).
        """
        return replace(
            self,
            estimate=function(self.estimate),
            gradient=self.gradient.chained(jacobian),
            replicates=self.replicates and self.replicates.transformed(function),
            degrees=None,
        )


def ratios(cells: Cells, design: SurveyDesign, groups: Groups | None = None) -> Quantities:
    """Estimate the ratio in each group of domains; by default in each domain.

    Notes
    -----
    R equivalent: ``survey::svyratio`` or ``svymean`` on a subset of the design.
    """
    groups = groups or every_domain(cells)
    estimate, gradient = ratio_gradient(cells, groups)
    replicates = replicate_totals(cells, design, groups)
    return Quantities(
        estimate, gradient, cells, design, replicates and replicates.transformed(_divided)
    )


def _divided(totals: Floats) -> Floats:
    """Return numerators over bases, from shape (..., 2K) to shape (..., K)."""
    x, z = np.split(totals, 2, axis=-1)
    quotient: Floats = np.divide(x, z, out=np.full(x.shape, np.nan), where=z > 0)
    return quotient


def totals(cells: Cells, design: SurveyDesign, groups: Groups | None = None) -> Quantities:
    """Return the weighted totals of each group: K of the numerator, then K of the base.

    Any smooth function of them is a `Quantities.transformed`. Their own variance supposes
    that the design's units are all there is, and is right under the rule `adjust` only where
    no stratum is lonely; that of functions which do not change with the weights' scale is.
    """
    groups = groups or every_domain(cells)
    x, z = (
        summed(groups.group, cells.totals(values)[groups.domain], groups.size)
        for values in (cells.x, cells.z)
    )
    ones, zeros = np.ones(len(groups.group)), np.zeros(len(groups.group))
    gradient = Gradient(
        quantity=np.concatenate([groups.group, groups.group + groups.size]),
        domain=np.concatenate([groups.domain, groups.domain]),
        x=np.concatenate([ones, zeros]),
        z=np.concatenate([zeros, ones]),
        size=2 * groups.size,
    )
    replicates = replicate_totals(cells, design, groups)
    return Quantities(np.concatenate([x, z]), gradient, cells, design, replicates)


def joined(cells: Cells, parts: Sequence[tuple[Quantities, Floats]]) -> Quantities:
    """Return quantities of several numerators as functions of the base of one pass.

    Parameters
    ----------
    cells
        The pass, in whose cells the numerators are not.
    parts
        Quantities of `valued` cells, whose influence is a gradient, each with the value of the
        domains that it was given, shape (D,): a numerator is the base's total times that.
    """
    found, values = [part for part, _ in parts], [value for _, value in parts]
    gradients = [cast(Gradient, part.gradient) for part in found]
    before = np.cumsum([0, *(len(part.estimate) for part in found[:-1])])
    z = np.concatenate(
        [g.z + g.x * value[g.domain] for g, value in zip(gradients, values, strict=True)]
    )
    numbers = [g.quantity + start for g, start in zip(gradients, before, strict=True)]
    gradient = Gradient(
        quantity=np.concatenate(numbers),
        domain=np.concatenate([g.domain for g in gradients]),
        x=np.zeros_like(z),
        z=z,
        size=sum(len(part.estimate) for part in found),
    )
    replicates = [part.replicates for part in found if part.replicates is not None]
    together = replicates and replace(
        replicates[0], values=np.concatenate([part.values for part in replicates], axis=-1)
    )
    estimate = np.concatenate([part.estimate for part in found])
    return Quantities(estimate, gradient, cells, found[0].design, together or None)


def counts(cells: Cells, groups: Groups | None = None) -> Counts:
    """Count what stands behind each group of domains; by default behind each domain."""
    groups = groups or every_domain(cells)
    n, hits = (
        summed(groups.group, cells.totals(values)[groups.domain], groups.size).astype(np.int64)
        for values in (cells.n, cells.hits)
    )
    programmes, suppliers = (
        distinct(cells, groups, numbers) for numbers in (cells.programme, cells.supplier)
    )
    none = np.full(groups.size, np.nan)
    return reweighted(Counts(n, hits, programmes, suppliers, none, none, none), cells, groups)


def reweighted(counted: Counts, cells: Cells, groups: Groups) -> Counts:
    """Return the same counts of cells with other weights."""
    largest = _largest_rating(cells, groups)
    return replace(
        counted,
        largest_supplier=_largest_supplier(cells, groups),
        largest_rating=largest,
        kish=_kish(cells, groups, largest),
    )


def _largest_rating(cells: Cells, groups: Groups) -> Floats:
    """Return the share of the base's weight that the largest rating has, shape (K,)."""
    of_domain, largest = np.zeros(cells.n_domains), np.zeros(groups.size)
    np.maximum.at(of_domain, cells.domain, cells.most)
    np.maximum.at(largest, groups.group, of_domain[groups.domain])
    base = summed(groups.group, cells.totals(cells.z)[groups.domain], groups.size)
    share: Floats = np.divide(largest, base, out=np.full(groups.size, np.nan), where=base > 0)
    return share


def _kish(cells: Cells, groups: Groups, largest: Floats) -> Floats:
    """Return Kish's effective number of ratings, shape (K,)."""
    base, squares = (
        summed(groups.group, cells.totals(values)[groups.domain], groups.size)
        for values in (cells.z, cells.zz)
    )
    # Squares that overflow: it is at most what it were with the largest weight alone squared.
    bound = np.divide(1.0, largest**2, out=np.full(groups.size, np.nan), where=largest > 0)
    known = (squares > 0) & np.isfinite(squares)
    ratio = np.divide(base, np.sqrt(squares), out=np.sqrt(bound), where=known)
    found: Floats = ratio**2
    return found


def _largest_supplier(cells: Cells, groups: Groups) -> Floats:
    """Return the share of the base's weight that the largest supplier has, shape (K,)."""
    suppliers = int(cells.supplier.max()) + 1
    # By supplier and domain first: there are far fewer of these than cells.
    pairs, inverse = numbered(
        cells.supplier * cells.n_domains + cells.domain, suppliers * cells.n_domains
    )
    own = summed(inverse, cells.z, len(pairs))
    order = np.argsort(groups.domain, kind="stable")
    pair, entry = matches(groups.domain[order], pairs % cells.n_domains, cells.n_domains)
    key, inverse = numbered(
        pairs[pair] // cells.n_domains * groups.size + groups.group[order[entry]],
        suppliers * groups.size,
    )
    weight = summed(inverse, own[pair], len(key))
    largest = np.zeros(groups.size)
    np.maximum.at(largest, key % groups.size, weight)
    base = summed(key % groups.size, weight, groups.size)
    share: Floats = np.divide(largest, base, out=np.full(groups.size, np.nan), where=base > 0)
    return share
