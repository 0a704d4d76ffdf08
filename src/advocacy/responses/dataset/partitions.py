"""The partition of a source: its ratings as Parquet; in `ABOUT` the rest, manifest and lists.

Which ratings count is known only when all rows are there. Until then they wait, as they are in
memory, in a file that is no part of the partition; so Parquet is written once.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
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
from advocacy.responses.dataset.intake import (
    ImportOptions,
    TakenIn,
    describe,
    open_file,
    take_in,
)
from advocacy.responses.dataset.manifest import describe_source
from advocacy.responses.dataset.persons import Persons
from advocacy.responses.dataset.source import Source
from advocacy.responses.privacy import Finding
from advocacy.sql import connect
from advocacy.stored import seal

# Nearly every value is another: to look for repeated ones takes time and finds none.
_WITHOUT_DICTIONARY = frozenset({"rating_id", "respondent_id"})


@dataclass(frozen=True)
class _Done:
    """What is kept of a file that was taken in; the file itself may be large."""

    persons: Persons
    names: list[str]
    taken: TakenIn
    described: dict[str, Any]


def write_partition(source: Source, folder: Path, options: ImportOptions) -> RowAccount:
    """Write the files of a source to a folder that is not there yet; return the rows of all.

    Raises as `import_source`.
    """
    corrections = _corrections(source)
    about = folder / ABOUT
    about.mkdir(parents=True)
    waiting = [folder / f"responses-{index}.arrow" for index, _ in enumerate(source.files)]
    done = _taken_in(source, corrections, options, waiting)
    taken, described = [one.taken for one in done], [one.described for one in done]
    named = {name for one in done for name in one.names}
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


def _taken_in(
    source: Source,
    corrections: list[Correction],
    options: ImportOptions,
    waiting: list[Path],
) -> list[_Done]:
    """Take in the files of a source; anew where persons are found in it too late.

    A variable that identifies persons in one file is left out of all: they share its meaning.
    """
    known: dict[str, Finding] = {}
    names = [name for name, _ in source.files]
    done: list[_Done | None] = [None] * len(names)
    with ThreadPoolExecutor(1) as beside:
        digests = [beside.submit(sha256, source.folder / name) for name in names]
        while waits := [at for at, one in enumerate(done) if _is_outdated(one, known)]:
            for at in waits:
                file = open_file(source, names[at], corrections, options, known.values())
                one = take_in(file, waiting[at])
                described = describe(file, one.account, digests[at].result())
                done[at] = _Done(file.persons, file.names, one, described)
                for finding in (*file.persons.private, *one.late):
                    known.setdefault(finding.variable, _found_in(finding, names[at], names))
    return [one for one in done if one]


def _is_outdated(done: _Done | None, known: Mapping[str, Finding]) -> bool:
    """Tell whether a file has yet to be taken in, or uses a variable that is to be left out."""
    return done is None or bool(done.taken.late) or done.persons.lack(known.values())


def _found_in(finding: Finding, name: str, names: list[str]) -> Finding:
    """Return a finding that says in which of several files it was made."""
    reason = f"{finding.reason}, in {name}" if len(names) > 1 else finding.reason
    return replace(finding, reason=reason)


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
