"""The statement of the grouped pass: what is asked, and the SQL that asks it.

It is written in DuckDB's dialect; engines translate it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from advocacy.sql import identifier

if TYPE_CHECKING:
    from advocacy.responses import Responses
    from advocacy.survey.design import SurveyDesign


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


def domain_column(name: str) -> str:
    """Return the column that holds the domains of this name."""
    return f"by:{name}"


def margin_column(name: str) -> str:
    """Return the column that holds this variable of the margins."""
    return f"margin:{name}"


def psu_columns(design: SurveyDesign) -> list[str]:
    """Return the columns of the cells that tell PSUs apart.

    With `these_programmes` a PSU is nested in its programme: one person may answer for two.
    """
    nest = ["stratum"] if design.nest else ["programme"] if "programme" in design.strata else []
    return [*nest, "psu_kind", "psu"]


def cells_statement(
    responses: Responses, design: SurveyDesign, ratio: Ratio, by: Sequence[Domain]
) -> str:
    """Return the SELECT of the cells: keys and sums, a row a cell, in the order of the keys."""
    labels = [identifier(domain_column(domain.name)) for domain in by]
    populations = design.populations
    groups = ", ".join([*labels, *_keys(design)])
    second_order = ["sum(ww*x*x) AS xx", "sum(ww*x*z) AS xz"]
    of_counted = "coalesce(sum(ratings) FILTER (counted), 0)::BIGINT"
    sums = [
        "sum(ratings)::BIGINT AS row_count",
        "coalesce(sum(ratings) FILTER (z <> 0), 0)::BIGINT AS n",
        "coalesce(sum(ratings) FILTER (x <> 0), 0)::BIGINT AS hits",
        "sum(w) AS all_w",
        "coalesce(sum(w) FILTER (counted), 0) AS w",
        "sum(w*x) AS x",
        "sum(w*z) AS z",
        "sum(ww*z*z) AS zz",
        "max(most*z) AS most",
        "coalesce(sum(ww) FILTER (counted), 0) AS ww",
        *([] if design.keeps_units else second_order),
        *([f"{of_counted} AS counted_rows"] if design.margins else []),
        *(f"{end}({name}) AS {end}_{name}" for name in populations for end in ("min", "max")),
    ]
    return (
        f"SELECT {groups}, {', '.join(sums)} FROM ({_ratings(responses, design, ratio, by)}) "
        f"AS ratings GROUP BY {groups} ORDER BY {groups}"
    )


def programmes_statement(design: SurveyDesign, by: Sequence[Domain], cells: str) -> str:
    """Return the SELECT of the cells of programmes, added up from ``cells`` of units in them.

    ``cells`` is a table that `cells_statement` gives for another design of the same weights, in
    which every rating has a programme.
    """
    labels = [identifier(domain_column(domain.name)) for domain in by]
    own = {"stratum": "''", "psu_kind": "'programme'", "psu": "programme"}
    keys = [*labels, *_keys(design)]
    counts = ["row_count", "n", "hits", *(["counted_rows"] if design.margins else [])]
    sums = [
        *(f"sum({name})::BIGINT AS {name}" for name in counts),
        *(f"sum({name}) AS {name}" for name in ("all_w", "w", "x", "z", "zz", "ww")),
        "max(most) AS most",
    ]
    named = ", ".join(f"{own.get(key, key)} AS {key}" for key in keys)
    return f"SELECT {named}, {', '.join(sums)} FROM {cells} GROUP BY ALL ORDER BY {', '.join(keys)}"


def ratings_statement(
    responses: Responses,
    design: SurveyDesign,
    ratio: Ratio,
    values: Sequence[Domain],
    cells: int,
) -> str:
    """Return the SELECT of the ratings in the base, each with the number of its cell.

    ``cells`` is how many the pass without domains has found: told so, DuckDB looks ratings up
    in cells, not the reverse.
    """
    ratings = _ratings(responses, design, ratio, values, alone=True)
    every = _ratings(responses, design, ratio, (), alone=True)
    keys = _keys(design)
    listed = ", ".join(keys)
    same = " AND ".join(f"r.{key} IS NOT DISTINCT FROM c.{key}" for key in keys)
    named = ", ".join(
        f"r.{identifier(domain_column(value.name))} AS {identifier(value.name)}" for value in values
    )
    return (
        f"SELECT c.cell, r.w * r.x AS wx, r.w * r.z AS wz, {named} FROM ({ratings}) AS r "
        # In the order of the pass, so that the numbers are those of its cells.
        f"JOIN (SELECT {listed}, row_number() OVER (ORDER BY {listed}) - 1 AS cell "
        f"FROM ({every}) AS ratings GROUP BY {listed} LIMIT {cells}) AS c "
        f"ON {same} WHERE r.z <> 0"
    )


def part_keys(
    responses: Responses, design: SurveyDesign, ratio: Ratio, by: Sequence[Domain]
) -> list[str]:
    """Return what tells the parts apart by which replicate weights are summed."""
    base = _counting(responses, ratio.base)
    return [*(_in_base(domain.expression, base) for domain in by), *_margins(design).values()]


def part_values(responses: Responses, ratio: Ratio) -> list[str]:
    """Return numerator, base, and 1 for a rating that counts, else 0."""
    return [_counting(responses, value) for value in (ratio.numerator, ratio.base, "1")]


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
    labels = {identifier(domain_column(domain.name)): domain.expression for domain in by}
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
            f"SELECT {every}, count(*) AS ratings, sum(w) AS w, sum(w*w) AS ww, max(w) AS most "
            f"FROM (SELECT {named}, {w} AS w FROM {responses.relation}) AS single GROUP BY {every}"
        )
    else:
        added = (
            f"SELECT {named}, 1 AS ratings, {w} AS w, {w}*{w} AS ww, {w} AS most "
            f"FROM {responses.relation}"
        )
    placed = [f"{_in_base(label, 'z')} AS {label}" for label in labels]
    sums = ["ratings", "w", "ww", "most"]
    return f"SELECT {', '.join([*placed, *kept, *sums])} FROM ({added}) AS added"


def _margins(design: SurveyDesign) -> dict[str, str]:
    """Return the variables that weights are calibrated to, as text."""
    if design.margins is None:
        return {}
    return {
        identifier(margin_column(name)): f"({variable.expression})::VARCHAR"
        for name, variable in design.margins.variables
    }


def _counting(responses: Responses, value: str) -> str:
    """Return an expression that is nought for ratings that do not count."""
    return f"CASE WHEN {responses.counted} THEN ({value})::DOUBLE ELSE 0 END"


def _in_base(domain: str, base: str) -> str:
    """Return the domain of ratings in the base.

    Others belong to their PSU alone: a domain would only multiply cells.
    """
    return f"CASE WHEN {base} <> 0 THEN {domain} END"


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
