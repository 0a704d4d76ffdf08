"""The one grouped pass over the responses, and the cells that it gives.

A cell is what one PSU of one stratum has in one domain: number of ratings and weighted sums.
Everything after it is small. Where every rating is its own PSU, a cell holds all PSUs of one
stratum in one domain, and second-order sums stand in for them. Where weights are calibrated, a
cell has one crossing of the margins, so that all its ratings get the same factor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from advocacy.arrays import Floats, Integers
from advocacy.errors import DesignError, UsageError
from advocacy.responses import Responses
from advocacy.sql import identifier
from advocacy.survey.calibration import Calibration, calibrate
from advocacy.survey.cells.given import GivenSums, given_sums
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine

# Cells to hold at most unless told otherwise, about 1 kB each.
MOST_CELLS = 5_000_000
# Possible keys, per key, up to which marks are cheaper than sorting.
_MARKS = 50
# Numbers of combinations of values up to which they fit into 64 bits.
_LARGEST = 2**62


@dataclass(frozen=True)
class Domain:
    """A named SQL expression over the responses whose values are the domains."""

    name: str
    expression: str


@dataclass(frozen=True)
class Ratio:
    """A ratio of weighted totals: numerator and base as SQL expressions, never NULL.

    ``base`` is 0 for ratings that are not in it; ``numerator`` is then 0 too. Ratings that do
    not count at all are left out by the pass.
    """

    numerator: str
    base: str


@dataclass(frozen=True)
class SecondStage:
    """Secondary units within PSUs, where both stages were drawn without replacement.

    Parameters
    ----------
    ssu
        Number of each cell's secondary unit, shape (C,).
    psu
        PSU of each secondary unit, shape (units,).
    ssus
        Secondary units drawn in each PSU, also those with no rating in any base; shape (PSUs,).
    fraction
        Share of the PSU's secondary units that was drawn, shape (PSUs,).
    """

    ssu: Integers
    psu: Integers
    ssus: Integers
    fraction: Floats


@dataclass(frozen=True)
class Cells:
    """Sums by domain, stratum and PSU.

    Parameters
    ----------
    domains
        The domains that occur, a row each, a column for each key; shape (D, keys). No rating
        lies in two of them.
    domain, programme, supplier, stratum
        Number of each cell's domain, programme, supplier and stratum; shape (C,).
    psu
        Number of each cell's PSU, shape (C,); ``None`` where every rating is its own.
    rows, n, hits
        Ratings in the cell, those of them in the base, and those of these with a numerator
        other than 0; shape (C,).
    w
        Sum of the weights of the ratings that count, in the base or not; shape (C,).
    x, z
        Weighted sums of numerator and base, population units; shape (C,).
    ww
        Sum of the squares of these weights, shape (C,).
    xx, xz, zz
        Sums over ratings of products of the weighted values; shape (C,). Zeros where PSUs
        are given, which do not need them.
    psus
        PSUs of each stratum, also those with no rating in any base; shape (strata,).
    fraction
        Share of the stratum's PSUs that was drawn, shape (strata,); 0 where the finite
        population is not known.
    stratum_names
        Name of each stratum, for messages.
    psu_keys
        What names each PSU, a row each; ``None`` where every rating is its own.
    second
        Secondary units within PSUs; ``None`` where there is no second stage.
    calibration
        What it did to the weights, which w, x and z have; ``None`` where there is none.
    given
        Sums of given replicate weights; ``None`` where the design has none.
    """

    domains: pa.Table
    domain: Integers
    programme: Integers
    supplier: Integers
    stratum: Integers
    psu: Integers | None
    rows: Integers
    n: Integers
    hits: Integers
    w: Floats
    x: Floats
    z: Floats
    xx: Floats
    xz: Floats
    zz: Floats
    ww: Floats
    psus: Integers
    fraction: Floats
    stratum_names: tuple[str, ...]
    psu_keys: pa.Table | None = None
    second: SecondStage | None = None
    calibration: Calibration | None = None
    given: GivenSums | None = None

    @property
    def n_domains(self) -> int:
        """Number of domains, D."""
        return int(self.domain.max()) + 1

    def totals(self, values: Floats | Integers) -> Floats:
        """Return the sum of a value of the cells over each domain, shape (D,)."""
        return summed(self.domain, values, self.n_domains)


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


@dataclass(frozen=True)
class Groups:
    """Sets of domains to report on; a domain may be in several, or in none.

    Parameters
    ----------
    keys
        What each group is, a row each; shape (K, keys).
    group, domain
        A pair for each domain of each group; shape (pairs,).
    size
        Number of groups, K.
    """

    keys: pa.Table
    group: Integers
    domain: Integers
    size: int


def every_domain(cells: Cells) -> Groups:
    """Return the domains, each a group of its own."""
    own = np.arange(cells.n_domains)
    return Groups(cells.domains, own, own, len(own))


def rolled_up(cells: Cells, names: Sequence[str]) -> Groups:
    """Return the groups of domains that agree in these keys: margins of the crossing."""
    own = np.arange(cells.n_domains)
    if not names:
        return Groups(cells.domains.select([]), np.zeros_like(own), own, 1)
    group, keys = _codes(cells.domains, names)
    return Groups(keys, group, own, keys.num_rows)


def cells_of(cells: Cells, domain: Integers) -> tuple[Integers, Integers]:
    """Return each pair of a cell and an entry of its domain: numbers of cells, of entries."""
    order = np.argsort(domain, kind="stable")
    cell, entry = matches(domain[order], cells.domain, cells.n_domains)
    return cell, order[entry]


def psu_name(keys: pa.Table, psu: int) -> str:
    """Return what a PSU is called in messages."""
    return " ".join(filter(None, keys.slice(psu, 1).to_pylist()[0].values()))


def upper(unit: Integers, stratum: Integers) -> Integers:
    """Return the stratum of each unit, shape (units,), from those of the cells, shape (C,)."""
    of = np.zeros(int(unit.max()) + 1, dtype=np.int64)
    of[unit] = stratum
    return of


def distinct(cells: Cells, groups: Groups, numbers: Integers) -> Integers:
    """Count the distinct numbers among the cells in the base of each group; shape (K,)."""
    cell, pair = cells_of(cells, groups.domain)
    used = cells.n[cell] > 0
    bound = (int(numbers.max(initial=0)) + 1) * groups.size
    pairs, _ = numbered(numbers[cell[used]] * groups.size + groups.group[pair[used]], bound)
    return np.bincount(pairs % groups.size, minlength=groups.size)


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
    cells, table = _run(responses, design, ratio, by, engine, most_cells)
    if design.replication is None or design.replication.made:
        return cells
    return replace(cells, given=_given(responses, design, ratio, by, engine, table))


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
    ratings = _ratings(responses, design, ratio, values, alone=True)
    every = _ratings(responses, design, ratio, (), alone=True)
    keys = _keys(design)
    listed = ", ".join(keys)
    same = " AND ".join(f"r.{key} IS NOT DISTINCT FROM c.{key}" for key in keys)
    named = ", ".join(f"r.{identifier(f'by:{v.name}')} AS {identifier(v.name)}" for v in values)
    found = engine.run(
        f"SELECT c.cell, r.w * r.x AS wx, r.w * r.z AS wz, {named} FROM ({ratings}) AS r "
        # In the order of the pass, so that the numbers are those of its cells.
        f"JOIN (SELECT {listed}, row_number() OVER (ORDER BY {listed}) - 1 AS cell "
        # As many as the pass found: told so, DuckDB looks ratings up in cells, not the reverse.
        f"FROM ({every}) AS ratings GROUP BY {listed} LIMIT {table.num_rows}) AS c "
        f"ON {same} WHERE r.z <> 0",
        responses.tables,
    )
    cell = _integers(found, "cell")
    given = _floats(table, "z")
    factor = np.divide(cells.z, given, out=np.zeros_like(given), where=given > 0)[cell]
    return Ratings(
        cells,
        cell,
        x=_floats(found, "wx") * factor,
        z=_floats(found, "wz") * factor,
        values=found.select([value.name for value in values]),
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
    table = _at_most(most_cells, _statement(responses, design, ratio, by), responses, engine)
    cells = _scale(_cells(table, design, [domain.name for domain in by]), table, design)
    return _calibrated(cells, table, design), table


def _at_most(most: int, sql: str, responses: Responses, engine: Engine) -> pa.Table:
    """Return the cells that a statement gives; refuse before more than ``most`` are fetched."""
    table = engine.run(f"{sql} LIMIT {most + 1}", responses.tables)
    if table.num_rows <= most:
        return table
    counted = engine.run(f"SELECT count(*) AS cells FROM ({sql}) AS every", responses.tables)
    raise UsageError(
        f"The crossing makes {counted.column('cells')[0].as_py():,} cells, a cell for each PSU "
        f"in each domain; at most {most:,} are held.",
        where=responses.name,
        remedy="Cross by fewer segments, choose a target with fewer PSUs, or let `estimate` hold "
        "more with --most-cells: each takes about 1 kB of memory.",
    )


def _statement(
    responses: Responses, design: SurveyDesign, ratio: Ratio, by: Sequence[Domain]
) -> str:
    labels = [identifier(f"by:{domain.name}") for domain in by]
    populations = design.populations
    groups = ", ".join([*labels, *_keys(design)])
    second_order = ["sum(ww*x*x) AS xx", "sum(ww*x*z) AS xz", "sum(ww*z*z) AS zz"]
    of_counted = "coalesce(sum(ratings) FILTER (counted), 0)::BIGINT"
    sums = [
        "sum(ratings)::BIGINT AS row_count",
        "coalesce(sum(ratings) FILTER (z <> 0), 0)::BIGINT AS n",
        "coalesce(sum(ratings) FILTER (x <> 0), 0)::BIGINT AS hits",
        "sum(w) AS all_w",
        "coalesce(sum(w) FILTER (counted), 0) AS w",
        "sum(w*x) AS x",
        "sum(w*z) AS z",
        "coalesce(sum(ww) FILTER (counted), 0) AS ww",
        *([] if design.keeps_units else second_order),
        *([f"{of_counted} AS counted_rows"] if design.margins else []),
        *(f"{end}({name}) AS {end}_{name}" for name in populations for end in ("min", "max")),
    ]
    return (
        f"SELECT {groups}, {', '.join(sums)} FROM ({_ratings(responses, design, ratio, by)}) "
        f"AS ratings GROUP BY {groups} ORDER BY {groups}"
    )


def _keys(design: SurveyDesign) -> list[str]:
    """Return the keys of cells behind those of the domains."""
    units = ["psu_kind", "psu"] if design.keeps_units else []
    second = ["ssu"] if design.two_stage else []
    return [*_margins(design), "programme", "supplier", "stratum", *units, *second]


def _ratings(
    responses: Responses,
    design: SurveyDesign,
    ratio: Ratio,
    by: Sequence[Domain],
    *,
    alone: bool = False,
) -> str:
    """Return the ratings with the keys of their cells, alike ones added up where that pays.

    Ratings that differ in their weight alone are one row, so that only their number and the
    sums of their weights are worked out rating by rating; not so where ``alone``. Where each
    PSU has few ratings, few are alike.
    """
    x, z = (_counting(responses, value) for value in (ratio.numerator, ratio.base))
    programme = "programme" if "programme" in responses.columns else "NULL"
    supplier = "supplier" if "supplier" in responses.columns else "NULL"
    labels = {identifier(f"by:{domain.name}"): domain.expression for domain in by}
    units = _units(responses, design)
    kept = {
        **_margins(design),
        "programme": f"coalesce({programme}, '')",
        "supplier": f"coalesce({supplier}, {programme}, '')",
        "stratum": _stratum(design),
        **units,
        **{name: name for name in design.populations},
        "counted": responses.counted,
        "x": x,
        "z": z,
    }
    named = ", ".join(f"{value} AS {key}" for key, value in (labels | kept).items())
    w = _weight(design)
    if not alone and (not units or design.clusters == ("programme",)):
        every = ", ".join([*labels, *kept])
        added = (
            f"SELECT {every}, count(*) AS ratings, sum(w) AS w, sum(w*w) AS ww "
            f"FROM (SELECT {named}, {w} AS w FROM {responses.relation}) AS single GROUP BY {every}"
        )
    else:
        added = f"SELECT {named}, 1 AS ratings, {w} AS w, {w}*{w} AS ww FROM {responses.relation}"
    # Ratings outside the base belong to their PSU alone: a domain would only multiply cells.
    placed = [f"CASE WHEN z <> 0 THEN {label} END AS {label}" for label in labels]
    return f"SELECT {', '.join([*placed, *kept, 'ratings', 'w', 'ww'])} FROM ({added}) AS added"


def _margins(design: SurveyDesign) -> dict[str, str]:
    """Return the variables that weights are calibrated to, as text."""
    if design.margins is None:
        return {}
    return {
        identifier(f"margin:{name}"): f"({variable.expression})::VARCHAR"
        for name, variable in design.margins.variables
    }


def _counting(responses: Responses, value: str) -> str:
    """Return an expression that is nought for ratings that do not count."""
    return f"CASE WHEN {responses.counted} THEN ({value})::DOUBLE ELSE 0 END"


def _labels(by: Sequence[Domain], base: str) -> list[str]:
    """Return the domains of ratings in the base.

    Others belong to their PSU alone: a domain would only multiply cells.
    """
    return [f"CASE WHEN {base} <> 0 THEN {domain.expression} END" for domain in by]


def _given(
    responses: Responses,
    design: SurveyDesign,
    ratio: Ratio,
    by: Sequence[Domain],
    engine: Engine,
    table: pa.Table,
) -> GivenSums:
    """Sum the replicate weights by domain and crossing of the margins."""
    values = [_counting(responses, value) for value in (ratio.numerator, ratio.base, "1")]
    names = [f"by:{domain.name}" for domain in by]
    if design.margins:
        names += [f"margin:{name}" for name, _ in design.margins.variables]
    return given_sums(
        responses,
        design.replication.columns if design.replication else (),
        [*_labels(by, values[1]), *_margins(design).values()],
        values,
        engine,
        np.unique(_codes(table, names)[0], return_index=True)[1],
    )


def _weight(design: SurveyDesign) -> str:
    # In a dataset of several sources, a source without weights counts each rating once.
    return f"coalesce({identifier(design.weight)}, 1)::DOUBLE" if design.weight else "1::DOUBLE"


def _stratum(design: SurveyDesign) -> str:
    columns = ", ".join(f"coalesce({identifier(name)}, '')" for name in design.strata)
    return f"concat_ws(' × ', {columns})" if design.strata else "''"


def _units(responses: Responses, design: SurveyDesign) -> dict[str, str]:
    """Return the keys that name the rating's units; none where every rating is its own PSU.

    The kind tells account 7 from respondent 7.
    """
    if not design.keeps_units:
        return {}
    own = "rating_id" if responses.is_dataset else "file_row::VARCHAR"
    given = [identifier(name) for name in design.clusters]
    kinds = "".join(
        f"WHEN {column} IS NOT NULL THEN '{name}' "
        for name, column in zip(design.clusters, given, strict=True)
    )
    units = {
        "psu_kind": f"CASE {kinds}ELSE 'rating' END" if kinds else "'rating'",
        "psu": f"coalesce({', '.join([*given, own])})",
    }
    if design.two_stage:
        units["ssu"] = f"coalesce('ssu ' || ssu, 'rating ' || {own})"
    return units


def _psu_keys(design: SurveyDesign) -> list[str]:
    """Return the keys that tell PSUs apart.

    With `these_programmes` a PSU is nested in its programme: one person may answer for two.
    """
    nest = ["stratum"] if design.nest else ["programme"] if "programme" in design.strata else []
    return [*nest, "psu_kind", "psu"]


def _check_complete(responses: Responses, design: SurveyDesign) -> None:
    """Refuse a file with ratings that lack a part of the design; a dataset was checked."""
    if responses.is_dataset:
        return
    for name in filter(None, (design.weight, *design.strata, *design.populations)):
        responses.check([name])
        column = identifier(name)
        (missing,) = responses.fetch(f"SELECT count(*) - count({column}) FROM {responses.relation}")
        if missing:
            raise DesignError(
                f"{missing} rating{'s have' if missing > 1 else ' has'} no {name}.",
                where=f"{responses.name}, column {name}",
                remedy=f"Give every rating a {name}, or leave the column out.",
            )


def _check_margins(responses: Responses, design: SurveyDesign) -> None:
    for name, variable in design.margins.variables if design.margins else ():
        responses.require(variable.needs, f"Calibration to {name}")
        responses.check(variable.needs)


def _cells(table: pa.Table, design: SurveyDesign, by: Sequence[str]) -> Cells:
    domain, domains = _codes(table, [f"by:{name}" for name in by])
    stratum, strata = _codes(table, ["stratum"])
    names = tuple(strata.column("stratum").to_pylist())
    rows = _integers(table, "row_count")
    psu, psus = None, summed(stratum, rows, len(names)).astype(np.int64)
    psu_keys = None
    if "psu" in table.column_names:
        psu, psu_keys = _codes(table, _psu_keys(design))
        psus = _psus_by_stratum(psu, stratum, psu_keys, names)
    zeros = np.zeros(table.num_rows)
    second_order = [_floats(table, name) if psu is None else zeros for name in ("xx", "xz", "zz")]
    return Cells(
        domains=domains.rename_columns(list(by)),
        domain=domain,
        programme=_codes(table, ["programme"])[0],
        supplier=_codes(table, ["supplier"])[0],
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
        zz=second_order[2],
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
    ssu, _ = _codes(table, [*psu_keys.column_names, "ssu"])
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
    return replace(
        cells,
        w=cells.w * factor,
        x=cells.x * factor,
        z=cells.z * factor,
        xx=cells.xx * factor**2,
        xz=cells.xz * factor**2,
        zz=cells.zz * factor**2,
        ww=cells.ww * factor**2,
    )


def _calibrated(cells: Cells, table: pa.Table, design: SurveyDesign) -> Cells:
    """Return the cells with weights calibrated to the design's margins."""
    if design.margins is None:
        return cells
    names = [name for name, _ in design.margins.variables]
    number, crossings = _codes(table, [f"margin:{name}" for name in names])
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


