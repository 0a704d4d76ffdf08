"""Spark, for datasets that outgrow a machine: the statement transpiled, Arrow back.

Optional: the extra ``advocacy[spark]``, and Java 17 or newer.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import pyarrow as pa

from advocacy.errors import UsageError
from advocacy.survey.engines.transpiled import package, parsed, refuse_files

_EXTRA = "spark"
_REMEDY = "Import the file with `advocacy import` and name the dataset, or use the engine duckdb."
_SETTINGS = {
    "spark.app.name": "advocacy",
    "spark.log.level": "ERROR",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
# A machine by itself needs no address that others see, and few partitions of few cells.
_LOCAL = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.shuffle.partitions": "8",
}


@dataclass(frozen=True)
class Spark:
    """Spark, which reads the Parquet files of imported datasets.

    Parameters
    ----------
    master
        Where it runs: ``local[2]`` for two processors of this machine, or the address of a
        cluster that sees the files under the same paths. In a process whose Spark runs
        already, that one is used.
    """

    master: str = "local[*]"

    def run(self, sql: str, tables: Mapping[str, pa.Table]) -> pa.Table:
        """Return the result of ``sql``, which reads a dataset.

        Raises
        ------
        UsageError
            A survey file instead of a dataset, pyspark is not installed, or Spark does not
            start.
        """
        refuse_files(tables, _EXTRA, _REMEDY)
        statement = parsed(sql, _EXTRA)
        session = _session(self.master)
        expressions = package("sqlglot.expressions", _EXTRA)
        for scan in list(statement.find_all(expressions.ReadParquet)):
            view = expressions.to_table(_view(session, scan, expressions))
            scan.find_ancestor(expressions.Table).replace(view)
        return session.sql(statement.sql(dialect="spark")).toArrow()


def _view(session: Any, scan: Any, expressions: Any) -> str:
    """Return the name of a view of the files that DuckDB would read."""
    listed = scan.expressions[0]
    if not isinstance(listed, expressions.Array):
        refuse_files([scan], _EXTRA, _REMEDY)
    files = [str(literal.this) for literal in listed.expressions]
    name = f"responses_{sha256(chr(0).join(files).encode()).hexdigest()[:16]}"
    reader = session.read.option("mergeSchema", True)
    reader.parquet(*(_escaped(file) for file in files)).createOrReplaceTempView(name)
    return name


def _escaped(path: str) -> str:
    """Return a path as a pattern that it alone matches: Spark takes every path for a pattern."""
    return re.sub(r"([\\[\]{}*?])", r"\\\1", path)


def _session(master: str) -> Any:
    """Return the session of this process, which is started if there is none."""
    settings = _SETTINGS | (_LOCAL if master.startswith("local") else {})
    with warnings.catch_warnings():
        # Said of pandas on Spark, which is not used.
        warnings.simplefilter("ignore", FutureWarning)
        builder = package("pyspark.sql", _EXTRA).SparkSession.builder
        failures = (
            package("pyspark.errors", _EXTRA).PySparkException,
            package("py4j.protocol", _EXTRA).Py4JError,
        )
        try:
            return builder.master(master).config(map=settings).getOrCreate()
        except failures as error:
            raise UsageError(
                f"Spark does not start on {master} ({str(error).splitlines()[0]}).",
                remedy="Is Java 17 or newer installed, and is the master one such as local[2] or "
                "spark://host:7077?",
            ) from error
