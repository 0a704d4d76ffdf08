"""When a follow-up ends and how, as SQL: what an incidence within some months is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from advocacy.errors import DataError
from advocacy.survey.cells.statement import Domain

if TYPE_CHECKING:
    # Where they are used: words of estimands need the rule alone, as SQL.
    import pyarrow as pa

    from advocacy.responses import Responses
    from advocacy.survey.cells.cells import Cells
    from advocacy.survey.follow_up.incidence import FollowUp

# Days of a month on the scale of time: the 15th to the 15th is a month, of whatever length.
MONTH = 31
KEY = "follow_up"
_ENDINGS = 3  # none, the event of interest, a competing one


class UndatedError(DataError):
    """Events of which it is not known when they were."""


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
    return decoded(cells.domains.column(KEY))


def decoded(codes: pa.ChunkedArray) -> FollowUp:
    """Return when and how follow-ups ended from what `Incidence.domain` gives; of null, 0 and 0."""
    import numpy as np
    import pyarrow.compute as pc

    from advocacy.survey.follow_up.incidence import FollowUp

    time, ending = np.divmod(pc.fill_null(codes, 0).to_numpy().astype(np.int64), _ENDINGS)
    return FollowUp(time, ending)


def is_follow_up(name: str) -> bool:
    """Tell whether a key of cells is that of the follow-up, and no segment."""
    return name == KEY


def programmes_without_dates(responses: Responses, incidence: Incidence) -> tuple[str, ...]:
    """Return the programmes that did not ask when the event was: no event of theirs has a date.

    All their ratings are then outside the base, also those without the event. A programme in
    which nobody had it is taken for one that asked.
    """
    names, _, dated = _dates(responses, incidence)
    return tuple(names or ()) if dated else ()


def refuse_undated(
    responses: Responses, incidence: Incidence, estimand: str, *, partly: bool
) -> None:
    """Refuse events without a date in programmes that asked for it; what is left is too low.

    Parameters
    ----------
    responses, incidence
        What was asked of whom.
    estimand
        Its name, for the message.
    partly
        Refuse them also where only some events of a programme lack a date.

    Raises
    ------
    UndatedError
        There are such, or no event has a date.
    """
    names, undated, dated = _dates(responses, incidence)
    if (names and not dated) or (partly and undated):
        untold = _untold(responses, incidence)
        (count,) = responses.fetch(f"SELECT count(*) FILTER ({untold}) FROM {responses.relation}")
        raise UndatedError(
            f"{count:,} ratings say `{incidence.happened}` without a date in "
            f"`{incidence.event}`. {estimand} needs to know when: left out, they would make it "
            "too low.",
            where=responses.name,
            remedy=f"Map the date of the event to {incidence.event}; where it is known between "
            "waves only, say so: `advocacy follow-up --dates-between-waves 3,6,12`, in Python "
            "incidence_over_time(between_waves=(3, 6, 12)).",
        )


def _dates(responses: Responses, incidence: Incidence) -> tuple[list[str] | None, int, int]:
    """Return the programmes without any date, events without one in others, and all with one."""
    programme = "programme" if "programme" in responses.columns else "NULL::VARCHAR"
    told = f"{incidence.event} IS NOT NULL AND {responses.counted}"
    each = (
        f"SELECT {programme} AS programme, "
        f"count(*) FILTER ({_untold(responses, incidence)}) AS undated, "
        f"count(*) FILTER ({told}) AS dated FROM {responses.relation} GROUP BY 1"
    )
    names, undated, dated = responses.fetch(
        "SELECT list(programme ORDER BY programme) FILTER (undated > 0 AND dated = 0), "
        "sum(undated) FILTER (dated > 0 OR programme IS NULL), "
        f"sum(dated) FROM ({each}) AS programmes"
    )
    return names, int(undated or 0), int(dated or 0)


def _untold(responses: Responses, incidence: Incidence) -> str:
    return f"{incidence.happened} AND {incidence.event} IS NULL AND {responses.counted}"


def time_to(date: str) -> str:
    """Return SQL for the time from the interview to a date.

    Months of 31 days each, so that a date is within k calendar months, as the database counts
    them, if and only if its time is at most 31 k: also where the day does not exist in a month.
    """
    parts = {"year": 12 * MONTH, "month": MONTH, "day": 1}
    terms = (f"{n} * ({part}({date}) - {part}(interviewed_on))" for part, n in parts.items())
    return f"({' + '.join(terms)})"
