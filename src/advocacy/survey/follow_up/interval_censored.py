r"""Cumulative incidences of competing events that are known to lie between two times.

Of each rating a set is known in which time and kind of its event lie: for each kind k a window
:math:`(l_k, r_k]`, or none. An exact time t is :math:`(t - 1, t]`, as times are whole; who had no
event by c has :math:`(c, \infty)` for every kind. With :math:`P(B)` the probability of a set B, the
non-parametric maximum likelihood estimate maximises

.. math::

    \sum_i w_i \log P(B_i), \qquad \sum_i w_i = 1.

It lies on the maximal intersections of each kind: the shortest windows from a left end to a right
end (Peto 1973, https://doi.org/10.2307/2346307; for kinds that compete Hudgens, Satten and Longini
2001, https://doi.org/10.1111/j.0006-341X.2001.00074.x). How its probability lies within one is not
known, so that the incidence is a number where none with probability is cut, and else a range.

The likelihood is concave. With :math:`g_j = \sum_i w_i 1[j \in B_i] / P(B_i)` the slope towards
putting all on intersection j, no distribution has a log likelihood above that of P by more than

.. math::

    \max_j g_j - 1,

the duality gap, which is 0 at the maximum alone (Gentleman and Geyer 1994,
https://doi.org/10.1093/biomet/81.3.618). Steps are those of Wang (2007),
https://doi.org/10.1111/j.1467-9868.2007.00583.x, after some of the EM algorithm.

R equivalent, of one event: ``survival::survfit(Surv(l, r, type = "interval2") ~ 1, weights = w)``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from advocacy.arrays import Floats, Integers

# Right end of the window of an event that has not been seen.
LATER = np.iinfo(np.int64).max
# Duality gap at which the likelihood is at its maximum, as far as numbers of 64 bits tell.
CONVERGED = 1e-11
_MOST_STEPS = 500
# Steps of the EM algorithm from nowhere, and from a maximum of the same sets with other weights.
_EM_STEPS, _FEW_STEPS = 100, 5
# Probability that is none; that is let go unless it would gain; that is spread in a start.
_NOTHING, _LITTLE, _SPREAD = 1e-13, 1e-7, 1e-5
# Log likelihoods that differ by less are alike, as far as numbers of 64 bits tell.
_ALIKE = 1e-14


@dataclass(frozen=True)
class Incidences:
    """The incidence of the first kind at J times, and how near the maximum it is.

    Parameters
    ----------
    low, high
        Least and most that it can be at each time, shape (J,): alike where it is identified.
    gap
        Duality gap: no distribution has a mean log likelihood that is higher by more.
    maximum
        Where it was found; ``None`` where no set has a weight.
    """

    low: Floats
    high: Floats
    gap: float
    maximum: Maximum | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Maximum:
    """Probabilities of the maximal intersections, by kind; one from which to search for another.

    Parameters
    ----------
    kind, left, right
        Kind and ends of each, shape (J,).
    mass
        Its probability, shape (J,).
    later
        Probability of what is later than all windows.
    """

    kind: Integers
    left: Integers
    right: Integers
    mass: Floats
    later: float


@dataclass(frozen=True)
class _Intersections:
    """Maximal intersections, those of the first kind first, each in the order of time.

    Parameters
    ----------
    kind, left, right
        Kind and ends of each, shape (J,).
    first, last
        Of each set the intersections within it, from the first to before the last, by kind;
        shape (sets, kinds).
    later
        Whether each set holds what is later than all windows; ``None`` where nothing is put there.
    """

    kind: Integers
    left: Integers
    right: Integers
    first: Integers
    last: Integers
    later: npt.NDArray[np.bool_] | None

    @property
    def size(self) -> int:
        """Number of intersections, what is later among them, the last."""
        return len(self.left) + (self.later is not None)

    def probability(self, mass: Floats) -> Floats:
        """Return the probability of each set, shape (sets,)."""
        whole = np.concatenate([[0.0], np.cumsum(mass[: len(self.left)])])
        found: Floats = (whole[self.last] - whole[self.first]).sum(axis=1)
        if self.later is not None:
            found = found + mass[-1] * self.later
        # Sums of differences may leave less than nothing.
        positive: Floats = np.maximum(found, 0.0)
        return positive

    def slopes(self, share: Floats) -> Floats:
        """Return the sum of a value of the sets over those that hold each intersection."""
        change = np.zeros(len(self.left) + 1)
        repeated = np.broadcast_to(share[:, None], self.first.shape)
        np.add.at(change, self.first, repeated)
        np.subtract.at(change, self.last, repeated)
        found: Floats = np.cumsum(change)[:-1]
        return found if self.later is None else np.append(found, share[self.later].sum())

    def columns(self, chosen: Integers) -> Floats:
        """Return 1 where a set holds an intersection, else 0; shape (sets, chosen)."""
        held: Floats = np.zeros((len(self.first), len(chosen)))
        for kind in range(self.first.shape[1]):
            first, last = self.first[:, kind, None], self.last[:, kind, None]
            held += (chosen >= first) & (chosen < last)
        if self.later is not None:
            held += (chosen == len(self.left)) & self.later[:, None]
        return held


def interval_incidences(
    after: Integers, by: Integers, weight: Floats, at: Integers, start: Maximum | None = None
) -> Incidences:
    """Estimate the cumulative incidence of the first of several kinds of events, at some times.

    Parameters
    ----------
    after, by
        Window of each set for each kind, whose event is later than ``after`` and at ``by`` or
        earlier; shape (sets, kinds), whole numbers. None where ``by`` is not above ``after``;
        `LATER` for every kind where no event has been seen.
    weight
        Weight of each set, 0 or more, shape (sets,).
    at
        Times, shape (J,).
    start
        Maximum of the same sets with other weights, from which to start.

    Returns
    -------
    Incidences
        NaN where no set has a weight.
    """
    used = weight > 0
    if not used.any():
        return Incidences(np.full(len(at), np.nan), np.full(len(at), np.nan), 0.0)
    after, by = after[used], by[used]
    among = _intersections(after, by)
    mass, gap = _maximised(among, weight[used] / weight[used].sum(), start)
    found = Maximum(
        among.kind,
        among.left,
        among.right,
        mass[: len(among.left)],
        0.0 if among.later is None else float(mass[-1]),
    )
    own = among.kind == 0
    low = np.array([found.mass[own & (found.right <= time)].sum() for time in at])
    high = np.array([found.mass[own & (found.left < time)].sum() for time in at])
    last = after[by[:, 0] > after[:, 0], 0].max(initial=-1)
    high = np.minimum(high + found.later * (at > last), 1.0)
    return Incidences(low, high, gap, found)


def _intersections(after: Integers, by: Integers) -> _Intersections:
    """Return the maximal intersections of each kind, and which lie in each set."""
    lefts, rights, firsts, lasts, start = [], [], [], [], 0
    dominated = False
    for kind in range(after.shape[1]):
        some = by[:, kind] > after[:, kind]
        left, right = _shortest(after[some, kind], by[some, kind])
        first = np.searchsorted(left, after[:, kind])
        last = np.maximum(np.searchsorted(right, by[:, kind], side="right"), first)
        firsts.append(start + np.where(some, first, 0))
        lasts.append(start + np.where(some, last, 0))
        lefts.append(left)
        rights.append(right)
        start += len(left)
        # Whoever may have an event later may have had it in a window behind all left ends.
        dominated |= bool(len(right) and right[-1] > after[some, kind].max())
    later = (by == LATER).any(axis=1)
    return _Intersections(
        kind=np.repeat(np.arange(len(lefts)), [len(left) for left in lefts]),
        left=np.concatenate(lefts),
        right=np.concatenate(rights),
        first=np.stack(firsts, axis=1),
        last=np.stack(lasts, axis=1),
        later=later if later.any() and not dominated else None,
    )


def _shortest(after: Integers, by: Integers) -> tuple[Integers, Integers]:
    """Return the windows from a left end to a right end with no other end between."""
    lefts, rights = np.unique(after), np.unique(by[by < LATER])
    nearest = lefts[np.searchsorted(lefts, rights) - 1] if len(rights) else rights
    left, place = np.unique(nearest, return_index=True)
    return left, rights[place]


def _maximised(
    among: _Intersections, weight: Floats, start: Maximum | None
) -> tuple[Floats, float]:
    """Return the probability of each intersection at the maximum, and the duality gap there."""
    mass = np.full(among.size, 1 / among.size)
    if start is not None:
        mass = _SPREAD * mass + (1 - _SPREAD) * _placed(among, start)
        mass /= mass.sum()
    for _ in range(_EM_STEPS if start is None else _FEW_STEPS):
        mass = mass * among.slopes(weight / among.probability(mass))
    for _ in range(_MOST_STEPS):
        probability = among.probability(mass)
        slopes = among.slopes(weight / probability)
        gap = float(slopes.max() - 1)
        if gap <= CONVERGED:
            break
        stepped = _stepped(among, weight, mass, slopes)
        if stepped is None:
            break
        mass = stepped
    return mass, max(gap, 0.0)


def _placed(among: _Intersections, start: Maximum) -> Floats:
    """Return the probabilities of a start on the intersections that hold its own."""
    mass = np.zeros(among.size)
    for kind in np.unique(among.kind):
        here, there = among.kind == kind, start.kind == kind
        left, right = among.left[here], among.right[here]
        place = np.searchsorted(left, start.left[there], side="right") - 1
        inside = (place >= 0) & (start.right[there] <= right[place])
        offset = int(np.argmax(here))
        np.add.at(mass, offset + place[inside], start.mass[there][inside])
    if among.later is not None:
        mass[-1] = start.later
    return mass


def _stepped(among: _Intersections, weight: Floats, mass: Floats, slopes: Floats) -> Floats | None:
    """Return probabilities nearer the maximum; ``None`` where numbers tell of none.

    Those of the quadratic approximation of the log likelihood, on the intersections that have
    some or would gain, and so far towards them that the likelihood grows.
    """
    from scipy.optimize import nnls

    chosen = np.flatnonzero((mass > _LITTLE) | (slopes > 1))
    probability = among.probability(mass)
    rows = among.columns(chosen) / probability[:, None] - 2
    triangle = np.linalg.qr(np.sqrt(weight)[:, None] * rows, mode="r")
    # Of all multiples of a distribution the one that sums to 1: Dax (1990).
    best, _ = nnls(
        np.vstack([triangle, np.ones(len(chosen))]), np.append(np.zeros(len(triangle)), 1.0)
    )
    target = np.zeros(among.size)
    target[chosen] = best / best.sum()
    before, share = weight @ np.log(probability), 1.0
    while share > 1e-10:
        moved = mass + share * (target - mass)
        moved = np.where(moved > _NOTHING, moved, 0.0)
        moved /= moved.sum()
        found = among.probability(moved)
        if (found > 0).all():
            gain = weight @ np.log(found) - before
            nearer = among.slopes(weight / found).max() < slopes.max()
            if gain > _ALIKE or (gain > -_ALIKE and nearer):
                return moved
        share /= 2
    return None
