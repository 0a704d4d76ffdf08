r"""Smooth functions of weighted totals: their covariance by Taylor linearization.

A quantity :math:`\theta_k` is a function of the weighted totals :math:`X_d = \sum_i w_i x_i` and
:math:`Z_d = \sum_i w_i z_i` of the domains d. Its gradient gives each rating its influence

.. math::

    e_i^k = w_i \left(\frac{\partial\theta_k}{\partial X_d} x_i +
    \frac{\partial\theta_k}{\partial Z_d} z_i\right), \qquad i \in d,

for a ratio :math:`\theta = X/Z` that is :math:`w_i (x_i - \theta z_i) / Z`. With
:math:`e_{hc}` the sum over PSU c of stratum h, of whose PSUs the share :math:`f_h` was drawn,

.. math::

    \widehat{Cov}(\hat\theta_a, \hat\theta_b) =
    \sum_h (1 - f_h) \frac{n_h}{n_h - 1} \sum_c (e^a_{hc} - \bar e^a_h)(e^b_{hc} - \bar e^b_h)

where :math:`n_h` counts all PSUs of the stratum, also those with no rating in the domain. A second
stage, drawn from a known number of units, adds the same expression within each PSU times
:math:`f_h`. Binder (1983), https://doi.org/10.2307/1402588; Särndal, Swensson and Wretman
(1992), Model Assisted Survey Sampling, 4.3. Where weights are calibrated, :math:`e_i` is the
residual influence of `calibration`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from advocacy.arrays import Floats, Integers
from advocacy.errors import DesignError
from advocacy.survey.calibration import Calibration
from advocacy.survey.cells.cells import Cells, psu_name
from advocacy.survey.cells.groups import Groups, cells_of, distinct
from advocacy.survey.cells.numbering import matches, numbered, summed, upper
from advocacy.survey.design import LonelyPSU, SurveyDesign

# Strata that a message names before it counts the others.
_LISTED = 5
# A stratum of which less than this share was left out has no sampling error, as in R.
WHOLE = 1e-7
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

    def take(self, quantities: Integers) -> Gradient:
        """Return the gradient of some quantities, in this order."""
        order = np.argsort(self.quantity, kind="stable")
        row, entry = matches(self.quantity[order], quantities, self.size)
        entry = order[entry]
        return Gradient(row, self.domain[entry], self.x[entry], self.z[entry], len(quantities))

    def chained(self, jacobian: Floats) -> Gradient:
        """Return the gradient of functions of the quantities.

        ``jacobian`` has shape (L, K): derivatives of L functions with respect to them.
        """
        outer, inner = np.nonzero(jacobian)
        order = np.argsort(self.quantity, kind="stable")
        row, entry = matches(self.quantity[order], inner, self.size)
        entry = order[entry]
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


@dataclass(frozen=True)
class CellInfluence(Gradient):
    """Quantities on which a rating's influence is no function of its domain's totals.

    The gradient names the domains whose ratings lie behind each quantity; its derivatives are
    not used.

    Parameters
    ----------
    sums
        Influence of each cell's ratings on each quantity, shape (C, K).
    products
        Sums over the ratings of each stratum of products of their influences, shape
        (strata, K, K), where every rating is its own PSU; ``None`` where PSUs are given.
    """

    sums: Floats
    products: Floats | None = None

    @classmethod
    def of(cls, cells: Cells, sums: Floats, products: Floats | None) -> CellInfluence:
        """Return the influence on quantities behind which are all domains."""
        size, domains = sums.shape[1], cells.n_domains
        quantity, domain = np.repeat(np.arange(size), domains), np.tile(np.arange(domains), size)
        nought = np.zeros(len(domain))
        return cls(quantity, domain, nought, nought, size, sums, products)

    def take(self, quantities: Integers) -> CellInfluence:
        """Return the influence on some quantities, in this order."""
        return self._with(
            super().take(quantities),
            self.sums[:, quantities],
            self.products
            if self.products is None
            else self.products[:, quantities[:, None], quantities],
        )

    def chained(self, jacobian: Floats) -> CellInfluence:
        """Return the influence on functions of the quantities, as `Gradient.chained`."""
        products = None if self.products is None else jacobian @ self.products @ jacobian.T
        return self._with(super().chained(jacobian), self.sums @ jacobian.T, products)

    @staticmethod
    def _with(named: Gradient, sums: Floats, products: Floats | None) -> CellInfluence:
        return CellInfluence(
            named.quantity, named.domain, named.x, named.z, named.size, sums, products
        )


@dataclass(frozen=True)
class _Stage:
    """Units drawn within strata: PSUs at the first stage, secondary units in PSUs at the second.

    Parameters
    ----------
    unit
        Unit of each cell, shape (C,); ``None`` where every rating is its own.
    stratum
        Stratum of each unit, shape (units,).
    units
        Units of each stratum, shape (strata,).
    scale
        Factor of the sum of squared deviations in each stratum, shape (strata,).
    centred
        1 where deviations are from the stratum's mean, 0 where from nought; shape (strata,).
    allows
        Whether the stratum allows a variance, shape (strata,): it has several units, or all
        units of the population.
    first
        Whether it is the first stage.
    """

    unit: Integers | None
    stratum: Integers
    units: Integers
    scale: Floats
    centred: Floats
    allows: npt.NDArray[np.bool_]
    first: bool = True


@dataclass(frozen=True)
class _Influence:
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


def variance(cells: Cells, design: SurveyDesign, gradient: Gradient) -> Floats:
    """Return the variance of each quantity, shape (K,).

    NaN where no stratum allows one (rule `average`).

    Raises
    ------
    DesignError
        A stratum in use has one PSU only and the design's rule is `fail`.

    Notes
    -----
    R equivalent: ``survey::svyrecvar`` on the influence functions of a subset of the design.
    """
    if isinstance(gradient, CellInfluence):
        return np.diag(covariance(cells, design, gradient))
    refuse_lonely(cells, design.lonely_psu)
    total = np.zeros(gradient.size)
    for stage in _stages(cells, design.lonely_psu):
        part = (
            _squares_of_ratings(cells, stage, gradient)
            if stage.unit is None
            else _squares(cells, stage, stage.unit, gradient)
        )
        if design.lonely_psu == "average":
            part = part * np.diag(_average_factor(cells, stage, gradient))
        total += part
    return total


def covariance(cells: Cells, design: SurveyDesign, gradient: Gradient) -> Floats:
    """Return the joint covariance of the quantities, shape (K, K).

    Its diagonal is the variance that `variance` gives; raises as it does.

    Notes
    -----
    R equivalent: ``vcov(survey::svyby(..., covmat = TRUE))``.
    """
    refuse_lonely(cells, design.lonely_psu)
    total = np.zeros((gradient.size, gradient.size))
    for stage in _stages(cells, design.lonely_psu):
        part = _products_at(cells, stage, gradient)
        if design.lonely_psu == "average":
            part = part * _average_factor(cells, stage, gradient)
        total += part
    return total


def _products_at(cells: Cells, stage: _Stage, gradient: Gradient) -> Floats:
    """Return the joint covariance of the quantities at a stage, shape (K, K)."""
    if isinstance(gradient, CellInfluence):
        return _products_of_sums(cells, stage, gradient)
    if stage.unit is None:
        return _products_of_ratings(cells, stage, gradient)
    return _products_of_units(cells, stage, stage.unit, gradient)


def degrees_of_freedom(cells: Cells, design: SurveyDesign, gradient: Gradient) -> Integers:
    """Return PSUs less strata, among the ratings behind each quantity or among all; shape (K,).

    Behind a quantity is every rating in the base of a domain that its gradient names.

    Notes
    -----
    R equivalent: ``survey::degf`` of the subset.
    """
    if design.df == "design":
        whole = int(cells.psus.sum()) - len(cells.psus)
        return np.full(gradient.size, whole, dtype=np.int64)
    groups = Groups(cells.domains, gradient.quantity, gradient.domain, gradient.size)
    strata = distinct(cells, groups, cells.stratum)
    if cells.psu is not None:
        return distinct(cells, groups, cells.psu) - strata
    ratings = summed(groups.group, cells.totals(cells.n)[groups.domain], groups.size)
    return ratings.astype(np.int64) - strata


def _stages(cells: Cells, rule: LonelyPSU) -> list[_Stage]:
    first = _stage(
        cells.psu, _stratum_of(cells.psu, cells.stratum), cells.psus, cells.fraction, rule
    )
    if cells.second is None:
        return [first]
    second = cells.second
    within = _stage(second.ssu, second.psu, second.ssus, second.fraction, rule)
    share = cells.fraction[first.stratum]
    return [first, replace(within, scale=within.scale * share, first=False)]


def _stage(
    unit: Integers | None, stratum: Integers, units: Integers, fraction: Floats, rule: LonelyPSU
) -> _Stage:
    """Return a stage; a lonely unit counts with its whole influence (`adjust`) or not at all.

    `adjust` centres it at the mean of all units, which is 0: influences sum to nought.
    """
    several = units > 1
    lonely = 1.0 if rule == "adjust" else 0.0
    factor = np.where(several, units / np.maximum(units - 1, 1), lonely)
    whole = 1 - fraction < WHOLE
    scale = np.where(whole, 0.0, (1 - fraction) * factor)
    return _Stage(unit, stratum, units, scale, several.astype(np.float64), several | whole)


def _stratum_of(unit: Integers | None, stratum: Integers) -> Integers:
    """Return the stratum of each unit, shape (units,); of each cell where there are no units."""
    return stratum if unit is None else upper(unit, stratum)


def _squares(cells: Cells, stage: _Stage, unit: Integers, gradient: Gradient) -> Floats:
    """Return the variance of each quantity at a stage, from squared deviations; shape (K,)."""
    if cells.calibration is not None:
        return _squares_of_residuals(cells, cells.calibration, stage, unit, gradient)
    found = _influence(cells, unit, gradient)
    key, inverse = numbered(
        stage.stratum[found.unit] * gradient.size + found.quantity,
        len(stage.units) * gradient.size,
    )
    present = np.bincount(inverse)
    stratum, quantity = key // gradient.size, key % gradient.size
    units = stage.units[stratum]
    mean = stage.centred[stratum] * summed(inverse, found.value, len(key)) / units
    deviation = summed(inverse, (found.value - mean[inverse]) ** 2, len(key))
    squares = deviation + (units - present) * mean**2  # units without influence deviate too
    return summed(quantity, stage.scale[stratum] * squares, gradient.size)


def _products_of_units(cells: Cells, stage: _Stage, unit: Integers, gradient: Gradient) -> Floats:
    """Return the joint covariance of the quantities at a stage, shape (K, K)."""
    if cells.calibration is not None:
        return _products_of_residuals(cells, cells.calibration, stage, unit, gradient)
    return _products_of_influence(stage, _influence(cells, unit, gradient), gradient.size)


def _products_of_influence(stage: _Stage, found: _Influence, size: int) -> Floats:
    """Return the joint covariance that influences by unit give at a stage, shape (size, size)."""
    key, inverse = numbered(
        stage.stratum[found.unit] * size + found.quantity, len(stage.units) * size
    )
    total = summed(inverse, found.value, len(key))
    squares = _products(found.unit, found.quantity, found.value, stage.scale[stage.stratum], size)
    means = stage.scale * stage.centred / stage.units
    return squares - _products(key // size, key % size, total, means, size)


def _products_of_residuals(
    cells: Cells, calibration: Calibration, stage: _Stage, unit: Integers, gradient: Gradient
) -> Floats:
    """Return the joint covariance of calibrated quantities at a stage, shape (K, K).

    Every PSU has a residual for every quantity, which would be a full matrix. So the weights in
    the margins' levels are taken as further quantities, of which the residuals are a linear
    function.
    """
    found, weight = _influence(cells, unit, gradient), _in_levels(cells.w, calibration, unit)
    slopes, size = _coefficients(cells, calibration, gradient), gradient.size
    both = _Influence(
        np.concatenate([found.unit, weight.unit]),
        np.concatenate([found.quantity, size + weight.quantity]),
        np.concatenate([found.value, weight.value]),
    )
    joint = _products_of_influence(stage, both, size + len(slopes))
    explained = joint[:size, size:] @ slopes
    of_weights = slopes.T @ joint[size:, size:] @ slopes
    products: Floats = joint[:size, :size] - explained - explained.T + of_weights
    # What the margins explain in full is nought, of which rounding would leave something.
    left = np.diag(products) > _EXPLAINED * np.diag(joint)[:size]
    return products * left * left[:, None]


def _squares_of_residuals(
    cells: Cells, calibration: Calibration, stage: _Stage, unit: Integers, gradient: Gradient
) -> Floats:
    """Return the variances of calibrated quantities at a stage, shape (K,)."""
    blocks = [
        gradient.take(np.arange(start, min(start + _BLOCK, gradient.size)))
        for start in range(0, gradient.size, _BLOCK)
    ]
    parts = [
        np.diag(_products_of_residuals(cells, calibration, stage, unit, block)) for block in blocks
    ]
    return np.concatenate([np.zeros(0), *parts])


def _coefficients(cells: Cells, calibration: Calibration, gradient: Gradient) -> Floats:
    """Return the regression of the influences on the margins' levels, shape (levels, K)."""
    found = _influence(cells, calibration.crossing, gradient)
    by_crossing = np.zeros((len(calibration.factors), gradient.size))
    by_crossing[found.unit, found.quantity] = found.value
    coefficients: Floats = calibration.projection @ by_crossing
    return coefficients


