"""What became of the rows: the lists of those rejected or not counted, and the accounts."""

from __future__ import annotations

import csv as text_csv
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from pyarrow import csv

from advocacy.files import replacing
from advocacy.responses.crosswalk.placement import ROW, problem
from advocacy.responses.dataset.accounts import (
    EXCLUDED_FILE,
    REJECTED_FILE,
    RowAccount,
)
from advocacy.responses.dataset.eligibility import EXCLUDED
from advocacy.responses.dataset.verifying import verified_list
from advocacy.sql import connect, identifier, literal

PROBLEM = pa.schema(
    [
        ("file", pa.string()),
        ("row", pa.int64()),
        ("column", pa.string()),
        ("value", pa.string()),
        ("reason", pa.string()),
    ]
)

# Each list names whose its values are, so that a person can be forgotten: the respondent as the
# ratings name them, or the rating where the row was kept.
REJECTED = PROBLEM.append(pa.field("respondent_id", pa.string()))
UNPLACED = PROBLEM.append(pa.field("rating_id", pa.string()))

_NAMED = 3  # rows with the same problem that are named; the others are counted
_COMMONEST = 5  # different values with the same problem that are named


def problems_sql(columns: list[str], table: str, file: str, hidden: Collection[str] = ()) -> str:
    """Return the SELECT of all problems in ``table``, a row a problem, by row and column.

    ``table`` has the columns that `placement.placed` gives; ``file`` is an SQL literal. The
    raw values of ``hidden`` columns are not shown: they identify persons.
    """
    selects = [
        f'SELECT {file} AS file, {ROW} AS "row", {literal(name)} AS "column", '
        f"{'NULL' if name in hidden else identifier(name + '.raw')} AS value, "
        f"{problem(name)} AS reason "
        f"FROM {table} WHERE {problem(name)} IS NOT NULL"
        for name in columns
    ]
    return " UNION ALL ".join(selects) + ' ORDER BY "row", "column"'


def grouped_sql(problems: str) -> str:
    """Return the SELECT of problems, one that several rows have only once; by its first row.

    ``problems`` is the SQL expression of a table with the columns of `PROBLEM`. Columns: file,
    column, value, reason, rows (the first `_NAMED` of them), times.
    """
    row = 'TRY_CAST("row" AS BIGINT)'
    return (
        f'SELECT file, "column", value, reason, list({row} ORDER BY {row})[:{_NAMED}] AS rows, '
        f'count(*) AS times FROM {problems} GROUP BY file, "column", value, reason '
        f'ORDER BY file, min({row}), "column", value, reason'
    )


def quoted_problems(
    connection: duckdb.DuckDBPyConnection, problems: str, most: int
) -> tuple[str, int]:
    """Return the first ``most`` different problems in words, and how many values have them.

    ``problems`` is as `grouped_sql` takes it. Values that identify persons are not quoted.
    """
    # Here, because what recognises is seldom needed and takes long to load.
    from advocacy.responses.dataset.persons import quoting_persons

    hidden = quoting_persons(connection, problems)
    groups = connection.execute(grouped_sql(problems)).fetchmany(most)
    listed = "; ".join(
        f"row{'s' * (times > 1)} {name_rows(rows, times)}, {column}: "
        f"{'a value that is not shown' if column in hidden else repr(value)} ({reason})"
        for _, column, value, reason, rows, times in groups
    )
    return listed, sum(times for *_, times in groups)


def name_rows(rows: Sequence[int], times: int) -> str:
    """Name the rows of a problem that `grouped_sql` gives, such as 3, 7, 8 and 12 others."""
    named = [str(row) for row in rows]
    others = times - len(named)
    if others:
        return f"{', '.join(named)} and {others} other{'s' * (others > 1)}"
    return " and ".join(filter(None, (", ".join(named[:-1]), named[-1])))


def listed_values(
    path: Path, most: int, files: Collection[str] | None = None
) -> tuple[list[tuple[str, ...]], list[tuple[str, str, int]]]:
    """Return the first values that a partition lists, and how often there is each reason.

    Parameters
    ----------
    path
        The partition's list of rejected rows, or of values that could not be placed.
    most
        Different values that are returned.
    files
        Names of the files whose values they are; ``None`` for all.

    Returns
    -------
    tuple
        File, rows, column, value and reason of each value, one that several rows hold only
        once; and column, reason and number of values, most first.
    """
    table = list_sql(path)
    if files is not None:
        named = ", ".join(map(literal, files)) or "NULL"
        table = f"(SELECT * FROM {table} WHERE file IN ({named}))"
    with connect() as connection:
        groups = connection.execute(grouped_sql(table)).fetchmany(most)
        reasons: list[Any] = connection.execute(
            f'SELECT "column", reason, count(*) AS "values" FROM {table} '
            'GROUP BY ALL ORDER BY "values" DESC, "column", reason'
        ).fetchall()
    listed: list[tuple[str, ...]] = [
        (file, name_rows(rows, times), column, value, reason)
        for file, column, value, reason, rows, times in groups
    ]
    return listed, reasons


