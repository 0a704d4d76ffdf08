"""Is a 9 as good as a 10: within a curve, and against the 10s of all other curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from advocacy.arrays import Floats, Integers
from advocacy.estimation.comparisons.contrasts import apart, ratings_behind
from advocacy.estimation.curves.by_score import ByScore, split
from advocacy.estimation.curves.fits import SCORES, direct
from advocacy.survey.cells.groups import Groups
from advocacy.survey.quantities import Counts, Quantities, counts, ratios
from advocacy.survey.sides import Reference, bears_test, reference

_NINE, _TEN = 9, 10
OTHERS = "10, the others"
_S = len(SCORES)


@dataclass(frozen=True)
class Rows:
    """Quantities of curves, and what stands behind them.

    Parameters
    ----------
    quantity, reference
        What they are, and what they are held against.
    curve, score
        Of each row, shape (rows,).
    quantities
        Shape (rows,).
    counts
        Ratings behind each.
    against
        What each is held against where that it is 0 is a hypothesis, and whether its sides bear
        the test; ``None`` where it is none.
    """

    quantity: str
    curve: Integers
    score: Sequence[int | None]
    quantities: Quantities
    counts: Counts
    reference: str | None = None
    against: tuple[Reference, npt.NDArray[np.bool_]] | None = None


def _with_scores(found: ByScore, scores: Sequence[int]) -> Integers:
    """Return the curves shown that have a rating of each of some scores."""
    n = counts(found.cells, found.groups).n.reshape(-1, _S)[found.curves]
    return found.curves[(n[:, list(scores)] > 0).all(axis=1)]


def nine_and_ten(found: ByScore) -> Rows:
    """Return the 9 of each curve less its 10, where it has ratings of both."""
    curves = _with_scores(found, [_NINE, _TEN])
    rates = found.transformed(_nine_less_ten, _nine_less_ten_slopes).take(curves)
    bear, own = scores_bear(found)[curves], found.groups
    of_both = np.isin(own.group % _S, [_NINE, _TEN])
    pairs = Groups(found.keys, own.group[of_both] // _S, own.domain[of_both], found.wholes.size)
    return Rows(
        "difference",
        curves,
        [_NINE] * len(curves),
        rates,
        counts(found.cells, pairs).take(curves),
        str(_TEN),
        (two_scores(found, rates), bear[:, _NINE] & bear[:, _TEN]),
    )


def scores_bear(found: ByScore) -> npt.NDArray[np.bool_]:
    """Tell which scores of each curve bear a test, shape (G, 11)."""
    rates = ratios(found.cells, found.totals.design, found.groups)
    return bears_test(rates).reshape(-1, _S)


def two_scores(found: ByScore, rates: Quantities) -> Reference:
    """Return what differences of two scores' rates are held against, the scores apart."""
    score = np.zeros(found.cells.n_domains, dtype=np.int64)
    score[found.groups.domain] = found.groups.group % _S
    return reference(rates, apart(rates, score[ratings_behind(rates).domain], _S), _S)


def _nine_less_ten(x: Floats, z: Floats) -> Floats:
    rates = direct(x, z)
    found: Floats = rates[..., [_NINE]] - rates[..., [_TEN]]
    return found


def _nine_less_ten_slopes(x: Floats, z: Floats) -> Floats:
    found = np.zeros((1, 2 * _S))
    for score, sign in ((_NINE, 1.0), (_TEN, -1.0)):
        if z[score] > 0:
            found[0, score] = sign / z[score]
            found[0, _S + score] = -sign * x[score] / z[score] / z[score]
    return found


def against_others(found: ByScore) -> list[Rows]:
    """Return the 9 of each curve less the 10 of all others shown together."""
    shown = found.curves
    if len(shown) < 2:
        return []
    groups, size = found.groups, found.wholes.size
    nines = _members(groups, shown * _S + _NINE, shown)
    others = [
        _members(groups, np.setdiff1d(shown, curve) * _S + _TEN, np.full(len(shown) - 1, curve))
        for curve in shown
    ]
    both = [nines, *others]
    pairs = Groups(
        found.keys,
        np.concatenate([group for group, _ in both]),
        np.concatenate([domain for _, domain in both]),
        size,
    )
    rates = found.totals.transformed(
        lambda values: _nine_less_others(values, shown), _others_jacobian(found, shown)
    )
    rows = np.flatnonzero(~np.isnan(rates.estimate))
    rates, bear = rates.take(rows), scores_bear(found)[shown[rows], _NINE]
    tens = bears_test(ratios(found.cells, found.totals.design, _of_others(found, others)))
    return [
        Rows(
            "difference",
            shown[rows],
            [_NINE] * len(rows),
            rates,
            counts(found.cells, pairs).take(shown[rows]),
            OTHERS,
            (two_scores(found, rates), bear & tens[shown[rows]]),
        )
    ]


def _of_others(found: ByScore, others: Sequence[tuple[Integers, Integers]]) -> Groups:
    """Return the 10s of all other curves as a group for each curve."""
    group, domain = (np.concatenate(parts) for parts in zip(*others, strict=True))
    return Groups(found.keys, group, domain, found.wholes.size)


def _members(groups: Groups, wanted: Integers, curve: Integers) -> tuple[Integers, Integers]:
    """Return the curve that each wanted group with a domain counts for, and the domain."""
    domain = np.full(groups.size, -1)
    domain[groups.group] = groups.domain
    has = domain[wanted] >= 0
    return curve[has], domain[wanted[has]]


def _tens_of_others(totals: Floats, shown: Integers) -> Floats:
    """Return the sum over all shown curves but each, from (..., G, 11) to (..., shown)."""
    tens = totals[..., shown, _TEN]
    found: Floats = tens.sum(axis=-1, keepdims=True) - tens
    return found


def _nine_less_others(values: Floats, shown: Integers) -> Floats:
    x, z = split(values)
    others = direct(_tens_of_others(x, shown), _tens_of_others(z, shown))
    found: Floats = direct(x, z)[..., shown, _NINE] - others
    return found


def _others_jacobian(found: ByScore, shown: Integers) -> Floats:
    """Return the derivatives of `_nine_less_others`, shape (shown, 22 G)."""
    # Not each curve in its own unit: the others' tens are summed over curves.
    x, z = split(found.totals.estimate)
    width = x.size
    jacobian = np.zeros((len(shown), 2 * width))
    ten_x, ten_z = _tens_of_others(x, shown), _tens_of_others(z, shown)
    for row, curve in enumerate(shown):
        nine, others = curve * _S + _NINE, np.setdiff1d(shown, curve) * _S + _TEN
        base = z[curve, _NINE]
        if base > 0 and ten_z[row] > 0:
            jacobian[row, nine] = 1 / base
            jacobian[row, width + nine] = -x[curve, _NINE] / base / base
            jacobian[row, others] = -1 / ten_z[row]
            jacobian[row, width + others] = ten_x[row] / ten_z[row] / ten_z[row]
    return jacobian
