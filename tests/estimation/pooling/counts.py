"""Counts that tests of the multilevel model are made from."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

import numpy as np
import pyarrow as pa

from advocacy.estimation.pooling.effective_counts import EffectiveCounts

KEYS = ("programme", "score_band", "sector", "industry", "country", "year")
OWN = "programme × score_band"


def counted(rows: Iterable[tuple[str, ...]], names: tuple[str, ...] = KEYS) -> EffectiveCounts:
    """Return counts of these keys, between 1 and 50, with rates between 0 and 1."""
    columns = [pa.array(column) for column in zip(*rows, strict=True)]
    rng = np.random.default_rng(3)
    n = rng.uniform(1, 50, len(columns[0]))
    ratings = np.ceil(n).astype(np.int64)
    keys = pa.table(columns, names=list(names[: len(columns)]))
    return EffectiveCounts(
        keys, n * rng.random(len(n)), n, ratings, ratings // 2, 0, source_kind="simulated"
    )


def crossed(programmes: int = 5) -> EffectiveCounts:
    """Return counts of programmes that answer in two countries and years, by three bands."""
    return counted(
        (f"P{p}", band, ("B2B", "B2C")[p % 2], "CGH"[p % 3], country, year)
        for p, band, (country, year) in product(
            range(programmes), ("0-6", "7-8", "10"), (("DK", "2023"), ("NO", "2024"))
        )
    )