def _in_levels(weight: Floats, calibration: Calibration, unit: Integers) -> _Influence:
    """Return the sum of the cells' weights in each level of the margins, by unit."""
    size = len(calibration.targets.share)
    level = calibration.targets.level[calibration.crossing]
    bound = (int(unit.max()) + 1) * size
    key, inverse = numbered((unit[:, None] * size + level).ravel(), bound)
    every = np.repeat(weight, level.shape[1])
    return _Influence(key // size, key % size, summed(inverse, every, len(key)))


def _products(row: Integers, column: Integers, value: Floats, weight: Floats, size: int) -> Floats:
    """Return the weighted sum of products over rows for each pair of columns; shape (K, K).

    ``weight`` has an entry a row.
    """
    from scipy.sparse import csr_array

    plain = csr_array((value, (row, column)), shape=(len(weight), size))
    weighted = csr_array((value * weight[row], (row, column)), shape=(len(weight), size))
    dense: Floats = np.asarray((plain.T @ weighted).todense())
    return dense


def _squares_of_ratings(cells: Cells, stage: _Stage, gradient: Gradient) -> Floats:
    """Return the variances where every rating is its own PSU, shape (K,)."""
    scale = stage.scale[cells.stratum]
    xx, xz, zz = (
        cells.totals(scale * sums)[gradient.domain] for sums in (cells.xx, cells.xz, cells.zz)
    )
    gx, gz = gradient.x, gradient.z
    raw = summed(gradient.quantity, gx**2 * xx + 2 * gx * gz * xz + gz**2 * zz, gradient.size)
    found = _influence(cells, cells.stratum, gradient)
    means = (stage.scale * stage.centred / stage.units)[found.unit]
    return np.maximum(raw - summed(found.quantity, means * found.value**2, gradient.size), 0.0)


def _products_of_ratings(cells: Cells, stage: _Stage, gradient: Gradient) -> Floats:
    """Return the covariances where every rating is its own PSU, shape (K, K).

    A rating lies in one domain, so that second-order sums by domain hold all its products.
    """
    from scipy.sparse import csr_array, diags_array

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
    found = _influence(cells, cells.stratum, gradient)
    means = stage.scale * stage.centred / stage.units
    total = _products(found.unit, found.quantity, found.value, means, gradient.size)
    return np.asarray(raw.todense()) - total


def _products_of_sums(cells: Cells, stage: _Stage, influence: CellInfluence) -> Floats:
    """Return the joint covariance where influences are known by cell, shape (K, K)."""
    if stage.unit is None:
        raw = np.tensordot(stage.scale, np.asarray(influence.products), axes=1)
        strata = _row_sums(cells.stratum, influence.sums, len(stage.units))
    else:
        units = _row_sums(stage.unit, _residuals(cells, influence.sums), len(stage.stratum))
        raw = _weighted_products(units, stage.scale[stage.stratum])
        strata = _row_sums(stage.stratum, units, len(stage.units))
    means = stage.scale * stage.centred / stage.units
    products: Floats = raw - _weighted_products(strata, means)
    return products


def _weighted_products(rows: Floats, weight: Floats) -> Floats:
    """Return the weighted sum of products over rows for each pair of columns; shape (K, K)."""
    # On one thread, as BLAS is not: threads wait long for each other on a busy machine.
    products: Floats = np.einsum("ui,uj->ij", rows * weight[:, None], rows)
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


def _influence(cells: Cells, unit: Integers, gradient: Gradient) -> _Influence:
    """Sum the influence of the cells' ratings on each quantity over units."""
    cell, entry = cells_of(cells, gradient.domain)
    value = gradient.x[entry] * cells.x[cell] + gradient.z[entry] * cells.z[cell]
    key, inverse = numbered(
        unit[cell] * gradient.size + gradient.quantity[entry],
        (int(unit.max()) + 1) * gradient.size,
    )
    return _Influence(key // gradient.size, key % gradient.size, summed(inverse, value, len(key)))


def _average_factor(cells: Cells, stage: _Stage, gradient: Gradient) -> Floats:
    """Return what lets lonely strata count as the average of the others; shape (K, K).

    Strata over strata with more than one PSU, behind either quantity; NaN where all are
    lonely. At the second stage each PSU is averaged alone, which a lonely one does not allow.
    """
    cell, entry = cells_of(cells, gradient.domain)
    used = cells.n[cell] > 0
    stratum = cells.stratum if cells.psu is None or stage.first else cells.psu
    present = np.zeros((len(stage.units), gradient.size))
    present[stratum[cell[used]], gradient.quantity[entry[used]]] = 1.0
    every, several = _in_either(present), _in_either(present[stage.allows])
    factor: Floats = np.divide(
        every, several, out=np.full(several.shape, np.nan), where=several > 0
    )
    return factor if stage.first else np.where(every > several, np.nan, 1.0)


def _in_either(present: Floats) -> Floats:
    """Count the rows that are 1 in either of two columns; shape (K, K)."""
    own = present.sum(axis=0)
    either: Floats = own[:, None] + own[None, :] - present.T @ present
    return either


def refuse_lonely(cells: Cells, rule: LonelyPSU) -> None:
    """Refuse strata of one PSU that are in use, where the rule is `fail`."""
    if rule != "fail":
        return
    # The margins give every rating that counts an influence.
    used = cells.n > 0 if cells.calibration is None else cells.w > 0
    strata = np.unique(cells.stratum[used])
    sampled = 1 - cells.fraction >= WHOLE
    names = [cells.stratum_names[h] for h in strata if cells.psus[h] == 1 and sampled[h]]
    _refuse(names, "Strata with a single PSU allow no variance")
    if cells.second is None or cells.psu is None or cells.psu_keys is None:
        return
    second = cells.second
    # Within a stratum whose PSUs are unknown in number there is no second stage to estimate.
    lonely = (second.ssus == 1) & (1 - second.fraction >= WHOLE)
    lonely &= cells.fraction[_stratum_of(cells.psu, cells.stratum)] > 0
    psus = np.unique(cells.psu[used])
    _refuse(
        [psu_name(cells.psu_keys, int(c)) for c in psus if lonely[c]],
        "PSUs with a single secondary unit allow no variance within",
    )


def _refuse(names: Sequence[str], problem: str) -> None:
    if not names:
        return
    listed = ", ".join(repr(name) for name in names[:_LISTED])
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    raise DesignError(
        f"{problem}: {listed}{more}.",
        remedy="Merge them with others, or choose a rule with --lonely-psu (adjust is careful).",
    )
