r"""Scales as functions of parameters that are nearly standard normal.

With precisions :math:`\tau_j` and pulls :math:`h_j` that the data alone give to the coefficients
of a scale :math:`\sigma` (see `approximation`), its density is about

.. math:: p(\sigma) \propto N^+(\sigma; 0.5^2) \prod_j (1 + \sigma^2 \tau_j)^{-1/2}
          \exp\left(\frac{h_j^2 \sigma^2}{2 (1 + \sigma^2 \tau_j)}\right)

A smooth curve through its quantiles, :math:`\log \sigma = f(s)`, is near zero and far from it as
easy to move along: a few levels that the data tell well have scales with a long tail, others have
their mass near zero. Only the units are approximate: the density of s is that of f(s).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.special import ndtri

from advocacy.arrays import Floats

PRIOR_SD = 0.5
# Log scales among which the density is looked for; what is looked at, and in how many points.
_COARSE = np.linspace(np.log(1e-9), np.log(20), 240)
_DEPTH, _POINTS = 30.0, 300
_KNOTS = np.linspace(-4, 4, 33)
_STEP = _KNOTS[1] - _KNOTS[0]


@dataclass(frozen=True)
class Curves:
    """Curves of S log scales, linear beyond the knots.

    Parameters
    ----------
    pieces
        Coefficients of the cubic between two knots, highest power first; shape (4, knots - 1, S).
    """

    pieces: Floats

    def at(self, s: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the log scales and their first two derivatives, shape (S,) each."""
        inside = np.minimum(np.maximum(s, _KNOTS[0]), _KNOTS[-1])
        piece = np.minimum(((inside - _KNOTS[0]) / _STEP).astype(np.int64), len(_KNOTS) - 2)
        x = inside - _KNOTS[piece]
        a, b, c, d = self.pieces[:, piece, np.arange(len(s))]
        slope = (3 * a * x + 2 * b) * x + c
        bend = np.where(inside == s, 6 * a * x + 2 * b, 0.0)
        return ((a * x + b) * x + c) * x + d + slope * (s - inside), slope, bend


@dataclass(frozen=True)
class LogScale:
    """The distribution of a log scale.

    Parameters
    ----------
    at
        Its values, evenly spaced; shape (G,).
    normal
        Standard normal quantiles of the probability below each, shape (G,).
    """

    at: Floats
    normal: Floats

    def quantiles(self, normal: Floats) -> Floats:
        """Return the log scales at standard normal quantiles."""
        found: Floats = np.interp(normal, self.normal, self.at)
        return found


def log_scale(precision: Floats, pull: Floats) -> LogScale:
    """Return the distribution of a log scale; both are of its coefficients, shape (J,)."""
    coarse = _log_density(_COARSE, precision, pull)
    seen = np.flatnonzero(coarse > coarse.max() - _DEPTH)
    low, high = max(seen[0] - 1, 0), min(seen[-1] + 1, len(_COARSE) - 1)
    at = np.linspace(_COARSE[low], _COARSE[high], _POINTS)
    density = _log_density(at, precision, pull)
    mass = np.exp(density - density.max())
    mass /= mass.sum()
    # From the nearer end, so that far tails do not vanish beside 1.
    below, above = np.cumsum(mass) - mass / 2, np.cumsum(mass[::-1])[::-1] - mass / 2
    normal = np.where(below < 0.5, ndtri(below), -ndtri(above))
    known = np.isfinite(normal)
    return LogScale(at[known], normal[known])


def curves(scales: Sequence[LogScale]) -> Curves:
    """Return curves through the quantiles of S log scales."""
    through = np.column_stack([scale.quantiles(_KNOTS) for scale in scales])
    return Curves(CubicSpline(_KNOTS, through, bc_type="natural").c)


def _log_density(at: Floats, precision: Floats, pull: Floats) -> Floats:
    """Return the log density at log scales, up to a constant, shape (G,)."""
    variance = np.exp(2 * at)
    told = 1 + np.multiply.outer(variance, precision)
    likelihood = (variance[:, None] * pull**2 / told - np.log(told)).sum(axis=1) / 2
    found: Floats = likelihood + at - variance / (2 * PRIOR_SD**2)
    return found
