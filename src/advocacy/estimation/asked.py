"""What is asked of the responses, looked up and refused once; every estimator begins with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import md5
from typing import TYPE_CHECKING, Any

import numpy as np

from advocacy.arrays import Integers
from advocacy.errors import DataError, UsageError
from advocacy.estimation.conditions import InDomain, Sql, confined
from advocacy.estimation.estimand import Estimand
from advocacy.estimation.estimands import Intent, find_estimand, find_intent
from advocacy.estimation.follow_up.between_waves import (
    BetweenWaves,
    between_waves,
    refuse_backwards,
)
from advocacy.estimation.follow_up.ending import (
    follow_up,
    is_follow_up,
    programmes_without_dates,
    refuse_undated,
)
from advocacy.estimation.segments import Segment, find_segments
from advocacy.responses import Responses
from advocacy.sql import literal
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.grouped_pass import MOST_CELLS, grouped_pass
from advocacy.survey.cells.groups import Groups, rolled_up
from advocacy.survey.cells.statement import Domain, Ratio
from advocacy.survey.design import SurveyDesign, survey_design
from advocacy.survey.engines import Engine, engine_for
from advocacy.survey.follow_up.at_risk import at_risk, closed
from advocacy.survey.follow_up.incidence import incidences
from advocacy.survey.populations import Population, endless
from advocacy.survey.quantities import Quantities, ratios

if TYPE_CHECKING:
    from advocacy.estimation.where import Where

_ANY_SCORE = "(score IS NOT NULL)"


@dataclass(frozen=True)
class Asked:
    """An estimand by segments, of responses drawn by a design; what `ask` gave.

    For the same with another design or fewer segments, take `dataclasses.replace`.

    Parameters
    ----------
    intent
        Scores that count as the intent; ``None`` where any score does, or none matters.
    segments
        What the responses are crossed by.
    engine
        Where the pass runs.
    where
        Condition on the ratings, which the estimand's base has too; ``None`` for all of them.
    """

    responses: Responses
    estimand: Estimand
    intent: Intent | None
    segments: tuple[Segment, ...]
    design: SurveyDesign
    engine: Engine
    where: Where | None = None

    @property
    def by_score(self) -> bool:
        """Whether a segment splits the base by the score, which leaves no intent set."""
        return _by_score(self.segments)

    @property
    def domains(self) -> list[Domain]:
        """The segments as the grouped pass wants them."""
        return [segment.domain for segment in self.segments]

    @property
    def names(self) -> list[str]:
        """Names of the segments."""
        return [segment.name for segment in self.segments]

    @property
    def ratio(self) -> Ratio:
        """The estimand as the grouped pass wants it."""
        return self.estimand.ratio(self.intent.condition() if self.intent else _ANY_SCORE)

    def labels(self) -> dict[str, Any]:
        """Return the columns that say what the estimates are, the same in every row."""
        return {
            "estimand": self.estimand.name,
            "rung": self.estimand.rung,
            "intent": self.intent.name if self.intent else None,
            "where": self.where.text if self.where else None,
            "target": self.design.target,
            "quantity": self.estimand.quantity,
            "method": self.design.method,
            "source_kind": self.responses.source_kind,
        }

    def cells(
        self, by: Sequence[Domain], *, ratio: Ratio | None = None, most_cells: int = MOST_CELLS
    ) -> Cells:
        """Run the grouped pass.

        Parameters
        ----------
        by
            Domains whose crossing the cells are of: `domains`, and what an estimator adds.
        ratio
            What is summed where it is not `ratio`, such as the same among fewer ratings.
        most_cells
            Cells, a PSU in a domain each, above which the crossing is refused.

        Raises
        ------
        UsageError
            Too many cells.
        DataError
            No rating is in the base.
        DesignError
            The design does not hold in these responses.
        """
        incidence = self.estimand.incidence
        crossed = [*by, incidence.domain()] if incidence else by
        cells = grouped_pass(
            self.responses, self.design, ratio or self.ratio, crossed, self.engine, most_cells
        )
        _refuse_empty(self, cells)
        return cells

    def groups(self, cells: Cells) -> Groups:
        """Return the domains that are reported on: those of a follow-up are one."""
        names = cells.domains.column_names
        return rolled_up(cells, [name for name in names if not is_follow_up(name)])

    def quantities(self, cells: Cells, groups: Groups) -> Quantities:
        """Estimate the estimand in each group of domains; NaN where nobody is followed so long."""
        incidence = self.estimand.incidence
        if incidence is None:
            return ratios(cells, self.design, groups)
        at, ended = np.array([incidence.horizon]), follow_up(cells)
        found = incidences(cells, self.design, groups, ended, at)
        return closed(found, at_risk(cells, groups, ended, at))

    def population(self, cells: Cells, groups: Groups, rows: Integers) -> Population | None:
        """Return the population behind some groups where the cells do not tell of it.

        What those asked have of an incidence is not known: some left the follow-up early.
        """
        return endless(cells, groups).take(rows) if self.estimand.incidence else None


def ask(
    responses: Responses,
    estimand: str,
    *,
    intent: str | None = None,
    by: Sequence[str] = (),
    design: SurveyDesign | None = None,
    engine: Engine | None = None,
    dates_between_waves: bool = False,
    where: str | None = None,
) -> Asked:
    """Look up what is asked, and refuse what cannot be: names first, then what needs a scan.

    Parameters
    ----------
    responses
        What `open_responses` gave.
    estimand
        Name in `ESTIMANDS`.
    intent
        Name in `INTENTS`, or scores such as ``8,9,10``; ``None`` for any score. Looked up, but
        not used, where ``by`` has the score or the estimand has no intent.
    by
        Names in `SEGMENTS`.
    design
        What `survey_design` gave; by default its choice for these responses.
    engine
        Where the pass runs; by default that of the responses, else DuckDB in this process.
    dates_between_waves
        Events of an incidence may have no date, but two between which they were.
    where
        Condition on the ratings, as `read_where` takes it: a domain of the design, which keeps
        its strata and PSUs. ``None`` for all ratings.

    Raises
    ------
    UsageError
        An unknown or repeated name, a share of all scores crossed with the score, or another
        engine than the one that the responses are in.
    MissingColumnError
        The responses lack a column that the estimand or a segment needs.
    DataError
        Values that the schema does not allow.
    """
    chosen, segments = find_estimand(estimand), tuple(find_segments(by))
    if dates_between_waves:
        chosen = between_waves(chosen, responses.columns)
    by_score = _by_score(segments)
    _refuse_split_base(chosen, by_score)
    intent_set = None if intent is None else find_intent(intent)
    _check_columns(responses, chosen, segments)
    chosen = _where_dates_are_asked(responses, chosen)
    domain = _domain(responses, where)
    return Asked(
        responses,
        replace(chosen, base=confined(chosen.base, InDomain(domain.sql))) if domain else chosen,
        None if by_score or not chosen.uses_intent else intent_set,
        segments,
        design or survey_design(responses),
        engine_for(responses, engine),
        domain,
    )


def _domain(responses: Responses, where: str | None) -> Where | None:
    if where is None:
        return None
    # Here, as its tables of countries and industries take long to import.
    from advocacy.estimation.where import read_where

    return read_where(where, responses)


def _where_dates_are_asked(responses: Responses, estimand: Estimand) -> Estimand:
    """Return an estimand that is of dated events among the programmes that ask for dates."""
    waited = estimand.incidence or estimand.complete_cases_of
    if waited is None or isinstance(waited, BetweenWaves):
        return estimand
    refuse_undated(responses, waited, estimand.name, partly=estimand.incidence is not None)
    without = programmes_without_dates(responses, waited)
    if not without:
        return estimand
    # By digests: a name may have any words in it, also those that conditions may not name.
    listed = ", ".join(literal(md5(name.encode()).hexdigest()) for name in without)
    asks = Sql(f"coalesce(md5(programme) NOT IN ({listed}), TRUE)")
    return replace(estimand, base=confined(estimand.base, asks))


def _by_score(segments: Sequence[Segment]) -> bool:
    return any(segment.replaces_intent for segment in segments)


def _refuse_split_base(estimand: Estimand, by_score: bool) -> None:
    """Refuse to cross a share of all scores with the score."""
    if by_score and not estimand.conditional:
        raise UsageError(
            f"{estimand.name} is a share of all scores and cannot be crossed with the score.",
            remedy="Leave the score out of --by.",
        )


def _check_columns(responses: Responses, estimand: Estimand, segments: Sequence[Segment]) -> None:
    """Refuse responses that lack what estimand and segments need, or hold wrong values."""
    responses.require(_with_values(responses, estimand), f"The estimand {estimand.name}")
    for segment in segments:
        responses.require(segment.needs, f"The segment {segment.name}")
    needed = {*estimand.needs, *(name for segment in segments for name in segment.needs)}
    responses.check(sorted(needed))
    if isinstance(estimand.incidence, BetweenWaves):
        refuse_backwards(responses, estimand.incidence, estimand.name)


def _with_values(responses: Responses, estimand: Estimand) -> list[str]:
    """Return the columns that need a value: of events that nobody had there is no date."""
    dates = estimand.incidence.dates() if estimand.incidence else ()
    return [name for name in estimand.needs if name not in dates or name not in responses.columns]


def _refuse_empty(asked: Asked, cells: Cells) -> None:
    """Refuse cells of which none has a rating in the base."""
    estimand = asked.estimand
    if cells.n.sum() == 0:
        domain = f", where {asked.where.text}" if asked.where else ""
        raise DataError(
            f"No rating is in the base of {estimand.name} ({estimand.asks.format(intent='so')})"
            f"{domain}.",
            where=asked.responses.name,
            remedy=f"Do any ratings have values of {' and '.join(estimand.needs)} together"
            f"{', in this domain' if domain else ''}?",
        )
