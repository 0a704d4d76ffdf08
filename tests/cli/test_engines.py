"""`--engine` and its options: the same rows from every engine, and what is refused."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path

import duckdb
import pytest
from outcome import Command

RATINGS = "rating_id,sector,score,recommended_past_12m\n" + "".join(
    f"{i},{sector},10,{answer}\n"
    for i, (sector, answer) in enumerate([("B2B", "true"), ("B2B", "false"), ("B2C", "true")] * 4)
)
# Of eight tens in B2B four had recommended, of four in B2C all.
RATES = {"B2B": 0.5, "B2C": 1.0}


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    part = tmp_path / "data" / "source=a"
    part.mkdir(parents=True)
    (tmp_path / "survey.csv").write_text(RATINGS)
    duckdb.sql(
        f"COPY (SELECT * REPLACE (rating_id::VARCHAR AS rating_id, score::INTEGER AS score) "
        f"FROM '{tmp_path}/survey.csv') TO '{part}/responses.parquet'"
    )
    return tmp_path / "data"


@pytest.fixture
def table(dataset: Path, tmp_path: Path) -> str:
    with duckdb.connect(tmp_path / "answers.duckdb") as connection:
        connection.execute(f"CREATE TABLE ratings AS FROM '{dataset}/*/*.parquet'")
    return f"{tmp_path}/answers.duckdb#ratings"


def rates(text: str) -> dict[str, float]:
    return {row["sector"]: float(row["estimate"]) for row in csv.DictReader(io.StringIO(text))}


@pytest.mark.parametrize(
    "options",
    [(), ("--engine", "duckdb"), ("--threads", "1", "--memory-limit", "1GB", "--spill", ".")],
)
def test_a_dataset(command: Command, dataset: Path, options: tuple[str, ...]) -> None:
    outcome = command("estimate", dataset, "--by", "sector", "--format", "csv", *options)
    assert outcome.code == 0, outcome.err
    assert rates(outcome.out) == RATES


@pytest.mark.parametrize("name", ["estimate", "compare", "curve"])
def test_a_table_in_a_file_of_duckdb(command: Command, table: str, name: str) -> None:
    outcome = command(name, table, "--format", "csv", "--by", "sector")
    assert outcome.code == 0, outcome.err
    assert {row["sector"] for row in csv.DictReader(io.StringIO(outcome.out))} == set(RATES)


@pytest.mark.parametrize("name", ["estimate", "compare", "curve"])
def test_the_engine_is_the_one_that_is_named(
    command: Command, dataset: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its package, each command says which engine it would have used."""
    monkeypatch.setitem(sys.modules, "sqlglot", None)
    outcome = command(name, dataset, "--engine", "spark", "--master", "local[2]")
    assert outcome.code == 2
    assert "engine spark needs the package sqlglot" in outcome.err
    assert "advocacy[spark]" in outcome.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--engine", "postgres"), "postgres does not read files"),
        (("--master", "local[2]"), "--master cannot be used with the engine duckdb"),
        (("--engine", "spark", "--threads", "2", "--spill", "."),
         "--threads and --spill cannot be used with the engine spark"),
        (("--memory-limit", "much"), "DuckDB cannot be started"),
        (("--engine", "oracle"), "'oracle' is not one of"),
        (("--threads", "0"), "0 is not in the range"),
    ],
)  # fmt: skip
def test_what_does_not_go_together(
    command: Command, dataset: Path, options: tuple[str, ...], message: str
) -> None:
    outcome = command("estimate", dataset, *options)
    assert outcome.code == 2
    assert message in outcome.err


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("postgresql://127.0.0.1:1/none", "the table is not named"),
        ("postgresql://127.0.0.1:1/none?connect_timeout=2#ratings", "cannot be reached"),
        ("nothing.duckdb#ratings", "does not exist"),
    ],
)
def test_tables_that_are_not_there(command: Command, source: str, message: str) -> None:
    outcome = command("estimate", source)
    assert outcome.code == 2
    assert message in outcome.err


def test_a_table_has_its_engine_and_its_description(command: Command, table: str) -> None:
    outcome = command("estimate", table, "--engine", "spark")
    assert outcome.code == 2
    assert "spark does not read this table" in outcome.err
    outcome = command("estimate", table, "--encoding", "latin1")
    assert outcome.code == 2
    assert "--encoding and --sheet are for a file" in outcome.err


def test_a_sign_in_the_name_of_a_file_is_no_table(command: Command, dataset: Path) -> None:
    folder = dataset.rename(dataset.with_name("data #2"))
    assert command("estimate", folder, "--format", "csv").code == 0


def test_rates_of_a_table_are_written(command: Command, table: str, tmp_path: Path) -> None:
    outcome = command("estimate", table, "-o", tmp_path / "rates.csv")
    assert outcome.code == 0, outcome.err
    assert (tmp_path / "rates.csv").is_file()
