r"""Ratios of weighted totals and their covariance by Taylor linearization.

.. math::

    \hat\theta_d = \frac{\sum_i w_i x_i}{\sum_i w_i z_i}, \qquad
    e_i = \frac{w_i (x_i - \hat\theta_d z_i)}{\sum_i w_i z_i}

zero outside the domain d. With :math:`e_{hc}` the sum over PSU c of stratum h,

.. math::

    \widehat{Cov}(\hat\theta_a, \hat\theta_b) =
    \sum_h \frac{n_h}{n_h - 1} \sum_c (e^a_{hc} - \bar e^a_h)(e^b_{hc} - \bar e^b_h)

where :math:`n_h` counts all PSUs of the stratum, also those with no rating in the domain.
Binder (1983), https://doi.org/10.2307/1402588.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advocacy.errors import DesignError
from advocacy.survey.cells import Cells, Floats, Integers, summed
from advocacy.survey.design import LonelyPSU, SurveyDesign

# Strata that a message names before it counts the others.
_LISTED = 5


@dataclass(frozen=True)
class Ratios:
    """A ratio for each domain, with its variance.

    Parameters
    ----------
    estimate, variance
        Shape (D,); NaN where the base has no rating, the variance also where no stratum of
        the domain allows one.
    df
        Degrees of freedom, shape (D,).
    n
        Ratings in the base, shape (D,).
    programmes, suppliers
        Number of them with a rating in the base, shape (D,).
    """

    estimate: Floats
    variance: Floats
    df: Integers
    n: Integers
    programmes: Integers
    suppliers: Integers


@dataclass(frozen=True)
class _Influence:
    """Influence summed by stratum and domain, over PSUs.

    ``key`` is stratum * D + domain, ``total`` the sum over PSUs of the influence and
    ``squares`` its sum of squared deviations from the stratum's mean.
    """

    key: Integers
    total: Floats
    squares: Floats


def ratios(cells: Cells, design: SurveyDesign) -> Ratios:
    """Estimate the ratio in each domain, its variance and degrees of freedom.

    Raises
    ------
    DesignError
        A stratum in use has one PSU only and the design's rule is `fail`.

    Notes
    -----
    R equivalent: ``survey::svymean`` on a subset of the design, ``survey::degf``.
    """
    size = cells.n_domains
    x = summed(cells.domain, cells.x, size)
    z = summed(cells.domain, cells.z, size)
    n = summed(cells.domain, cells.n, size).astype(np.int64)
    estimate = np.divide(x, z, out=np.full(size, np.nan), where=n > 0)
    _refuse_lonely(cells, design.lonely_psu)
    influence = _influence(cells, estimate, z)
    scale, _ = _stratum_scale(cells, design.lonely_psu)
    by_stratum = scale[influence.key // size] * influence.squares
    variance = summed(influence.key % size, by_stratum, size)
    if design.lonely_psu == "average":
        variance = variance * np.diag(_average_factor(cells))
    return Ratios(
        estimate=estimate,
        variance=np.where(n > 0, variance, np.nan),
        df=_degrees_of_freedom(cells, design),
        n=n,
        programmes=_distinct(cells, cells.programme),
        suppliers=_distinct(cells, cells.supplier),
    )


def covariance(cells: Cells, design: SurveyDesign, estimate: Floats) -> Floats:
    """Return the joint covariance of the ratios of all domains.

    Parameters
    ----------
    cells, design
        As given to `ratios`.
    estimate
        The ratios, shape (D,).

    Returns
    -------
    numpy.ndarray
        Shape (D, D); its diagonal is the variance that `ratios` gives.

    Notes
    -----
    R equivalent: ``vcov(survey::svyby(..., covmat = TRUE))``.
    """
    size = cells.n_domains
    z = summed(cells.domain, cells.z, size)
    scale, centred = _stratum_scale(cells, design.lonely_psu)
    influence = _influence(cells, estimate, z)
    means = _products(influence.key, influence.total, scale * centred / cells.psus, size)
    if cells.psu is None:  # no rating lies in two domains: products of PSUs are diagonal
        stratum = influence.key // size
        raw = influence.squares + centred[stratum] * influence.total**2 / cells.psus[stratum]
        products = np.diag(summed(influence.key % size, scale[stratum] * raw, size))
    else:
        key, value = _by_psu(cells, cells.psu, estimate, z)
        products = _products(key, value, scale[_stratum_of_psu(cells, cells.psu)], size)
    joint: Floats = products - means
    return joint * _average_factor(cells) if design.lonely_psu == "average" else joint


def _products(key: Integers, value: Floats, weight: Floats, size: int) -> Floats:
    """Return the weighted sum of products over rows for each pair of domains; shape (D, D).

    ``key`` is row * D + domain; ``weight`` has an entry a row.
    """
    from scipy.sparse import csr_array

    row, domain = key // size, key % size
    plain = csr_array((value, (row, domain)), shape=(len(weight), size))
    weighted = csr_array((value * weight[row], (row, domain)), shape=(len(weight), size))
    dense: Floats = np.asarray((plain.T @ weighted).todense())
    return dense


def _influence(cells: Cells, estimate: Floats, z: Floats) -> _Influence:
    if cells.psu is None:
        return _influence_of_ratings(cells, estimate, z)
    size = cells.n_domains
    keys, value = _by_psu(cells, cells.psu, estimate, z)
    stratum = _stratum_of_psu(cells, cells.psu)[keys // size]
    key, inverse, present = np.unique(
        stratum * size + keys % size, return_inverse=True, return_counts=True
    )
    total = summed(inverse, value, len(key))
    psus = cells.psus[key // size]
    mean = np.where(psus > 1, total / psus, 0.0)  # a lonely PSU is not its own mean
    deviation = summed(inverse, (value - mean[inverse]) ** 2, len(key))
    return _Influence(key, total, deviation + (psus - present) * mean**2)


def _influence_of_ratings(cells: Cells, estimate: Floats, z: Floats) -> _Influence:
    """Return the influence where every rating is its own PSU, from second-order sums."""
    size = cells.n_domains
    key, inverse = np.unique(cells.stratum * size + cells.domain, return_inverse=True)
    x, z_cell, xx, xz, zz = (
        summed(inverse, sums, len(key)) for sums in (cells.x, cells.z, cells.xx, cells.xz, cells.zz)
    )
    theta, base = _finite(estimate)[key % size], np.where(z > 0, z, 1.0)[key % size]
    total = (x - theta * z_cell) / base
    raw = np.maximum(xx - 2 * theta * xz + theta**2 * zz, 0.0) / base**2
    psus = cells.psus[key // size]
    return _Influence(key, total, raw - np.where(psus > 1, total**2 / psus, 0.0))


def _by_psu(cells: Cells, psu: Integers, estimate: Floats, z: Floats) -> tuple[Integers, Floats]:
    """Return key (PSU * D + domain) and summed influence of each PSU in each domain."""
    size = cells.n_domains
    theta, base = _finite(estimate), np.where(z > 0, z, 1.0)
    key, inverse = np.unique(psu * size + cells.domain, return_inverse=True)
    value = (cells.x - theta[cells.domain] * cells.z) / base[cells.domain]
    return key, summed(inverse, value, len(key))


def _stratum_of_psu(cells: Cells, psu: Integers) -> Integers:
    """Return the stratum of each PSU, shape (PSUs,)."""
    _, first = np.unique(psu, return_index=True)
    return cells.stratum[first]


def _stratum_scale(cells: Cells, rule: LonelyPSU) -> tuple[Floats, Floats]:
    """Return n_h / (n_h - 1), and 1 where the stratum is centred at its mean; shape (strata,).

    A lonely PSU counts with its whole influence (`adjust`: centred at the grand mean, which
    is 0) or not at all.
    """
    several = cells.psus > 1
    lonely = 1.0 if rule == "adjust" else 0.0
    scale = np.where(several, cells.psus / np.maximum(cells.psus - 1, 1), lonely)
    return scale, several.astype(np.float64)


def _in_domain(cells: Cells) -> Floats:
    """Return 1 where a stratum has ratings in the base of a domain; shape (strata, D)."""
    present = np.zeros((len(cells.psus), cells.n_domains))
    used = cells.n > 0
    present[cells.stratum[used], cells.domain[used]] = 1.0
    return present


def _average_factor(cells: Cells) -> Floats:
    """Return strata over strata with more than one PSU, in either of two domains; shape (D, D).

    Lonely strata then count as the average of the others. NaN where all are lonely.
    """
    present = _in_domain(cells)

    every, several = _in_either(present), _in_either(present[cells.psus > 1])
    factor: Floats = np.divide(
        every, several, out=np.full(several.shape, np.nan), where=several > 0
    )
    return factor


def _in_either(present: Floats) -> Floats:
    """Count the rows that are 1 in either of two columns; shape (D, D)."""
    own = present.sum(axis=0)
    either: Floats = own[:, None] + own[None, :] - present.T @ present
    return either


def _degrees_of_freedom(cells: Cells, design: SurveyDesign) -> Integers:
    """Return PSUs less strata, among the ratings of each base or among all; shape (D,)."""
    if design.df == "design":
        whole = int(cells.psus.sum()) - len(cells.psus)
        return np.full(cells.n_domains, whole, dtype=np.int64)
    if cells.psu is None:
        psus = summed(cells.domain, cells.n, cells.n_domains).astype(np.int64)
    else:
        psus = _distinct(cells, cells.psu)
    return psus - _distinct(cells, cells.stratum)


def _distinct(cells: Cells, numbers: Integers) -> Integers:
    """Count the distinct numbers among the cells of each base; shape (D,)."""
    used = cells.n > 0
    pairs = np.unique(numbers[used] * cells.n_domains + cells.domain[used])
    return np.bincount(pairs % cells.n_domains, minlength=cells.n_domains)


def _refuse_lonely(cells: Cells, rule: LonelyPSU) -> None:
    used = np.unique(cells.stratum[cells.n > 0])
    lonely = [cells.stratum_names[h] for h in used if cells.psus[h] == 1]
    if rule != "fail" or not lonely:
        return
    listed = ", ".join(repr(name) for name in lonely[:_LISTED])
    more = f" and {len(lonely) - _LISTED} more" if len(lonely) > _LISTED else ""
    raise DesignError(
        f"Strata with a single PSU allow no variance: {listed}{more}.",
        remedy="Merge them with others, or choose a rule with --lonely-psu (adjust is careful).",
    )


def _finite(estimate: Floats) -> Floats:
    return np.where(np.isnan(estimate), 0.0, estimate)
