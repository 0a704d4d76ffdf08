r"""Incidence under attrition: weighted for it, as if it were at random, and without a model.

With :math:`\hat G_q(t-)` the probability that a rating with the covariates q is followed just
before t (`leaving`), those followed stand for those who left:

.. math::

    W_k(t) = \sum_{i: t_i = t, k_i = k} \frac{w_i}{\hat G_{q_i}(t-)}, \qquad
    Y(t) = \sum_{i: t_i \ge t} \frac{w_i}{\hat G_{q_i}(t-)},

and the incidence is Aalen and Johansen's of these (`incidence`); with :math:`\hat G = 1` it is
that as if leaving were at random. Robins and Finkelstein (2000),
https://doi.org/10.1111/j.0006-341X.2000.00779.x. It is a function of the totals and of the
coefficients of :math:`\hat G`, so that its influence is that of stacked estimating equations:
the uncertainty of the weights is in the variance.

The bounds suppose nothing: of those who left, none has the event, or all have it. Manski (1990),
American Economic Review 80(2), 319-323. Their interval is that of `bounds`.

R equivalent: ``survival::survfit(Surv(start, stop, ending) ~ 1, weights = w / G, id = id)`` on rows
between the times at which G changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advocacy.arrays import Floats, Integers
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.groups import Groups, every_domain, members
from advocacy.survey.design import SurveyDesign
from advocacy.survey.follow_up.fitted_influence import FittedInfluence
from advocacy.survey.follow_up.incidence import hazards
from advocacy.survey.follow_up.leaving import (
    Booleans,
    Cohort,
    Leaving,
    leaving_gradient,
    replicated,
)
from advocacy.survey.gradient import Gradient
from advocacy.survey.quantities import Quantities
from advocacy.survey.replicates import Replicates, replicate_totals

# What is said of each group, in this order.
ANSWERS = ("complete_cases", "leaving_at_random", "weighted", "bound_low", "bound_high")


@dataclass(frozen=True)
class Followed:
    """What the answers are of, beside the cohort.

    Parameters
    ----------
    cohort
        Everyone whose follow-up is meant to last to the end.
    complete
        Domains of those who were interviewed at the end, shape (D,).
    at
        Time within which the event is waited for.
    """

    cohort: Cohort
    complete: Booleans
    at: int

    @property
    def hit(self) -> Booleans:
        """Domains with the event within the time, shape (D,)."""
        ended = self.cohort.follow_up
        found: Booleans = self.cohort.present & (ended.ending == 1) & (ended.time <= self.at)
        return found

    @property
    def unknown(self) -> Booleans:
        """Domains of whom it is not known whether they have it within the time, shape (D,)."""
        ended = self.cohort.follow_up
        found: Booleans = self.cohort.present & (ended.ending == 0) & (ended.time < self.at)
        return found

    @property
    def begun(self) -> Booleans:
        """Domains that were followed at all, shape (D,)."""
        ended = self.cohort.follow_up
        found: Booleans = self.cohort.present & ~((ended.ending == 0) & (ended.time == 0))
        return found

    def behind(self, answer: str) -> Booleans:
        """Return the domains that an answer is of, shape (D,)."""
        return {
            "complete_cases": self.complete & self.cohort.present,
            "bound_low": self.cohort.present,
            "bound_high": self.cohort.present,
        }.get(answer, self.begun)


def attrition(
    cells: Cells, design: SurveyDesign, groups: Groups, followed: Followed, leaving: Leaving
) -> Quantities:
    """Estimate the incidence in each group of domains, in each of the `ANSWERS`.

    Returns
    -------
    Quantities
        The answers of the first group first; NaN where a group has nobody behind one, or nobody
        was followed to the end.
    """
    z = cells.totals(cells.z)
    parts = _Parts.of(groups, followed)
    own = [
        _gradient(parts.slopes(z, leaving, number), number, parts.groups, followed)
        for number in range(len(ANSWERS))
    ]
    slopes = np.zeros((groups.size * len(ANSWERS), leaving.terms))
    slopes[ANSWERS.index("weighted") :: len(ANSWERS)] = parts.through_leaving(z, leaving)
    influence = FittedInfluence(
        _joined(own, groups.size * len(ANSWERS)), slopes, leaving_gradient(followed.cohort, leaving)
    )
    totals = replicate_totals(cells, design, every_domain(cells))
    replicates = totals and _replicated(totals, parts, leaving)
    return Quantities(parts.estimates(z, leaving), influence, cells, design, replicates)


@dataclass(frozen=True)
class _Group:
    """Where the domains of a group stand among its times, endings and patterns."""

    domain: Integers
    time: Integers
    times: Integers
    pattern: Integers
    patterns: Integers
    last: int

    @staticmethod
    def of(domain: Integers, followed: Followed) -> _Group:
        """Return a group of domains of the cohort."""
        cohort = followed.cohort
        domain = domain[cohort.present[domain]]
        times, time = np.unique(cohort.follow_up.time[domain], return_inverse=True)
        patterns, pattern = np.unique(cohort.pattern[domain], return_inverse=True)
        last = int(np.searchsorted(times, followed.at, side="right")) - 1
        return _Group(domain, time, times, pattern, patterns, last)


@dataclass(frozen=True)
class _Steps:
    """The incidence of a group step by step: T times, E - 1 events, Q patterns.

    Parameters
    ----------
    weight
        Weight for attrition just before each time, shape (T, Q).
    events, at_risk
        Unweighted for attrition, shape (T, E - 1, Q) and (T, Q).
    hazard, incidence, reaching
        Hazard of each event (T, E - 1), incidence (T,), and its derivatives with respect to the
        hazards at the last time, (T, E - 1).
    risk
        Weighted number of those at risk, shape (T,).
    left
        Share that has had no event yet at the last time.
    """

    weight: Floats
    events: Floats
    at_risk: Floats
    hazard: Floats
    incidence: Floats
    reaching: Floats
    risk: Floats
    left: float


@dataclass(frozen=True)
class _Parts:
    """The groups, and what the answers are computed from."""

    followed: Followed
    groups: tuple[_Group, ...]

    @staticmethod
    def of(groups: Groups, followed: Followed) -> _Parts:
        """Return the parts of groups of domains."""
        return _Parts(followed, tuple(_Group.of(d, followed) for d in members(groups)))

    def estimates(self, z: Floats, leaving: Leaving) -> Floats:
        """Return all answers of each group from the totals of the domains; shape (G * A,)."""
        rows = [
            [self._estimate(group, z, leaving, answer) for answer in ANSWERS]
            for group in self.groups
        ]
        return np.array(rows, dtype=np.float64).ravel()

    def _estimate(self, group: _Group, z: Floats, leaving: Leaving, answer: str) -> float:
        if answer in _SHARES:
            counted, base = self._shares(group, answer)
            whole = z[group.domain[base]].sum()
            return float(z[group.domain[counted]].sum() / whole) if whole > 0 else np.nan
        if not self._reaches_end(group):
            return np.nan
        steps = self._steps(group, z, leaving if answer == "weighted" else None)
        return float(steps.incidence[group.last]) if group.last >= 0 else 0.0

    def slopes(self, z: Floats, leaving: Leaving, answer: int) -> list[Floats]:
        """Return the derivatives of an answer with respect to the totals of each group's own."""
        return [self._slopes(group, z, leaving, ANSWERS[answer]) for group in self.groups]

    def _slopes(self, group: _Group, z: Floats, leaving: Leaving, answer: str) -> Floats:
        if answer in _SHARES:
            counted, base = self._shares(group, answer)
            whole = z[group.domain[base]].sum()
            if not whole > 0:
                return np.zeros(len(group.domain))
            share = z[group.domain[counted]].sum() / whole
            own: Floats = (counted - share * base) / whole
            return own
        if not self._reaches_end(group) or group.last < 0:
            return np.zeros(len(group.domain))
        return self._slopes_of(
            group, self._steps(group, z, leaving if answer == "weighted" else None)
        )

    def _shares(self, group: _Group, answer: str) -> tuple[Booleans, Booleans]:
        """Return which domains of a group count, and in which base."""
        base = self.followed.behind(answer)[group.domain]
        hit = self.followed.hit[group.domain]
        counted = hit | self.followed.unknown[group.domain] if answer == "bound_high" else hit
        return counted & base, base

    def _reaches_end(self, group: _Group) -> bool:
        """Tell whether anyone was followed to the end, or all to an event."""
        ended = self.followed.cohort.follow_up
        time, ending = ended.time[group.domain], ended.ending[group.domain]
        reached = (time >= self.followed.cohort.last).any()
        return bool(len(time)) and bool(reached or (ending[time == time.max()] > 0).all())

    def _steps(self, group: _Group, z: Floats, leaving: Leaving | None) -> _Steps:
        shape = (len(group.times), self.followed.cohort.follow_up.endings, len(group.patterns))
        ending = self.followed.cohort.follow_up.ending[group.domain]
        totals = np.zeros(shape)
        np.add.at(totals, (group.time, ending, group.pattern), z[group.domain])
        weight = np.ones((shape[0], shape[2]))
        if leaving is not None:
            given = leaving.followed[leaving.at(group.times)][:, group.patterns]
            weight = np.divide(1.0, given, out=np.zeros_like(given), where=given > 0)
        at_risk = np.cumsum(totals.sum(axis=1)[::-1], axis=0)[::-1]
        events, risk = totals[:, 1:], (at_risk * weight).sum(axis=1)
        hazard, before = hazards((events * weight[:, None]).sum(axis=2), risk)
        incidence = np.cumsum(before * hazard[:, 0])
        staying = 1.0 - hazard.sum(axis=1)
        still = incidence[max(group.last, 0)] - incidence
        lost = np.divide(still, staying, out=np.zeros_like(still), where=staying > 0)
        reaching = np.repeat(-lost[:, None], hazard.shape[1], axis=1)
        reaching[:, 0] += before
        reaching[group.last + 1 :] = 0.0
        left = float(before[-1] * staying[-1])
        return _Steps(weight, events, at_risk, hazard, incidence, reaching, risk, left)

    def _slopes_of(self, group: _Group, steps: _Steps) -> Floats:
        """Return the derivatives of the incidence, the weights for attrition held."""
        by_event = _over(steps.reaching, steps.risk)
        by_risk = _over((steps.reaching * steps.hazard).sum(axis=1), steps.risk)
        # Who leaves later is at risk at every time before.
        lost = np.cumsum(by_risk[:, None] * steps.weight, axis=0)
        ending = self.followed.cohort.follow_up.ending[group.domain]
        found: Floats = -lost[group.time, group.pattern]
        own = by_event[group.time, ending - 1] * steps.weight[group.time, group.pattern]
        return found + np.where(ending > 0, own, 0.0)

    def through_leaving(self, z: Floats, leaving: Leaving) -> Floats:
        r"""Return the derivatives of the weighted incidence by the coefficients, shape (G, p).

        :math:`\partial G^{-1}_q(t-) / \partial\beta = -G^{-1}_q(t-) \sum_{u < t} (1 - \pi_{uq})
        b_{uq}`: what changes at a time u is all that comes after it.
        """
        found = np.zeros((len(self.groups), leaving.terms))
        if leaving.points is None:
            return found
        for number, group in enumerate(self.groups):
            if not self._reaches_end(group) or group.last < 0:
                continue
            steps = self._steps(group, z, leaving)
            by_event = _over(steps.reaching, steps.risk)
            by_risk = _over((steps.reaching * steps.hazard).sum(axis=1), steps.risk)
            change = (by_event[:, :, None] * steps.events).sum(axis=1)
            change -= by_risk[:, None] * steps.at_risk
            after = np.zeros((len(leaving.times) + 1, leaving.stays.shape[1]))
            place = (leaving.at(group.times)[:, None], group.patterns[None, :])
            np.add.at(after, place, change * steps.weight)
            later = np.cumsum(after[::-1], axis=0)[::-1][1:]
            weight = ((1 - leaving.stays) * later).ravel()[leaving.free]
            found[number] = -np.einsum("ji,i->j", leaving.points.rows(slice(None)), weight)
        return found


