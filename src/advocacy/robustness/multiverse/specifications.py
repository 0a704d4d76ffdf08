"""Every analysis of a multiverse: its rate, its interval, and what it says of a statement."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import pyarrow as pa

from advocacy.arrays import Integers
from advocacy.errors import DataError, DesignError, UsageError
from advocacy.estimation.estimands import find_estimand, find_intent
from advocacy.estimation.estimates import Estimates
from advocacy.estimation.tabulation import (
    constant,
    nullable,
    proportion_limits,
    statistics,
    tabulated,
)
from advocacy.responses import Responses
from advocacy.robustness.multiverse.choices import USUAL_TARGET, Choices, Multiverse
from advocacy.robustness.multiverse.flagged import base, domains, flagged, in_memory
from advocacy.robustness.multiverse.means import means
from advocacy.robustness.multiverse.selections import (
    OF_RATINGS,
    Estimated,
    Selections,
    behind,
    pooled,
    rates,
    selections,
    weighted_as,
)
from advocacy.survey.cells.grouped_pass import MOST_CELLS, grouped_passes
from advocacy.survey.design import SurveyDesign, survey_design
from advocacy.survey.engines import engine_for

# The choices with a column of their own in the table; the others have one in `COLUMNS`.
OWN = ("dont_know", "window", "repeat", "countries", "weights", "estimator")
_ESTIMAND = find_estimand("recommended_past_12m")


def multiverse(
    responses: Responses, asked: Multiverse | None = None, *, most_cells: int = MOST_CELLS
) -> Estimates:
    r"""Estimate a rate by every combination of choices, from one pass.

    Choices of ratings (intent set, answers of don't know, window, repeats, countries) are flags of
    the cells, and a combination is a set of domains; weights and targets are other sums of the
    same; intervals another formula. So the rows of the responses are read once, however many
    combinations there are.

    Parameters
    ----------
    responses
        What `open_responses` gave.
    asked
        What `read_multiverse` gave; by default the study's own choices alone.
    most_cells
        Cells, a PSU in a domain each, above which the crossing is refused.

    Returns
    -------
    Estimates
        A row for each combination, of the kind ``specifications``. The column ``reference`` has
        what the rate is held against, a proportion. The first row has the first option of each.

    Raises
    ------
    UsageError, MissingColumnError
        The responses lack what a choice needs, are in a database, or take one target for another.
    DataError
        No rating is in any base.
    DesignError
        The design of a target allows no variance.

    Notes
    -----
    Each row equals `estimate` with these choices. Steegen et al. (2016),
    https://doi.org/10.1177/1745691616658637.
    """
    asked = asked or Multiverse()
    choices, read = asked.choices, in_memory(responses)
    ready = flagged(read, choices)
    designs = [_design(read, target) for target in choices.target]
    if len({design.target for design in designs}) < len(designs):
        raise UsageError(
            f"The choice target has the same twice: {USUAL_TARGET} is one of the others here.",
            where=responses.name,
            remedy=f"Leave out {USUAL_TARGET}.",
        )
    parts = list(_parts(ready, designs, asked, most_cells))
    table = pa.concat_tables(parts).take(pa.array(_in_order(choices)))
    if not any(table.column("n").to_pylist()):
        raise DataError(
            "No rating is in the base of any combination of these choices.",
            where=responses.name,
            remedy="Do any ratings have a score and an answer on recommending together?",
        )
    return Estimates(table=table, kind="specifications")


def _design(responses: Responses, target: str) -> SurveyDesign:
    try:
        return survey_design(responses, None if target == USUAL_TARGET else target)
    except DesignError as error:
        raise DesignError(
            f"The choice target has {target}. {error.what}",
            where=responses.name,
            remedy=f"Leave {target} out of that choice.",
        ) from error


def _parts(
    responses: Responses, designs: list[SurveyDesign], asked: Multiverse, most_cells: int
) -> Iterator[pa.Table]:
    """Yield the table of each target, weighting, estimator and interval: a row a selection."""
    choices, engine = asked.choices, engine_for(responses, None)
    every = grouped_passes(responses, designs, base(), domains(choices), engine, most_cells)
    for design, cells in zip(designs, every, strict=True):
        chosen = selections(cells.domains, choices)
        degrees, counted = rates(cells, design, chosen).df(), behind(cells, chosen)
        for weights, estimator in product(choices.weights, choices.estimator):
            of = (weighted_as(cells, weights), design, chosen, counted, degrees)
            found = pooled(*of, asked.conf_level) if estimator == "pooled" else means(*of)
            options = {"weights": weights, "estimator": estimator}
            yield from _by_interval(responses, found, chosen, options, asked)


def _by_interval(
    responses: Responses,
    estimated: Estimated,
    chosen: Selections,
    options: dict[str, str],
    asked: Multiverse,
) -> Iterator[pa.Table]:
    """Yield the table of each interval: a row a selection."""
    found, counted, known = estimated.found, estimated.counted, estimated.known
    design, size = found.design, len(chosen.options)
    labels: dict[str, object] = {
        "estimand": _ESTIMAND.name,
        "rung": _ESTIMAND.rung,
        "quantity": _ESTIMAND.quantity,
        "target": design.target,
        "method": design.method,
        "reference": f"{asked.value:g}",
        "source_kind": responses.source_kind,
        "intent": pa.array([find_intent(one["intent"]).name for one in chosen.options]),
    }
    of_ratings = [name for name in OWN if name in OF_RATINGS]
    keys = {name: pa.array([str(one[name]) for one in chosen.options]) for name in of_ratings}
    keys |= {name: pa.array([option] * size) for name, option in options.items()}
    interval, *others = asked.choices.interval
    columns = statistics(
        found,
        counted,
        interval=interval,
        conf_level=asked.conf_level,
        proportion=True,
        population=known,
    )
    yield tabulated(keys, labels | columns, size)
    for interval in others:
        # Of another interval the limits alone are others.
        low, high = proportion_limits(found, counted, interval, asked.conf_level, known)
        columns |= {
            "interval": constant(interval, size, "interval"),
            "conf_low": nullable(low),
            "conf_high": nullable(high),
        }
        yield tabulated(keys, labels | columns, size)


def _in_order(choices: Choices) -> Integers:
    """Return the rows of the parts in the order of the choices, the last changing fastest."""
    options = choices.options()
    made = ("target", "weights", "estimator", "interval", *OF_RATINGS)
    rows = np.arange(len(choices)).reshape([len(options[name]) for name in made])
    return rows.transpose([made.index(name) for name in options]).ravel()
