"""What engines refuse, and settings that they take."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from advocacy.errors import AdvocacyError, DataError, MissingColumnError, UsageError
from advocacy.estimation import estimate
from advocacy.responses import open_responses
from advocacy.survey.engines import DuckDB, Engine, Postgres, Spark, open_table

NOWHERE = Postgres("postgresql://me:secret@127.0.0.1:1/none?connect_timeout=2")


def refused(kind: type[AdvocacyError], match: str, call: Callable[[], object]) -> AdvocacyError:
    with pytest.raises(kind, match=match) as error:
        call()
    assert error.value.remedy
    return error.value


@pytest.fixture(scope="module")
def file(reference: Path) -> Path:
    return reference / "input" / "weighted.csv"


@pytest.fixture
def database(tmp_path: Path, file: Path) -> Path:
    with duckdb.connect(tmp_path / "answers.duckdb") as connection:
        connection.execute(f"CREATE TABLE responses AS FROM '{file}'")
        connection.execute("CREATE TABLE other AS SELECT 1 AS a")
    return tmp_path / "answers.duckdb"


@pytest.mark.parametrize("engine", [Spark(), Postgres("postgresql:///none")])
def test_the_extra_is_named(
    engine: Engine, dataset: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sqlglot", None)
    responses = open_responses(dataset("weighted"))
    error = refused(UsageError, "needs the package sqlglot", lambda: run(responses, engine))
    assert f"advocacy[{type(engine).__name__.lower()}]" in error.remedy


def run(responses: object, engine: Engine) -> object:
    return estimate(responses, engine=engine)  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", [Spark(), Postgres("postgresql:///none")])
def test_survey_files_are_for_the_embedded_engine(engine: Engine, file: Path) -> None:
    refused(UsageError, "does not read survey files", lambda: run(open_responses(file), engine))


def test_a_dataset_is_no_table(dataset: Callable[[str], Path]) -> None:
    responses = open_responses(dataset("weighted"))
    error = refused(UsageError, "does not read survey files", lambda: run(responses, NOWHERE))
    assert "postgresql://" in error.remedy


def test_no_server() -> None:
    error = refused(UsageError, "cannot be reached", lambda: open_table(NOWHERE, "responses"))
    assert "127.0.0.1:1/none" in error.where
    assert "secret" not in f"{error} {NOWHERE!r}"


@pytest.mark.parametrize("table", ["nothing", "nowhere.responses", 'quo"ted'])
def test_no_table_in_the_server(postgres: Postgres, table: str) -> None:
    refused(UsageError, "no table", lambda: open_table(postgres, table))


@pytest.mark.parametrize("table", ["nothing", "nowhere.responses"])
def test_no_table_in_the_file(database: Path, table: str) -> None:
    refused(UsageError, "no table", lambda: open_table(DuckDB(database=database), table))


def test_no_database_of_duckdb(file: Path) -> None:
    refused(UsageError, "cannot be started", lambda: open_table(DuckDB(database=file), "a"))


def test_a_table_of_something_else(database: Path) -> None:
    refused(MissingColumnError, "canonical", lambda: open_table(DuckDB(database=database), "other"))


def test_a_column_of_another_type(database: Path) -> None:
    # DuckDB reads the 1 and 0 of the file as numbers.
    engine = DuckDB(database=database)
    refused(
        DataError,
        "recommended_past_12m is of the type int64, where the codebook has boolean",
        lambda: open_table(engine, "responses"),
    )


def test_a_table_is_read_where_it_is(database: Path) -> None:
    with duckdb.connect(database) as connection:
        connection.execute("ALTER TABLE responses ALTER recommended_past_12m TYPE BOOLEAN")
    responses = open_table(DuckDB(database=database), "responses")
    refused(UsageError, "runs the pass itself", lambda: run(responses, DuckDB()))
    assert len(estimate(responses)) == 1


@pytest.mark.parametrize("engine", [DuckDB(threads=0), DuckDB(memory_limit="much")])
def test_settings_that_duckdb_does_not_know(engine: DuckDB, file: Path) -> None:
    refused(UsageError, "cannot be started", lambda: run(open_responses(file), engine))


def test_settings_reach_duckdb(tmp_path: Path) -> None:
    engine = DuckDB(threads=1, memory_limit="200MiB", spill=tmp_path / "spill")
    (row,) = engine.run(
        "SELECT current_setting('threads') AS threads, current_setting('memory_limit') AS memory, "
        "current_setting('temp_directory') AS spill",
        {},
    ).to_pylist()
    assert (row["threads"], row["memory"]) == (1, "200.0 MiB")
    assert Path(row["spill"]).parent == tmp_path / "spill", "in a folder of this pass alone"
    assert list((tmp_path / "spill").iterdir()) == []


@pytest.mark.slow
@pytest.mark.xdist_group("spark")
@pytest.mark.usefixtures("spark")
def test_a_master_that_is_none() -> None:
    """In a process of its own: a session that runs is used, whatever the master."""
    program = (
        "from advocacy.survey.engines import Spark\n"
        "from advocacy.errors import UsageError\n"
        "try:\n    Spark('nonsense').run('SELECT 1', {})\n"
        "except UsageError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "does not start on nonsense" in done.stdout
    assert "remedy" in done.stdout
