"""One file of a source on its way in: opened, mapped, and divided into rows kept and rejected."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from advocacy.arrays import arrow
from advocacy.errors import DataError
from advocacy.isolation import Progress
from advocacy.responses.crosswalk.compiling import compile_crosswalk, states_scale
from advocacy.responses.crosswalk.corrections import Correction, correct, refuse_absent_rows
from advocacy.responses.crosswalk.crosswalk import (
    Crosswalk,
    by_variable,
    canonical_crosswalk,
    read_crosswalk,
)
from advocacy.responses.crosswalk.placement import ROW, Placement, placed
from advocacy.responses.crosswalk.scale import check_observed_scale
from advocacy.responses.dataset.accounts import RowAccount
from advocacy.responses.dataset.eligibility import EligibilityRules
from advocacy.responses.dataset.filling import KEPT, filled_sql, fine, needed
from advocacy.responses.dataset.ledger import REJECTED, UNPLACED, problems_sql
from advocacy.responses.dataset.manifest import describe_file
from advocacy.responses.dataset.persons import (
    BATCH_ROWS,
    Persons,
    Watch,
    as_taken,
    persons_of,
    quoting_no_address,
    used_variables,
)
from advocacy.responses.dataset.source import DataFile, Source
from advocacy.responses.dataset.waves.fitting import fitted
from advocacy.responses.privacy import Finding, Recogniser
from advocacy.responses.readers import Scan, scan_labelled
from advocacy.sql import connect, identifier, literal, planned

_DATE = "interviewed_on"  # what times since an event are counted to


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
    sheet
        Sheet of a workbook; ``None`` for the first that has a table.
    """

    encoding: str | None = None
    rules: EligibilityRules = field(default_factory=EligibilityRules)
    keep: frozenset[str] = frozenset()
    sheet: str | None = None


@dataclass(frozen=True)
class SourceFile:
    """One file of a source on its way in: what is read and what is done with it."""

    source: Source
    data: DataFile
    scan: Scan
    crosswalk: Crosswalk
    placements: list[Placement]
    corrections: list[Correction]
    persons: Persons

    @property
    def path(self) -> Path:
        """The file."""
        return self.scan.table.path

    @property
    def names(self) -> list[str]:
        """Names of the canonical columns that the file fills."""
        return [placement.column.name for placement in self.placements]


def open_file(
    source: Source,
    data: DataFile,
    corrections: list[Correction],
    options: ImportOptions,
    known: Collection[Finding] = (),
) -> SourceFile:
    """Open a file, compile its crosswalk, and leave out what identifies persons.

    ``known`` is what is known beforehand to identify them: of files with one crosswalk, what does
    so in one does so in all.
    """
    sheet = options.sheet if data.table == "responses" else None
    scan = scan_labelled(data.path, options.encoding, sheet)
    names = scan.table.values.column_names
    given = (
        read_crosswalk(data.crosswalk)
        if data.crosswalk
        else canonical_crosswalk(data.path, names, data.table)
    )
    crosswalk, remarks = fitted(given, data)
    scan = replace(scan, table=replace(scan.table, assumptions=(*scan.table.assumptions, *remarks)))
    persons = _persons(source, scan, crosswalk, options.keep, known)
    crosswalk = replace(crosswalk, hidden=persons.hidden)
    placements = compile_crosswalk(scan.table, crosswalk)
    shown = [each for each in placements if not persons.leave_out(each.column.name)]
    own = [correction for correction in corrections if correction.file == data.path.name]
    return SourceFile(source, data, scan, crosswalk, shown, own, persons)


def _persons(
    source: Source,
    scan: Scan,
    crosswalk: Crosswalk,
    keep: frozenset[str],
    known: Collection[Finding],
) -> Persons:
    """Return what identifies persons in a file, by its first rows and by what is known.

    They are looked for in collected data alone: nobody stands behind simulated ones.
    """
    used = used_variables(crosswalk, scan.table.values.column_names)
    if source.kind != "collected":
        return Persons(used)
    before = persons_of(crosswalk, used, known, keep)
    first = next(scan.batches(before.watched, BATCH_ROWS), None) if before.watched else None
    if first is None:
        return before
    variables = [scan.table.variable(name) for name in before.watched]
    recogniser = Recogniser(variables, measured=before.measured)
    new = recogniser.look(as_taken(first, crosswalk, scan.table))
    return persons_of(crosswalk, used, [*known, *new], keep)


