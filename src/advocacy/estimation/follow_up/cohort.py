"""Who is meant to be followed up, whether they were or not, as SQL."""

from __future__ import annotations

from dataclasses import dataclass, replace

from advocacy.errors import DataError
from advocacy.estimation.asked import Asked
from advocacy.estimation.conditions import (
    Condition,
    InIntent,
    Known,
    Sql,
    conditions_of,
    counted_sql,
)
from advocacy.estimation.estimands import find_estimand
from advocacy.estimation.follow_up.ending import Incidence
from advocacy.responses import Responses
from advocacy.sql import literal
from advocacy.survey.cells.statement import Domain

# Key of the cells: whether a rating is a complete case.
COMPLETE = "complete"


@dataclass(frozen=True)
class _OfCohort(Incidence):
    """An incidence among all who are meant to be followed up, not those alone who were.

    Parameters
    ----------
    event_free_until
        Column with a date until which there was no event, if the responses have one.
    """

    event_free_until: str | None = None

    def domain(self) -> Domain:
        """Return when and how the follow-up ended, also where nobody knows: then it was left."""
        return self.domain_of_all(self.event_free_until)


def complete_cases(asked: Asked) -> Domain:
    """Return whether a rating is a complete case, as its estimand for these has it."""
    base = conditions_of(find_estimand(f"{asked.estimand.name}_complete").base)
    conditions = tuple(condition for condition in base if condition != InIntent())
    return Domain(COMPLETE, f"coalesce({counted_sql(conditions, '')}, FALSE)")


def asked_of_cohort(asked: Asked, incidence: Incidence) -> Asked:
    """Return the same of all who are meant to be followed up.

    Raises
    ------
    DataError
        Nobody was followed up.
    """
    until = "not_recommended_until"
    free = until if until in asked.responses.columns else None
    of_cohort = _OfCohort(**vars(incidence), event_free_until=free)
    followed = Sql(_followed_programmes(asked.responses, incidence))
    base = (*_everyone(asked), followed)
    return replace(asked, estimand=replace(asked.estimand, base=base, incidence=of_cohort))


def _everyone(asked: Asked) -> tuple[Condition, ...]:
    """Return the conditions that do not ask whether somebody was followed up."""
    of_all = conditions_of(find_estimand(asked.estimand.name).base)
    # What was added when it was asked: in which programmes dates are.
    added = [
        condition for condition in conditions_of(asked.estimand.base) if condition not in of_all
    ]
    return (InIntent(), Known("interviewed_on"), *added)


def _followed_programmes(responses: Responses, incidence: Incidence) -> str:
    """Return SQL for whether a rating is of a programme, and wave, in which anyone was followed."""
    key = _programme(responses)
    followed = f"{incidence.until} IS NOT NULL AND {responses.counted}"
    programmes, every = responses.fetch(
        f"SELECT list(DISTINCT {key}) FILTER ({followed}), list(DISTINCT {key}) "
        f"FROM {responses.relation}"
    )
    if not programmes:
        raise DataError(
            f"Nobody was followed up: no rating that counts has a date in {incidence.until}.",
            where=responses.name,
            remedy="Import the follow-up interviews together with the ratings.",
        )
    if len(programmes) == len(every):
        return "TRUE"
    return f"{key} IN ({', '.join(literal(name) for name in sorted(programmes))})"


def _programme(responses: Responses) -> str:
    """Return SQL for what a rating's follow-up is organised by, as a digest of its name.

    A name may have any words in it, also those that conditions may not name.
    """
    columns = [name for name in ("programme", "wave") if name in responses.columns]
    parts = ", ".join(f"coalesce({name}, '')" for name in columns)
    return f"md5(concat_ws(' · ', {parts}))" if columns else "''"


def outside(asked: Asked, of_cohort: Asked) -> int:
    """Return the number of ratings of the intent set that are of programmes without follow-up."""
    responses = asked.responses
    wider = replace(asked.estimand, base=_everyone(asked))
    base, cohort = (replace(asked, estimand=e).ratio.base for e in (wider, of_cohort.estimand))
    counted = f"count(*) FILTER ({responses.counted} AND ({base}) <> 0 AND ({cohort}) = 0)"
    return int(responses.fetch(f"SELECT {counted} FROM {responses.relation}")[0])
