"""How far an estimate can be relied on, by the rules of a statistical office."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from advocacy.arrays import Floats

# Presentation standards for proportions of the US National Center for Health Statistics:
# Parker et al. (2017), Vital Health Stat 2(175), https://www.cdc.gov/nchs/data/series/sr_02/sr02_175.pdf
STANDARD_LEVEL = 0.95  # the standards speak of 95 % intervals, whatever level is shown
SMALLEST_N = 30
WIDEST = 0.30
NARROW_ENOUGH = 0.05
WIDEST_RELATIVE = 1.30
FEWEST_DF = 8
# Ours: the share of the weight at which one answer alone moves the estimate by as much.
LARGEST_RATING = 0.10


def reliability(
    p: Floats,
    n: Floats,
    n_eff: Floats,
    df: Floats,
    low: Floats,
    high: Floats,
    largest: Floats | float = 0.0,
) -> npt.NDArray[np.str_]:
    """Flag proportions: `ok`, `complement`, `review`, `suppress`, or `no_interval`.

    Parameters
    ----------
    p
        Proportions in [0, 1], shape (D,).
    n, n_eff
        Ratings in the base, and the effective number, shape (D,): the smaller of those by the
        variance and by the weights.
    df
        Degrees of freedom, shape (D,).
    low, high
        95 % Korn-Graubard limits, shape (D,); NaN where df is below 1.
    largest
        Share of the base's weight that its largest rating has, shape (D,).

    Returns
    -------
    numpy.ndarray
        `suppress`: n or effective n below 30, the interval at least 0.30 wide, or wider than
        0.05 and than 130 % of p. `review`: df below 8, p is 0 or 1, or one rating has 10 % of
        the weight or more. `complement`: only 1 - p fails the relative width, which calls for a
        footnote. `no_interval`: df below 1.
    """
    width = high - low
    wide = width > NARROW_ENOUGH

    def too_wide(share: Floats) -> npt.NDArray[np.bool_]:
        return wide & (width > WIDEST_RELATIVE * share)

    few = (n < SMALLEST_N) | (n_eff < SMALLEST_N)
    suppress = few | (width >= WIDEST) | too_wide(p)
    review = (df < FEWEST_DF) | (p == 0) | (p == 1) | (largest >= LARGEST_RATING)
    return np.select(
        [df < 1, suppress, review, too_wide(1 - p)],
        ["no_interval", "suppress", "review", "complement"],
        default="ok",
    )


def reliability_of_others(
    n: Floats, df: Floats, largest: Floats | float = 0.0
) -> npt.NDArray[np.str_]:
    """Flag estimates that are no proportions, by n, df and weights alone.

    Parameters
    ----------
    n, df
        Ratings in the base, or their effective number by the weights, and degrees of freedom;
        shape (D,).
    largest
        Share of the base's weight that its largest rating has, shape (D,).

    Returns
    -------
    numpy.ndarray
        `ok`, `review`, `suppress` or `no_interval`, at the limits that `reliability` has.
    """
    return np.select(
        [df < 1, n < SMALLEST_N, (df < FEWEST_DF) | (largest >= LARGEST_RATING)],
        ["no_interval", "suppress", "review"],
        default="ok",
    )
