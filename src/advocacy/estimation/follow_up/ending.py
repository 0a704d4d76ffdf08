"""When a follow-up ends and how, as SQL: what an incidence within some months is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from advocacy.errors import DataError
from advocacy.responses import Responses
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.statement import Domain
from advocacy.survey.follow_up.incidence import FollowUp

# Days of a month on the scale of time: the 15th to the 15th is a month, of whatever length.
MONTH = 31
KEY = "follow_up"
_ENDINGS = 3  # none, the event of interest, a competing one


@dataclass(frozen=True)
class Incidence:
    """What is waited for in a follow-up: the first event, among others that compete with it.

    A rating is followed from the day of its interview to the event, to what competes with it, or
    else to its follow-up interview. Events on the day of the interview or before it are none.
    Of two on the same day the event of interest came first.

    Parameters
    ----------
    event
        Column with the date of the event of interest.
    competing
        Column with the date of the event after which it is not waited for; ``None`` for none.
    until
        Column with the date of the follow-up interview.
    happened
        Column that says whether the event happened, dated or not.
    months
        Calendar months within which the event is waited for.
    """

    event: str
    until: str
    happened: str
    competing: str | None = None
    months: int = 12

    @property
    def horizon(self) -> int:
        """Last time at which an event is within the months."""
        return MONTH * self.months

    def dates(self) -> tuple[str, ...]:
        """Return the columns with dates of events."""
        return (self.event, self.competing) if self.competing else (self.event,)

    def occurs(self) -> str:
        """Return SQL for whether the event is seen, within the months or later."""
        seen = f"coalesce({self.event} > interviewed_on, FALSE)"
        if self.competing is None:
            return seen
        return f"({seen} AND coalesce({self.event} <= {self.competing}, TRUE))"

    def within(self) -> str:
        """Return SQL for whether the event is seen within the months."""
        time = time_to(self.event)
        return f"({self.occurs()} AND {time} <= {self.horizon})"

    def known(self) -> tuple[str, str]:
        """Return SQL for whether it is known when the follow-up ended, and how."""
        outcome = f"{self.event} IS NOT NULL OR NOT {self.happened}"
        return outcome, f"{self._end()} IS NOT NULL"

    def domain(self) -> Domain:
        """Return when and how the follow-up ended, as one domain of the grouped pass."""
        time = f"greatest({time_to(self._end())}, 0)"
        ended = f"WHEN {self.competing} IS NOT NULL THEN 2 " if self.competing else ""
        ending = f"CASE WHEN {self.occurs()} THEN 1 {ended}ELSE 0 END"
        later = self.horizon + 1
        code = f"CASE WHEN {time} > {self.horizon} THEN {later * _ENDINGS} "
        return Domain(KEY, f"({code}ELSE {time} * {_ENDINGS} + {ending} END)::BIGINT")

    def domain_of_all(self, event_free_until: str | None) -> Domain:
        """Return `domain` also of those of whom it is not known how their follow-up ended.

        They left it on the date ``event_free_until``, a column, if they have one, else at once.
        """
        known = " AND ".join(f"({one})" for one in self.known())
        until = f"greatest({time_to(event_free_until)}, 0)" if event_free_until else "0"
        lost = f"{_ENDINGS} * least(coalesce({until}, 0), {self.horizon + 1})"
        code = f"CASE WHEN {known} THEN {Incidence.domain(self).expression} ELSE {lost} END"
        return Domain(KEY, f"({code})::BIGINT")

    def _end(self) -> str:
        """Return SQL for the date on which the follow-up ended."""
        last = f"{self.competing}, {self.until}" if self.competing else self.until
        return f"CASE WHEN {self.occurs()} THEN {self.event} ELSE coalesce({last}) END"


def follow_up(cells: Cells) -> FollowUp:
    """Return when and how the follow-up of the cells' domains ended.

    Domains without it, of ratings outside the base, have time 0 and no event.
    """
    codes = pc.fill_null(cells.domains.column(KEY), 0).to_numpy().astype(np.int64)
    time, ending = np.divmod(codes, _ENDINGS)
    return FollowUp(time, ending)


def is_follow_up(name: str) -> bool:
    """Tell whether a key of cells is that of the follow-up, and no segment."""
    return name == KEY


def refuse_undated(responses: Responses, incidence: Incidence, estimand: str) -> None:
    """Refuse events of which it is not known when they were.

    Raises
    ------
    DataError
        There are such. Without them the incidence would be too low.
    """
    undated = f"{incidence.happened} AND {incidence.event} IS NULL AND {responses.counted}"
    (count,) = responses.fetch(f"SELECT count(*) FILTER ({undated}) FROM {responses.relation}")
    if count:
        raise DataError(
            f"{count:,} ratings say `{incidence.happened}` without a date in `{incidence.event}`. "
            f"{estimand} needs to know when: left out, they would make it too low.",
            where=responses.name,
            remedy=f"Map the date of the event to {incidence.event}; or take {estimand}_complete, "
            "which leaves out whom it cannot judge, and says so.",
        )


def time_to(date: str) -> str:
    """Return SQL for the time from the interview to a date.

    Months of 31 days each, so that a date is within k calendar months, as the database counts
    them, if and only if its time is at most 31 k: also where the day does not exist in a month.
    """
    parts = {"year": 12 * MONTH, "month": MONTH, "day": 1}
    terms = (f"{n} * ({part}({date}) - {part}(interviewed_on))" for part, n in parts.items())
    return f"({' + '.join(terms)})"
