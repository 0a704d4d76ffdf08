r"""Whether one supplier has too large a share of a sum that follows from what is shown.

With n_k the ratings of a count that is shown, n_kt those of supplier t among them, and L the
largest share allowed, the row rule says that the slack :math:`L n_k - n_{kt}` is not negative.
A reader can form any sum :math:`\sum_k a_k n_k` in which no rating counts negatively. By Farkas'
lemma none of these sums has a negative slack if, and only if, there is a table of numbers of 0 or
more, with the relations that the counts have, in which each count that is shown has its slack.
So one linear program a supplier tells, and another finds what to hide where there is none.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from advocacy.arrays import Floats, Integers

# Ratings that a slack is off by rounding, at most.
_TOLERANCE = 1e-6
_METHODS: tuple[Literal["highs-ds", "highs-ipm"], ...] = ("highs-ds", "highs-ipm")


def to_hide(matrix: sparse.csr_array, slack: Floats, cost: Floats) -> Integers:
    """Return the counts to hide so that no sum that follows has a negative slack.

    Minimises sum_k cost_k |t_k − slack_k| over the tables t of numbers of 0 or more that agree
    with the relations; the counts that differ are the ones to hide.

    Parameters
    ----------
    matrix
        Shape (relations, counts): ``matrix @ counts == 0``.
    slack
        Shape (counts,): of the counts that are shown, in ratings; NaN elsewhere.
    cost
        Shape (counts,): of hiding a count, per rating.
    """
    shown = np.flatnonzero(~np.isnan(slack))
    lower = np.maximum(np.nan_to_num(slack), 0.0)
    upper = np.where(np.isnan(slack), np.inf, lower)
    moved = matrix[:, shown]
    solution = _solved(
        np.concatenate([np.zeros(len(slack)), cost[shown], cost[shown]]),
        sparse.hstack([matrix, moved, -moved], format="csr"),
        np.concatenate([lower, np.zeros(2 * len(shown))]),
        np.concatenate([upper, np.full(len(shown), np.inf), lower[shown]]),
    )
    if solution is None:  # not found, though there is one: where all is hidden
        return shown.astype(np.int64)
    up, down = np.split(solution[len(slack) :], 2)
    found: Integers = shown[up + down > _TOLERANCE].astype(np.int64)
    return found


def _solved(cost: Floats, matrix: sparse.csr_array, lower: Floats, upper: Floats) -> Floats | None:
    """Return the cheapest x within bounds with ``matrix @ x == 0``; ``None`` where none is found.

    Costs are scaled: of a million ratings the solver loses its way. Where the first of two methods
    does, the other is tried.
    """
    for method in _METHODS:
        found = linprog(  # type: ignore[call-overload]  # the stubs know no sparse matrix
            cost / cost.max(initial=1.0),
            A_eq=matrix,
            b_eq=np.zeros(matrix.shape[0]),
            bounds=np.column_stack([lower, upper]),
            method=method,
        )
        if found.status == 0:
            return np.asarray(found.x, dtype=float)
    return None
