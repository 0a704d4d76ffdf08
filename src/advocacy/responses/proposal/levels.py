"""What stands in each variable of a file: its values with labels and counts.

The file is read in batches. Each batch is counted by itself and the counts are added up, so
that memory does not grow with the rows; what many different values take goes to disk.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from advocacy.responses.labelled import LabelledTable, Variable, without_rows, written_code
from advocacy.responses.proposal.follow_up.order import Order
from advocacy.sql import connect, identifier, literal

if TYPE_CHECKING:
    from advocacy.responses.readers import Scan

# A variable with more values than this is not listed value by value.
MOST_LEVELS = 60
# Codes for no answer that stand together above the values, such as 97, 98 and 99.
MOST_CODES = 3
_BATCH_ROWS = 100_000
_BATCH_VALUES = 20_000_000  # of all variables: of wide files fewer rows are in memory
_MEMORY = "512MB"  # for counts; beyond it they are on disk
_THREADS = os.cpu_count() or 1


@cache
def _number(value: str) -> float | None:
    """Return a value as a number; most variables of a survey have the same few."""
    try:
        return float(value)
    except ValueError:
        return None


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
        return _number(self.value)


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
    later
        Pairs of dates of which the second is never before the first; see `Order`.
    """

    table: LabelledTable
    rows: int
    profiles: tuple[Profile, ...]
    format: str = ""
    later: frozenset[tuple[str, str]] = frozenset()


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
    table, order = scan.table, Order()
    size = max(min(size, _BATCH_VALUES // max(len(table.variables), 1)), 1)
    with connect(threads=_THREADS) as connection:
        connection.execute(f"SET memory_limit = {literal(_MEMORY)}")
        rows = _count(connection, scan, size, order)
        if not rows:
            raise without_rows(table.path)
        profiles = _profiles(connection, table)
    assumptions = (*table.assumptions, *scan.lost())
    named = replace(table, assumptions=assumptions)
    return ProfiledFile(named, rows, profiles, later=order.later())


def _count(connection: duckdb.DuckDBPyConnection, scan: Scan, size: int, order: Order) -> int:
    """Fill a table ``counted``, a row a variable, value and batch; return the rows of the file.

    Variables of one type are counted by one statement: the work grows with their number.
    """
    connection.execute(
        "CREATE TEMP TABLE counted (place INTEGER, value VARCHAR, number DOUBLE, rows BIGINT)"
    )
    rows = 0
    for batch in scan.batches(None, size):
        rows += batch.num_rows
        order.add(batch)
        for kind in dict.fromkeys(batch.schema.types):
            places = [at for at, own in enumerate(batch.schema.types) if own == kind]
            connection.register("batch", _counts(batch, places))
            value, number = _expressions("raw", kind)
            connection.execute(
                f"INSERT INTO counted SELECT place, {value} AS value, {number} AS number, "
                "sum(rows) FROM batch GROUP BY ALL"
            )
    return rows


def _counts(batch: pa.Table, places: list[int]) -> pa.Table:
    """Return the values of variables of one type: columns place, raw and rows."""
    raw, rows, of = [], [], []
    for place in places:
        column = batch.column(place).combine_chunks()
        try:
            counted = pc.value_counts(column)
            values, counts = counted.field("values"), counted.field("counts")
        except pa.ArrowNotImplementedError:  # of types that are no answers
            values, counts = column, pa.repeat(1, len(column))
        raw.append(values)
        rows.append(counts)
        of.append(pa.repeat(pa.scalar(place, pa.int32()), len(values)))
    return pa.table(
        {
            "place": pa.chunked_array(of),
            "raw": pa.chunked_array(raw),
            "rows": pa.chunked_array(rows),
        }
    )


def _profiles(connection: duckdb.DuckDBPyConnection, table: LabelledTable) -> tuple[Profile, ...]:
    """Return what each variable holds, by statements over all of them."""
    variables = table.variables
    labels = [{written_code(code): of for code, of in one.value_labels} for one in variables]
    connection.register("ranges", _ranges(variables))
    connection.register("labelled", _labelled(labels))
    connection.execute(_FOUND)
    counted = {row[0]: row[1:] for row in connection.execute(_COUNTS).fetchall()}
    limits = {row[0]: row[1:] for row in connection.execute(_LIMITS).fetchall()}
    examples = dict(connection.execute(_EXAMPLES).fetchall())
    levels = _by_place(connection, _LEVELS)
    highest = _by_place(connection, _HIGHEST)
    profiles = []
    for at, variable in enumerate(variables):
        rows, absent, distinct, numbers, dates = (int(count or 0) for count in counted[at][:5])
        low, high, whole = limits.get(at, (None, None, None))
        profiles.append(
            Profile(
                variable=variable,
                kind=_kind(table.values.schema.field(at).type, distinct, numbers, dates),
                position=at,
                last=len(variables) - 1,
                rows=rows,
                absent=absent,
                distinct=distinct,
                low=low,
                high=high,
                whole=bool(whole),
                length=float(counted[at][5] or 0.0),
                levels=_levels(variable, labels[at], levels.get(at, [])),
                listed=distinct <= MOST_LEVELS,
                examples=tuple(examples.get(at) or ()),
                highest=tuple(
                    Level(value, labels[at].get(value, ""), count)
                    for value, count in reversed(highest.get(at, []))
                ),
            )
        )
    return tuple(profiles)


# Whether a number is declared missing is decided once, for all statements.
_FOUND = """
    CREATE TEMP TABLE found AS
    SELECT place, value, number, sum(rows)::BIGINT AS rows,
        coalesce(bool_or(number BETWEEN low AND high), FALSE) AS declared
    FROM counted LEFT JOIN ranges USING (place)
    GROUP BY place, value, number
"""
_COUNTS = (
    "SELECT place, sum(rows), sum(rows) FILTER (value IS NULL), count(value), "
    "count(number) FILTER (isfinite(number)), count(TRY_CAST(value AS DATE)), "
    "avg(length(value)) FROM found GROUP BY place"
)
_LIMITS = (
    "SELECT place, min(number), max(number), bool_and(number = floor(number)) FROM found "
    "WHERE NOT declared GROUP BY place"
)
# By hash, so that not only the earliest dates are among them.
_EXAMPLES = (
    f"SELECT place, arg_min(value, (md5(value), value), {MOST_LEVELS}) FROM found "
    "WHERE value IS NOT NULL GROUP BY place"
)
_LEVELS = f"""
    SELECT place, value, rows FROM found
    WHERE value IS NOT NULL AND (
        place IN (SELECT place FROM found GROUP BY place HAVING count(value) <= {MOST_LEVELS})
        OR (place, value) IN (SELECT (place, value) FROM labelled)
    ) ORDER BY place, value
"""
_HIGHEST = f"""
    SELECT place, value, rows FROM found WHERE number IS NOT NULL AND NOT declared
    QUALIFY row_number() OVER (PARTITION BY place ORDER BY number DESC, value) <= {MOST_CODES + 1}
    ORDER BY place, number DESC, value
"""


def _by_place(
    connection: duckdb.DuckDBPyConnection, statement: str
) -> dict[int, list[tuple[str, int]]]:
    """Return value and rows that a statement gives, by the place of the variable."""
    found: dict[int, list[tuple[str, int]]] = {}
    for place, value, rows in connection.execute(statement).fetchall():
        found.setdefault(place, []).append((value, rows))
    return found


def _ranges(variables: tuple[Variable, ...]) -> pa.Table:
    """Return the numbers that are declared missing: place, low and high."""
    ranges = [
        (at, code.low, code.high)
        for at, variable in enumerate(variables)
        for code in variable.user_missing
        if not isinstance(code.low, str)
    ]
    place, low, high = zip(*ranges, strict=True) if ranges else ((), (), ())
    return pa.table(
        {
            "place": pa.array(place, pa.int32()),
            "low": pa.array(low, pa.float64()),
            "high": pa.array(high, pa.float64()),
        }
    )


def _labelled(labels: list[dict[str, str]]) -> pa.Table:
    """Return the values that have a label: place and value."""
    return pa.table(
        {
            "place": pa.array([at for at, own in enumerate(labels) for _ in own], pa.int32()),
            "value": pa.array([value for own in labels for value in own], pa.string()),
        }
    )


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
    variable: Variable, labels: dict[str, str], found: list[tuple[str, int]]
) -> tuple[Level, ...]:
    counts = dict.fromkeys(labels, 0) | dict(found)
    levels = [
        Level(code, labels.get(code, ""), count, is_missing(variable, code))
        for code, count in counts.items()
    ]
    return tuple(sorted(levels, key=_order))


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
