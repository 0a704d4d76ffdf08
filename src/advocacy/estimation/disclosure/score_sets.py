"""Sets of scores: their parts, and which sets follow from what is known of others.

A share of promoters and a net promoter score of the same ratings give the share of detractors,
which no table shows; three sets that overlap may give a fourth.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache
from itertools import combinations

import duckdb

from advocacy.estimation.conditions import Scores, Value, counted_sql
from advocacy.estimation.estimand import Estimand
from advocacy.sql import connect

# A value of each score from 0 to 10.
Weights = tuple[float, ...]


def atoms(sets: Sequence[Scores]) -> list[Scores]:
    """Return the finest sets of scores of which all ``sets`` are unions."""
    together = defaultdict(set)
    for score in (None, *range(11)):
        inside = tuple(score in scores for scores in sets)
        if any(inside):
            together[inside].add(score)
    return [frozenset(scores) for scores in together.values()]


def blocks(wide: Sequence[Scores], narrow: Sequence[Scores]) -> Iterator[tuple[Scores, Scores]]:
    """Pair the smallest unions of ``narrow`` with the smallest unions of ``wide`` around them."""
    left = list(narrow)
    while left:
        part, whole = left.pop(0), frozenset[int | None]()
        while True:
            around = frozenset[int | None]().union(*(atom for atom in wide if atom & part))
            within = frozenset[int | None]().union(*(atom for atom in narrow if atom & around))
            if (around, within | part) == (whole, part):
                break
            whole, part = around, within | part
        left = [atom for atom in left if not atom & part]
        if part <= whole:
            yield whole, part


def indicator(scores: Scores) -> Weights:
    """Return 1 for the scores in a set and 0 for the others."""
    return tuple(float(score in scores) for score in range(11))


def weights_of(estimand: Estimand) -> Weights | None:
    """Return what each score counts in an estimand made of scores alone; else ``None``."""
    if not isinstance(estimand.numerator, Value) or not isinstance(estimand.base, tuple):
        return None
    return _of_scores(counted_sql(estimand.numerator, "TRUE"))


@cache
def _of_scores(expression: str) -> Weights | None:
    try:
        found = connect().execute(f"SELECT {expression} FROM range(11) AS scores(score)")
        return tuple(float(value) for (value,) in found.fetchall())
    except duckdb.BinderException:  # it names another column
        return None


@cache
def sets_that_follow(
    weights: tuple[Weights, ...],
) -> tuple[tuple[frozenset[int], tuple[float, ...]], ...]:
    """Return the sets whose ratings follow from sums of weights over the same ratings.

    Parameters
    ----------
    weights
        What each sum counts of each score.

    Returns
    -------
    tuple
        The scores of each set, and how often each sum is taken. Sets that are two others
        together are left out.
    """
    size = len(weights)
    rows = [
        [*map(Fraction, own), *(Fraction(int(i == j)) for j in range(size))]
        for i, own in enumerate(weights)
    ]
    basis = _reduced(rows)
    # Where all of the basis are sets, every other set is some of these together.
    are_sets = all(set(row[:11]) <= {0, 1} for row in basis)
    chosen = [[row] for row in basis] if are_sets else _some_of(basis)
    found: dict[frozenset[int], tuple[float, ...]] = {}
    for taken in chosen:
        total = [sum(column, Fraction()) for column in zip(*taken, strict=True)]
        if set(total[:11]) <= {0, 1}:
            scores = frozenset(score for score in range(11) if total[score])
            found[scores] = tuple(float(value) for value in total[11:])
    return tuple(
        (scores, times)
        for scores, times in found.items()
        if not any(part < scores and scores - part in found for part in found)
    )


def _some_of(basis: list[list[Fraction]]) -> list[list[list[Fraction]]]:
    """Return every selection of the basis but the empty one: a set takes each once or not."""
    return [
        list(some) for number in range(1, len(basis) + 1) for some in combinations(basis, number)
    ]


def _reduced(rows: list[list[Fraction]]) -> list[list[Fraction]]:
    """Return the reduced echelon form of the first 11 columns."""
    basis: list[list[Fraction]] = []
    for column in range(11):
        pivot = next((row for row in rows if row[column]), None)
        if pivot is None:
            continue
        rows = [row for row in rows if row is not pivot]
        pivot = [value / pivot[column] for value in pivot]
        rows, basis = (
            [[a - row[column] * b for a, b in zip(row, pivot, strict=True)] for row in part]
            for part in (rows, basis)
        )
        basis.append(pivot)
    return basis
