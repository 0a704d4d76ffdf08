r"""Cumulative incidence of an event among others that compete with it, from weighted totals.

People are followed until an event or until they leave the follow-up. With :math:`W_k(t)` the
weighted number of those whose follow-up ends at t by event k, and :math:`Y(t)` of those whose
follow-up ends at t or later,

.. math::

    \hat a_k(t) = \frac{W_k(t)}{Y(t)}, \qquad
    \hat S(t) = \prod_{u \le t} \Bigl(1 - \sum_k \hat a_k(u)\Bigr), \qquad
    \hat F(t) = \sum_{u \le t} \hat S(u-) \, \hat a_1(u).

This is the estimator of Aalen and Johansen (1978), https://www.jstor.org/stable/4615704; where
nothing competes, it is that of Kaplan and Meier. It is a smooth function of the totals
:math:`W_k(t)`, so its variance under any design follows from its derivatives, as that of every
other quantity does. With :math:`\hat a = \sum_k \hat a_k`

.. math::

    \frac{\partial \hat F(\tau)}{\partial \hat a_k(u)} =
    1[k = 1] \, \hat S(u-) - \frac{\hat F(\tau) - \hat F(u)}{1 - \hat a(u)}, \qquad u \le \tau,

and a rating whose follow-up ends at t is in :math:`Y(u)` for all :math:`u \le t`.

R equivalent: ``survival::survfit(Surv(time, ending) ~ 1, weights = w, id = id, influence = TRUE)``;
its influence values times the weight, summed by PSU, give the variance by ``survey::svyrecvar``.
R's own ``cluster =`` does not reach the standard errors of several events (survival 3.5).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from advocacy.arrays import Floats, Integers
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.groups import Groups
from advocacy.survey.design import SurveyDesign
from advocacy.survey.gradient import Gradient
from advocacy.survey.quantities import Quantities
from advocacy.survey.replicates import Replicates, replicate_totals


@dataclass(frozen=True)
class FollowUp:
    """When and how the follow-up of each domain's ratings ended.

    Parameters
    ----------
    time
        Time since the origin at which it ended, shape (D,).
    ending
        0 where it ended without an event, 1 for the event of interest, more for those that
        compete with it; shape (D,).
    """

    time: Integers
    ending: Integers

    @property
    def endings(self) -> int:
        """Number of endings that are told apart; that of interest is one of them."""
        return max(int(self.ending.max(initial=0)), 1) + 1


def aalen_johansen(totals: Floats) -> Floats:
    """Return the cumulative incidence of the event of interest at each time.

    Parameters
    ----------
    totals
        Weighted number of those whose follow-up ends at each of T times, in their order, by each
        of E endings: none, the event of interest, others; shape (..., T, E).

    Returns
    -------
    Floats
        Shape (..., T). At a time at which nobody is at risk any more it stays as it was.
    """
    hazard, before = _hazards(totals)
    incidence: Floats = np.cumsum(before * hazard[..., 0], axis=-1)
    return incidence


def incidence_slopes(totals: Floats, at: Integers) -> Floats:
    """Return the derivatives of the incidence at some of the times with respect to the totals.

    Parameters
    ----------
    totals
        As for `aalen_johansen`, shape (T, E).
    at
        Positions among the T times, shape (J,); below 0 before the first of them.

    Returns
    -------
    Floats
        Shape (J, T, E).
    """
    hazard, before = _hazards(totals)
    incidence = np.cumsum(before * hazard[:, 0])
    at_risk = _at_risk(totals)
    staying = 1.0 - hazard.sum(axis=-1)
    # At each time asked for, of what ends by then: shape (J, T), J the times asked for.
    last, times = at[:, None], np.arange(len(totals))
    ended = times <= last
    reached = np.where(at >= 0, incidence[np.maximum(at, 0)], 0.0)
    # Where all have an event nothing is still to come.
    left = np.where(staying > 0, staying, np.inf)
    lost = np.where(ended, (reached[:, None] - incidence) / left, 0.0)
    by_hazard = np.repeat(-lost[..., None], hazard.shape[1], axis=-1)
    by_hazard[..., 0] += np.where(ended, before, 0.0)
    risk = np.where(at_risk > 0, at_risk, np.inf)
    by_risk = -(by_hazard * hazard).sum(axis=-1) / risk
    # Who leaves later is at risk at every time before.
    slopes = np.repeat(np.cumsum(by_risk, axis=1)[..., None], totals.shape[1], axis=-1)
    slopes[..., 1:] += by_hazard / risk[:, None]
    return slopes


def incidences(
    cells: Cells, design: SurveyDesign, groups: Groups, follow_up: FollowUp, at: Integers
) -> Quantities:
    """Estimate the cumulative incidence in each group of domains, at some times.

    Parameters
    ----------
    cells
        Of ratings that are followed up, crossed with when and how that ended.
    groups
        Sets of domains, G of them; all domains of a group are one population.
    follow_up
        When and how the follow-up of each domain ended.
    at
        Times, shape (J,).

    Returns
    -------
    Quantities
        G * J of them, those of the first group first; NaN where a group has nobody.
    """
    estimate = np.full((groups.size, len(at)), np.nan)
    parts = []
    for group, domain in domains_of(groups):
        steps = _Steps.of(follow_up, domain, at)
        totals = steps.placed(cells.totals(cells.z)[domain])
        if not totals.sum() > 0:
            continue
        estimate[group] = steps.read(aalen_johansen(totals))
        slopes = incidence_slopes(totals, steps.at)[:, steps.time, steps.ending]
        parts.append((group, domain, slopes))
    replicates = replicate_totals(cells, design, apart(groups))
    return Quantities(
        estimate.ravel(),
        _gradient(parts, len(at), groups.size),
        cells,
        design,
        replicates and _replicated(replicates, groups, follow_up, at),
    )


@dataclass(frozen=True)
class _Steps:
    """Where the domains of a group stand among its times and endings.

    Parameters
    ----------
    time, ending
        Position of each of the group's domains, shape (domains,).
    at
        Position of the last time that is not after each of those asked for, shape (J,).
    shape
        Numbers of times and of endings.
    """

    time: Integers
    ending: Integers
    at: Integers
    shape: tuple[int, int]

    @staticmethod
    def of(follow_up: FollowUp, domain: Integers, at: Integers) -> _Steps:
        """Return the steps of a group of domains."""
        times, position = np.unique(follow_up.time[domain], return_inverse=True)
        last = np.searchsorted(times, at, side="right") - 1
        return _Steps(position, follow_up.ending[domain], last, (len(times), follow_up.endings))

    def placed(self, values: Floats) -> Floats:
        """Return totals of the domains by time and ending, shape (..., T, E)."""
        from scipy.sparse import csr_array

        # Several domains of a group may end alike, such as those of overlapping sets of scores.
        number, size = len(self.time), self.shape[0] * self.shape[1]
        place = self.time * self.shape[1] + self.ending
        member = csr_array((np.ones(number), (np.arange(number), place)), shape=(number, size))
        summed = np.asarray(values.reshape(-1, number) @ member)
        return summed.reshape(*values.shape[:-1], *self.shape)

    def read(self, incidence: Floats) -> Floats:
        """Return the incidence at the times asked for, from shape (..., T) to (..., J)."""
        found: Floats = np.where(self.at < 0, 0.0, incidence[..., np.maximum(self.at, 0)])
        return found


def _hazards(totals: Floats) -> tuple[Floats, Floats]:
    """Return `hazards` where all of the totals are at risk until they end."""
    return hazards(totals[..., 1:], _at_risk(totals))


def hazards(events: Floats, at_risk: Floats) -> tuple[Floats, Floats]:
    """Return the hazard of each event, and the share without any just before each time.

    Parameters
    ----------
    events
        Weighted number of those who have each of E - 1 events at each of T times, shape
        (..., T, E - 1).
    at_risk
        Weighted number of those at risk then, shape (..., T).

    Returns
    -------
    tuple
        Of shape (..., T, E - 1) and (..., T). Where nobody is at risk nothing happens.
    """
    risk = at_risk[..., None]
    hazard = np.divide(events, risk, out=np.zeros_like(events), where=risk > 0)
    left = np.cumprod(np.maximum(1.0 - hazard.sum(axis=-1), 0.0), axis=-1)
    before = np.concatenate([np.ones_like(left[..., :1]), left[..., :-1]], axis=-1)
    return hazard, before


def _at_risk(totals: Floats) -> Floats:
    """Return the weighted number of those whose follow-up ends at each time or later."""
    ends = totals.sum(axis=-1)
    at_risk: Floats = np.cumsum(ends[..., ::-1], axis=-1)[..., ::-1]
    return at_risk


def domains_of(groups: Groups) -> Iterator[tuple[int, Integers]]:
    """Yield the number of each group that has domains, and these."""
    order = np.argsort(groups.group, kind="stable")
    bounds = np.searchsorted(groups.group[order], np.arange(groups.size + 1))
    for group, (first, end) in enumerate(pairwise(bounds)):
        if end > first:
            yield group, groups.domain[order[first:end]]


def apart(groups: Groups) -> Groups:
    """Return each domain of each group as a group of its own, in the order of the groups."""
    domain = np.concatenate([np.zeros(0, np.int64), *(domain for _, domain in domains_of(groups))])
    return Groups(groups.keys.slice(0, 0), np.arange(len(domain)), domain, len(domain))


def _gradient(parts: list[tuple[int, Integers, Floats]], times: int, groups: int) -> Gradient:
    """Return the gradient from the slopes of each group, of shape (J, domains) each."""
    none = np.zeros(0, np.int64)
    row = np.arange(times)[:, None]
    quantity = [np.broadcast_to(g * times + row, slopes.shape).ravel() for g, _, slopes in parts]
    domain = [np.broadcast_to(d, slopes.shape).ravel() for _, d, slopes in parts]
    z = np.concatenate([np.zeros(0), *(slopes.ravel() for _, _, slopes in parts)])
    return Gradient(
        quantity=np.concatenate([none, *quantity]),
        domain=np.concatenate([none, *domain]),
        x=np.zeros_like(z),
        z=z,
        size=groups * times,
    )


def _replicated(
    replicates: Replicates, groups: Groups, follow_up: FollowUp, at: Integers
) -> Replicates:
    """Return the incidences in replicates, from the totals of each domain of each group."""

    def function(totals: Floats) -> Floats:
        _, z = np.split(totals, 2, axis=-1)
        found = np.full((*z.shape[:-1], groups.size, len(at)), np.nan)
        first = 0
        for group, domain in domains_of(groups):
            steps = _Steps.of(follow_up, domain, at)
            own = z[..., first : first + len(domain)]
            first += len(domain)
            incidence = steps.read(aalen_johansen(steps.placed(own)))
            found[..., group, :] = np.where(own.sum(axis=-1, keepdims=True) > 0, incidence, np.nan)
        return found.reshape(*z.shape[:-1], -1)

    return replicates.transformed(function)
