"""Direct, design-based estimates of an estimand by any crossing of segments."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from advocacy.errors import DataError, UsageError
from advocacy.estimation.estimands import Estimand, Intent, find_estimand, find_intent
from advocacy.estimation.estimates import COLUMNS, Basis, Estimates
from advocacy.estimation.segments import Segment, find_segments
from advocacy.responses import Responses
from advocacy.survey.cells import Cells, Floats, Integers, grouped_pass
from advocacy.survey.design import SurveyDesign, survey_design
from advocacy.survey.diagnostics import STANDARD_LEVEL, reliability
from advocacy.survey.engines import DuckDB, Engine
from advocacy.survey.intervals import INTERVALS, effective_n, korn_graubard
from advocacy.survey.linearization import Ratios, ratios


def estimate(
    responses: Responses,
    *,
    estimand: str = "recommended_past_12m",
    intent: str = "score_10",
    by: Sequence[str] = (),
    design: SurveyDesign | None = None,
    interval: str = "korn_graubard",
    conf_level: float = 0.95,
    engine: Engine | None = None,
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
        Name in `INTERVALS`.
    conf_level
        Confidence level, a proportion in (0, 1).
    engine
        Where the pass runs; by default DuckDB in this process.

    Returns
    -------
    Estimates
        A row for each domain with a rating in its base, in the order of the segments.

    Raises
    ------
    UsageError
        An unknown name, or an intent share crossed with the score.
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
    chosen, segments = find_estimand(estimand), find_segments(tuple(by))
    method = _find_interval(interval, conf_level)
    by_score = any(segment.replaces_intent for segment in segments)
    if by_score and not chosen.conditional:
        raise UsageError(
            f"{estimand} is a share of all scores and cannot be crossed with the score.",
            remedy="Leave the score out of --by.",
        )
    intent_set = find_intent(intent)
    _check_columns(responses, chosen, segments)
    design = design or survey_design(responses)
    cells = grouped_pass(
        responses,
        design,
        chosen.ratio(_intent(intent_set, by_score), _counted(responses)),
        [segment.domain for segment in segments],
        engine or DuckDB(),
    )
    _refuse_empty(responses, chosen, cells)
    found = ratios(cells, design)
    labels = {
        "estimand": chosen.name,
        "rung": chosen.rung,
        "intent": None if by_score else intent_set.name,
        "target": design.target,
        "quantity": chosen.quantity,
        "reference": None,
        "method": "linearization",
        "interval": method,
        "conf_level": conf_level,
        "p_value": None,
        "source_kind": responses.source_kind,
    }
    return _tabulate(cells, found, design, labels, segments)


def _intent(intent: Intent, by_score: bool) -> str:
    return "(score IS NOT NULL)" if by_score else intent.condition()


def _counted(responses: Responses) -> str:
    """Return the condition that a rating counts: excluded ones are in the design alone."""
    return "excluded IS NULL" if "excluded" in responses.columns else "TRUE"


def _find_interval(name: str, conf_level: float) -> str:
    if name not in INTERVALS:
        raise UsageError(f"{name!r} is no interval.", remedy=f"Use one of: {', '.join(INTERVALS)}.")
    if not 0 < conf_level < 1:
        raise UsageError(
            f"The confidence level {conf_level:g} is not between 0 and 1.", remedy="Use 0.95."
        )
    return name


def _check_columns(responses: Responses, estimand: Estimand, segments: list[Segment]) -> None:
    responses.require(estimand.needs, f"The estimand {estimand.name}")
    for segment in segments:
        responses.require(segment.needs, f"The segment {segment.name}")
    needed = {*estimand.needs, *(name for segment in segments for name in segment.needs)}
    responses.check(sorted(needed))


def _refuse_empty(responses: Responses, estimand: Estimand, cells: Cells) -> None:
    if cells.n.sum() == 0:
        raise DataError(
            f"No rating is in the base of {estimand.name} ({estimand.asks.format(intent='so')}).",
            where=responses.name,
            remedy=f"Do any ratings have values of {' and '.join(estimand.needs)} together?",
        )


def _tabulate(
    cells: Cells,
    found: Ratios,
    design: SurveyDesign,
    labels: dict[str, str | float | None],
    segments: list[Segment],
) -> Estimates:
    """Return the table of estimates, without domains that have no rating or no name."""
    unnamed = np.zeros(cells.n_domains, dtype=bool)
    for segment in segments:
        unnamed |= cells.domains.column(segment.name).is_null().to_numpy()
    rows = _in_order(cells.domains, np.flatnonzero(~unnamed & (found.n > 0)), segments)
    columns = _statistics(found, labels, rows)
    constants = {
        name: pa.array([value] * len(rows), COLUMNS.field(name).type)
        for name, value in labels.items()
    }
    keys = {
        name: cells.domains.column(name).take(pa.array(rows)) for name in cells.domains.column_names
    }
    ordered = {name: (constants | columns)[name] for name in COLUMNS.names}
    return Estimates(
        table=pa.table(keys | ordered),
        unplaced=int(found.n[unnamed].sum()),
        basis=Basis(cells, design, tuple(int(row) for row in rows)),
    )


def _in_order(domains: pa.Table, rows: Integers, segments: list[Segment]) -> Integers:
    """Return the rows in the order of the segments' levels, else of their values."""
    keys = [
        [
            _rank(segment, value)
            for value in domains.column(segment.name).take(pa.array(rows)).to_pylist()
        ]
        for segment in segments
    ]
    order = sorted(range(len(rows)), key=lambda row: [key[row] for key in keys])
    return rows[order]


def _levels(domains: pa.Table, segment: Segment, rows: Integers) -> pa.ChunkedArray:
    return domains.column(segment.name).take(pa.array(rows))


def _rank(segment: Segment, value: str | int) -> str | int:
    return segment.levels.index(str(value)) if segment.levels else value


def _statistics(
    found: Ratios, labels: dict[str, str | float | None], rows: Integers
) -> dict[str, pa.Array]:
    """Return the numerical columns for the chosen domains; undefined values are null."""
    p, variance = found.estimate[rows], found.variance[rows]
    n, df = found.n[rows].astype(float), found.df[rows].astype(float)
    level = float(labels["conf_level"] or 0)
    low, high = INTERVALS[str(labels["interval"])](p, variance, n, df, level)
    reference = korn_graubard(p, variance, n, df, STANDARD_LEVEL)
    n_eff = effective_n(p, variance, n)
    flags = reliability(p, n, n_eff, df, *reference)
    return {
        "estimate": _nullable(p),
        "std_error": _nullable(np.sqrt(variance)),
        "conf_low": _nullable(low),
        "conf_high": _nullable(high),
        "df": pa.array(df),
        "n": pa.array(found.n[rows]),
        "n_eff": _nullable(n_eff),
        "n_programmes": pa.array(found.programmes[rows]),
        "n_suppliers": pa.array(found.suppliers[rows]),
        "deff": _nullable(n / n_eff),
        "reliability": pa.array(flags.tolist(), pa.string()),
    }


def _nullable(values: Floats) -> pa.Array:
    return pa.array(values, pa.float64(), mask=np.isnan(values))
