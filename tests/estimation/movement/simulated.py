"""Many series at once, of a known truth: segments of one file, so that one pass has them all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from advocacy.arrays import Floats
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.movement.track import track
from advocacy.responses import open_responses

# Shares of the scores where nothing moves.
SHARES = np.array([0.02, 0.01, 0.01, 0.02, 0.02, 0.06, 0.06, 0.10, 0.20, 0.20, 0.30])
PROMOTERS, DETRACTORS = slice(9, 11), slice(0, 7)


def moved(shares: Floats, points: Floats) -> Floats:
    """Return shares that are another net score, by moving detractors to promoters; (..., 11)."""
    by = (points / 2)[..., None]
    found = np.broadcast_to(shares, (*points.shape, len(shares))).copy()
    found[..., PROMOTERS] *= 1 + by / found[..., PROMOTERS].sum(axis=-1, keepdims=True)
    found[..., DETRACTORS] *= 1 - by / found[..., DETRACTORS].sum(axis=-1, keepdims=True)
    return found


def scores(rng: np.random.Generator, shares: Floats, n: int) -> Floats:
    """Draw n scores of each of some shares, shape (..., n)."""
    at = np.cumsum(shares, axis=-1)[..., None, :]
    drawn = rng.uniform(size=(*shares.shape[:-1], n, 1))
    found: Floats = (drawn > at[..., :-1]).sum(axis=-1)
    return found


def tracked(
    score: Floats, folder: Path, psu: Floats | None = None, measures: tuple[str, ...] = ("nps",)
) -> Comparison:
    """Track series of scores, shape (series, periods, n), in one file, with or without PSUs."""
    series, periods, n = score.shape
    number, period = np.indices((series, periods, n))[:2]
    frame = pd.DataFrame(
        {
            "score": score.ravel(),
            "segment_series": np.char.mod("s%03d", number.ravel()),
            "wave": np.char.mod("w%02d", period.ravel()),
        }
    )
    if psu is not None:
        frame["psu"] = np.char.mod("p%d", (number * 1000 + psu).ravel())
        frame["stratum"] = frame.segment_series
    path = folder / "series.csv"
    frame.to_csv(path, index=False)
    return track(open_responses(path), by=["wave", "segment_series"], measures=measures)
