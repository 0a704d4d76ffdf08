r"""Each level of a segment against the others together, or against all levels together.

The rate of the rest, or of the total, is a ratio of totals over several domains, as that of a
level is over one. Both sides come from one pass, and their difference has its variance from
their joint covariance: a level is a part of the total, and a PSU may have ratings in all levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from advocacy.arrays import Integers
from advocacy.errors import DataError, UsageError
from advocacy.estimation.comparisons.comparison import (
    Comparison,
    labels,
    quantities_of,
    with_columns,
)
from advocacy.estimation.comparisons.contrasts import (
    Pairs,
    find_contrast,
    ratings_behind,
    repeated,
)
from advocacy.estimation.comparisons.exact import tested_columns
from advocacy.estimation.comparisons.pairwise import (
    Levels,
    absent,
    adjusted,
    check_adjust,
    effect_sizes,
    homogeneity,
    levels_of,
)
from advocacy.estimation.direct import estimate
from advocacy.estimation.estimand import Estimand
from advocacy.estimation.estimands import find_estimand
from advocacy.estimation.estimates import Estimates
from advocacy.estimation.segments import find_segments
from advocacy.estimation.tabulation import POSSIBLE, check_interval, statistics, tabulated
from advocacy.remarks import Remark
from advocacy.responses import Responses
from advocacy.survey.cells.groups import Groups
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine
from advocacy.survey.quantities import Quantities, counts, ratios

# What a level can be held against: all levels but itself, or all of them.
OTHERS = ("rest", "total")


def compare_against(
    responses: Responses,
    *,
    between: str,
    against: str,
    estimand: str = "recommended_past_12m",
    intent: str = "score_10",
    by: Sequence[str] = (),
    quantity: str = "difference",
    adjust: str = "holm",
    where: str | None = None,
    design: SurveyDesign | None = None,
    interval: str | None = None,
    conf_level: float = 0.95,
    engine: Engine | None = None,
) -> Comparison:
    """Compare each level of a segment with the rest, or with the total of all levels.

    Parameters
    ----------
    responses, between, estimand, intent, by, quantity, adjust, where, design
        As in `compare`; the estimand is no incidence.
    against
        `rest`, the other levels together, or `total`, all levels together. Ratings that lack the
        segment are in neither.
    interval, conf_level, engine
        As in `compare`.

    Returns
    -------
    Comparison
        The levels' estimates, then a row a comparison, whose ``reference`` is ``against``. Of
        two levels the rest of one is the other.

    Raises
    ------
    UsageError
        An unknown name or rule, or an incidence.
    MissingColumnError, DataError, DesignError
        As in `compare`.

    Notes
    -----
    R equivalent: ``svycontrast(svytotal(~ya + a + y + one, design), quote(ya / a - y / one))``.
    """
    chosen = find_estimand(estimand)
    chosen.refuse_incidence("a level against the others")
    contrast = find_contrast(quantity, chosen)
    check_adjust(adjust)
    if against not in OTHERS:
        raise UsageError(
            f"A level is held against {' or '.join(OTHERS)}, not {against!r}.",
            remedy=f"Use {' or '.join(OTHERS)}; against one level, --reference.",
        )
    rates = estimate(
        responses,
        estimand=estimand,
        intent=intent,
        by=[*(segment.name for segment in find_segments(by)), between],
        where=where,
        design=design,
        interval=interval,
        conf_level=conf_level,
        engine=engine,
    )
    levels = levels_of(rates, between)
    compared = [group for group in levels.groups if len(group) > 1]
    if not compared:
        raise DataError(
            f"No two levels of {between} have ratings in the base"
            f"{' of one ' + ' × '.join(by) if by else ''}.",
            where=responses.name,
            remedy="Compare between another segment.",
        )
    first = np.concatenate(compared)
    both = _with_others(quantities_of(rates), compared, against)
    pairs = Pairs(contrast, first, len(rates) + np.arange(len(first)))
    lacking = absent(responses, levels, between)
    named = {"segment": between, "levels": lacking}
    return Comparison(
        table=_table(rates, both, levels, pairs, (against, adjust, conf_level, chosen)),
        kind="pairs",
        unplaced=rates.unplaced,
        quantities=_shown(both, len(rates), pairs),
        compares=between,
        notes=(Remark("pairs.absent", named),) if lacking else (),
    )


def _with_others(found: Quantities, compared: Sequence[Integers], against: str) -> Quantities:
    """Return the K rates and, behind them, for each that is compared that of what it is held to."""
    own = ratings_behind(found)
    group, domain, number = [own.group], [own.domain], own.size
    for rows in compared:
        for row in rows:
            held = rows if against == "total" else rows[rows != row]
            domains = own.domain[np.isin(own.group, held)]
            group.append(np.full(len(domains), number))
            domain.append(domains)
            number += 1
    groups = Groups(own.keys, np.concatenate(group), np.concatenate(domain), number)
    return ratios(found.cells, found.design, groups)


def _shown(both: Quantities, rates: int, pairs: Pairs) -> Quantities:
    """Return the rates and the contrasts, as the table has them, with one joint covariance."""
    kept = np.eye(len(both.estimate))[:rates]
    return both.transformed(
        lambda v: np.concatenate([v[..., :rates], pairs.value(v)], axis=-1),
        np.vstack([kept, pairs.jacobian(both.estimate)]),
    )


def _table(
    rates: Estimates,
    both: Quantities,
    levels: Levels,
    pairs: Pairs,
    shown: tuple[str, str, float, Estimand],
) -> pa.Table:
    against, adjust, conf_level, estimand = shown
    flags = [
        *rates.table.column("reliability").to_pylist(),
        *_flags(both.take(pairs.second), estimand, conf_level),
    ]
    columns = tested_columns(both, pairs, flags, conf_level, estimand)
    what = {"quantity": pairs.contrast.name, "reference": against}
    keys = repeated(rates.table, pairs.first, rates.by)
    contrasts = tabulated(keys, labels(rates.table) | what | columns, len(pairs.first))
    p_values = contrasts.column("p_value").to_numpy()
    none, undefined = [None] * len(rates), np.full(len(pairs.first), np.nan)
    sizes = effect_sizes(both.estimate, pairs) if estimand.proportion else undefined
    several: dict[str, Sequence[Any]] = {
        "p_adjusted": [*none, *adjusted(p_values, adjust)],
        "adjust": [*none, *[adjust] * len(p_values)],
        "cohens_h": [*none, *sizes],
    }
    return with_columns(
        pa.concat_tables([rates.table, contrasts]),
        several | homogeneity(rates, levels, replace(pairs, second=pairs.first), estimand),
    )


def _flags(others: Quantities, estimand: Estimand, conf_level: float) -> list[str]:
    """Return how far the rates of the rest, or of the total, can be relied on."""
    method = check_interval(None, conf_level, proportion=estimand.proportion)
    columns = statistics(
        others,
        counts(others.cells, ratings_behind(others)),
        interval=method,
        conf_level=conf_level,
        proportion=estimand.proportion,
        possible=None if estimand.proportion else POSSIBLE[estimand.unit],
    )
    flags: list[str] = columns["reliability"].to_pylist()
    return flags