_SHARES = ("complete_cases", "bound_low", "bound_high")


def _over(values: Floats, risk: Floats) -> Floats:
    """Return values at each time over those at risk, 0 where nobody is."""
    risk = risk.reshape(-1, *[1] * (values.ndim - 1))
    found: Floats = np.divide(values, risk, out=np.zeros_like(values), where=risk > 0)
    return found


def _gradient(
    slopes: list[Floats], answer: int, groups: tuple[_Group, ...], followed: Followed
) -> Gradient:
    """Return the gradient of one answer of all groups, of the domains behind it alone."""
    behind = followed.behind(ANSWERS[answer])
    used = [behind[group.domain] for group in groups]
    domain = [group.domain[own] for group, own in zip(groups, used, strict=True)]
    number = [
        np.full(own.sum(), at * len(ANSWERS) + answer, np.int64) for at, own in enumerate(used)
    ]
    z = np.concatenate([np.zeros(0), *(s[own] for s, own in zip(slopes, used, strict=True))])
    none = np.zeros(0, np.int64)
    return Gradient(
        np.concatenate([none, *number]),
        np.concatenate([none, *domain]),
        np.zeros_like(z),
        z,
        len(groups) * len(ANSWERS),
    )


def _joined(parts: list[Gradient], size: int) -> Gradient:
    """Return gradients of different quantities as one."""
    quantity, domain = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("quantity", "domain")
    )
    z = np.concatenate([part.z for part in parts])
    return Gradient(quantity, domain, np.zeros_like(z), z, size)


def _replicated(totals: Replicates, parts: _Parts, leaving: Leaving) -> Replicates:
    """Return the answers in replicates, the model of leaving fitted again in each."""

    def function(values: Floats) -> Floats:
        rows = []
        for row in values:
            _, z = np.split(row, 2)
            again = replicated(z, parts.followed.cohort, leaving)
            found = parts.estimates(z, again or leaving)
            if again is None:
                found[ANSWERS.index("weighted") :: len(ANSWERS)] = np.nan
            rows.append(found)
        return np.array(rows)

    return totals.transformed(function)
