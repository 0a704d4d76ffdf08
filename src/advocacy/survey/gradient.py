"""Gradients: influence on quantities that are smooth functions of totals of domains."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from advocacy.arrays import Floats, Integers
from advocacy.survey.calibration import Calibration
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.groups import Groups, cells_of
from advocacy.survey.cells.numbering import matches, numbered, summed
from advocacy.survey.stages import Stage

# Share of a variance below which nothing of it is left beside what the margins explain.
_EXPLAINED = 1e-13
# Calibrated quantities whose joint covariance is held at a time where only variances are wanted.
_BLOCK = 1_000


@dataclass(frozen=True)
class Gradient:
    """Derivatives of quantities with respect to the totals of domains; absent ones are 0.

    Parameters
    ----------
    quantity, domain
        Number of the quantity and of the domain of each entry, no pair twice; shape (entries,).
    x, z
        Derivative with respect to the domain's X and Z, shape (entries,).
    size
        Number of quantities, K.
    """

    quantity: Integers
    domain: Integers
    x: Floats
    z: Floats
    size: int

    def held(self, cells: Cells) -> int:
        """Return how many influences of cells its squares hold at a time."""
        return int(np.bincount(cells.domain)[self.domain].sum())

    def take(self, quantities: Integers) -> Gradient:
        """Return the gradient of some quantities, in this order."""
        row, entry = self._entries(quantities)
        return Gradient(row, self.domain[entry], self.x[entry], self.z[entry], len(quantities))

    def chained(self, jacobian: Floats) -> Gradient:
        """Return the gradient of functions of the quantities.

        ``jacobian`` has shape (L, K): derivatives of L functions with respect to them.
        """
        outer, inner = np.nonzero(jacobian)
        row, entry = self._entries(inner)
        slope = jacobian[outer, inner][row]
        width = int(self.domain.max(initial=0)) + 1
        bound = width * len(jacobian)
        key, inverse = numbered(outer[row] * width + self.domain[entry], bound)
        return Gradient(
            quantity=key // width,
            domain=key % width,
            x=summed(inverse, slope * self.x[entry], len(key)),
            z=summed(inverse, slope * self.z[entry], len(key)),
            size=len(jacobian),
        )

    def squares_at(self, stage: Stage) -> Floats:
        """Return the variance of each quantity at a stage, shape (K,)."""
        if stage.unit is None:
            return _squares_of_ratings(stage, self)
        if stage.cells.calibration is not None:
            return _squares_of_residuals(stage, stage.unit, stage.cells.calibration, self)
        return _squares_of_units(stage, stage.unit, self)

    def products_at(self, stage: Stage) -> Floats:
        """Return the joint covariance of the quantities at a stage, shape (K, K)."""
        if stage.unit is None:
            return _products_of_ratings(stage, self)
        if stage.cells.calibration is not None:
            return _products_of_residuals(stage, stage.unit, stage.cells.calibration, self)
        return _products_of_units(stage, _sums_by_unit(stage.cells, stage.unit, self), self.size)

    def blocks_at(self, stage: Stage, size: int) -> Floats:
        """Return the joint covariance within each block of quantities, (K / size, size, size)."""
        if stage.unit is None or stage.cells.calibration is not None:
            blocks = np.arange(self.size).reshape(-1, size)
            parts = [self.take(block).products_at(stage) for block in blocks]
            return np.array(parts).reshape(-1, size, size)
        return _blocks_of_units(stage, _sums_by_unit(stage.cells, stage.unit, self), self, size)

    def _entries(self, quantities: Integers) -> tuple[Integers, Integers]:
        """Return each pair of a position in ``quantities`` and an entry of that quantity."""
        order = _in_order(self.quantity)
        position, entry = matches(self.quantity[order], quantities, self.size)
        return position, order[entry]


@dataclass(frozen=True)
class _UnitSums:
    """Influence on each quantity by unit: entries of a sparse matrix, no pair twice."""

    unit: Integers
    quantity: Integers
    value: Floats


def ratio_gradient(cells: Cells, groups: Groups) -> tuple[Floats, Gradient]:
    """Return the ratio in each group of domains, shape (K,), and its gradient.

    A group with nothing in its base has NaN and a gradient of nought.
    """
    x, z, n = (
        summed(groups.group, cells.totals(values)[groups.domain], groups.size)
        for values in (cells.x, cells.z, cells.n)
    )
    present = (n > 0) & (z > 0)
    estimate = np.divide(x, z, out=np.full(groups.size, np.nan), where=present)
    slope = np.divide(1.0, z, out=np.zeros(groups.size), where=present)
    down = np.where(present, -estimate * slope, 0.0)
    return estimate, Gradient(
        groups.group, groups.domain, slope[groups.group], down[groups.group], groups.size
    )


def _sums_by_unit(cells: Cells, unit: Integers, gradient: Gradient) -> _UnitSums:
    """Sum the influence of the cells' ratings on each quantity over units."""
    cell, entry = cells_of(cells, gradient.domain)
    value = gradient.x[entry] * cells.x[cell] + gradient.z[entry] * cells.z[cell]
    key, inverse = numbered(
        unit[cell] * gradient.size + gradient.quantity[entry],
        (int(unit.max()) + 1) * gradient.size,
    )
    return _UnitSums(key // gradient.size, key % gradient.size, summed(inverse, value, len(key)))


def _squares_of_units(stage: Stage, unit: Integers, gradient: Gradient) -> Floats:
    """Return the variances from squared deviations of units, shape (K,)."""
    sums = _sums_by_unit(stage.cells, unit, gradient)
    key, inverse = numbered(
        stage.stratum[sums.unit] * gradient.size + sums.quantity,
        len(stage.units) * gradient.size,
    )
    present = np.bincount(inverse)
    stratum, quantity = key // gradient.size, key % gradient.size
    units = stage.units[stratum]
    mean = stage.centred[stratum] * summed(inverse, sums.value, len(key)) / units
    deviation = summed(inverse, (sums.value - mean[inverse]) ** 2, len(key))
    squares = deviation + (units - present) * mean**2  # units without influence deviate too
    return summed(quantity, stage.scale[stratum] * squares, gradient.size)


def _products_of_units(stage: Stage, sums: _UnitSums, size: int) -> Floats:
    """Return the joint covariance that influences by unit give, shape (size, size)."""
    key, inverse = numbered(
        stage.stratum[sums.unit] * size + sums.quantity, len(stage.units) * size
    )
    total = summed(inverse, sums.value, len(key))
    squares = _products(sums.unit, sums.quantity, sums.value, stage.scale[stage.stratum], size)
    return squares - _products(key // size, key % size, total, stage.of_means, size)


def _blocks_of_units(stage: Stage, sums: _UnitSums, gradient: Gradient, size: int) -> Floats:
    """Return the joint covariance within blocks of quantities that influences by unit give."""
    blocks, units, strata = gradient.size // size, len(stage.stratum), len(stage.units)
    key, inverse = numbered(sums.quantity // size * units + sums.unit, blocks * units)
    own = np.zeros((len(key), size))
    own[inverse, sums.quantity % size] = sums.value
    block, stratum = key // units, stage.stratum[key % units]
    outer, place = numbered(block * strata + stratum, blocks * strata)
    total = np.zeros((len(outer), size))
    np.add.at(total, place, own)
    squares = _products_within(own, block, stage.scale[stratum], blocks)
    means = _products_within(total, outer // strata, stage.of_means[outer % strata], blocks)
    return squares - means


def _products_within(values: Floats, block: Integers, weight: Floats, blocks: int) -> Floats:
    """Return the weighted sums of products over the rows of each block, which are in order."""
    bounds = np.searchsorted(block, np.arange(blocks + 1))
    times = weight[:, None] * values
    parts = [values[a:b].T @ times[a:b] for a, b in pairwise(bounds)]
    return np.array(parts).reshape(blocks, values.shape[1], values.shape[1])


def _squares_of_residuals(
    stage: Stage, unit: Integers, calibration: Calibration, gradient: Gradient
) -> Floats:
    """Return the variances of calibrated quantities, shape (K,)."""
    blocks = [
        gradient.take(np.arange(start, min(start + _BLOCK, gradient.size)))
        for start in range(0, gradient.size, _BLOCK)
    ]
    parts = [np.diag(_products_of_residuals(stage, unit, calibration, block)) for block in blocks]
    return np.concatenate([np.zeros(0), *parts])


def _products_of_residuals(
    stage: Stage, unit: Integers, calibration: Calibration, gradient: Gradient
) -> Floats:
    """Return the joint covariance of calibrated quantities, shape (K, K).

    Every PSU has a residual for every quantity, which would be a full matrix. So the weights in
    the margins' levels are taken as further quantities, of which the residuals are a linear
    function.
    """
    cells = stage.cells
    sums, weight = _sums_by_unit(cells, unit, gradient), _in_levels(cells.w, calibration, unit)
    slopes, size = _coefficients(cells, calibration, gradient), gradient.size
    both = _UnitSums(
        np.concatenate([sums.unit, weight.unit]),
        np.concatenate([sums.quantity, size + weight.quantity]),
        np.concatenate([sums.value, weight.value]),
    )
    joint = _products_of_units(stage, both, size + len(slopes))
    explained = joint[:size, size:] @ slopes
    of_weights = slopes.T @ joint[size:, size:] @ slopes
    products: Floats = joint[:size, :size] - explained - explained.T + of_weights
    # What the margins explain in full is nought, of which rounding would leave something.
    left = np.diag(products) > _EXPLAINED * np.diag(joint)[:size]
    return products * left * left[:, None]


def _coefficients(cells: Cells, calibration: Calibration, gradient: Gradient) -> Floats:
    """Return the regression of the influences on the margins' levels, shape (levels, K)."""
    sums = _sums_by_unit(cells, calibration.crossing, gradient)
    by_crossing = np.zeros((len(calibration.factors), gradient.size))
    by_crossing[sums.unit, sums.quantity] = sums.value
    coefficients: Floats = calibration.projection @ by_crossing
    return coefficients


def _in_levels(weight: Floats, calibration: Calibration, unit: Integers) -> _UnitSums:
    """Return the sum of the cells' weights in each level of the margins, by unit."""
    size = len(calibration.targets.share)
    level = calibration.targets.level[calibration.crossing]
    bound = (int(unit.max()) + 1) * size
    key, inverse = numbered((unit[:, None] * size + level).ravel(), bound)
    every = np.repeat(weight, level.shape[1])
    return _UnitSums(key // size, key % size, summed(inverse, every, len(key)))


def _squares_of_ratings(stage: Stage, gradient: Gradient) -> Floats:
    """Return the variances where every rating is its own PSU, shape (K,)."""
    cells = stage.cells
    scale = stage.scale[cells.stratum]
    xx, xz, zz = (
        cells.totals(scale * sums)[gradient.domain] for sums in (cells.xx, cells.xz, cells.zz)
    )
    gx, gz = gradient.x, gradient.z
    # Squares of weights that overflow leave no variance: it is not known.
    with np.errstate(under="ignore", invalid="ignore"):
        squares = gx**2 * xx + 2 * gx * gz * xz + gz**2 * zz
    raw = summed(gradient.quantity, squares, gradient.size)
    strata = _sums_by_unit(cells, cells.stratum, gradient)
    means = stage.of_means[strata.unit]
    return np.maximum(raw - summed(strata.quantity, means * strata.value**2, gradient.size), 0.0)


def _products_of_ratings(stage: Stage, gradient: Gradient) -> Floats:
    """Return the joint covariance where every rating is its own PSU, shape (K, K).

    A rating lies in one domain, so that second-order sums by domain hold all its products.
    """
    from scipy.sparse import csr_array, diags_array

    cells = stage.cells
    scale = stage.scale[cells.stratum]
    shape = (gradient.size, cells.n_domains)
    gx, gz = (
        csr_array((slope, (gradient.quantity, gradient.domain)), shape=shape)
        for slope in (gradient.x, gradient.z)
    )
    xx, xz, zz = (
        diags_array(cells.totals(scale * sums)) for sums in (cells.xx, cells.xz, cells.zz)
    )
    raw = gx @ xx @ gx.T + gx @ xz @ gz.T + gz @ xz @ gx.T + gz @ zz @ gz.T
    strata = _sums_by_unit(cells, cells.stratum, gradient)
    total = _products(strata.unit, strata.quantity, strata.value, stage.of_means, gradient.size)
    return np.asarray(raw.todense()) - total


def _in_order(numbers: Integers) -> Integers:
    """Return the positions of numbers in their order, without sorting what is sorted."""
    if (numbers[1:] >= numbers[:-1]).all():
        return np.arange(len(numbers))
    return np.argsort(numbers, kind="stable")


def _products(row: Integers, column: Integers, value: Floats, weight: Floats, size: int) -> Floats:
    """Return the weighted sum of products over rows for each pair of columns; shape (K, K).

    ``weight`` has an entry a row.
    """
    from scipy.sparse import csr_array

    plain = csr_array((value, (row, column)), shape=(len(weight), size))
    weighted = csr_array((value * weight[row], (row, column)), shape=(len(weight), size))
    dense: Floats = np.asarray((plain.T @ weighted).todense())
    return dense
