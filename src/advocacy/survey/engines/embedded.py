"""The embedded engine, DuckDB: the default, on one machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from advocacy.errors import UsageError
from advocacy.sql import connect, unreadable
from advocacy.temporary import folder_beside

# Seconds between two looks whether Ctrl-C was pressed.
_LISTEN = 0.2


@dataclass(frozen=True)
class DuckDB:
    """DuckDB in this process.

    Parameters
    ----------
    threads
        Number of threads; ``None`` for all processors. Sums of doubles over several threads
        may differ in their last bits from run to run, over one thread they do not.
    memory_limit
        Memory that it may use before it writes to disk, such as ``2GB``; ``None`` for 80 per
        cent of the machine's.
    spill
        Folder for what does not fit in memory; ``None`` for one below TMPDIR.
    database
        File of a DuckDB database whose tables it reads, beside files; ``None`` for none.
    """

    threads: int | None = None
    memory_limit: str | None = None
    spill: Path | None = None
    database: Path | None = None

    def run(self, sql: str, tables: Mapping[str, pa.Table]) -> pa.Table:
        """Return the result of ``sql``, in which ``tables`` are known by name.

        Raises
        ------
        UsageError
            A setting that DuckDB does not know, or a file that is no database.
        FileFormatError
            A file that it reads is damaged.
        SystemRefusalError
            There is no room in memory or on disk.
        """
        with self._connected(tables) as connection, ThreadPoolExecutor(1) as apart:
            # In a thread: DuckDB at work does not hear Ctrl-C, this thread does and tells it, if
            # it never waits for long.
            done = apart.submit(lambda: connection.sql(sql).to_arrow_table())
            try:
                while not done.done():
                    wait([done], timeout=_LISTEN)
                return done.result()
            except KeyboardInterrupt:
                connection.interrupt()
                raise
            except duckdb.Error as error:
                raise unreadable(error) from error

    def schema(self, table: str) -> pa.Schema:
        """Return the columns of a table of the database; ``table`` is an SQL name.

        Raises
        ------
        UsageError
            There is no such table, or no such database.
        """
        with self._connected({}) as connection:
            try:
                return connection.sql(f"FROM {table} LIMIT 0").to_arrow_table().schema
            except duckdb.CatalogException as error:
                raise UsageError(
                    f"There is no table {table}.",
                    where=str(self.database),
                    remedy="Name one that is in the database.",
                ) from error

    @contextmanager
    def _connected(self, tables: Mapping[str, pa.Table]) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._spilling() as spill, self._connection(tables, spill) as connection:
            yield connection

    @contextmanager
    def _spilling(self) -> Iterator[str | None]:
        """Yield a folder of this pass alone: DuckDB removes what others have in its own."""
        if self.spill is None:
            yield None
            return
        self.spill.mkdir(parents=True, exist_ok=True)
        with folder_beside(self.spill / "duckdb") as folder:
            yield str(folder)

    def _connection(
        self, tables: Mapping[str, pa.Table], spill: str | None
    ) -> duckdb.DuckDBPyConnection:
        try:
            return connect(
                tables,
                database=self.database,
                threads=self.threads,
                memory_limit=self.memory_limit,
                temp_directory=spill,
            )
        except duckdb.Error as error:
            raise UsageError(
                f"DuckDB cannot be started as told ({error}).",
                where=str(self.database or ""),
                remedy="Give a number of threads above 0, a memory limit such as 2GB, and a "
                "database that DuckDB has written.",
            ) from error
