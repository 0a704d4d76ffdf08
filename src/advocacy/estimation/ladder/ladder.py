r"""The rungs beside each other: what people say they did, went on to do, and have on record.

All of an intent set stand in one pass, crossed with how each rung judges them, so that the rungs
have one joint covariance: some ratings are on several.

That people are asked may change what they do (Morwitz and Fitzsimons 2004,
https://doi.org/10.1207/s15327663jcp1401&2_8). With e the relative effect of asking, a rate of
:math:`\kappa` among the asked would be :math:`\kappa / (1 + e)` among the unasked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from advocacy.errors import UsageError
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.comparisons.contrasts import (
    CONTRASTS,
    Pairs,
    contrast_columns,
    repeated,
)
from advocacy.estimation.ladder.rungs import RUNGS, Rungs, asked_of_each
from advocacy.estimation.segments import find_segments
from advocacy.estimation.tabulation import check_interval, statistics, tabulated
from advocacy.responses import Responses
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine

# What is read forward, which being asked may have changed.
_READ_FORWARD = "converted_within_12m"
# Effects of being asked on purchases in the field: 9 and 4 % as they stand, -2 and 0 % allowing
# for who was asked and answered (seminar, https://www.erim.eur.nl/research/events/detail/1646/).
MEASUREMENT = (-0.02, 0.09)


def ladder(
    responses: Responses,
    *,
    intent: str = "score_10",
    by: Sequence[str] = (),
    measurement: tuple[float, float] = MEASUREMENT,
    design: SurveyDesign | None = None,
    interval: str | None = None,
    conf_level: float = 0.95,
    engine: Engine | None = None,
) -> Comparison:
    r"""Estimate every rung that the responses have, of one intent set, beside each other.

    Parameters
    ----------
    responses
        What `open_responses` gave.
    intent, by, design, interval, conf_level, engine
        As in `estimate`; ``by`` without the score.
    measurement
        Least and greatest relative effect of being asked on what people go on to do, each above
        −1. It is a range to look at, not an estimate; the default includes 0.

    Returns
    -------
    Comparison
        For each crossing a row of quantity `rate` for each rung that somebody is on, named by
        ``estimand``; behind it, where it is not what people say they did, the `difference` from
        that; and for those who go on to recommend a row `unasked`, whose limits are those of the
        rate, less the greatest effect of being asked and less the least. Notes name the rungs
        that there is nothing for.

    Raises
    ------
    UsageError
        An unknown name, a segment of scores, or a range of effects that is none.
    MissingColumnError
        The responses have no rung at all.
    DataError, DesignError
        As `estimate`.

    Notes
    -----
    Each rate is that of `estimate`. R equivalent: ``survey::svycontrast`` of the rates' joint
    covariance.
    """
    _refuse_scores(by)
    _refuse_range(measurement)
    method = check_interval(interval, conf_level, proportion=True)
    asked, notes = asked_of_each(responses, intent, by, design, engine)
    found = Rungs.of(asked)
    table = _tabulate(found, method, conf_level, measurement)
    return Comparison(table, "ladder", found.unplaced, found.joint, "estimand", notes=tuple(notes))


def _tabulate(
    found: Rungs, interval: str, conf_level: float, measurement: tuple[float, float]
) -> pa.Table:
    """Return the rates, then what they are held against, then what the unasked may do."""
    rates = pa.concat_tables(
        [_rates(found, number, interval, conf_level) for number in range(len(found.rungs))]
    )
    # From rung by rung to crossing by crossing, as in the joint quantities.
    by_rung = np.argsort(found.rung, kind="stable")
    rates = rates.take(pa.array(np.argsort(by_rung)))
    return pa.concat_tables(
        [rates, _differences(found, rates, conf_level), _unasked(rates, measurement)]
    )


def _rates(found: Rungs, number: int, interval: str, conf_level: float) -> pa.Table:
    """Return the rates of one rung, as it has them by itself."""
    rung, rates = found.rungs[number], found.rates[number]
    rows = found.crossing[found.rung == number]
    columns = statistics(
        rates.quantities.take(rows),
        rates.behind.take(rows),
        interval=interval,
        conf_level=conf_level,
        proportion=True,
        population=rates.population and rates.population.take(rows),
    )
    keys = repeated(found.wholes.keys, rows, rung.names)
    return tabulated(keys, rung.labels() | columns, len(rows))


def _differences(found: Rungs, rates: pa.Table, conf_level: float) -> pa.Table:
    """Return each rung less what people say they did, where that was asked."""
    first = found.rungs[0]
    said = {
        crossing: row
        for row, (crossing, rung) in enumerate(zip(found.crossing, found.rung, strict=True))
        if found.rungs[rung].estimand.name == RUNGS[0]
    }
    both = [
        (row, said[crossing])
        for row, crossing in enumerate(found.crossing)
        if crossing in said and row != said[crossing]
    ]
    own, against = np.array(both, dtype=np.int64).reshape(-1, 2).T
    pairs = Pairs(CONTRASTS["difference"], own, against)
    flags = rates.column("reliability").to_pylist()
    columns: dict[str, Any] = contrast_columns(found.joint, pairs, flags, conf_level)
    columns |= {"quantity": "difference", "reference": RUNGS[0]}
    columns |= repeated(rates, own, ["estimand", "rung"])
    return tabulated(repeated(rates, own, first.names), first.labels() | columns, len(own))


def _unasked(rates: pa.Table, measurement: tuple[float, float]) -> pa.Table:
    """Return between what a rate among the unasked may lie, its interval included."""
    own = rates.filter(pc.equal(rates.column("estimand"), _READ_FORWARD))
    least, greatest = measurement
    low = pc.divide(own.column("conf_low"), 1 + greatest)
    high = pc.min_element_wise(pc.divide(own.column("conf_high"), 1 + least), 1.0, skip_nulls=False)
    changed = {
        "quantity": pa.array(["unasked"] * len(own), pa.string()),
        "reference": pa.array(["asked"] * len(own), pa.string()),
        "conf_low": low,
        "conf_high": high,
        **{
            name: pa.nulls(len(own), rates.schema.field(name).type)
            for name in ("estimate", "std_error", "df", "n_eff", "deff")
        },
    }
    for name, values in changed.items():
        own = own.set_column(own.column_names.index(name), name, values)
    return own


def _refuse_scores(by: Sequence[str]) -> None:
    """Refuse a segment of scores: the rungs are of one intent set."""
    for segment in find_segments(by):
        if segment.replaces_intent:
            raise UsageError(
                f"The ladder is of one intent set; {segment.name} splits by the score.",
                remedy=f"Leave {segment.name} out of --by, or choose another --intent.",
            )


def _refuse_range(measurement: tuple[float, float]) -> None:
    """Refuse what is no range of relative effects."""
    least, greatest = measurement
    if not -1 < least <= greatest:
        raise UsageError(
            f"{least:g} to {greatest:g} is no range of effects of being asked.",
            remedy="Give the least, then the greatest, each above -1, such as -0.02 0.09.",
        )
