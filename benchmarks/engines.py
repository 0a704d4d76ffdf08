"""Spark and DuckDB on the same generated dataset: the time of each, and how far they differ.

python benchmarks/engines.py [million rows]      # 5 without a number; needs `make spark`
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from pyarrow.types import is_floating as is_number

from advocacy.estimation import Estimates, estimate
from advocacy.responses import open_responses
from advocacy.sql import connect
from advocacy.survey import survey_design
from advocacy.survey.engines import DuckDB, Engine, Spark

BY = ["sector", "industry", "country", "wave"]
STRATA, PSUS = 40, 20_000
FILES = 2
# Hashes of row numbers decide all values, so that every machine has the same rows.
_ROWS = f"""
SELECT 'r' || i AS rating_id, 'programme ' || h % {STRATA} AS programme,
    'stratum ' || h % {STRATA} AS stratum, 'psu ' || h AS psu,
    exp(hash(i + 1) % 1000 / 500.0) AS weight,
    CASE WHEN hash(i + 2) % 3 = 0 THEN 'B2B' ELSE 'B2C' END AS sector,
    chr((65 + hash(i + 3) % 20)::INTEGER) AS industry,
    ['DK', 'FI', 'IS', 'NO', 'SE'][1 + (hash(i + 4) % 5)::INTEGER] AS country,
    'wave ' || hash(i + 5) % 4 AS wave, (hash(i + 6) % 11)::INTEGER AS score,
    CASE WHEN hash(i + 7) % 10 > 0 THEN hash(i + 8) % 100 < 30 + h % 40 END
        AS recommended_past_12m
FROM (SELECT i, hash(i) % {PSUS} AS h FROM range($first, $last) AS numbers(i))
"""


def generate(folder: Path, rows: int) -> None:
    """Write a dataset of as many sources as there are files."""
    size = rows // FILES
    with connect() as connection:
        for number in range(FILES):
            part = folder / f"source={number}"
            part.mkdir(parents=True)
            ends = {"first": number * size, "last": (number + 1) * size}
            connection.sql(_ROWS, params=ends).write_parquet(str(part / "responses.parquet"))


def timed(folder: Path, engine: Engine) -> tuple[Estimates, float]:
    """Return estimates of all crossings, and seconds."""
    start = time.perf_counter()
    responses = open_responses(folder)
    design = survey_design(responses, "these_programmes")
    result = estimate(responses, by=BY, design=design, engine=engine)
    return result, time.perf_counter() - start


def farthest(found: Estimates, wanted: Estimates) -> float:
    """Return the largest relative difference between numbers of the same rows."""
    keys = [*BY, "n", "n_numerator", "df"]
    if not found.table.select(keys).equals(wanted.table.select(keys)):
        raise SystemExit("the engines do not give the same rows")
    return max(_difference(found, wanted, f.name) for f in wanted.table.schema if is_number(f.type))


def _difference(found: Estimates, wanted: Estimates, name: str) -> float:
    ours, theirs = (result.table.column(name).to_numpy() for result in (found, wanted))
    if not np.array_equal(np.isnan(ours), np.isnan(theirs)):
        raise SystemExit(f"the engines do not give the same rows a {name}")
    apart = np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1e-300)
    return float(np.max(apart[~np.isnan(apart)], initial=0.0))


def main() -> None:
    """Measure and print."""
    rows = int(float(sys.argv[1] if len(sys.argv) > 1 else 5) * 1_000_000)
    spark = Spark("local[2]")
    with TemporaryDirectory(prefix="advocacy-") as name:
        folder = Path(name) / "responses"
        generate(folder, rows)
        wanted, embedded = timed(folder, DuckDB())
        _, start = timed(folder, spark)
        found, again = timed(folder, spark)
    print(f"{rows:,} rows, {len(wanted):,} domains, {PSUS:,} PSUs")
    print(f"DuckDB {embedded:.1f} s; Spark {start:.1f} s with its start, {again:.1f} s after it")
    print(f"largest relative difference {farthest(found, wanted):.1e}")


if __name__ == "__main__":
    main()
