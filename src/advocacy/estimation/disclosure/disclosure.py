"""What is not shown, so that no reader learns the answers of few ratings or of one supplier.

Primary suppression withholds the rows that break a rule of `DisclosureRules`. Complementary
suppression withholds further rows, until nobody can work out the first from all that is shown:
the other rows, tables, estimands and sets of scores, and the previous release.

Notes
-----
**What the reader is taken to know.** Each n that is shown and each numerator (with weights too,
although the estimate does not give it away then); that counts are whole numbers; every sum that
`relations` lists; and the previous release, since which no count has fallen unless it can be seen
to have. Differences that no table shows are protected as rows are: between nested sets of scores
(promoters less those who score 10 are those who score 9), and what was added since the previous
release.

**Protection rule.** The interval that the reader can work out is wide enough, as by the sliding
protection levels of Fischetti and Salazar (2001):

* few ratings in the base, or added: at least ``smallest_n`` for n and ``smallest_count`` for the
  numerator and for the rest;
* a small numerator or rest: at least ``smallest_count`` for both;
* few suppliers, or one large: as for few ratings, and at least (s / ``largest_supplier`` − 1) of
  the count, s the largest supplier's share (1 where suppliers are few): as much as would have to
  be added for the rule to be met.

Since n of a row is 1 or more, and a numerator 0 or more, the interval then always holds a value
that the rule allows: the reader can never say that a row is small. A row that is withheld only to
protect another is never known exactly in both numerator and n.

References
----------
Fischetti and Salazar (2001), Solving the cell suppression problem on tabular data with linear
constraints, Management Science 47, 1008–1027, doi:10.1287/mnsc.47.7.1008.9805.
Hundepool et al. (2012), Statistical Disclosure Control, Wiley, chapters 4 and 5,
doi:10.1002/9781118348239.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from advocacy.arrays import Floats, Integers
from advocacy.errors import UsageError
from advocacy.estimation.conditions import Scores
from advocacy.estimation.disclosure.reader import Reader
from advocacy.estimation.disclosure.relations import Cell, Count, Relations, Rest, relations
from advocacy.estimation.disclosure.rows import Pair, Row, differences, rows_of, values_of
from advocacy.estimation.estimates import Estimates

# Columns from which an estimate could be read or worked out, or which rule its row breaks.
_REVEALING = (
    "estimate", "std_error", "conf_low", "conf_high", "df", "p_value", "n", "n_numerator",
    "n_eff", "n_programmes", "n_suppliers", "largest_supplier", "deff",
)  # fmt: skip


@dataclass(frozen=True)
class DisclosureRules:
    """Limits below which a row is withheld.

    Parameters
    ----------
    smallest_n
        Fewest ratings in the base.
    smallest_count
        Fewest ratings in the numerator, and fewest of the base that are not in it.
    fewest_suppliers
        Fewest suppliers rated.
    largest_supplier
        Largest share of the base's weight at one supplier, in (0, 1].
    """

    smallest_n: int = 10
    smallest_count: int = 3
    fewest_suppliers: int = 3
    largest_supplier: float = 0.85

    def own_file(self) -> DisclosureRules:
        """Return the rules for a client's report on its own file: none about suppliers."""
        return replace(self, fewest_suppliers=0, largest_supplier=1.0)

    def broken(
        self,
        n: float,
        hits: float,
        suppliers: float = np.nan,
        largest: float = np.nan,
    ) -> str | None:
        """Return the first rule that figures of a row break; what is not known, NaN, breaks none.

        Parameters
        ----------
        n, hits
            Unweighted ratings in the base and in the numerator.
        suppliers, largest
            Number of suppliers, and the largest one's share of the weight.
        """
        if n < self.smallest_n:
            return "few_ratings"
        if min(hits, n - hits) < self.smallest_count:
            return "small_numerator"
        if suppliers < self.fewest_suppliers:
            return "few_suppliers"
        if largest > self.largest_supplier:
            return "large_supplier"
        return None


@dataclass(frozen=True)
class _Target:
    """A count whose interval has to be so wide, within what it can be made to be."""

    column: int
    width: float
    floor: float = 0.0
    ceiling: float = np.inf
    lowered: bool = False


def withhold(
    tables: Sequence[Estimates],
    rules: DisclosureRules,
    previous: Sequence[Estimates] = (),
) -> list[Estimates]:
    """Blank the rows that must not be shown and flag them `withheld`.

    A withheld row does not say which rule it breaks, or whether it breaks one at all: that would
    narrow what its reader has to guess. `decide` tells the publisher.

    Parameters
    ----------
    tables
        All tables that are published together, of the same responses.
    rules
        The limits.
    previous
        The previous release of such tables, as it was published.

    Returns
    -------
    list of Estimates
        The tables in their order, without what their covariance is formed from.

    Raises
    ------
    UsageError
        A table holds comparisons, or rows that are withheld already.
    DataError
        The tables are not all of the same responses.
    """
    return blank(tables, decide(tables, rules, previous))


