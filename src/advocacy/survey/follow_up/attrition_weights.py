"""What weights for attrition are like, and of whom they say nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advocacy.arrays import Floats, Integers
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.groups import Groups, members
from advocacy.survey.follow_up.leaving import Cohort, Leaving

# A weight for attrition above this lets one rating stand for so many that it is said.
LARGE_WEIGHT = 10.0


@dataclass(frozen=True)
class Weights:
    """Weights for attrition of those whose outcome is known, in each group; shape (G,) each.

    Parameters
    ----------
    n, known
        Ratings of the cohort, and those of them whose outcome is known.
    least, mean, most
        Weights for attrition; NaN where no outcome is known.
    n_eff
        Kish's effective number of those known, by all of their weight.
    large
        Share of those known whose weight for attrition exceeds `LARGE_WEIGHT`.
    """

    n: Integers
    known: Integers
    least: Floats
    mean: Floats
    most: Floats
    n_eff: Floats
    large: Floats


def weights_behind(cells: Cells, groups: Groups, cohort: Cohort, leaving: Leaving) -> Weights:
    """Return what the weights for attrition are in each group."""
    n = cells.totals(cells.n)
    known = cohort.present & ~cohort.left
    squares, z = cells.totals(cells.zz), cells.totals(cells.z)
    given = leaving.followed[leaving.before, cohort.pattern]
    own = np.divide(1.0, given, out=np.zeros_like(given), where=known & (given > 0))
    found: list[list[float]] = []
    for domain in members(groups):
        used = domain[known[domain] & (own[domain] > 0)]
        many, weight = n[used], own[used]
        whole = float(many.sum())
        row = [float(n[domain[cohort.present[domain]]].sum()), whole]
        if whole:
            square = float((squares[used] * weight**2).sum())
            total = float((z[used] * weight).sum())
            row += [weight.min(), (many * weight).sum() / whole, weight.max()]
            row += [total**2 / square, many[weight > LARGE_WEIGHT].sum() / whole]
        found.append(row + [np.nan] * (7 - len(row)))
    table = np.array(found).reshape(-1, 7).T
    return Weights(table[0].astype(np.int64), table[1].astype(np.int64), *table[2:])


def lost_patterns(cells: Cells, cohort: Cohort) -> tuple[Integers, Integers, float]:
    """Return patterns of which no outcome is known, their ratings, and their share of the weight.

    Nobody of them stands for those who left: what the weights say is not about them.
    """
    size, known = cohort.patterns, cohort.present & ~cohort.left
    n, z = (cells.totals(values) * cohort.present for values in (cells.n, cells.z))
    every = np.bincount(cohort.pattern, weights=n, minlength=size)
    seen = np.bincount(cohort.pattern, weights=n * known, minlength=size)
    lost = np.flatnonzero((every > 0) & (seen == 0))
    weight = np.bincount(cohort.pattern, weights=z, minlength=size)
    return lost, every[lost].astype(np.int64), float(weight[lost].sum() / weight.sum())
