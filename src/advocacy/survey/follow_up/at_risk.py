"""Who is still followed at a time, and what has happened by then: the numbers under a curve."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from advocacy.arrays import Floats, Integers
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.groups import Groups
from advocacy.survey.cells.numbering import summed
from advocacy.survey.follow_up.incidence import FollowUp
from advocacy.survey.quantities import Quantities


@dataclass(frozen=True)
class AtRisk:
    """What stands behind the incidence of G groups at J times; shape (G, J) each.

    Parameters
    ----------
    n
        Ratings whose follow-up ends at the time or later.
    weight
        Their weighted number, population units.
    events, competing
        Ratings whose follow-up ended by then, with the event of interest or with another.
    open
        Whether the incidence is not known: nobody is followed so long, and some who were
        followed last had no event.
    """

    n: Integers
    weight: Floats
    events: Integers
    competing: Integers
    open: npt.NDArray[np.bool_]


def at_risk(cells: Cells, groups: Groups, follow_up: FollowUp, at: Integers) -> AtRisk:
    """Count who is at risk at some times, and the events so far, in groups of domains.

    Parameters
    ----------
    cells, groups, follow_up
        As for `incidences`.
    at
        Times, shape (J,).

    Notes
    -----
    R equivalent: ``n.risk`` of ``summary(survival::survfit(...), times = at, extend = TRUE)``,
    and the running sums of its ``n.event``.
    """
    time, ending = follow_up.time[groups.domain], follow_up.ending[groups.domain]
    ratings, weight = (cells.totals(values)[groups.domain] for values in (cells.n, cells.z))

    def total(values: Floats, among: npt.NDArray[np.bool_]) -> Floats:
        return summed(groups.group, values * among, groups.size)

    def whole(*among: npt.NDArray[np.bool_]) -> Integers:
        return np.stack([total(ratings, part) for part in among], axis=1).astype(np.int64)

    still, past = [time >= t for t in at], [time <= t for t in at]
    n = whole(*still)
    return AtRisk(
        n=n,
        weight=np.stack([total(weight, part) for part in still], axis=1),
        events=whole(*(part & (ending == 1) for part in past)),
        competing=whole(*(part & (ending > 1) for part in past)),
        open=(n == 0) & _some_stayed(groups, time, ending, ratings)[:, None],
    )


def closed(found: Quantities, followed: AtRisk) -> Quantities:
    """Return incidences without those that are not known, which are NaN."""
    return replace(found, estimate=np.where(followed.open.ravel(), np.nan, found.estimate))


def _some_stayed(
    groups: Groups, time: Integers, ending: Integers, ratings: Floats
) -> npt.NDArray[np.bool_]:
    """Tell in which groups some had no event when the last follow-up ended, shape (G,)."""
    last = np.full(groups.size, -1)
    used = ratings > 0
    np.maximum.at(last, groups.group[used], time[used])
    stayed = used & (ending == 0) & (time == last[groups.group])
    return summed(groups.group, stayed.astype(np.int64), groups.size) > 0
