"""The rungs of one intent set from one pass, so that they have one joint covariance.

All of the intent set are in it, crossed with how each rung judges them; a rung's base is the
domains that it judges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from advocacy.arrays import Integers
from advocacy.errors import AdvocacyError, DataError, MissingColumnError
from advocacy.estimation.asked import Asked, ask
from advocacy.estimation.estimands import find_estimand
from advocacy.estimation.follow_up.ending import UndatedError, decoded
from advocacy.estimation.tabulation import in_order, unnamed
from advocacy.remarks import Remark
from advocacy.responses import Responses
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.grouped_pass import MOST_CELLS, grouped_pass
from advocacy.survey.cells.groups import Groups, rolled_up
from advocacy.survey.cells.statement import Domain, Ratio
from advocacy.survey.cells.valued import valued
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine
from advocacy.survey.follow_up.at_risk import at_risk, closed
from advocacy.survey.follow_up.incidence import incidences
from advocacy.survey.populations import Population, endless
from advocacy.survey.quantities import Counts, Quantities, counts, joined, ratios

_Flags = npt.NDArray[np.bool_]

# In the order in which they are shown; the first is what the others are held against.
RUNGS = (
    "recommended_past_12m",
    "converted_within_12m",
    "converted_within_12m_any",
    "converted_within_12m_complete",
    "verified_past_12m",
    "verified_within_12m",
)


def asked_of_each(
    responses: Responses,
    intent: str,
    by: Sequence[str],
    design: SurveyDesign | None,
    engine: Engine | None,
) -> tuple[list[Asked], list[Remark]]:
    """Return what is asked of each rung that there is, and remarks on the others."""
    rungs: list[Asked] = []
    notes: list[Remark] = []
    errors: list[AdvocacyError] = []
    for name in RUNGS:
        try:
            rungs.append(ask(responses, name, intent=intent, by=by, design=design, engine=engine))
        except UndatedError as error:
            errors.append(error)
            notes.append(Remark("ladder.undated", {"estimand": name}))
        except MissingColumnError as error:
            errors.append(error)
            absent = [column for column in find_estimand(name).needs if not responses.has(column)]
            notes.append(Remark("ladder.missing", {"estimand": name, "columns": absent}))
    if not rungs:
        raise errors[0]
    return rungs, notes


@dataclass(frozen=True)
class Rungs:
    """The rungs of each crossing that is shown, all from one pass.

    Parameters
    ----------
    rungs
        What was asked, R of them.
    wholes
        The domains of each crossing.
    crossing, rung
        Numbers of the crossing and of the rung of each row, crossing by crossing; shape (rows,).
    rates
        Each rung in each crossing, as by itself.
    joint
        The rates of the rows, with their joint covariance.
    unplaced
        Ratings of the intent set that lack a segment.
    """

    rungs: list[Asked]
    wholes: Groups
    crossing: Integers
    rung: Integers
    rates: list[Rates]
    joint: Quantities
    unplaced: int

    @staticmethod
    def of(rungs: list[Asked]) -> Rungs:
        """Run the pass, and estimate each rung in each crossing.

        Raises
        ------
        DataError
            Nobody of the intent set is on any rung.
        """
        first = rungs[0]
        condition = first.intent.condition() if first.intent else "TRUE"
        everyone = Ratio("0", f"coalesce(({condition})::INTEGER, 0)")
        domains = [*first.domains, *(_judged(rung) for rung in rungs)]
        cells = grouped_pass(
            first.responses, first.design, everyone, domains, first.engine, MOST_CELLS
        )
        wholes = rolled_up(cells, first.names)
        rates = [_rates(rung, cells, wholes) for rung in rungs]
        n = np.stack([of_rung.behind.n for of_rung in rates], axis=-1)
        lacking = unnamed(wholes.keys, first.names, wholes.size)
        some = np.flatnonzero(~lacking & (n > 0).any(axis=-1))
        if not len(some):
            raise DataError(
                "None of those who score so is on any rung.",
                where=first.responses.name,
                remedy="Take another --intent, or see with `advocacy inspect` what was answered.",
            )
        shown = in_order(wholes.keys, some, first.segments)
        place, rung = np.nonzero(n[shown] > 0)
        parts = [(of_rung.quantities, of_rung.met.astype(np.float64)) for of_rung in rates]
        joint = joined(cells, parts).take(rung * wholes.size + shown[place])
        everyone_of = counts(cells, wholes).n
        return Rungs(
            rungs, wholes, shown[place], rung, rates, joint, int(everyone_of[lacking].sum())
        )


@dataclass(frozen=True)
class Rates:
    """A rung in every crossing: its rates, what stands behind them, and where it was met.

    Parameters
    ----------
    quantities, behind
        The rates, from cells in which the rung's numerator is counted.
    met
        Whether ratings of a domain count in the numerator, shape (D,).
    population
        The population behind them, where the cells do not tell of it.
    """

    quantities: Quantities
    behind: Counts
    met: _Flags
    population: Population | None


def _judged(rung: Asked) -> Domain:
    """Return how a rung judges each rating, as domains: nothing of those that are not on it."""
    ratio, incidence = rung.ratio, rung.estimand.incidence
    judged = incidence.domain().expression if incidence else f"({ratio.numerator})::BIGINT"
    return Domain(rung.estimand.name, f"CASE WHEN {ratio.base} <> 0 THEN {judged} END")


def _rates(rung: Asked, cells: Cells, wholes: Groups) -> Rates:
    """Estimate a rung in every crossing, from the domains that it judges."""
    codes = cells.domains.column(rung.estimand.name)
    own = pc.is_valid(codes).to_numpy()[wholes.domain]
    base = replace(wholes, group=wholes.group[own], domain=wholes.domain[own])
    incidence = rung.estimand.incidence
    if incidence is None:
        met = pc.equal(codes, 1).fill_null(fill_value=False).to_numpy()
        counted = valued(cells, met.astype(np.float64))
        return Rates(ratios(counted, rung.design, base), counts(counted, base), met, None)
    follow_up, at = decoded(codes), np.array([incidence.horizon])
    met = (follow_up.ending == 1) & (follow_up.time <= incidence.horizon)
    counted = valued(cells, met.astype(np.float64))
    found = incidences(counted, rung.design, base, follow_up, at)
    found = closed(found, at_risk(counted, base, follow_up, at))
    return Rates(found, counts(counted, base), met, endless(counted, base))
