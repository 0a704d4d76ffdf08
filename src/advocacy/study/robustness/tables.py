"""The tables of the layer `robustness` that a protocol may ask for, as it asks for all others.

An estimator here takes what a protocol can say, with the design and the engine of the study, and
calls one of the layer `robustness`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from advocacy.errors import UsageError
from advocacy.estimation import Estimates
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.responses import Responses
from advocacy.robustness import invited
from advocacy.robustness import recall as memory
from advocacy.robustness.misreport import Ranges, misreport
from advocacy.robustness.multiverse import permutation
from advocacy.robustness.multiverse.choices import USUAL, Multiverse, read_multiverse
from advocacy.robustness.multiverse.specifications import multiverse
from advocacy.robustness.nonresponse import RESPONSE_RATES
from advocacy.robustness.scenarios import Scenarios
from advocacy.robustness.summary import threats
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine


def robustness(
    responses: Responses,
    *,
    intent: str = "score_10",
    by: Sequence[str] = (),
    sensitivity: Sequence[float] = (),
    specificity: Sequence[float] = (),
    on: Sequence[str] = (),
    response_rates: Sequence[float] = RESPONSE_RATES,
    line: float = 0.5,
    design: SurveyDesign | None = None,
    conf_level: float = 0.95,
    engine: Engine | None = None,
) -> Scenarios:
    """Return the headline under every threat, a row an assumption.

    Arguments as of `threats`; ``sensitivity`` and ``specificity`` are the least and the greatest
    of each, and without them misreports are judged by records, where there are any.

    Raises
    ------
    UsageError
        One of the two is not a pair, or is there without the other.
    """
    stated = _ranges(sensitivity, specificity)
    return threats(
        responses, intent=intent, by=by, stated=stated, on=on, response_rates=response_rates,
        line=line, design=design, conf_level=conf_level, engine=engine,
    )  # fmt: skip


def misreports(
    responses: Responses,
    *,
    intent: str = "score_10",
    by: Sequence[str] = (),
    on: Sequence[str] = (),
    line: float = 0.5,
    design: SurveyDesign | None = None,
    conf_level: float = 0.95,
    engine: Engine | None = None,
) -> Scenarios:
    """Return rates corrected by the records of some respondents; arguments as of `misreport`."""
    return misreport(
        responses, intent=intent, by=by, on=on, line=line, design=design, conf_level=conf_level,
        engine=engine,
    )  # fmt: skip


def recall(
    responses: Responses,
    *,
    intent: str = "score_10",
    by: Sequence[str] = (),
    line: float = 0.5,
    design: SurveyDesign | None = None,
    conf_level: float = 0.95,
    engine: Engine | None = None,
) -> Scenarios:
    """Return when people say that they recommended; arguments as of `recall` of the layer."""
    return memory.recall(
        responses, intent=intent, by=by, line=line, design=design, conf_level=conf_level,
        engine=engine,
    )  # fmt: skip


def participation(
    responses: Responses,
    *,
    by: Sequence[str] = (),
    design: SurveyDesign | None = None,
    engine: Engine | None = None,
) -> Estimates:
    """Return outcome rates of all invitations, which were not drawn and have no design."""
    del design, engine
    return invited.participation(responses, by=by)


def specifications(
    responses: Responses,
    *,
    choices: Path | None = None,
    design: SurveyDesign | None = None,
    engine: Engine | None = None,
) -> Estimates:
    """Return the rate by every combination of the choices that a file has registered.

    Without a file they are those that any answers allow. Targets are among the choices, so that
    the study's design has no part.
    """
    del design, engine
    return multiverse(responses, _registered(choices))


def multiverse_test(
    responses: Responses,
    *,
    between: str,
    choices: Path | None = None,
    design: SurveyDesign | None = None,
    engine: Engine | None = None,
) -> Comparison:
    """Test over all of these analyses at once whether two levels of a segment are alike."""
    del design, engine
    found = permutation.multiverse_test(responses, _registered(choices), between=between)
    # So that what is published of it knows between which levels it is.
    return Comparison(found.table, found.kind, compares=between)


def _registered(choices: Path | None) -> Multiverse:
    return Multiverse(USUAL) if choices is None else read_multiverse(choices)


def _ranges(sensitivity: Sequence[float], specificity: Sequence[float]) -> Ranges | None:
    if not sensitivity and not specificity:
        return None
    for name, pair in (("sensitivity", sensitivity), ("specificity", specificity)):
        if len(pair) != 2:
            raise UsageError(
                f"The {name} of [robustness] is no least and greatest value.",
                remedy="Give a pair for both, such as sensitivity = [0.9, 1.0] and specificity = "
                "[0.85, 1.0].",
            )
    return Ranges((sensitivity[0], sensitivity[1]), (specificity[0], specificity[1]))
