"""Which suppliers have the ratings of a count, also where no table shows it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa

from advocacy.estimation.disclosure.relations import Cell, Conditions, Count, Group
from advocacy.estimation.segments import find_segments
from advocacy.responses import Responses
from advocacy.sql import identifier
from advocacy.survey.cells.statement import domain_column
from advocacy.survey.engines import engine_for

# Ratings of each supplier that has any; and the same by score.
Held = Mapping[str, int]
_HeldByScore = Mapping[str, Mapping[int | None, int]]

_SCORE, _SUPPLIER = "rated:score", "rated:supplier"


def suppliers_and_largest(held: Held) -> tuple[float, float]:
    """Return the number of suppliers and the largest one's share; NaN where there is no rating."""
    if not held:
        return np.nan, np.nan
    return len(held), max(held.values()) / sum(held.values())


def holdings(responses: Responses, counts: Iterable[Count]) -> dict[Count, Held]:
    """Return who has the ratings of each count, without weights.

    Parameters
    ----------
    responses
        Those from which the tables were estimated.
    counts
        Counts of ratings; those that hold none are left out.
    """
    alike: defaultdict[Conditions, defaultdict[Group, list[Count]]]
    alike = defaultdict(lambda: defaultdict(list))
    for count in counts:
        alike[count.conditions][count.group].append(count)
    found = {}
    for conditions, groups in alike.items():
        ratings = _ratings(responses, conditions, frozenset().union(*groups))
        for group, own in groups.items():
            cells = _cells(ratings, group)
            for count in own:
                numbers = {
                    supplier: sum(n for score, n in by_score.items() if score in count.scores)
                    for supplier, by_score in cells.get(count.cell, {}).items()
                }
                found[count] = {supplier: n for supplier, n in numbers.items() if n}
    return {count: held for count, held in found.items() if held}


def _ratings(responses: Responses, conditions: Conditions, names: Group) -> pa.Table:
    """Return the number of ratings that meet conditions, by segments, score and supplier."""
    score, supplier, programme = (
        name if name in responses.columns else "NULL" for name in ("score", "supplier", "programme")
    )
    columns = {
        domain_column(segment.name): segment.expression for segment in find_segments(sorted(names))
    }
    columns |= {_SCORE: score, _SUPPLIER: f"coalesce({supplier}, {programme}, '')"}
    named = ", ".join(f"{value} AS {identifier(name)}" for name, value in columns.items())
    met = " AND ".join(f"({text})" for text in sorted({responses.counted, *conditions}))
    keys = ", ".join(map(identifier, columns))
    return responses.run(
        f"SELECT {keys}, count(*) AS n "
        f"FROM (SELECT {named} FROM {responses.relation} WHERE {met}) AS ratings GROUP BY {keys}",
        engine_for(responses, None),
    )


def _cells(ratings: pa.Table, group: Group) -> Mapping[Cell, _HeldByScore]:
    """Return the ratings of each supplier and score by the cells of some segments."""
    names = sorted(group)
    keys = [*map(domain_column, names), _SUPPLIER, _SCORE]
    found = ratings.group_by(keys).aggregate([("n", "sum")]).select([*keys, "n_sum"])
    cells: defaultdict[Cell, defaultdict[str, dict[int | None, int]]]
    cells = defaultdict(lambda: defaultdict(dict))
    for *levels, supplier, score, n in zip(*(c.to_pylist() for c in found.columns), strict=True):
        cells[frozenset(zip(names, levels, strict=True))][supplier][score] = n
    return cells
