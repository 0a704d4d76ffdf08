"""Counts of ratings, and which of them are sums of others.

A count is of the ratings that meet some conditions, have a score in a set, and lie in a cell of
some segments. It is a whole number of 0 or more, and each total is the sum of its parts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy import sparse

from advocacy.arrays import Floats
from advocacy.estimation.conditions import Scores
from advocacy.estimation.disclosure.score_sets import atoms, blocks

Level = str | int | None
Cell = frozenset[tuple[str, Level]]
Conditions = frozenset[str]
Group = frozenset[str]


class Count(NamedTuple):
    """Ratings of a release that meet ``conditions``, have one of ``scores`` and lie in ``cell``."""

    release: str
    conditions: Conditions
    scores: Scores
    cell: Cell

    @property
    def group(self) -> Group:
        """Names of the segments that make the cell."""
        return frozenset(name for name, _ in self.cell)


class Rest(NamedTuple):
    """Ratings of a base that are not in the numerator."""

    base: Count
    numerator: Count


class Added(NamedTuple):
    """How much a count has grown since the previous release."""

    now: Count


class Sum(NamedTuple):
    """A sum of counts that no table shows: column and coefficient of each."""

    parts: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Relations:
    """Totals and the parts that they are the sum of, as ``matrix @ counts == 0``.

    Parameters
    ----------
    columns
        Column of each count, in the order in which they were met.
    matrix
        Shape (relations, counts), entries −1, 0 and 1.
    lower
        Smallest value of each count, shape (counts,), in ratings.
    """

    columns: dict[Hashable, int]
    matrix: sparse.csr_array
    lower: Floats

    def with_sum(self, own: Sum) -> Relations:
        """Return the relations with a sum behind the counts, and what it is the sum of."""
        places, signs = zip(*own.parts, strict=True)
        n_rows, n_columns = self.matrix.shape
        row = sparse.csr_array(
            ([*signs, -1.0], (np.zeros(len(signs) + 1, dtype=np.int64), [*places, n_columns])),
            shape=(1, n_columns + 1),
        )
        wider = sparse.hstack([self.matrix, sparse.csr_array((n_rows, 1))])
        lowest = 0.0 if min(signs) > 0 else -np.inf
        return Relations(
            self.columns | {own: n_columns},
            sparse.vstack([wider, row], format="csr"),
            np.append(self.lower, lowest),
        )


@dataclass
class _Draft:
    """Relations while they are collected."""

    columns: dict[Hashable, int] = field(default_factory=dict)
    lower: dict[Hashable, float] = field(default_factory=dict)
    entries: list[tuple[int, int, float]] = field(default_factory=list)
    n_relations: int = 0

    def relate(self, totals: Iterable[Hashable], parts: Iterable[Hashable]) -> None:
        """Add that the sum of ``totals`` is the sum of ``parts``."""
        signed = [(key, 1.0) for key in totals] + [(key, -1.0) for key in parts]
        for key, sign in signed:
            column = self.columns.setdefault(key, len(self.columns))
            self.entries.append((self.n_relations, column, sign))
        self.n_relations += 1

    def finish(self) -> Relations:
        """Return the relations collected."""
        rows, columns, signs = np.array(self.entries, dtype=float).T
        shape = (self.n_relations, len(self.columns))
        lower = np.array([self.lower.get(key, 0.0) for key in self.columns])
        places = (rows.astype(np.int64), columns.astype(np.int64))
        return Relations(self.columns, sparse.csr_array((signs, places), shape=shape), lower)


def relations(
    values: Mapping[Count, float],
    pairs: Iterable[tuple[Count, Count | None]],
    present: Iterable[Count],
) -> Relations:
    """Return all additive relations between counts.

    They are: a margin is the sum over a segment and of the ratings that lack it; a set of scores
    is the sum of its parts; ratings that meet a condition are some of those that meet it or not;
    a base is its numerator and the rest; a count is what it was in the previous release and what
    was added.

    Parameters
    ----------
    values
        Every count that a table has a place for; NaN where its value is not known.
    pairs
        Base and numerator of each row; those that no table shows are differences of such counts.
    present
        Counts of which a reader knows that they are at least 1.

    Notes
    -----
    Where all values are known and a margin is the sum over a segment, no rating lacks the
    segment, and a reader is taken to know that. Otherwise the number that lack it is unknown.
    """
    draft, pairs, present = _Draft(), list(pairs), set(present)
    counts = dict.fromkeys(count for pair in pairs for count in pair if count is not None)
    releases = {}
    for release in sorted({count.release for count in values}):
        own = {count: value for count, value in values.items() if count.release == release}
        wanted = [count for count in counts if count.release == release]
        releases[release] = _Release(release, own)
        releases[release].relate(draft, wanted)
    for base, numerator in pairs:
        if numerator is not None:
            draft.relate([base], [numerator, Rest(base, numerator)])
    if len(releases) > 1:
        _relate_releases(draft, values, present, releases["now"])
    draft.lower |= dict.fromkeys(present, 1.0)
    return draft.finish()


def _relate_releases(
    draft: _Draft, values: Mapping[Count, float], present: Set[Count], now: _Release
) -> None:
    """Add what was added to each count; it is 0 or more unless it is known to be less."""
    befores = [key for key in draft.columns if isinstance(key, Count) and key.release == "before"]
    grown = {}
    for count in befores:
        then = values.get(count, np.nan)
        if now.is_empty(count):
            grown[count] = -1.0 if count in present else -then
        else:
            grown[count] = values.get(count._replace(release="now"), np.nan) - then
    shrunk = any(growth < 0 for growth in grown.values())
    for count, growth in grown.items():
        later = count._replace(release="now")
        if shrunk and np.isnan(growth):
            continue
        if later in draft.columns:
            draft.relate([later], [count, Added(later)])
            draft.lower[Added(later)] = min(0.0, growth) if growth == growth else 0.0
        elif now.is_empty(count) and not shrunk:
            draft.relate([], [count])


class _Release:
    """The counts of one release, by conditions and group of segments."""

    def __init__(self, release: str, values: Mapping[Count, float]) -> None:
        self.release = release
        self.values = values
        self.groups = _lattice({count.group for count in values})
        # Sets of scores and cells that tables show of each group, itself or as part of a finer one.
        self.seen: defaultdict[tuple[Conditions, Group], defaultdict[Scores, set[Cell]]]
        self.seen = defaultdict(lambda: defaultdict(set))
        self.listed: defaultdict[tuple[Conditions, Group], defaultdict[Scores, set[Cell]]]
        self.listed = defaultdict(lambda: defaultdict(set))
        for count in values:
            self.listed[count.conditions, count.group][count.scores].add(count.cell)
            for group in self.groups:
                if not group <= count.group:
                    continue
                part = frozenset(item for item in count.cell if item[0] in group)
                self.seen[count.conditions, group][count.scores].add(part)
        self.atoms = {key: atoms(list(seen)) for key, seen in self.seen.items()}
        self.cells: dict[tuple[Conditions, Group, Scores], set[Cell]] = {}
        for group in self.groups:
            for conditions in self._conditions(group):
                for atom in self.atoms[conditions, group]:
                    observed = self._observed(conditions, group, atom)
                    lacking = self._lacking(conditions, group, atom, observed)
                    self.cells[conditions, group, atom] = observed | lacking

    def relate(self, draft: _Draft, wanted: Iterable[Count]) -> None:
        """Add the relations within this release, for counts that tables show or ``wanted``."""
        for (conditions, group, atom), cells in self.cells.items():
            for segment in sorted(name for name in group if group - {name} in self.groups):
                self._relate_segment(draft, conditions, group, atom, segment, cells)
        for count in dict.fromkeys((*self.values, *wanted)):
            parts = self._counts(count.conditions, count.scores, count.cell)
            if parts != [count]:
                draft.relate([count], parts)
        self._relate_conditions(draft)

    def is_empty(self, count: Count) -> bool:
        """Whether the tables leave no place for a count, because it is 0."""
        cells = self.cells.get((count.conditions, count.group, count.scores))
        return cells is not None and count.cell not in cells

    def _relate_segment(
        self,
        draft: _Draft,
        conditions: Conditions,
        group: Group,
        atom: Scores,
        segment: str,
        cells: set[Cell],
    ) -> None:
        children = _by_parent(cells, segment)
        for parent in _ordered(self._parents(conditions, group - {segment}, atom)):
            draft.relate(
                self._counts(conditions, atom, parent),
                [Count(self.release, conditions, atom, cell) for cell in children.get(parent, ())],
            )

    def _relate_conditions(self, draft: _Draft) -> None:
        """Add that ratings which meet further conditions are some of those that meet fewer."""
        for wide, group in self.atoms:
            for narrow in _just_narrower(wide, self._conditions(group)):
                own, other = self.atoms[wide, group], self.atoms[narrow, group]
                for whole, part in blocks(own, other):
                    cells = self._parents(narrow, group, part)
                    for cell in _ordered(cells):
                        rest = Rest(
                            Count(self.release, wide, whole, cell),
                            Count(self.release, narrow, part, cell),
                        )
                        totals = self._counts(wide, whole, cell)
                        parts = self._counts(narrow, part, cell)
                        draft.relate(totals, [*parts, rest] if totals else parts)

    def _conditions(self, group: Group) -> list[Conditions]:
        found = {conditions for conditions, seen in self.seen if seen == group}
        return sorted(found, key=sorted)

    def _parts(self, conditions: Conditions, group: Group, scores: Scores) -> list[Scores]:
        return [atom for atom in self.atoms[conditions, group] if atom <= scores]

    def _counts(self, conditions: Conditions, scores: Scores, cell: Cell) -> list[Count]:
        group = frozenset(name for name, _ in cell)
        return [
            Count(self.release, conditions, atom, cell)
            for atom in self._parts(conditions, group, scores)
            if cell in self.cells[conditions, group, atom]
        ]

    def _parents(self, conditions: Conditions, group: Group, scores: Scores) -> set[Cell]:
        atoms = self._parts(conditions, group, scores)
        return set().union(*(self.cells[conditions, group, atom] for atom in atoms))

    def _observed(self, conditions: Conditions, group: Group, atom: Scores) -> set[Cell]:
        """Return the cells with a name; one that a table does not list holds no rating."""
        seen = self.seen[conditions, group]
        cells: set[Cell] = set().union(*(seen[scores] for scores in seen if atom <= scores))
        for scores, listed in self.listed[conditions, group].items():
            if atom <= scores:
                cells &= listed
        return cells

    def _lacking(
        self, conditions: Conditions, group: Group, atom: Scores, observed: set[Cell]
    ) -> set[Cell]:
        """Return the cells of ratings that lack a segment, unless there are surely none."""
        parents = {
            name: self._parents(conditions, group - {name}, atom)
            for name in group
            if group - {name} in self.groups
        }
        open_ones = {
            name: {
                parent | {(name, None)}
                for parent in parents[name]
                if not self._is_sum(conditions, atom, parent, children.get(parent, []))
            }
            for name in parents
            for children in [_by_parent(observed, name)]
        }
        return {
            cell
            for cell in frozenset[Cell]().union(*open_ones.values())
            if all(
                cell in open_ones[name]
                if level is None
                else cell - {(name, level)} in parents[name]
                for name, level in cell
                if name in parents
            )
        }

    def _is_sum(
        self, conditions: Conditions, scores: Scores, parent: Cell, children: list[Cell]
    ) -> bool:
        parts = sum(self._value(conditions, scores, child) for child in children)
        return bool(self._value(conditions, scores, parent) == parts)

    def _value(self, conditions: Conditions, scores: Scores, cell: Cell) -> float:
        whole = Count(self.release, conditions, scores, cell)
        if whole in self.values:
            return self.values[whole]
        group = whole.group
        if (conditions, group) not in self.atoms:
            return np.nan
        parts = self._parts(conditions, group, scores)
        if parts == [scores]:
            return self._value_within(whole)
        if not parts:
            return np.nan
        return sum(
            self._value(conditions, atom, cell)
            for atom in parts
            if cell in self.cells.get((conditions, group, atom), {cell})
        )

    def _value_within(self, part: Count) -> float:
        """Return the value of a part of a set of scores: the set less all other parts, if known."""
        for scores in self.listed[part.conditions, part.group]:
            if part.scores < scores:
                others = [
                    self.values.get(part._replace(scores=atom), np.nan)
                    for atom in self._parts(part.conditions, part.group, scores)
                    if atom != part.scores
                ]
                found = self.values.get(part._replace(scores=scores), np.nan) - sum(others)
                if not np.isnan(found):
                    return found
        return np.nan


def _subsets(names: Group) -> list[tuple[str, ...]]:
    return [part for size in range(len(names) + 1) for part in combinations(sorted(names), size)]


def _lattice(groups: set[Group]) -> list[Group]:
    """Return the groups, what they have in common, and a way from each to all ratings."""
    found = {frozenset(part) for group in groups for part in _subsets(group)}
    common = {one & other for one in groups for other in groups}
    for group in _by_size(found - common):
        above = [other for other in found if group < other and len(other) == len(group) + 1]
        if all(
            sum(below < other for below in found if len(below) == len(group)) > 1 for other in above
        ):
            found.remove(group)
    return _by_size(found)


def _by_size(groups: Iterable[Group]) -> list[Group]:
    return sorted(groups, key=lambda group: (len(group), sorted(group)))


def _by_parent(cells: Iterable[Cell], segment: str) -> dict[Cell, list[Cell]]:
    children: dict[Cell, list[Cell]] = {}
    for cell in _ordered(cells):
        parent = frozenset(item for item in cell if item[0] != segment)
        children.setdefault(parent, []).append(cell)
    return children


def _ordered(cells: Iterable[Cell]) -> list[Cell]:
    # Sets of strings have another order in every process.
    return sorted(cells, key=lambda cell: sorted((name, str(level)) for name, level in cell))


def _just_narrower(wide: Conditions, others: Sequence[Conditions]) -> list[Conditions]:
    narrower = [other for other in others if wide < other]
    return [one for one in narrower if not any(other < one for other in narrower)]
