"""The one grouped pass over the responses, and the cells that it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pyarrow as pa

from advocacy.arrays import Floats, Integers
from advocacy.errors import DesignError, UsageError
from advocacy.responses import Responses
from advocacy.sql import identifier
from advocacy.survey.calibration import calibrate
from advocacy.survey.cells.cells import Cells, SecondStage, psu_name
from advocacy.survey.cells.given import GivenSums, given_sums
from advocacy.survey.cells.kept import KeptCells
from advocacy.survey.cells.numbering import numbered_rows, summed, upper
from advocacy.survey.cells.statement import (
    Domain,
    Ratio,
    cells_statement,
    domain_column,
    margin_column,
    part_keys,
    part_values,
    programmes_statement,
    psu_columns,
    ratings_statement,
)
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine

# Cells to hold at most unless told otherwise, about 1 kB each.
MOST_CELLS = 5_000_000


@dataclass(frozen=True)
class Ratings:
    """The ratings in the base one by one, and the cells that they are in.

    Parameters
    ----------
    cells
        Sums by stratum and PSU, with a single domain.
    cell
        Cell of each rating, shape (N,).
    x, z
        Weighted numerator and base of each, shape (N,); population units.
    values
        Values of each, a column for each that was asked for.
    """

    cells: Cells
    cell: Integers
    x: Floats
    z: Floats
    values: pa.Table


def grouped_pass(
    responses: Responses,
    design: SurveyDesign,
    ratio: Ratio,
    by: Sequence[Domain],
    engine: Engine,
    most_cells: int = MOST_CELLS,
) -> Cells:
    """Run the pass and return its cells, weights scaled and calibrated as the design says.

    Raises
    ------
    UsageError
        There would be more than ``most_cells``, which memory may not hold.
    DesignError
        A weight is missing, a PSU lies in two strata, or a finite-population correction
        differs within a stratum or is smaller than what was drawn; or the margins cannot be met.
    DataError
        A weight is not above 0, or the data have other levels than the margins.
    MissingColumnError
        The responses lack what a margin is of.
    """
    if isinstance(engine, KeptCells):
        passed = partial(
            grouped_pass, responses, design, ratio, by, engine.engine, most_cells=most_cells
        )
        return engine.cells(responses, design, ratio, by, passed)
    cells, table = _run(responses, design, ratio, by, engine, most_cells)
    if design.replication is None or design.replication.made:
        return cells
    return replace(cells, given=_given(responses, design, ratio, by, engine, table))


def grouped_passes(
    responses: Responses,
    designs: Sequence[SurveyDesign],
    ratio: Ratio,
    by: Sequence[Domain],
    engine: Engine,
    most_cells: int = MOST_CELLS,
) -> list[Cells]:
    """Return the cells of each design; those of programmes add up from those of units in them.

    So two targets take one pass. Where a rating has no programme, a pass each. Raises as
    `grouped_pass`.
    """
    finer = [design for design in designs if design.clusters != ("programme",)]
    if not finer or not responses.has("programme") or _lacks(responses, "programme"):
        finer = list(designs)
    passed = {one: _run(responses, one, ratio, by, engine, most_cells) for one in finer}
    _, table = passed[finer[0]]
    for design in designs:
        if design not in passed:
            added = engine.run(programmes_statement(design, by, "cells"), {"cells": table})
            passed[design] = _finished(added, design, by), added
    return [passed[design][0] for design in designs]


def ratings_pass(
    responses: Responses,
    design: SurveyDesign,
    ratio: Ratio,
    values: Sequence[Domain],
    engine: Engine,
) -> Ratings:
    """Run the pass without domains, and fetch the ratings in the base, each with its cell.

    For what is no function of sums by domain. It takes 8 bytes a rating for each value and
    three more; texts take what they are long.

    Raises
    ------
    DesignError, DataError, MissingColumnError
        As `grouped_pass`.
    """
    cells, table = _run(responses, design, ratio, (), engine)
    sql = ratings_statement(responses, design, ratio, values, table.num_rows)
    ratings = responses.run(sql, engine)
    cell = _integers(ratings, "cell")
    given = _floats(table, "z")
    factor = np.divide(cells.z, given, out=np.zeros_like(given), where=given > 0)[cell]
    return Ratings(
        cells,
        cell,
        x=_floats(ratings, "wx") * factor,
        z=_floats(ratings, "wz") * factor,
        values=ratings.select([value.name for value in values]),
    )


def _run(
    responses: Responses,
    design: SurveyDesign,
    ratio: Ratio,
    by: Sequence[Domain],
    engine: Engine,
    most_cells: int = MOST_CELLS,
) -> tuple[Cells, pa.Table]:
    """Return the cells, weights scaled and calibrated, and the table that they are from."""
    _check_complete(responses, design)
    _check_margins(responses, design)
    table = _at_most(most_cells, cells_statement(responses, design, ratio, by), responses, engine)
    return _finished(table, design, by), table


def _finished(table: pa.Table, design: SurveyDesign, by: Sequence[Domain]) -> Cells:
    """Return the cells of a table, weights scaled and calibrated."""
    cells = _scale(_cells(table, design, [domain.name for domain in by]), table, design)
    return _calibrated(cells, table, design)


def _at_most(most: int, sql: str, responses: Responses, engine: Engine) -> pa.Table:
    """Return the cells that a statement gives; refuse before more than ``most`` are fetched."""
    table = responses.run(f"{sql} LIMIT {most + 1}", engine)
    if table.num_rows <= most:
        return table
    counted = responses.run(f"SELECT count(*) AS cells FROM ({sql}) AS every", engine)
    raise UsageError(
        f"The crossing makes {counted.column('cells')[0].as_py():,} cells, a cell for each PSU "
        f"in each domain; at most {most:,} are held.",
        where=responses.name,
        remedy="Cross by fewer segments, choose a target with fewer PSUs, or let `estimate` hold "
        "more with --most-cells: each takes about 1 kB of memory.",
    )


def _given(
    responses: Responses,
    design: SurveyDesign,
    ratio: Ratio,
    by: Sequence[Domain],
    engine: Engine,
    table: pa.Table,
) -> GivenSums:
    """Sum the replicate weights by domain and crossing of the margins."""
    names = [domain_column(domain.name) for domain in by]
    if design.margins:
        names += [margin_column(name) for name, _ in design.margins.variables]
    return given_sums(
        responses,
        design.replication.columns if design.replication else (),
        part_keys(responses, design, ratio, by),
        part_values(responses, ratio),
        engine,
        np.unique(numbered_rows(table, names)[0], return_index=True)[1],
    )


def _check_complete(responses: Responses, design: SurveyDesign) -> None:
    """Refuse a file with ratings that lack a part of the design; a dataset was checked."""
    if responses.is_dataset:
        return
    for name in filter(None, (design.weight, *design.strata, *design.populations)):
        responses.check([name])
        missing = _lacks(responses, name)
        if name == design.weight and not responses.weighs:
            raise DesignError(
                "No rating has a weight above 0.",
                where=f"{responses.name}, column {name}",
                remedy="Leave the column out: each rating then counts once.",
            )
        if missing:
            raise DesignError(
                f"{missing} rating{'s have' if missing > 1 else ' has'} no {name}.",
                where=f"{responses.name}, column {name}",
                remedy=f"Give every rating a {name}, or leave the column out.",
            )


def _lacks(responses: Responses, name: str) -> int:
    """Return the number of ratings without a value of a column."""
    column = identifier(name)
    (missing,) = responses.fetch(f"SELECT count(*) - count({column}) FROM {responses.relation}")
    return int(missing)


def _check_margins(responses: Responses, design: SurveyDesign) -> None:
    for name, variable in design.margins.variables if design.margins else ():
        responses.require(variable.needs, f"Calibration to {name}")
        responses.check(variable.needs)


def _cells(table: pa.Table, design: SurveyDesign, by: Sequence[str]) -> Cells:
    domain, domains = numbered_rows(table, [domain_column(name) for name in by])
    stratum, strata = numbered_rows(table, ["stratum"])
    names = tuple(strata.column("stratum").to_pylist())
    rows = _integers(table, "row_count")
    psu, psus = None, summed(stratum, rows, len(names)).astype(np.int64)
    psu_keys = None
    if "psu" in table.column_names:
        psu, psu_keys = numbered_rows(table, psu_columns(design))
        psus = _psus_by_stratum(psu, stratum, psu_keys, names)
    zeros = np.zeros(table.num_rows)
    second_order = [_floats(table, name) if psu is None else zeros for name in ("xx", "xz")]
    return Cells(
        domains=domains.rename_columns(list(by)),
        domain=domain,
        programme=numbered_rows(table, ["programme"])[0],
        supplier=numbered_rows(table, ["supplier"])[0],
        stratum=stratum,
        psu=psu,
        rows=rows,
        n=_integers(table, "n"),
        hits=_integers(table, "hits"),
        w=_floats(table, "w"),
        x=_floats(table, "x"),
        z=_floats(table, "z"),
        xx=second_order[0],
        xz=second_order[1],
        zz=_floats(table, "zz"),
        most=_floats(table, "most"),
        ww=_floats(table, "ww"),
        psus=psus,
        fraction=_fraction(table, "fpc", stratum, psus, "stratum", names),
        stratum_names=names,
        psu_keys=psu_keys,
        second=None
        if psu is None or psu_keys is None or not design.two_stage
        else _second_stage(table, psu, psu_keys),
    )


def _second_stage(table: pa.Table, psu: Integers, psu_keys: pa.Table) -> SecondStage:
    ssu, _ = numbered_rows(table, [*psu_keys.column_names, "ssu"])
    of = upper(ssu, psu)
    ssus = np.bincount(of)
    names = [psu_name(psu_keys, c) for c in range(psu_keys.num_rows)]
    fraction = _fraction(table, "fpc_ssu", psu, ssus, "PSU", names)
    return SecondStage(ssu, of, ssus, fraction)


def _fraction(
    table: pa.Table,
    column: str,
    number: Integers,
    drawn: Integers,
    what: str,
    names: Sequence[str],
) -> Floats:
    """Return the share of units drawn in each stratum or PSU; 0 where no population is known."""
    if f"min_{column}" not in table.column_names:
        return np.zeros(len(names))
    low, high = np.full((2, len(names)), np.nan)
    np.fmin.at(low, number, _floats(table, f"min_{column}"))
    np.fmax.at(high, number, _floats(table, f"max_{column}"))
    for wrong, problem in (
        (low < high, f"has several values of {column}, from {{low:g}} to {{high:g}}"),
        (low < drawn, f"has {{drawn}} units, more than the {{low:g}} of its {column}"),
    ):
        if wrong.any():
            first = int(np.argmax(wrong))
            found = problem.format(low=low[first], high=high[first], drawn=drawn[first])
            raise DesignError(
                f"The {what} {names[first]!r} {found}.",
                remedy=f"Give every rating of a {what} the number of units in its population.",
            )
    return np.where(np.isnan(low), 0.0, drawn / low)


def _psus_by_stratum(
    psu: Integers, stratum: Integers, psu_keys: pa.Table, strata: tuple[str, ...]
) -> Integers:
    """Count the PSUs of each stratum; refuse a PSU that lies in two."""
    of = upper(psu, stratum)
    (elsewhere,) = np.nonzero(of[psu] != stratum)
    if len(elsewhere):
        cell = elsewhere[0]
        both = sorted(strata[h] for h in (of[psu[cell]], stratum[cell]))
        raise DesignError(
            f"The PSU {psu_name(psu_keys, int(psu[cell]))!r} lies in two strata: "
            f"{both[0]!r} and {both[1]!r}.",
            remedy="A PSU belongs to one stratum: correct the stratum, or say --nest if the codes "
            "of PSUs start again in each stratum.",
        )
    return np.bincount(of, minlength=len(strata))


def _scale(cells: Cells, table: pa.Table, design: SurveyDesign) -> Cells:
    """Return the cells with each programme's weights scaled by the design's rule."""
    if design.scaling == "none":
        return cells
    programmes = int(cells.programme.max()) + 1
    total = summed(cells.programme, _floats(table, "all_w"), programmes)
    ratings = summed(cells.programme, cells.rows, programmes)
    factors = (ratings if design.scaling == "respondents" else 1.0) / total
    return _weighted(cells, factors[cells.programme])


def _weighted(cells: Cells, factor: Floats) -> Cells:
    """Return the cells with the weights of each times a factor, shape (C,)."""
    once = {name: getattr(cells, name) * factor for name in ("w", "x", "z", "most")}
    # Squares of weights that overflow are not known, whatever they are scaled by.
    with np.errstate(invalid="ignore"):
        twice = {name: getattr(cells, name) * factor**2 for name in ("xx", "xz", "zz", "ww")}
    return replace(cells, **once, **twice)


def _calibrated(cells: Cells, table: pa.Table, design: SurveyDesign) -> Cells:
    """Return the cells with weights calibrated to the design's margins."""
    if design.margins is None:
        return cells
    names = [name for name, _ in design.margins.variables]
    number, crossings = numbered_rows(table, [margin_column(name) for name in names])
    ratings, base, squares = (
        summed(number, values, crossings.num_rows)
        for values in (_integers(table, "counted_rows"), cells.w, cells.ww)
    )
    # A crossing of ratings that do not count has no weight to calibrate.
    counted = ratings > 0
    calibration = calibrate(
        design.margins,
        crossings.rename_columns(names).filter(pa.array(counted)).to_pylist(),
        np.where(counted, np.cumsum(counted) - 1, 0)[number],
        ratings[counted].astype(np.int64),
        base[counted],
        squares[counted],
    )
    factor = calibration.factors[calibration.crossing]
    return replace(_weighted(cells, factor), calibration=calibration)


def _floats(table: pa.Table, name: str) -> Floats:
    values: Floats = table.column(name).to_numpy().astype(np.float64)
    return values


def _integers(table: pa.Table, name: str) -> Integers:
    values: Integers = table.column(name).to_numpy().astype(np.int64)
    return values
