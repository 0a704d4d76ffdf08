r"""Tests of differences: whether both sides can bear one, and on how many degrees of freedom.

A difference has sides: sets of domains that share none, on which it rests through
:math:`u_{cs}`, the influence of the ratings of PSU c in side s. Its variance is estimated from
few squares where one side has few PSUs, however many the other has. Satterthwaite (1946), Welch
(1947) and, for sides that share PSUs, Bell and McCaffrey (2002): with :math:`V_s` the variance
that side s contributes, :math:`C_{st}` the covariance that PSUs in both contribute, both freed
of bias, and :math:`b_{cs}` the share of PSU c in the base of side s,

.. math::

    \nu = \frac{(\sum_s V_s + 2 \sum_{s<t} C_{st})^2}{\sum_c \tau_c^2}, \qquad
    \tau_c = \sum_s V_s q_{cs} + 2 \sum_{s<t} C_{st} q_{cst},

where :math:`q_{cs} = b_{cs}^2 / \sqrt{\nu_s \sum_c b_{cs}^4}` and :math:`q_{cst} \propto b_{cs}
b_{ct}` hand the variances on to the PSUs. Without common PSUs it is
:math:`(\sum V_s)^2 / \sum (V_s^2 / \nu_s)`, and the test of PSUs of one size is Welch's t test of
their rates; where each PSU, all of one size, is in all sides, it is the paired t test, on n - 1.

The side's own :math:`\nu_s = (tr A)^2 / tr A^2` and the factor :math:`\kappa_s^2` by which its
variance is too small on average are those of the quadratic form :math:`r' A r` that estimates
the variance of a mean of PSUs' rates r with one variance; PSUs of one size have k - 1 and
:math:`\frac{k / (k - 1)}{n / (n - 1)}`, where k of the stratum's n are in the side. Linearization
centres at a mean that large PSUs draw towards themselves, and multiplies by n/(n - 1).

https://doi.org/10.2307/3002019, https://doi.org/10.1093/biomet/34.1-2.28; Bell and McCaffrey,
Survey Methodology 28(2), 169-181.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from advocacy.arrays import Floats, Integers
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.groups import cells_of
from advocacy.survey.cells.numbering import numbered, summed, upper
from advocacy.survey.gradient import Gradient
from advocacy.survey.linearization import degrees_of_freedom, variance
from advocacy.survey.quantities import Quantities
from advocacy.survey.replicates import ranks

# PSUs (ratings, where each is its own) below which a side bears no test: with fewer the test
# rejects what is true too often, most of all where rates are far from one half. Where they
# are 20 %, 8 against 60 reject 6.6 % at 5 %, 10 reject 6.1 %, and 12 reject 5.8 %.
FEWEST_PSUS = 12
FEWEST_DF = FEWEST_PSUS - 1

# Influences of cells that are held at a time.
_AT_A_TIME = 2_000_000
# Share of a variance below which a trace is rounding.
_NOTHING = 1e-9


@dataclass(frozen=True)
class Reference:
    """What L differences are held against; shape (L,) each.

    Parameters
    ----------
    df
        Degrees of freedom of Student's t; NaN where a side shows no variance.
    widening
        Factor of the standard error, 1 or more: what it is too small by on average.
    """

    df: Floats
    widening: Floats


def bears_test(sides: Quantities, fewest_df: int = FEWEST_DF) -> npt.NDArray[np.bool_]:
    """Tell of sides whether they bear a test, shape (K,): the guard of every test.

    They show a variance of their own, else they would count as known exactly; and they have
    ``fewest_df`` degrees of freedom, by default as many as `FEWEST_PSUS` in one stratum.
    """
    return (sides.variance() > 0) & (sides.df() >= fewest_df)


def reference(found: Quantities, apart: Gradient, sides: int) -> Reference:
    """Return what L quantities are held against.

    Parameters
    ----------
    found
        The quantities.
    apart
        Their gradient with the sides apart: quantity l S + s has what quantity l has in the
        domains of side s.
    sides
        Their number, S.
    """
    union, cells = found.df(), found.cells
    if cells.given is not None:
        # Replicate weights tell no PSUs: the sides are taken to share them all.
        own = (ranks(cells, apart, whole=found.design.df == "design") - 1.0).reshape(-1, sides)
        present = np.bincount(apart.quantity, minlength=apart.size).reshape(-1, sides) > 0
        least = np.where(present, own, np.inf).min(axis=1, initial=np.inf)
        return Reference(np.minimum(least, union), np.ones(len(union)))
    behind = np.bincount(cells.domain)[apart.domain].sum()
    parts = np.array_split(np.arange(len(union)), int(behind // _AT_A_TIME) + 1)
    columns = np.arange(sides)
    several = [
        _reference(found, apart.take((part[:, None] * sides + columns).ravel()), sides)
        for part in parts
    ]
    df = np.concatenate([df for df, _ in several])
    return Reference(np.minimum(df, union), np.concatenate([widening for _, widening in several]))


def df_of_trace(found: Quantities, apart: Gradient, form: Floats) -> float:
    r"""Return the degrees of freedom of :math:`tr(F V)`, V the joint covariance of S sides.

    As `reference` has them, with :math:`\sum_c tr((F \Sigma_c)^2)` below the line, where
    :math:`\Sigma_c` is what is handed on to PSU c. NaN where PSUs are not known.

    Parameters
    ----------
    found
        Quantities of the same cells.
    apart
        Gradient of the sides' contributions, a quantity each.
    form
        F, shape (S, S), symmetric.
    """
    if found.cells.given is not None:
        return np.nan
    units = _units(found.cells, apart)
    every, size = _of_sides(found, apart, units), apart.size
    for _, entries in _with_common_units(found.cells, units, size):
        _, total, squares = _of_common_units(units.of(entries, slice(0, size)), every, form)
        break
    else:
        own = np.diag(form) * every.variance * every.bias**2
        total, squares = float(own.sum()), float(_over_df(own, every.df).sum())
    return total**2 / squares if total > 0 and squares > 0 else np.nan


@dataclass(frozen=True)
class _Units:
    """PSUs in sides, an entry for each pair; of like ratings that are their own, one for all.

    Parameters
    ----------
    unit, side, stratum
        Number of the PSU (of the cell), of the side, and of the stratum; shape (entries,).
    alike
        PSUs that the entry stands for: 1, or the effective number of a cell's ratings.
    share
        Share of one of them in the side's base.
    value
        Influence of the entry.
    psus
        PSUs of the stratum of each entry, n, in the side or not.
    size
        Number of sides, of all quantities together.
    """

    unit: Integers
    side: Integers
    stratum: Integers
    alike: Floats
    share: Floats
    value: Floats
    psus: Floats
    size: int

    @property
    def scale(self) -> Floats:
        """n/(n - 1) of the stratum of each entry; 0 where it has one PSU."""
        one = np.zeros(len(self.psus))
        return np.divide(self.psus, self.psus - 1, out=one, where=self.psus > 1)

    def total(self, values: Floats) -> Floats:
        """Return sums over each side, shape (size,)."""
        return summed(self.side, values, self.size)

    def of_stratum(self, values: Floats) -> Floats:
        """Return the sum over side and stratum of each entry, shape (entries,)."""
        bound = (int(self.stratum.max(initial=0)) + 1) * self.size
        key, inverse = numbered(self.stratum * self.size + self.side, bound)
        return summed(inverse, values, len(key))[inverse]

    def of(self, entries: Integers, sides: slice) -> _Units:
        """Return the entries of some sides, numbered from 0."""
        return _Units(
            self.unit[entries],
            self.side[entries] - sides.start,
            self.stratum[entries],
            self.alike[entries],
            self.share[entries],
            self.value[entries],
            self.psus[entries],
            sides.stop - sides.start,
        )


@dataclass(frozen=True)
class _OfSides:
    """Of sides: their variances, df, and what their standard errors are too small by; (K,)."""

    variance: Floats
    df: Floats
    bias: Floats

    def of(self, sides: slice) -> _OfSides:
        """Return those of some sides."""
        return _OfSides(self.variance[sides], self.df[sides], self.bias[sides])


def _of_sides(found: Quantities, apart: Gradient, units: _Units) -> _OfSides:
    df, bias = _own(units)
    df = np.minimum(df, degrees_of_freedom(found.cells, found.design, apart))
    if found.cells.psu is None:
        return _OfSides(np.nan_to_num(variance(found.cells, found.design, apart)), df, bias)
    return _OfSides(units.total(units.scale * units.value * _centred(units)), df, bias)


def _reference(found: Quantities, apart: Gradient, sides: int) -> tuple[Floats, Floats]:
    units = _units(found.cells, apart)
    every = _of_sides(found, apart, units)
    own, df = every.variance.reshape(-1, sides), every.df.reshape(-1, sides)
    without_bias = own * every.bias.reshape(-1, sides) ** 2
    total, unbiased = own.sum(axis=1), without_bias.sum(axis=1)
    squares = _over_df(without_bias, df).sum(axis=1)
    for quantity, entries in _with_common_units(found.cells, units, sides):
        columns = slice(quantity * sides, (quantity + 1) * sides)
        total[quantity], unbiased[quantity], squares[quantity] = _of_common_units(
            units.of(entries, columns), every.of(columns), np.ones((sides, sides))
        )
    usable = (total > 0) & (squares > 0)
    found_df = np.divide(unbiased**2, squares, out=np.full(len(total), np.nan), where=usable)
    by = np.divide(unbiased, total, out=np.ones(len(total)), where=usable)
    return found_df, np.sqrt(np.maximum(by, 1.0))


def _over_df(variances: Floats, df: Floats) -> Floats:
    """Return squares over df; NaN where a side has a variance and no degrees of freedom."""
    per_df = np.divide(variances**2, df, out=np.full_like(variances, np.nan), where=df > 0)
    return np.where(variances > 0, per_df, 0.0)


def _units(cells: Cells, apart: Gradient) -> _Units:
    cell, entry = cells_of(cells, apart.domain)
    used = cells.n[cell] > 0
    cell, entry = cell[used], entry[used]
    own = np.arange(len(cells.n)) if cells.psu is None else cells.psu
    bound = (int(own.max()) + 1) * apart.size
    key, inverse = numbered(own[cell] * apart.size + apart.quantity[entry], bound)
    unit, side = key // apart.size, key % apart.size
    value = summed(
        inverse, apart.x[entry] * cells.x[cell] + apart.z[entry] * cells.z[cell], len(key)
    )
    base = summed(inverse, cells.z[cell], len(key))
    alike = np.ones(len(key))
    if cells.psu is None:
        alike = base**2 / cells.zz[unit]
    stratum = upper(own, cells.stratum)[unit]
    share = base / alike / summed(side, base, apart.size)[side]
    psus = cells.psus[stratum].astype(np.float64)
    return _Units(unit, side, stratum, alike, share, value, psus, apart.size)


def _own(units: _Units) -> tuple[Floats, Floats]:
    r"""Return the df of each side, and the factor that its standard error is too small by.

    Of :math:`A = P' S M S P`, with S the shares b, :math:`P = I - 1 b'`, and M the centring
    within strata times n/(n - 1): :math:`(tr A)^2 / tr A^2` and
    :math:`\sqrt{\sum b^2 / tr A}`. With :math:`D = S M S` and :math:`U = P P' - I =
    -1 b' - b 1' + \sum b^2\, 1 1'`, :math:`tr A = tr D + tr D U`, and
    :math:`tr A^2 = tr D^2 + 2\, tr D^2 U + tr (D U)^2`.
    """
    b, n, a = units.share, units.psus, units.scale
    one, two = units.of_stratum(units.alike * b), units.of_stratum(units.alike * b**2)
    # Rows of D times 1 and times b.
    by_one, by_share = a * b * (b - one / n), a * b * (b**2 - two / n)

    def over(left: Floats, right: Floats) -> Floats:
        return units.total(units.alike * left * right)

    squares = over(b, np.where(a > 0, b, 0.0))
    ones, both, shares = over(by_one, np.ones(len(b))), over(by_one, b), over(by_share, b)
    trace = over(a * b * (1 - 1 / n), b) - 2 * both + squares * ones
    of_d = over(a**2 * b**2, b**2 * (1 - 2 / n) + two / n**2)
    of_du = -2 * over(by_share, by_one) + squares * over(by_one, by_one)
    of_dudu = (squares * ones - both) ** 2 + both**2 - 2 * ones * (squares * both - shares)
    trace_of_square = of_d + 2 * of_du + of_dudu
    usable = (trace > _NOTHING * squares) & (trace_of_square > 0)
    df = np.divide(trace**2, trace_of_square, out=np.zeros(units.size), where=usable)
    bias = np.divide(squares, trace, out=np.ones(units.size), where=usable)
    return df, np.sqrt(bias)


def _centred(units: _Units) -> Floats:
    """Return influences less their mean over the stratum's PSUs, those outside the side too."""
    return units.value - units.of_stratum(units.value) / units.psus


