r"""Counts by programme and cell, worth what a simple random sample of their size would be.

A count of n ratings with proportion :math:`\hat\rho` becomes

.. math:: n^* = n / d, \qquad y^* = n^* \hat\rho, \qquad d = d_w\, d_c,

where :math:`d_w = n \sum w^2 / (\sum w)^2` is Kish's design effect of the weights in the count
itself, and :math:`d_c` that of respondents and accounts who answer more than once, one number a
sector: what the design's variance of the programmes' totals is, over what it were if all their
ratings were independent. How programmes differ is no part of it: a model of programmes has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from advocacy.arrays import Floats, Integers
from advocacy.errors import UsageError
from advocacy.estimation.asked import ask
from advocacy.estimation.estimand import Estimand
from advocacy.estimation.estimands import find_estimand
from advocacy.estimation.segments import find_segments
from advocacy.estimation.tabulation import unnamed
from advocacy.responses import Responses
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.groups import rolled_up
from advocacy.survey.cells.numbering import summed
from advocacy.survey.design import Scaling, SurveyDesign, survey_design
from advocacy.survey.engines import Engine
from advocacy.survey.quantities import ratios

PROGRAMME, SCORE, SECTOR = "programme", "score_band", "sector"
# What the counts are crossed by beside programme and score, where the responses have it. A wave
# is a year here: what suppliers call their waves means nothing to one another.
CROSSED = (SECTOR, "industry", "country", "year")


@dataclass(frozen=True)
class EffectiveCounts:
    """Counts by programme, score band, and further segments; N of them.

    Parameters
    ----------
    keys
        A row a count, a column a segment; shape (N, segments). Without a null.
    y, n
        Effective number with the outcome, and of all; ratings, shape (N,).
    ratings, hits
        Ratings as they were counted, and those of them with the outcome; shape (N,).
    unplaced
        Ratings in the base that lack a segment and are in no count.
    source_kind
        Kind of evidence.
    """

    keys: pa.Table
    y: Floats
    n: Floats
    ratings: Integers
    hits: Integers
    unplaced: int
    source_kind: str


def effective_counts(
    responses: Responses,
    *,
    estimand: str = "recommended_past_12m",
    weight_scaling: Scaling = "respondents",
    engine: Engine | None = None,
) -> EffectiveCounts:
    """Count the ratings by programme, score band and whatever else of `CROSSED` there is.

    Parameters
    ----------
    responses
        What `open_responses` gave.
    estimand
        Name in `ESTIMANDS` of a rate: a proportion among those of an intent set.
    weight_scaling
        As in `survey_design`.
    engine
        As in `estimate`.

    Raises
    ------
    UsageError
        The estimand is no rate.
    MissingColumnError
        The responses lack the programme, the score, or a column that the estimand needs.
    DataError
        No rating has an answer.
    """
    _refuse_others(find_estimand(estimand))
    names = [PROGRAMME, SCORE, *(name for name in CROSSED if _has(responses, name))]
    # A PSU alone in its programme adds nothing: nothing is known of how it differs from others.
    design = survey_design(
        responses, "these_programmes", weight_scaling=weight_scaling, lonely_psu="certainty"
    )
    asked = ask(responses, estimand, by=names, design=design, engine=engine)
    cells = asked.cells(asked.domains)
    return _counted(cells, names, _clustering(cells, design, names), responses.source_kind)


def _refuse_others(estimand: Estimand) -> None:
    if not (estimand.proportion and estimand.conditional):
        raise UsageError(
            f"{estimand.name} is no rate among those who give a score, which is what is pooled.",
            remedy="Use recommended_past_12m, or another rate.",
        )
    estimand.refuse_incidence("the multilevel model")


def _has(responses: Responses, name: str) -> bool:
    return all(responses.has(column) for column in find_segments((name,))[0].needs)


def _counted(
    cells: Cells, names: Sequence[str], clustering: Mapping[str, float], source_kind: str
) -> EffectiveCounts:
    n = cells.totals(cells.n)
    lacking = unnamed(cells.domains, names, cells.n_domains)
    rows = np.flatnonzero(~lacking & (n > 0))
    keys = cells.domains.select(list(names)).take(pa.array(rows))
    x, z, ww = (cells.totals(values)[rows] for values in (cells.x, cells.z, cells.ww))
    effective = z**2 / ww / [clustering[sector] for sector in _sectors(keys)]
    return EffectiveCounts(
        keys=keys,
        y=effective * x / z,
        n=effective,
        ratings=n[rows].astype(np.int64),
        hits=cells.totals(cells.hits)[rows].astype(np.int64),
        unplaced=int(n[lacking].sum()),
        source_kind=source_kind,
    )


def _clustering(cells: Cells, design: SurveyDesign, names: Sequence[str]) -> dict[str, float]:
    """Return the design effect of clusters by sector, at least 1; that of weights is no part.

    It is of programmes' rates by score band over all countries and years, where respondents
    who answer more than once are seen together.
    """
    within = [name for name in (PROGRAMME, SCORE, SECTOR) if name in names]
    groups = rolled_up(cells, within)
    found = ratios(cells, design, groups)
    z, ww = (
        summed(groups.group, cells.totals(values)[groups.domain], groups.size)
        for values in (cells.z, cells.ww)
    )
    # Of totals, not of rates, so that counts weigh as they do in a likelihood.
    actual = found.variance() * z**2
    independent = found.estimate * (1 - found.estimate) * ww
    used = (z > 0) & (found.df() > 0) & ~unnamed(groups.keys, within, groups.size)
    sectors = np.array(_sectors(groups.keys))
    return {
        sector: _factor(actual[used & (sectors == sector)], independent[used & (sectors == sector)])
        for sector in set(sectors.tolist())
    }


def _factor(actual: Floats, independent: Floats) -> float:
    return max(1.0, actual.sum() / independent.sum()) if independent.sum() > 0 else 1.0


def _sectors(keys: pa.Table) -> list[str]:
    """Return the sector of each row; empty texts where there is none."""
    if SECTOR not in keys.column_names:
        return [""] * keys.num_rows
    return [value or "" for value in keys.column(SECTOR).to_pylist()]
