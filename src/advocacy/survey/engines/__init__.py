"""Engines run the one grouped pass over the responses and give Arrow back."""

from __future__ import annotations

from advocacy.errors import UsageError
from advocacy.responses import Responses
from advocacy.sql import Engine
from advocacy.survey.engines.embedded import DuckDB
from advocacy.survey.engines.postgres import Postgres
from advocacy.survey.engines.spark import Spark
from advocacy.survey.engines.tables import Database, open_table

__all__ = ["Database", "DuckDB", "Engine", "Postgres", "Spark", "engine_for", "open_table"]


def engine_for(responses: Responses, chosen: Engine | None) -> Engine:
    """Return the engine that runs the pass: by default that of the responses, else DuckDB.

    Raises
    ------
    UsageError
        The responses are in a database, and another engine is chosen.
    """
    if responses.home and chosen not in (None, responses.home):
        raise UsageError(
            "The responses are a table of a database, which runs the pass itself.",
            where=responses.name,
            remedy="Leave out the engine.",
        )
    return chosen or responses.home or DuckDB()
