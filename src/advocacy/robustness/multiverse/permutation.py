r"""A joint test of a difference over all analyses, by permuting programmes.

Analyses of the same answers are no independent tests. Under the sharp null that a programme's
answers are what they are whatever its level of a segment, programmes are exchangeable between
levels. So the levels are dealt out anew, and all analyses are done again on each deal: a
statistic of all of them together, such as the median difference, then has a known distribution.
Simonsohn, Simmons and Nelson (2020), https://doi.org/10.1038/s41562-020-0912-z.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from advocacy.arrays import Floats
from advocacy.errors import DataError, UsageError
from advocacy.estimation.estimands import find_estimand
from advocacy.estimation.estimates import COLUMNS, Estimates
from advocacy.estimation.segments import Segment, find_segments
from advocacy.estimation.tabulation import tabulated
from advocacy.responses import Responses
from advocacy.robustness.multiverse.choices import Multiverse
from advocacy.robustness.multiverse.flagged import base, domains, flagged, in_memory
from advocacy.robustness.multiverse.means import rates_of_programmes
from advocacy.robustness.multiverse.selections import selections, weighted_as
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.grouped_pass import grouped_pass
from advocacy.survey.cells.numbering import summed
from advocacy.survey.design import survey_design
from advocacy.survey.engines import engine_for

# Programmes of a level below which deals hardly differ.
_FEWEST = 4
_TARGET = "programmes_like_these"


def multiverse_test(
    responses: Responses,
    asked: Multiverse | None = None,
    *,
    between: str = "sector",
    permutations: int = 999,
    seed: int = 20260801,
) -> Estimates:
    r"""Test over all analyses at once whether programmes of two levels have the same rate.

    Target and interval change no rate and have no part. With :math:`T_0` the statistic and
    :math:`T_1, \dots, T_B` those of the deals, :math:`p = (1 + \#\{T_b \ge T_0\}) / (1 + B)`.

    Parameters
    ----------
    responses
        What `open_responses` gave; each programme in one level.
    asked
        What `read_multiverse` gave.
    between
        A segment with two levels.
    permutations
        Deals B, 19 or more.
    seed
        Of the deals.

    Returns
    -------
    Estimates
        Two rows, of the kind ``multiverse_test``: the median difference between the first level
        and the second over all analyses, a proportion, and the share of analyses whose difference
        has its sign; each with its p-value.

    Raises
    ------
    UsageError
        The segment has not two levels, or too few deals are asked for.
    DataError
        A programme lies in two levels, or a level has fewer than four programmes.
    """
    asked = asked or Multiverse()
    if permutations < 19:
        raise UsageError(
            f"{permutations} deals cannot give a p-value of 0.05.", remedy="Ask for 999."
        )
    (segment,) = find_segments([between])
    responses.require([*segment.needs, "programme"], f"A test between levels of {between}")
    read = in_memory(responses, segment.needs)
    ready, design = flagged(read, asked.choices), survey_design(read, _TARGET)
    by = [*domains(asked.choices), segment.domain]
    cells = grouped_pass(ready, design, base(), by, engine_for(ready, None))
    levels, has = _levels(cells, segment, responses)
    placed = has.any(axis=1)  # a programme without a rating in any base has no level
    second = has[placed, 1]
    yes, z = (part[placed] for part in _by_programme(cells, asked))
    rng = np.random.default_rng(seed)
    dealt = np.array([rng.permutation(second) for _ in range(permutations)])
    median, same = _statistics(np.vstack([second, dealt]), yes, z)
    estimand = find_estimand("recommended_past_12m")
    labels = {
        "estimand": estimand.name,
        "rung": estimand.rung,
        "intent": asked.choices.intent[0],
        "target": _TARGET,
        "quantity": ["median_difference", "same_sign"],
        "reference": f"{levels[0]} − {levels[1]}",
        "method": f"{permutations} permutations of programmes",
        "estimate": [median[0], same[0]],
        "p_value": [_p(np.abs(median)), _p(same)],
        "n": [int(cells.n.sum())] * 2,
        "n_programmes": [len(second)] * 2,
        "reliability": "ok",
        "source_kind": responses.source_kind,
    }
    columns = {name: _column(name, value) for name, value in labels.items()}
    return Estimates(table=tabulated({}, columns, 2), kind="multiverse_test")


def _statistics(second: npt.NDArray[np.bool_], yes: Floats, z: Floats) -> tuple[Floats, Floats]:
    """Return the median difference of each deal, and the share of analyses with its sign.

    ``second`` has a row a deal: whether each programme is of the second level. ``yes`` and ``z``
    have a row a programme and a column an analysis.
    """
    of_second = second.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        one = ((1 - of_second) @ yes) / ((1 - of_second) @ z)
        other = (of_second @ yes) / (of_second @ z)
    difference = one - other
    median = np.nanmedian(difference, axis=1)
    alike = np.sign(difference) == np.sign(median)[:, None]
    known = ~np.isnan(difference)
    return median, (alike & known).sum(axis=1) / known.sum(axis=1)


def _by_programme(cells: Cells, asked: Multiverse) -> tuple[Floats, Floats]:
    """Return the weight of the yeses and of the base, (programmes, analyses) each."""
    chosen = selections(cells.domains, asked.choices)
    programmes = int(cells.programme.max()) + 1
    within = np.zeros((2, cells.n_domains, chosen.groups.size))
    within[1, chosen.groups.domain, chosen.groups.group] = 1.0
    within[0, chosen.groups.domain, chosen.groups.group] = chosen.hit
    parts = []
    for weights, estimator in product(asked.choices.weights, asked.choices.estimator):
        number = cells.programme * cells.n_domains + cells.domain
        z = summed(number, weighted_as(cells, weights).z, programmes * cells.n_domains)
        of_both = z.reshape(programmes, cells.n_domains) @ within
        parts.append(of_both if estimator == "pooled" else rates_of_programmes(*of_both))
    yes, z = (np.concatenate(part, axis=-1) for part in zip(*parts, strict=True))
    return yes, z


def _levels(
    cells: Cells, segment: Segment, responses: Responses
) -> tuple[tuple[str, str], npt.NDArray[np.bool_]]:
    """Return the two levels, and which each programme has, shape (programmes, 2)."""
    named = cells.domains.column(segment.name).to_pylist()
    found = sorted({str(name) for name in named if name is not None})
    if len(found) != 2:
        raise UsageError(
            f"{segment.name} has {len(found)} levels here: {', '.join(found) or 'none'}.",
            where=responses.name,
            remedy="The test is between two.",
        )
    of_domain = np.array([-1 if name is None else found.index(str(name)) for name in named])
    level, programmes = of_domain[cells.domain], int(cells.programme.max()) + 1
    has = np.zeros((programmes, 2), dtype=bool)
    has[cells.programme[level >= 0], level[level >= 0]] = True
    if has.all(axis=1).any():
        raise DataError(
            f"{int(has.all(axis=1).sum())} programmes have ratings of both {found[0]} and "
            f"{found[1]}, so that programmes cannot be dealt out to levels.",
            where=responses.name,
            remedy="Use a segment that a programme has one level of.",
        )
    least = int(has.sum(axis=0).min())
    if least < _FEWEST:
        raise DataError(
            f"A level of {segment.name} has {least} programmes, and a test takes {_FEWEST}.",
            where=responses.name,
            remedy="Describe the difference instead.",
        )
    return (found[0], found[1]), has


def _p(statistic: Floats) -> float:
    """Return the p-value of the first statistic among all."""
    # Deals that give the same number by another sum are as extreme.
    return float(np.mean(statistic >= statistic[0] * (1 - 1e-12)))


def _column(name: str, value: object) -> object:
    return pa.array(value, COLUMNS.field(name).type) if isinstance(value, list) else value
