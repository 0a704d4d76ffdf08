"""From a source to its partition of the dataset: responses, rejected rows and a manifest.

Each partition is one folder, ``<dataset>/responses/source=<name>/``, written to a temporary
name and renamed: adding a source touches nothing else, and nothing is ever half there. Files
are read in batches, so that memory does not grow with their rows.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from advocacy.errors import CrosswalkError, DataError
from advocacy.files import replacing
from advocacy.isolation import isolated_map
from advocacy.provenance import write_json
from advocacy.responses.corrections import (
    Correction,
    correct,
    read_corrections,
    refuse_absent_rows,
)
from advocacy.responses.crosswalk import (
    Crosswalk,
    by_variable,
    canonical_crosswalk,
    read_crosswalk,
)
from advocacy.responses.eligibility import (
    EXCLUDED_FILE,
    EligibilityRules,
    count_unjudged,
    exclusions_sql,
    with_excluded_sql,
    write_exclusions,
)
from advocacy.responses.ledger import REJECTED, RowAccount, rejected_rows_sql
from advocacy.responses.manifest import MANIFEST, describe_file, describe_source
from advocacy.responses.placement import ROW, Placement, placed, problem
from advocacy.responses.privacy import Finding, recognise
from advocacy.responses.pseudonyms import pseudonym_sql, pseudonymised, salt
from advocacy.responses.readers import Scan, scan_labelled
from advocacy.responses.responses import compile_crosswalk, states_scale
from advocacy.responses.scale import check_observed_scale
from advocacy.responses.schema import COLUMNS
from advocacy.responses.source import Source
from advocacy.sql import connect, identifier, literal

REJECTED_FILE = "rejected.csv"

_BATCH_ROWS = 62_500
_FINE = "row.fine"  # no canonical column has a dot


@dataclass(frozen=True)
class ImportOptions:
    """How a source is imported.

    Parameters
    ----------
    encoding
        Code page of the files' text; ``None`` to go by each file.
    rules
        Which ratings count.
    keep
        Raw variables to import although they seem to identify persons.
    """

    encoding: str | None = None
    rules: EligibilityRules = field(default_factory=EligibilityRules)
    keep: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _File:
    """One file of a source on its way in: what is read and what is done with it."""

    source: Source
    scan: Scan
    crosswalk: Crosswalk
    placements: list[Placement]
    corrections: list[Correction]
    private: list[Finding]
    pseudonyms: tuple[str, ...]

    @property
    def path(self) -> Path:
        return self.scan.table.path

    @property
    def names(self) -> list[str]:
        """Names of the canonical columns that the file fills."""
        return [placement.column.name for placement in self.placements]


def import_source(
    source: Source, dataset: Path, options: ImportOptions | None = None
) -> RowAccount:
    """Import the files of a source into its partition, in place of what was there.

    Parameters
    ----------
    source
        What `read_source` gave.
    dataset
        Folder of the dataset; the partition is ``responses/source=<name>`` in it.
    options
        Encoding, eligibility and privacy; by default those of `ImportOptions`.

    Returns
    -------
    RowAccount
        Rows read, kept and rejected, over all files of the source.

    Raises
    ------
    FileFormatError, CrosswalkError, DataError
        A file, crosswalk or correction cannot be used, or no row could be kept; the
        partition is then as it was before.
    """
    options = options or ImportOptions()
    corrections = _corrections(source)
    with replacing(partition(dataset, source.name)) as folder:
        folder.mkdir()
        accounts, rejected, described = [], [], []
        named: set[str] = set()
        for index, (name, _) in enumerate(source.files):
            file = _open(source, name, corrections, options)
            account, rows = _import_file(file, folder / f"responses-{index}.parquet")
            accounts.append(account)
            named.update(file.names)
            rejected.append(rows)
            described.append(_describe(file, account))
        total = sum(accounts[1:], accounts[0])
        if "rating_id" in named:  # those that the import makes differ
            _refuse_repeated_ids(folder, source)
        unjudged = _exclude(folder, options.rules)
        csv.write_csv(pa.concat_tables(rejected), folder / REJECTED_FILE)
        write_json(
            folder / MANIFEST, describe_source(source, total, described, options.rules, unjudged)
        )
    return total


def import_sources(
    sources: Sequence[Source], dataset: Path, options: ImportOptions | None = None
) -> dict[str, RowAccount]:
    """Import many sources, as many at a time as there are processors, and drop all others.

    Each is parsed in a process of its own (see `advocacy.isolation`). Returns the rows read,
    kept and rejected by name of source. Raises as `import_source`, and `DataError` where two
    sources have the same name.
    """
    names = [source.name for source in sources]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DataError(
            f"Two sources have the same name: {', '.join(repeated)}.",
            where=", ".join(str(s.folder) for s in sources if s.name in repeated),
            remedy="Rename one of them in its source.toml.",
        )
    kept = {partition(dataset, name) for name in names}
    for folder in set((dataset / "responses").glob("source=*")) - kept:
        shutil.rmtree(folder)
    calls = [(source, dataset, options) for source in sources]
    accounts = isolated_map(import_source, calls, [str(source.folder) for source in sources])
    return dict(zip(names, accounts, strict=True))


def partition(dataset: Path, name: str) -> Path:
    """Return the folder of a source in a dataset."""
    return dataset / "responses" / f"source={name}"


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


def _open(
    source: Source, name: str, corrections: list[Correction], options: ImportOptions
) -> _File:
    """Open a file, compile its crosswalk, and leave out what identifies persons."""
    scan = scan_labelled(source.folder / name, options.encoding)
    crosswalk = (
        read_crosswalk(source.crosswalk)
        if source.crosswalk
        else canonical_crosswalk(scan.table.path, scan.table.values.column_names)
    )
    placements = compile_crosswalk(scan.table, crosswalk)
    variables = {c.name: list(by_variable(ls)) for c, ls in crosswalk.columns().items()}
    private = _private(source, scan, variables, options.keep)
    filled = {column: names[0] for column, names in variables.items() if names}
    pseudonyms = pseudonymised(filled, private) if source.kind == "collected" else ()
    hidden = {finding.variable for finding in private}
    shown = [
        placement
        for placement in placements
        if placement.column.name in pseudonyms or not hidden & set(variables[placement.column.name])
    ]
    own = [correction for correction in corrections if correction.file == name]
    return _File(source, scan, crosswalk, shown, own, private, pseudonyms)


def _private(
    source: Source, scan: Scan, variables: dict[str, list[str]], keep: frozenset[str]
) -> list[Finding]:
    """Return the mapped variables that seem to identify persons and are not kept.

    Persons are looked for in collected data alone: nobody stands behind simulated ones.
    """
    if source.kind != "collected":
        return []
    used = [name for names in variables.values() for name in names]
    first = next(scan.batches(list(dict.fromkeys(used)), _BATCH_ROWS), None)
    if first is None:
        return []
    table = replace(
        scan.table,
        values=first,
        variables=tuple(scan.table.variable(name) for name in first.column_names),
    )
    return [finding for finding in recognise(table) if finding.variable not in keep]


def _import_file(file: _File, part: Path) -> tuple[RowAccount, pa.Table]:
    """Write the rows that are kept to ``part``; return the account and the rejected rows."""
    account, scores, rejected = RowAccount(0, 0, 0), (0, 0), [REJECTED.empty_table()]
    writer: pq.ParquetWriter | None = None
    with connect() as connection:
        for batch in _batches(file):
            connection.register("raw", batch)
            _check_weights(connection, file)
            scores = _counted(connection, file, scores)
            kept, problems = _divided(connection, file, batch)
            writer = writer or pq.ParquetWriter(part, kept.schema, compression="zstd")
            writer.write_table(kept)
            bad_rows = pc.count_distinct(problems.column("row")).as_py()
            account += RowAccount(batch.num_rows, kept.num_rows, bad_rows)
            rejected.append(problems)
    if writer:
        writer.close()
    refuse_absent_rows(file.corrections, account.read)
    check_observed_scale(*scores, str(file.path))
    _refuse_nothing_kept(file, account, rejected)
    return account, pa.concat_tables(rejected)


def _divided(
    connection: duckdb.DuckDBPyConnection, file: _File, batch: pa.Table
) -> tuple[pa.Table, pa.Table]:
    """Return the rows of ``raw`` without problem, and the problems of the others.

    One pass makes the values of all rows; the problems are worked out for the bad rows alone.
    """
    made = connection.sql(_kept_sql(file)).to_arrow_table()
    numbers, fine = made.column(ROW), made.column(_FINE)
    if not pc.all(pc.less(numbers[:-1], numbers[1:])).as_py():
        made = made.sort_by(ROW)  # a join in the statement may have reordered the rows
        fine = made.column(_FINE)
    kept = made.drop_columns([ROW, _FINE])
    if pc.all(fine).as_py():
        return kept, REJECTED.empty_table()
    connection.register("bad", batch.filter(pc.invert(fine)))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE placed AS {placed(file.placements, 'bad')}")
    sql = rejected_rows_sql(file.names, "placed", literal(file.path.name), hidden=file.pseudonyms)
    return kept.filter(fine), connection.sql(sql).to_arrow_table().cast(REJECTED)


def _batches(file: _File) -> Iterator[pa.Table]:
    """Yield the variables that are used, corrected, with the number of each row in the file."""
    used = [name for lines in file.crosswalk.columns().values() for name in by_variable(lines)] + [
        correction.variable for correction in file.corrections
    ]
    known = set(file.scan.table.values.column_names)
    names = [name for name in dict.fromkeys(used) if name in known]
    first = 1
    # A file may be mapped to constants alone: its rows are counted by its first variable.
    for values in file.scan.batches(names or file.scan.table.values.column_names[:1], _BATCH_ROWS):
        counted = pa.py_buffer(np.arange(first, first + values.num_rows, dtype=np.int64))
        # Not pa.array: given an array of numpy, it imports pandas, which takes longer than this.
        numbers = pa.Array.from_buffers(pa.int64(), values.num_rows, [None, counted])
        yield correct(values, file.corrections, first).append_column(ROW, numbers)
        first += values.num_rows


def _kept_sql(file: _File) -> str:
    """Return the SELECT of all rows: canonical columns in the schema's order, and more.

    Before them stands the row's number, after them whether it has no problem.
    """
    given = set(file.names)
    values = {name: identifier(name) for name in given}
    if file.pseudonyms:
        secret = salt(file.source.folder)
        for name in file.pseudonyms:
            values[name] = pseudonym_sql(name, secret, file.source.name)
    # Names source, file and row: the file tells the rows of several deliveries apart.
    row_id = f"{literal(f'{file.source.name}:{file.path.name}:')} || {ROW}"
    values["rating_id"] = f"coalesce({values.get('rating_id', 'NULL')}, {row_id})"
    values["source_kind"] = literal(file.source.kind)
    values.setdefault("programme", literal(file.source.name))
    # A file that names no supplier is about one: the contact rule needs to know whom.
    values.setdefault("supplier", values["programme"])
    order = [name for name in COLUMNS if name in values]
    order += sorted(given - COLUMNS.keys())  # replicate weights
    selected = ", ".join(f"{values[name]} AS {identifier(name)}" for name in order)
    fine = " AND ".join(f"{problem(name)} IS NULL" for name in file.names)
    # A WHERE would have each value worked out twice.
    table = placed(file.placements, "raw")
    return f"SELECT {ROW}, {selected}, {fine} AS {identifier(_FINE)} FROM ({table})"


def _check_weights(connection: duckdb.DuckDBPyConnection, file: _File) -> None:
    """Refuse a file with a weight that is missing or not above 0."""
    if "weight" not in file.names:
        return
    row, value = _one(
        connection,
        f"SELECT min({ROW}), arg_min(coalesce(\"weight.raw\", 'missing'), {ROW}) "
        f'FROM ({_alone(file, "weight")}) WHERE weight IS NULL OR "weight.problem" IS NOT NULL',
    )
    if row is not None:
        raise DataError(
            f"The weight of row {row} is {value}; every weight must be above 0.",
            where=str(file.path),
            remedy="Correct the weight, or leave `weight` out of the crosswalk.",
        )


def _counted(
    connection: duckdb.DuckDBPyConnection, file: _File, scores: tuple[int, int]
) -> tuple[int, int]:
    """Add a batch's scores of 0 and of 1, where the scale is yet to be seen from them."""
    if "score" not in file.names or states_scale(file.crosswalk, file.scan.table.variables):
        return scores
    zeros, ones = _one(
        connection,
        "SELECT count(*) FILTER (score = 0), count(*) FILTER (score = 1) "
        f"FROM ({_alone(file, 'score')})",
    )
    return scores[0] + zeros, scores[1] + ones


