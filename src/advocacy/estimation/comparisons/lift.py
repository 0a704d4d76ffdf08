"""The rate of an intent set beside those of the baselines 0-6 and 7-8, and its lift over them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from advocacy.arrays import Integers, arrow
from advocacy.errors import UsageError
from advocacy.estimation.asked import Asked, ask
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.comparisons.contrasts import (
    CONTRASTS,
    Pairs,
    beside,
    repeated,
)
from advocacy.estimation.comparisons.exact import tested_columns
from advocacy.estimation.estimand import Estimand
from advocacy.estimation.estimands import INTENTS, Intent, find_estimand, find_intent
from advocacy.estimation.segments import Segment, find_segments
from advocacy.estimation.tabulation import (
    check_interval,
    in_order,
    statistics,
    tabulated,
    unnamed,
)
from advocacy.responses import Responses
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.groups import Groups, rolled_up
from advocacy.survey.cells.statement import Domain
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine
from advocacy.survey.quantities import Quantities, counts

# What a rate of high scores is held against.
BASELINES = ("detractors", "passives")

_KEY = "score_sets"


def lift(
    responses: Responses,
    *,
    estimand: str = "recommended_past_12m",
    intent: str = "score_10",
    by: Sequence[str] = (),
    where: str | None = None,
    design: SurveyDesign | None = None,
    interval: str | None = None,
    conf_level: float = 0.95,
    engine: Engine | None = None,
) -> Comparison:
    """Estimate a rate for an intent set and for the baselines, with differences and ratios.

    Parameters
    ----------
    responses
        What `open_responses` gave.
    estimand
        Name in `ESTIMANDS` of a rate: one whose base the intent set conditions.
    intent, by, where, design, conf_level, engine
        As in `estimate`. A score may be in the intent set and in a baseline: its ratings are
        then behind both, and the covariance knows it.
    interval
        Name in `INTERVALS`, for the rates. Differences have Wald intervals, and ratios (lift)
        theirs on the log scale.

    Returns
    -------
    Comparison
        For each domain the rates of the intent set, of 0-6 and of 7-8, named by ``intent``; then
        differences and ratios with ``reference`` the baseline, each with its own p-value.

    Raises
    ------
    UsageError
        An unknown name, an estimand that is no rate, or a crossing with the score.
    MissingColumnError, DataError, DesignError
        As in `estimate`.

    Notes
    -----
    R equivalent: ``survey::svycontrast`` on the joint covariance of the domains' means.
    """
    _refuse_others(find_estimand(estimand), find_segments(by))
    method = check_interval(interval, conf_level, proportion=True)
    sets = _sets(find_intent(intent))
    asked = ask(responses, estimand, by=by, where=where, design=design, engine=engine)
    cells = asked.cells(
        [*asked.domains, Domain(_KEY, _pattern(sets))],
        ratio=asked.estimand.ratio(_any_of(sets)),
    )
    return _tabulate(asked, cells, sets, method, conf_level)


def has_lift(estimand: str, by: Sequence[str]) -> bool:
    """Tell whether an estimand is a rate of those with some scores, crossed by others alone."""
    by_score = any(segment.replaces_intent for segment in find_segments(by))
    return _is_rate(find_estimand(estimand)) and not by_score


def _is_rate(estimand: Estimand) -> bool:
    return estimand.conditional and estimand.proportion


def _refuse_others(estimand: Estimand, segments: Sequence[Segment]) -> None:
    if not _is_rate(estimand):
        raise UsageError(
            f"{estimand.name} is no rate of those with some scores, so that it has no lift.",
            remedy="Use a rate such as recommended_past_12m, or compare between segments.",
        )
    if any(segment.replaces_intent for segment in segments):
        raise UsageError(
            "The lift compares scores and cannot be crossed with the score.",
            remedy="Leave the score out of --by.",
        )


def _sets(intent: Intent) -> list[Intent]:
    """Return the intent set and the baselines other than itself."""
    baselines = [INTENTS[name] for name in BASELINES]
    return [intent, *(one for one in baselines if one.scores != intent.scores)]


def _any_of(sets: Sequence[Intent]) -> str:
    return f"({' OR '.join(one.condition() for one in sets)})"


def _pattern(sets: Sequence[Intent]) -> str:
    """Return SQL for the numbers of the sets that hold the score: disjoint, as domains have to be.

    Sets may overlap: of top_3 and 7-8, a score of 8 is in both.
    """
    parts = [f"CASE WHEN {one.condition()} THEN '{i} ' ELSE '' END" for i, one in enumerate(sets)]
    return f"concat({', '.join(parts)})"


def _groups(cells: Cells, segments: Sequence[Segment], sets: Sequence[Intent]) -> Groups:
    """Return a group for each crossing and set: group = crossing × sets + set."""
    crossings = rolled_up(cells, [segment.name for segment in segments])
    held = [set((text or "").split()) for text in cells.domains.column(_KEY).to_pylist()]
    pairs = [
        (group * len(sets) + number, domain)
        for group, domain in zip(crossings.group, crossings.domain, strict=True)
        for number in range(len(sets))
        if str(number) in held[domain]
    ]
    group, domain = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return Groups(crossings.keys, group, domain, crossings.size * len(sets))


def _tabulate(
    asked: Asked, cells: Cells, sets: Sequence[Intent], interval: str, conf_level: float
) -> Comparison:
    segments, labels = asked.segments, asked.labels()
    groups, width = _groups(cells, segments, sets), len(sets)
    behind = counts(cells, groups)
    lacking = unnamed(groups.keys, [s.name for s in segments], groups.size // width)
    named = in_order(groups.keys, np.flatnonzero(~lacking), segments)
    rows = (named[:, None] * width + np.arange(width)).ravel()
    rows = rows[behind.n[rows] > 0]
    found = asked.quantities(cells, groups).take(rows)
    columns = statistics(
        found,
        behind.take(rows),
        interval=interval,
        conf_level=conf_level,
        proportion=True,
        population=asked.population(cells, groups, rows),
    )
    names = pa.array([sets[row % width].name for row in rows])
    keys = repeated(groups.keys, rows // width, groups.keys.column_names)
    rates = tabulated(keys, labels | columns | {"intent": names}, len(rows))
    every = _against_baselines(rows, width)
    shown = labels, conf_level, asked.estimand
    tables = [_contrasts(rates, found, pairs, shown) for pairs in every]
    return Comparison(
        table=pa.concat_tables([rates, *tables]),
        kind="lift",
        unplaced=_unplaced(cells, segments),
        quantities=beside(found, every),
        compares="intent",
    )


def _against_baselines(rows: Integers, width: int) -> list[Pairs]:
    """Return differences and ratios of the intent set to each baseline with ratings."""
    place = {int(row): number for number, row in enumerate(rows)}
    found = [
        (place[int(row - row % width)], number)
        for number, row in enumerate(rows)
        if row % width and int(row - row % width) in place
    ]
    first, second = np.array(found, dtype=np.int64).reshape(-1, 2).T
    return [Pairs(CONTRASTS[name], first, second) for name in ("difference", "ratio")]


def _contrasts(
    rates: pa.Table, found: Quantities, pairs: Pairs, shown: tuple[dict[str, Any], float, Estimand]
) -> pa.Table:
    labels, conf_level, estimand = shown
    flags = rates.column("reliability").to_pylist()
    sides = [rates.column("intent").take(arrow(rows)) for rows in (pairs.first, pairs.second)]
    what = {"quantity": pairs.contrast.name, "intent": sides[0], "reference": sides[1]}
    segments = rates.column_names[: rates.column_names.index("estimand")]
    columns = tested_columns(found, pairs, flags, conf_level, estimand)
    keys = repeated(rates, pairs.first, segments)
    return tabulated(keys, labels | columns | what, len(pairs.first))


def _unplaced(cells: Cells, segments: Sequence[Segment]) -> int:
    """Count the ratings in the base that lack a segment."""
    lacking = unnamed(cells.domains, [segment.name for segment in segments], cells.n_domains)
    return int(cells.totals(cells.n)[lacking].sum())
