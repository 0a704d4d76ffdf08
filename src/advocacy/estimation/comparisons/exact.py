r"""Exact tests of proportions where all answers of a side are alike, so that it shows no variance.

Of sides a and b with effectively :math:`n_a` and :math:`n_b` ratings let a's be all no. Given the
t that said yes, all of b, the chance that a has none of them is

.. math::

    P = \binom{n_b}{t} \bigg/ \binom{n_a + n_b}{t}
      = \frac{n_b!\; (n_a + n_b - t)!}{(n_b - t)!\; (n_a + n_b)!},

Fisher's one-sided test, whose p-value is doubled, as Clopper and Pearson's limits have equal
tails. Gamma functions stand for the factorials of numbers that are not whole. A side without a
variance does not tell what ratings of a PSU have in common: it is worth its effective number of
PSUs, as in its interval. The other is worth what its Korn-Graubard interval takes it for. PSUs in
both sides, which make their difference less variable as a rule, are taken for different ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from advocacy.arrays import Floats, Integers
from advocacy.estimation.comparisons.contrasts import Pairs, contrast_columns, ratings_behind
from advocacy.estimation.estimand import Estimand
from advocacy.estimation.tabulation import Columns, nullable
from advocacy.survey.cells.groups import Groups
from advocacy.survey.diagnostics import STANDARD_LEVEL
from advocacy.survey.intervals import adjusted_n
from advocacy.survey.populations import population_behind
from advocacy.survey.quantities import Quantities, counts, ratios
from advocacy.survey.sides import FEWEST_DF

# Distance from 0 or 1 that rounding leaves.
_ROUNDING = 1e-9


def tested_columns(
    found: Quantities,
    pairs: Pairs,
    flags: Sequence[str],
    conf_level: float,
    estimand: Estimand,
) -> Columns:
    """Return the columns of `contrast_columns`, with exact p-values where these alone are defined.

    Parameters
    ----------
    found, pairs, flags, conf_level
        As for `contrast_columns`.
    estimand
        What ``found`` are: incidences, and what is no proportion, have no exact test.
    """
    columns = contrast_columns(found, pairs, flags, conf_level)
    if not estimand.proportion or estimand.incidence is not None:
        return columns
    p_values, estimate = (
        columns[name].to_numpy(zero_copy_only=False).astype(np.float64)
        for name in ("p_value", "estimate")
    )
    exact = np.where(np.isnan(estimate), np.nan, exact_p_values(found, pairs))
    return columns | {"p_value": nullable(np.where(np.isnan(p_values), exact, p_values))}


def exact_p_values(found: Quantities, pairs: Pairs) -> Floats:
    """Return p-values of pairs of which a side's answers are all alike; else NaN, shape (L,).

    Parameters
    ----------
    found
        K proportions, as `ratios` gave them.
    pairs
        L pairs of them. Where one is a part of the other, it is held against what is left of
        this. There is no test of others with ratings in common, nor where all answers of both
        are the same, or a side has fewer degrees of freedom than a test takes, or was asked whole,
        nor with replicate weights that were given, which tell no PSUs.

    Notes
    -----
    R equivalent, of whole numbers: ``2 * fisher.test(table, alternative = "less")$p.value``, at
    most 1.

    References
    ----------
    Fay (2010), https://doi.org/10.1093/biostatistics/kxp050, on two-sided tests with equal tails.
    """
    p_values = np.full(len(pairs.first), np.nan)
    alike = all_alike(found)
    asked = np.flatnonzero(alike[pairs.first] | alike[pairs.second])
    if not len(asked) or found.cells.given is not None:
        return p_values
    sides, own, other = _apart(found, pairs, alike, asked)
    usable = other >= 0
    asked, own, other = asked[usable], own[usable], other[usable]
    worth, tested = effective_sizes(sides)
    p = sides.estimate
    tails = chance_of_none(worth[own], worth[other], np.abs(p[other] - p[own]))
    bear = tested[own] & tested[other] & (np.abs(p[other] - p[own]) > _ROUNDING)
    p_values[asked] = np.where(bear, np.minimum(2 * tails, 1.0), np.nan)
    return p_values


def chance_of_none(n: Floats, others: Floats, share: Floats) -> Floats:
    """Return the chance that n have none of the hits, a share of others, that all have together."""
    hits = others * share
    without = gammaln(n + others - hits + 1) - gammaln(n + others + 1)
    chance: Floats = np.exp(gammaln(others + 1) - gammaln(others - hits + 1) + without)
    return chance


def all_alike(found: Quantities) -> npt.NDArray[np.bool_]:
    """Tell of proportions whether they are 0 or 1, without a variance, shape (K,)."""
    distance = np.abs(found.estimate - np.rint(found.estimate))
    alike: npt.NDArray[np.bool_] = (distance < _ROUNDING) & (found.variance() == 0)
    return alike


def effective_sizes(found: Quantities) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return what proportions are worth in ratings, and whether they bear an exact test; (K,)."""
    behind, variance, df = counts(found.cells, ratings_behind(found)), found.variance(), found.df()
    population, alike = population_behind(found, STANDARD_LEVEL), all_alike(found)
    most = np.minimum(behind.n, behind.kish)
    most = np.where(alike, np.minimum(most, population.units), most)
    worth = adjusted_n(found.estimate, variance, most, df, STANDARD_LEVEL)
    return worth, (df >= FEWEST_DF) & ~population.whole & (alike | (variance > 0))


def _apart(
    found: Quantities, pairs: Pairs, alike: npt.NDArray[np.bool_], asked: Integers
) -> tuple[Quantities, Integers, Integers]:
    """Return the sides, and of each pair the number of that whose answers are alike and its other.

    Behind the K sides stand those that are left of a side without the one that is alike; -1
    where none is, since the two have other ratings in common.
    """
    groups = ratings_behind(found)
    own = np.where(alike[pairs.first], pairs.first, pairs.second)[asked]
    other = np.where(alike[pairs.first], pairs.second, pairs.first)[asked]
    group, domain, size = [groups.group], [groups.domain], groups.size
    for row, (a, b) in enumerate(zip(own, other, strict=True)):
        part, whole = (groups.domain[groups.group == side] for side in (a, b))
        common = np.isin(part, whole)
        if not common.any():
            continue
        left = np.setdiff1d(whole, part)
        other[row] = size if common.all() and len(left) else -1
        if other[row] == size:
            group.append(np.full(len(left), size))
            domain.append(left)
            size += 1
    several = Groups(groups.keys, np.concatenate(group), np.concatenate(domain), size)
    return ratios(found.cells, found.design, several), own, other