def blank(tables: Sequence[Estimates], reasons: Sequence[Sequence[str | None]]) -> list[Estimates]:
    """Blank and flag the rows for which `decide` gave a reason."""
    return [_blanked(table, chosen) for table, chosen in zip(tables, reasons, strict=True)]


def _blanked(estimates: Estimates, reasons: Sequence[str | None]) -> Estimates:
    table = estimates.table
    hidden = pa.array([reason is not None for reason in reasons], pa.bool_())
    replacements = dict.fromkeys(_REVEALING) | {"reliability": "withheld"}
    for name, value in replacements.items():
        position = table.column_names.index(name)
        column = table.column(position)
        values = pc.if_else(hidden, pa.scalar(value, column.type), column)
        table = table.set_column(position, table.field(position), values)
    return replace(estimates, table=table, quantities=None)


def decide(
    tables: Sequence[Estimates],
    rules: DisclosureRules,
    previous: Sequence[Estimates] = (),
) -> list[list[str | None]]:
    """Return why each row is to be withheld; ``None`` where it may be shown.

    The reasons are for the publisher alone: whoever knows them has less to guess.

    Returns
    -------
    list of lists
        A reason a row of each table: ``few_ratings``, ``small_numerator``, ``few_suppliers``,
        ``large_supplier``, ``small_addition`` (since the previous release) or
        ``protects_another``. Where nothing less is enough, that is a whole table.

    Notes
    -----
    Arguments and errors are those of `withhold`. Rows that protect another are chosen for one
    sensitive count after the other, with as few ratings as possible in them.
    """
    rows, before = list(rows_of(tables, "now")), list(rows_of(previous, "before"))
    _check_whole(rows)
    step = Step(rules, rows, before)
    step.withhold_sensitive()
    step.protect()
    step.restore()
    step.follow()
    reasons: list[list[str | None]] = [[None] * len(table) for table in tables]
    for number, reason in step.reasons.items():
        table, position = rows[number].place
        reasons[table][position] = reason
    return reasons


class Step:
    """The disclosure step over all tables: which rows are withheld so far, and why."""

    def __init__(self, rules: DisclosureRules, rows: Sequence[Row], before: Sequence[Row]) -> None:
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

    def withhold_sensitive(self) -> None:
        """Withhold the rows that break a rule, and note what is to be protected."""
        for number, row in enumerate(self.rows):
            rule = self.rules.broken(row.n, row.hits, row.suppliers, row.largest)
            rule = rule or self._small_addition(row.pair, row.n, row.hits)
            if rule:
                self._withhold([number], rule)
                self._aim(row.pair, row.n, row.hits, rule, row.largest)
        for pair, (n, hits) in self.unseen.items():
            # Equal bases leave no rating between them.
            rule = (self.rules.broken(n, hits) if n else None) or self._small_addition(
                pair, n, hits
            )
            if rule:
                self._aim(pair, n, hits, rule)
        self._aim_at_previous()

    def _small_addition(self, pair: Pair, n: float, hits: float) -> str | None:
        """Return whether so little was added that the difference gives answers away."""
        n_then, hits_then = self.then.get(_before(pair), (np.nan, np.nan))
        grown, grown_hits = abs(n - n_then), abs(hits - hits_then)
        if (grown or grown_hits > 0) and self.rules.broken(grown, grown_hits):
            return "small_addition"
        return None

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
            whole = False
            while not self._wide(target):
                chosen = self._complement(target, whole)
                if chosen is None:
                    if not target.lowered:
                        self._narrow(target)
                    break
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
        cost = np.full(len(self.reader.known), np.nan)
        for column, rows in self.showing.items():
            cost[column] = 1.0 + sum(self.rows[row].n for row in rows - self.reasons.keys())
        least, most = -np.inf, max(high - target.width, target.floor)
        if high < target.ceiling:
            # The upper end must come to this even if the lower end comes down to the floor.
            start = target.floor if high < target.floor + target.width else low
            least, most = min(start + target.width, target.ceiling), target.ceiling
        return self.reader.cheapest(target.column, least, most, cost, whole)

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


def _check_whole(rows: Sequence[Row]) -> None:
    for row in rows:
        if np.isnan(row.n):
            raise UsageError(
                "A row has no n: it is withheld already, or no estimate from responses.",
                where=f"table {row.place[0] + 1}, row {row.place[1] + 1}",
                remedy="Give the tables as they were estimated.",
            )


def _known(system: Relations, values: Mapping[Count, float]) -> Floats:
    known = np.full(len(system.columns), np.nan)
    for count, value in values.items():
        known[system.columns[count]] = value
    return known
