"""Differences at a common mix of segments, and how much of a raw difference the mix accounts for.

The decomposition is Kitagawa's, see `kitagawa`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from advocacy.arrays import Floats, Integers
from advocacy.errors import DataError, UsageError
from advocacy.estimation.comparisons.comparison import (
    Comparison,
    labels,
    quantities_of,
    with_columns,
)
from advocacy.estimation.comparisons.contrasts import (
    CONTRASTS,
    apart,
    behind_columns,
    inference,
    ratings_behind,
    weaker,
)
from advocacy.estimation.comparisons.kitagawa import COMBINED, PARTS, QUANTITIES, RATES, MixedPair
from advocacy.estimation.direct import estimate
from advocacy.estimation.estimands import find_estimand
from advocacy.estimation.estimates import Estimates
from advocacy.estimation.segments import find_segments
from advocacy.estimation.tabulation import Columns, tabulated
from advocacy.remarks import Remark
from advocacy.responses import Responses
from advocacy.survey.cells.groups import Groups
from advocacy.survey.design import SurveyDesign
from advocacy.survey.diagnostics import reliability_of_others
from advocacy.survey.engines import Engine
from advocacy.survey.quantities import Quantities, counts, ratios, totals
from advocacy.survey.sides import Reference, bears_test, reference

# Those of one level, of whole levels, and of the cells of the mix one by one.
_OF_LEVEL, _OF_LEVELS = slice(0, 4), slice(6, 8)
_OF_CELLS = np.array([4, 5, 8, 9])


def standardise(
    responses: Responses,
    *,
    between: str,
    mix: Sequence[str],
    estimand: str = "recommended_past_12m",
    intent: str = "score_10",
    reference: str | None = None,
    support: Collection[tuple[str, ...]] | None = None,
    where: str | None = None,
    design: SurveyDesign | None = None,
    conf_level: float = 0.95,
    engine: Engine | None = None,
) -> Comparison:
    """Compare levels of a segment at a common mix of others, and split the raw difference.

    Parameters
    ----------
    responses
        What `open_responses` gave.
    between
        Name in `SEGMENTS` of the segment whose levels are compared.
    mix
        Names in `SEGMENTS` whose crossing is the mix, such as industry and country.
    estimand, intent, where, design, conf_level, engine
        As in `estimate`.
    reference
        The level that every other is compared with, each over their own common support; by
        default the second of two.
    support
        Cells to which the common support is confined, each by its levels of ``between`` and of
        ``mix``: those whose rates are published. By default any with ratings.

    Returns
    -------
    Comparison
        For each level but the reference ten rows: the rates of both over all their ratings
        (`rate_all`), over the common support (`rate_common`) and there at the common mix
        (`rate_standardised`), with ``excluded`` the share of the level's base outside the common
        support; then `raw_all` and `raw_common`, the differences of the first two, and
        `rate_part` and `mix_part`, whose sum is `raw_common`. Intervals and tests are Wald's.
        The sides of a raw difference are the levels, those of what has a common mix the cells
        of level and mix, each with its own df; where a level bears no test, or a cell shows no
        variance of its own, there is neither interval nor test.

    Raises
    ------
    UsageError
        An unknown name or level, a segment named twice, or no reference among several levels.
    DataError
        One level only, or two without common support.
    MissingColumnError, DesignError
        As in `estimate`.

    Notes
    -----
    The common support is taken as given; its shares are estimated, which the variance knows.
    """
    if not mix:
        raise UsageError("The mix names no segment.", remedy="Name some, such as industry,country.")
    find_segments((between, *mix))
    find_estimand(estimand).refuse_incidence("standardisation")
    rates = estimate(
        responses,
        estimand=estimand,
        intent=intent,
        by=(between, *mix),
        where=where,
        design=design,
        conf_level=conf_level,
        engine=engine,
    )
    names = [str(value) for value in rates.table.column(between).to_pylist()]
    levels = list(dict.fromkeys(names))
    base = _reference(levels, between, reference, responses.name)
    usable = _usable(rates, (between, *mix), support)
    pairs = [_pair(rates, names, usable, (level, base)) for level in levels if level != base]
    found = _decomposed(quantities_of(rates), pairs)
    return Comparison(
        table=_table(rates, found, pairs, (between, mix, conf_level)),
        kind="standardisation",
        unplaced=rates.unplaced,
        quantities=found,
        compares=between,
        mix=tuple(mix),
        notes=tuple(_support(pair, between, mix) for pair in pairs),
    )


def _reference(levels: list[str], between: str, reference: str | None, where: str) -> str:
    listed = ", ".join(levels)
    if len(levels) == 1:
        raise DataError(
            f"{between} has one level only with ratings in the base, {levels[0]!r}.",
            where=where,
            remedy="Compare between another segment.",
        )
    if reference is None and len(levels) > 2:
        raise UsageError(
            f"{between} has more than two levels.",
            remedy=f"Give the one that the others are compared with by --reference: {listed}.",
        )
    if reference is not None and reference not in levels:
        raise UsageError(
            f"{reference!r} is no level of {between} with ratings in the base.",
            remedy=f"Use one of: {listed}.",
        )
    return reference or levels[1]


def _usable(
    rates: Estimates, by: Sequence[str], support: Collection[tuple[str, ...]] | None
) -> list[bool]:
    """Tell which rows may be in the common support."""
    if support is None:
        return [True] * len(rates)
    cells = {tuple(map(str, cell)) for cell in support}
    rows = rates.table.select(list(by)).to_pylist()
    return [tuple(map(str, row.values())) in cells for row in rows]


def _pair(
    rates: Estimates, names: list[str], usable: list[bool], levels: tuple[str, str]
) -> MixedPair:
    """Find the common support of two levels.

    Raises
    ------
    DataError
        There is none.
    """
    mix = rates.by[1:]
    cells = [tuple(row.values()) for row in rates.table.select(list(mix)).to_pylist()]
    held = [
        {cell: row for row, cell in enumerate(cells) if names[row] == level and usable[row]}
        for level in levels
    ]
    common = [cell for cell in held[0] if cell in held[1]]
    if not common:
        raise DataError(
            f"{levels[0]} and {levels[1]} have ratings in the base of no {' × '.join(mix)} "
            "together: there is no common support.",
            remedy="Standardise by fewer or coarser segments.",
        )
    every = [np.flatnonzero([name == level for name in names]).astype(np.int64) for level in levels]
    shared = np.array([[one[cell] for cell in common] for one in held])
    n_mix = len({cells[row] for rows in every for row in rows})
    return MixedPair(levels, (every[0], every[1]), shared, n_mix)


def _decomposed(rates: Quantities, pairs: Sequence[MixedPair]) -> Quantities:
    """Return the ten quantities of each pair, one behind the other."""
    found = totals(rates.cells, rates.design, ratings_behind(rates))
    jacobians = [COMBINED @ pair.jacobian(found.estimate) for pair in pairs]
    return found.transformed(
        lambda values: np.concatenate([pair.rates(values) @ COMBINED.T for pair in pairs], axis=-1),
        np.vstack(jacobians),
    )


def _table(
    rates: Estimates,
    found: Quantities,
    pairs: Sequence[MixedPair],
    shown: tuple[str, Sequence[str], float],
) -> pa.Table:
    between, mix, conf_level = shown
    groups = _groups(quantities_of(rates), pairs)
    df = ratios(found.cells, found.design, groups).df()
    tested = _tested(found, quantities_of(rates), pairs, groups)
    against = _against(found, quantities_of(rates), pairs, df)
    columns = inference(found, against, CONTRASTS["difference"], conf_level, tested)
    behind = counts(found.cells, groups)
    flags = [
        flag if bears else weaker(flag, "review")
        for flag, bears in zip(_flags(behind.n, df), tested.tolist(), strict=True)
    ]
    columns |= behind_columns(behind, against.df, flags)
    is_rate = np.tile(np.array([name in RATES for name in QUANTITIES]), len(pairs))
    columns["p_value"] = pc.if_else(pa.array(is_rate), None, columns["p_value"])
    keys, what = _names(pairs, between)
    table = tabulated(keys, labels(rates.table) | columns | what, len(df))
    return with_columns(
        table,
        {"mix": [" × ".join(mix)] * len(df), "excluded": _excluded(quantities_of(rates), pairs)},
    )


def _against(
    found: Quantities, rates: Quantities, pairs: Sequence[MixedPair], df: Floats
) -> Reference:
    """Return what the ten quantities of each pair are held against: rates of a level on its df."""
    size, domain = len(QUANTITIES), ratings_behind(rates).domain
    number = np.zeros((len(pairs), found.cells.n_domains), dtype=np.int64)
    level = np.zeros_like(number)
    for row, pair in enumerate(pairs):
        both = np.concatenate(pair.every)
        number[row, domain[both]] = np.arange(len(both))
        level[row, domain[pair.every[1]]] = 1
    gradient = ratings_behind(found)
    pair_of, quantity = np.divmod(gradient.group, size)
    of_cells = np.isin(quantity, _OF_CELLS)
    side = np.where(of_cells, number[pair_of, gradient.domain], level[pair_of, gradient.domain])
    sides = int(side.max()) + 1
    several = reference(found, apart(found, side, sides), sides)
    of_level = np.zeros(size, dtype=bool)
    of_level[_OF_LEVEL] = True
    alone = np.tile(of_level, len(pairs))
    return Reference(np.where(alone, df, several.df), np.where(alone, 1.0, several.widening))


def _tested(
    found: Quantities, rates: Quantities, pairs: Sequence[MixedPair], groups: Groups
) -> npt.NDArray[np.bool_]:
    """Tell which of the ten quantities of each pair rest on levels and cells that bear it."""
    size = len(QUANTITIES)
    levels = bears_test(ratios(found.cells, found.design, groups)).reshape(-1, size)
    cells = bears_test(rates, fewest_df=1)
    tested = np.ones((len(pairs), size), dtype=bool)
    for row, pair in enumerate(pairs):
        tested[row, _OF_LEVELS] = levels[row, 0:4].reshape(2, 2).all(axis=1)
        tested[row, _OF_CELLS] = levels[row, 2:4].all() and cells[pair.common].all()
    return tested.ravel()


def _names(pairs: Sequence[MixedPair], between: str) -> tuple[Columns, Columns]:
    """Return the columns that name level, quantity and reference."""
    sides = [side for _ in RATES for side in (0, 1)]
    levels = [[pair.names[side] for side in sides] + [pair.names[0]] * 4 for pair in pairs]
    against = [[None] * len(sides) + [pair.names[1]] * 4 for pair in pairs]
    keys = {between: pa.array(list(chain(*levels)), pa.string())}
    return keys, {
        "quantity": pa.array(list(QUANTITIES) * len(pairs)),
        "reference": pa.array(list(chain(*against)), pa.string()),
    }


def _groups(rates: Quantities, pairs: Sequence[MixedPair]) -> Groups:
    """Return the domains behind each row as groups."""
    domains = [rates.take(rows).gradient.domain for pair in pairs for rows in pair.rows()]
    number = np.repeat(np.arange(len(domains)), [len(own) for own in domains])
    keys = rates.cells.domains.select([])
    return Groups(keys, number, np.concatenate(domains), len(domains))


def _flags(n: Integers, df: Floats) -> list[str]:
    """Return the flag of the weaker level: what both stand behind has no flag of its own."""
    own = reliability_of_others(n.astype(np.float64), df).reshape(-1, len(QUANTITIES))
    found = []
    for flags in own.tolist():
        everywhere, common = weaker(*flags[:2]), weaker(*flags[2:4])
        found += [*flags[:4], common, common, everywhere, common, common, common]
    return found


def _excluded(rates: Quantities, pairs: Sequence[MixedPair]) -> list[float]:
    """Return the share of each level's base outside the common support; NaN for the parts."""
    z = np.split(totals(rates.cells, rates.design, ratings_behind(rates)).estimate, 2)[1]
    found: list[float] = []
    for pair in pairs:
        shares = [
            1 - z[c].sum() / z[every].sum()
            for c, every in zip(pair.common, pair.every, strict=True)
        ]
        # What lies wholly inside is not to lie outside by the last bit of a sum.
        whole = [len(every) == pair.common.shape[1] for every in pair.every]
        shares = [0.0 if inside else share for inside, share in zip(whole, shares, strict=True)]
        found += [*shares * len(RATES), *[np.nan] * len(PARTS)]
    return found


def _support(pair: MixedPair, between: str, mix: Sequence[str]) -> Remark:
    values = {
        "segment": between,
        "level": pair.names[0],
        "other": pair.names[1],
        "common": pair.common.shape[1],
        "cells": pair.n_mix,
    }
    return Remark("standardisation.support", values | {"term": " × ".join(mix)})
