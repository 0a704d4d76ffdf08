"""Where answers are, and which engine runs the pass over them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from advocacy.cli.shared.input_file import LocalPath
from advocacy.errors import UsageError
from advocacy.survey.engines import DuckDB, Engine, Postgres, Spark

_SERVERS = ("postgresql://", "postgres://")
# Which of the options that set up an engine each of them takes.
_TAKES = {
    "duckdb": {"--threads", "--memory-limit", "--spill"},
    "spark": {"--master"},
    "postgres": set[str](),
}


@dataclass(frozen=True)
class TableName:
    """A table of responses in a database, named by a location as ``database#table``."""

    database: str
    table: str

    @property
    def in_server(self) -> bool:
        """Whether the database is a server, not a file of DuckDB."""
        return self.database.startswith(_SERVERS)


class Source(click.ParamType):  # type: ignore[type-arg]  # generic in the newest click alone
    """A file or folder that exists, or a table of a database."""

    name = "source"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path | TableName:
        """Return what a text names."""
        database, _, table = str(value).rpartition("#")
        found = TableName(database, table)
        if found.in_server or (Path(database).is_file() and not Path(value).exists()):
            return found
        if str(value).startswith(_SERVERS):
            self.fail("the table is not named: add it, such as #responses", param, ctx)
        checked: Path = LocalPath(exists=True).convert(value, param, ctx)
        return checked


@dataclass(frozen=True)
class EngineChoice:
    """Which engine runs the pass, and how it is set up."""

    engine: str | None
    master: str | None
    threads: int | None
    memory_limit: str | None
    spill: Path | None

    def engine_of(self, source: Path | TableName) -> Engine:
        """Return the engine for answers; where they are decides if none is named.

        Raises
        ------
        UsageError
            An engine that does not read such answers, or an option of another engine.
        """
        table = isinstance(source, TableName) and source
        default = "postgres" if table and table.in_server else "duckdb"
        name = self.engine or default
        if (table or name == "postgres") and name != default:
            raise UsageError(
                f"The engine {name} does not read {'this table' if table else 'files'}.",
                remedy=f"Leave out --engine; {default} reads it."
                if table
                else "Name a table, such as postgresql://host/database#responses.",
            )
        self._refuse_others(name)
        if name == "spark":
            return Spark(self.master) if self.master else Spark()
        if name == "postgres":
            return Postgres(table.database if table else "")
        file = Path(table.database) if table else None
        return DuckDB(self.threads, self.memory_limit, self.spill, file)

    def _refuse_others(self, name: str) -> None:
        """Refuse options that set up another engine."""
        given = {
            "--master": self.master,
            "--threads": self.threads,
            "--memory-limit": self.memory_limit,
            "--spill": self.spill,
        }
        wrong = [option for option, value in given.items() if value and option not in _TAKES[name]]
        if wrong:
            raise UsageError(
                f"{' and '.join(wrong)} cannot be used with the engine {name}.",
                remedy="Leave it out, or name another engine with --engine.",
            )


ENGINE_OPTIONS = [
    click.option(
        "--engine",
        type=click.Choice(list(_TAKES)),
        help="What runs the pass over the answers: duckdb in this process; spark, for a DATASET; "
        "postgres, for a table of its server. Without it, postgres for such tables, else duckdb.",
    ),
    click.option("--master", help="Where Spark runs, such as local[2].  [default: local[*]]"),
    click.option("--threads", type=click.IntRange(min=1), help="Processors that DuckDB uses."),
    click.option("--memory-limit", help="Memory that DuckDB uses before it spills, such as 2GB."),
    click.option(
        "--spill",
        type=LocalPath(file_okay=False),
        help="Folder for what does not fit in DuckDB's memory.  [default: one below TMPDIR]",
    ),
]
