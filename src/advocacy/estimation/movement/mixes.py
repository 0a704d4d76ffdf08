r"""How much of a movement is of the measured mix: Kitagawa's parts, from the totals of one pass.

A movement is the sum of the part of mix, the part of rates, both over the cells of the mix that
both periods have, and what lies in cells that one of them lacks. A rating that lacks a segment of
the mix is in a level of its own, so that the parts add up to the movement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from advocacy.arrays import Floats, Integers
from advocacy.estimation.comparisons.contrasts import apart
from advocacy.estimation.comparisons.kitagawa import COMBINED, QUANTITIES, MixedPair
from advocacy.estimation.movement.measures import Measured
from advocacy.survey.cells.groups import Groups, rolled_up
from advocacy.survey.gradient import Gradient
from advocacy.survey.quantities import Quantities
from advocacy.survey.sides import Reference, reference

PARTS = ("mix_part", "rate_part", "outside")
# The parts by the ten quantities of a pair: outside is what all ratings have less the common ones.
_OF_TEN = np.array(
    [
        [float(name == "mix_part") for name in QUANTITIES],
        [float(name == "rate_part") for name in QUANTITIES],
        [float(name == "raw_all") - float(name == "raw_common") for name in QUANTITIES],
    ]
)


@dataclass(frozen=True)
class Parts:
    """Parts of movements.

    Parameters
    ----------
    quantities
        Three for each movement that has them, in the order of `PARTS`.
    movement
        Number of the movement of each, shape (parts,).
    against
        What each is held against.
    whole
        Whether both periods have ratings in the same cells of the mix, shape (parts,).
    """

    quantities: Quantities
    movement: Integers
    against: Reference
    whole: Floats


def parts_of(
    found: Measured,
    value: Floats,
    groups: Groups,
    pairs: Sequence[tuple[int, int]],
    mix: Sequence[str],
) -> Parts | None:
    """Split movements of one measure.

    Parameters
    ----------
    found
        The pass, crossed with the mix too.
    value
        What ratings of a domain count, NaN outside the base; shape (D,).
    groups
        The periods (of a crossing); each domain is in one.
    pairs
        The later and the earlier group of each movement.
    mix
        Names of the segments whose crossing is the mix.
    """
    cells = rolled_up(found.cells, [*groups.keys.column_names, *mix])
    totals = found.totals(cells, value)
    counts = found.counts(cells, value).n
    of_domain = np.zeros(found.cells.n_domains, dtype=np.int64)
    of_domain[groups.domain] = groups.group
    period = np.zeros(cells.size, dtype=np.int64)
    period[cells.group] = of_domain[cells.domain]
    keys = [tuple(row.values()) for row in cells.keys.select(list(mix)).to_pylist()]
    split, movement = [], []
    for number, (later, earlier) in enumerate(pairs):
        pair = _pair(keys, counts, period, (later, earlier))
        if pair is not None:
            split.append(pair)
            movement.append(number)
    if not split:
        return None
    jacobian = np.vstack([_OF_TEN @ COMBINED @ pair.jacobian(totals.estimate) for pair in split])

    def function(values: Floats) -> Floats:
        parts = [pair.rates(values) @ (_OF_TEN @ COMBINED).T for pair in split]
        return np.concatenate(parts, axis=-1)

    quantities = totals.transformed(function, jacobian)
    every = np.repeat(np.array(movement, dtype=np.int64), len(PARTS))
    later_of = np.array([pairs[number][0] for number in every.tolist()])
    gradient = quantities.gradient
    if not isinstance(gradient, Gradient):
        raise TypeError("Influence by cell tells no domains, and so no sides.")
    side = (of_domain[gradient.domain] != later_of[gradient.quantity]).astype(np.int64)
    against = reference(quantities, apart(quantities, side, 2), 2)
    whole = [float(len(p.every[0]) == len(p.every[1]) == p.common.shape[1]) for p in split]
    return Parts(quantities, every, against, np.repeat(np.array(whole), len(PARTS)))


def _pair(
    keys: Sequence[tuple[object, ...]], counts: Integers, period: Integers, both: tuple[int, int]
) -> MixedPair | None:
    """Return the cells of two periods, and those of both; none where these are none."""
    every = [np.flatnonzero((period == own) & (counts > 0)).astype(np.int64) for own in both]
    held = [{keys[cell]: cell for cell in own.tolist()} for own in every]
    common = [key for key in held[0] if key in held[1]]
    if not common:
        return None
    shared = np.array([[one[key] for key in common] for one in held], dtype=np.int64)
    return MixedPair(("", ""), (every[0], every[1]), shared, len(held[0].keys() | held[1].keys()))