@dataclass(frozen=True)
class TakenIn:
    """What became of the rows of a file.

    Parameters
    ----------
    account
        Rows read, kept and rejected.
    rejected
        Table as `ledger.REJECTED`: what is wrong with the rows that were rejected.
    unplaced
        Table as `ledger.UNPLACED`: values of rows that were kept, which are missing.
    late
        Variables that turned out to identify persons after the first rows: the file is to be
        taken in anew without them, and the rest means nothing.
    """

    account: RowAccount
    rejected: pa.Table
    unplaced: pa.Table
    late: tuple[Finding, ...] = ()


def take_in(file: SourceFile, waiting: Path, progress: Progress | None = None) -> TakenIn:
    """Write the rows that are kept to ``waiting``, a stream of Arrow batches.

    A row is rejected for its score, behaviour or design; another value that cannot be placed is
    missing. A follow-up or a contact is rejected for any value. The problems of rows are worked
    out for many batches at a time: the statement takes longer to plan than to run.

    Raises
    ------
    FileFormatError, CrosswalkError, DataError
        The file, its crosswalk or its corrections cannot be used, a weight is not above 0, the
        scores are not on 0-10, or no row could be kept.
    """
    read, kept, scores, problems = 0, 0, (0, 0), [_PROBLEMS.empty_table()]
    tell = progress or _unheard
    tell(0, file.scan.rows or 0)
    raw: list[pa.Table] = []
    marked: list[pa.Table] = []
    late: list[Finding] = []
    with connect() as connection, ExitStack() as open_files:
        writer: pa.ipc.RecordBatchStreamWriter | None = None
        statement = filled_sql(file)
        watch = Watch(file.persons, file.crosswalk, file.scan.table, BATCH_ROWS)
        for values, first in _batches(file):
            tell(first - 1 + values.num_rows, file.scan.rows or 0)
            late += watch.look(values)
            if late:  # this reading is in vain, but what more there is must be known
                continue
            batch = _numbered(file, values, first)
            made = _in_order(planned(statement, {"raw": batch}))
            scores = _counted(made, file, scores)
            keep = _all_fine(made, needed(file))
            good = made.filter(keep).drop_columns([ROW, *map(fine, file.names)]).combine_chunks()
            writer = writer or open_files.enter_context(pa.ipc.new_stream(waiting, good.schema))
            writer.write_table(good)
            read, kept = read + batch.num_rows, kept + good.num_rows
            wrong = pc.invert(_all_fine(made, file.names))
            raw.append(batch.filter(wrong))
            marked.append(_marked(made.append_column(KEPT, keep).filter(wrong), file))
            if sum(rows.num_rows for rows in raw) >= BATCH_ROWS:
                problems.append(_problems(connection, file, raw, marked))
                raw.clear()
                marked.clear()
        if late:
            return TakenIn(RowAccount(0, 0, 0), _NONE_REJECTED, _NONE_UNPLACED, tuple(late))
        problems.append(_problems(connection, file, raw, marked))
    refuse_absent_rows(file.corrections, read)
    check_observed_scale(*scores, str(file.path))
    found = pa.concat_tables(problems)
    rejected = found.filter(pc.invert(found.column(KEPT))).select(REJECTED.names)
    account = RowAccount(read, kept, pc.count_distinct(rejected.column("row")).as_py())
    _refuse_nothing_kept(file, account, rejected)
    return TakenIn(account, rejected, found.filter(found.column(KEPT)).select(UNPLACED.names))


def _unheard(done: int, total: int) -> None:
    """Say to nobody how far the work is."""


# What is wrong with a row, whose it is, and whether it is kept all the same.
_PROBLEMS = pa.unify_schemas([REJECTED, UNPLACED, pa.schema([(KEPT, pa.bool_())])])
_NONE_REJECTED, _NONE_UNPLACED = REJECTED.empty_table(), UNPLACED.empty_table()


def _all_fine(made: pa.Table, names: Sequence[str]) -> pa.ChunkedArray:
    """Tell of rows whether these columns are all without a problem."""
    everything = pa.chunked_array([pa.repeat(pa.scalar(True), made.num_rows)])
    return reduce(pc.and_, (made.column(fine(name)) for name in names), everything)


def _marked(made: pa.Table, file: SourceFile) -> pa.Table:
    """Return of rows their number, whose they are, whether they are kept, and what is fine."""
    for name in ("rating_id", "respondent_id"):
        if name not in made.column_names:
            made = made.append_column(name, pa.nulls(made.num_rows, pa.string()))
    return made.select([ROW, "rating_id", "respondent_id", KEPT, *map(fine, file.names)])


def _in_order(made: pa.Table) -> pa.Table:
    """Return rows by their number: a join in the statement may have reordered them."""
    numbers = made.column(ROW)
    ordered = pc.all(pc.less(numbers[:-1], numbers[1:])).as_py()
    return made if ordered else made.sort_by(ROW)


