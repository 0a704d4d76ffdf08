"""Which suppliers have the ratings of a count, also where no table shows it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import nan
from typing import NamedTuple

from advocacy.estimation.disclosure.relations import Cell, Conditions, Count, Group
from advocacy.estimation.segments import find_segments
from advocacy.responses import Responses
from advocacy.sql import identifier
from advocacy.survey.cells.statement import domain_column
from advocacy.survey.engines import engine_for

# Ratings of each supplier by score, of the ratings in a cell.
_BySupplier = Mapping[str, Mapping[int | None, int]]


class Holding(NamedTuple):
    """Number of suppliers of a count's ratings and the largest one's share; NaN if not known."""

    suppliers: float = nan
    largest: float = nan


def holdings(responses: Responses, counts: Iterable[Count]) -> dict[Count, Holding]:
    """Return who has the ratings of each count.

    Parameters
    ----------
    responses
        Those from which the tables were estimated.
    counts
        Counts of ratings; those that hold none are left out.
    """
    alike: defaultdict[tuple[Conditions, Group], list[Count]] = defaultdict(list)
    for count in counts:
        alike[count.conditions, count.group].append(count)
    found = {}
    for (conditions, group), own in alike.items():
        cells = _cells(responses, conditions, group)
        for count in own:
            numbers = [
                sum(n for score, n in by_score.items() if score in count.scores)
                for by_score in cells.get(count.cell, {}).values()
            ]
            if any(numbers):
                held = [n for n in numbers if n]
                found[count] = Holding(len(held), max(held) / sum(held))
    return found


def _cells(
    responses: Responses, conditions: Conditions, group: Group
) -> Mapping[Cell, _BySupplier]:
    """Return the ratings that meet conditions by the cells of some segments."""
    segments = find_segments(sorted(group))
    keys = {segment.domain.name: segment.expression for segment in segments}
    score, supplier, programme = (
        name if name in responses.columns else "NULL" for name in ("score", "supplier", "programme")
    )
    columns = {domain_column(name): expression for name, expression in keys.items()}
    columns |= {"rated:score": score, "rated:supplier": f"coalesce({supplier}, {programme}, '')"}
    named = ", ".join(f"{value} AS {identifier(name)}" for name, value in columns.items())
    met = " AND ".join(f"({text})" for text in sorted({responses.counted, *conditions}))
    found = engine_for(responses, None).run(
        f"SELECT {', '.join(map(identifier, columns))}, count(*) AS n "
        f"FROM (SELECT {named} FROM {responses.relation} WHERE {met}) AS ratings "
        f"GROUP BY {', '.join(map(identifier, columns))}",
        responses.tables,
    )
    cells: defaultdict[Cell, defaultdict[str, dict[int | None, int]]]
    cells = defaultdict(lambda: defaultdict(dict))
    for *levels, by_score, holder, n in zip(*(c.to_pylist() for c in found.columns), strict=True):
        cells[frozenset(zip(keys, levels, strict=True))][holder][by_score] = n
    return cells
