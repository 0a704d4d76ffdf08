"""Who had a change and who had not, before and after: the pass, and the programmes in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from advocacy.arrays import Floats, Integers
from advocacy.errors import DataError, UsageError
from advocacy.estimation.movement.measures import Measured, measure
from advocacy.estimation.movement.periods import PERIODS, in_time
from advocacy.estimation.where import read_where
from advocacy.responses import Responses
from advocacy.survey.cells.groups import Groups
from advocacy.survey.cells.numbering import summed
from advocacy.survey.cells.statement import Domain
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine

# Programmes with the change below which there is no p-value, and below which it is that of
# randomisation.
FEWEST_TREATED, FEW_TREATED = 3, 10
GROUPS, SIDES = ("treated", "others"), ("after", "before")
_HAD = "had_the_change"


@dataclass(frozen=True)
class Change:
    """The pass, and where each of its domains stands.

    Parameters
    ----------
    found, value
        The pass, and what ratings of its domains count.
    times, at
        The periods in the order of time, and the place of the first with the change.
    period, had
        Place of each domain's period, and 1 or 0 for who had the change, −1 where it cannot be
        told; shape (D,).
    named
        Name of the period.
    """

    found: Measured
    value: Floats
    times: tuple[str, ...]
    at: int
    period: Integers
    had: Integers
    named: str

    def behind(self, place: int | None) -> int:
        """Return the ratings of a period and of the last before the change; of all without one."""
        of = [self.at - 1, -1 if place is None else place]
        inside = (self.had >= 0) & (self.period >= 0 if place is None else np.isin(self.period, of))
        return int(self.found.cells.totals(self.found.cells.n)[inside].sum())

    def groups(self, parts: Sequence[npt.NDArray[np.bool_]]) -> Groups:
        """Return sets of domains as groups."""
        domains = [np.flatnonzero(part) for part in parts]
        number = np.repeat(np.arange(len(parts)), [len(own) for own in domains])
        keys = self.found.cells.domains.select([])
        return Groups(keys, number, np.concatenate(domains).astype(np.int64), len(parts))

    def four(self) -> Groups:
        """Return who had it and who had not, after and before."""
        sides = (self.period >= self.at, (self.period < self.at) & (self.period >= 0))
        return self.groups([(self.had == had) & side for had in (1, 0) for side in sides])

    def by_period(self) -> Groups:
        """Return who had it in each period, then who had not."""
        places = range(len(self.times))
        return self.groups(
            [(self.had == had) & (self.period == place) for had in (1, 0) for place in places]
        )


@dataclass(frozen=True)
class Programmes:
    """Programmes with a rating in the base, G of them.

    Parameters
    ----------
    treated, others
        Numbers of those of which some ratings had the change, and of which some had not.
    x, z
        Totals of the value and of the base, before and after; shape (G, 2), after first.
    """

    treated: Integers
    others: Integers
    x: Floats
    z: Floats

    @property
    def divided(self) -> bool:
        """Whether a programme is in both groups, so that it was not given to programmes."""
        return bool(np.isin(self.treated, self.others).any())

    @property
    def bear_variance(self) -> bool:
        """Whether so many had it that variances by programmes can be used."""
        return len(self.treated) >= FEW_TREATED

    @property
    def bear_sets(self) -> bool:
        """Whether other sets of programmes could have had it, and too few had for variances."""
        few = FEWEST_TREATED <= len(self.treated) < FEW_TREATED
        return few and not self.divided and len(self.others) >= FEWEST_TREATED

    def effect(self, sets: Floats) -> Floats:
        """Return the effects that sets of programmes would have, shape (B,)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            treated = (sets @ self.x) / (sets @ self.z)
            others = ((1 - sets) @ self.x) / ((1 - sets) @ self.z)
        both: Floats = treated - others
        return both[:, 0] - both[:, 1]


def change_pass(
    responses: Responses,
    treated: str,
    at: str,
    by: str,
    what: tuple[str, str, str | None, SurveyDesign | None, Engine | None],
) -> Change:
    """Run the pass, and put its domains in order."""
    estimand, intent, where, design, engine = what
    period = by or ("wave" if responses.has("wave") else "quarter")
    if period not in PERIODS:
        raise UsageError(f"{period!r} is no period.", remedy=f"Use one of: {', '.join(PERIODS)}.")
    responses.require(PERIODS[period].needs, f"The period {period}")
    condition = read_where(treated, responses)
    had = f"CASE WHEN {condition.sql} THEN 1 WHEN NOT {condition.sql} THEN 0 END"
    found = measure(
        responses, [estimand], intent=intent, where=where, design=design, engine=engine,
        domains=[PERIODS[period].domain, Domain(_HAD, had)],
    )  # fmt: skip
    names = found.cells.domains.column(period).to_pylist()
    value, used = found.value(estimand), found.cells.totals(found.cells.n) > 0
    present = {str(n) for n, v in zip(names, value, strict=True) if n is not None and v == v}
    times = in_time(responses, period, sorted(present), found.asked[0].engine)
    if at not in times:
        raise UsageError(
            f"No rating in the base is of the {period} {at!r}.",
            remedy=f"Use one of: {', '.join(times)}; another period with --by.",
        )
    place = np.array([times.index(str(n)) if str(n) in present else -1 for n in names])
    known = found.cells.domains.column(_HAD).fill_null(-1).to_numpy().astype(np.int64)
    inside = used & ~np.isnan(value)
    return Change(
        found, value, tuple(times), times.index(at), np.where(inside, place, -1), known, period
    )


def refuse_empty(one: Change, four: Groups, responses: Responses, treated: str) -> None:
    """Refuse a change that nobody had, or all, or with nothing before it or after.

    Raises
    ------
    DataError
        It is one.
    """
    n = one.found.counts(four, one.value).n
    for number, count in enumerate(n.tolist()):
        if count == 0:
            group, side = GROUPS[number // 2], SIDES[number % 2]
            who = f"had the change ({treated})" if group == "treated" else "had no change"
            raise DataError(
                f"No rating {side} {one.times[one.at]} is of those who {who}.",
                where=responses.name,
                remedy="Give a condition that some meet and some do not, in periods before and "
                "after.",
            )


def programmes_of(one: Change) -> Programmes:
    """Return the totals of programmes, and which had the change."""
    cells = one.found.cells
    inside = (one.had[cells.domain] >= 0) & (one.period[cells.domain] >= 0) & (cells.n > 0)
    names, number = np.unique(cells.programme[inside], return_inverse=True)
    domain, z = cells.domain[inside], cells.z[inside]
    before = (one.period[domain] < one.at).astype(np.int64)
    totals = []
    for weights in (z * np.nan_to_num(one.value)[domain], z):
        flat = summed(2 * number + before, weights, 2 * len(names))
        totals.append(flat.reshape(-1, 2))
    had = one.had[domain]
    return Programmes(np.unique(number[had == 1]), np.unique(number[had == 0]), *totals)
