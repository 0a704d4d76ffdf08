"""What the responses are crossed by, as data. A new segment is one entry here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from advocacy.errors import UsageError
from advocacy.responses import Responses
from advocacy.responses.schema import is_own_segment
from advocacy.survey.cells.statement import Domain


@dataclass(frozen=True)
class Segment:
    """A partition of the ratings.

    Parameters
    ----------
    name
        Its name in commands and its column in tables.
    expression
        SQL over the canonical columns; NULL where a rating is in no part.
    needs
        Canonical columns without which it is refused.
    levels
        Its values in the order in which tables show them; empty for their own order.
    replaces_intent
        It splits by the score, so that there is no intent set beside it.
    """

    name: str
    expression: str
    needs: tuple[str, ...]
    levels: tuple[str, ...] = ()
    replaces_intent: bool = False

    @property
    def domain(self) -> Domain:
        """The segment as the grouped pass wants it."""
        return Domain(self.name, self.expression)


def _column(name: str) -> Segment:
    return Segment(name, name, (name,))


SEGMENTS = {
    segment.name: segment
    for segment in (
        Segment("score", "score", ("score",), replaces_intent=True),
        Segment(
            "score_band",
            "CASE WHEN score <= 6 THEN '0-6' WHEN score <= 8 THEN '7-8' "
            "WHEN score = 9 THEN '9' WHEN score = 10 THEN '10' END",
            ("score",),
            levels=("0-6", "7-8", "9", "10"),
            replaces_intent=True,
        ),
        _column("sector"),
        # The section of a finer code, so that suppliers coded at different depth compare. DuckDB
        # takes three times as long over `left`.
        Segment("industry", "substring(industry, 1, 1)", ("industry",)),
        _column("country"),
        _column("wave"),
        Segment("year", "year(interviewed_on)::VARCHAR", ("interviewed_on",)),
        _column("customer_status"),
        _column("channel"),
        _column("journey_stage"),
        _column("touchpoint"),
        _column("programme"),
        _column("supplier"),
    )
}


def is_segment(name: str) -> bool:
    """Tell whether responses can be crossed by a name: one of `SEGMENTS`, or one of their own."""
    return name in SEGMENTS or is_own_segment(name)


def find_segments(names: Sequence[str]) -> list[Segment]:
    """Return the segments with these names, in their order; one name alone may be a text.

    Raises
    ------
    UsageError
        A name is unknown or repeated.
    """
    names = (names,) if isinstance(names, str) else tuple(names)
    for name in names:
        if not is_segment(name):
            raise UsageError(
                f"{name!r} is no segment.",
                remedy=f"Use some of: {', '.join(SEGMENTS)}; or one of your own, which the "
                "crosswalk keeps under a name such as segment_region.",
            )
        if names.count(name) > 1:
            raise UsageError(f"The segment {name!r} is named twice.", remedy="Name it once.")
    return [SEGMENTS.get(name) or _column(name) for name in names]


def count_levels(responses: Responses) -> dict[str, int]:
    """Return how many levels the ratings that count have of each segment; 0 without its column."""
    there = [s for s in SEGMENTS.values() if all(map(responses.has, s.needs))]
    counts = ", ".join(
        f"count(DISTINCT {segment.expression}) FILTER (WHERE {responses.counted})"
        for segment in there
    )
    found = responses.fetch(f"SELECT {counts} FROM {responses.relation}") if there else ()
    return dict.fromkeys(SEGMENTS, 0) | dict(zip((s.name for s in there), found, strict=True))
