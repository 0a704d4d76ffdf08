"""What those who left a follow-up may change: answers beside each other, one with weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from advocacy.arrays import Floats, Integers
from advocacy.errors import DataError, UsageError
from advocacy.estimation.asked import Asked, ask
from advocacy.estimation.estimands import ESTIMANDS, find_estimand
from advocacy.estimation.estimates import Estimates
from advocacy.estimation.follow_up.attrition_notes import (
    listed,
    named_by,
    of_cohort,
    of_model,
    of_patterns,
    of_weights,
)
from advocacy.estimation.follow_up.cohort import (
    COMPLETE,
    asked_of_cohort,
    complete_cases,
    outside,
)
from advocacy.estimation.follow_up.ending import MONTH, Incidence, follow_up
from advocacy.estimation.segments import Segment, find_segments
from advocacy.estimation.tabulation import (
    check_interval,
    in_order,
    nullable,
    statistics,
    tabulated,
    unnamed,
)
from advocacy.remarks import Remark
from advocacy.responses import Responses
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.groups import Groups, members, rolled_up
from advocacy.survey.cells.numbering import numbered_rows
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine
from advocacy.survey.follow_up.attrition import ANSWERS, Followed
from advocacy.survey.follow_up.attrition import attrition as estimated
from advocacy.survey.follow_up.attrition_weights import Weights, weights_behind
from advocacy.survey.follow_up.bounds import imbens_manski
from advocacy.survey.follow_up.leaving import Cohort, Leaving, fit_leaving
from advocacy.survey.populations import Population, endless, population_behind
from advocacy.survey.quantities import Quantities, counts
from advocacy.survey.regression import Covariate

INCIDENCES = tuple(name for name, estimand in ESTIMANDS.items() if estimand.incidence)
# What leaving is modelled on where nothing is named: those of these that the responses have.
BY_DEFAULT = ("score_band", "sector", "country", "customer_status")
# A month in which nobody leaves ends a period of leaving, and so do three months.
GAP, LONGEST = MONTH, 3 * MONTH
# Whoever was interviewed within the last month was followed to the end.
_LAST_MONTH = MONTH
_MISSING = "missing"
# Columns behind those of all estimates, which only `weighted` has.
WEIGHTS = ("weight_least", "weight_mean", "weight_most", "weight_n_eff", "weight_large")


@dataclass(frozen=True)
class Attrition(Estimates):
    """Answers on an incidence under attrition, a row an answer and domain.

    Parameters
    ----------
    notes
        Who is in the cohort, what leaving was modelled on, what the weights are like, and of
        whom they say nothing.
    """

    notes: tuple[Remark, ...] = ()


def attrition(
    responses: Responses,
    *,
    estimand: str = "converted_within_12m",
    intent: str = "score_10",
    by: Sequence[str] = (),
    on: Sequence[str] | None = None,
    design: SurveyDesign | None = None,
    interval: str | None = None,
    conf_level: float = 0.95,
    engine: Engine | None = None,
) -> Attrition:
    r"""Estimate an incidence in several ways that differ in what they suppose of who left.

    * `complete_cases`: of those interviewed at the end alone. It supposes that they are like all.
    * `leaving_at_random`: Aalen and Johansen's, which supposes that, in a domain, those who left
      would have gone on like those who stayed.
    * `weighted`: the same, weighted by the inverse of the probability to be followed so far. It
      supposes this only of those with the same covariates. That the weights are estimated is in
      its standard error.
    * `bound_low`, `bound_high`: none of those who left recommended, or all did. They suppose
      nothing; both rows have the interval of Imbens and Manski for the incidence between them.

    Who is not followed up at all left at once: the base is all ratings of an intent set in a
    programme, and wave of it where there are waves, in which anyone was followed up. Someone who
    left is one without the event whose last interview was more than a month before the end.

    Parameters
    ----------
    responses
        What `open_responses` gave.
    estimand
        Name of an incidence in `ESTIMANDS`.
    intent, by, design, interval, conf_level, engine
        As for `estimate`. ``interval`` is of the first three answers.
    on
        Names in `SEGMENTS` that leaving is modelled on, beside those of ``by`` and the period; by
        default those of `BY_DEFAULT` that the responses have, as many as can be fitted.

    Returns
    -------
    Attrition
        Five rows a domain: the columns of all estimates, then ``answer`` and, of `weighted`,
        what the weights are like. An answer without anyone behind it is null.

    Raises
    ------
    UsageError
        An unknown name, or an estimand that is no incidence.
    MissingColumnError, DesignError
        As `estimate`.
    DataError
        As `estimate`; or nobody was followed up, or leaving cannot be modelled on a covariate.
    """
    method = check_interval(interval, conf_level, proportion=True)
    incidence = _incidence(estimand)
    asked = ask(responses, estimand, intent=intent, by=by, design=design, engine=engine)
    covariates = _covariates(asked, on)
    everyone = asked_of_cohort(asked, incidence)
    cells = everyone.cells([*(one.domain for one in covariates), complete_cases(asked)])
    answers = Answers.of(asked, cells, covariates, incidence.horizon, given=on is not None)
    return answers.tabulated(method, conf_level, outside(asked, everyone))


def _incidence(estimand: str) -> Incidence:
    incidence = find_estimand(estimand).incidence
    if incidence is None:
        raise UsageError(
            f"{estimand} does not allow for those who leave a follow-up.",
            remedy=f"Use one of: {', '.join(INCIDENCES)}.",
        )
    return incidence


def _covariates(asked: Asked, on: Sequence[str] | None) -> tuple[Segment, ...]:
    """Return the segments that leaving is modelled on: those of the table, then the others."""
    responses, own = asked.responses, asked.segments
    if on is None:
        scored = any(segment.replaces_intent for segment in own)
        others = [
            segment
            for segment in find_segments(BY_DEFAULT)
            if all(responses.has(name) for name in segment.needs)
            and not (scored and segment.replaces_intent)
        ]
    else:
        others = find_segments(on)
        for segment in others:
            responses.require(segment.needs, f"The covariate {segment.name}")
    responses.check(sorted({name for segment in others for name in segment.needs}))
    names = [segment.name for segment in own]
    return (*own, *(segment for segment in others if segment.name not in names))


@dataclass(frozen=True)
class Answers:
    """All that the rows are made of.

    Parameters
    ----------
    asked, cells, groups
        What is asked, of what, for which domains.
    followed, leaving
        The cohort, and the fitted model of leaving it.
    patterns
        Levels of each pattern of covariates, a row each.
    used, left_out
        Names of the covariates that were tried and kept, and of those that could not be.
    """

    asked: Asked
    cells: Cells
    groups: Groups
    followed: Followed
    leaving: Leaving
    patterns: pa.Table
    used: tuple[str, ...]
    left_out: tuple[str, ...]

    @staticmethod
    def of(
        asked: Asked, cells: Cells, covariates: Sequence[Segment], horizon: int, *, given: bool
    ) -> Answers:
        """Fit the model of leaving; drop covariates from the end where none were named."""
        names = [segment.name for segment in covariates]
        left_out: list[str] = []
        complete = pc.fill_null(cells.domains.column(COMPLETE), False).to_numpy()
        while True:
            cohort, patterns = _cohort(cells, covariates[: len(names)], horizon)
            try:
                leaving = fit_leaving(cells.totals(cells.z), cohort, GAP, LONGEST)
                break
            except DataError as error:
                if given or len(names) == len(asked.segments):
                    raise _cannot_model(error) from error
                left_out.insert(0, names.pop())
        return Answers(
            asked,
            cells,
            rolled_up(cells, asked.names),
            Followed(cohort, complete.astype(bool), horizon),
            leaving,
            patterns,
            tuple(names),
            tuple(left_out),
        )

    def tabulated(self, interval: str, conf_level: float, outside: int) -> Attrition:
        """Return the rows, five a domain, and the notes."""
        groups, size = self.groups, len(ANSWERS)
        lacking = unnamed(groups.keys, self.asked.names, groups.size)
        n = counts(self.cells, groups).n
        domains = in_order(groups.keys, np.flatnonzero(~lacking & (n > 0)), self.asked.segments)
        rows = (domains[:, None] * size + np.arange(size)).ravel()
        found = estimated(self.cells, self.asked.design, groups, self.followed, self.leaving).take(
            rows
        )
        weights = weights_behind(self.cells, groups, self.followed.cohort, self.leaving)
        keys = {
            name: groups.keys.column(name).take(pa.array(rows // size))
            for name in groups.keys.column_names
        }
        columns = self._columns(found, rows, interval, conf_level)
        table = tabulated(keys, self.asked.labels() | columns, len(rows))
        extra = {"answer": pa.array([ANSWERS[row % size] for row in rows])}
        extra |= self._weights(weights, rows)
        return Attrition(
            pa.table({name: table.column(name) for name in table.column_names} | extra),
            "attrition",
            int(n[lacking].sum()),
            found,
            (
                of_cohort(self.cells, self.followed.cohort, outside),
                *of_model(self.leaving, self.used, self.left_out),
                *self._notes(domains, found.estimate.reshape(-1, size), weights),
            ),
        )

    def _notes(self, domains: Integers, estimates: Floats, weights: Weights) -> list[Remark]:
        """Return what is said of the weights, and of domains that they say nothing of."""
        cells, cohort = self.cells, self.followed.cohort
        rows = self.groups.keys.take(pa.array(domains)).to_pylist() if self.asked.names else [{}]
        names = [named_by(row.values()) for row in rows]
        own = Weights(*(getattr(weights, field.name)[domains] for field in fields(weights)))
        notes = of_weights(cells, cohort, self.leaving, own, names)
        for key, answer in (("nobody", "complete_cases"), ("not_to_the_end", "leaving_at_random")):
            lacking = np.isnan(estimates[:, ANSWERS.index(answer)])
            found = [name for name, lacks in zip(names, lacking, strict=True) if lacks]
            notes += [Remark(f"attrition.{key}", {"groups": listed(found)})] * bool(found)
        return notes + of_patterns(cells, cohort, self.patterns)

    def _columns(
        self, found: Quantities, rows: Integers, interval: str, conf_level: float
    ) -> dict[str, Any]:
        """Return the columns of estimates; bounds have the interval of Imbens and Manski."""
        behind = counts(self.cells, self._behind()).take(rows)
        columns: dict[str, Any] = statistics(
            found,
            behind,
            interval=interval,
            conf_level=conf_level,
            proportion=True,
            population=self._population(found, rows, conf_level),
        )
        answer = rows % len(ANSWERS)
        bound = answer >= ANSWERS.index("bound_low")
        low, high = (np.flatnonzero(answer == ANSWERS.index(f"bound_{e}")) for e in ("low", "high"))
        error = np.sqrt(found.variance())
        limits = imbens_manski(
            found.estimate[low],
            found.estimate[high],
            error[low],
            error[high],
            np.minimum(found.df()[low], found.df()[high]),
            conf_level,
        )
        for name, limit in zip(("conf_low", "conf_high"), limits, strict=True):
            values = columns[name].to_numpy(zero_copy_only=False).astype(np.float64)
            values[low] = values[high] = limit
            columns[name] = nullable(values)
        columns["interval"] = pa.array(np.where(bound, "imbens_manski", interval).tolist())
        unknown = self._unknown()[rows // len(ANSWERS)]
        hits = behind.hits + np.where(answer == ANSWERS.index("bound_high"), unknown, 0)
        columns["n_numerator"] = pa.array(hits)
        flags = np.array(columns["reliability"].to_pylist(), dtype=object)
        flags[np.isnan(found.estimate)] = "no_interval"
        columns["reliability"] = pa.array(flags.tolist(), pa.string())
        return columns

    def _population(self, found: Quantities, rows: Integers, conf_level: float) -> Population:
        """Return what is known of the populations: of complete cases what the cells tell."""
        complete = rows % len(ANSWERS) == ANSWERS.index("complete_cases")
        known = population_behind(found, conf_level)
        open_ended = endless(self.cells, self._behind()).take(rows)
        return Population(
            *(
                np.where(complete, getattr(known, part.name), getattr(open_ended, part.name))
                for part in fields(Population)
            )
        )

    def _behind(self) -> Groups:
        """Return the domains behind each answer of each group."""
        pairs = [
            (number * len(ANSWERS) + place, domain[self.followed.behind(answer)[domain]])
            for number, domain in enumerate(members(self.groups))
            for place, answer in enumerate(ANSWERS)
        ]
        group = np.concatenate([np.full(len(domain), number) for number, domain in pairs])
        domain = np.concatenate([domain for _, domain in pairs])
        keys = self.groups.keys.select([])
        return Groups(keys, group, domain, self.groups.size * len(ANSWERS))

    def _unknown(self) -> Integers:
        """Return the ratings of each group whose outcome is not known, shape (G,)."""
        n = self.cells.totals(self.cells.n) * self.followed.unknown
        return np.array([n[domain].sum() for domain in members(self.groups)], dtype=np.int64)

    def _weights(self, weights: Weights, rows: Integers) -> dict[str, pa.Array]:
        of_weighted = rows % len(ANSWERS) == ANSWERS.index("weighted")
        values = (weights.least, weights.mean, weights.most, weights.n_eff, weights.large)
        return {
            name: nullable(np.where(of_weighted, value[rows // len(ANSWERS)], np.nan))
            for name, value in zip(WEIGHTS, values, strict=True)
        }


def _cohort(cells: Cells, covariates: Sequence[Segment], horizon: int) -> tuple[Cohort, pa.Table]:
    """Return the cohort by covariates, and the levels of each pattern."""
    names = [segment.name for segment in covariates]
    number, patterns = _patterns(cells, names)
    return (
        Cohort(
            follow_up(cells),
            cells.totals(cells.n) > 0,
            number,
            tuple(_covariate(segment, patterns) for segment in covariates),
            horizon - _LAST_MONTH,
        ),
        patterns,
    )


def _patterns(cells: Cells, names: list[str]) -> tuple[Integers, pa.Table]:
    if names:
        return numbered_rows(cells.domains, names)
    return np.zeros(cells.n_domains, np.int64), cells.domains.select([])


def _covariate(segment: Segment, patterns: pa.Table) -> Covariate:
    """Return the levels of a covariate in each pattern; a missing value is one of its own."""
    values = [_MISSING if v is None else str(v) for v in patterns.column(segment.name).to_pylist()]
    known = segment.levels
    levels = sorted(set(values), key=lambda v: (known.index(v) if v in known else len(known), v))
    return Covariate(segment.name, np.array([levels.index(v) for v in values]), tuple(levels))


def _cannot_model(error: DataError) -> DataError:
    return DataError(
        f"Leaving the follow-up cannot be modelled: {error.what}",
        remedy="Name fewer covariates with --on, or segments with fewer levels.",
    )
