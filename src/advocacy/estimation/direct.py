"""Direct, design-based estimates of an estimand by any crossing of segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from advocacy.errors import DataError, UsageError
from advocacy.estimation.estimands import (
    ALL_SCORES,
    Estimand,
    Intent,
    find_estimand,
    find_intent,
)
from advocacy.estimation.estimates import Estimates
from advocacy.estimation.segments import Segment, find_segments
from advocacy.estimation.tabulation import (
    check_interval,
    in_order,
    statistics,
    tabulated,
    unnamed,
)
from advocacy.responses import Responses
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.grouped_pass import MOST_CELLS, grouped_pass
from advocacy.survey.cells.rollup import margins
from advocacy.survey.design import SurveyDesign, survey_design
from advocacy.survey.engines import Engine, engine_for
from advocacy.survey.quantities import counts, ratios


def estimate(
    responses: Responses,
    *,
    estimand: str = "recommended_past_12m",
    intent: str = "score_10",
    by: Sequence[str] = (),
    design: SurveyDesign | None = None,
    interval: str | None = None,
    conf_level: float = 0.95,
    engine: Engine | None = None,
    most_cells: int = MOST_CELLS,
) -> Estimates:
    """Estimate an estimand for each crossing of segments, with standard errors and intervals.

    Parameters
    ----------
    responses
        What `open_responses` gave.
    estimand
        Name in `ESTIMANDS`.
    intent
        Name in `INTENTS`, or scores such as ``8,9,10``. Not used where ``by`` has the score.
    by
        Names in `SEGMENTS`; empty for all ratings in one row.
    design
        What `survey_design` gave; by default its choice for these responses.
    interval
        Name in `INTERVALS`; by default Korn-Graubard for proportions and Wald for the others,
        which have no other.
    conf_level
        Confidence level, a proportion in (0, 1).
    engine
        Where the pass runs; by default DuckDB in this process.
    most_cells
        Cells, a PSU in a domain each, above which the crossing is refused.

    Returns
    -------
    Estimates
        A row for each domain with a rating in its base, in the order of the segments.

    Raises
    ------
    UsageError
        An unknown name, an intent share crossed with the score, or too many cells.
    MissingColumnError
        The responses lack a column that the estimand or a segment needs.
    DataError
        Values that the schema does not allow, or no rating in any base.
    DesignError
        The design allows no variance.

    Notes
    -----
    R equivalent: ``survey::svyby(~y, ~by, subset(design, score == 10 & !is.na(y)), svymean)``.
    """
    asked = _asked(responses, estimand, intent, by, design, interval, conf_level)
    return _tabulate(_pass(responses, asked, engine, most_cells), asked, asked.segments)


def estimate_margins(
    responses: Responses,
    *,
    estimand: str = "recommended_past_12m",
    intent: str = "score_10",
    by: Sequence[str] = (),
    design: SurveyDesign | None = None,
    interval: str | None = None,
    conf_level: float = 0.95,
    engine: Engine | None = None,
    most_cells: int = MOST_CELLS,
) -> dict[tuple[str, ...], Estimates]:
    """Estimate an estimand by every subset of segments, all from one pass over the responses.

    The numbers are those of `estimate` for each subset alone. Where ``by`` has the score, margins
    without it are of all scores, as with ``intent="0,1,2,3,4,5,6,7,8,9,10"``.

    Parameters
    ----------
    responses, estimand, intent, by, design, interval, conf_level, engine, most_cells
        As for `estimate`.

    Returns
    -------
    dict[tuple[str, ...], Estimates]
        By the names of the segments, in the order of ``by``: the whole crossing first, then ever
        fewer segments, and last ``()`` for all ratings in one row.

    Raises
    ------
    UsageError, MissingColumnError, DataError, DesignError
        As `estimate` does.

    Notes
    -----
    R equivalent: ``survey::svyby`` once for each subset.
    """
    asked = _asked(responses, estimand, intent, by, design, interval, conf_level)
    found = {}
    for names, cells in margins(_pass(responses, asked, engine, most_cells)):
        segments = [segment for segment in asked.segments if segment.name in names]
        found[names] = _tabulate(cells, asked, segments)
    return found


@dataclass(frozen=True)
class _Asked:
    """What is estimated, for which segments, and how it is shown.

    Parameters
    ----------
    intent
        Scores in the base; ``None`` where it is any score.
    labels
        Columns that are the same in every row.
    """

    estimand: Estimand
    segments: list[Segment]
    intent: Intent | None
    design: SurveyDesign
    interval: str
    conf_level: float
    labels: dict[str, Any]

    def labels_by(self, segments: Sequence[Segment]) -> dict[str, Any]:
        """Return the labels of a margin: one without the score has the set of all scores."""
        crossed = any(segment.replaces_intent for segment in segments)
        return self.labels if crossed or self.intent else self.labels | {"intent": ALL_SCORES.name}


def _asked(
    responses: Responses,
    estimand: str,
    intent: str,
    by: Sequence[str],
    design: SurveyDesign | None,
    interval: str | None,
    conf_level: float,
) -> _Asked:
    """Look up what is asked for; refuse what cannot be."""
    chosen, segments = find_estimand(estimand), find_segments(by)
    method = check_interval(interval, conf_level, proportion=chosen.proportion)
    by_score = any(segment.replaces_intent for segment in segments)
    refuse_split_base(chosen, by_score)
    intent_set = find_intent(intent)
    check_columns(responses, chosen, segments)
    design = design or survey_design(responses)
    shown = None if by_score or not chosen.uses_intent else intent_set
    labels = labels_of(responses, chosen, shown, design)
    base = None if by_score else intent_set
    return _Asked(chosen, segments, base, design, method, conf_level, labels)


def _pass(responses: Responses, asked: _Asked, engine: Engine | None, most_cells: int) -> Cells:
    condition = asked.intent.condition() if asked.intent else "(score IS NOT NULL)"
    cells = grouped_pass(
        responses,
        asked.design,
        asked.estimand.ratio(condition),
        [segment.domain for segment in asked.segments],
        engine_for(responses, engine),
        most_cells,
    )
    refuse_empty(responses, asked.estimand, cells)
    return cells


def labels_of(
    responses: Responses, estimand: Estimand, intent: Intent | None, design: SurveyDesign
) -> dict[str, Any]:
    """Return the columns that say what the estimates are, the same in every row."""
    return {
        "estimand": estimand.name,
        "rung": estimand.rung,
        "intent": intent.name if intent else None,
        "target": design.target,
        "quantity": estimand.quantity,
        "method": design.method,
        "source_kind": responses.source_kind,
    }


def refuse_split_base(estimand: Estimand, by_score: bool) -> None:
    """Refuse to cross a share of all scores with the score."""
    if by_score and not estimand.conditional:
        raise UsageError(
            f"{estimand.name} is a share of all scores and cannot be crossed with the score.",
            remedy="Leave the score out of --by.",
        )


def check_columns(responses: Responses, estimand: Estimand, segments: Sequence[Segment]) -> None:
    """Refuse responses that lack what estimand and segments need, or hold wrong values."""
    responses.require(estimand.needs, f"The estimand {estimand.name}")
    for segment in segments:
        responses.require(segment.needs, f"The segment {segment.name}")
    needed = {*estimand.needs, *(name for segment in segments for name in segment.needs)}
    responses.check(sorted(needed))


def refuse_empty(responses: Responses, estimand: Estimand, cells: Cells) -> None:
    """Refuse cells of which none has a rating in the base."""
    if cells.n.sum() == 0:
        raise DataError(
            f"No rating is in the base of {estimand.name} ({estimand.asks.format(intent='so')}).",
            where=responses.name,
            remedy=f"Do any ratings have values of {' and '.join(estimand.needs)} together?",
        )


def _tabulate(cells: Cells, asked: _Asked, segments: Sequence[Segment]) -> Estimates:
    """Return the table of estimates, without domains that have no rating or no name."""
    behind = counts(cells)
    lacking = unnamed(cells.domains, [segment.name for segment in segments], cells.n_domains)
    rows = in_order(cells.domains, np.flatnonzero(~lacking & (behind.n > 0)), segments)
    found = ratios(cells, asked.design).take(rows)
    columns = statistics(
        found,
        behind.take(rows),
        interval=asked.interval,
        conf_level=asked.conf_level,
        proportion=asked.estimand.proportion,
    )
    keys = {
        name: cells.domains.column(name).take(pa.array(rows)) for name in cells.domains.column_names
    }
    return Estimates(
        table=tabulated(keys, asked.labels_by(segments) | columns, len(rows)),
        kind="rates",
        unplaced=int(behind.n[lacking].sum()),
        quantities=found,
    )
