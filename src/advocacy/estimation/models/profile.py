"""What the ratings in a base have of covariates, and what no model can be had of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from advocacy.errors import DataError, UsageError
from advocacy.estimation.asked import Asked
from advocacy.estimation.models.terms import Term, Terms
from advocacy.responses import Responses
from advocacy.responses.schema import COLUMNS
from advocacy.sql import identifier

# Ratings are summed by covariate pattern and PSU where that leaves at least this many to a
# possible cell; with fewer, sums would be as many as the ratings.
RATINGS_A_CELL = 10
MOST_TERMS = 500


@dataclass(frozen=True)
class Profile:
    """What the ratings in the base have of the covariates.

    Parameters
    ----------
    base, complete
        Ratings in the base, and those of them that lack no covariate.
    present
        Those that have each covariate.
    values
        Levels of each among the complete, or distinct numbers among the base.
    levels
        Levels of each, the reference first; empty for a number.
    units
        PSUs, or strata where every rating is its own PSU, of those that are named.
    """

    base: int
    complete: int
    present: tuple[int, ...]
    values: tuple[int, ...]
    levels: tuple[tuple[str, ...], ...]
    units: int

    @property
    def compresses(self) -> bool:
        """Whether sums by pattern and PSU are far fewer than the ratings."""
        possible = float(np.prod([float(number) for number in self.values])) * self.units
        return possible * RATINGS_A_CELL <= self.complete


def refuse_scales(responses: Responses, terms: Sequence[Term]) -> None:
    """Refuse a number that is on other scales in other sources: a step is not the same on each."""
    for term in terms:
        if term.segment or term.name not in COLUMNS or not COLUMNS[term.name].metric:
            continue
        scales = sorted(responses.scales(term.name).items())
        if len(scales) > 1:
            listed = ", ".join(f"{low:g}-{high:g} in {n}" for (low, high), n in scales)
            raise DataError(
                f"{term.name} is on different scales in different sources ({listed}).",
                where=responses.name,
                remedy=f"Leave {term.name} out, or fit the sources of each scale apart.",
            )


def profiled(asked: Asked, terms: Sequence[Term]) -> Profile:
    """Return what the base has of the covariates, in one scan."""
    responses, design = asked.responses, asked.design
    columns = [identifier(f"term:{term.name}") for term in terms]
    units = ", ".join(identifier(name) for name in (*design.strata, *design.clusters))
    inner = [f"{term.expression} AS {name}" for term, name in zip(terms, columns, strict=True)]
    inner.append(f"concat_ws('|', {units}) AS unit" if units else "'' AS unit")
    found = [
        f"list(DISTINCT {column}) FILTER (complete)"
        if term.segment
        else f"count(DISTINCT {column})"
        for term, column in zip(terms, columns, strict=True)
    ]
    sums = [
        "count(*)",
        "count(*) FILTER (complete)",
        "count(DISTINCT unit)",
        *(f"count({column})" for column in columns),
        *found,
    ]
    present = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    base, whole, number, *rest = responses.fetch(
        f"SELECT {', '.join(sums)} FROM (SELECT *, {present} AS complete FROM "
        f"(SELECT {', '.join(inner)} FROM {responses.relation} "
        f"WHERE {responses.counted} AND ({asked.ratio.base}) <> 0) AS base) AS ratings"
    )
    size = len(terms)
    levels = [_ordered(t, value) for t, value in zip(terms, rest[size:], strict=True)]
    numbers = zip(rest[size:], levels, strict=True)
    return Profile(
        base=base,
        complete=whole,
        present=tuple(rest[:size]),
        values=tuple(len(names) if names else value for value, names in numbers),
        levels=tuple(levels),
        # Margins and replicates alone keep each rating apart.
        units=whole if design.keeps_units and not design.clusters else number,
    )


def _ordered(term: Term, levels: Any) -> tuple[str, ...]:
    """Return levels in the order of their segment, else of their names; none of a number."""
    if term.segment is None or levels is None:
        return ()
    known = term.segment.levels
    return tuple(sorted(levels, key=lambda level: (known.index(level) if known else 0, level)))


def refuse_without_model(responses: Responses, known: Terms, profile: Profile) -> None:
    """Refuse a base from which no model can be had, before any rating is fetched."""
    terms = known.alone
    if profile.complete == 0:
        fewest = int(np.argmin(profile.present))
        raise DataError(
            f"None of the {profile.base} ratings in the base has all covariates; "
            f"{terms[fewest].name} is there for {profile.present[fewest]}.",
            where=responses.name,
            remedy=f"Leave {terms[fewest].name} out.",
        )
    for term, levels in zip(terms, profile.levels, strict=True):
        if len(levels) == 1:
            raise DataError(
                f"All ratings in the base that have all covariates are of one {term.name}, "
                f"{levels[0]}.",
                where=responses.name,
                remedy=f"Leave {term.name} out.",
            )
    for term, number in zip(terms, profile.values, strict=True):
        if term.segment is None and not term.missing_of and number == 1:
            raise DataError(
                f"{term.name} has one value only in the base.",
                where=responses.name,
                remedy=f"Leave {term.name} out: name the others with --on.",
            )
    sizes = [max(len(levels) - 1, 1) for levels in profile.levels]
    every = sum(sizes) + sum(sizes[a] * sizes[b] for a, b in known.products)
    if every >= MOST_TERMS:
        most = int(np.argmax(sizes))
        raise UsageError(
            f"The model would have {every + 1} terms, {sizes[most]} of them of "
            f"{terms[most].name}; at most {MOST_TERMS} are fitted.",
            remedy=f"Leave {terms[most].name} out.",
        )
