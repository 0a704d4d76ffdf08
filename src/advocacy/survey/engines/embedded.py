"""The embedded engine, DuckDB: the default, on one machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from advocacy.sql import connect


@dataclass(frozen=True)
class DuckDB:
    """DuckDB in this process.

    Parameters
    ----------
    threads
        Number of threads; ``None`` for all processors. Sums of doubles over several threads
        may differ in their last bits from run to run, over one thread they do not.
    """

    threads: int | None = None

    def run(self, sql: str, tables: Mapping[str, pa.Table]) -> pa.Table:
        """Return the result of ``sql``, in which ``tables`` are known by name."""
        with connect(tables, threads=self.threads) as connection:
            return connection.sql(sql).to_arrow_table()