def _codes(table: pa.Table, names: Sequence[str]) -> tuple[Integers, pa.Table]:
    """Return the number of each row's combination of values, and the combinations.

    The combinations are numbered in the order of the rows, which the pass has sorted. Without
    names there is one, the empty one.
    """
    combined, bound = np.zeros(table.num_rows, dtype=np.int64), 1
    for name in names:
        encoded = table.column(name).combine_chunks().dictionary_encode(null_encoding="encode")
        codes = encoded.indices.to_numpy().astype(np.int64)
        if bound * len(encoded.dictionary) > _LARGEST:
            found, combined = numbered(combined, bound)
            bound = len(found)
        bound *= len(encoded.dictionary)
        combined = combined * len(encoded.dictionary) + codes
    _, number = numbered(combined, bound)
    first = np.full(int(number.max()) + 1, len(number))
    np.minimum.at(first, number, np.arange(len(number)))
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[number], table.select(list(names)).take(pa.array(first[order]))


def matches(ordered: Integers, wanted: Integers, size: int) -> tuple[Integers, Integers]:
    """Return positions in ``wanted`` and in ``ordered`` that hold the same number below size."""
    count = np.bincount(ordered, minlength=size)
    start = np.cumsum(count) - count
    repeats = count[wanted]
    position = np.repeat(np.arange(len(wanted)), repeats)
    offset = np.arange(len(position)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    return position, start[wanted][position] + offset


def numbered(key: Integers, bound: int) -> tuple[Integers, Integers]:
    """Return the distinct keys in order, and the position of each key among them.

    ``key`` holds numbers from 0 and below ``bound``. As ``numpy.unique`` with its inverse,
    without sorting where a mark for each possible key costs less.
    """
    if bound > _MARKS * (len(key) + 1):
        found, position = np.unique(key, return_inverse=True)
        return found, position
    seen = np.zeros(bound, dtype=bool)
    seen[key] = True
    return np.flatnonzero(seen), (np.cumsum(seen) - 1)[key]


def summed(number: Integers, values: Floats | Integers, size: int) -> Floats:
    """Return the sum of the values of each number from 0; shape (size,)."""
    return np.bincount(number, weights=values, minlength=size).astype(np.float64)


def _floats(table: pa.Table, name: str) -> Floats:
    values: Floats = table.column(name).to_numpy().astype(np.float64)
    return values


def _integers(table: pa.Table, name: str) -> Integers:
    values: Integers = table.column(name).to_numpy().astype(np.int64)
    return values
