"""A pass that does not fit into DuckDB's memory goes to disk instead of failing."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from advocacy.estimation import estimate
from advocacy.responses import Responses, open_responses
from advocacy.sql import connect
from advocacy.survey import DuckDB, survey_design

LIMIT = "70MB"


@pytest.fixture
def ratings(tmp_path: Path) -> Responses:
    """Return 400,000 ratings, each of another account with a long name."""
    duckdb.sql(
        "SELECT 10 AS score, i % 3 = 0 AS recommended_past_12m, "
        "repeat(md5(i::VARCHAR), 4) AS account FROM range(400_000) AS numbers(i)"
    ).write_parquet(str(tmp_path / "survey.parquet"))
    return open_responses(tmp_path / "survey.parquet")


def test_what_memory_does_not_hold_goes_to_disk(ratings: Responses, tmp_path: Path) -> None:
    design = survey_design(ratings)
    spill = tmp_path / "spill"
    engine = DuckDB(threads=1, memory_limit=LIMIT, spill=spill)
    (row,) = estimate(ratings, design=design, engine=engine).table.to_pylist()
    assert (row["n"], row["n_numerator"], row["df"]) == (400_000, 133_334, 399_999)
    assert not list(spill.rglob("*.tmp"))  # nothing is left of it


def test_the_same_without_a_disk_fails(ratings: Responses) -> None:
    class Refusing(DuckDB):
        def run(self, sql: str, tables: object) -> pa.Table:
            with connect(threads=1, memory_limit=LIMIT, temp_directory="") as connection:
                return connection.sql(sql).to_arrow_table()

    with pytest.raises(duckdb.OutOfMemoryException):
        estimate(ratings, design=survey_design(ratings), engine=Refusing())
