"""The partition of a source: its ratings as Parquet; in `ABOUT` the rest, manifest and lists.

Which ratings count is known only when all rows are there. Until then they wait, as they are in
memory, in a file that is no part of the partition; so Parquet is written once.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv
from pyarrow.fs import LocalFileSystem

from advocacy.arrays import arrow
from advocacy.errors import CrosswalkError, DataError
from advocacy.isolation import Progress
from advocacy.provenance import sha256, write_json
from advocacy.reading import unchanged
from advocacy.responses.crosswalk.corrections import Correction, read_corrections
from advocacy.responses.dataset.accounts import (
    ABOUT,
    EXCLUDED_FILE,
    MANIFEST,
    REJECTED_FILE,
    UNPLACED_FILE,
    WITHOUT_DICTIONARY,
    RowAccount,
)
from advocacy.responses.dataset.eligibility import (
    EXCLUDED,
    LENGTH,
    EligibilityRules,
    exclusions_sql,
    unjudged_sql,
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
from advocacy.responses.dataset.manifest import describe_linked, describe_source
from advocacy.responses.dataset.persons import Persons
from advocacy.responses.dataset.source import LINKED, DataFile, Source
from advocacy.responses.dataset.waves.keys import EXCLUSIONS, PLACE, RATINGS, FileRows, Rows
from advocacy.responses.dataset.waves.links import (
    Linked,
    link_contacts,
    link_followups,
    with_outcomes,
)
from advocacy.responses.privacy import Finding
from advocacy.responses.schema import IDENTITY, TABLES
from advocacy.sql import planned
from advocacy.stored import seal

# What ratings are judged and linked by.
_SEEN = (*IDENTITY, "programme", "interviewed_on", "score", LENGTH, EXCLUDED)


@dataclass(frozen=True)
class _Done:
    """What is kept of a file that was taken in; the file itself may be large."""

    data: DataFile
    waiting: Path
    persons: Persons
    names: list[str]
    taken: TakenIn
    described: dict[str, Any]

    @property
    def pseudonyms(self) -> frozenset[str]:
        """Columns that have pseudonyms."""
        return frozenset(self.persons.pseudonyms)


def write_partition(
    source: Source, folder: Path, options: ImportOptions, progress: Progress | None = None
) -> RowAccount:
    """Write the files of a source to a folder that is not there yet; return the rows of ratings.

    Raises as `import_source`.
    """
    corrections = _corrections(source)
    about = folder / ABOUT
    about.mkdir(parents=True)
    done = {
        table: _taken_in(source, table, corrections, options, folder, progress) for table in TABLES
    }
    ratings = done["responses"]
    total = sum((one.taken.account for one in ratings[1:]), ratings[0].taken.account)
    seen = _seen(ratings)
    if any("rating_id" in one.names for one in ratings):  # those that the import makes differ
        _refuse_repeated_ids(seen, source)
    exclusions, unjudged = _judged(seen, options.rules)
    write_exclusions(exclusions, about / EXCLUDED_FILE)
    linked = _linked(seen, exclusions, source, done, folder)
    _write_lists(about, done, linked)
    outcomes, first = next((one.outcomes for one in linked.values() if one.outcomes), None), 0
    for one in ratings:
        first += _write_parquet(one.waiting, exclusions, outcomes, first)
    for one in chain(*(done[table] for table in LINKED)):
        one.waiting.unlink()
    described = [one.described for one in ratings]
    manifest = describe_source(source, total, described, options.rules, unjudged)
    for table, own in linked.items():
        files = [(one.described, one.taken.account) for one in done[table]]
        manifest[table] = describe_linked(own, files)
    write_json(about / MANIFEST, manifest)
    seal(folder, about, source=source.name, kind=source.kind)
    return total


def _write_lists(
    about: Path, done: Mapping[str, list[_Done]], linked: Mapping[str, Linked]
) -> None:
    """Write which rows were rejected, of ratings and of what is linked to them, and what values."""
    taken = [one.taken for table in TABLES for one in done[table]]
    rejected = [*(one.rejected for one in taken), *(one.set_aside for one in linked.values())]
    csv.write_csv(pa.concat_tables(rejected), about / REJECTED_FILE)
    csv.write_csv(pa.concat_tables(one.unplaced for one in taken), about / UNPLACED_FILE)


def _taken_in(
    source: Source,
    table: str,
    corrections: list[Correction],
    options: ImportOptions,
    folder: Path,
    progress: Progress | None,
) -> list[_Done]:
    """Take in the files of a source that are of a table; those of one crosswalk together."""
    files = source.files_of(table)
    waiting = {file: folder / f"{table}-{index}.arrow" for index, file in enumerate(files)}
    done: dict[DataFile, _Done] = {}
    for crosswalk in dict.fromkeys(file.crosswalk for file in files):
        own = {file: waiting[file] for file in files if file.crosswalk == crosswalk}
        done |= _together(source, corrections, options, own, progress)
    return [done[file] for file in files]


def _together(
    source: Source,
    corrections: list[Correction],
    options: ImportOptions,
    waiting: Mapping[DataFile, Path],
    progress: Progress | None,
) -> dict[DataFile, _Done]:
    """Take in the files of a crosswalk; anew where persons are found in one too late.

    A variable that identifies persons in one file is left out of all: they share its meaning.
    """
    known: dict[str, Finding] = {}
    done: dict[DataFile, _Done | None] = dict.fromkeys(waiting)
    with unchanged(*(data.path for data in waiting)), ThreadPoolExecutor(1) as beside:
        digests = {data: beside.submit(sha256, data.path) for data in waiting}
        while waits := [data for data, one in done.items() if _is_outdated(one, known)]:
            for data in waits:
                file = open_file(source, data, corrections, options, known.values())
                one = take_in(file, waiting[data], progress)
                described = describe(file, one.account, digests[data].result())
                done[data] = _Done(data, waiting[data], file.persons, file.names, one, described)
                for finding in (*file.persons.private, *one.late):
                    known.setdefault(finding.variable, _found_in(finding, data, len(waiting)))
    return {data: one for data, one in done.items() if one}


def _is_outdated(done: _Done | None, known: Mapping[str, Finding]) -> bool:
    """Tell whether a file has yet to be taken in, or uses a variable that is to be left out."""
    return done is None or bool(done.taken.late) or done.persons.lack(known.values())


def _found_in(finding: Finding, data: DataFile, files: int) -> Finding:
    """Return a finding that says in which of several files it was made."""
    reason = f"{finding.reason}, in {data.path.name}" if files > 1 else finding.reason
    return replace(finding, reason=reason)


def _corrections(source: Source) -> list[Correction]:
    """Return the source's corrections; refuse one of a file that the source does not list."""
    corrections = read_corrections(source.corrections) if source.corrections else []
    listed = [file.path.name for file in source.all_files()]
    for correction in corrections:
        if correction.file not in listed:
            raise CrosswalkError(
                f"The source {source.name} lists no file {correction.file!r}.",
                where=correction.where,
                remedy=f"Name one of: {', '.join(listed)}.",
            )
    return corrections


