"""The partition of a source: its ratings as Parquet; in `ABOUT` the rest, manifest and lists.

Which ratings count is known only when all rows are there. Until then they wait, as they are in
memory, in a file that is no part of the partition; so Parquet is written once.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from advocacy.errors import CrosswalkError, DataError
from advocacy.provenance import sha256, write_json
from advocacy.responses.crosswalk.corrections import Correction, read_corrections
from advocacy.responses.dataset.accounts import (
    ABOUT,
    EXCLUDED_FILE,
    MANIFEST,
    REJECTED_FILE,
    UNPLACED_FILE,
    RowAccount,
)
from advocacy.responses.dataset.eligibility import (
    EligibilityRules,
    count_unjudged,
    exclusions_sql,
    with_excluded,
    write_exclusions,
)
from advocacy.responses.dataset.intake import ImportOptions, describe, open_file, take_in
from advocacy.responses.dataset.manifest import describe_source
from advocacy.responses.dataset.source import Source
from advocacy.sql import connect
from advocacy.stored import seal

# Nearly every value is another: to look for repeated ones takes time and finds none.
_WITHOUT_DICTIONARY = frozenset({"rating_id", "respondent_id"})


def write_partition(source: Source, folder: Path, options: ImportOptions) -> RowAccount:
    """Write the files of a source to a folder that is not there yet; return the rows of all.

    Raises as `import_source`.
    """
    corrections = _corrections(source)
    about = folder / ABOUT
    about.mkdir(parents=True)
    taken, described, waiting = [], [], []
    named: set[str] = set()
    with ThreadPoolExecutor(1) as beside:
        for index, (name, _) in enumerate(source.files):
            digest = beside.submit(sha256, source.folder / name)
            file = open_file(source, name, corrections, options)
            waiting.append(folder / f"responses-{index}.arrow")
            taken.append(take_in(file, waiting[-1]))
            named.update(file.names)
            described.append(describe(file, taken[-1].account, digest.result()))
    total = sum((one.account for one in taken[1:]), taken[0].account)
    csv.write_csv(pa.concat_tables(one.rejected for one in taken), about / REJECTED_FILE)
    csv.write_csv(pa.concat_tables(one.unplaced for one in taken), about / UNPLACED_FILE)
    with _seen(waiting) as connection:
        if "rating_id" in named:  # those that the import makes differ
            _refuse_repeated_ids(connection, source)
        exclusions, unjudged = _judged(connection, options.rules)
        write_exclusions(connection, "exclusions", about / EXCLUDED_FILE)
    for path in waiting:
        _write_parquet(path, exclusions)
    write_json(about / MANIFEST, describe_source(source, total, described, options.rules, unjudged))
    seal(folder, about, source=source.name, kind=source.kind)
    return total


def _corrections(source: Source) -> list[Correction]:
    """Return the source's corrections; refuse one of a file that the source does not list."""
    corrections = read_corrections(source.corrections) if source.corrections else []
    listed = [name for name, _ in source.files]
    for correction in corrections:
        if correction.file not in listed:
            raise CrosswalkError(
                f"The source {source.name} lists no file {correction.file!r}.",
                where=correction.where,
                remedy=f"Name one of: {', '.join(listed)}.",
            )
    return corrections


def _seen(waiting: list[Path]) -> duckdb.DuckDBPyConnection:
    """Return a connection that sees the rows that wait, of all files, as ``kept``."""
    # Mapped into memory: only the columns that are asked for are read.
    tables = {
        f"file_{index}": pa.ipc.open_stream(pa.memory_map(str(path))).read_all()
        for index, path in enumerate(waiting)
    }
    connection = connect(tables)
    selects = " UNION ALL BY NAME ".join(f"SELECT * FROM {name}" for name in tables)
    connection.execute(f"CREATE TEMP VIEW kept AS {selects}")
    return connection


def _refuse_repeated_ids(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Refuse a rating_id that stands in more than one row of the source."""
    repeated = connection.execute(
        "SELECT rating_id FROM kept GROUP BY rating_id HAVING count(*) > 1 "
        "ORDER BY rating_id LIMIT 1"
    ).fetchall()
    if repeated:
        raise DataError(
            f"The rating_id {repeated[0][0]!r} stands in more than one row.",
            where=str(source.folder),
            remedy="Leave rating_id out of the crosswalk, the import makes one; or correct it.",
        )


def _judged(
    connection: duckdb.DuckDBPyConnection, rules: EligibilityRules
) -> tuple[pa.Table, list[dict[str, Any]]]:
    """Return the ratings that do not count, and how many a rule could not judge.

    The former are a table ``exclusions`` of the connection as well.
    """
    columns = connection.sql("SELECT * FROM kept LIMIT 0").columns
    connection.execute(f"CREATE TEMP TABLE exclusions AS {exclusions_sql(rules, 'kept', columns)}")
    exclusions = connection.sql("SELECT rating_id, excluded FROM exclusions").to_arrow_table()
    return exclusions, count_unjudged(connection, rules, "kept", columns).to_pylist()


def _write_parquet(waiting: Path, exclusions: pa.Table) -> None:
    """Write the rows that wait as Parquet, marked where they do not count; remove the former.

    Those stay in the dataset: they belong to the design, only to no base.
    """
    with ExitStack() as open_files:
        # Not mapped: a batch leaves the memory when it is written.
        stream = open_files.enter_context(pa.OSFile(str(waiting)))
        writer: pq.ParquetWriter | None = None
        for batch in pa.ipc.open_stream(stream):
            rows = pa.Table.from_batches([batch])
            if exclusions.num_rows:
                rows = with_excluded(rows, exclusions)
            writer = writer or open_files.enter_context(_parquet(waiting, rows.schema))
            writer.write_table(rows)
    waiting.unlink()


def _parquet(waiting: Path, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        waiting.with_suffix(".parquet"),
        schema,
        compression="zstd",
        use_dictionary=[name for name in schema.names if name not in _WITHOUT_DICTIONARY],
    )
