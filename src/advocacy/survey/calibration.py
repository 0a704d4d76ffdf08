r"""Raking of weights to population margins, and post-stratification, which is raking to one.

Margins are cell keys of the grouped pass, so that all of it happens on the crossings of the
margins' variables: all ratings of a crossing get the same factor :math:`g_m`, the ratio of
calibrated to base weight. Iterative proportional fitting scales one margin after the other to
its shares of the population until all hold (Deming and Stephan 1940,
https://doi.org/10.1214/aoms/1177731829). The sum of the weights stays what it was: margins say
of what the population is made, and their scale does not matter. Hence the mean ratio, weighted
by the base weights, is 1.

**Trimming.** No :math:`g_m` exceeds a given multiple of the mean ratio: larger ones are cut to
it and the weights raked again, until margins and limit hold (Potter 1990, Proceedings of the
Section on Survey Research Methods, ASA, 225-230; Izrael, Battaglia and Frankel 2009, SAS Global
Forum, paper 247). Both steps are projections, so that it ends wherever both can hold together.

**Variance.** What the margins explain has no sampling error. With :math:`u_i` the influence of
rating i on a quantity per unit of calibrated weight, :math:`X_i` the indicators of its levels in
the margins, :math:`w_i` base weights, and :math:`\beta` the coefficients of the regression of u
on X with weights w over all ratings that count, the influence is (Deville, Särndal and Sautory
1993, https://doi.org/10.1080/01621459.1993.10476369)

.. math:: e_i = g_i w_i (u_i - X_i \beta).

So a calibrated quantity has the variance of itself less :math:`\sum_p \beta_p \hat X_p`, where
:math:`\hat X_p` is the weight in level p.

For replication, `rake` is a pure function: targets, and the sums of base weights by crossing in
a replicate, shape (M,), give the factors of that replicate, shape (M,).

R equivalent: ``survey::calibrate(calfun = "raking")``; ``survey::postStratify`` for one margin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from advocacy.arrays import Floats, Integers
from advocacy.errors import DataError, DesignError
from advocacy.survey.margins import Margin, Margins

# Values of a crossing's variables by name; None where ratings have none.
Crossing = dict[str, str | None]

# Largest relative difference of a margin from its target.
_TOLERANCE = 1e-12
_ROUNDS = 10_000
# Trimmed ratios may exceed the limit by this share of it.
_EXCESS = 1e-6
_TRIMS = 1_000
# Singular values below this share of the largest are of columns that repeat others.
_COLLINEAR = 1e-10
# Levels that a message names before it counts the others.
_LISTED = 5


@dataclass(frozen=True)
class Targets:
    """Margins as numbers, over the M crossings of their variables that have ratings.

    Parameters
    ----------
    level
        Level of each crossing in each margin, the levels of all margins being numbered
        through; shape (M, margins).
    share
        Share of the population in each level, proportions; shape (P,).
    margins, names
        Margin and name of each level, for messages and tables; P each.
    trim
        Largest factor, relative to the mean; ``None`` for no limit.
    path
        The file that the margins are from, for messages.
    """

    level: Integers
    share: Floats
    margins: tuple[str, ...]
    names: tuple[str, ...]
    trim: float | None = None
    path: str = ""


@dataclass(frozen=True)
class Calibration:
    """What the calibration did to the weights.

    Parameters
    ----------
    targets
        The margins, over M crossings with P levels.
    crossing
        Number of each cell's crossing, shape (C,). Cells with no rating that counts have no
        weight, and 0 here.
    ratings
        Ratings that count in each crossing, shape (M,).
    base, squares
        Sums of their base weights and of the squares of these, shape (M,).
    factors
        Ratio of calibrated to base weight, shape (M,).
    projection
        Turns sums of calibrated influence by crossing into coefficients of the margins'
        levels; shape (P, M).
    """

    targets: Targets
    crossing: Integers
    ratings: Integers
    base: Floats
    squares: Floats
    factors: Floats
    projection: Floats


@dataclass(frozen=True)
class WeightDiagnostics:
    r"""What the calibration costs and does.

    Parameters
    ----------
    n
        Ratings that count.
    n_eff_before, n_eff
        Their effective number under the base and the calibrated weights,
        :math:`(\sum w)^2 / \sum w^2` (Kish 1965, Survey Sampling, 11.7).
    design_effect
        Of the calibrated weights, n over n_eff: 1 + squared coefficient of variation.
    lowest, median, highest
        Ratio of calibrated to base weight over the ratings; its mean by base weight is 1.
    margins
        Columns ``margin``, ``level``, and its share of the weight ``before`` and ``after``; a
        row each of the P levels.
    """

    n: int
    n_eff_before: float
    n_eff: float
    design_effect: float
    lowest: float
    median: float
    highest: float
    margins: pa.Table


def calibrate(
    margins: Margins,
    crossings: Sequence[Crossing],
    crossing: Integers,
    ratings: Integers,
    base: Floats,
    squares: Floats,
) -> Calibration:
    """Calibrate the weights of ratings to margins.

    Parameters
    ----------
    margins
        What `read_margins` gave.
    crossings
        Values of the variables in each crossing, M of them, each with a rating that counts.
    crossing, ratings, base, squares
        See `Calibration`.

    Raises
    ------
    DataError
        Ratings without a value, levels without a target, or targets without any rating.
    DesignError
        The margins, or margins and limit, cannot be met together.
    """
    targets = _targets(margins, crossings, ratings)
    factors = rake(targets, base)
    return Calibration(
        targets=targets,
        crossing=crossing,
        ratings=ratings,
        base=base,
        squares=squares,
        factors=factors,
        projection=_projection(targets, base, factors),
    )


def rake(targets: Targets, base: Floats) -> Floats:
    """Return the factors that bring the weights to the margins, trimmed where targets say so.

    Parameters
    ----------
    targets
        The margins, over M crossings.
    base
        Sum of the base weights in each crossing, at least 0; shape (M,).

    Returns
    -------
    numpy.ndarray
        Ratio of calibrated to base weight, shape (M,); 1 where there is no weight.

    Raises
    ------
    DesignError
        The margins cannot be met together, or not within the limit: merge levels, leave a
        margin out, or raise the limit.
    """
    factors = _ratio(_fitted(targets, base, base.sum()), base)
    if targets.trim is None:
        return factors
    for _ in range(_TRIMS):
        if factors.max() <= targets.trim * (1 + _EXCESS):
            return factors
        trimmed = np.minimum(factors, targets.trim) * base
        factors = _ratio(_fitted(targets, trimmed, base.sum()), base)
    raise DesignError(
        f"The margins cannot be met with weights of at most {targets.trim:g} times the mean "
        f"ratio: {_TRIMS:,} rounds of trimming left a ratio of {factors.max():.4g}, "
        f"for {_named(targets, int(factors.argmax()))}.",
        where=targets.path,
        remedy="Raise the limit, merge small levels, or leave a margin out.",
    )


def weight_diagnostics(calibration: Calibration) -> WeightDiagnostics:
    """Return effective n, ratios of weights, and margins before and after.

    Notes
    -----
    R equivalent: ``weights(calibrated) / weights(design)`` and its summary.
    """
    base, factors, squares = calibration.base, calibration.factors, calibration.squares
    n = int(calibration.ratings.sum())
    n_eff = float((factors * base).sum() ** 2 / (factors**2 * squares).sum())
    every = np.repeat(factors, calibration.ratings)
    targets = calibration.targets
    return WeightDiagnostics(
        n=n,
        n_eff_before=float(base.sum() ** 2 / squares.sum()),
        n_eff=n_eff,
        design_effect=n / n_eff,
        lowest=float(factors.min()),
        median=float(np.median(every)),
        highest=float(factors.max()),
        margins=pa.table(
            {
                "margin": list(targets.margins),
                "level": list(targets.names),
                "before": _by_level(targets, base) / base.sum(),
                "after": _by_level(targets, factors * base) / (factors * base).sum(),
            }
        ),
    )


def _fitted(targets: Targets, weights: Floats, total: float) -> Floats:
    """Return weights by crossing that meet the margins, by iterative proportional fitting."""
    wanted = targets.share * total
    _refuse_empty(targets, weights)
    for _ in range(_ROUNDS):
        for level in targets.level.T:
            found = _summed(level, weights, len(wanted))
            weights = weights * _ratio(wanted, found)[level]
        missed = np.abs(_by_level(targets, weights) / wanted - 1)
        if missed.max() <= _TOLERANCE:
            return weights
    worst = int(missed.argmax())
    share = _by_level(targets, weights)[worst] / total
    raise DesignError(
        f"The margins cannot be met together: after {_ROUNDS:,} rounds {targets.names[worst]} "
        f"of {targets.margins[worst]} has {share:.4%} of the weight instead of "
        f"{targets.share[worst]:.4%}.",
        where=targets.path,
        remedy="Compare the margins with the crossings that have ratings; merge levels that are "
        "small or found in one crossing alone, or leave a margin out.",
    )


def _refuse_empty(targets: Targets, weights: Floats) -> None:
    """Refuse a level without weight, which a replicate may have."""
    empty = _by_level(targets, weights) == 0
    if empty.any():
        level = int(np.argmax(empty))
        raise DesignError(
            f"No weight is left in {targets.names[level]} of {targets.margins[level]}, which has "
            f"{targets.share[level]:.4%} of the population.",
            where=targets.path,
            remedy="Merge the level with another, or leave the margin out.",
        )


def _by_level(targets: Targets, weights: Floats) -> Floats:
    """Return the weight in each level of each margin, shape (P,)."""
    every = np.repeat(weights, targets.level.shape[1])
    return _summed(targets.level.ravel(), every, len(targets.share))


def _summed(number: Integers, values: Floats, size: int) -> Floats:
    return np.bincount(number, values, size).astype(np.float64)


def _ratio(wanted: Floats, found: Floats) -> Floats:
    ratio: Floats = np.divide(wanted, found, out=np.ones(len(found)), where=found > 0)
    return ratio


def _projection(targets: Targets, base: Floats, factors: Floats) -> Floats:
    """Return the matrix of the regression on the margins, shape (P, M).

    With base weights b and indicators X by crossing the coefficients are
    :math:`(X' b X)^- X' U`, of sums U of base-weighted influence; those of calibrated influence
    are g times as large. Margins are collinear: each has the constant in it.
    """
    crossings = np.arange(len(base))[:, None]
    indicators = np.zeros((len(base), len(targets.share)))
    indicators[crossings, targets.level] = 1.0
    root = np.sqrt(base)
    inverse = np.linalg.pinv(root[:, None] * indicators, rcond=_COLLINEAR)
    projection: Floats = inverse / (root * factors)
    return projection


def _targets(margins: Margins, crossings: Sequence[Crossing], ratings: Integers) -> Targets:
    for name, _ in margins.variables:
        _refuse_missing(margins.path, name, crossings, ratings)
    level, start = [], 0
    for margin in margins.margins:
        level.append(start + _levels(margins.path, margin, crossings, ratings))
        start += len(margin.levels)
    every = [(margin.label, level) for margin in margins.margins for level in margin.levels]
    return Targets(
        level=np.column_stack(level),
        share=np.concatenate([margin.shares for margin in margins.margins]),
        margins=tuple(label for label, _ in every),
        names=tuple(" × ".join(level) for _, level in every),
        trim=margins.trim,
        path=margins.path,
    )


def _refuse_missing(path: str, name: str, crossings: Sequence[Crossing], ratings: Integers) -> None:
    missing = int(sum(n for values, n in zip(crossings, ratings, strict=True) if not values[name]))
    if missing:
        raise DataError(
            f"{missing} rating{'s that count have' if missing > 1 else ' that counts has'} no "
            f"{name}, and cannot be calibrated to it.",
            where=f"{path}, column {name}",
            remedy=f"Give every rating a {name}, or leave the margin out.",
        )


def _levels(
    path: str, margin: Margin, crossings: Sequence[Crossing], ratings: Integers
) -> Integers:
    """Return the level of each crossing in a margin, shape (M,)."""
    number = {level: i for i, level in enumerate(margin.levels)}
    found = [tuple(str(values[name]) for name in margin.names) for values in crossings]
    count: dict[tuple[str, ...], int] = {}
    for level, n in zip(found, ratings, strict=True):
        count[level] = count.get(level, 0) + int(n)
    where = f"{path}, column{'s' * (len(margin.names) > 1)} {', '.join(margin.names)}"
    without = {level: n for level, n in count.items() if level not in number}
    _refuse(
        [f"{' × '.join(level)} (ratings: {n})" for level, n in without.items()],
        f"Levels of {margin.label} are in the data and have no target",
        where,
        "Give each a total, or merge it with another level.",
    )
    _refuse(
        [" × ".join(level) for level in margin.levels if level not in count],
        f"Targets of {margin.label} have no rating that counts",
        where,
        "Merge them with other levels, or leave them out of the margin.",
    )
    return np.array([number[level] for level in found], dtype=np.int64)


def _refuse(names: Sequence[str], problem: str, where: str, remedy: str) -> None:
    if not names:
        return
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    raise DataError(f"{problem}: {', '.join(names[:_LISTED])}{more}.", where=where, remedy=remedy)


def _named(targets: Targets, crossing: int) -> str:
    levels = targets.level[crossing]
    return ", ".join(f"{targets.margins[p]} {targets.names[p]}" for p in levels)
