r"""Proportions of finite populations: what was asked is known, the rest is estimated.

Let the share f of a base's population have been asked, and A be what these have of the
proportion. Rating i stands for a part :math:`w_i` of the population, of which it is the share
:math:`f_i` that its strata were drawn at:

.. math::

    f = \frac{\sum_i w_i f_i z_i}{\sum_i w_i z_i}, \qquad
    A = \frac{\sum_i w_i f_i x_i}{\sum_i w_i z_i}, \qquad
    P = A + (1 - f)\, q

where only q, the proportion among those not asked, is uncertain. So P is at least A and at most
:math:`A + 1 - f`, and where all were asked it is A. Clopper and Pearson's limits of n of an
endless population are quantiles of beta distributions; of a finite one they are those of q as a
share of the m not asked, quantiles of beta-binomial distributions with the same parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, gammaln

from advocacy.arrays import Floats, Integers
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.groups import Groups, cells_of, distinct
from advocacy.survey.cells.numbering import numbered, summed
from advocacy.survey.gradient import Gradient
from advocacy.survey.intervals import (
    Level,
    Limits,
    adjusted_n,
    beta_limits,
    defined,
    t_quantile,
    wald,
)
from advocacy.survey.linearization import variance
from advocacy.survey.quantities import Quantities
from advocacy.survey.stages import WHOLE

# Relative difference below which numbers that are whole, or alike, differ by rounding.
_ROUNDING = 1e-9
# Numbers not asked up to which limits are whole; beyond, a single one changes nothing shown.
_MOST_EXACT = 100_000


@dataclass(frozen=True)
class Population:
    """What is known of the population behind each quantity; shape (K,) each.

    Parameters
    ----------
    asked
        Share of it that was asked, in [0, 1]; 0 where its size is not known. Where its size is
        estimated, as that of a segment is, the least that the share may be.
    found
        What these have of the quantity: their ratio times ``asked``.
    standing
        Ratings that stand for others too: not all units of their strata were asked.
    drawn
        Share asked of the part of the population that these stand for, in [0, 1).
    units
        Kish's effective number of the PSUs, by the weight of those that they stand for. It is
        what the ratings are worth at least, whatever they have in common within PSUs. NaN where
        no limit needs it: no share asked is known, and the ratings show how they vary.
    size
        Number in the population, where the base is a simple random sample of all of it; else NaN.
    """

    asked: Floats
    found: Floats
    standing: Integers
    drawn: Floats
    units: Floats
    size: Floats

    @property
    def whole(self) -> npt.NDArray[np.bool_]:
        """Whether all were asked, shape (K,)."""
        return 1 - self.asked < WHOLE

    def take(self, rows: Integers) -> Population:
        """Return what is known behind some of the quantities."""
        return Population(*(getattr(self, part.name)[rows] for part in fields(self)))


def population_behind(ratios: Quantities, conf_level: Level) -> Population:
    r"""Return what is known of the population behind each ratio.

    Of a segment the number N in the population is estimated, :math:`\sum_i z_i / f_i` over the
    ratings. The number not asked, :math:`N - n`, may exceed the estimate by t standard errors of N.

    Parameters
    ----------
    ratios
        What `ratios` gave, or some of them.
    conf_level
        Confidence level of the intervals, a proportion in (0, 1); one for all or one for each.

    Kish (1965), Survey Sampling, 11.7.
    """
    cells, gradient = ratios.cells, ratios.gradient
    groups = Groups(
        cells.domains.select([]), gradient.quantity, gradient.domain, len(ratios.estimate)
    )
    drawn = _drawn(cells)
    left = np.where(1 - drawn < WHOLE, 0.0, 1 - drawn)
    z, asked, found, n, standing, stood_for, of_them = (
        summed(groups.group, cells.totals(values)[groups.domain], groups.size)
        for values in (
            cells.z,
            cells.z * drawn,
            cells.x * drawn,
            cells.n,
            cells.n * (left > 0),
            cells.z * (left > 0),
            cells.z * (left > 0) * drawn,
        )
    )
    units = _units(ratios, groups, left)
    share, hits, within = (
        np.divide(part, whole, out=np.zeros(groups.size), where=whole > 0)
        for part, whole in ((asked, z), (found, z), (of_them, stood_for))
    )
    excess = _most_left(ratios, groups, drawn, conf_level) - 1
    return Population(
        asked=share / (1 + (1 - share) * excess),
        found=hits / (1 + (1 - share) * excess),
        standing=standing.astype(np.int64),
        drawn=within / (1 + (1 - within) * excess),
        units=units,
        size=_size(cells, groups, n, units, share),
    )


def endless(cells: Cells, groups: Groups) -> Population:
    """Return populations of which a negligible part was asked, one behind each group.

    So are those of what some who were asked have not told, as they left before the end.
    """
    none = np.zeros(groups.size)
    n = summed(groups.group, cells.totals(cells.n)[groups.domain], groups.size)
    return Population(
        asked=none,
        found=none,
        standing=n.astype(np.int64),
        drawn=none,
        units=_kish_of_units(cells, groups, np.ones(len(cells.domain))),
        size=np.full(groups.size, np.nan),
    )


def _most_left(ratios: Quantities, groups: Groups, drawn: Floats, conf_level: Level) -> Floats:
    """Return how many times the estimate the number not asked may be, shape (K,); 1 or more."""
    cells = ratios.cells
    if not drawn.any():
        return np.ones(groups.size)
    each: Floats = np.divide(1.0, drawn, out=np.zeros_like(drawn), where=drawn > 0)
    none = np.zeros_like(drawn)
    counted = replace(
        cells, x=none, z=cells.n * each, xx=none, xz=none, zz=cells.n * each**2, calibration=None
    )
    size, n = (
        summed(groups.group, counted.totals(values)[groups.domain], groups.size)
        for values in (counted.z, cells.n * (drawn > 0))
    )
    ones = np.ones(len(groups.group))
    gradient = Gradient(groups.group, groups.domain, 0 * ones, ones, groups.size)
    error = np.sqrt(variance(counted, ratios.design, gradient))
    beyond = t_quantile(ratios.df(), conf_level) * np.nan_to_num(error)
    left = size - n
    some = left > _ROUNDING * size
    most: Floats = 1 + np.divide(beyond, left, out=np.zeros(groups.size), where=some)
    return most


def korn_graubard_within(
    p: Floats, variance: Floats, n: Floats, df: Floats, population: Population, conf_level: Level
) -> Limits:
    r"""Return Korn-Graubard limits of proportions of populations that may be finite.

    The variance v of p is :math:`(1 - f)^2` times that of q, which is uncertain twice: ratings are
    a sample, effectively of :math:`n^*`, and so are those not asked, effectively
    :math:`m^* = n^* (1 - f') / f'` where the ratings that stand for others were drawn at the
    share f'. So :math:`n^* = q (1 - q) (1 - f)^2 / (v (1 - f'))`, adjusted and capped as that of
    `korn_graubard`. The limits of q are those of a beta distribution with the mean and the
    variance of the beta-binomial one, half a unit further out, as units are whole. Where f is 0
    they are those of `korn_graubard`. A simple random sample of a population has the exact
    hypergeometric limits, and one that was asked whole a point, also where df is below 1.

    Parameters
    ----------
    p, variance, n, df, conf_level
        As for `korn_graubard`; ``n`` counts for a variance of 0 too.

    Buonaccorsi (1987), The American Statistician 41(3), 215-218.
    """
    whole = population.whole
    rest = np.where(whole, 1.0, 1 - population.asked)
    q = np.clip((p - population.found) / rest, 0.0, 1.0)
    inside = (q > 0) & (q < 1) & (variance > 0)
    most = np.where(inside, np.minimum(n, population.standing), np.minimum(n, population.units))
    drawn = population.drawn
    of_sample = np.where(inside, variance * (1 - drawn) / rest**2, 0.0)
    n_star = adjusted_n(q, of_sample, most, df, conf_level)
    left = np.full(len(p), np.inf)
    np.divide(n_star * (1 - drawn), drawn, out=left, where=drawn > 0)
    low, high = beta_limits(q, n_star, conf_level, left)
    low, high = population.found + rest * low, population.found + rest * high
    exact = np.flatnonzero(~np.isnan(population.size) & (df >= 1))
    levels = np.broadcast_to(conf_level, p.shape)
    for row in exact:
        size, ratings = round(population.size[row]), int(n[row])
        hits = round(p[row] * ratings)
        low[row], high[row] = hypergeometric(hits, ratings, size, float(levels[row]))
    low, high = defined((low, high), np.where(np.isnan(p), 0.0, df))
    return np.where(whole, p, low), np.where(whole, p, high)


def wald_within(
    mean: Floats,
    variance: Floats,
    n: Floats,
    df: Floats,
    population: Population,
    possible: tuple[float, float],
    conf_level: float,
) -> Limits:
    """Return Wald limits of means, cut to what the rest of a finite population leaves possible.

    A point where all were asked. Where all answers are alike, Wald's point would pass for what is
    known: the limits are then those at which the share of other answers, 0 in the sample, has its
    Korn-Graubard limit, and these are the least or the most that one can be.

    Parameters
    ----------
    mean, variance, n, df, population, conf_level
        As for `korn_graubard_within`.
    possible
        The least and the most that one unit can count.
    """
    least, most = possible
    limits = wald(mean, variance, n, df, conf_level)
    rest, finite = 1 - population.asked, population.asked > 0
    low = np.where(finite, np.maximum(limits[0], population.found + rest * least), limits[0])
    high = np.where(finite, np.minimum(limits[1], population.found + rest * most), limits[1])
    none, nobody = np.zeros_like(mean), replace(population, found=np.zeros_like(mean))
    others = korn_graubard_within(none, none, n, df, nobody, conf_level)[1]
    low = np.where(variance == 0, mean - others * (mean - least), low)
    high = np.where(variance == 0, mean + others * (most - mean), high)
    return np.where(population.whole, mean, low), np.where(population.whole, mean, high)


def hypergeometric(hits: int, n: int, size: int, conf_level: float) -> tuple[float, float]:
    """Return exact limits of the proportion in a population, of n drawn without replacement.

    The limits are all proportions at which neither tail of the hypergeometric distribution is
    below (1 - conf_level) / 2.
    """
    left, tail = size - n, (1 - conf_level) / 2
    low = 0 if hits == 0 else _quantile(tail, left, hits, n - hits + 1)
    high = left if hits == n else left - _quantile(tail, left, n - hits, hits + 1)
    return (hits + low) / size, (hits + high) / size


def _quantile(level: float, trials: int, a: float, b: float) -> int:
    """Return the first number of which a beta-binomial distribution has the level at or below."""
    k = np.arange(trials + 1)
    chosen = gammaln(trials + 1) - gammaln(k + 1) - gammaln(trials - k + 1)
    below = np.exp(chosen + betaln(k + a, trials - k + b) - betaln(a, b)).cumsum()
    # By no more than rounding is no tail below the level.
    return int(np.searchsorted(below, level * (1 - _ROUNDING)))


def _drawn(cells: Cells) -> Floats:
    """Return the share of units that was drawn where each cell's ratings are, shape (C,)."""
    share = cells.fraction[cells.stratum]
    if cells.second is not None and cells.psu is not None:
        share = share * cells.second.fraction[cells.psu]
    return share


def _kish_of_units(cells: Cells, groups: Groups, factor: Floats) -> Floats:
    """Return Kish's effective number of PSUs, their weights in the base times a factor by cell."""
    cell, pair = cells_of(cells, groups.domain)
    group, weight = groups.group[pair], (cells.z * factor)[cell]
    total = summed(group, weight, groups.size)
    if cells.psu is None:
        squares = summed(group, (cells.zz * factor**2)[cell], groups.size)
        root = np.sqrt(squares)  # before the square of the total, which may overflow
        return np.divide(total, root, out=np.zeros(groups.size), where=root > 0) ** 2
    bound = (int(cells.psu.max()) + 1) * groups.size
    key, inverse = numbered(cells.psu[cell] * groups.size + group, bound)
    own = key % groups.size
    # As shares, whose squares do not overflow.
    shares = summed(inverse, weight, len(key))
    shares = np.divide(shares, total[own], out=np.zeros(len(key)), where=total[own] > 0)
    squares = summed(own, shares**2, groups.size)
    return np.divide(1.0, squares, out=np.zeros(groups.size), where=squares > 0)


def _units(ratios: Quantities, groups: Groups, left: Floats) -> Floats:
    """Return the effective number of PSUs of each group whose limits need it, else NaN."""
    cells = ratios.cells
    p = ratios.estimate
    inside = (p > 0) & (p < 1) & (ratios.variance() > 0) if (left == 1).all() else p < 0
    rows = np.flatnonzero(~inside)
    place = np.full(groups.size, -1)
    place[rows] = np.arange(len(rows))
    own = place[groups.group] >= 0
    asked = Groups(groups.keys, place[groups.group[own]], groups.domain[own], len(rows))
    units = np.full(groups.size, np.nan)
    units[rows] = _kish_of_units(cells, asked, left)
    # Where nobody is left the ratings stand for themselves.
    if not (units[rows] > 0).all():
        alone = _kish_of_units(cells, asked, np.ones_like(left))
        units[rows] = np.where(units[rows] > 0, units[rows], alone)
    return units


def _size(cells: Cells, groups: Groups, n: Floats, units: Floats, asked: Floats) -> Floats:
    """Return the population's size where the base is a simple random sample of it, else NaN."""
    if not asked.any():
        return np.full(groups.size, np.nan)
    cell, pair = cells_of(cells, groups.domain)
    drawn = np.zeros(groups.size)
    used = cells.n[cell] > 0
    np.maximum.at(drawn, groups.group[pair[used]], cells.psus[cells.stratum[cell[used]]])
    size = np.divide(n, asked, out=np.full(groups.size, np.nan), where=asked > 0)
    simple = (distinct(cells, groups, cells.stratum) == 1) & (drawn == n)
    simple &= units >= n * (1 - _ROUNDING)  # PSUs of a rating each, and equal weights
    simple &= (size - n <= _MOST_EXACT) & (np.abs(size - np.rint(size)) < _ROUNDING * size)
    if cells.second is not None or cells.calibration is not None:
        simple[:] = False
    return np.where(simple, size, np.nan)
