"""The embedded database, and how names and values are written into its statements."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    import pyarrow as pa


def connect(
    tables: Mapping[str, pa.Table] | None = None, *, threads: int | None = None
) -> duckdb.DuckDBPyConnection:
    """Open a connection in memory that sees ``tables`` by name and never goes to the network.

    Connections share a database unless ``threads`` is given, which is a setting of a whole
    database. Registered and temporary tables are seen by their own connection alone.
    """
    connection = _database().cursor() if threads is None else _new_database()
    if threads is not None:
        connection.execute(f"SET threads = {threads}")
    for name, table in (tables or {}).items():
        connection.register(name, table)
    # Asked first: in a notebook without widgets the bar is off, and turning it off fails.
    if connection.execute("SELECT current_setting('enable_progress_bar')").fetchall()[0][0]:
        connection.execute("SET enable_progress_bar = false")
    return connection


@cache
def _database() -> duckdb.DuckDBPyConnection:
    # To open one costs more than most questions asked of it.
    return _new_database()


def _new_database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    )


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
    return "'" + value.replace("'", "''") + "'"
