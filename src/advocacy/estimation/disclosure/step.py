"""The disclosure step over all tables: what is withheld so far, and what is to be protected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
import numpy.typing as npt
from scipy import sparse

from advocacy.arrays import Floats, Integers
from advocacy.estimation.conditions import Scores
from advocacy.estimation.disclosure.dominance import to_hide
from advocacy.estimation.disclosure.holdings import Held, holdings, suppliers_and_largest
from advocacy.estimation.disclosure.reader import Reader
from advocacy.estimation.disclosure.relations import (
    Cell,
    Conditions,
    Count,
    Relations,
    Rest,
    Sum,
    relations,
)
from advocacy.estimation.disclosure.rows import (
    Pair,
    Row,
    differences,
    told_by_balances,
    values_of,
)
from advocacy.estimation.disclosure.rules import DisclosureRules
from advocacy.estimation.disclosure.unions import derivable_sums, sums_within
from advocacy.responses import Responses

# What sums of a balance, had from its estimate, are off by.
_ROUNDING = 1e-6
# Groups of suppliers that are gone through one by one; with more, no sum may follow at all.
_MOST_GROUPS = 20_000


@dataclass(frozen=True)
class _Target:
    """A count whose interval has to be so wide, within what it can be made to be."""

    column: int
    width: float
    floor: float = 0.0
    ceiling: float = np.inf
    lowered: bool = False


class Step:
    """The disclosure step over all tables: which rows are withheld so far, and why."""

    def __init__(
        self,
        rules: DisclosureRules,
        rows: Sequence[Row],
        before: Sequence[Row],
        responses: Responses | None = None,
    ) -> None:
        self.rules, self.rows, self.before = rules, rows, before
        self.values = values_of([*rows, *before])
        self.unseen = differences(rows, self.values)
        self.then = differences(before, self.values)
        self.then |= {row.pair: (row.n, row.hits) for row in before}
        self.pairs = list(dict.fromkeys(row.pair for row in [*rows, *before]))
        self.relations = relations(
            self.values, [*self.pairs, *self.unseen], (row.base for row in [*rows, *before])
        )
        self.reader = Reader(self.relations, _known(self.relations, self.values))
        self.unshown = Reader(self.relations, self.reader.known)
        self.showing: defaultdict[int, set[int]] = defaultdict(set)
        for number, row in enumerate(rows):
            for count, _ in row.values:
                self.showing[self.relations.columns[count]].add(number)
        self.unshown.hide(self.showing)
        self.reasons: dict[int, str] = {}
        self.targets: list[_Target] = []
        self.held: dict[Count, Held] = {}
        if responses is not None and rules.on_suppliers:
            bases = {row.base.conditions for row in rows}
            counts = [key for key in self.relations.columns if isinstance(key, Count)]
            own = [c for c in counts if c.release == "now" and c.conditions in bases]
            self.held = holdings(responses, own)

    def withhold_sensitive(self) -> None:
        """Withhold the rows that break a rule, and note what is to be protected."""
        for number, row in enumerate(self.rows):
            # Too large by weight or by ratings: a reader knows the latter.
            largest = float(np.fmax(row.largest, self._suppliers(row.base)[1]))
            rule = self.rules.broken(row.n, row.hits, row.suppliers, largest)
            rule = rule or self._small_addition(row.pair, row.n, row.hits)
            if rule:
                self._withhold([number], rule)
                self._aim(row.pair, row.n, row.hits, rule, largest)
        # A balance gives away what shares beside it leave open: it follows them.
        for shares, n, hits in told_by_balances(self.rows):
            if self.rules.broken(n, hits + _ROUNDING, np.nan, np.nan):
                for number in shares:
                    row = self.rows[number]
                    if number not in self.reasons:
                        self._withhold([number], "small_numerator")
                        self._aim(row.pair, row.n, row.hits, "small_numerator")
        for pair, (n, hits) in self.unseen.items():
            # Equal bases leave no rating between them.
            suppliers, largest = self._suppliers(pair[0])
            rule = self.rules.broken(n, hits, suppliers, largest) if n else None
            rule = rule or self._small_addition(pair, n, hits)
            if rule:
                self._aim(pair, n, hits, rule, largest)
        self._aim_at_previous()

    def _small_addition(self, pair: Pair, n: float, hits: float) -> str | None:
        """Return whether so little was added that the difference gives answers away."""
        n_then, hits_then = self.then.get(_before(pair), (np.nan, np.nan))
        grown, grown_hits = abs(n - n_then), abs(hits - hits_then)
        if (grown or grown_hits > 0) and self.rules.broken(grown, grown_hits):
            return "small_addition"
        return None

    def _suppliers(self, count: Count) -> tuple[float, float]:
        """Return the suppliers of a count and the largest one's share, NaN where not known."""
        return suppliers_and_largest(self.held.get(count, {}))

    def _few(self) -> npt.NDArray[np.bool_]:
        """Return which counts rest on few suppliers, or on one too large; shape (counts,).

        Those of a numerator are those of its base: nobody knows who has none in it.
        """
        few = np.zeros(len(self.relations.columns), dtype=bool)
        bases: defaultdict[Conditions, set[Conditions]] = defaultdict(set)
        of_rows = set()
        for row in self.rows:
            for count, _ in row.values:
                few[self.relations.columns[count]] |= self.rules.on_few(row.suppliers, row.largest)
                bases[count.conditions].add(row.base.conditions)
                of_rows.add(count)
        for key, column in self.relations.columns.items():
            if isinstance(key, Count) and key.release == "now" and key not in of_rows:
                ratings = (key._replace(conditions=own) for own in bases[key.conditions])
                # Of none, where that is known, nothing is hidden either.
                few[column] = any(
                    self.rules.on_few(*self._suppliers(own))
                    or bool(self.held and own not in self.held)
                    for own in ratings
                )
        return few

    def _aim(self, pair: Pair, n: float, hits: float, rule: str, largest: float = 0.0) -> None:
        """Note how wide the intervals of a pair must be."""
        share = {"few_suppliers": 1.0, "large_supplier": largest}.get(rule, 0.0)
        excess = max(0.0, share / self.rules.largest_supplier - 1) if share else 0.0
        parts: list[tuple[Hashable, float, float]] = [
            (pair[0], n, 0 if rule == "small_numerator" else self.rules.smallest_n)
        ]
        if pair[1] is not None:
            few = self.rules.smallest_count
            parts += [(pair[1], hits, few), (Rest(pair[0], pair[1]), n - hits, few)]
        for count, value, least in parts:
            column = self.relations.columns[count]
            width = max(least, float(np.ceil(excess * value)))
            self.targets.append(_Target(column, width, float(self.relations.lower[column])))

    def _aim_at_previous(self) -> None:
        """Keep what the previous release withheld as unknown as it can be kept."""
        pairs = dict.fromkeys(row.pair for row in self.before if np.isnan(self.values[row.base]))
        for base, numerator in pairs:
            widths = [(base, self.rules.smallest_n), (numerator, self.rules.smallest_count)]
            for count, width in widths:
                if count is not None:
                    self._narrow(_Target(self.relations.columns[count], width))

    def _narrow(self, target: _Target) -> None:
        """Note a target no wider than it would be if this release showed nothing.

        The previous release may say more, and a row that no table lists stands for no rating.
        """
        self.unshown.search(target.column)
        floor, ceiling = self.unshown.low[target.column], self.unshown.high[target.column]
        width = min(target.width, ceiling - floor)
        self.targets.append(_Target(target.column, width, floor, ceiling, True))

    def protect(self) -> None:
        """Withhold further rows until every interval is wide enough.

        Each further row can only widen an interval, so that one pass is enough.
        """
        # Targets that turn out to be out of reach are lowered, and come last.
        for target in self.targets:
            self._widen(target)

    def protect_sums(self) -> None:
        """Withhold further rows until no sum that follows is of too few suppliers."""
        few, seen = self._few(), set[Sum]()
        counts = _of_counts(self.relations)
        while True:
            known = self.reader.known[: len(few)]
            found = self._of_few(derivable_sums(counts, known, few))
            sums = {Sum(tuple(own.items())) for own in found} - seen
            if not sums:
                return
            seen |= sums
            self.targets = []
            for own in sorted(sums):
                self._aim_at_sum(own)
            self.protect()

    def _of_few(self, sums: list[dict[int, int]]) -> list[dict[int, int]]:
        """Return what follows from sums of counts on ratings of too few suppliers together.

        All the sums, where it is not known who has the ratings.
        """
        columns = {column for own in sums for column in own}
        holders = self._holders(columns)
        names = sorted({name for own in holders.values() for name in own})
        most = max(0, self.rules.fewest_suppliers - 1)
        if not self.held or comb(len(names), most) > _MOST_GROUPS:
            return sums
        return [
            own
            for group in combinations(names, most)
            for own in sums_within(sums, {c for c in columns if holders[c] <= set(group)})
        ]

    def _holders(self, columns: Collection[int]) -> dict[int, Set[str]]:
        """Return the suppliers of counts; those of a numerator are those of its base."""
        bases: defaultdict[Conditions, set[Conditions]] = defaultdict(set)
        for row in self.rows:
            for count, _ in row.values:
                bases[count.conditions].add(row.base.conditions)
        found: dict[int, Set[str]] = {}
        for key, column in self.relations.columns.items():
            if column in columns and isinstance(key, Count):
                own = (key._replace(conditions=base) for base in bases[key.conditions])
                held = [self.held[count].keys() for count in own if count in self.held]
                found[column] = min(held, key=len, default=set())
        return found

    def protect_shares(self) -> None:
        """Withhold further rows until no supplier has too large a share of a sum that follows."""
        matrix, cost = _of_counts(self.relations), self._cost()
        columns = self.relations.columns
        # One whose share is too large nowhere has its own slacks as the table that is sought.
        large = {
            name
            for held in self.held.values()
            for name, own in held.items()
            if own > self.rules.largest_supplier * sum(held.values())
        }
        for supplier in sorted(large):
            slack = np.full(matrix.shape[1], np.nan)
            for base in {row.base for row in self.rows}:
                whole = self.reader.known[columns[base]]
                own = self.held.get(base, {}).get(supplier, 0)
                slack[columns[base]] = self.rules.largest_supplier * whole - own
            chosen = to_hide(matrix, slack, cost)
            rows = {row for column in chosen for row in self.showing[int(column)]}
            self._withhold(sorted(rows - self.reasons.keys()), "protects_another")

    def _aim_at_sum(self, own: Sum) -> None:
        """Note how unknown a sum must be: as a row of few suppliers of as many ratings."""
        self.relations = self.relations.with_sum(own)
        self.reader.extend(self.relations)
        self.unshown.extend(self.relations)
        column = self.relations.columns[own]
        self.reader.search(column)
        value = abs(self.reader.high[column])
        whole = {self.relations.columns[base] for base, _ in self.pairs}
        least = (
            self.rules.smallest_n
            if any(part in whole for part, _ in own.parts)
            else self.rules.smallest_count
        )
        width = max(least, float(np.ceil((1 / self.rules.largest_supplier - 1) * value)))
        self.targets.append(_Target(column, width, float(self.relations.lower[column])))

    def _widen(self, target: _Target) -> None:
        """Withhold further rows until an interval is wide enough, or as wide as it can be."""
        whole = False
        while not self._wide(target):
            chosen = self._complement(target, whole)
            if chosen is None:
                if not target.lowered:
                    self._narrow(target)
                return
            rows = {row for column in chosen for row in self.showing[column]}
            rows -= self.reasons.keys()
            # Fractions of ratings may have been enough; then whole ones are asked for.
            whole = not rows
            self._withhold(sorted(rows), "protects_another")

    def _wide(self, target: _Target) -> bool:
        low, high = self.reader.low, self.reader.high
        if not high[target.column] - low[target.column] >= target.width:
            self.reader.search(target.column)
        return bool(high[target.column] - low[target.column] >= target.width)

    def _complement(self, target: _Target, whole: bool) -> Integers | None:
        """Return the counts to hide so that the interval grows, upwards first."""
        low, high = self.reader.low[target.column], self.reader.high[target.column]
        cost = self._cost()
        least, most = -np.inf, max(high - target.width, target.floor)
        if high < target.ceiling:
            # The upper end must come to this even if the lower end comes down to the floor.
            start = target.floor if high < target.floor + target.width else low
            least, most = min(start + target.width, target.ceiling), target.ceiling
        return self.reader.cheapest(target.column, least, most, cost, whole)

    def _cost(self) -> Floats:
        """Return what hiding each count costs, NaN where no row shows it; shape (counts,)."""
        cost = np.full(len(self.reader.known), np.nan)
        for column, rows in self.showing.items():
            cost[column] = 1.0 + sum(self.rows[row].n for row in rows - self.reasons.keys())
        return cost

    def _withhold(self, rows: Iterable[int], reason: str) -> None:
        for row in rows:
            self.reasons[row] = reason
            columns = [self.relations.columns[count] for count, _ in self.rows[row].values]
            self.reader.hide(
                column for column in columns if self.showing[column] <= self.reasons.keys()
            )

    def restore(self) -> None:
        """Show the rows again that protect nothing, because they are known all the same."""
        needless = [
            number
            for number, reason in self.reasons.items()
            if reason == "protects_another"
            and all(self._exact(count) for count, _ in self.rows[number].values)
        ]
        for number in needless:
            del self.reasons[number]

    def _exact(self, count: Count) -> bool:
        column = self.relations.columns[count]
        if not self.reader.low[column] < self.reader.high[column]:
            self.reader.search(column)
        return bool(self.reader.low[column] == self.reader.high[column])

    def follow(self) -> None:
        """Withhold balances and means of cells in which a proportion is withheld.

        They are made of the same counts: a net promoter score gives away what two shares hide.
        """
        withheld = {_where(self.rows[number]) for number in self.reasons}
        followers = [
            number
            for number, row in enumerate(self.rows)
            if row.numerator is None and number not in self.reasons and _where(row) in withheld
        ]
        self._withhold(followers, "protects_another")


def _where(row: Row) -> tuple[Cell, Scores | None]:
    return row.base.cell, row.base.scores if row.by_score else None


def _before(pair: Pair) -> Pair:
    base, numerator = pair
    return base._replace(release="before"), numerator and numerator._replace(release="before")


def _known(system: Relations, values: Mapping[Count, float]) -> Floats:
    known = np.full(len(system.columns), np.nan)
    for count, value in values.items():
        known[system.columns[count]] = value
    return known


def _of_counts(system: Relations) -> sparse.csr_array:
    """Return the relations between counts of ratings alone: of margins, and of sets of scores."""
    others = np.array([not isinstance(key, Count) for key in system.columns], dtype=float)
    return system.matrix[np.flatnonzero(abs(system.matrix) @ others == 0)]
