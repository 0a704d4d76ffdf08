"""What must be known beside answers on an incidence under attrition."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from advocacy.remarks import Remark, Value
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.groups import rolled_up
from advocacy.survey.follow_up.attrition_weights import (
    LARGE_WEIGHT,
    Weights,
    lost_patterns,
    weights_behind,
)
from advocacy.survey.follow_up.leaving import PERIOD, Cohort, Leaving

_MISSING = "missing"
# Groups or patterns that a note names before it counts the others.
_NAMED = 5


def of_cohort(cells: Cells, cohort: Cohort, outside: int) -> Remark:
    """Say who is in the cohort, and how many of them were lost."""
    n = cells.totals(cells.n)
    at_once = cohort.left & (cohort.follow_up.time == 0)
    sizes: dict[str, Value] = {
        "ratings": int(n[cohort.present].sum()),
        "never": int(n[at_once].sum()),
        "lost": int(n[cohort.left & ~at_once].sum()),
        "outside": outside,
    }
    return Remark("attrition.cohort", sizes)


def of_model(leaving: Leaving, asked: Sequence[str], left_out: Sequence[str]) -> list[Remark]:
    """Say what leaving was modelled on, and on what it was not or could not be."""
    fitted = [c.name for c in leaving.points.covariates] if leaving.points else []
    used = [name for name in asked if name in fitted]
    found = [Remark("attrition.model", {"terms": [PERIOD, *used], "coefficients": leaving.terms})]
    others: dict[str, list[str]] = {
        "no_part": [n for n in asked if n not in fitted],
        "left_out": list(left_out),
    }
    return found + [Remark(f"attrition.{key}", {"terms": t}) for key, t in others.items() if t]


def of_weights(
    cells: Cells, cohort: Cohort, leaving: Leaving, by_group: Weights, groups: Sequence[str]
) -> list[Remark]:
    """Say what the weights are like, and in which groups some are large."""
    weights = weights_behind(cells, rolled_up(cells, []), cohort, leaving)
    if not weights.known[0]:
        return []
    values: dict[str, Value] = {
        "least": round(float(weights.least[0]), 2),
        "mean": round(float(weights.mean[0]), 2),
        "most": round(float(weights.most[0]), 2),
        "known": int(weights.known[0]),
        "n_eff": round(weights.n_eff[0]),
        "large": round(100 * float(weights.large[0]), 1),
        "limit": LARGE_WEIGHT,
    }
    found = [Remark("attrition.weights", values)]
    if weights.most[0] > LARGE_WEIGHT:
        named = [
            name for name, most in zip(groups, by_group.most, strict=True) if most > LARGE_WEIGHT
        ]
        about: dict[str, Value] = {"limit": LARGE_WEIGHT, "groups": listed(named or [named_by(())])}
        found.append(Remark("attrition.large", about))
    return found


def of_patterns(cells: Cells, cohort: Cohort, patterns: pa.Table) -> list[Remark]:
    """Name the patterns of covariates in which nobody remained."""
    numbers, ratings, share = lost_patterns(cells, cohort)
    if len(numbers) == 0:
        return []
    order = np.argsort(-ratings, kind="stable")
    rows = patterns.take(pa.array(numbers[order])).to_pylist()
    names = [
        f"{named_by(row.values())} ({many})"
        for row, many in zip(rows, ratings[order].tolist(), strict=True)
    ]
    values: dict[str, Value] = {
        "patterns": listed(names),
        "ratings": int(ratings.sum()),
        "share": round(100 * share, 1),
    }
    return [Remark("attrition.patterns", values)]


def named_by(values: Iterable[Any]) -> str:
    """Return levels by which a group or a pattern is named."""
    return " · ".join(_MISSING if v is None else str(v) for v in values) or "all"


def listed(names: Sequence[str]) -> list[str]:
    """Return the first names, and how many others there are."""
    more = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
    return [*names[:_NAMED], *more]
