"""What the imported responses have: the numbers on which the choices of a protocol rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from advocacy.estimation.estimands import ESTIMANDS, find_intent
from advocacy.estimation.segments import SEGMENTS
from advocacy.responses import Responses
from advocacy.sql import connect

_ANSWERED = "score IS NOT NULL AND recommended_past_12m IS NOT NULL"


@dataclass(frozen=True)
class Level:
    """Ratings and suppliers of a segment's level."""

    ratings: int
    suppliers: int


@dataclass(frozen=True)
class Holdings:
    """What the responses of a study have.

    Parameters
    ----------
    programmes, suppliers
        Those with ratings that count.
    ratings
        Ratings that count.
    answered
        Those with a score and an answer on recommending.
    base
        Those of them in the intent set: the headline's base.
    levels
        For each segment, its levels in the headline's base; for the score and its bands, in all
        that are answered.
    weighted
        Programmes whose ratings have unequal weights.
    design
        Columns of the sample design that have values.
    strata
        Strata that the columns give, within programmes.
    repeated, respondents
        Respondents with several ratings that count, and all; 0 where none are told apart.
    estimands
        Those whose columns are there.
    """

    programmes: int
    suppliers: int
    ratings: int
    answered: int
    base: int
    levels: Mapping[str, Mapping[str, Level]]
    weighted: int
    design: tuple[str, ...]
    strata: int
    repeated: int
    respondents: int
    estimands: tuple[str, ...]


def holdings(responses: Responses, intent: str) -> Holdings:
    """Count what the responses of a dataset have, for an intent set by name."""
    counted = f"FROM {responses.relation} WHERE {responses.counted}"
    inside = f"{_ANSWERED} AND {find_intent(intent).condition()}"
    totals = responses.fetch(
        "SELECT count(DISTINCT programme), count(DISTINCT supplier), count(*), "
        f"count(*) FILTER ({_ANSWERED}), count(*) FILTER ({inside}) {counted}"
    )
    programmes, suppliers, ratings, answered, base = totals
    design = tuple(
        name
        for name in ("weight", "stratum", "psu", "fpc", "ssu", "fpc_ssu")
        if responses.has(name)
    )
    weighted = strata = repeated = respondents = 0
    if "weight" in design:
        (weighted,) = responses.fetch(
            f"SELECT count(*) FROM (SELECT programme {counted} "
            "GROUP BY programme HAVING min(weight) < max(weight))"
        )
    if "stratum" in design:
        (strata,) = responses.fetch(f"SELECT count(DISTINCT (programme, stratum)) {counted}")
    if responses.has("respondent_id"):
        times = f"SELECT count(*) AS times {counted} AND respondent_id IS NOT NULL "
        times += "GROUP BY programme, respondent_id"
        repeated, respondents = responses.fetch(
            f"SELECT count(*) FILTER (times > 1), count(*) FROM ({times})"
        )
    return Holdings(
        programmes=programmes,
        suppliers=suppliers,
        ratings=ratings,
        answered=answered,
        base=base,
        levels=_levels(responses, counted, inside),
        weighted=weighted,
        design=design,
        strata=strata,
        repeated=repeated,
        respondents=respondents,
        estimands=tuple(
            name for name, own in ESTIMANDS.items() if all(map(responses.has, own.needs))
        ),
    )


def _levels(responses: Responses, counted: str, inside: str) -> dict[str, dict[str, Level]]:
    connection, found = connect(responses.tables), {}
    for name, segment in SEGMENTS.items():
        if not all(map(responses.has, segment.needs)):
            continue
        base = _ANSWERED if segment.replaces_intent else inside
        rows = connection.execute(
            f"SELECT ({segment.expression})::VARCHAR AS level, count(*), count(DISTINCT supplier) "
            f"{counted} AND {base} GROUP BY level HAVING level IS NOT NULL ORDER BY level"
        ).fetchall()
        found[name] = {level: Level(ratings, suppliers) for level, ratings, suppliers in rows}
    return found
