"""From a source to its partition of the dataset: responses, rejected rows and a manifest.

Each partition is one folder, ``<dataset>/responses/source=<name>/``, written to a temporary
name and renamed: adding a source touches nothing else, and nothing is ever half there.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from itertools import repeat
from math import isinf
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from pyarrow import csv

from advocacy.errors import CrosswalkError, DataError
from advocacy.files import replacing
from advocacy.provenance import sha256, write_json
from advocacy.responses.corrections import Correction, correct, read_corrections
from advocacy.responses.crosswalk import Crosswalk, canonical_crosswalk, read_crosswalk
from advocacy.responses.labelled import LabelledTable
from advocacy.responses.ledger import REJECTED, RowAccount, rejected_rows_sql
from advocacy.responses.placement import ROW, Placement, placed, problem
from advocacy.responses.readers import read_labelled
from advocacy.responses.responses import checked_placements, states_scale
from advocacy.responses.scale import check_observed_scale
from advocacy.responses.schema import COLUMNS
from advocacy.responses.source import Source
from advocacy.sql import connect, identifier, literal

MANIFEST = "manifest.json"
REJECTED_FILE = "rejected.csv"


def import_source(source: Source, dataset: Path) -> RowAccount:
    """Import the files of a source into its partition, in place of what was there.

    Parameters
    ----------
    source
        What `read_source` gave.
    dataset
        Folder of the dataset; the partition is ``responses/source=<name>`` in it.

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
    corrections = _corrections(source)
    with replacing(partition(dataset, source.name)) as folder:
        folder.mkdir()
        accounts, rejected, described = [], [], []
        for index, (name, _) in enumerate(source.files):
            table = correct(read_labelled(source.folder / name), corrections)
            crosswalk = _crosswalk(source, table)
            part = folder / f"responses-{index}.parquet"
            account, rows = _import_file(table, crosswalk, source, part)
            accounts.append(account)
            rejected.append(rows)
            described.append(_describe(table, crosswalk, account))
        total = sum(accounts[1:], accounts[0])
        csv.write_csv(pa.concat_tables(rejected), folder / REJECTED_FILE)
        write_json(folder / MANIFEST, _manifest(source, total, described))
    return total


def import_sources(sources: Sequence[Source], dataset: Path) -> dict[str, RowAccount]:
    """Import many sources, two or more at a time, and drop the partitions of all others.

    Returns the rows read, kept and rejected by name of source. Raises as `import_source`, and
    `DataError` where two sources have the same name.
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
    with ProcessPoolExecutor() as pool:
        accounts = pool.map(import_source, sources, repeat(dataset), chunksize=8)
        return dict(zip(names, accounts, strict=True))


def partition(dataset: Path, name: str) -> Path:
    """Return the folder of a source in a dataset."""
    return dataset / "responses" / f"source={name}"


def _crosswalk(source: Source, table: LabelledTable) -> Crosswalk:
    if source.crosswalk:
        return read_crosswalk(source.crosswalk)
    return canonical_crosswalk(table.path, table.values.column_names)


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


def _import_file(
    table: LabelledTable, crosswalk: Crosswalk, source: Source, part: Path
) -> tuple[RowAccount, pa.Table]:
    """Write the rows that are kept to ``part``; return the account and the rejected rows."""
    placements, raw = checked_placements(table, crosswalk)
    names = [p.column.name for p in placements]
    file = literal(table.path.name)
    with connect({"raw": raw}) as connection:
        connection.execute(f"CREATE TEMP TABLE placed AS {placed(placements, 'raw')}")
        _check_whole_file(connection, table, crosswalk, names)
        any_problem = " OR ".join(f"{problem(name)} IS NOT NULL" for name in names)
        connection.execute(
            f"COPY (SELECT {_selected(placements, source, table.path.name)} FROM placed "
            f"WHERE NOT ({any_problem}) ORDER BY {ROW}) TO {literal(str(part))} "
            "(FORMAT parquet, COMPRESSION zstd)"
        )
        read, kept = _one(
            connection, f"SELECT count(*), count(*) FILTER (NOT ({any_problem})) FROM placed"
        )
        problems = connection.sql(rejected_rows_sql(names, "placed", file)).to_arrow_table()
    if not kept:
        reasons = ", ".join(sorted(set(problems.column("reason").to_pylist()))[:3])
        raise DataError(
            f"None of the {read} rows could be kept ({reasons}).",
            where=str(table.path),
            remedy=f"Look at {crosswalk.path}: which lines do not fit this file?",
        )
    rejected = problems.cast(REJECTED)
    bad_rows = len(set(rejected.column("row").to_pylist()))
    return RowAccount(read=read, kept=kept, rejected=bad_rows), rejected


def _selected(placements: list[Placement], source: Source, file: str) -> str:
    """Return the canonical columns in the schema's order, with those that the import fills."""
    given = {p.column.name for p in placements}
    # Names source, file and row: the file tells the rows of several deliveries apart.
    row_id = f"{literal(f'{source.name}:{file}:')} || {ROW}"
    if "rating_id" in given:
        row_id = f"coalesce(rating_id, {row_id})"
    filled = {
        "rating_id": row_id,
        "programme": literal(source.name),
        "source_kind": literal(source.kind),
    }
    order = [name for name in COLUMNS if name in given | filled.keys()]
    order += sorted(given - COLUMNS.keys())  # replicate weights
    return ", ".join(
        identifier(name)
        if name in given and name != "rating_id"
        else f"{filled[name]} AS {identifier(name)}"
        for name in order
    )


