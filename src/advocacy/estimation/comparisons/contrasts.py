r"""Differences, ratios and odds ratios of estimates, from their joint covariance.

A contrast of :math:`a` and :math:`b` is a smooth function :math:`g(a, b)`, so that by the delta
method

.. math::

    v(g) = g_a^2\, v(a) + g_b^2\, v(b) + 2 g_a g_b\, Cov(a, b),

and ratings that lie behind both are counted as such. The difference has a Wald interval and test;
ratio and odds ratio have theirs on the log scale, where :math:`se(\log g) = se(g) / g`. What they
are held against is that of `survey.sides`: the two sides each have their own degrees of freedom.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.special import stdtr

from advocacy.arrays import Floats, Integers, arrow
from advocacy.errors import UsageError
from advocacy.estimation.estimand import Estimand
from advocacy.estimation.tabulation import Columns, constant, nullable
from advocacy.survey.cells.groups import Groups
from advocacy.survey.diagnostics import reliability_of_others
from advocacy.survey.gradient import Gradient
from advocacy.survey.intervals import t_quantile
from advocacy.survey.quantities import Counts, Quantities, counts
from advocacy.survey.sides import Reference, bears_test, reference

# From the most reliable to the least.
_FLAGS = ("ok", "review", "suppress", "no_interval")


@dataclass(frozen=True)
class Contrast:
    """A function of two estimates.

    Parameters
    ----------
    name
        Its name in tables and commands.
    value
        The function, of arrays of any one shape.
    slopes
        Its derivatives with respect to the first and to the second.
    logarithmic
        Whether interval and test are on the log scale, which makes it one for proportions.
    """

    name: str
    value: Callable[[Floats, Floats], Floats]
    slopes: Callable[[Floats, Floats], tuple[Floats, Floats]]
    logarithmic: bool = False

    @property
    def interval(self) -> str:
        """Name of its interval: estimate ± t times the standard error, itself or of the log."""
        return "log" if self.logarithmic else "wald"


def _odds(p: Floats) -> Floats:
    """Return p / (1 - p); none where p is 0 or 1, whose odds compare with nothing."""
    return np.divide(p, 1 - p, out=np.full_like(p, np.nan), where=(p > 0) & (p < 1))


CONTRASTS = {
    contrast.name: contrast
    for contrast in (
        Contrast(
            "difference",
            lambda a, b: a - b,
            lambda a, b: (np.ones_like(a), -np.ones_like(b)),
        ),
        Contrast("ratio", lambda a, b: a / b, lambda a, b: (1 / b, -a / b**2), logarithmic=True),
        Contrast(
            "odds_ratio",
            lambda a, b: _odds(a) / _odds(b),
            lambda a, b: (1 / ((1 - a) ** 2 * _odds(b)), -_odds(a) / b**2),
            logarithmic=True,
        ),
    )
}


def find_contrast(name: str, estimand: Estimand) -> Contrast:
    """Return the contrast with this name, if it is one for the estimand.

    Raises
    ------
    UsageError
        There is none, or it is for proportions and the estimand is none.
    """
    if name not in CONTRASTS:
        raise UsageError(f"{name!r} is no quantity.", remedy=f"Use one of: {', '.join(CONTRASTS)}.")
    if CONTRASTS[name].logarithmic and not estimand.proportion:
        raise UsageError(
            f"The {name.replace('_', ' ')} is for proportions, which {estimand.name} is not.",
            remedy="Use difference.",
        )
    return CONTRASTS[name]


@dataclass(frozen=True)
class Pairs:
    """Contrasts of pairs of estimates; number of the first and of the second, shape (L,)."""

    contrast: Contrast
    first: Integers
    second: Integers

    def value(self, estimates: Floats) -> Floats:
        """Return the contrasts, shape (..., L), of estimates of shape (..., K)."""
        a, b = estimates[..., self.first], estimates[..., self.second]
        with np.errstate(divide="ignore", invalid="ignore"):
            found = self.contrast.value(a, b)
        return np.where(np.isfinite(found), found, np.nan)

    def jacobian(self, estimates: Floats) -> Floats:
        """Return the derivatives, shape (L, K); 0 where the contrast is not defined."""
        with np.errstate(divide="ignore", invalid="ignore"):
            slopes = self.contrast.slopes(estimates[self.first], estimates[self.second])
        found = np.zeros((len(self.first), len(estimates)))
        for number, slope in zip((self.first, self.second), slopes, strict=True):
            found[np.arange(len(number)), number] = np.where(np.isfinite(slope), slope, 0.0)
        return found


def contrasted(found: Quantities, pairs: Pairs) -> Quantities:
    """Return the contrasts as quantities.

    Notes
    -----
    R equivalent: ``survey::svycontrast(means, quote(a / b))``.
    """
    return found.transformed(pairs.value, pairs.jacobian(found.estimate))


def beside(found: Quantities, several: Sequence[Pairs]) -> Quantities:
    """Return the quantities and, behind them, contrasts of them, with one joint covariance."""
    jacobians = [pairs.jacobian(found.estimate) for pairs in several]
    return found.transformed(
        lambda v: np.concatenate([v, *(pairs.value(v) for pairs in several)], axis=-1),
        np.vstack([np.eye(len(found.estimate)), *jacobians]),
    )


def ratings_behind(found: Quantities) -> Groups:
    """Return the domains behind each quantity as groups."""
    gradient = found.gradient
    keys = found.cells.domains.select([])
    return Groups(keys, gradient.quantity, gradient.domain, gradient.size)


def contrast_columns(
    found: Quantities, pairs: Pairs, flags: Sequence[str], conf_level: float
) -> Columns:
    """Return the numerical columns of contrasts; what is not defined is null.

    Parameters
    ----------
    found
        K estimates.
    pairs
        L pairs of them.
    flags
        Reliability of each of the K estimates.
    conf_level
        Confidence level, a proportion in (0, 1).
    """
    # The difference rests on both domains, also where a ratio of 0 has no slope in one of them.
    both = contrasted(found, Pairs(CONTRASTS["difference"], pairs.first, pairs.second))
    worse = [weaker(flags[a], flags[b]) for a, b in zip(pairs.first, pairs.second, strict=True)]
    against, tested = held_against(found, pairs)
    behind = counts(found.cells, ratings_behind(both))
    return inference(
        contrasted(found, pairs), against, pairs.contrast, conf_level, tested
    ) | behind_columns(behind, against.df, worse)


def held_against(found: Quantities, pairs: Pairs) -> tuple[Reference, npt.NDArray[np.bool_]]:
    """Return what contrasts are held against, and whether both sides bear a test; (L,) each."""
    compared, bears = contrasted(found, pairs), bears_test(found)
    against = reference(compared, _sides_apart(found, pairs, compared), 3)
    return against, bears[pairs.first] & bears[pairs.second]


def _sides_apart(found: Quantities, pairs: Pairs, compared: Quantities) -> Gradient:
    """Return the gradient of contrasts: of the first's domains, the second's, and those of both."""
    own, gradient = ratings_behind(found), ratings_behind(compared)
    width = found.cells.n_domains
    held = own.group * width + own.domain
    first, second = (
        np.isin(side[gradient.group] * width + gradient.domain, held)
        for side in (pairs.first, pairs.second)
    )
    return apart(compared, np.where(first & second, 2, np.where(first, 0, 1)), 3)


def apart(found: Quantities, side: Integers, sides: int) -> Gradient:
    """Return the gradient of quantities with their sides apart, as `reference` takes it.

    Parameters
    ----------
    found
        Quantities whose influence is a gradient.
    side
        Number below ``sides`` of the side of each of its entries.
    sides
        Their number.
    """
    gradient = found.gradient
    if not isinstance(gradient, Gradient):
        raise TypeError("Influence by cell tells no domains, and so no sides.")
    return replace(gradient, quantity=gradient.quantity * sides + side, size=gradient.size * sides)


def inference(
    found: Quantities,
    against: Reference,
    contrast: Contrast,
    conf_level: float,
    tested: npt.NDArray[np.bool_] | bool = True,
) -> Columns:
    r"""Return estimate, standard error, interval and two-sided test against no difference.

    :math:`t = g / (\kappa\, se(g))`, on the log scale :math:`\log g / (\kappa\, se(g) / g)`, on
    the df of ``against``, whose widening is :math:`\kappa`. Neither interval nor test where the
    standard error is 0, df is below 1, or ``tested`` is false.
    """
    estimate, std_error, df = found.estimate, np.sqrt(found.variance()), against.df
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.log(estimate) if contrast.logarithmic else estimate
        spread = against.widening * (std_error / estimate if contrast.logarithmic else std_error)
    defined = np.isfinite(centre) & (spread > 0) & (df >= 1) & tested
    centre, spread = np.where(defined, centre, np.nan), np.where(defined, spread, np.nan)
    half = t_quantile(df, conf_level) * spread
    back = np.exp if contrast.logarithmic else np.positive
    return {
        "interval": constant(contrast.interval, len(df), "interval"),
        "conf_level": constant(conf_level, len(df), "conf_level"),
        "estimate": nullable(estimate),
        "std_error": nullable(std_error),
        "conf_low": nullable(back(centre - half)),
        "conf_high": nullable(back(centre + half)),
        "df": nullable(df),
        "p_value": nullable(2 * stdtr(df, -np.abs(centre / spread))),
    }


def behind_columns(behind: Counts, df: Floats, flags: Sequence[str]) -> Columns:
    """Return the columns on the ratings behind comparisons, and how far these can be relied on.

    A comparison is as reliable as the weaker of what it compares (``flags``), and as its df say.
    """
    own = reliability_of_others(behind.n.astype(np.float64), df)
    worse = [
        flag if flag == "no_interval" else weaker(flag, other)
        for flag, other in zip(own.tolist(), flags, strict=True)
    ]
    return {
        "n": arrow(behind.n),
        "n_programmes": arrow(behind.programmes),
        "n_suppliers": arrow(behind.suppliers),
        "largest_supplier": nullable(behind.largest_supplier),
        "reliability": pa.array(worse, pa.string()),
    }


def weaker(first: str, second: str) -> str:
    """Return the weaker flag for a comparison, which may have an interval where neither has."""
    ranks = [_FLAGS.index("review" if flag == "complement" else flag) for flag in (first, second)]
    return _FLAGS[min(max(ranks), _FLAGS.index("suppress"))]


def repeated(table: pa.Table, rows: Integers, names: Sequence[str]) -> dict[str, Any]:
    """Return columns of a table for some of its rows."""
    return {name: table.column(name).take(arrow(rows)) for name in names}


def together(groups: Groups) -> Groups:
    """Return the domains of all groups as a single one."""
    domains = np.unique(groups.domain)
    return Groups(groups.keys.select([]), np.zeros_like(domains), domains, 1)
