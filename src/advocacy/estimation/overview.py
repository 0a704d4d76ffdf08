r"""Everything that the answers of one survey allow, estimated by one design.

Every number is that of the estimator that it comes from, such as `estimate`. What the answers do
not allow is left out: without the question there is no rate.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from scipy.special import ndtri

from advocacy.errors import DataError, DesignError, MissingColumnError
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.comparisons.lift import lift
from advocacy.estimation.direct import estimate
from advocacy.estimation.estimands import find_estimand
from advocacy.estimation.estimates import Estimates
from advocacy.estimation.ladder.ladder import ladder
from advocacy.estimation.models.drivers import DRIVERS, drivers
from advocacy.estimation.segments import SEGMENTS, count_levels
from advocacy.responses import Responses
from advocacy.sql import identifier
from advocacy.survey.design import SurveyDesign, survey_design

RATE = "recommended_past_12m"
SCORE = "score"
# Of all who answer: one number each.
NET = ("nps", "earned_advocacy", "mean_score")
# Columns of the rungs above what people say they did.
_HIGHER_RUNGS = ("first_recommended_on", "verified_recommended_on")
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
    problems: tuple[str, ...]


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
    tried = _Tried()
    acts = not missing_columns(responses, RATE)
    rates = tried(lambda: lift(responses, design=design)) if acts else None
    shown, too_many = _segments(responses) if rates else ([], ())
    by_segment = [
        tried(lambda name=name: estimate(responses, by=[name], design=design))  # type: ignore[misc]
        for name in shown
    ]
    net = [
        tried(lambda name=name: estimate(responses, estimand=name, design=design))  # type: ignore[misc]
        for name in NET
        if not missing_columns(responses, name)
    ]
    return Overview(
        responses=responses,
        design=design,
        intent=tried(lambda: estimate(responses, estimand="intent_share", design=design)),
        rates=rates,
        by_score=tried(lambda: estimate(responses, by=[SCORE], design=design)) if rates else None,
        by_segment=tuple(filter(None, by_segment)),
        too_many=too_many,
        net=tuple(filter(None, net)),
        drivers=_drivers(responses, design, tried, rates) if rates else None,
        ladder=_ladder(responses, design, tried),
        variants=_variants(responses, design, tried) if rates else (),
        problems=tuple(dict.fromkeys(tried.problems)),
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
    return tried(lambda: drivers(responses, on=names, design=design, most_exact=exact))


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
    return float(ndtri(1 - alpha / 2) + ndtri(power)) * math.sqrt(2) * std_error


class _Tried:
    """Calls that may turn out to be impossible for these answers; ``problems`` says why."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def __call__(self, call: Callable[[], _Result]) -> _Result | None:
        try:
            return call()
        except (DataError, DesignError, MissingColumnError) as error:
            self.problems.append(error.what)
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
    return tried(lambda: ladder(responses, design=design))


def _variants(responses: Responses, design: SurveyDesign, tried: _Tried) -> tuple[Variant, ...]:
    calls = {
        "as_reported": lambda: estimate(responses, design=design),
        "promoters": lambda: estimate(responses, intent="promoters", design=design),
        "missing_as_no": lambda: estimate(_missing_as_no(responses), design=design),
    }
    if design.weight:
        unweighted = replace(design, weight=None, scaling="none", margins=None)
        calls["unweighted"] = lambda: estimate(responses, design=unweighted)
    made = [(name, tried(call)) for name, call in calls.items()]
    return tuple(Variant(name, found) for name, found in made if found is not None)


def _missing_as_no(responses: Responses) -> Responses:
    """Return responses in which no answer on recommending is a no."""
    return replace(
        responses,
        relation=f"(SELECT * REPLACE (coalesce({RATE}, FALSE) AS {RATE}) "
        f"FROM {responses.relation})",
    )
