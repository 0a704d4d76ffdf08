"""The one grouped pass over the responses, and the cells that it gives.

A cell is what one PSU of one stratum has in one domain: number of ratings and weighted sums.
Everything after it is small. Where every rating is its own PSU, a cell holds all PSUs of one
stratum in one domain, and second-order sums stand in for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from advocacy.errors import DesignError
from advocacy.responses import Responses
from advocacy.sql import identifier
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Domain:
    """A named SQL expression over the responses whose values are the domains."""

    name: str
    expression: str


@dataclass(frozen=True)
class Ratio:
    """A ratio of weighted totals: numerator and base as SQL expressions, never NULL.

    ``base`` is 0 for ratings that do not count; ``numerator`` is then 0 too.
    """

    numerator: str
    base: str


@dataclass(frozen=True)
class Cells:
    """Sums by domain, stratum and PSU.

    Parameters
    ----------
    domains
        The domains that occur, a row each, a column for each key; shape (D, keys).
    domain, programme, supplier, stratum
        Number of each cell's domain, programme, supplier and stratum; shape (C,).
    psu
        Number of each cell's PSU, shape (C,); ``None`` where every rating is its own.
    rows, n
        Ratings in the cell, and those of them in the base; shape (C,).
    x, z
        Weighted sums of numerator and base, population units; shape (C,).
    xx, xz, zz
        Sums over ratings of products of the weighted values; shape (C,). Zeros where PSUs
        are given, which do not need them.
    psus
        PSUs of each stratum, also those with no rating in any base; shape (strata,).
    stratum_names
        Name of each stratum, for messages.
    """

    domains: pa.Table
    domain: Integers
    programme: Integers
    supplier: Integers
    stratum: Integers
    psu: Integers | None
    rows: Integers
    n: Integers
    x: Floats
    z: Floats
    xx: Floats
    xz: Floats
    zz: Floats
    psus: Integers
    stratum_names: tuple[str, ...]

    @property
    def n_domains(self) -> int:
        """Number of domains, D."""
        return int(self.domain.max()) + 1


def grouped_pass(
    responses: Responses,
    design: SurveyDesign,
    ratio: Ratio,
    by: Sequence[Domain],
    engine: Engine,
) -> Cells:
    """Run the pass and return its cells, weights scaled as the design says.

    Raises
    ------
    DesignError
        A weight is missing, or a PSU lies in two strata.
    DataError
        A weight is not above 0.
    """
    _check_complete(responses, design)
    table = engine.run(_statement(responses, design, ratio, by), responses.tables)
    return _scale(_cells(table, design, [domain.name for domain in by]), table, design)


def _statement(
    responses: Responses, design: SurveyDesign, ratio: Ratio, by: Sequence[Domain]
) -> str:
    keys = [identifier(f"by:{domain.name}") for domain in by]
    labels = [f"{domain.expression} AS {key}" for domain, key in zip(by, keys, strict=True)]
    programme = "programme" if "programme" in responses.columns else "NULL"
    supplier = "supplier" if "supplier" in responses.columns else "NULL"
    psu = _psu(responses, design)
    ratings = ", ".join(
        [
            *labels,
            f"coalesce({programme}, '') AS programme",
            f"coalesce({supplier}, {programme}, '') AS supplier",
            f"{_stratum(design)} AS stratum",
            *([f"{psu} AS psu"] if psu else []),
            f"{_weight(design)} AS w",
            f"({ratio.numerator})::DOUBLE AS x",
            f"({ratio.base})::DOUBLE AS z",
        ]
    )
    groups = [*keys, "programme", "supplier", "stratum", *(["psu"] if psu else [])]
    second_order = ["sum(w*x*w*x) AS xx", "sum(w*x*w*z) AS xz", "sum(w*z*w*z) AS zz"]
    sums = [
        "count(*) AS row_count",
        "count(*) FILTER (z <> 0) AS n",
        "sum(w) AS w",
        "sum(w*x) AS x",
        "sum(w*z) AS z",
        *([] if psu else second_order),
    ]
    return (
        f"SELECT {', '.join(groups + sums)} FROM (SELECT {ratings} FROM {responses.relation}) "
        f"GROUP BY {', '.join(groups)} ORDER BY {', '.join(groups)}"
    )


def _weight(design: SurveyDesign) -> str:
    # In a dataset of several sources, a source without weights counts each rating once.
    return f"coalesce({identifier(design.weight)}, 1.0)" if design.weight else "1.0"


def _stratum(design: SurveyDesign) -> str:
    columns = ", ".join(f"coalesce({identifier(name)}, '')" for name in design.strata)
    return f"concat_ws(' × ', {columns})" if design.strata else "''"


def _psu(responses: Responses, design: SurveyDesign) -> str:
    """Return the name of the rating's PSU; empty where every rating is its own.

    The column's name stands in front, so that account 7 and respondent 7 are two PSUs. With
    `these_programmes` a PSU is nested in its programme: one person may answer for two.
    """
    if not design.clusters:
        return ""
    own = "'rating ' || rating_id" if responses.is_dataset else "'row ' || file_row"
    names = ", ".join(f"'{name} ' || {identifier(name)}" for name in design.clusters)
    nest = "coalesce(programme, '') || ' ' || " if "programme" in design.strata else ""
    return f"{nest}coalesce({names}, {own})"


def _check_complete(responses: Responses, design: SurveyDesign) -> None:
    """Refuse a file with ratings that lack a weight or a stratum; a dataset was checked."""
    if responses.is_dataset:
        return
    for name in filter(None, (design.weight, *design.strata)):
        responses.check([name])
        column = identifier(name)
        (missing,) = responses.fetch(f"SELECT count(*) - count({column}) FROM {responses.relation}")
        if missing:
            raise DesignError(
                f"{missing} rating{'s have' if missing > 1 else ' has'} no {name}.",
                where=f"{responses.name}, column {name}",
                remedy=f"Give every rating a {name}, or leave the column out.",
            )


def _cells(table: pa.Table, design: SurveyDesign, by: Sequence[str]) -> Cells:
    domain, domains = _codes(table, [f"by:{name}" for name in by])
    stratum, strata = _codes(table, ["stratum"])
    names = tuple(strata.column("stratum").to_pylist())
    rows = _integers(table, "row_count")
    psu, psus = None, summed(stratum, rows, len(names)).astype(np.int64)
    if "psu" in table.column_names:
        psu, psu_names = _codes(table, ["psu"])
        psus = _psus_by_stratum(psu, stratum, psu_names.column("psu"), names)
    zeros = np.zeros(table.num_rows)
    second = [_floats(table, name) if psu is None else zeros for name in ("xx", "xz", "zz")]
    return Cells(
        domains=domains.rename_columns(list(by)) if by else domains,
        domain=domain,
        programme=_codes(table, ["programme"])[0],
        supplier=_codes(table, ["supplier"])[0],
        stratum=stratum,
        psu=psu,
        rows=rows,
        n=_integers(table, "n"),
        x=_floats(table, "x"),
        z=_floats(table, "z"),
        xx=second[0],
        xz=second[1],
        zz=second[2],
        psus=psus,
        stratum_names=names,
    )


def _psus_by_stratum(
    psu: Integers, stratum: Integers, psu_names: pa.ChunkedArray, strata: tuple[str, ...]
) -> Integers:
    """Count the PSUs of each stratum; refuse a PSU that lies in two."""
    pairs = np.unique(np.column_stack([psu, stratum]), axis=0)
    found, first, count = np.unique(pairs[:, 0], return_index=True, return_counts=True)
    if (count > 1).any():
        split = int(np.argmax(count > 1))
        both = [strata[h] for h in pairs[first[split] : first[split] + 2, 1]]
        raise DesignError(
            f"The PSU {psu_names[int(found[split])].as_py()!r} lies in two strata: "
            f"{both[0]!r} and {both[1]!r}.",
            remedy="A PSU belongs to one stratum: give it two names, or correct the stratum.",
        )
    return np.bincount(pairs[:, 1], minlength=len(strata))


def _scale(cells: Cells, table: pa.Table, design: SurveyDesign) -> Cells:
    """Return the cells with each programme's weights scaled by the design's rule."""
    if design.scaling == "none":
        return cells
    programmes = int(cells.programme.max()) + 1
    total = summed(cells.programme, _floats(table, "w"), programmes)
    ratings = summed(cells.programme, cells.rows, programmes)
    factors = (ratings if design.scaling == "respondents" else 1.0) / total
    factor = factors[cells.programme]
    return replace(
        cells,
        x=cells.x * factor,
        z=cells.z * factor,
        xx=cells.xx * factor**2,
        xz=cells.xz * factor**2,
        zz=cells.zz * factor**2,
    )


def _codes(table: pa.Table, names: Sequence[str]) -> tuple[Integers, pa.Table]:
    """Return the number of each row's combination of values, and the combinations.

    The combinations are numbered in the order of the rows, which the pass has sorted.
    """
    combined = np.zeros(table.num_rows, dtype=np.int64)
    for name in names:
        encoded = table.column(name).combine_chunks().dictionary_encode(null_encoding="encode")
        codes = encoded.indices.to_numpy().astype(np.int64)
        combined = combined * (len(encoded.dictionary) + 1) + codes
    _, first, inverse = np.unique(combined, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[inverse], table.select(list(names)).take(pa.array(first[order]))


def summed(number: Integers, values: Floats | Integers, size: int) -> Floats:
    """Return the sum of the values of each number from 0; shape (size,)."""
    return np.bincount(number, weights=values, minlength=size).astype(np.float64)


def _floats(table: pa.Table, name: str) -> Floats:
    values: Floats = table.column(name).to_numpy().astype(np.float64)
    return values


def _integers(table: pa.Table, name: str) -> Integers:
    values: Integers = table.column(name).to_numpy().astype(np.int64)
    return values
