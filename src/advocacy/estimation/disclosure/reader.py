"""What a reader of some counts can work out of the others: the attack, by integer programs.

Every count is a whole number of 0 or more, and each total is the sum of its parts: whoever sees
some counts knows intervals for the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from advocacy.arrays import Floats, Integers
from advocacy.errors import DataError
from advocacy.estimation.disclosure.relations import Relations

# Solutions are whole numbers up to this.
_TOLERANCE = 1e-6

# How far to look for counts to hide: over how many relations, and how many counts of each.
_NEIGHBOURHOODS = ((4, 3), (8, 10), (1000, 10**9))


class Reader:
    """What is known to a reader who sees some counts.

    Parameters
    ----------
    relations
        What the reader knows of totals and parts.
    known
        Shape (counts,): the counts that the reader sees, NaN elsewhere.

    Attributes
    ----------
    low, high
        Shape (counts,): smallest and largest value of each count in the tables found so far that
        agree with all that the reader knows. The reader's interval is at least as wide, and just
        as wide after `search`.
    """

    def __init__(self, relations: Relations, known: Floats) -> None:
        self.relations = relations
        self.known = known.copy()
        self.low = np.where(np.isnan(known), np.inf, known)
        self.high = np.where(np.isnan(known), -np.inf, known)
        # Nothing is gained by values beyond this, and the programs stay bounded.
        self._ceiling = 1e3 + 4 * np.nanmax(known, initial=1.0)
        self._components: _Components | None = None

    def extend(self, relations: Relations) -> None:
        """Take relations with further counts behind the others, of which nothing is known yet."""
        more = np.ones(len(relations.columns) - len(self.known))
        self.relations = relations
        self.known = np.concatenate([self.known, more * np.nan])
        self.low = np.concatenate([self.low, more * np.inf])
        self.high = np.concatenate([self.high, more * -np.inf])
        self._components = None

    def hide(self, columns: Iterable[int]) -> None:
        """Show some counts no longer."""
        self.known[list(columns)] = np.nan
        self._components = None

    def search(self, column: int) -> None:
        """Find the reader's whole interval for a count, by two integer programs."""
        if self._components is None:
            self._components = _components(self.relations.matrix, self.known)
        parts = self._components
        if not np.isnan(parts.known[column]):
            self.low[column] = self.high[column] = parts.known[column]
            return
        columns, matrix, right = parts.around(column, self.relations.matrix)
        lower = self.relations.lower[columns]
        bounds = Bounds(lower, np.full(len(columns), self._ceiling))
        for sign in (1.0, -1.0):
            cost = np.where(columns == column, sign, 0.0)
            found = _whole_optimum(cost, matrix, right, bounds)
            self.low[columns] = np.minimum(self.low[columns], found)
            self.high[columns] = np.maximum(self.high[columns], found)

    def cheapest(
        self, column: int, least: float, most: float, cost: Floats, whole: bool
    ) -> Integers | None:
        """Return which counts to hide so that one of them can be in [least, most].

        Minimises sum_k cost_k |t_k − a_k| over the tables t that agree with the relations, a the
        true table; the counts that move are the ones to hide.

        Parameters
        ----------
        column
            The count to be protected.
        least, most
            Where it has to be able to lie, in ratings.
        cost
            Shape (counts,): of hiding a count, per rating that it moves; NaN where it cannot be
            hidden.
        whole
            Whether t must hold whole numbers; otherwise fractions do, which is faster.

        Returns
        -------
        Integers or None
            Columns of the counts to hide; ``None`` where hiding all of them is not enough.

        References
        ----------
        Kelly, Golden and Assad (1992), Cell suppression: disclosure protection for sensitive
        tabular data, Networks 22, 397–417, doi:10.1002/net.3230220407.
        """
        for hops, n_parts in _NEIGHBOURHOODS:
            near = self._near(column, cost, hops, n_parts)
            chosen = self._cheapest_among(near, column, least, most, cost, whole)
            if chosen is not None:
                return chosen
        return None

    def _near(self, column: int, cost: Floats, hops: int, n_parts: int) -> Integers:
        """Return the counts that may be hidden and that few relations separate from one.

        Of each relation only the cheapest counts are followed.
        """
        matrix, unknown = self.relations.matrix, np.isnan(self.known)
        rows, columns = matrix.nonzero()
        price = np.where(unknown, -1.0, np.where(np.isnan(cost), np.inf, cost))[columns]
        order = np.lexsort((columns, price, rows))
        rows, columns, price = rows[order], columns[order], price[order]
        n_free = np.bincount(rows, price < 0, minlength=matrix.shape[0])
        rank = np.arange(len(rows)) - matrix.indptr[rows] - n_free[rows]
        kept = (rank < n_parts) & np.isfinite(price)
        onward = sparse.csr_array(
            (np.ones(kept.sum()), (columns[kept], rows[kept])), shape=matrix.shape[::-1]
        )
        reached = np.arange(len(unknown)) == column
        for _ in range(hops):
            further = reached | (onward @ (abs(matrix) @ reached.astype(float)) > 0)
            if (further == reached).all():
                break
            reached = further
        return np.flatnonzero(reached & ~unknown & ~np.isnan(cost))

    def _cheapest_among(
        self, near: Integers, column: int, least: float, most: float, cost: Floats, whole: bool
    ) -> Integers | None:
        """Return which of some counts to hide, or ``None`` where all of them are not enough."""
        opened = self.known.copy()
        opened[near] = np.nan
        parts = _components(self.relations.matrix, opened)
        if not np.isnan(parts.known[column]):
            return None
        columns, matrix, right = parts.around(column, self.relations.matrix)
        start, floor = self.known[columns], self.relations.lower[columns]
        shown = np.flatnonzero(~np.isnan(start))
        # A count that is shown is its value, plus a rise, less a fall.
        lower = np.concatenate([np.where(np.isnan(start), floor, start), np.zeros(2 * len(shown))])
        upper = np.where(lower == lower, self._ceiling, 0.0)
        upper[shown] = start[shown]
        upper[len(columns) + len(shown) :] = (start - floor)[shown]
        place = int(np.searchsorted(columns, column))
        if np.isnan(start[place]):
            lower[place], upper[place] = max(least, floor[place]), min(most, self._ceiling)
        else:
            rise = len(columns) + int(np.searchsorted(shown, place))
            lower[rise], upper[rise + len(shown)] = least - start[place], 0.0
        price = cost[columns[shown]]
        moved = matrix[:, shown]
        solution = milp(
            np.concatenate([np.zeros(len(columns)), price, price]),
            integrality=np.full(len(lower), int(whole)),
            bounds=Bounds(lower, upper),
            constraints=LinearConstraint(
                sparse.hstack([matrix, moved, -moved], format="csr"), right, right
            ),
        )
        if solution.x is None:
            return None
        up, down = np.split(solution.x[len(columns) :], 2)
        return columns[shown[up + down > _TOLERANCE]]


