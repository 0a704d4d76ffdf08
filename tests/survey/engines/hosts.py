"""What a test of all engines needs of each: how it gets a dataset, and how it is started.

A new engine joins with a `Host` in `HOSTS`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from advocacy.responses import Responses, open_responses
from advocacy.survey.engines import DuckDB, Engine, Postgres, Spark, open_table

_DEBIAN = Path("/usr/lib/postgresql")
Opened = tuple[Responses, Engine]


@dataclass(frozen=True)
class Host:
    """An engine beside the default: its name, and the function that gives it a dataset.

    The function takes the dataset's folder, its table, and what else was started for tests.
    ``slow`` says that its tests are among the slow ones.
    """

    name: str
    open: Callable[[Path, pa.Table, pytest.FixtureRequest], Opened]
    slow: bool = False


def _duckdb(folder: Path, table: pa.Table, request: pytest.FixtureRequest) -> Opened:
    file = request.getfixturevalue("spill") / f"{folder.name}.duckdb"
    with duckdb.connect(file) as connection:
        connection.register("arrow", table)
        connection.execute("CREATE OR REPLACE TABLE responses AS FROM arrow")
    engine = DuckDB(threads=1, memory_limit="500MB", spill=file.parent, database=file)
    return open_table(engine, "main.responses"), engine


def _spark(folder: Path, _table: pa.Table, request: pytest.FixtureRequest) -> Opened:
    return open_responses(folder), request.getfixturevalue("spark")


def _postgres(folder: Path, table: pa.Table, request: pytest.FixtureRequest) -> Opened:
    from adbc_driver_postgresql import dbapi

    engine: Postgres = request.getfixturevalue("postgres")
    with dbapi.connect(engine.uri) as connection, connection.cursor() as cursor:
        cursor.adbc_ingest(folder.name, table, mode="replace")
        connection.commit()
    return open_table(engine, folder.name), engine


HOSTS = (
    Host("duckdb", _duckdb),
    Host("spark", _spark, slow=True),
    Host("postgres", _postgres),
)


@contextmanager
def server() -> Iterator[Postgres]:
    """Run a PostgreSQL server of our own, which listens to a socket in a temporary folder."""
    programs = max(_DEBIAN.glob("*/bin"), key=lambda path: int(path.parent.name))
    home = Path(tempfile.mkdtemp(prefix="advocacy-postgres-"))
    shutil.chown(home, "postgres", "postgres")

    def run(program: str, *arguments: str) -> None:
        # It refuses to run as root, who alone can become its user.
        command = ["runuser", "-u", "postgres", "--", str(programs / program), *arguments]
        subprocess.run(
            [*command, "-D", str(home / "data")], check=True, cwd="/", stdout=subprocess.DEVNULL
        )

    # Norwegian order of letters: it must not matter.
    order = ["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=nb-NO"]
    run("initdb", "--auth=trust", "--no-sync", "--encoding=UTF8", *order)
    run(
        "pg_ctl", "start", "-w", "-l", str(home / "log"), "-o", f"-F -c listen_addresses= -k {home}"
    )
    try:
        yield Postgres(f"postgresql:///postgres?host={home}&user=postgres")
    finally:
        run("pg_ctl", "stop", "-m", "immediate")
        shutil.rmtree(home)


def session() -> Spark:
    """Return Spark on two processors of this machine, in a Java that is soon there.

    Java's second compiler takes more time for its work than statements on small data save.
    """
    os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
    return Spark("local[2]")
