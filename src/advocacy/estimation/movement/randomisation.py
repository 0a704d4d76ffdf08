r"""Randomisation inference: what an effect would be had other programmes been treated.

Under the sharp null that a change did nothing, and that each set of k of the G programmes could
as well have had it, the effect of the set that had it is one of those of all sets:
:math:`p = \#\{|T_b| \ge |T|\} / \binom{G}{k}`, over all sets where they are few, else over sets
that are drawn, :math:`p = (1 + \#\{|T_b| \ge |T|\}) / (1 + B)`. Fisher (1935), The Design of
Experiments; for few treated clusters MacKinnon and Webb (2020),
https://doi.org/10.1016/j.jeconom.2020.04.024.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import comb

import numpy as np

from advocacy.arrays import Floats, Integers

# Sets above which some are drawn.
MOST_SETS, DRAWS = 20_000, 9_999
# Effects that differ by less, relative to the largest, are the same.
_SAME = 1e-10


def randomised(
    effect: Callable[[Floats], Floats], treated: Integers, programmes: int, seed: int
) -> tuple[float, int]:
    """Return the p-value of an effect, and of how many sets it is.

    Parameters
    ----------
    effect
        Takes sets as shares of programmes that are treated, 1 or 0, shape (B, G), and returns
        effects, shape (B,); NaN where a set has none.
    treated
        Numbers of those that were.
    programmes
        Their number, G.
    seed
        Of the sets, where some are drawn.
    """
    number = len(treated)
    observed = np.zeros((1, programmes))
    observed[0, treated] = 1
    every = comb(programmes, number) <= MOST_SETS
    if every:
        chosen = np.array(list(combinations(range(programmes), number)))
    else:
        rng = np.random.default_rng(seed)
        ranks = rng.uniform(size=(DRAWS, programmes))
        chosen = np.argpartition(ranks, number, axis=1)[:, :number]
    sets = np.zeros((len(chosen), programmes))
    np.put_along_axis(sets, chosen, 1.0, axis=1)
    effects = np.abs(effect(sets))
    effects = effects[~np.isnan(effects)]
    own = float(np.abs(effect(observed))[0])
    as_large = int((effects >= own - _SAME * max(own, effects.max(initial=0.0))).sum())
    p_value = as_large / len(effects) if every else (1 + as_large) / (1 + len(effects))
    return p_value, len(effects)
