"""The embedded engine, DuckDB: the default, on one machine."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from advocacy.errors import UsageError
from advocacy.sql import connect

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
        Folder for what does not fit in memory; ``None`` for ``.tmp`` in the current one.
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

    def _connected(self, tables: Mapping[str, pa.Table]) -> duckdb.DuckDBPyConnection:
        try:
            return connect(
                tables,
                database=self.database,
                threads=self.threads,
                memory_limit=self.memory_limit,
                temp_directory=str(self.spill) if self.spill else None,
            )
        except duckdb.Error as error:
            raise UsageError(
                f"DuckDB cannot be started as told ({error}).",
                where=str(self.database or ""),
                remedy="Give a number of threads above 0, a memory limit such as 2GB, and a "
                "database that DuckDB has written.",
            ) from error
