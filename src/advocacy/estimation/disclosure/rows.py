"""The rows of tables as counts of ratings: which ratings each is about, and how many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from advocacy.errors import DataError, UsageError
from advocacy.estimation.conditions import EVERY_SCORE, Scores, ratings_counted
from advocacy.estimation.disclosure.relations import Cell, Conditions, Count
from advocacy.estimation.disclosure.score_sets import (
    Weights,
    indicator,
    sets_that_follow,
    weights_of,
)
from advocacy.estimation.estimands import find_estimand, find_intent
from advocacy.estimation.estimates import Estimates
from advocacy.estimation.segments import SEGMENTS

Pair = tuple[Count, Count | None]


@dataclass(frozen=True)
class Row:
    """A row of a table: which ratings it is about, and what stands behind it.

    Parameters
    ----------
    place
        Positions of its table and of the row in it.
    base, numerator
        The ratings of the base, and those of them that count; ``None`` for the latter where the
        estimand is no proportion.
    n, hits
        Unweighted ratings in the two, NaN where the table does not say.
    suppliers, largest
        Number of suppliers, and the largest one's share of the weight.
    by_score
        The table is crossed with the score.
    weights, total
        What each score counts in an estimand made of scores alone, and their sum over the base.
    """

    place: tuple[int, int]
    base: Count
    numerator: Count | None
    n: float
    hits: float
    suppliers: float
    largest: float
    by_score: bool
    weights: Weights | None = None
    total: float = np.nan

    @property
    def pair(self) -> Pair:
        """Base and numerator."""
        return self.base, self.numerator

    @property
    def values(self) -> list[tuple[Count, float]]:
        """The counts that the row shows, NaN where it is withheld."""
        shown = [(self.base, self.n)]
        return shown if self.numerator is None else [*shown, (self.numerator, self.hits)]


def rows_of(tables: Sequence[Estimates], release: str) -> Iterator[Row]:
    """Yield the rows of all tables of a release, ``now`` or ``before``.

    Raises
    ------
    UsageError
        A table holds comparisons, or is of a domain under a condition: what it has in common
        with the levels of segments is not known.
    """
    for number, estimates in enumerate(tables):
        _refuse_conditions(estimates, number)
        names = (*estimates.by, "estimand", "intent", "reference", "n", "n_numerator",
                 "n_suppliers", "largest_supplier", "estimate")  # fmt: skip
        for position, row in enumerate(estimates.table.select(names).to_pylist()):
            if row["reference"] is not None:
                raise UsageError(
                    "Comparisons cannot be audited by themselves.",
                    where=f"table {number + 1}",
                    remedy="Withhold the rates that they compare, and show the comparisons of "
                    "those that are left.",
                )
            yield _row((number, position), estimates.by, row, release)


def _refuse_conditions(estimates: Estimates, number: int) -> None:
    # A release of an earlier version has no such column.
    if "where" not in estimates.table.column_names:
        return
    found = [text for text in estimates.table.column("where").unique().to_pylist() if text]
    if found:
        raise UsageError(
            f"Estimates where {found[0]} cannot be audited beside others.",
            where=f"table {number + 1}",
            remedy="Cross by the segments of the condition instead.",
        )


def _row(place: tuple[int, int], by: Sequence[str], row: dict[str, Any], release: str) -> Row:
    estimand = find_estimand(row["estimand"])
    split = [name for name in by if name in SEGMENTS and SEGMENTS[name].replaces_intent]
    cell = frozenset((name, row[name]) for name in by if name not in split)
    within = EVERY_SCORE.intersection(*(_scores_of(row[name]) for name in split))
    intent = frozenset(find_intent(row["intent"]).scores) if row["intent"] else EVERY_SCORE - {None}
    conditions, scores = ratings_counted(estimand.base, intent)
    base = Count(release, conditions, scores & within, cell)
    part = None
    if estimand.proportion:
        further, counted = ratings_counted(estimand.numerator, intent)
        part = Count(release, conditions | further, base.scores & counted, cell)
    n, hits, suppliers, largest = (
        np.nan if row[name] is None else float(row[name])
        for name in ("n", "n_numerator", "n_suppliers", "largest_supplier")
    )
    total = np.nan if row["estimate"] is None else n * float(row["estimate"])
    weights = weights_of(estimand)
    return Row(place, base, part, n, hits, suppliers, largest, bool(split), weights, total)


def _scores_of(level: int | str) -> Scores:
    """Return the scores of a level of the score or of its bands, such as 0-6."""
    ends = [int(end) for end in str(level).split("-")]
    return frozenset(range(ends[0], ends[-1] + 1))


def values_of(rows: Iterable[Row]) -> dict[Count, float]:
    """Return the value of each count that a table has a place for; NaN where none shows it.

    Raises
    ------
    DataError
        Two tables show different values: they are not of the same responses.
    """
    values: dict[Count, float] = {}
    for row in rows:
        for count, value in row.values:
            known = values.get(count, np.nan)
            if known != value and not np.isnan(known) and not np.isnan(value):
                raise DataError(
                    f"The tables do not agree: they count {known:g} and {value:g} of the same.",
                    where=f"table {row.place[0] + 1}, row {row.place[1] + 1}",
                    remedy="Give tables that were all estimated from the same responses.",
                )
            values[count] = value if np.isnan(known) else known
    return values


def differences(
    rows: Iterable[Row], values: Mapping[Count, float]
) -> dict[Pair, tuple[float, float]]:
    """Return the pairs, with n and numerator, that are one shown set of scores less another."""
    alike: defaultdict[tuple[Cell, Conditions, Conditions], dict[Pair, None]]
    alike = defaultdict(dict)
    for row in rows:
        if row.numerator is not None:
            key = row.base.cell, row.base.conditions, row.numerator.conditions
            alike[key][row.pair] = None
    found: dict[Pair, tuple[float, float]] = {}
    for pairs in alike.values():
        found |= _of_whole_sets(list(pairs), values) | _of_one_base(list(pairs), values)
        for one, other in permutations(pairs, 2):
            (base, n), (numerator, hits) = (
                _less(*counts, values) for counts in zip(one, other, strict=True)
            )
            if not base or not numerator or (base, numerator) in pairs:
                continue
            if numerator.scores <= base.scores:
                found[base, numerator] = n, hits
    return found


def _of_whole_sets(
    pairs: Sequence[Pair], values: Mapping[Count, float]
) -> dict[Pair, tuple[float, float]]:
    """Return what follows from pairs whose numerator has the scores of the base."""
    whole = [(b, h) for b, h in pairs if h is not None and h.scores == b.scores]
    if len(whole) < 2 or any(None in base.scores for base, _ in whole):
        return {}
    found: dict[Pair, tuple[float, float]] = {}
    for scores, times in sets_that_follow(tuple(indicator(base.scores) for base, _ in whole)):
        base, numerator = (count._replace(scores=scores) for count in whole[0])
        n = float(np.dot(times, [values[own] for own, _ in whole]))
        hits = float(np.dot(times, [values[own] for _, own in whole]))
        if (base, numerator) not in pairs:
            found[base, numerator] = n, hits
    return found


def _of_one_base(
    pairs: Sequence[Pair], values: Mapping[Count, float]
) -> dict[Pair, tuple[float, float]]:
    """Return what follows from pairs of the same base with several sets as numerators."""
    found: dict[Pair, tuple[float, float]] = {}
    for base in dict.fromkeys(base for base, _ in pairs):
        own = [h for b, h in pairs if b == base and h is not None and h.scores < base.scores]
        if len(own) < 2 or any(None in count.scores for count in own):
            continue
        for scores, times in sets_that_follow(tuple(indicator(count.scores) for count in own)):
            numerator = own[0]._replace(scores=scores)
            if numerator not in own:
                hits = float(np.dot(times, [values[count] for count in own]))
                found[base, numerator] = values[base], hits
    return found


def told_by_balances(
    rows: Sequence[Row],
) -> Iterator[tuple[list[int], float, float]]:
    """Yield sets that follow from a balance or mean beside shares of the same ratings.

    Yields
    ------
    tuple
        Positions of the shares, n of the base and the ratings in the set.
    """
    alike: defaultdict[Count, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        share = row.numerator is not None and row.numerator.conditions == row.base.conditions
        if not row.by_score and (share or row.weights is not None):
            alike[row.base].append(number)
    for base, numbers in alike.items():
        shares = [number for number in numbers if rows[number].weights is None]
        balances = [number for number in numbers if rows[number].weights is not None]
        if not balances or base.scores != EVERY_SCORE - {None}:
            continue
        n = rows[balances[0]].n
        sums = {indicator(base.scores): n}
        for number in numbers:
            row = rows[number]
            part = row.numerator
            weights = row.weights or indicator(part.scores if part else frozenset())
            sums[weights] = row.total if row.weights else row.hits
        for scores, times in sets_that_follow(tuple(sums)):
            if scores != base.scores:
                yield shares, n, float(np.dot(times, list(sums.values())))


def _less(
    one: Count | None, other: Count | None, values: Mapping[Count, float]
) -> tuple[Count | None, float]:
    """Return the ratings of one set of scores that are not in another within it."""
    if one is None or other is None or not other.scores <= one.scores:
        return None, np.nan
    if one.scores == other.scores:
        return one, values[one]
    return one._replace(scores=one.scores - other.scores), values[one] - values[other]
