"""Responses that are a table of a database, not files."""

from __future__ import annotations

from typing import Protocol

import pyarrow as pa

from advocacy.errors import DataError, MissingColumnError
from advocacy.responses import Responses
from advocacy.responses.dataset.verifying import IS
from advocacy.responses.schema import Column, Type, find_column
from advocacy.sql import Engine, identifier


class Database(Engine, Protocol):
    """An engine that has tables of its own."""

    def schema(self, table: str) -> pa.Schema:
        """Return the columns of a table, by its SQL name."""
        ...


def open_table(database: Database, table: str) -> Responses:
    """Open a table of responses as an import writes them; the pass then runs in its database.

    Its columns have canonical names and types, a row a rating, and values that the codebook
    allows: load it from the Parquet files of an imported dataset. Other columns are passed over.

    Parameters
    ----------
    database
        Where it is, such as ``Postgres("postgresql://host/database")``.
    table
        Its name, with its schema where there are several: ``survey.responses``.

    Raises
    ------
    UsageError
        The database cannot be reached, or has no such table.
    MissingColumnError
        No column of the table has a canonical name.
    DataError
        A column is of another type than the codebook says.
    """
    name = ".".join(map(identifier, table.split(".")))
    found = [(f, c) for f in database.schema(name) if (c := find_column(f.name))]
    if not found:
        raise MissingColumnError(
            "No column of the table has a canonical name.",
            where=table,
            remedy="`advocacy codebook` lists them; load what `advocacy import` has written.",
        )
    for field, column in found:
        _check_type(field, column, table)
    selected = ", ".join(_selected(column) for _, column in found)
    return Responses(
        name=table,
        relation=f"(SELECT {selected} FROM {name}) AS responses",
        columns=tuple(column.name for _, column in found),
        sources=(table,),
        home=database,
    )


def _selected(column: Column) -> str:
    name = identifier(column.name)
    # Texts are ordered by their bytes, so that units have the same numbers on every engine.
    value = f'{name} COLLATE "C"' if column.type is Type.TEXT else f"{name}::{column.type}"
    return f"{value} AS {name}"


def _check_type(field: pa.Field, column: Column, table: str) -> None:
    if not IS[column.type](field.type):
        raise DataError(
            f"The column {column.name} is of the type {field.type}, "
            f"where the codebook has {column.type.name.lower()}.",
            where=table,
            remedy="Load it from the Parquet files that `advocacy import` has written.",
        )
