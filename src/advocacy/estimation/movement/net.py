r"""Net scores with the shares that they are made of, and who recommends beside who scores high.

A net score is a share above less a share below, :math:`a - b`. Two of one value may rest on
different shares, and by simple random sampling of n would have the variances
:math:`(a + b - (a - b)^2) / n`; under the design it is that of a ratio of totals. All rows are
from one pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from advocacy.arrays import Floats, Integers
from advocacy.errors import DataError, UsageError
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.comparisons.contrasts import repeated
from advocacy.estimation.estimand import Unit
from advocacy.estimation.estimands import find_estimand
from advocacy.estimation.movement.measures import Measured, measurable, measure, together
from advocacy.estimation.segments import find_segments
from advocacy.estimation.tabulation import (
    POSSIBLE,
    Columns,
    check_interval,
    in_order,
    nullable,
    statistics,
    tabulated,
    unnamed,
)
from advocacy.remarks import Remark
from advocacy.responses import Responses
from advocacy.survey.cells.groups import Groups, rolled_up
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine
from advocacy.survey.intervals import trinomial
from advocacy.survey.populations import population_behind
from advocacy.survey.quantities import Counts, Quantities

NETS = ("nps", "earned_advocacy")
_OVERLAPS = ("true_advocates", "promoter_share_of_recommenders")
_RECOMMENDERS = "recommender_share"
# Intervals of net scores; the shares beside them have that of proportions.
NET_INTERVALS = ("trinomial", "wald")


@dataclass(frozen=True)
class _Row:
    """What one row of each crossing is: an estimand, which part of it, and what ratings count."""

    estimand: str
    quantity: str
    value: Floats

    @property
    def net(self) -> bool:
        return self.quantity == "balance"


def net_scores(
    responses: Responses,
    *,
    intent: str = "score_10",
    by: Sequence[str] = (),
    where: str | None = None,
    design: SurveyDesign | None = None,
    interval: str = "trinomial",
    conf_level: float = 0.95,
    engine: Engine | None = None,
) -> Comparison:
    """Estimate the net scores that there are questions for, each with its three shares.

    Parameters
    ----------
    responses
        What `open_responses` gave.
    intent
        Scores of the true advocates, as in `estimate`.
    by, where, design, conf_level, engine
        As in `estimate`; ``by`` without the score.
    interval
        Of the net scores, one of `NET_INTERVALS`. Shares have Korn and Graubard's.

    Returns
    -------
    Comparison
        Of the kind ``net``, for each crossing rows named by ``estimand`` and ``quantity``: of
        `nps` and `earned_advocacy` the `balance` and the shares `above`, `between` and `below`,
        with `both` for who recommends and discourages, which are among those between; the share
        of `true_advocates`; and of who recommends those who are `no_promoter`. Behind the columns
        of all estimates stands ``weighted_n``, the base by weight; ``n_eff`` is what it is worth.

    Raises
    ------
    UsageError
        An unknown name, or a segment of scores.
    MissingColumnError
        There is neither a score nor an answer on recommending and advising against.
    DataError, DesignError
        As in `estimate`.

    Notes
    -----
    R equivalent: ``survey::svymean(~I((score >= 9) - (score <= 6)), design)``.
    """
    segments = find_segments(by)
    for segment in segments:
        if segment.replaces_intent:
            raise UsageError(
                f"A net score is of all scores, which {segment.name} splits.",
                remedy=f"Leave {segment.name} out of --by.",
            )
    if interval not in NET_INTERVALS:
        raise UsageError(
            f"{interval!r} is no interval of net scores.",
            remedy=f"Use one of: {', '.join(NET_INTERVALS)}.",
        )
    check_interval("wald", conf_level, proportion=False)
    there, lacking = measurable(responses, NETS)
    overlaps = [name for name in (*_OVERLAPS, _RECOMMENDERS) if _has(responses, name)]
    found = measure(
        responses, [*there, *overlaps], intent=intent, by=by, where=where, design=design,
        engine=engine,
    )  # fmt: skip
    groups = rolled_up(found.cells, [segment.name for segment in segments])
    lack = unnamed(groups.keys, [segment.name for segment in segments], groups.size)
    rows = np.flatnonzero(~lack)
    if not len(rows):
        raise DataError(
            f"No rating has a value of {' and '.join(by)}.",
            where=responses.name,
            remedy="Cross by another segment.",
        )
    shown = in_order(groups.keys, rows, segments)
    tables, parts, places, unplaced = [], [], [], 0
    for row in _rows(found):
        quantities, counts = found.ratios(groups, row.value), found.counts(groups, row.value)
        unplaced = max(unplaced, int(counts.n[lack].sum()))
        place = np.flatnonzero(counts.n[shown] > 0)
        own = shown[place]
        places.append(place)
        parts.append(quantities.take(own))
        tables.append(_table(found, groups, row, own, counts.take(own), (interval, conf_level)))
    order = np.argsort(np.concatenate(places), kind="stable")
    table = pa.concat_tables(tables).take(pa.array(order))
    notes = [
        Remark("net.missing", {"estimand": name, "columns": columns})
        for name, columns in lacking.items()
    ]
    return Comparison(
        table, "net", unplaced, together(parts).take(order), "estimand", notes=tuple(notes)
    )


def _has(responses: Responses, name: str) -> bool:
    return all(map(responses.has, find_estimand(name).needs))


def _rows(found: Measured) -> list[_Row]:
    """Return the rows of each crossing."""
    names = [one.estimand.name for one in found.asked]
    rows = []
    for name in filter(names.__contains__, NETS):
        value = found.value(name)
        rows.append(_Row(name, "balance", value))
        for part, counts in (("above", 1.0), ("between", 0.0), ("below", -1.0)):
            rows.append(_Row(name, part, _whether(value, value == counts)))
        if name == "earned_advocacy":
            # Of whom the balance counts nothing, those who did both.
            both = (value == 0) & (found.value(_RECOMMENDERS) == 1)
            rows.append(_Row(name, "both", _whether(value, both)))
    if "true_advocates" in names:
        rows.append(_Row("true_advocates", "share", found.value("true_advocates")))
        promoters = found.value("promoter_share_of_recommenders")
        rows.append(_Row("promoter_share_of_recommenders", "no_promoter", 1 - promoters))
    return rows


def _whether(base: Floats, met: Any) -> Floats:
    return np.where(np.isnan(base), np.nan, np.asarray(met, np.float64))


def _table(
    found: Measured,
    groups: Groups,
    row: _Row,
    own: Integers,
    behind: Counts,
    asked: tuple[str, float],
) -> pa.Table:
    """Return one row for each crossing that has a base."""
    interval, conf_level = asked
    quantities = found.alone(groups, row.value).take(own)
    columns: dict[str, Any] = statistics(
        quantities,
        behind,
        interval="wald" if row.net else "korn_graubard",
        conf_level=conf_level,
        proportion=not row.net,
        possible=POSSIBLE[Unit.POINTS] if row.net else None,
    )
    if row.net:
        extremes = found.ratios(groups, row.value**2).take(own)
        columns |= _of_net(quantities, extremes.estimate, behind, interval, conf_level)
    one = next(one for one in found.asked if one.estimand.name == row.estimand)
    keys = repeated(groups.keys, own, groups.keys.column_names)
    table = tabulated(keys, one.labels() | columns | {"quantity": row.quantity}, len(own))
    return table.append_column("weighted_n", pa.array(found.weighted_n(groups, row.value)[own]))


def _of_net(
    found: Quantities, extremes: Floats, behind: Counts, interval: str, conf_level: float
) -> Columns:
    """Return the columns that a net score has beside those of a mean: it is a trinomial's."""
    n, variance, df = behind.n.astype(np.float64), found.variance(), found.df()
    worth = np.where(variance > 0, n, np.minimum(n, population_behind(found, conf_level).units))
    single = extremes - found.estimate**2
    n_eff = np.divide(single, variance, out=worth + 0 * variance, where=variance > 0)
    columns: Columns = {
        "n_eff": nullable(n_eff),
        "deff": nullable(np.divide(n, n_eff, out=np.full_like(n, np.nan), where=n_eff > 0)),
    }
    if interval == "wald":
        return columns
    low, high = trinomial(found.estimate, extremes, variance, worth, df, conf_level)
    name = pa.array([interval] * len(n), pa.string())
    return columns | {"interval": name, "conf_low": nullable(low), "conf_high": nullable(high)}
