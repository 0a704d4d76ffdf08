"""A small posterior made by hand, which no sampler has seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa

from advocacy.estimation.pooling.posterior import Diagnostics, Posterior, Term
from advocacy.remarks import Remark

BANDS = ("0-6", "7-8", "9", "10")
SECTORS, INDUSTRIES, COUNTRIES = ("B2B", "B2C"), ("C", "G", "H"), ("DK", "NO")
PASSED = Diagnostics(1.004, 900.0, 800.0, ("intercept", "country", "sector"), 0, 4, 1000)
FAILED = replace(PASSED, divergences=7)
LABELS = {
    "estimand": "recommended_past_12m",
    "rung": "retrospective",
    "target": "programmes_like_these",
    "source_kind": "simulated",
}
_SEGMENTS: tuple[tuple[tuple[str, ...], tuple[tuple[str, ...], ...], bool], ...] = (
    (("sector",), (SECTORS,), False),
    (("score_band",), (BANDS,), False),
    (("industry",), (INDUSTRIES,), True),
    (("country",), (COUNTRIES,), True),
    (("industry", "country"), (INDUSTRIES, COUNTRIES), True),
)


def tiny(draws: int = 3, *, spread: float = 0.4, seed: int = 5) -> Posterior:
    """Return a posterior whose draws differ by ``spread``; all are the same where it is 0."""
    rng = np.random.default_rng(seed)

    def values(*shape: int) -> Any:
        return rng.normal(size=(1, *shape)) + spread * rng.normal(size=(draws, *shape))

    return Posterior(
        intercept=0.3 * values(1)[:, 0],
        terms=tuple(
            Term(names, levels, 0.5 * values(int(np.prod([len(own) for own in levels]))),
                 np.abs(0.4 * values(1)[:, 0]) if scaled else None)
            for names, levels, scaled in _SEGMENTS
        ),
        programme=np.abs(0.2 * values(1)[:, 0]) + 0.3,
        programme_score=np.abs(0.3 * values(1)[:, 0]) + 0.1,
        bands=BANDS,
        cells=cells(),
        labels=LABELS,
        diagnostics=PASSED,
        warnings=(Remark("fit.one_level", {"segment": "year", "level": "2024"}),),
    )  # fmt: skip


def cells(without: Sequence[tuple[str, ...]] = (("B2C", "H", "NO"),)) -> pa.Table:
    """Return numbers behind each cell: all different, and none in some cells."""
    crossed = product(SECTORS, INDUSTRIES, COUNTRIES, BANDS)
    keys = [row for row in crossed if row[:3] not in without]
    columns = zip(*keys, strict=True)
    names = ("sector", "industry", "country", "score_band")
    found = {name: pa.array(column) for name, column in zip(names, columns, strict=True)}
    number = np.arange(len(keys))
    found |= {"n": pa.array(20 + 3 * number), "n_eff": pa.array(10.5 + 2.25 * number)}
    found |= {"n_numerator": pa.array(5 + number), "n_programmes": pa.array(1 + number**2 % 29)}
    return pa.table(found)


def logit(posterior: Posterior, draw: int, **cell: str) -> float:
    """Add the effects of a cell, looked up by name, for one draw; others are 0."""
    found = float(posterior.intercept[draw])
    for term in posterior.terms:
        if all(name in cell for name in term.segments):
            places = list(product(*term.levels))
            found += term.effects[draw, places.index(tuple(cell[n] for n in term.segments))]
    return found