def _with_common_units(cells: Cells, units: _Units, sides: int) -> Iterator[tuple[int, Integers]]:
    """Return the quantities of which a PSU is in several sides, and their entries."""
    if cells.psu is None or not len(units.side):
        return
    quantity = units.side // sides
    width = int(units.unit.max()) + 1
    _, inverse = numbered(quantity * width + units.unit, width * (int(quantity.max()) + 1))
    several = np.unique(quantity[np.bincount(inverse)[inverse] > 1])
    order = np.argsort(quantity, kind="stable")
    start, end = (np.searchsorted(quantity[order], several, side=s) for s in ("left", "right"))
    for one, first, last in zip(several, start, end, strict=True):
        yield int(one), order[first:last]


def _of_common_units(units: _Units, of_sides: _OfSides, form: Floats) -> tuple[float, float, float]:
    """Return a trace, the same without bias, and the sum over PSUs of what varies in it.

    Of :math:`tr(F V)`, with V the joint covariance of the sides' contributions; F is all ones
    where their sum is meant.

    Parameters
    ----------
    units
        Entries of the S sides, numbered from 0.
    of_sides
        Their variances, df and bias.
    form
        F, shape (S, S).
    """
    _, row = np.unique(units.unit, return_inverse=True)
    shape = (int(row.max()) + 1, units.size)
    share, value = np.zeros(shape), np.zeros(shape)
    share[row, units.side] = units.share
    value[row, units.side] = np.sqrt(units.scale) * _centred(units)
    products, joint = share.T @ share, value.T @ value
    np.fill_diagonal(joint, of_sides.variance)
    joint *= products > 0
    without_bias = joint * np.outer(of_sides.bias, of_sides.bias)
    fourth, df = (share**4).sum(axis=0), of_sides.df
    lost = np.diag(products) / np.sqrt(np.where(df > 0, fourth * df, np.inf))
    handed = without_bias * np.sqrt(np.outer(lost, lost))
    handed = np.divide(handed, products, out=np.zeros_like(handed), where=products > 0)
    total, unbiased = (float((form * one).sum()) for one in (joint, without_bias))
    return total, unbiased, _squares(share, handed, form)


def _squares(share: Floats, handed: Floats, form: Floats) -> float:
    r"""Return :math:`\sum_c tr((F \Sigma_c)^2)` of covariances handed on to PSUs."""
    held, total = (share > 0).sum(axis=1), 0.0
    for number in np.unique(held):
        rows = np.flatnonzero(held == number)
        for part in np.array_split(rows, len(rows) * int(number) ** 2 // _AT_A_TIME + 1):
            own = np.argsort(share[part] <= 0, axis=1, kind="stable")[:, :number]
            b = np.take_along_axis(share[part], own, axis=1)
            pairs = own[:, :, None], own[:, None, :]
            product = form[pairs] @ (handed[pairs] * b[:, :, None] * b[:, None, :])
            total += float(np.einsum("cij,cji->", product, product))
    return total
