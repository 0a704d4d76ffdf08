"""What stands in each variable of a file: its values with labels and counts.

The file is read in batches. Each batch is counted by itself and the counts are added up, so
that memory does not grow with the rows; what many different values take goes to disk.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from advocacy.errors import FileFormatError
from advocacy.responses.labelled import LabelledTable, Variable, written_code
from advocacy.sql import connect, identifier, literal

if TYPE_CHECKING:
    from advocacy.responses.readers import Scan

# A variable with more values than this is not listed value by value.
MOST_LEVELS = 60
# Codes for no answer that stand together above the values, such as 97, 98 and 99.
MOST_CODES = 3
_BATCH_ROWS = 100_000
_MEMORY = "512MB"  # for counts; beyond it they are on disk
_THREADS = os.cpu_count() or 1


class Kind(StrEnum):
    """What the values of a variable are, whatever type the file stores them in."""

    EMPTY = "empty"
    NUMBER = "number"
    TEXT = "text"
    DATE = "date"


@dataclass(frozen=True)
class Level:
    """One value of a variable.

    Parameters
    ----------
    value
        The value as a crosswalk writes it: whole numbers without a decimal point.
    label
        Its value label; empty where the file has none.
    count
        Rows that hold it; 0 for a label that nobody chose.
    declared_missing
        Whether the file declares it user-missing.
    """

    value: str
    label: str
    count: int
    declared_missing: bool = False

    @property
    def number(self) -> float | None:
        """The value as a number, ``None`` where it is none."""
        try:
            return float(self.value)
        except ValueError:
            return None


@dataclass(frozen=True)
class Profile:
    """What one variable holds.

    Parameters
    ----------
    variable
        Its entry in the file's dictionary.
    position
        Place in the file, from 0; ``last`` is the place of the last variable.
    rows, absent, distinct
        Rows of the file, rows without value, and different values.
    low, high
        Smallest and largest number among values that are not declared missing.
    whole
        All values are whole numbers.
    length
        Mean length of texts, in characters.
    levels
        Labelled codes and values found, by value; values found are left out where there are
        more than `MOST_LEVELS`, ``listed`` is then false.
    examples
        Up to `MOST_LEVELS` of the values found, the same ones each time.
    highest
        Up to `MOST_CODES` + 1 of the largest numbers that are not declared missing, from below.
    """

    variable: Variable
    kind: Kind
    position: int
    last: int
    rows: int
    absent: int
    distinct: int
    low: float | None
    high: float | None
    whole: bool
    length: float
    levels: tuple[Level, ...]
    listed: bool
    examples: tuple[str, ...] = ()
    highest: tuple[Level, ...] = ()


@dataclass(frozen=True)
class ProfiledFile:
    """A file's dictionary and what its variables hold, without its rows.

    Parameters
    ----------
    table
        The dictionary; ``values`` has no rows, and the assumptions are those of a whole reading.
    rows
        Rows of the file.
    profiles
        One entry a variable, in the file's order.
    format
        Name of the file's format, as in `READERS`.
    """

    table: LabelledTable
    rows: int
    profiles: tuple[Profile, ...]
    format: str = ""


def profile_file(path: Path, encoding: str | None = None, sheet: str | None = None) -> ProfiledFile:
    """Read a survey file in batches and return what its variables hold; see `scan_labelled`."""
    # Here, because the process that leaves this to a worker needs none of the parsers.
    from advocacy.responses.readers import format_of, scan_labelled

    return replace(profiled(scan_labelled(path, encoding, sheet)), format=format_of(path))


def profiled(scan: Scan, size: int = _BATCH_ROWS) -> ProfiledFile:
    """Return what the variables of an open file hold.

    Parameters
    ----------
    size
        Rows that are in memory at a time.

    Raises
    ------
    FileFormatError
        The file has no rows, or is damaged.
    """
    table = scan.table
    with connect(threads=_THREADS) as connection:
        connection.execute(f"SET memory_limit = {literal(_MEMORY)}")
        rows = _count(connection, scan, size)
        if not rows:
            raise FileFormatError("The file has variables but no rows.", where=str(table.path))
        profiles = tuple(
            _profile(connection, variable, table.values.schema.field(at).type, at, table)
            for at, variable in enumerate(table.variables)
        )
    assumptions = (*table.assumptions, *scan.lost())
    return ProfiledFile(replace(table, assumptions=assumptions), rows, profiles)


def _count(connection: duckdb.DuckDBPyConnection, scan: Scan, size: int) -> int:
    """Fill a table ``counted_<place>`` a variable, a row a value and batch; return the rows."""
    types = scan.table.values.schema.types
    for at in range(len(types)):
        connection.execute(
            f"CREATE TEMP TABLE counted_{at} (value VARCHAR, number DOUBLE, rows BIGINT)"
        )
    rows = 0
    for batch in scan.batches(None, size):
        rows += batch.num_rows
        # By place: names that differ only in case would be one name to the database.
        connection.register("batch", batch.rename_columns([f"v{at}" for at in range(len(types))]))
        for at, kind in enumerate(types):
            value, number = _expressions(f"v{at}", kind)
            connection.execute(
                f"INSERT INTO counted_{at} "
                f"SELECT {value} AS value, {number} AS number, count(*) FROM batch GROUP BY ALL"
            )
    return rows


def _profile(
    connection: duckdb.DuckDBPyConnection,
    variable: Variable,
    raw_type: pa.DataType,
    position: int,
    table: LabelledTable,
) -> Profile:
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE found AS SELECT value, number, sum(rows)::BIGINT AS rows "
        f"FROM counted_{position} GROUP BY ALL"
    )
    connection.execute(f"DROP TABLE counted_{position}")
    counted = _row(connection, _COUNTS)
    rows, absent, distinct, numbers, dates = (int(count or 0) for count in counted[:5])
    low, high, whole = _row(connection, f"{_LIMITS} WHERE {_not_missing(variable)}")
    listed = distinct <= MOST_LEVELS
    return Profile(
        variable=variable,
        kind=_kind(raw_type, distinct, numbers, dates),
        position=position,
        last=len(table.variables) - 1,
        rows=rows,
        absent=absent,
        distinct=distinct,
        low=low,
        high=high,
        whole=bool(whole),
        length=float(counted[5] or 0.0),
        levels=_levels(connection, variable, listed),
        listed=listed,
        examples=tuple(
            value for (value,) in connection.execute(_EXAMPLES, [MOST_LEVELS]).fetchall()
        ),
        highest=_highest(connection, variable),
    )


_COUNTS = (
    "SELECT sum(rows), sum(rows) FILTER (value IS NULL), count(value), "
    "count(number) FILTER (isfinite(number)), count(TRY_CAST(value AS DATE)), "
    "avg(length(value)) FROM found"
)
_LIMITS = "SELECT min(number), max(number), bool_and(number = floor(number)) FROM found"
# By hash, so that not only the earliest dates are among them.
_EXAMPLES = "SELECT value FROM found WHERE value IS NOT NULL ORDER BY md5(value), value LIMIT $1"


def _expressions(name: str, raw_type: pa.DataType) -> tuple[str, str]:
    """Return SQL for a value as a crosswalk writes it and as a number, NULL where it is none."""
    quoted = identifier(name)
    cast = f"TRY_CAST({quoted} AS DOUBLE)"
    number = f"CASE WHEN isfinite({cast}) THEN {cast} END"
    if pa.types.is_temporal(raw_type):
        return f"{quoted}::VARCHAR", "NULL::DOUBLE"
    if pa.types.is_floating(raw_type) or pa.types.is_integer(raw_type):
        return rf"regexp_replace(({number})::VARCHAR, '^(-?\d+)\.0$', '\1')", number
    text = f"NULLIF(trim({quoted}::VARCHAR), '')"
    return text, number.replace(quoted, text)


def _kind(raw_type: pa.DataType, distinct: int, numbers: int, dates: int) -> Kind:
    if distinct == 0:
        return Kind.EMPTY
    if pa.types.is_temporal(raw_type) or dates == distinct:
        return Kind.DATE
    return Kind.NUMBER if numbers == distinct else Kind.TEXT


def _levels(
    connection: duckdb.DuckDBPyConnection, variable: Variable, listed: bool
) -> tuple[Level, ...]:
    labels = {written_code(code): label for code, label in variable.value_labels}
    wanted = connection.execute(
        "SELECT value, rows FROM found "
        "WHERE value IS NOT NULL AND ($1 OR list_contains($2, value))",
        [listed, list(labels)],
    ).fetchall()
    counts = dict.fromkeys(labels, 0) | {value: int(rows) for value, rows in wanted}
    found = [
        Level(code, labels.get(code, ""), count, is_missing(variable, code))
        for code, count in counts.items()
    ]
    return tuple(sorted(found, key=_order))


def _highest(connection: duckdb.DuckDBPyConnection, variable: Variable) -> tuple[Level, ...]:
    labels = {written_code(code): label for code, label in variable.value_labels}
    found = connection.execute(
        f"SELECT value, rows FROM found WHERE number IS NOT NULL AND {_not_missing(variable)} "
        f"ORDER BY number DESC, value LIMIT {MOST_CODES + 1}"
    ).fetchall()
    return tuple(Level(value, labels.get(value, ""), int(n)) for value, n in reversed(found))


def _order(level: Level) -> tuple[bool, float, str]:
    number = level.number
    return number is None, number or 0.0, level.value


def is_missing(variable: Variable, value: str) -> bool:
    """Tell whether the file declares a value user-missing."""
    for code in variable.user_missing:
        if isinstance(code.low, str) or isinstance(code.high, str):
            if str(code.low) <= value <= str(code.high):
                return True
        elif _between(code.low, value, code.high):
            return True
    return False


def _between(low: float, value: str, high: float) -> bool:
    try:
        return low <= float(value) <= high
    except ValueError:
        return False


def _not_missing(variable: Variable) -> str:
    """Return SQL that leaves out declared missing numbers."""
    ranges = [c for c in variable.user_missing if not isinstance(c.low, str)]
    inside = [f"number BETWEEN '{c.low}'::DOUBLE AND '{c.high}'::DOUBLE" for c in ranges]
    return f"NOT coalesce({' OR '.join(inside)}, FALSE)" if inside else "TRUE"


def _row(connection: duckdb.DuckDBPyConnection, statement: str) -> tuple[float | None, ...]:
    row = connection.execute(statement).fetchone()
    return tuple(row or ())
