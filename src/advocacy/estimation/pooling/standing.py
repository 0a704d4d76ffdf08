"""One survey beside a study: what programmes like it should expect, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from advocacy.errors import DataError, MissingColumnError, UsageError
from advocacy.estimation.estimates import Estimates
from advocacy.estimation.pooling.beside import beside, require_peers
from advocacy.estimation.pooling.effective_counts import PROGRAMME, effective_counts
from advocacy.estimation.pooling.predictions import expectation
from advocacy.estimation.pooling.reference import Reference
from advocacy.estimation.segments import SEGMENTS
from advocacy.responses import Responses


@dataclass(frozen=True)
class Standing:
    """A survey beside a study.

    Parameters
    ----------
    reference
        The study.
    where
        Level of each segment of the study of which the survey has one level alone.
    expected
        What `expectation` gives of programmes with these levels.
    peers
        What `beside` gives of the survey's programmes; ``None`` where it is not known which
        programmes of the study are like them.
    lacking
        Segments of the study that the survey does not have.
    """

    reference: Reference
    where: Mapping[str, str]
    expected: Estimates
    peers: Estimates | None
    lacking: tuple[str, ...]

    @property
    def simulated(self) -> bool:
        """Whether the study is of simulated responses, so that no comparison is a finding."""
        return bool(self.reference.posterior.labels["source_kind"] == "simulated")


def standing(responses: Responses, reference: Reference, *, conf_level: float = 0.90) -> Standing:
    """Hold the rate of a survey at score 10 beside a study.

    Parameters
    ----------
    responses
        With score and behaviour.
    reference
        What `open_reference` gave.
    conf_level
        Probability of the intervals, a proportion in (0, 1).

    Raises
    ------
    DataError
        The study's fit misses its diagnostics.
    """
    posterior = reference.posterior
    where = {
        name: levels[0]
        for name in posterior.segments
        if len(levels := _levels(responses, name)) == 1
        and (name != "sector" or levels[0] in posterior.levels(name))
    }
    expected = expectation(posterior, where=where, conf_level=conf_level)
    lacking = tuple(name for name in posterior.segments if not responses.has(name))
    peers = _peers(responses, reference, conf_level)
    return Standing(reference, where, expected, peers, lacking)


def _levels(responses: Responses, name: str) -> list[str]:
    """Return the levels that the ratings which count have of a segment, two at most."""
    if not responses.has(name):
        return []
    levels = f"(SELECT DISTINCT {SEGMENTS[name].expression} AS level FROM {responses.relation} "
    levels += f"WHERE {responses.counted} LIMIT 3)"
    found = responses.fetch(f"SELECT list(level::VARCHAR) FROM {levels} WHERE level IS NOT NULL")
    return list(found[0] or [])


def _peers(responses: Responses, reference: Reference, conf_level: float) -> Estimates | None:
    posterior = reference.posterior
    given = [name for name in (PROGRAMME, *posterior.segments) if responses.has(name)]
    try:
        require_peers(posterior, given, responses.name)
        return beside(posterior, effective_counts(responses), conf_level=conf_level)
    except (MissingColumnError, DataError, UsageError):
        return None
