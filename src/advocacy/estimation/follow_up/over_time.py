"""The incidence over time: at stated months, with bands, and who is still followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from advocacy.arrays import Floats, Integers
from advocacy.errors import UsageError
from advocacy.estimation.asked import Asked, ask
from advocacy.estimation.direct import levels_without_base
from advocacy.estimation.estimands import ESTIMANDS, find_estimand
from advocacy.estimation.estimates import Estimates
from advocacy.estimation.follow_up.ending import MONTH, Incidence, follow_up
from advocacy.estimation.tabulation import (
    NOT_FOLLOWED,
    check_interval,
    in_order,
    nullable,
    proportion_limits,
    statistics,
    tabulated,
    unnamed,
)
from advocacy.remarks import Remark
from advocacy.responses import Responses
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine
from advocacy.survey.follow_up.at_risk import AtRisk, at_risk, closed
from advocacy.survey.follow_up.bands import simultaneous_levels
from advocacy.survey.follow_up.blocks import block_covariances
from advocacy.survey.follow_up.incidence import incidences
from advocacy.survey.populations import Population
from advocacy.survey.quantities import Counts, Quantities, counts

# Columns that incidences over time have behind those of all estimates.
OVER_TIME_COLUMNS = pa.schema(
    [
        ("months", pa.float64()),
        ("at_risk", pa.int64()),
        ("at_risk_weighted", pa.float64()),
        ("n_competing", pa.int64()),
        ("band_low", pa.float64()),
        ("band_high", pa.float64()),
    ]
)
MONTHS = tuple(range(1, 13))
_SEED = 1


@dataclass(frozen=True)
class OverTime(Estimates):
    """Incidences over time, a row a domain and time; behind the columns of all estimates their own.

    ``n_numerator`` counts the events so far and ``n_competing`` those that ended the wait for
    them; ``at_risk`` are the ratings whose follow-up ends at the time or later, by weight
    ``at_risk_weighted``; ``band_low`` and ``band_high`` hold for all times of a domain together.

    Parameters
    ----------
    notes
        Remarks on what no row is of.
    """

    notes: tuple[Remark, ...] = ()


def incidence_over_time(
    responses: Responses,
    *,
    estimand: str = "converted_within_12m",
    intent: str = "score_10",
    by: Sequence[str] = (),
    at: Sequence[float] = MONTHS,
    design: SurveyDesign | None = None,
    interval: str | None = None,
    conf_level: float = 0.95,
    engine: Engine | None = None,
) -> OverTime:
    r"""Estimate what share go on to recommend within each of some months, from one pass.

    Intervals are those of `estimate`. The simultaneous band of a domain is the same intervals at
    a higher level, at which they hold all of its times together: see `survey.follow_up.bands`.
    In simulations it held the truth at all times in 95 to 97 % of samples at 95 %, also where few
    have had the event, where bands on the logit or complementary log-log scale do not exist at 0
    and missed upwards only.

    Parameters
    ----------
    responses
        What `open_responses` gave.
    estimand
        Name in `ESTIMANDS` of one that is waited for.
    intent
        Name in `INTENTS`, or scores such as ``8,9,10``. Not used where ``by`` has the score.
    by
        Names in `SEGMENTS`: a curve for each crossing.
    at
        Times in months of 31 days, above 0 and at most those of the estimand: a day is 1/31.
    design
        What `survey_design` gave; by default its choice for these responses.
    interval
        Name in `INTERVALS`; by default Korn-Graubard.
    conf_level
        Confidence level, a proportion in (0, 1).
    engine
        Where the pass runs; by default DuckDB in this process.

    Returns
    -------
    OverTime
        A row for each domain with somebody followed, and time. Where nobody is followed so long,
        and not all had the event before, there is no estimate.

    Raises
    ------
    UsageError
        An unknown name, an estimand that is not waited for, or a time that is not within it.
    MissingColumnError, DataError, DesignError
        As `estimate`.

    Notes
    -----
    R equivalent: ``summary(survival::survfit(Surv(time, ending) ~ by, ...), times = at)``, with
    the standard errors of `survey.follow_up.incidence`.
    """
    method = check_interval(interval, conf_level, proportion=True)
    times = _times(_incidence(estimand), at)
    asked = ask(responses, estimand, intent=intent, by=by, design=design, engine=engine)
    table, unplaced, found = _tabulate(asked, times, method, conf_level)
    notes = _notes(responses, Estimates(table, "over_time"))
    return OverTime(table, "over_time", unplaced, found, notes)


def _incidence(estimand: str) -> Incidence:
    """Return what an estimand waits for.

    Raises
    ------
    UsageError
        It waits for nothing.
    """
    incidence = find_estimand(estimand).incidence
    if incidence is None:
        waiting = [name for name, known in ESTIMANDS.items() if known.incidence]
        raise UsageError(
            f"{estimand} waits for nothing, and has no course over time.",
            remedy=f"Use one of: {', '.join(waiting)}.",
        )
    return incidence


def _times(incidence: Incidence, at: Sequence[float]) -> Integers:
    """Return the times asked for, in their order and each once, in days.

    Raises
    ------
    UsageError
        One is not above 0, or beyond the months of the estimand, or there is none.
    """
    months = np.unique(np.array(at, np.float64))
    if not len(months) or not ((months >= 1 / MONTH) & (months <= incidence.months)).all():
        raise UsageError(
            f"The months {', '.join(f'{month:g}' for month in at) or '(none)'} are not all from "
            f"1/{MONTH} (a day) to {incidence.months}.",
            remedy="Use months such as 3,6,9,12.",
        )
    # A time such as 7/31 is the 7th day, whatever its last binary digit.
    return np.unique(np.floor(months * MONTH + 1e-6).astype(np.int64))


def _tabulate(
    asked: Asked, at: Integers, interval: str, conf_level: float
) -> tuple[pa.Table, int, Quantities]:
    """Return the table, the ratings that no row holds, and the rows' quantities."""
    cells = asked.cells(asked.domains)
    groups, ended = asked.groups(cells), follow_up(cells)
    behind, followed = counts(cells, groups), at_risk(cells, groups, ended, at)
    lacking = unnamed(groups.keys, asked.names, groups.size)
    shown = in_order(groups.keys, np.flatnonzero(~lacking & (behind.n > 0)), asked.segments)
    group = np.repeat(shown, len(at))
    rows = (shown[:, None] * len(at) + np.arange(len(at))).ravel()
    found = closed(incidences(cells, asked.design, groups, ended, at), followed).take(rows)
    known = asked.population(cells, groups, group)
    columns = _columns(found, behind.take(group), known, followed, rows, interval, conf_level)
    keys = {
        name: groups.keys.column(name).take(pa.array(group)) for name in groups.keys.column_names
    }
    table = tabulated(keys, asked.labels() | columns, len(rows))
    extra = columns | {"months": pa.array(np.tile(at / MONTH, len(shown)))}
    own = {name: extra[name] for name in OVER_TIME_COLUMNS.names}
    every = {name: table.column(name) for name in table.column_names}
    return pa.table(every | own), int(behind.n[lacking].sum()), found


