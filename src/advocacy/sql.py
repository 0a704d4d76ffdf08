"""The embedded database, and how names and values are written into its statements."""

from __future__ import annotations

import atexit
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from advocacy.errors import AdvocacyError, FileFormatError, SystemRefusalError, code_of_system, said
from advocacy.files import in_utf8
from advocacy.temporary import new_folder

if TYPE_CHECKING:
    # Imported where it is used: to write names and values takes no database.
    import duckdb
    import pyarrow as pa


class Engine(Protocol):
    """Runs a statement in DuckDB's dialect."""

    def run(self, sql: str, tables: Mapping[str, pa.Table]) -> pa.Table:
        """Return the result of ``sql``, in which ``tables`` are known by name."""
        ...


def connect(
    tables: Mapping[str, pa.Table] | None = None,
    *,
    database: Path | None = None,
    **settings: str | int | None,
) -> duckdb.DuckDBPyConnection:
    """Open a connection that sees ``tables`` by name and never goes to the network.

    It is in memory, or reads the file ``database``. What does not fit in memory goes below TMPDIR
    and is gone when the process is, unless ``temp_directory`` is given. Connections in memory
    share a database unless DuckDB's ``settings`` are given, such as ``threads``, which are of a
    whole database. Registered and temporary tables are seen by their own connection alone.
    """
    given = {name: value for name, value in settings.items() if value is not None}
    own = given or database
    connection = _without_bar(_new_database(database)) if own else _shared()
    for name, value in given.items():
        connection.execute(f"SET {name} = {literal(value)}")
    for name, table in (tables or {}).items():
        connection.register(name, table)
    return connection


def _shared() -> duckdb.DuckDBPyConnection:
    """Return a connection to the process's database, a new one where a fault has closed it."""
    import duckdb

    try:
        return _without_bar(_database().cursor())
    except duckdb.FatalException:
        _database.cache_clear()
        return _without_bar(_database().cursor())


def _without_bar(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    # Asked first: in a notebook without widgets the bar is off, and turning it off fails.
    if connection.execute("SELECT current_setting('enable_progress_bar')").fetchall()[0][0]:
        connection.execute("SET enable_progress_bar = false")
    return connection


@cache
def _database() -> duckdb.DuckDBPyConnection:
    # To open one costs more than most questions asked of it.
    return _new_database()


def _new_database(file: Path | None = None) -> duckdb.DuckDBPyConnection:
    import duckdb

    return duckdb.connect(
        file or ":memory:",
        read_only=file is not None,
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            # One of its own: DuckDB removes what others have there.
            "temp_directory": str(new_folder()),
        },
    )


def planned(sql: str, tables: Mapping[str, pa.Table]) -> pa.Table:
    """Return the result of a statement over tables, which it knows by name.

    It is planned once in a process for all tables of the same columns: to plan one takes longer
    than to run it over some ten thousand rows.
    """
    import duckdb

    plan = _plan(sql, tuple((name, table.schema) for name, table in tables.items()))
    try:
        return plan.run(tables)
    except duckdb.FatalException:  # it has closed the database
        _plan.cache_clear()
        _database.cache_clear()
        raise


@lru_cache(maxsize=32)
def _plan(sql: str, columns: tuple[tuple[str, pa.Schema], ...]) -> _Plan:
    return _Plan(connect(), sql, {name: _Rows(schema) for name, schema in columns})


# While the interpreter ends, it is too late for the library.
atexit.register(_plan.cache_clear)


class _Plan:
    """A statement of a connection of its own, under the name ``planned``."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, sql: str, rows: Mapping[str, _Rows]
    ) -> None:
        self._connection, self._rows, self._lock = connection, rows, Lock()
        for name, own in rows.items():
            connection.register(name, own)
        connection.execute(f"PREPARE planned AS {sql}")

    def run(self, tables: Mapping[str, pa.Table]) -> pa.Table:
        """Return what the statement makes of tables."""
        with self._lock:
            try:
                for name, rows in self._rows.items():
                    rows.table = tables[name]
                return self._connection.sql("EXECUTE planned").to_arrow_table()
            finally:
                for rows in self._rows.values():  # nothing of a file stays when it is done with
                    rows.table = rows.schema.empty_table()


class _Rows:
    """A table as DuckDB sees it: it asks for the rows each time that it reads them."""

    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema
        self.table = schema.empty_table()

    def __arrow_c_schema__(self) -> object:
        """Return the columns' names and types."""
        return self.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the rows."""
        return self.table.__arrow_c_stream__(requested_schema)


def unreadable(error: duckdb.Error, name: str = "") -> AdvocacyError:
    """Return what is wrong with responses that DuckDB cannot read; a fault of ours stays one.

    ``name`` is their file or folder; DuckDB's own words name a file, too.
    """
    import duckdb

    ours = isinstance(error, duckdb.ProgrammingError)
    if code_of_system(error) is not None:
        return said(error)
    if isinstance(error, duckdb.OutOfMemoryException):
        return SystemRefusalError(
            f"There is not enough memory, or room on disk for what does not fit ({_first(error)}).",
            where=name,
            remedy="Close other programs, raise --memory-limit, or name a folder on a larger disk "
            "with --spill.",
        )
    if ours and not isinstance(error, duckdb.InvalidInputException):
        return said(error, name)
    return FileFormatError(
        f"The responses cannot be read ({_first(error)}).",
        where=name,
        remedy="Export the file again from its source, or import the source again.",
    )


def _first(error: Exception) -> str:
    """Return the first line of what DuckDB says: the others are for its makers."""
    return str(error).partition("\n")[0].strip()


def identifier(name: str) -> str:
    """Quote a column or table name."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | float | bool | None) -> str:
    """Write a value as an SQL literal."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return repr(value)
    return "'" + in_utf8(value.replace("'", "''")) + "'"