@dataclass(frozen=True)
class Refused:
    """Values of a column that were refused for one reason.

    Parameters
    ----------
    column, reason
        The canonical column, and why.
    times
        How many values.
    different
        How many different ones.
    commonest
        The commonest, each with how often it stands there; ``None`` where it is not to be shown.
    """

    column: str
    reason: str
    times: int
    different: int
    commonest: tuple[tuple[str | None, int], ...]


def refused_values(path: Path, most: int = _COMMONEST) -> list[Refused]:
    """Return what was refused by column and reason, most first, with the commonest values.

    Parameters
    ----------
    path
        A partition's list of rejected rows, or of values that could not be placed.
    most
        Different values of each that are returned.
    """
    order = "ORDER BY times DESC, value"
    with connect() as connection:
        groups = connection.execute(
            'SELECT "column", reason, sum(times)::BIGINT AS total, count(*), '
            f"list(value {order})[:{most}], list(times {order})[:{most}] FROM ("
            'SELECT "column", reason, value, count(*) AS times '
            f"FROM {list_sql(path)} GROUP BY ALL) "
            'GROUP BY "column", reason ORDER BY total DESC, "column", reason'
        ).fetchall()
    return [
        Refused(column, reason, total, different, tuple(zip(values, times, strict=True)))
        for column, reason, total, different, values, times in groups
    ]


def industry_sections(partition: Path) -> list[tuple[str, int]]:
    """Return the section of NACE Rev. 2.1 of the ratings of a partition, with their number.

    Most first; nothing where they have no industry.
    """
    # Listed here: to DuckDB, letters of a folder's name may be parts of a pattern.
    files = ", ".join(literal(str(path)) for path in sorted(partition.glob("responses-*.parquet")))
    table = f"read_parquet([{files}], union_by_name = true, hive_partitioning = false)"
    with connect() as connection:
        if "industry" not in connection.sql(f"SELECT * FROM {table} LIMIT 0").columns:
            return []
        return connection.execute(
            f"SELECT left(industry, 1) AS section, count(*) AS ratings FROM {table} "
            "WHERE industry IS NOT NULL GROUP BY ALL ORDER BY ratings DESC, section"
        ).fetchall()


def exclusion_reasons(path: Path) -> list[tuple[str, int]]:
    """Return each reason why ratings of a partition do not count, with their number; most first.

    ``path`` is the partition's list of such ratings.
    """
    with connect() as connection:
        return connection.execute(
            f"SELECT {EXCLUDED}, count(*) AS ratings FROM {list_sql(path)} "
            "GROUP BY ALL ORDER BY ratings DESC, excluded"
        ).fetchall()


def listed_columns(path: Path) -> list[str]:
    """Return the names of the columns of a list; older imports wrote fewer."""
    with path.open(encoding="utf-8", newline="") as lines:
        return next(text_csv.reader(lines), [])


def list_sql(path: Path) -> str:
    """Return the SQL expression of a list of the import, of texts; nothing about it is guessed."""
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in listed_columns(path))
    return (
        f"read_csv({literal(str(path))}, auto_detect = false, header = true, delim = ',', "
        f"quote = '\"', escape = '\"', columns = {{{columns}}}, hive_partitioning = false)"
    )


def write_accounts(accounts: Mapping[str, RowAccount], path: Path) -> None:
    """Write the row account of each source as CSV: source, read, kept, rejected, forgotten."""
    rows = [{"source": name, **asdict(account)} for name, account in accounts.items()]
    with replacing(path) as temporary:
        csv.write_csv(pa.Table.from_pylist(rows), temporary)


def read_accounts(path: Path) -> dict[str, RowAccount]:
    """Read what `write_accounts` has written."""
    rows = csv.read_csv(path).to_pylist()
    return {row.pop("source"): RowAccount(**row) for row in rows}


def excluded_ratings(dataset: Path) -> int:
    """Count the kept ratings of a dataset that are in no base, over all sources."""
    files = _lists_sql(dataset, EXCLUDED_FILE)
    with connect() as connection:
        rows = connection.execute(
            f"SELECT count(*) FROM read_csv({files}, all_varchar = true)"
        ).fetchall()
    return int(rows[0][0])


def rejection_reasons(dataset: Path) -> pa.Table:
    """Count the rejected values of a dataset: column, reason, sources, values; most first."""
    files = _lists_sql(dataset, REJECTED_FILE)
    with connect() as connection:
        return connection.sql(
            'SELECT "column", reason, count(DISTINCT source) AS sources, count(*) AS "values" '
            f"FROM read_csv({files}, all_varchar = true, hive_partitioning = true, "
            "union_by_name = true) "
            'GROUP BY ALL ORDER BY "values" DESC, "column", reason'
        ).to_arrow_table()


def _lists_sql(dataset: Path, name: str) -> str:
    """Return the SQL list of the files of this name, one of each partition."""
    folders = (dataset / "responses").glob("source=*")
    files = (literal(str(verified_list(folder, name))) for folder in folders)
    return f"[{', '.join(files)}]"