def _problems(
    connection: duckdb.DuckDBPyConnection,
    file: SourceFile,
    raw: list[pa.Table],
    marked: list[pa.Table],
) -> pa.Table:
    """Return what is wrong with rows that are not fine, a row a problem, as `_PROBLEMS`."""
    if not any(rows.num_rows for rows in raw):
        return _PROBLEMS.empty_table()
    rows = pa.concat_tables(marked)
    names = [name for name in file.names if not pc.all(rows.column(fine(name))).as_py()]
    connection.register("wrong", pa.concat_tables(raw))
    connection.register("marked", rows)
    own = [p for p in file.placements if p.column.name in {*names, _DATE}]
    connection.execute(f"CREATE OR REPLACE TEMP TABLE placed AS {placed(own, 'wrong')}")
    if "weight" in names:
        _check_weights(connection, file)
    hidden = file.persons.pseudonyms
    problems = problems_sql(names, "placed", literal(file.path.name), hidden=hidden)
    listed = ", ".join(map(identifier, _PROBLEMS.names))
    found = connection.sql(
        f'SELECT {listed} FROM ({problems}) JOIN marked ON "row" = {ROW} ORDER BY "row", "column"'
    )
    return found.to_arrow_table().cast(_PROBLEMS)


def _batches(file: SourceFile) -> Iterator[tuple[pa.Table, int]]:
    """Yield the variables that are used, and the number of the first row in the file."""
    used = [name for lines in file.crosswalk.columns().values() for name in by_variable(lines)] + [
        correction.variable for correction in file.corrections
    ]
    known = set(file.scan.table.values.column_names)
    names = [name for name in dict.fromkeys(used) if name in known]
    first = 1
    # A file may be mapped to constants alone: its rows are counted by its first variable.
    for values in file.scan.batches(names or file.scan.table.values.column_names[:1], BATCH_ROWS):
        yield values, first
        first += values.num_rows


def _numbered(file: SourceFile, values: pa.Table, first: int) -> pa.Table:
    """Return rows of a file corrected, each with its number in the file."""
    numbers = arrow(np.arange(first, first + values.num_rows, dtype=np.int64))
    corrected = correct(values, file.corrections, first, file.persons.hidden)
    return corrected.append_column(ROW, numbers)


def _check_weights(connection: duckdb.DuckDBPyConnection, file: SourceFile) -> None:
    """Refuse a file with a weight that is negative or no number."""
    row, value = connection.execute(
        f'SELECT min({ROW}), arg_min("weight.raw", {ROW}) FROM placed '
        'WHERE "weight.problem" IS NOT NULL',
    ).fetchall()[0]
    if row is not None:
        raise DataError(
            f"The weight of row {row} is {value}; a weight is a number, and not below 0.",
            where=str(file.path),
            remedy="Correct the weight; make such values missing by a crosswalk line, such as "
            "`VARIABLE,..-0.000001,weight,,`, so that these ratings do not count; or leave "
            "`weight` out of the crosswalk.",
        )


def _counted(made: pa.Table, file: SourceFile, scores: tuple[int, int]) -> tuple[int, int]:
    """Add a batch's scores of 0 and of 1, where the scale is yet to be seen from them."""
    if "score" not in file.names or states_scale(file.crosswalk, file.scan.table.variables):
        return scores
    zeros, ones = (pc.sum(pc.equal(made.column("score"), n)).as_py() or 0 for n in (0, 1))
    return scores[0] + zeros, scores[1] + ones


def _refuse_nothing_kept(file: SourceFile, account: RowAccount, rejected: pa.Table) -> None:
    if account.kept:
        return
    reasons = set(rejected.column("reason").to_pylist())
    raise DataError(
        f"None of the {account.read} rows could be kept ({', '.join(sorted(reasons)[:3])}).",
        where=str(file.path),
        remedy=f"Look at {file.crosswalk.path}: which lines do not fit this file?",
    )


def describe(file: SourceFile, account: RowAccount, digest: str) -> dict[str, Any]:
    """Return the file's part of the manifest; ``digest`` is the SHA-256 of the file."""
    assumptions = (*file.scan.table.assumptions, *file.scan.lost())
    table = replace(file.scan.table, assumptions=assumptions)
    persons = file.persons
    described = describe_file(
        table, file.crosswalk, account, persons.private, persons.pseudonyms, digest
    )
    if file.source.kind != "collected":
        return described
    return {**quoting_no_address(described), "name": described["name"]}
