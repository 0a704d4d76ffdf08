"""What replicates of a model draw: PSUs, or groups of them where they are many."""

from __future__ import annotations

import numpy as np

from advocacy.arrays import Floats, Integers
from advocacy.errors import UsageError
from advocacy.estimation.models.fitting import Model
from advocacy.survey.replicates import draws, multipliers, share_left_out
from advocacy.survey.replication import Replication

# Units that replicates draw at most, unless strata of two PSUs are more.
MOST_UNITS = 1_000
_FEWEST = 20


def drawn_units(model: Model, replication: Replication) -> tuple[Integers, Floats]:
    """Return the unit of each rating, and the factor of each unit in each replicate.

    A stratum's PSUs (ratings, where each is its own) are units. Where a design has more than
    `MOST_UNITS`, those of a stratum are put into random groups, at least two: their bootstrap
    has the same variance on average, on fewer degrees of freedom (Wolter 2007, chapter 2).

    Returns
    -------
    tuple
        Shapes (N,) and (R, units); Rao and Wu's bootstrap.
    """
    if replication.number < _FEWEST:
        raise UsageError(
            f"{replication.number} replicates tell no ranks.",
            remedy=f"Use {_FEWEST} or more; 200 do.",
        )
    rng = np.random.default_rng(replication.seed)
    cells, place = model.cells, model.place
    if cells.psu is None:
        psu, stratum = np.arange(len(place)), cells.stratum[place]
        of_rating = psu
    else:
        psu, first = np.unique(cells.psu, return_index=True)
        stratum = cells.stratum[first]
        of_rating = np.searchsorted(psu, cells.psu[place])
    groups = _groups(cells.psus)
    starts = np.cumsum(groups) - groups
    unit = np.empty(len(psu), dtype=np.int64)
    for h in np.unique(stratum):
        own = np.flatnonzero(stratum == h)
        # PSUs without a rating in the base are in their groups too.
        unit[own] = starts[h] + rng.permutation(cells.psus[h])[: len(own)] % groups[h]
    of_unit = np.repeat(np.arange(len(groups)), groups)
    drawn = draws(rng, of_unit, groups, replication.number)
    left_out = share_left_out(cells, model.asked.design)
    return unit[of_rating], multipliers(drawn, of_unit, groups, left_out)


def _groups(psus: Integers) -> Integers:
    """Return the number of units of each stratum, shape (strata,)."""
    if psus.sum() <= MOST_UNITS:
        return psus.astype(np.int64)
    share = np.rint(psus * (MOST_UNITS / psus.sum())).astype(np.int64)
    found: Integers = np.minimum(psus, np.maximum(share, 2)).astype(np.int64)
    return found
