"""Row accounting: every row that was read is either kept or rejected with a reason."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

REJECTED = pa.schema(
    [
        ("file", pa.string()),
        ("row", pa.int64()),
        ("column", pa.string()),
        ("value", pa.string()),
        ("reason", pa.string()),
    ]
)


@dataclass(frozen=True)
class RowAccount:
    """Number of rows read, kept and rejected; a row with two problems is rejected once.

    Raises
    ------
    ArithmeticError
        The numbers do not add up, which is a bug of ours.
    """

    read: int
    kept: int
    rejected: int

    def __post_init__(self) -> None:
        if self.read != self.kept + self.rejected:
            raise ArithmeticError(
                f"read {self.read} rows, but kept {self.kept} and rejected {self.rejected}"
            )

    def __add__(self, other: RowAccount) -> RowAccount:
        return RowAccount(
            self.read + other.read, self.kept + other.kept, self.rejected + other.rejected
        )


def rejected_rows_sql(columns: list[str], table: str, file: str) -> str:
    """Return the SELECT of all problems in ``table``, a row a problem, by row and column.

    ``table`` has the columns that `placement.placed` gives; ``file`` is an SQL literal.
    """
    from advocacy.responses.placement import ROW, problem
    from advocacy.sql import identifier, literal

    selects = [
        f"SELECT {file} AS file, {ROW} AS row, {literal(name)} AS column, "
        f"{identifier(name + '.raw')} AS value, {problem(name)} AS reason "
        f"FROM {table} WHERE {problem(name)} IS NOT NULL"
        for name in columns
    ]
    return f"{' UNION ALL '.join(selects)} ORDER BY row, column"
