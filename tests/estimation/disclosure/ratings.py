"""Ratings for tests of disclosure, made cell by cell or at random."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from advocacy.responses import Responses, open_responses

# Sector, country, ratings, recommenders and suppliers, all of score 10.
Cell = tuple[str, str | None, int, int, int]

NORDIC: tuple[Cell, ...] = (
    ("B2B", "NO", 360, 182, 6),
    ("B2B", "SE", 300, 138, 5),
    ("B2C", "NO", 350, 160, 5),
    ("B2C", "SE", 300, 146, 6),
)
DENMARK: Cell = ("B2B", "DK", 47, 22, 1)
FINLAND: Cell = ("B2B", "FI", 38, 20, 1)


def of_cells(cells: tuple[Cell, ...]) -> pd.DataFrame:
    """Return ratings of these cells, each with suppliers of its own."""
    parts = []
    for sector, country, n, hits, suppliers in cells:
        part = pd.DataFrame({"score": 10, "sector": sector, "country": country}, index=range(n))
        part["supplier"] = [f"{sector}-{country}-{place % suppliers}" for place in range(n)]
        part["recommended_past_12m"] = np.arange(n) < hits
        parts.append(part)
    return pd.concat(parts, ignore_index=True).assign(source_kind="simulated")


def at_random(seed: int) -> pd.DataFrame:
    """Return ratings of few suppliers: small cells, cells of one supplier or of a large one.

    In some draws a supplier names no country, and in some a few ratings lack the industry.
    """
    rng = np.random.default_rng(seed)
    suppliers = [f"s{number:02d}" for number in range(rng.integers(4, 13))]
    parts = []
    for supplier in suppliers:
        sector = rng.choice(["B2B", "B2C"], p=[0.6, 0.4])
        countries = ["DK", "FI", "IS", "NO", "SE"]
        for country in rng.choice(countries, rng.integers(1, 4), replace=False):
            n = int(rng.choice([6, 15, 40, 120, 400], p=[0.15, 0.25, 0.3, 0.2, 0.1]))
            part = {
                "supplier": supplier,
                "sector": sector if rng.random() < 0.8 else rng.choice(["B2B", "B2C"]),
                "country": country,
                "score": rng.choice([5, 7, 8, 9, 10], n, p=[0.15, 0.1, 0.15, 0.2, 0.4]),
                "industry": rng.choice(list("CGK"), n if rng.random() < 0.5 else None),
            }
            parts.append(pd.DataFrame(part))
    ratings = pd.concat(parts, ignore_index=True)
    if seed % 3 == 0:
        ratings.loc[ratings.supplier == rng.choice(suppliers), "country"] = None
    if seed % 4 == 1:
        ratings.loc[rng.random(len(ratings)) < 0.05, "industry"] = None
    ratings["recommended_past_12m"] = rng.random(len(ratings)) < 0.2 + 0.04 * ratings.score
    return ratings.assign(source_kind="simulated")


def opened(ratings: pd.DataFrame, folder: Path) -> Responses:
    """Return the ratings as responses."""
    path = folder / "ratings.parquet"
    ratings.to_parquet(path, index=False)
    return open_responses(path)
