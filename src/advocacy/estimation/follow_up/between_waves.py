"""When a follow-up ended and how, where dates are known only between waves, as SQL and as sets."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import pyarrow.compute as pc

from advocacy.arrays import Integers
from advocacy.errors import DataError
from advocacy.estimation.conditions import Sql
from advocacy.estimation.estimand import Estimand
from advocacy.estimation.follow_up.ending import KEY, MONTH, Incidence, time_to
from advocacy.responses import Responses
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.statement import Domain
from advocacy.survey.follow_up.incidence import FollowUp
from advocacy.survey.follow_up.interval_censored import LATER
from advocacy.survey.follow_up.windows import Windows

_ENDINGS = 4  # none, and:
_RECOMMENDED, _CHURNED, _EITHER = 1, 2, 3
# Times are below it, of some 350 years; three of them and an ending fit into 64 bits.
_SPAN = 2**17


@dataclass(frozen=True)
class BetweenWaves(Incidence):
    """What is waited for, where a yes without a date lies between two waves.

    It lies after the last interview by which they had not, and at the first by which they had, or
    before it: after the interview, and by the follow-up interview, where these are not known. Who
    churned in between recommended before that, or churned first: which is not known.

    Parameters
    ----------
    not_yet, already
        Columns with these dates; ``None`` where the responses have none.
    """

    not_yet: str | None = None
    already: str | None = None

    def known(self) -> tuple[str, str]:
        """Return SQL for whether it is known between what times the follow-up ended, and how."""
        outcome = f"{self.event} IS NOT NULL OR NOT {self.happened} OR {self._undated()}"
        return outcome, f"({self._undated()}) OR {self._end()} IS NOT NULL"

    def backwards(self) -> str:
        """Return SQL for whether the later date of a yes is not after the earlier one."""
        return f"({self._undated()} AND {self._last()} <= {self._first()})"

    def domain(self) -> Domain:
        """Return between what times and how the follow-up ended, as one domain of the pass."""
        undated, nothing = self._undated(), "0"
        first, last, end = map(_day, (self._first(), self._last(), self._end()))
        cases = [f"WHEN {self.occurs()} THEN {_code(f'{end} - 1', end, nothing, 1)}"]
        if self.competing:
            gone, left = self.competing, _day(self.competing)
            cases += [
                f"WHEN {undated} AND {gone} > {self._first()} AND {gone} < {self._last()} "
                f"THEN {_code(first, last, left, 3)}",
                f"WHEN {gone} IS NOT NULL AND NOT ({undated} AND {gone} >= {self._last()}) "
                f"THEN {_code(f'{left} - 1', left, nothing, 2)}",
            ]
        cases.append(f"WHEN {undated} THEN {_code(first, last, nothing, 1)}")
        whole = f"CASE {' '.join(cases)} ELSE {_code(end, nothing, nothing, 0)} END"
        return Domain(KEY, f"({whole})::BIGINT")

    def _undated(self) -> str:
        """Return SQL for a yes without a date; it is one whose last date is known."""
        last = self._last()
        return f"coalesce({self.happened} AND {self.event} IS NULL AND {last} IS NOT NULL, FALSE)"

    def _first(self) -> str:
        dates = f"{self.not_yet}, interviewed_on" if self.not_yet else "interviewed_on"
        return f"greatest(coalesce({dates}), interviewed_on)"

    def _last(self) -> str:
        return f"coalesce({self.already}, {self.until})" if self.already else self.until


def _day(date: str) -> str:
    """Return SQL for the time to a date, from 0 to the last that is told apart."""
    return f"least(greatest({time_to(date)}, 0), {_SPAN - 2})"


def _code(after: str, by: str, churned: str, ending: int) -> str:
    times = f"((({after}) + 1)::BIGINT * {_SPAN} + {by}) * {_SPAN} + {churned}"
    return f"({times}) * {_ENDINGS} + {ending}"


def between_waves(estimand: Estimand, columns: Collection[str]) -> Estimand:
    """Return an estimand that is waited for, with what dates between waves tell of it.

    Parameters
    ----------
    estimand
        One with an incidence.
    columns
        Columns of the responses: dates that none of these holds are not known.
    """
    dated = estimand.incidence
    if dated is None:
        return estimand
    held = dated.event in columns
    own = BetweenWaves(
        event=dated.event if held else "CAST(NULL AS DATE)",
        until=dated.until,
        happened=dated.happened,
        competing=dated.competing,
        months=dated.months,
        not_yet="not_recommended_until" if "not_recommended_until" in columns else None,
        already="recommended_by" if "recommended_by" in columns else None,
    )
    conditions = estimand.base if isinstance(estimand.base, tuple) else ()
    others = [condition for condition in conditions if condition not in _sql(dated)]
    return replace(
        estimand,
        numerator=(Sql(own.within()),),
        base=(*others, *_sql(own)),
        needs=tuple(name for name in estimand.needs if held or name != dated.event),
        incidence=own,
    )


def _sql(incidence: Incidence) -> list[Sql]:
    return [Sql(known) for known in incidence.known()]


def windows(cells: Cells, waves: Integers) -> tuple[Windows, Windows, FollowUp]:
    """Return what is known of each of the cells' domains, and when it was known.

    An interview within a month of a wave counts as held at it. Else, where the interviews of a
    wave lie on different days, the likelihood is highest with what happened until the next wave
    put on the last of them, which no interview speaks against: far from the truth in between.

    Those of whom it is not known whether they recommended before they churned have churned first
    in the first windows, and recommended while customers in the second: so the incidence is least
    and most. In the last, the time is that by which an event was, or up to which there was none.
    """
    codes = pc.fill_null(cells.domains.column(KEY), 0).to_numpy().astype(np.int64)
    rest, ending = np.divmod(codes, _ENDINGS)
    rest, churned = np.divmod(rest, _SPAN)
    after, by = np.divmod(rest, _SPAN)
    after -= 1
    told = (ending == _RECOMMENDED) & (by > after + 1) | (ending == _EITHER)
    first, last = _held_at(after, waves), _held_at(by, waves)
    # Two interviews near one wave are told apart by their days.
    told &= first < last
    after = np.where(told | (ending == 0), first, after)
    by = np.where(told, last, by)
    either = ending == _EITHER
    least = _windows(
        np.where(either, churned - 1, after),
        np.where(either, churned, by),
        np.where(either, _CHURNED, ending),
    )
    most = _windows(after, by, np.where(either, _RECOMMENDED, ending))
    return least, most, FollowUp(np.where(ending == 0, after, by), ending)


def _held_at(time: Integers, waves: Integers) -> Integers:
    """Return the time of the wave that is within a month of each time, else the time itself."""
    nearest = waves[np.abs(time[:, None] - waves).argmin(axis=1)]
    return np.where((np.abs(time - nearest) <= MONTH) & (time > 0), nearest, time)


def _windows(after: Integers, by: Integers, ending: Integers) -> Windows:
    """Return the windows of each kind of event, from those of the one that ended a follow-up."""
    first, last = np.zeros((2, len(ending), 2), np.int64)
    first[ending == 0], last[ending == 0] = after[ending == 0, None], LATER
    for kind, own in enumerate((_RECOMMENDED, _CHURNED)):
        first[ending == own, kind], last[ending == own, kind] = (
            after[ending == own],
            by[ending == own],
        )
    return Windows(first, last)


def refuse_backwards(responses: Responses, incidence: BetweenWaves, estimand: str) -> None:
    """Refuse a yes without a date whose last date is not after its first.

    Raises
    ------
    DataError
        There are such.
    """
    wrong = f"{incidence.backwards()} AND {responses.counted}"
    (count,) = responses.fetch(f"SELECT count(*) FILTER ({wrong}) FROM {responses.relation}")
    if count:
        raise DataError(
            f"{count:,} ratings say `{incidence.happened}` without a date, and the day by which "
            f"they had is not after the day on which they had not. {estimand} needs to know "
            "between which days it was.",
            where=responses.name,
            remedy="Correct not_recommended_until and recommended_by, or interviewed_on and "
            f"{incidence.until} where these are missing.",
        )
