"""What an import wrote about itself, as its pages need it: the manifest and the two lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from advocacy.responses.dataset.eligibility import EXCLUDED
from advocacy.responses.dataset.ledger import REJECTED, grouped_sql, name_rows
from advocacy.responses.labelled import written_code
from advocacy.sql import connect, literal

LISTED = 50  # different rejected values that the page lists; the file beside it has them all

# Columns that the import fills where the file does not, with what it then writes.
FILLED = {
    "rating_id": "source, file and row",
    "programme": "the name of the source",
    "supplier": "the programme; a file that names no supplier is taken to be about one",
}


def rejected_values(path: Path) -> tuple[list[tuple[str, ...]], list[tuple[str, str, int]]]:
    """Return the first rejected values, and how often there is each reason.

    A value that several rows hold stands there once: file, rows, column, value, reason. There
    is one more than `LISTED` where the page cannot list all.
    """
    table = _list_sql(path, REJECTED.names)
    with connect() as connection:
        groups = connection.execute(grouped_sql(table)).fetchmany(LISTED + 1)
        reasons: list[Any] = connection.execute(
            f'SELECT "column", reason, count(*) AS "values" FROM {table} '
            'GROUP BY ALL ORDER BY "values" DESC, "column", reason'
        ).fetchall()
    listed: list[tuple[str, ...]] = [
        (file, name_rows(rows, times), column, value, reason)
        for file, column, value, reason, rows, times in groups
    ]
    return listed, reasons


def excluded_ratings(path: Path) -> list[tuple[str, int]]:
    """Return each reason why ratings do not count, with their number; most first."""
    table = _list_sql(path, ("rating_id", "supplier", "interviewed_on", EXCLUDED))
    with connect() as connection:
        return connection.execute(
            f"SELECT excluded, count(*) AS ratings FROM {table} "
            "GROUP BY ALL ORDER BY ratings DESC, excluded"
        ).fetchall()


def _list_sql(path: Path, names: Iterable[str]) -> str:
    """Return the SQL expression of a list of the import; nothing about it is guessed."""
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    return (
        f"read_csv({literal(str(path))}, auto_detect = false, header = true, delim = ',', "
        f"quote = '\"', escape = '\"', columns = {{{columns}}})"
    )


def filled_columns(manifest: Mapping[str, Any]) -> set[str]:
    """Return the canonical columns that any file of the source fills."""
    return {column["column"] for file in manifest["files"] for column in shown_columns(file)}


def shown_columns(file: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the columns that were imported: not those of variables that identify persons."""
    private = {finding["variable"] for finding in file["private"]}
    return [
        column
        for column in file["columns"]
        if column["column"] in file["pseudonymised"]
        or not private & {variable["variable"] for variable in column["variables"]}
    ]


def told(variable: Mapping[str, str]) -> str:
    """Return a variable's label where it says more than the name."""
    return "" if variable["label"] == variable["variable"] else variable["label"]


def value_labels(variable: Mapping[str, Any]) -> dict[str, str]:
    """Return the labels of a variable by code, as a crosswalk writes it."""
    return {written_code(code): label for code, label in variable["value_labels"]}
