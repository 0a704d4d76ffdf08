"""Every margin of a crossing from the cells of one pass, each from its smallest parent.

A margin's cells are sums of those of any margin that has its keys and more. So each is added up
from the parent with the fewest cells, and the work shrinks with every key that is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from advocacy.arrays import Integers
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.given import GivenSums
from advocacy.survey.cells.groups import rolled_up
from advocacy.survey.cells.numbering import numbered, summed

Names = tuple[str, ...]


@dataclass(frozen=True)
class _Margin:
    """Cells, and what they have apart from their domain.

    Parameters
    ----------
    cells
        The cells.
    part
        Number of each cell's combination of programme, supplier, stratum, units and crossing of
        calibration margins; shape (C,). The same in all margins.
    parts
        Number of such combinations.
    """

    cells: Cells
    part: Integers
    parts: int


def margins(cells: Cells, names: Sequence[str]) -> Iterator[tuple[Names, Cells]]:
    """Yield the names and the cells of every margin, from all ``names`` to none of them.

    Keys that are not in ``names`` stay. The cells are those that a pass by these keys alone
    gives, in another order.
    """
    names = tuple(names)
    others = [key for key in cells.domains.column_names if key not in names]
    part, parts = _parts(cells)
    above = {names: _Margin(cells, part, parts)}
    yield names, cells
    for size in reversed(range(len(names))):
        level = {}
        for kept in combinations(names, size):
            parents = [margin for keys, margin in above.items() if set(kept) < set(keys)]
            smallest = min(parents, key=lambda margin: len(margin.part))
            level[kept] = _collapsed(smallest, [*kept, *others])
            yield kept, level[kept].cells
        above = level


def margin(cells: Cells, names: Sequence[str]) -> Cells:
    """Return the cells by some of their keys, as `margins` gives them."""
    return _collapsed(_Margin(cells, *_parts(cells)), names).cells


def _parts(cells: Cells) -> tuple[Integers, int]:
    """Return the number of each cell's combination of all but its domain, and how many."""
    keys = [cells.programme, cells.supplier, cells.stratum]
    keys += [] if cells.psu is None else [cells.psu]
    keys += [] if cells.second is None else [cells.second.ssu]
    keys += [] if cells.calibration is None else [cells.calibration.crossing]
    part, parts = np.zeros(len(cells.domain), dtype=np.int64), 1
    for key in keys:
        width = int(key.max()) + 1
        found, part = numbered(part * width + key, parts * width)
        parts = len(found)
    return part, parts


def _collapsed(margin: _Margin, kept: Sequence[str]) -> _Margin:
    """Return the margin by fewer keys."""
    cells, groups = margin.cells, rolled_up(margin.cells, kept)
    key, of = numbered(
        groups.group[cells.domain] * margin.parts + margin.part, groups.size * margin.parts
    )
    first = np.zeros(len(key), dtype=np.int64)
    first[of] = np.arange(len(of))  # any cell of each: they agree in all but the domain
    rows, n, hits = (
        summed(of, values, len(key)).astype(np.int64)
        for values in (cells.rows, cells.n, cells.hits)
    )
    w, x, z, xx, xz, zz, ww = (
        summed(of, values, len(key))
        for values in (cells.w, cells.x, cells.z, cells.xx, cells.xz, cells.zz, cells.ww)
    )
    most = np.zeros(len(key))
    np.maximum.at(most, of, cells.most)
    collapsed = replace(
        cells,
        domains=groups.keys,
        domain=key // margin.parts,
        programme=cells.programme[first],
        supplier=cells.supplier[first],
        stratum=cells.stratum[first],
        psu=None if cells.psu is None else cells.psu[first],
        rows=rows,
        n=n,
        hits=hits,
        w=w,
        x=x,
        z=z,
        xx=xx,
        xz=xz,
        zz=zz,
        most=most,
        ww=ww,
        second=cells.second and replace(cells.second, ssu=cells.second.ssu[first]),
        calibration=cells.calibration
        and replace(cells.calibration, crossing=cells.calibration.crossing[first]),
        given=cells.given and _given(cells, cells.given, of, key // margin.parts),
    )
    return _Margin(collapsed, key % margin.parts, margin.parts)


def _given(cells: Cells, given: GivenSums, of: Integers, domain: Integers) -> GivenSums:
    """Add up the sums of replicate weights, whose parts are a domain and a crossing each.

    ``of`` is the new cell of each cell, ``domain`` the domain of each new cell.
    """
    cell = of[given.cell]
    crossing = np.zeros(len(of), dtype=np.int64)
    if cells.calibration is not None:
        crossing = cells.calibration.crossing
    crossings = int(crossing.max()) + 1
    key, part = np.unique(domain[cell] * crossings + crossing[given.cell], return_inverse=True)
    some = np.zeros(len(key), dtype=np.int64)
    some[part] = cell
    x, z, w = (np.zeros((len(values), len(key))) for values in (given.x, given.z, given.w))
    for total, values in ((x, given.x), (z, given.z), (w, given.w)):
        np.add.at(total.T, part, values.T)
    products = np.zeros((len(key), *given.products.shape[1:]))
    np.add.at(products, part, given.products)
    return GivenSums(some, x, z, w, products, given.whole)
