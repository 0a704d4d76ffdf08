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
    """

    place: tuple[int, int]
    base: Count
    numerator: Count | None
    n: float
    hits: float
    suppliers: float
    largest: float
    by_score: bool

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
        A table holds comparisons.
    """
    for number, estimates in enumerate(tables):
        names = (*estimates.by, "estimand", "intent", "reference", "n", "n_numerator",
                 "n_suppliers", "largest_supplier")  # fmt: skip
        for position, row in enumerate(estimates.table.select(names).to_pylist()):
            if row["reference"] is not None:
                raise UsageError(
                    "Comparisons cannot be audited by themselves.",
                    where=f"table {number + 1}",
                    remedy="Withhold the rates that they compare, and show the comparisons of "
                    "those that are left.",
                )
            yield _row((number, position), estimates.by, row, release)


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
    return Row(place, base, part, n, hits, suppliers, largest, bool(split))


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
        for one, other in permutations(pairs, 2):
            (base, n), (numerator, hits) = (
                _less(*counts, values) for counts in zip(one, other, strict=True)
            )
            if not base or not numerator or (base, numerator) in pairs:
                continue
            if numerator.scores <= base.scores:
                found[base, numerator] = n, hits
    return found


def _less(
    one: Count | None, other: Count | None, values: Mapping[Count, float]
) -> tuple[Count | None, float]:
    """Return the ratings of one set of scores that are not in another within it."""
    if one is None or other is None or not other.scores <= one.scores:
        return None, np.nan
    if one.scores == other.scores:
        return one, values[one]
    return one._replace(scores=one.scores - other.scores), values[one] - values[other]
