"""Engines run the one grouped pass over the responses and give Arrow back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import pyarrow as pa

from advocacy.survey.engines.embedded import DuckDB

__all__ = ["DuckDB", "Engine"]


class Engine(Protocol):
    """Runs a statement in DuckDB's dialect."""

    def run(self, sql: str, tables: Mapping[str, pa.Table]) -> pa.Table:
        """Return the result of ``sql``, in which ``tables`` are known by name."""
        ...
