"""Sets of domains, such as margins of a crossing, and what lies in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa

from advocacy.arrays import Integers
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.numbering import matches, numbered, numbered_rows, summed

# Marks, of domains in groups and of numbers in domains, that are held at a time.
_MOST_MARKS = 4_000_000


@dataclass(frozen=True)
class Groups:
    """Sets of domains to report on; a domain may be in several, or in none.

    Parameters
    ----------
    keys
        What each group is, a row each; shape (K, keys).
    group, domain
        A pair for each domain of each group; shape (pairs,).
    size
        Number of groups, K.
    """

    keys: pa.Table
    group: Integers
    domain: Integers
    size: int


def every_domain(cells: Cells) -> Groups:
    """Return the domains, each a group of its own."""
    own = np.arange(cells.n_domains)
    return Groups(cells.domains, own, own, len(own))


def rolled_up(cells: Cells, names: Sequence[str]) -> Groups:
    """Return the groups of domains that agree in these keys: margins of the crossing."""
    own = np.arange(cells.n_domains)
    if not names:
        return Groups(cells.domains.select([]), np.zeros_like(own), own, 1)
    group, keys = numbered_rows(cells.domains, names)
    return Groups(keys, group, own, keys.num_rows)


def members(groups: Groups) -> Iterator[Integers]:
    """Yield the domains of each group, in the order of the groups."""
    order = np.argsort(groups.group, kind="stable")
    bounds = np.searchsorted(groups.group[order], np.arange(groups.size + 1))
    for first, end in pairwise(bounds):
        yield groups.domain[order[first:end]]


def cells_of(cells: Cells, domain: Integers) -> tuple[Integers, Integers]:
    """Return each pair of a cell and an entry of its domain: numbers of cells, of entries."""
    order = np.argsort(domain, kind="stable")
    cell, entry = matches(domain[order], cells.domain, cells.n_domains)
    return cell, order[entry]


def distinct(cells: Cells, groups: Groups, numbers: Integers) -> Integers:
    """Count the distinct numbers among the cells in the base of each group; shape (K,)."""
    used = cells.n > 0
    number, domain = _pairs(numbers[used], cells.domain[used], cells.n_domains)
    # Most units are in one domain alone: they are counted by domain, however many groups it is in.
    several = np.bincount(number)[number] > 1
    alone = np.bincount(domain[~several], minlength=cells.n_domains)
    group, member = _pairs(groups.group, groups.domain, cells.n_domains)
    counted = summed(group, alone[member], groups.size).astype(np.int64)
    found: Integers = counted + _in_several(
        number[several], domain[several], Groups(groups.keys, group, member, groups.size), cells
    )
    return found


def _in_several(number: Integers, domain: Integers, groups: Groups, cells: Cells) -> Integers:
    """Count, in each group, the numbers that are in several domains; pairs of them, none twice."""
    if groups.size * cells.n_domains > _MOST_MARKS:
        order = np.argsort(groups.domain, kind="stable")
        each, entry = matches(groups.domain[order], domain, cells.n_domains)
        _, of = _pairs(number[each], groups.group[order[entry]], groups.size)
        return np.bincount(of, minlength=groups.size)
    within = np.zeros((cells.n_domains, groups.size), dtype=np.float32)
    within[groups.domain, groups.group] = 1
    (which, row), found = np.unique(number, return_inverse=True), np.zeros(groups.size, np.int64)
    for rows in np.array_split(
        np.arange(len(which)), len(which) * cells.n_domains // _MOST_MARKS + 1
    ):
        own = (row >= rows[0]) & (row <= rows[-1]) if len(rows) else np.zeros(len(row), bool)
        present = np.zeros((len(rows), cells.n_domains), dtype=np.float32)
        present[row[own] - rows[:1], domain[own]] = 1
        found += np.count_nonzero(present @ within, axis=0)
    return found


def _pairs(number: Integers, domain: Integers, domains: int) -> tuple[Integers, Integers]:
    """Return the distinct pairs of a number and a domain."""
    bound = (int(number.max(initial=0)) + 1) * domains
    pairs, _ = numbered(number * domains + domain, bound)
    return pairs // domains, pairs % domains
