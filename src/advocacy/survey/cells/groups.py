"""Sets of domains, such as margins of a crossing, and what lies in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa

from advocacy.arrays import Integers
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.numbering import matches, numbered, numbered_rows


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
    cell, pair = cells_of(cells, groups.domain)
    used = cells.n[cell] > 0
    bound = (int(numbers.max(initial=0)) + 1) * groups.size
    pairs, _ = numbered(numbers[cell[used]] * groups.size + groups.group[pair[used]], bound)
    return np.bincount(pairs % groups.size, minlength=groups.size)
