"""The interval of what lies somewhere between two bounds that are estimated."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.special import stdtr

from advocacy.arrays import Floats
from advocacy.survey.intervals import Limits


def imbens_manski(
    low: Floats, high: Floats, low_error: Floats, high_error: Floats, df: Floats, conf_level: float
) -> Limits:
    r"""Return limits of a quantity between two that are estimated, shape (K,) each.

    :math:`low - C \sigma_l` and :math:`high + C \sigma_u`, where
    :math:`F(C + (high - low) / \max(\sigma_l, \sigma_u)) - F(-C)` is the level and F the
    distribution of Student's t, in place of the normal one: where the bounds meet, these are
    the usual limits, and far apart each has one tail. Within 0 and 1; NaN where df is below 1.

    Imbens and Manski (2004), https://doi.org/10.1111/j.1468-0262.2004.00555.x
    """
    error = np.fmax(low_error, high_error)
    factor = np.array(
        [_factor(*one, conf_level) for one in zip(high - low, error, df, strict=True)]
    )
    return np.maximum(low - factor * low_error, 0.0), np.minimum(high + factor * high_error, 1.0)


def _factor(width: float, error: float, df: float, conf_level: float) -> float:
    """Return C of Imbens and Manski."""
    if not df >= 1 or not np.isfinite(error):
        return np.nan
    apart = width / error if error > 0 else np.inf

    def beyond(c: float) -> float:
        return float(stdtr(df, c + apart) - stdtr(df, -c)) - conf_level

    return float(brentq(beyond, 0.0, 1e9, xtol=1e-12)) if error > 0 else 0.0
