"""Direct, design-based estimates of an estimand by any crossing of segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from advocacy.estimation.asked import Asked, ask
from advocacy.estimation.estimands import ALL_SCORES, find_estimand
from advocacy.estimation.estimates import Estimates
from advocacy.estimation.segments import find_segments
from advocacy.estimation.tabulation import (
    POSSIBLE,
    check_interval,
    in_order,
    statistics,
    tabulated,
    unnamed,
)
from advocacy.responses import Responses
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.grouped_pass import MOST_CELLS
from advocacy.survey.cells.rollup import margins
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine
from advocacy.survey.quantities import counts


def estimate(
    responses: Responses,
    *,
    estimand: str = "recommended_past_12m",
    intent: str = "score_10",
    by: Sequence[str] = (),
    where: str | None = None,
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
    where
        Condition on the ratings, such as ``sector = B2B and ease >= 4``: a domain of the design,
        whose strata and PSUs all stay; ``None`` for all ratings. See `where.read_where`.
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
        An unknown name, no condition, an intent share crossed with the score, or too many cells.
    MissingColumnError
        The responses lack a column that the estimand or a segment needs.
    DataError
        Values that the schema does not allow, or no rating in any base.
    DesignError
        The design allows no variance.

    Notes
    -----
    R equivalent: ``survey::svyby(~y, ~by, subset(design, score == 10 & !is.na(y)), svymean)``;
    ``where`` is a further condition of that ``subset``.
    """
    method = _interval(estimand, interval, conf_level)
    asked = ask(
        responses, estimand, intent=intent, by=by, where=where, design=design, engine=engine
    )
    return _tabulate(asked, asked.cells(asked.domains, most_cells=most_cells), method, conf_level)


def estimate_margins(
    responses: Responses,
    *,
    estimand: str = "recommended_past_12m",
    intent: str = "score_10",
    by: Sequence[str] = (),
    where: str | None = None,
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
    responses, estimand, intent, by, where, design, interval, conf_level, engine, most_cells
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
    method = _interval(estimand, interval, conf_level)
    asked = ask(
        responses, estimand, intent=intent, by=by, where=where, design=design, engine=engine
    )
    return {
        names: _tabulate(_of_margin(asked, names), cells, method, conf_level)
        for names, cells in margins(asked.cells(asked.domains, most_cells=most_cells), asked.names)
    }


def levels_without_base(
    responses: Responses, found: Estimates, names: Sequence[str]
) -> dict[tuple[str, str], list[str]]:
    """Return, by estimand and segment, the levels in the responses that no row is of.

    Parameters
    ----------
    responses, found
        Where the levels are, and the rows, of one estimand or of several.
    names
        Segments to look at; of those that no row is of, as those that a model leaves out of its
        table, nothing is said.
    """
    keys = dict.fromkeys(found.table.column("estimand").to_pylist())
    shown = {
        (key, segment.name): (segment, _levels_shown(found, key, segment.name))
        for key in keys
        for segment in find_segments(names)
    }
    shown = {key: (segment, levels) for key, (segment, levels) in shown.items() if levels}
    asked = {segment.name: segment.expression for segment, _ in shown.values()}
    if not asked:
        return {}
    lists = (f"list(DISTINCT ({expression})::VARCHAR)" for expression in asked.values())
    fetched = responses.fetch(f"SELECT {', '.join(lists)} FROM {responses.relation}")
    levels = {
        name: {one for one in own if one is not None}
        for name, own in zip(asked, fetched, strict=True)
    }
    absent = {key: sorted(levels[key[1]] - own) for key, (_, own) in shown.items()}
    return {key: own for key, own in absent.items() if own}


def _levels_shown(found: Estimates, estimand: str, name: str) -> set[str]:
    """Return the levels of a segment that rows are of, or that terms of a model hold apart."""
    table = found.table.filter(pc.equal(found.table.column("estimand"), estimand))
    if name in found.by:
        return set(map(str, table.column(name).unique().to_pylist()))
    if not {"term", "level"} <= set(found.by):
        return set()
    own = table.filter(pc.equal(table.column("term"), name))
    both = (own.column(side).to_pylist() for side in ("level", "reference"))
    return {level for side in both for level in side if level is not None}


def _interval(estimand: str, interval: str | None, conf_level: float) -> str:
    return check_interval(interval, conf_level, proportion=find_estimand(estimand).proportion)


def _of_margin(asked: Asked, names: Sequence[str]) -> Asked:
    """Return what is asked of a margin: one that lost the score is of the set of all scores."""
    kept = tuple(segment for segment in asked.segments if segment.name in names)
    margin = replace(asked, segments=kept)
    return replace(margin, intent=ALL_SCORES) if asked.by_score and not margin.by_score else margin


def _tabulate(asked: Asked, cells: Cells, interval: str, conf_level: float) -> Estimates:
    """Return the table of estimates, without domains that have no rating or no name."""
    groups = asked.groups(cells)
    behind = counts(cells, groups)
    lacking = unnamed(groups.keys, asked.names, groups.size)
    rows = in_order(groups.keys, np.flatnonzero(~lacking & (behind.n > 0)), asked.segments)
    found = asked.quantities(cells, groups).take(rows)
    columns = statistics(
        found,
        behind.take(rows),
        interval=interval,
        conf_level=conf_level,
        proportion=asked.estimand.proportion,
        possible=None if asked.estimand.proportion else POSSIBLE[asked.estimand.unit],
        population=asked.population(cells, groups, rows),
    )
    keys = {
        name: groups.keys.column(name).take(pa.array(rows)) for name in groups.keys.column_names
    }
    return Estimates(
        table=tabulated(keys, asked.labels() | columns, len(rows)),
        kind="rates",
        unplaced=int(behind.n[lacking].sum()),
        quantities=found,
    )
