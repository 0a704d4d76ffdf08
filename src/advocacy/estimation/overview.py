r"""Everything that the answers of one survey allow, estimated by one design.

Every number is that of the estimator that it comes from, such as `estimate`. What the answers do
not allow is left out: without the question there is no rate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from advocacy.errors import DataError, DesignError, MissingColumnError, UsageError
from advocacy.estimation.asked import ask
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.comparisons.lift import lift
from advocacy.estimation.direct import estimate
from advocacy.estimation.estimands import find_estimand
from advocacy.estimation.estimates import Estimates
from advocacy.estimation.ladder.ladder import ladder
from advocacy.estimation.models.drivers import DRIVERS, drivers
from advocacy.estimation.movement.detectable import smallest_change as detectable
from advocacy.estimation.segments import SEGMENTS, count_levels
from advocacy.remarks import Remark
from advocacy.responses import Responses
from advocacy.sql import identifier
from advocacy.survey.cells.grouped_pass import MOST_CELLS
from advocacy.survey.cells.kept import KeptCells
from advocacy.survey.design import SurveyDesign, survey_design
from advocacy.survey.engines import engine_for

RATE = "recommended_past_12m"
SCORE, TOP = "score", "score_10"
# Of all who answer: one number each.
NET = ("nps", "earned_advocacy", "mean_score")
# Columns of the rungs above what people say they did.
_HIGHER_RUNGS = ("first_recommended_on", "verified_recommended_on")
_WHY = (
    (MissingColumnError, "not_estimable.columns"),
    (DesignError, "not_estimable.design"),
    (DataError, "not_estimable.answers"),
)
MOST_LEVELS = 60  # of a segment whose rates are shown
_FEWEST_DRIVERS = 2
# Ratings times models that are fitted to them: some seconds.
_MOST_MODELLED = 5_000_000
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Variant:
    """The rate at score 10, with one choice made otherwise.

    Parameters
    ----------
    name
        `as_reported`, `promoters` (scores 9 and 10), `missing_as_no` (who gives no answer on
        recommending counts as not having recommended) or `unweighted`.
    estimates
        One row.
    """

    name: str
    estimates: Estimates


@dataclass(frozen=True)
class Overview:
    """What the answers of one survey allow; ``None`` or empty where they do not.

    Parameters
    ----------
    responses, design
        What was estimated from, and how it was drawn.
    intent
        Share of those who score 10.
    rates
        The rates of scores 10, 0-6 and 7-8, with differences and ratios.
    by_score
        The rate at each score.
    by_segment
        The rate at score 10 by each segment of two levels or more.
    too_many
        Segments with more than `MOST_LEVELS` levels, with their number.
    net
        Of each of `NET` that there is, one row.
    drivers
        Which of several drivers go furthest with the rate at score 10.
    ladder
        The rungs beside each other, where there is one above what people say they did.
    variants
        The reported rate first.
    problems
        What could not be estimated although its columns are there, and why.
    """

    responses: Responses
    design: SurveyDesign
    intent: Estimates | None
    rates: Comparison | None
    by_score: Estimates | None
    by_segment: tuple[Estimates, ...]
    too_many: tuple[tuple[str, int], ...]
    net: tuple[Estimates, ...]
    drivers: Estimates | None
    ladder: Comparison | None
    variants: tuple[Variant, ...]
    problems: tuple[Remark, ...]


def overview(responses: Responses) -> Overview:
    """Estimate everything that the answers of one survey allow.

    Parameters
    ----------
    responses
        What `open_responses` gave.

    Returns
    -------
    Overview
        By the design that `survey_design` chooses. A PSU alone in its stratum is taken to differ
        as others do, so that nothing is refused for it.

    Raises
    ------
    MissingColumnError
        There is no score, without which there is nothing to say.
    DataError
        Values that the schema does not allow, or several kinds of evidence.
    """
    responses.require([SCORE], "A report")
    responses.check([SCORE])
    design = _without_single_units(survey_design(responses, lonely_psu="adjust"), responses)
    held, tried = _at_hand(responses, design), _Tried()
    acts = not missing_columns(responses, RATE)
    rates = tried("rates", lambda: lift(held, design=design)) if acts else None
    shown, too_many = _segments(responses) if rates else ([], ())
    as_reported, by_segment = _by_segment(held, shown, design, tried) if rates else (None, [])
    net = [
        tried(name, lambda name=name: estimate(held, estimand=name, design=design))  # type: ignore[misc]
        for name in NET
        if not missing_columns(responses, name)
    ]
    return Overview(
        responses=held,
        design=design,
        intent=tried("intent", lambda: estimate(held, estimand="intent_share", design=design)),
        rates=rates,
        by_score=tried("by_score", lambda: estimate(held, by=[SCORE], design=design))
        if rates
        else None,
        by_segment=tuple(filter(None, by_segment)),
        too_many=too_many,
        net=tuple(filter(None, net)),
        drivers=_drivers(responses, design, tried, rates) if rates else None,
        ladder=_ladder(held, design, tried),
        variants=_variants(held, as_reported, design, tried) if rates else (),
        problems=tuple(
            each for n, each in enumerate(tried.problems) if each not in tried.problems[:n]
        ),
    )


def _drivers(
    responses: Responses, design: SurveyDesign, tried: _Tried, rates: Comparison
) -> Estimates | None:
    """Return which of several drivers go furthest with the rate; of one there is no order.

    By relative weights where all models of so many ratings would take long.
    """
    names = [name for name in DRIVERS if responses.has(name)]
    if len(names) < _FEWEST_DRIVERS:
        return None
    models = rates.table.column("n")[0].as_py() * 2 ** len(names)
    exact = len(names) if models <= _MOST_MODELLED else 0
    return tried("drivers", lambda: drivers(responses, on=names, design=design, most_exact=exact))


def missing_columns(responses: Responses, estimand: str) -> list[str]:
    """Return the columns that an estimand needs and the responses do not have."""
    return [name for name in find_estimand(estimand).needs if not responses.has(name)]


def smallest_change(std_error: float, alpha: float = 0.05, power: float = 0.80) -> float:
    r"""Return the change between two waves that a test would find with the power asked for.

    .. math:: (z_{1 - \alpha / 2} + z_{power}) \sqrt{2}\, SE

    Both waves are independent, and as precise as this one.

    Parameters
    ----------
    std_error
        Standard error of one wave, in any unit; the change is in the same.
    alpha
        Level of the two-sided test.
    power
        Probability to find it.

    References
    ----------
    Cochran (1977), Sampling Techniques, section 4.
    """
    of_movement = np.array([math.sqrt(2) * std_error])
    return float(detectable(of_movement, np.array([np.inf]), alpha, power)[0])


class _Tried:
    """Calls that may turn out to be impossible for these answers; ``problems`` says why."""

    def __init__(self) -> None:
        self.problems: list[Remark] = []

    def __call__(self, name: str, call: Callable[[], _Result], **of: str) -> _Result | None:
        """Return what a call gives; ``name`` is what it estimates, ``of`` the segment."""
        try:
            return call()
        except (DataError, DesignError, MissingColumnError) as error:
            why = next(why for kind, why in _WHY if isinstance(error, kind))
            what = Remark(f"estimated.{name}", of)
            self.problems.append(Remark("not_estimated", {"what": what, "why": Remark(why)}))
            return None


def _without_single_units(design: SurveyDesign, responses: Responses) -> SurveyDesign:
    """Return the design without the columns of PSUs where each rating is its own.

    The numbers are the same; the pass then keeps sums of strata, not of half a million PSUs.
    """
    if not design.clusters:
        return design
    unit = f"coalesce({', '.join(f'{identifier(n)}::VARCHAR' for n in design.clusters)})"
    (repeated,) = responses.fetch(
        f"SELECT count(DISTINCT {unit}) < count({unit}) FROM {responses.relation}"
    )
    return design if repeated else replace(design, clusters=())


def _at_hand(responses: Responses, design: SurveyDesign) -> Responses:
    """Return responses in memory, their units under short names in the same order.

    Where PSUs have several ratings, a pass is by PSU, and takes most of its time to compare their
    names. The numbers are the same. What no pass would hold is left where it is.
    """
    if responses.home is not None or not responses.is_dataset or not design.keeps_units:
        return responses
    if int(responses.fetch(f"SELECT count(*) FROM {responses.relation}")[0]) > MOST_CELLS:
        return responses
    units = {*design.clusters, "rating_id"} & set(responses.columns)
    named = ", ".join(
        f"CASE WHEN {unit} IS NOT NULL "
        f"THEN printf('%010d', dense_rank() OVER (ORDER BY {unit})) END AS {unit}"
        for unit in map(identifier, sorted(units))
    )
    sql = f"SELECT * REPLACE ({named}) FROM {responses.relation}"
    return replace(
        responses,
        relation="at_hand",
        tables={**responses.tables, "at_hand": responses.run(sql, engine_for(responses, None))},
    )


def _by_segment(
    responses: Responses, shown: Sequence[str], design: SurveyDesign, tried: _Tried
) -> tuple[Estimates | None, list[Estimates | None]]:
    """Return the rate at score 10, and by each segment.

    Where a pass is by PSU, one by all segments has hardly more cells: all others are added up.
    """
    engine = KeptCells(engine_for(responses, None)) if responses.home is None else None
    if engine and design.keeps_units and len(shown) > 1:
        every = ask(responses, RATE, intent=TOP, by=shown, design=design, engine=engine)
        # Too many cells for one pass: each segment has its own.
        with suppress(UsageError, DataError, DesignError):
            every.cells(every.domains)
    by_segment = [
        tried(
            "by_segment",
            lambda name=name: estimate(responses, by=[name], design=design, engine=engine),  # type: ignore[misc]
            segment=name,
        )
        for name in shown
    ]
    return tried("rates", lambda: estimate(responses, design=design, engine=engine)), by_segment


def _segments(responses: Responses) -> tuple[list[str], tuple[tuple[str, int], ...]]:
    """Return the segments that are shown, and those with too many levels."""
    levels = {
        name: number
        for name, number in count_levels(responses).items()
        if number > 1 and not SEGMENTS[name].replaces_intent
    }
    shown = [name for name, number in levels.items() if number <= MOST_LEVELS]
    return shown, tuple((name, number) for name, number in levels.items() if name not in shown)


def _ladder(responses: Responses, design: SurveyDesign, tried: _Tried) -> Comparison | None:
    if not any(map(responses.has, _HIGHER_RUNGS)):
        return None
    return tried("ladder", lambda: ladder(responses, design=design))


def _variants(
    responses: Responses, as_reported: Estimates | None, design: SurveyDesign, tried: _Tried
) -> tuple[Variant, ...]:
    calls = {
        "as_reported": lambda: as_reported,
        "promoters": lambda: estimate(responses, intent="promoters", design=design),
        "missing_as_no": lambda: estimate(_missing_as_no(responses), design=design),
    }
    if design.weight:
        unweighted = replace(design, weight=None, scaling="none", margins=None)
        calls["unweighted"] = lambda: estimate(responses, design=unweighted)
    made = [(name, tried(name, call)) for name, call in calls.items()]
    return tuple(Variant(name, found) for name, found in made if found is not None)


def _missing_as_no(responses: Responses) -> Responses:
    """Return responses in which no answer on recommending is a no."""
    return replace(
        responses,
        relation=f"(SELECT * REPLACE (coalesce({RATE}, FALSE) AS {RATE}) "
        f"FROM {responses.relation})",
    )