def _seen(done: list[_Done]) -> pa.Table:
    """Return the ratings that wait, of all files, as far as they are looked at together.

    Each knows its `PLACE` among them.
    """
    tables = [_waiting(one.waiting) for one in done]
    seen = pa.concat_tables(
        [table.select([n for n in _SEEN if n in table.column_names]) for table in tables],
        promote_options="permissive",
    )
    return seen.append_column(PLACE, arrow(np.arange(seen.num_rows, dtype=np.int64)))


def _waiting(path: Path) -> pa.Table:
    """Return the rows that wait in a file: mapped, so that only what is asked for is read."""
    return pa.ipc.open_stream(pa.memory_map(str(path))).read_all()


def _linked(
    seen: pa.Table,
    exclusions: pa.Table,
    source: Source,
    done: Mapping[str, list[_Done]],
    folder: Path,
) -> dict[str, Linked]:
    """Link follow-ups and contacts to the ratings, of each that there is."""
    names = frozenset(name for one in done["responses"] for name in one.names)
    replaced = frozenset(name for one in done["responses"] for name in one.pseudonyms)
    ratings, linked = Rows(RATINGS, names, replaced), {}
    judged = {RATINGS: seen, EXCLUSIONS: exclusions.select(["rating_id"])}
    for table, link in (("followups", link_followups), ("contacts", link_contacts)):
        files, tables = [], judged.copy()
        for index, one in enumerate(done[table]):
            tables[name := f"{table}_{index}"] = _waiting(one.waiting)
            files.append(FileRows(name, frozenset(one.names), one.pseudonyms, one.data))
        if files:
            linked[table] = link(tables, source, ratings, files, folder)
    return linked


def _refuse_repeated_ids(seen: pa.Table, source: Source) -> None:
    """Refuse a rating_id that stands in more than one row of the source."""
    repeated = planned(
        f"SELECT rating_id FROM {RATINGS} GROUP BY rating_id HAVING count(*) > 1 "
        "ORDER BY rating_id LIMIT 1",
        {RATINGS: seen.select(["rating_id"])},
    ).to_pylist()
    if repeated:
        raise DataError(
            f"The rating_id {repeated[0]['rating_id']!r} stands in more than one row.",
            where=str(source.folder),
            remedy="Leave rating_id out of the crosswalk, the import makes one; or correct it.",
        )


def _judged(seen: pa.Table, rules: EligibilityRules) -> tuple[pa.Table, list[dict[str, Any]]]:
    """Return the ratings that do not count, and how many a rule could not judge."""
    excluded = exclusions_sql(rules, RATINGS, seen.column_names)
    unjudged = unjudged_sql(rules, RATINGS, seen.column_names)
    return planned(excluded, {RATINGS: seen}), planned(unjudged, {RATINGS: seen}).to_pylist()


def _write_parquet(
    waiting: Path, exclusions: pa.Table, outcomes: pa.Table | None, first: int
) -> int:
    """Write the rows that wait as Parquet, and return how many they are; remove the former.

    They are marked where they do not count: those belong to the design, only to no base. With
    ``outcomes`` they get what follow-ups say of them, the first of them being at place ``first``.
    """
    place = first
    with ExitStack() as open_files:
        # Not mapped: a batch leaves the memory when it is written.
        stream = open_files.enter_context(pa.OSFile(str(waiting)))
        writer: pq.ParquetWriter | None = None
        for batch in pa.ipc.open_stream(stream):
            rows = pa.Table.from_batches([batch])
            if exclusions.num_rows:
                rows = with_excluded(rows, exclusions)
            if outcomes is not None:
                rows = with_outcomes(rows, outcomes, place)
            writer = writer or open_files.enter_context(_parquet(waiting, rows.schema))
            writer.write_table(rows)
            place += rows.num_rows
    waiting.unlink()
    return place - first


def _parquet(waiting: Path, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        waiting.with_suffix(".parquet"),
        schema,
        compression="zstd",
        use_dictionary=[name for name in schema.names if name not in WITHOUT_DICTIONARY],
        filesystem=LocalFileSystem(),  # else "http:" in a folder's name is a protocol
    )
