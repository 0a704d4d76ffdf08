r"""Before and after a change of the journey, beside those whose journey stayed as it was.

With T and C for who had the change and who had not, the effect is the difference in differences

.. math:: (T_{after} - T_{before}) - (C_{after} - C_{before}),

what is left of the movement once the others' is taken off it. It is the change's alone if both
would else have moved alike, which no answers show; that they did before is a sign of it. So each
period is also held against the last one before the change (the event study).

A change comes to whole programmes. What else happened to two of them cannot be told from it: with
fewer than `FEWEST_TREATED` there is no p-value, and with fewer than `FEW_TREATED` it is that of
`randomisation`, as variances by few programmes are too small.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.special import fdtrc

from advocacy.arrays import Floats
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.comparisons.contrasts import CONTRASTS, apart, inference
from advocacy.estimation.movement.changed import (
    FEW_TREATED,
    FEWEST_TREATED,
    GROUPS,
    SIDES,
    Change,
    Programmes,
    change_pass,
    programmes_of,
    refuse_empty,
)
from advocacy.estimation.movement.measures import together
from advocacy.estimation.movement.randomisation import randomised
from advocacy.estimation.tabulation import (
    POSSIBLE,
    check_interval,
    constant,
    statistics,
    tabulated,
)
from advocacy.remarks import Remark
from advocacy.responses import Responses
from advocacy.survey.cells.groups import Groups
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine
from advocacy.survey.gradient import Gradient
from advocacy.survey.quantities import Quantities
from advocacy.survey.sides import bears_test, reference

# Columns behind those of all estimates: whose rows they are, and how many programmes had it.
CHANGE_COLUMNS = pa.schema(
    [
        ("group", pa.string()),
        ("side", pa.string()),
        ("treated_programmes", pa.int64()),
        ("other_programmes", pa.int64()),
        ("sets", pa.int64()),
        ("alike_f", pa.float64()),
        ("alike_p", pa.float64()),
    ]
)
# Who had it after, before; who had not after, before.
_EFFECT = np.array([[1.0, -1.0, -1.0, 1.0]])


def change(
    responses: Responses,
    *,
    treated: str,
    at: str,
    by: str = "",
    estimand: str = "nps",
    intent: str = "score_10",
    where: str | None = None,
    design: SurveyDesign | None = None,
    conf_level: float = 0.95,
    seed: int = 1,
    engine: Engine | None = None,
) -> Comparison:
    """Hold the movement of who had a change against that of the others.

    Parameters
    ----------
    responses
        What `open_responses` gave.
    treated
        A condition that holds for who had the change, such as ``programme in (A, B, C)``. Ratings
        of which it cannot be told are left out.
    at
        The first period with the change, such as ``2026-Q2``.
    by
        One of `PERIODS`; by default the wave, or without one the quarter.
    estimand
        One of `MEASURES`.
    intent, where, design, conf_level, engine
        As in `estimate`.
    seed
        Of the sets of programmes that randomisation draws.

    Returns
    -------
    Comparison
        Of the kind ``change``: a `mean` of each group before and after, the `effect`, an `event`
        a period against the last one before the change. ``alike_p`` is of the test that groups
        moved alike before it. Intervals and p-values are by the design's PSUs where ten programmes
        or more had the change; of three to nine the p-value of the effect alone is that of
        randomisation, with the number of ``sets``; below there is none.

    Raises
    ------
    UsageError
        An unknown name or condition, or a period that there is not.
    DataError
        Nobody had the change, or everybody, or there is nothing before it or after.
    MissingColumnError, DesignError
        As in `estimate`.

    Notes
    -----
    R equivalent: ``survey::svyglm(y ~ treated * after, design)``, the interaction.
    """
    check_interval("wald", conf_level, proportion=False)
    one = change_pass(responses, treated, at, by, (estimand, intent, where, design, engine))
    four = one.four()
    refuse_empty(one, four, responses, treated)
    means = one.found.ratios(four, one.value)
    effect = means.transformed(lambda v: v @ _EFFECT.T, _EFFECT)
    events, places = _events(one)
    programmes = programmes_of(one)
    tested = bool(bears_test(means).all()) and programmes.bear_variance
    tables = [
        _means(one, four, conf_level),
        _compared(one, effect, [None], (tested, conf_level), "effect"),
        _compared(one, events, places, (tested, conf_level), "event"),
    ]
    table = pa.concat_tables(tables)
    own = _of_effect(one, programmes, events, places, tested, seed)
    table = _completed(table, own, programmes)
    notes = [Remark(f"change.{key}", values) for key, values in _reasons(programmes, means)]
    return Comparison(
        table, "change", 0, together([means, effect, events]), one.named, notes=tuple(notes)
    )


def _events(one: Change) -> tuple[Quantities, list[int]]:
    """Return each period against the last one before, and their places."""
    each = one.by_period()
    n = one.found.counts(each, one.value).n.reshape(2, -1)
    there, last = np.all(n > 0, axis=0), one.at - 1
    places = [p for p in range(len(one.times)) if p != last and there[p] and there[last]]
    size = len(one.times)
    rows = np.zeros((len(places), 2 * size))
    for row, place in zip(rows, places, strict=True):
        row[[place, size + last]] += 1
        row[[last, size + place]] -= 1
    levels = one.found.ratios(each, one.value)

    def function(values: Floats) -> Floats:
        # Of periods without a rating there is no value, and nothing is made of it.
        return np.nan_to_num(values) @ rows.T

    return levels.transformed(function, rows), places


def _means(one: Change, four: Groups, conf_level: float) -> pa.Table:
    asked = one.found.asked[0]
    proportion = asked.estimand.proportion
    columns: dict[str, Any] = statistics(
        one.found.alone(four, one.value), one.found.counts(four, one.value),
        conf_level=conf_level, proportion=proportion,
        interval="korn_graubard" if proportion else "wald",
        possible=None if proportion else POSSIBLE[asked.estimand.unit],
    )  # fmt: skip
    keys = {one.named: pa.nulls(4, pa.string())}
    table = tabulated(keys, asked.labels() | columns | {"quantity": "mean"}, 4)
    table = table.append_column("group", pa.array(np.repeat(GROUPS, 2).tolist()))
    return table.append_column("side", pa.array([*SIDES, *SIDES]))


def _compared(
    one: Change,
    found: Quantities,
    places: Sequence[int | None],
    judged: tuple[bool, float],
    quantity: str,
) -> pa.Table:
    """Return the rows of effects: without interval and test where variances cannot be used."""
    tested, conf_level = judged
    gradient = found.gradient
    if not isinstance(gradient, Gradient):
        raise TypeError("Influence by cell tells no domains, and so no sides.")
    # A side for each group before and after, or in each of the two periods.
    later = one.period[gradient.domain]
    own = [one.at if place is None else place for place in places]
    late = later >= one.at if quantity == "effect" else later == np.array(own)[gradient.quantity]
    side = 2 * (one.had[gradient.domain] == 1) + late
    against = reference(found, apart(found, side.astype(np.int64), 4), 4)
    columns: dict[str, Any] = inference(found, against, CONTRASTS["difference"], conf_level, tested)
    rows = len(found.estimate)
    names = [None if place is None else one.times[place] for place in places]
    what = {
        "quantity": quantity,
        "reference": one.times[one.at - 1] if quantity == "event" else "before",
        "n": pa.array([int(one.behind(place)) for place in places]),
        "reliability": constant("ok" if tested else "no_interval", rows, "reliability"),
    }
    keys = {one.named: pa.array(names, pa.string())}
    table = tabulated(keys, one.found.asked[0].labels() | columns | what, rows)
    when = [None if p is None else SIDES[0] if p >= one.at else SIDES[1] for p in places]
    table = table.append_column("group", pa.nulls(rows, pa.string()))
    return table.append_column("side", pa.array(when, pa.string()))


def _of_effect(
    one: Change,
    programmes: Programmes,
    events: Quantities,
    places: Sequence[int],
    tested: bool,
    seed: int,
) -> dict[str, Any]:
    """Return what the row of the effect has beside its variance."""
    own: dict[str, Any] = {}
    if programmes.bear_sets:
        own["p_value"], own["sets"] = randomised(
            programmes.effect, programmes.treated, len(programmes.x), seed
        )
    before = np.array([row for row, place in enumerate(places) if place < one.at], dtype=np.int64)
    if tested and len(before):
        own["alike_f"], own["alike_p"] = _alike(events.take(before))
    return own


def _alike(events: Quantities) -> tuple[float, float]:
    r"""Return the F test that no event differs from 0: :math:`e'e / tr V`, as of a series."""
    e, v = events.estimate, events.covariance()
    trace = float(np.trace(v))
    ndf = trace**2 / float(np.trace(v @ v))
    statistic = float(e @ e) / trace
    return statistic, float(fdtrc(ndf, float(events.df().min()), statistic))


def _completed(table: pa.Table, own: dict[str, Any], programmes: Programmes) -> pa.Table:
    """Return the table with all of `CHANGE_COLUMNS`."""
    effect = table.column("quantity").to_pylist().index("effect")
    if "p_value" in own:
        values = table.column("p_value").to_pylist()
        values[effect] = own["p_value"]
        place = table.column_names.index("p_value")
        table = table.set_column(place, "p_value", pa.array(values, pa.float64()))
        methods = table.column("method").to_pylist()
        methods[effect] = "randomisation"
        place = table.column_names.index("method")
        table = table.set_column(place, "method", pa.array(methods, pa.string()))
    counted = {
        "treated_programmes": len(programmes.treated),
        "other_programmes": len(programmes.others),
    }
    for field in CHANGE_COLUMNS:
        if field.name in table.column_names:
            continue
        column: list[Any] = [counted.get(field.name)] * len(table)
        if field.name in own:
            column[effect] = own[field.name]
        table = table.append_column(field, pa.array(column, field.type))
    return table


def _reasons(programmes: Programmes, means: Quantities) -> list[tuple[str, dict[str, int]]]:
    """Return why there is no test, or none by variances."""
    treated, others = len(programmes.treated), len(programmes.others)
    counted = {"treated": treated, "others": others}
    if treated < FEWEST_TREATED:
        return [("too_few", counted)]
    if programmes.divided and treated < FEW_TREATED:
        return [("divided", counted)]
    if treated < FEW_TREATED:
        return [("randomised" if programmes.bear_sets else "no_others", counted)]
    return [] if bears_test(means).all() else [("untested", counted)]