def _columns(
    found: Quantities,
    behind: Counts,
    known: Population | None,
    followed: AtRisk,
    rows: Integers,
    interval: str,
    conf_level: float,
) -> dict[str, Any]:
    """Return the numerical columns of the rows, which are these of all groups' and times'."""
    columns = statistics(
        found, behind, interval=interval, conf_level=conf_level, proportion=True, population=known
    )
    levels = _levels(found, followed.n.shape[1], conf_level)
    low, high = proportion_limits(found, behind, interval, levels, known)
    columns |= {"band_low": nullable(low), "band_high": nullable(high)}
    return columns | {
        "n_numerator": pa.array(followed.events.ravel()[rows]),
        "n_competing": pa.array(followed.competing.ravel()[rows]),
        "at_risk": pa.array(followed.n.ravel()[rows]),
        "at_risk_weighted": pa.array(followed.weight.ravel()[rows]),
    }


def _levels(found: Quantities, times: int, conf_level: float) -> Floats:
    """Return the level of each interval that holds all times of its curve together, a row each."""
    curves = np.arange(len(found.estimate)).reshape(-1, times)
    covariance = block_covariances(found, times)
    levels = simultaneous_levels(covariance, found.df()[curves[:, 0]], conf_level, _SEED)
    return np.repeat(levels, times)


def _notes(responses: Responses, found: Estimates) -> tuple[Remark, ...]:
    """Say of which levels nobody is followed, and where nobody is followed so long."""
    without = levels_without_base(responses, found)
    notes = [
        Remark("over_time.nobody", {"segment": segment, "levels": levels})
        for segment, levels in without.items()
    ]
    ended = pc.sum(pc.equal(found.table.column("reliability"), NOT_FOLLOWED)).as_py()
    return (*notes, Remark("over_time.ended", {"rows": ended})) if ended else tuple(notes)
