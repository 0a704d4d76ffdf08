"""Levels of a segment against each other: all pairs, or each against one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa

from advocacy.arrays import Floats, Integers
from advocacy.errors import DataError, UsageError
from advocacy.estimation.comparisons.comparison import (
    Comparison,
    labels,
    quantities_of,
    with_columns,
)
from advocacy.estimation.comparisons.contrasts import (
    Pairs,
    beside,
    find_contrast,
    repeated,
)
from advocacy.estimation.comparisons.exact import tested_columns
from advocacy.estimation.comparisons.homogeneity import Homogeneity, rao_scott
from advocacy.estimation.direct import estimate
from advocacy.estimation.estimand import Estimand
from advocacy.estimation.estimands import find_estimand
from advocacy.estimation.estimates import Estimates
from advocacy.estimation.segments import find_segments
from advocacy.estimation.tabulation import tabulated
from advocacy.remarks import Remark
from advocacy.responses import Responses
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine
from advocacy.survey.sides import bears_test

# Comparisons beyond which nobody reads a table, and memory runs out.
_MOST = 10_000

_UNDEFINED = Homogeneity(np.nan, np.nan, np.nan, np.nan)


@dataclass(frozen=True)
class Levels:
    """Rows of rates in the groups within which they are compared.

    Parameters
    ----------
    names
        Level of each row, shape (K,).
    groups
        Rows of each group, in the order of the table.
    """

    names: list[str]
    groups: list[Integers]


def compare(
    responses: Responses,
    *,
    between: str,
    estimand: str = "recommended_past_12m",
    intent: str = "score_10",
    by: Sequence[str] = (),
    quantity: str = "difference",
    adjust: str = "holm",
    reference: str | None = None,
    where: str | None = None,
    design: SurveyDesign | None = None,
    interval: str | None = None,
    conf_level: float = 0.95,
    engine: Engine | None = None,
) -> Comparison:
    """Compare the levels of a segment, with tests adjusted for their number.

    Parameters
    ----------
    responses
        What `open_responses` gave.
    between
        Name in `SEGMENTS` of the segment whose levels are compared.
    estimand, intent, where, design, interval, conf_level, engine
        As in `estimate`; ``interval`` is that of the levels' own estimates.
    by
        Names in `SEGMENTS` within whose crossing the levels are compared; empty for none.
    quantity
        `difference`, `ratio` or `odds_ratio` of the first to the second. A ratio's interval and
        test are on the log scale.
    adjust
        For all comparisons in the table together: `holm`, which bounds the chance of any false
        difference; `bh` (Benjamini-Hochberg), which bounds the expected share of false ones
        among those found; or `none`.
    reference
        The level that every other is compared with; by default all pairs, each level with those
        after it in the table.

    Returns
    -------
    Comparison
        The levels' estimates, then a row a comparison. ``p_value`` is of one comparison,
        ``p_adjusted`` of all. ``cohens_h`` is 2 asin √a − 2 asin √b. ``letter`` names a level
        as in market-research tables, and ``exceeds`` lists the letters of those that it exceeds
        at 1 − ``conf_level``, adjusted. ``homogeneity_*`` is Rao and Scott's F test that all
        levels are equal, for proportions that are ratios of totals.

    Raises
    ------
    UsageError
        An unknown name, level or rule; a ratio of what is no proportion; or more than 10,000
        comparisons.
    MissingColumnError, DataError, DesignError
        As in `estimate`; and DataError where there is nothing to compare.

    Notes
    -----
    R equivalent: ``survey::svycontrast(svyby(..., covmat = TRUE), ...)``, ``p.adjust`` and
    ``svychisq(statistic = "F")``.

    References
    ----------
    Holm (1979), https://www.jstor.org/stable/4615733; Benjamini and Hochberg (1995),
    https://doi.org/10.1111/j.2517-6161.1995.tb02031.x; Cohen (1988), Statistical Power Analysis
    for the Behavioral Sciences, 6.2.
    """
    chosen = find_estimand(estimand)
    contrast = find_contrast(quantity, chosen)
    check_adjust(adjust)
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
    _check_reference(responses, levels, between, reference)
    first, second = _numbers(levels, reference)
    if not len(first):
        raise _nothing_to_compare(levels, between, by, responses.name)
    pairs = Pairs(contrast, first, second)
    return Comparison(
        table=_table(rates, levels, pairs, (adjust, conf_level, chosen)),
        kind="pairs",
        unplaced=rates.unplaced,
        quantities=beside(quantities_of(rates), [pairs]),
        compares=between,
        notes=_notes(absent(responses, levels, between), rates, levels, between, reference),
    )


def adjusted(p_values: Floats, adjust: str) -> Floats:
    """Return p-values adjusted for their number; what is NaN stays so and does not count.

    Notes
    -----
    R equivalent: ``p.adjust(p, "holm")`` and ``p.adjust(p, "BH")``.
    """
    known = ~np.isnan(p_values)
    found = np.full(len(p_values), np.nan)
    if known.any():
        found[known] = ADJUSTMENTS[adjust](p_values[known])
    return found


def _holm(p_values: Floats) -> Floats:
    """Multiply the smallest of m by m, the next by m - 1 and so on, and let none fall.

    Not by statsmodels, whose import, and garbage collection in each call, take longer than all
    else that a comparison does.

    Holm (1979), https://www.jstor.org/stable/4615733.
    """
    order = np.argsort(p_values)
    raised = p_values[order] * np.arange(len(p_values), 0, -1)
    found = np.empty(len(p_values))
    found[order] = np.minimum(np.maximum.accumulate(raised), 1.0)
    return found


def _benjamini_hochberg(p_values: Floats) -> Floats:
    from statsmodels.stats.multitest import fdrcorrection

    found: Floats = fdrcorrection(p_values)[1]
    return found


# Rules for p-values of several comparisons.
ADJUSTMENTS: dict[str, Callable[[Floats], Floats]] = {
    "holm": _holm,
    "bh": _benjamini_hochberg,
    "none": lambda p_values: p_values,
}


def effect_sizes(rates: Floats, pairs: Pairs) -> Floats:
    """Return Cohen's h of each pair of proportions, shape (L,): 2 asin √a − 2 asin √b.

    Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, 6.2.
    """
    # A rate may lie beside 0 or 1 by the last bit of a sum.
    angles = np.arcsin(np.sqrt(np.clip(rates, 0.0, 1.0)))
    sizes: Floats = 2 * (angles[pairs.first] - angles[pairs.second])
    return sizes


def check_adjust(adjust: str) -> None:
    """Refuse a rule for several comparisons that is none."""
    if adjust not in ADJUSTMENTS:
        raise UsageError(
            f"{adjust!r} is no rule for several comparisons.",
            remedy=f"Use one of: {', '.join(ADJUSTMENTS)}.",
        )


def levels_of(rates: Estimates, between: str) -> Levels:
    """Return the levels of the rows of rates, and the groups within which they are compared."""
    rows = rates.table.select(list(rates.by)).to_pylist()
    found: dict[tuple[Any, ...], list[int]] = {}
    for number, row in enumerate(rows):
        within = tuple(value for name, value in row.items() if name != between)
        found.setdefault(within, []).append(number)
    return Levels([str(row[between]) for row in rows], [np.array(g) for g in found.values()])


def _numbers(levels: Levels, reference: str | None) -> tuple[Integers, Integers]:
    """Return the rows of the first and the second of each pair, shape (L,)."""
    found: list[tuple[int, int]] = []
    for group in levels.groups:
        held = [row for row in group if levels.names[row] == reference]
        against = [(row, other) for other in held for row in group if row != other]
        found += combinations(group, 2) if reference is None else against
    if len(found) > _MOST:
        raise UsageError(
            f"{len(found):,} comparisons are more than anyone can read.",
            remedy="Compare with one level, by --reference, or between a coarser segment.",
        )
    first, second = np.array(found, dtype=np.int64).reshape(-1, 2).T
    return first, second


def _table(
    rates: Estimates, levels: Levels, pairs: Pairs, shown: tuple[str, float, Estimand]
) -> pa.Table:
    adjust, conf_level, estimand = shown
    contrasts = _contrasts(rates, levels, pairs, (conf_level, estimand))
    p_values = contrasts.column("p_value").to_numpy()
    p_adjusted = adjusted(p_values, adjust)
    found = quantities_of(rates)
    none, undefined = [None] * len(rates), np.full(len(pairs.first), np.nan)
    sizes = effect_sizes(found.estimate, pairs) if estimand.proportion else undefined
    letters = _letters(levels)
    exceeds = _exceeding(found.estimate, pairs, p_adjusted < 1 - conf_level, letters)
    several: dict[str, Sequence[Any]] = {
        "p_adjusted": [*none, *p_adjusted],
        "adjust": [*none, *[adjust] * len(p_adjusted)],
        "cohens_h": [*none, *sizes],
        "letter": [*letters, *[None] * len(p_adjusted)],
        "exceeds": [*exceeds, *[None] * len(p_adjusted)],
    }
    return with_columns(
        pa.concat_tables([rates.table, contrasts]),
        several | homogeneity(rates, levels, pairs, estimand),
    )


def _contrasts(
    rates: Estimates, levels: Levels, pairs: Pairs, shown: tuple[float, Estimand]
) -> pa.Table:
    conf_level, estimand = shown
    flags = rates.table.column("reliability").to_pylist()
    columns = tested_columns(quantities_of(rates), pairs, flags, conf_level, estimand)
    what = {
        "quantity": pairs.contrast.name,
        "reference": pa.array([levels.names[row] for row in pairs.second]),
    }
    keys = repeated(rates.table, pairs.first, rates.by)
    return tabulated(keys, labels(rates.table) | what | columns, len(pairs.first))


def _letters(levels: Levels) -> list[str]:
    """Return a letter for each level, the same in all groups: A to Z, then AA, AB and so on."""
    places = {name: place for place, name in enumerate(dict.fromkeys(levels.names))}
    return [_letter(places[name]) for name in levels.names]


def _letter(place: int) -> str:
    rest, last = divmod(place, 26)
    return (_letter(rest - 1) if rest else "") + chr(ord("A") + last)


def _exceeding(rates: Floats, pairs: Pairs, differs: Any, letters: list[str]) -> list[str]:
    """Return the letters of the levels that each level exceeds significantly."""
    found: list[list[str]] = [[] for _ in letters]
    for a, b in zip(pairs.first[differs], pairs.second[differs], strict=True):
        high, low = (a, b) if rates[a] > rates[b] else (b, a)
        found[high].append(letters[low])
    return [" ".join(sorted(own, key=lambda name: (len(name), name))) for own in found]


def homogeneity(
    rates: Estimates, levels: Levels, pairs: Pairs, estimand: Estimand
) -> dict[str, list[float]]:
    """Return the columns of the F test among the levels of each row's group.

    It is of tables of yes and no, which incidences are not.
    """
    of_tables = estimand.proportion and estimand.incidence is None
    found = [_UNDEFINED] * len(rates)
    bears = bears_test(quantities_of(rates))
    for group in levels.groups:
        if of_tables and len(group) > 1 and bears[group].all():
            test = rao_scott(quantities_of(rates).take(group))
            for row in group:
                found[row] = test
    every = [*found, *(found[row] for row in pairs.first)]
    return {
        "homogeneity_f": [test.statistic for test in every],
        "homogeneity_ndf": [test.ndf for test in every],
        "homogeneity_ddf": [test.ddf for test in every],
        "homogeneity_p": [test.p_value for test in every],
    }


def absent(responses: Responses, levels: Levels, between: str) -> list[str]:
    """Return the levels in the responses that have no rating in any base."""
    (segment,) = find_segments((between,))
    (found,) = responses.fetch(
        f"SELECT list(DISTINCT ({segment.expression})::VARCHAR) FROM {responses.relation}"
    )
    return sorted({name for name in found if name is not None} - set(levels.names))


def _check_reference(
    responses: Responses, levels: Levels, between: str, reference: str | None
) -> None:
    if reference is None or reference in levels.names:
        return
    present = ", ".join(dict.fromkeys(levels.names))
    if reference in absent(responses, levels, between):
        raise DataError(
            f"The level {reference!r} of {between} has no rating in the base.",
            where=responses.name,
            remedy=f"Compare with one of: {present}.",
        )
    raise UsageError(f"{reference!r} is no level of {between}.", remedy=f"Use one of: {present}.")


def _nothing_to_compare(levels: Levels, between: str, by: Sequence[str], where: str) -> DataError:
    names = list(dict.fromkeys(levels.names))
    if len(names) == 1:
        what = f"{between} has one level only with ratings in the base, {names[0]!r}."
    else:
        what = f"No {' × '.join(by)} has ratings in the base of two levels of {between}."
    return DataError(
        what,
        where=where,
        remedy=f"Compare between another segment, or leave out some of {by}."
        if by
        else "Compare between another segment.",
    )


def _notes(
    absent: Sequence[str], rates: Estimates, levels: Levels, between: str, reference: str | None
) -> tuple[Remark, ...]:
    """Say which levels have no estimate, and within which groups nothing is compared."""
    named = {"segment": between, "levels": list(absent)}
    notes = [Remark("pairs.absent", named)] if absent else []
    within = [name for name in rates.by if name != between]
    alone = [int(group[0]) for group in levels.groups if not _compared(group, levels, reference)]
    if alone and within:
        rows = rates.table.select(within).take(pa.array(alone)).to_pylist()
        names = ", ".join(" × ".join(map(str, row.values())) for row in rows)
        if reference is None:
            notes.append(Remark("pairs.alone", {"names": names}))
        else:
            values = {"names": names, "segment": between, "level": reference}
            notes.append(Remark("pairs.alone_beside", values))
    return tuple(notes)


def _compared(group: Integers, levels: Levels, reference: str | None) -> bool:
    names = [levels.names[row] for row in group]
    return len(names) > 1 and (reference is None or reference in names)