def _alone(file: _File, name: str) -> str:
    """Return the SELECT of one column of ``raw``, of those that no other column takes part in."""
    return placed([p for p in file.placements if p.column.name == name], "raw")


def _refuse_nothing_kept(file: _File, account: RowAccount, rejected: list[pa.Table]) -> None:
    if account.kept:
        return
    reasons = {reason for rows in rejected for reason in rows.column("reason").to_pylist()}
    raise DataError(
        f"None of the {account.read} rows could be kept ({', '.join(sorted(reasons)[:3])}).",
        where=str(file.path),
        remedy=f"Look at {file.crosswalk.path}: which lines do not fit this file?",
    )


def _refuse_repeated_ids(folder: Path, source: Source) -> None:
    """Refuse a rating_id that stands in more than one row of the source."""
    with connect() as connection:
        repeated = connection.execute(
            f"SELECT rating_id FROM {_parts(folder)} GROUP BY rating_id "
            "HAVING count(*) > 1 ORDER BY rating_id LIMIT 1"
        ).fetchall()
    if repeated:
        raise DataError(
            f"The rating_id {repeated[0][0]!r} stands in more than one row.",
            where=str(source.folder),
            remedy="Leave rating_id out of the crosswalk, the import makes one; or correct it.",
        )


def _exclude(folder: Path, rules: EligibilityRules) -> list[dict[str, Any]]:
    """Mark the ratings that do not count in a column ``excluded``, and list them.

    They stay in the dataset: they belong to the design, only to no base. Returns how many
    ratings a rule could not judge, for want of which column.
    """
    with connect() as connection:
        parts = _parts(folder)
        columns = connection.sql(f"SELECT * FROM {parts} LIMIT 0").columns
        connection.execute(
            f"CREATE TEMP TABLE exclusions AS {exclusions_sql(rules, parts, columns)}"
        )
        write_exclusions(connection, "exclusions", folder / EXCLUDED_FILE)
        unjudged: list[dict[str, Any]] = count_unjudged(
            connection, rules, parts, columns
        ).to_pylist()
        if not _one(connection, "SELECT count(*) FROM exclusions")[0]:
            return unjudged
        for part in sorted(folder.glob("responses-*.parquet")):
            table = (
                f"read_parquet({literal(str(part))}, file_row_number = true, "
                "hive_partitioning = false)"
            )
            with replacing(part) as marked:
                connection.execute(
                    f"COPY ({with_excluded_sql(table, 'exclusions')}) TO {literal(str(marked))} "
                    "(FORMAT parquet, COMPRESSION zstd)"
                )
    return unjudged


def _parts(folder: Path) -> str:
    files = literal(str(folder / "responses-*.parquet"))
    return f"read_parquet({files}, union_by_name = true, hive_partitioning = false)"


def _describe(file: _File, account: RowAccount) -> dict[str, Any]:
    assumptions = (*file.scan.table.assumptions, *file.scan.lost())
    table = replace(file.scan.table, assumptions=assumptions)
    return describe_file(table, file.crosswalk, account, file.private, file.pseudonyms)


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    return connection.execute(sql).fetchall()[0]  # fetchone would leave the result open
