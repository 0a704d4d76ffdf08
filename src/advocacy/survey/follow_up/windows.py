"""Incidences of groups of domains of which it is known between which times events were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from advocacy.arrays import Floats, Integers
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.groups import Groups
from advocacy.survey.design import SurveyDesign
from advocacy.survey.follow_up.incidence import apart, domains_of
from advocacy.survey.follow_up.interval_censored import Incidences, Maximum, interval_incidences
from advocacy.survey.gradient import Gradient
from advocacy.survey.quantities import Quantities
from advocacy.survey.replicates import replicate_totals


@dataclass(frozen=True)
class Windows:
    """What is known of when and how the follow-up of each domain's ratings ended.

    Parameters
    ----------
    after, by
        As for `interval_incidences`, a set a domain; shape (D, kinds).
    """

    after: Integers
    by: Integers

    def take(self, domains: Integers) -> Windows:
        """Return what is known of some domains."""
        return Windows(self.after[domains], self.by[domains])


def incidences_between(
    cells: Cells,
    design: SurveyDesign,
    groups: Groups,
    windows: tuple[Windows, Windows],
    at: Integers,
) -> tuple[Quantities, float]:
    """Estimate the least and most that the incidence can be in each group, at some times.

    The maximum is searched again in each replicate: its variance has no other form.

    Parameters
    ----------
    cells
        Of ratings that are followed up, crossed with what is known of when and how that ended.
    design
        With replicates.
    groups
        Sets of domains, G of them.
    windows
        What is known of each domain: as it makes the incidence least, and most.
    at
        Times, shape (J,).

    Returns
    -------
    tuple[Quantities, float]
        2 * G * J quantities, the least of all groups and times before the most; and the largest
        duality gap, over the groups and their replicates.
    """
    totals = replicate_totals(cells, design, apart(groups))
    estimate, values = np.full((2, groups.size, len(at)), np.nan), None
    if totals is not None:
        values = np.full((len(totals.values), 2, groups.size, len(at)), np.nan)
        weights = np.split(totals.values, 2, axis=1)[1]
    weight, largest, first = cells.totals(cells.z), 0.0, 0
    for group, domain in domains_of(groups):
        sides = [side.take(domain) for side in windows]
        found = _ends(sides, weight[domain], at, (None, None))
        estimate[:, group], largest = _least_and_most(found), max(largest, _gap(found))
        if values is not None:
            starts = (found[0].maximum, found[1].maximum)
            for replicate, own in enumerate(weights[:, first : first + len(domain)]):
                again = _ends(sides, own, at, starts)
                values[replicate, :, group] = _least_and_most(again)
                largest = max(largest, _gap(again))
        first += len(domain)
    replicates = None
    if totals is not None and values is not None:
        replicates = replace(totals, values=values.reshape(len(values), -1))
    behind = _behind(groups, len(at))
    return Quantities(estimate.ravel(), behind, cells, design, replicates), largest


def _ends(
    sides: Sequence[Windows],
    weight: Floats,
    at: Integers,
    starts: tuple[Maximum | None, Maximum | None],
) -> tuple[Incidences, Incidences]:
    """Return the incidences of both sides, which are one where they know the same."""
    least, most = sides
    one = interval_incidences(least.after, least.by, weight, at, starts[0])
    if np.array_equal(least.after, most.after) and np.array_equal(least.by, most.by):
        return one, one
    return one, interval_incidences(most.after, most.by, weight, at, starts[1])


def _least_and_most(sides: tuple[Incidences, Incidences]) -> tuple[Floats, Floats]:
    return sides[0].low, np.maximum(sides[1].high, sides[0].low)


def _gap(sides: tuple[Incidences, Incidences]) -> float:
    return max(side.gap for side in sides)


def _behind(groups: Groups, times: int) -> Gradient:
    """Return which domains are behind each quantity; their slopes are not known."""
    blocks = np.arange(2)[:, None, None] * groups.size * times
    quantity = blocks + groups.group[None, :, None] * times + np.arange(times)
    none = np.zeros(quantity.size)
    domain = np.broadcast_to(groups.domain[None, :, None], quantity.shape)
    return Gradient(quantity.ravel(), domain.ravel(), none, none, 2 * groups.size * times)
