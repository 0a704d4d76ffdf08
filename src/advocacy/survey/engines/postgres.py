"""PostgreSQL: the statement transpiled and run in the server, Arrow back through ADBC.

Optional: the extra ``advocacy[postgres]``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from advocacy.errors import UsageError
from advocacy.responses.schema import Type, find_column
from advocacy.survey.engines.transpiled import package, parsed, refuse_files

_EXTRA = "postgres"
_REMEDY = "Name a table, such as postgresql://host/database#responses, or use the engine duckdb."
_NO_TABLE = ("42P01", "3F000")  # SQLSTATE: undefined table, undefined schema


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL server, which runs the pass on a table of its own.

    Parameters
    ----------
    uri
        The database, as libpq takes it: ``postgresql://user@host:5432/database``. A password
        is better kept in ``~/.pgpass`` or ``PGPASSWORD``.
    """

    uri: str = field(repr=False)

    def run(self, sql: str, tables: Mapping[str, pa.Table]) -> pa.Table:
        """Return the result of ``sql``, which reads a table of the server.

        Raises
        ------
        UsageError
            A file or dataset instead of a table, the extra is not installed, or the server
            cannot be reached.
        """
        refuse_files(tables, _EXTRA, _REMEDY)
        return self._run(_translated(sql))

    def schema(self, table: str) -> pa.Schema:
        """Return the columns of a table of the database; ``table`` is an SQL name.

        Raises
        ------
        UsageError
            There is no such table, or the server cannot be reached.
        """
        errors = package("adbc_driver_postgresql.dbapi", _EXTRA)
        try:
            return self._run(f"SELECT * FROM {table} LIMIT 0").schema
        except errors.ProgrammingError as error:
            if error.sqlstate not in _NO_TABLE:
                raise
            raise UsageError(
                f"There is no table {table}.",
                where=self._where,
                remedy="Name one that is in the database, with its schema if it is not public.",
            ) from error

    def _run(self, sql: str) -> pa.Table:
        with self._connected() as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetch_arrow_table()

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        dbapi = package("adbc_driver_postgresql.dbapi", _EXTRA)
        try:
            connection = dbapi.connect(self.uri)
        except dbapi.Error as error:
            raise UsageError(
                f"The server cannot be reached ({str(error).strip().splitlines()[0]}).",
                where=self._where,
                remedy="Is it running, and are host, port, database and user right?",
            ) from error
        with connection:
            yield connection

    @property
    def _where(self) -> str:
        """The database, without user and password."""
        parts = urlsplit(self.uri)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _translated(sql: str) -> str:
    """Return a statement in PostgreSQL's dialect."""
    statement = parsed(sql, _EXTRA)
    expressions = package("sqlglot.expressions", _EXTRA)
    refuse_files(list(statement.find_all(expressions.ReadParquet)), _EXTRA, _REMEDY)
    for cast in statement.find_all(expressions.Cast):
        # PostgreSQL makes no double of a boolean, but an integer.
        if cast.is_type("double") and _is_condition(cast.this, expressions):
            cast.set("this", expressions.cast(cast.this, "int"))
    return str(statement.sql(dialect="postgres"))


def _is_condition(node: Any, expressions: Any) -> bool:
    """Tell whether an expression over canonical columns is true or false."""
    node = node.unnest()
    if isinstance(node, expressions.Column):
        column = find_column(node.name)
        return column is not None and column.type is Type.BOOLEAN
    kinds = (
        expressions.Predicate, expressions.Connector, expressions.Not, expressions.Boolean
    )  # fmt: skip
    return isinstance(node, kinds)
