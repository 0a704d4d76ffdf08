"""Sums that follow from what is shown and are of too few suppliers.

Two rows may be withheld because each rests on one supplier. If their sum follows by subtraction,
each of the two suppliers takes its own ratings off and has the other's: the singleton problem of
cell suppression. So the rules on suppliers hold for each sum, and each difference, that follows:
none may be of the ratings of fewer suppliers than a row.

**Method.** A count that rests on enough suppliers hides what is added to it. So these counts are
eliminated, one relation for each, as Langsrud (2024) eliminates candidates for suppression. The
relations that are left are what follows without them: each that holds counts of few suppliers
and shown ones gives a sum of the former. Where it is known who has the ratings, the counts of all
but one or two suppliers are then eliminated in turn (`sums_within`): what is left is what these
two could tell of each other. Where it is not, no sum of such counts alone may follow.

References
----------
Langsrud (2024), Secondary cell suppression by Gaussian elimination, Privacy in Statistical
Databases, LNCS 14915, doi:10.1007/978-3-031-69651-0_6.
Hundepool et al. (2012), Statistical Disclosure Control, Wiley, section 4.3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Set
from heapq import heapify, heappop, heappush
from math import gcd

import numpy as np
import numpy.typing as npt
from scipy import sparse

from advocacy.arrays import Floats

# A relation: the coefficient of each count in it, by column.
_Equation = dict[int, int]


def derivable_sums(
    matrix: sparse.csr_array, known: Floats, few: npt.NDArray[np.bool_]
) -> list[dict[int, int]]:
    """Return the sums of unknown counts of ``few`` suppliers that follow from the known ones.

    Parameters
    ----------
    matrix
        Shape (relations, counts): ``matrix @ counts == 0``.
    known
        Shape (counts,): the counts that the reader sees, NaN elsewhere.
    few
        Shape (counts,): whether a count rests on few suppliers, or on one too large.

    Returns
    -------
    list of dict
        Of each sum the coefficients, whole numbers, by column. All sums of the kind are
        combinations of these; a relation that holds whatever the counts are gives none.
    """
    unknown = np.isnan(known)
    equations = _open_equations(matrix, unknown, unknown & few)
    _eliminate(equations, {c for own in equations.values() for c in own if unknown[c] & ~few[c]})
    _reduce_identities(equations, known)
    return [
        _upright({column: sign for column, sign in sorted(own.items()) if unknown[column]})
        for _, own in sorted(equations.items())
        if len({bool(unknown[column]) for column in own}) == 2
    ]


def sums_within(sums: Iterable[_Equation], columns: Set[int]) -> list[_Equation]:
    """Return the combinations of sums that hold these counts and no other.

    All sums of the kind are combinations of those that are returned.
    """
    equations = dict(enumerate(sums))
    _eliminate(equations, {c for own in equations.values() for c in own} - columns)
    return [_upright(dict(sorted(own.items()))) for _, own in sorted(equations.items()) if own]


def _upright(own: _Equation) -> _Equation:
    """Return a sum with its first count added, not taken away: it says the same."""
    first = next(iter(own.values()))
    return own if first > 0 else {column: -sign for column, sign in own.items()}


def _open_equations(
    matrix: sparse.csr_array, unknown: npt.NDArray[np.bool_], sought: npt.NDArray[np.bool_]
) -> dict[int, _Equation]:
    """Return the relations with unknown counts, in groups that hold a count that is sought."""
    kept = matrix @ sparse.diags_array(unknown.astype(float))
    kept.eliminate_zeros()
    graph = sparse.block_array([[None, kept], [kept.T, None]])
    _, labels = sparse.csgraph.connected_components(graph, directed=False)
    n_rows = matrix.shape[0]
    wanted = np.isin(labels[:n_rows], labels[n_rows:][sought])
    ends, columns, signs = matrix.indptr, matrix.indices, matrix.data
    return {
        int(row): {
            int(column): int(sign)
            for column, sign in zip(
                columns[ends[row] : ends[row + 1]], signs[ends[row] : ends[row + 1]], strict=True
            )
        }
        for row in np.flatnonzero(wanted)
    }


def _eliminate(equations: dict[int, _Equation], gone: Set[int]) -> None:
    """Eliminate columns, and the equations used for it."""
    where: defaultdict[int, set[int]] = defaultdict(set)
    for number, own in equations.items():
        for column in own.keys() & gone:
            where[column].add(number)
    # What stands in few equations goes first, so that these stay short.
    waiting = [(len(own), column) for column, own in where.items()]
    heapify(waiting)
    while waiting:
        size, column = heappop(waiting)
        holding = where[column]
        if len(holding) != size:
            heappush(waiting, (len(holding), column))
        elif holding:
            pivot = min(holding, key=lambda number: (len(equations[number]), number))
            _use(equations, pivot, column, sorted(holding - {pivot}), where)


def _use(
    equations: dict[int, _Equation],
    pivot: int,
    column: int,
    others: Iterable[int],
    where: defaultdict[int, set[int]],
) -> None:
    """Take a column out of equations by means of one of them, which is then used up."""
    own = equations.pop(pivot)
    for number in others:
        before = equations[number]
        after = equations[number] = _without(column, before, own)
        for changed in (before.keys() ^ after.keys()) & where.keys():
            (where[changed].add if changed in after else where[changed].discard)(number)
    for held in own.keys() & where.keys():
        where[held].discard(pivot)


def _without(column: int, equation: _Equation, pivot: _Equation) -> _Equation:
    """Return the combination of two equations that lacks a column."""
    times, less = pivot[column], equation[column]
    found = {other: times * sign for other, sign in equation.items()}
    for other, sign in pivot.items():
        found[other] = found.get(other, 0) - less * sign
    common = gcd(*found.values()) or 1
    return {other: sign // common for other, sign in found.items() if sign}


def _reduce_identities(equations: dict[int, _Equation], known: Floats) -> None:
    """Take out of the others what holds between unknown counts alone, and so tells nothing."""
    waiting = sorted(equations)
    while waiting:
        pivot = next(
            (n for n in waiting if equations[n] and all(np.isnan(known[c]) for c in equations[n])),
            None,
        )
        if pivot is None:
            return
        waiting.remove(pivot)
        own = equations.pop(pivot)
        column = min(own)
        for number in [n for n in waiting if column in equations[n]]:
            equations[number] = _without(column, equations[number], own)