def _integers(values: npt.NDArray[np.signedinteger]) -> Integers:
    return values.astype(np.int64)


@dataclass(frozen=True)
class _Components:
    """Unknown counts in groups that say nothing about each other.

    Parameters
    ----------
    known
        Shape (counts,): as the reader sees or deduces them; NaN where unknown.
    right
        Shape (relations,): what the unknown counts of each relation sum to.
    labels, row_labels
        Shape (counts,) and (relations,): number of the group of each.
    """

    known: Floats
    right: Floats
    labels: Integers
    row_labels: Integers

    def around(
        self, column: int, matrix: sparse.csr_array
    ) -> tuple[Integers, sparse.csr_array, Floats]:
        """Return the group of a count: its counts, its relations and what they sum to."""
        columns = np.flatnonzero(self.labels == self.labels[column])
        rows = np.flatnonzero(self.row_labels == self.labels[column])
        return columns, matrix[rows][:, columns], self.right[rows]


def _components(matrix: sparse.csr_array, known: Floats) -> _Components:
    known = _deduced(matrix, known)
    unknown = np.isnan(known)
    kept = matrix @ sparse.diags_array(unknown.astype(float))
    kept.eliminate_zeros()
    graph = sparse.block_array([[None, kept], [kept.T, None]])
    _, labels = sparse.csgraph.connected_components(graph, directed=False)
    right = -(matrix @ np.nan_to_num(known))
    n_rows = matrix.shape[0]
    return _Components(known, right, _integers(labels[n_rows:]), _integers(labels[:n_rows]))


def _deduced(matrix: sparse.csr_array, known: Floats) -> Floats:
    """Fill in what follows from relations with a single unknown count."""
    known, pattern = known.copy(), abs(matrix)
    while True:
        unknown = np.isnan(known)
        single = np.flatnonzero(pattern @ unknown.astype(float) == 1)
        if not len(single):
            return known
        entries = (matrix[single] @ sparse.diags_array(unknown.astype(float))).tocoo()
        entries.eliminate_zeros()
        rest = -(matrix[single] @ np.nan_to_num(known))
        known[entries.col] = rest[entries.row] / entries.data


def _whole_optimum(cost: Floats, matrix: sparse.csr_array, right: Floats, bounds: Bounds) -> Floats:
    """Minimise ``cost @ x`` over whole numbers; mostly the optimum is whole by itself."""
    for integrality in (0, 1):
        solution = milp(
            cost,
            integrality=np.full(len(cost), integrality),
            bounds=bounds,
            constraints=LinearConstraint(matrix, right, right),
        )
        if solution.x is None:
            raise _disagreement()
        whole: Floats = np.round(solution.x)
        if np.abs(whole - solution.x).max(initial=0.0) < _TOLERANCE:
            break
    return whole


def _disagreement() -> DataError:
    return DataError(
        "The tables do not agree: no counts of ratings fit all of them.",
        remedy="Give tables that were all estimated from the same responses, and a previous "
        "release of fewer of them.",
    )