def _check_whole_file(
    connection: duckdb.DuckDBPyConnection,
    table: LabelledTable,
    crosswalk: Crosswalk,
    names: list[str],
) -> None:
    """Refuse what no row alone can show: a 1-10 scale, and weights that are not all above 0."""
    if not states_scale(crosswalk, table.variables):
        zeros, ones = _one(
            connection,
            "SELECT count(*) FILTER (score = 0), count(*) FILTER (score = 1) FROM placed",
        )
        check_observed_scale(zeros, ones, str(table.path))
    if "weight" in names:
        row, value = _one(
            connection,
            f"SELECT min({ROW}), arg_min(coalesce(\"weight.raw\", 'missing'), {ROW}) "
            'FROM placed WHERE weight IS NULL OR "weight.problem" IS NOT NULL',
        )
        if row is not None:
            raise DataError(
                f"The weight of row {row} is {value}; every weight must be above 0.",
                where=str(table.path),
                remedy="Correct the weight, or leave `weight` out of the crosswalk.",
            )

    if "rating_id" in names:
        repeated = connection.execute(
            "SELECT rating_id FROM placed WHERE rating_id IS NOT NULL "
            f"GROUP BY rating_id HAVING count(*) > 1 ORDER BY min({ROW}) LIMIT 1"
        ).fetchall()
        if repeated:
            raise DataError(
                f"The rating_id {repeated[0][0]!r} stands in more than one row.",
                where=str(table.path),
                remedy="Leave rating_id out of the crosswalk, the import makes one; or correct it.",
            )


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    return connection.execute(sql).fetchall()[0]  # fetchone would leave the result open


def _describe(table: LabelledTable, crosswalk: Crosswalk, account: RowAccount) -> dict[str, Any]:
    """Describe a file for the manifest: what it was, what became of each variable."""
    mapped = {lines[0].raw_variable for lines in crosswalk.columns().values()}
    return {
        "name": table.path.name,
        "sha256": sha256(table.path),
        "encoding": table.encoding,
        "label": table.label,
        "notes": list(table.notes),
        "rows": asdict(account),
        "columns": [
            _describe_column(column.name, lines, table)
            for column, lines in crosswalk.columns().items()
        ],
        "left_out": [
            {"variable": v.name, "label": v.label} for v in table.variables if v.name not in mapped
        ],
    }


def _describe_column(name: str, lines: list[Any], table: LabelledTable) -> dict[str, Any]:
    """Describe one canonical column: its question, its scale, its user-missing codes."""
    if not lines[0].raw_variable:
        return {"column": name, "constant": lines[0].canonical_value}
    variable = table.variable(lines[0].raw_variable)
    ranges = [line.range for line in lines if line.keeps and line.range]
    return {
        "column": name,
        "variable": variable.name,
        "label": variable.label,
        "measure": variable.measure,
        "format": variable.format,
        "value_labels": [list(pair) for pair in variable.value_labels],
        "user_missing": [[_bound(code.low), _bound(code.high)] for code in variable.user_missing],
        "scale_min": min((low for low, _ in ranges), default=None),
        "scale_max": max((high for _, high in ranges), default=None),
        "missing_codes": [line.raw_value for line in lines if not line.canonical_value],
    }


def _bound(code: float | str) -> float | str | None:
    """Return an end of a range of codes; ``None`` where it is open: JSON has no infinity."""
    return None if isinstance(code, float) and isinf(code) else code


def _manifest(source: Source, total: RowAccount, files: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "source": source.name,
        "kind": source.kind,
        "title": source.title,
        "producer": source.producer,
        "licence": source.licence,
        "crosswalk_sha256": sha256(source.crosswalk) if source.crosswalk else None,
        "corrections_sha256": sha256(source.corrections) if source.corrections else None,
        "rows": asdict(total),
        "files": files,
    }
