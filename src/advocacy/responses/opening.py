"""Opening responses: a dataset, a file with a crosswalk, or a file with canonical names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from advocacy.arrays import arrow
from advocacy.errors import DataError, FileFormatError, MissingColumnError, UsageError
from advocacy.isolation import isolated
from advocacy.reading import ordinary_file, watch
from advocacy.remarks import Remark
from advocacy.responses.crosswalk.compiling import placements_of, states_scale
from advocacy.responses.crosswalk.crosswalk import Crosswalk, canonical_crosswalk, read_crosswalk
from advocacy.responses.crosswalk.placement import ROW, placed, problem
from advocacy.responses.crosswalk.scale import check_observed_scale
from advocacy.responses.crosswalk.used import read_used
from advocacy.responses.dataset.eligibility import EXCLUDED, WEIGHTLESS, weighed_sql
from advocacy.responses.dataset.ledger import problems_sql, quoted_problems
from advocacy.responses.dataset.persons import showing_persons, shown_persons
from advocacy.responses.dataset.received import how_to_import
from advocacy.responses.dataset.verifying import (
    partitions_root,
    reading,
    stated_scales,
    verified_ratings,
)
from advocacy.responses.labelled import Variable
from advocacy.responses.privacy import Finding
from advocacy.responses.questions import imported_labels, questions_to_add
from advocacy.responses.readers import parquet, scan_labelled
from advocacy.responses.schema import COLUMNS, REPLICATE_PREFIX, is_own_segment
from advocacy.sql import Engine, connect, identifier, literal, unreadable
from advocacy.temporary import clear_abandoned_beside

# Problems that a message lists before it says how many more there are.
_LISTED = 5


@dataclass(frozen=True)
class Responses:
    """Canonical responses, as a table that the engine reads; no row is held here.

    Parameters
    ----------
    name
        The file or folder, for messages.
    relation
        SQL expression of the table, a row a rating.
    columns
        Names of its canonical columns.
    tables
        Arrow tables that ``relation`` refers to by name.
    sources
        Names of the sources; one for a file.
    checkable
        Columns whose values have yet to be checked against the schema.
    states_scale
        The scores are known to be on 0-10 by labels, crosswalk or import.
    home
        Engine of the database that ``relation`` is in; ``None`` for files and Arrow tables.
    remarks
        What was assumed in reading a file.
    labels
        What a file calls its variables: questions that are missing are worded in their language.
    private
        Columns left out of a file that is not imported, by the variables that would show persons.
    refuse_changed
        Refuses a file that is read anew for each question and has changed since it was opened.
    """

    name: str
    relation: str
    columns: tuple[str, ...]
    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    checkable: frozenset[str] = frozenset()
    states_scale: bool = True
    home: Engine | None = None
    remarks: tuple[Remark, ...] = ()
    labels: tuple[str, ...] = ()
    private: Mapping[str, Finding] = field(default_factory=dict)
    refuse_changed: Callable[[], None] = field(default_factory=watch, compare=False)

    @property
    def is_dataset(self) -> bool:
        """Whether an import has written and checked them; they then have unique rating_ids."""
        return not self.checkable

    @property
    def counted(self) -> str:
        """SQL condition that a rating counts: excluded ones belong to the design alone."""
        return "(excluded IS NULL)" if "excluded" in self.columns else "TRUE"

    @cached_property
    def weightless(self) -> int:
        """Number of ratings that do not count because they have no weight above 0."""
        reason = f"{EXCLUDED} = {literal(WEIGHTLESS)}" if EXCLUDED in self.columns else "FALSE"
        return int(self.fetch(f"SELECT count(*) FILTER ({reason}) FROM {self.relation}")[0])

    def require(self, names: Sequence[str], needed_by: str) -> None:
        """Refuse when a column is absent or has no value at all.

        Raises
        ------
        MissingColumnError
            Names the columns, what needs them, and how to supply them.
        DataError
            A column would show persons.
        """
        for name in filter(self.private.__contains__, names):
            raise showing_persons(self.name, name, self.private[name], needed_by)
        absent = [name for name in names if not self.has(name)]
        if absent:
            raise MissingColumnError(
                f"{needed_by} needs the column{'s' * (len(absent) > 1)} {', '.join(absent)}, "
                "which these responses do not have.",
                where=self.name,
                remedy="Map the question in the crosswalk, or choose something else."
                + questions_to_add(absent, self.labels or self._imported_labels()),
            )

    def has(self, name: str) -> bool:
        """Tell whether a column is there and has at least one value, be it one to refuse."""
        if name not in self.columns:
            return False
        given = f"{identifier(name)} IS NOT NULL"
        if name in self.checkable:
            given += f" OR {problem(name)} IS NOT NULL"
        return bool(self.fetch(f"SELECT 1 FROM {self.relation} WHERE {given} LIMIT 1"))

    @cached_property
    def weighs(self) -> bool:
        """Whether a rating has a weight above 0."""
        return bool(self.fetch(f"SELECT 1 FROM {self.relation} WHERE weight > 0 LIMIT 1"))

    @cached_property
    def programmes(self) -> int:
        """Number of programmes; responses that do not name theirs are one."""
        if not self.has("programme"):
            return 1
        return int(self.fetch(f"SELECT count(DISTINCT programme) FROM {self.relation}")[0])

    @cached_property
    def source_kind(self) -> str:
        """Kind of evidence; responses that do not say are collected.

        Raises
        ------
        DataError
            Several kinds are mixed, or one is unknown.
        """
        if not self.has("source_kind"):
            return "collected"
        self.check(["source_kind"])
        kinds = self.fetch(
            f"SELECT list(DISTINCT coalesce(source_kind, 'collected')) FROM {self.relation}"
        )[0]
        if len(kinds) > 1:
            raise DataError(
                f"The responses mix kinds of evidence: {', '.join(sorted(kinds))}.",
                where=self.name,
                remedy="Estimate each kind apart; simulated answers are never pooled with others.",
            )
        return str(kinds[0])

    def scales(self, name: str) -> Mapping[tuple[float, float], int]:
        """Return the scales that imports have stated for a column, and the sources of each.

        Sources that state none are not in it, and a file that was not imported has none.
        """
        return stated_scales(Path(self.name), name)

    def check(self, names: Sequence[str]) -> None:
        """Check the values of columns against the schema, once for a file, never for a dataset.

        Raises
        ------
        DataError
            Values that the schema does not allow, with row, column, value and reason; or
            scores that look like a 1-10 scale.
        """
        checked = [name for name in names if name in self.checkable]
        if checked:
            self._refuse_problems(checked)
        if "score" in checked and not self.states_scale:
            zeros, ones = self.fetch(
                f"SELECT count(*) FILTER (score = 0), count(*) FILTER (score = 1) "
                f"FROM {self.relation}"
            )
            check_observed_scale(zeros, ones, self.name)

    def fetch(self, sql: str) -> tuple:  # type: ignore[type-arg]
        """Return the one row that a statement gives; it is run once, as nothing here changes."""
        if sql not in self._fetched:
            self._fetched[sql] = self._asked(sql)
        return self._fetched[sql]

    def run(self, sql: str, engine: Engine) -> pa.Table:
        """Return the result of a statement that reads the responses, by an engine.

        Raises
        ------
        DamagedError
            A file of the dataset turns out to be damaged while it is read.
        """
        with self._reading():
            return engine.run(sql, self.tables)

    def _imported_labels(self) -> tuple[str, ...]:
        return () if self.checkable or self.home else imported_labels(Path(self.name))

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Say what is wrong with a file that is read in the block, be it another by now."""
        try:
            with reading(None if self.home or self.checkable else Path(self.name)):
                yield
        finally:
            self.refuse_changed()

    def _asked(self, sql: str) -> tuple:  # type: ignore[type-arg]
        if self.home:
            found = self.run(sql, self.home)
            return tuple(c[0].as_py() for c in found.columns) if found.num_rows else ()
        try:
            with self._reading():
                rows = self._connection.execute(sql).fetchall()
        except duckdb.Error as error:
            raise unreadable(error, self.name) from error
        return rows[0] if rows else ()

    @cached_property
    def _fetched(self) -> dict[str, tuple]:  # type: ignore[type-arg]
        return {}

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        # Opening one costs more than most questions asked of it.
        return connect(self.tables)

    def _refuse_problems(self, names: list[str]) -> None:
        counts = " + ".join(f"count({problem(name)})" for name in names)
        total = self.fetch(f"SELECT {counts} FROM {self.relation}")[0]
        if not total:
            return
        sql = f"({problems_sql(names, self.relation, literal(self.name))})"
        listed, named = quoted_problems(self._connection, sql, _LISTED)
        more = f"; and {total - named} more" if total > named else ""
        raise DataError(
            f"{total} value{'s are' if total > 1 else ' is'} not allowed: {listed}{more}.",
            where=self.name,
            remedy=(
                "Correct the file, map the values in a crosswalk, or use `advocacy import`, "
                "which sets them aside and lists them."
            ),
        )


def open_responses(
    path: Path | str,
    crosswalk: Path | str | None = None,
    *,
    encoding: str | None = None,
    sheet: str | None = None,
) -> Responses:
    """Open a dataset folder, or a survey file with its crosswalk or canonical names.

    Parameters
    ----------
    path
        A folder with ``source=<name>`` partitions (or that has them under ``responses``), or
        a file in any format of `READERS`.
    crosswalk
        Crosswalk of the file; without one its variables must have canonical names.
    encoding
        Code page of the file's text; ``None`` to go by the file itself.
    sheet
        Sheet of a workbook; ``None`` for the first that has a table.

    Raises
    ------
    UsageError
        There is no such file, folder or sheet.
    FileFormatError, DamagedError
        No dataset in the folder, or a file that cannot be read, or is not as the import wrote it.
    CrosswalkError, DataError
        The crosswalk cannot be read or applied, or the score is not on a 0-10 scale.
    """
    path = Path(path)
    if not path.exists():
        raise UsageError(
            "There is no such file or folder.",
            where=str(path),
            remedy="Name a survey file, or a folder that `advocacy import` has written.",
        )
    if path.is_dir():
        return _open_dataset(path)
    ordinary_file(path)
    if crosswalk is None and sheet is None and _is_parquet(path):
        return _open_parquet(path)
    lines = read_crosswalk(Path(crosswalk)) if crosswalk else None
    used = isolated(read_used, path, lines, encoding, sheet, file=str(path))
    read = used.table
    numbers = arrow(np.arange(1, read.values.num_rows + 1, dtype=np.int64))
    rows = {"raw": read.values.append_column(ROW, numbers)}
    opened = _opened(str(path), read.variables, used.schema, used.crosswalk, "raw", rows)
    try:
        # Once, not by each question: most take less time than this statement takes to plan.
        with connect(opened.tables) as connection:
            placed = connection.sql(f"FROM {opened.relation}").to_arrow_table()
    except duckdb.Error as error:
        raise unreadable(error, str(path)) from error
    opened = replace(opened, relation="placed", tables={"placed": placed}, remarks=read.assumptions)
    return _without(shown_persons(used.crosswalk, read, used.batches), opened)


def _opened(
    name: str,
    variables: Sequence[Variable],
    schema: pa.Schema,
    crosswalk: Crosswalk,
    raw: str,
    tables: Mapping[str, pa.Table],
) -> Responses:
    placements = placements_of(variables, schema, crosswalk, name)
    columns = tuple(p.column.name for p in placements)
    marked = [EXCLUDED] * ("weight" in columns and EXCLUDED not in columns)
    return Responses(
        name=name,
        relation=weighed_sql(f"({placed(placements, raw)})", columns),
        columns=(*columns, *marked),
        tables=tables,
        sources=(name,),
        checkable=frozenset(columns),
        states_scale=states_scale(crosswalk, variables),
        labels=tuple(variable.label for variable in variables),
    )


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return parquet.recognises(file.read(4))


def _open_parquet(path: Path) -> Responses:
    refuse_changed = watch(path)
    scan = scan_labelled(path)
    lines = canonical_crosswalk(path, scan.table.values.column_names)
    raw = (
        f"(SELECT *, file_row_number + 1 AS {ROW} "
        f"FROM read_parquet({literal(str(path))}, file_row_number = true))"
    )
    opened = _opened(str(path), (), scan.table.values.schema, lines, raw, {})
    opened = replace(opened, refuse_changed=refuse_changed)
    return _without(shown_persons(lines, scan.table, scan.batches), opened)


def _without(private: Mapping[str, Finding], opened: Responses) -> Responses:
    """Leave columns out; where the data are simulated or published, nobody stands behind them."""
    if not private or opened.source_kind != "collected":
        return opened
    columns = ", ".join(map(identifier, private))
    return replace(
        opened,
        relation=f"(SELECT * EXCLUDE ({columns}) FROM {opened.relation})",
        columns=tuple(name for name in opened.columns if name not in private),
        checkable=opened.checkable.difference(private),
        private=private,
    )


def _open_dataset(folder: Path) -> Responses:
    clear_abandoned_beside(partitions_root(folder) / "source=*")
    ratings = verified_ratings(folder)
    if not ratings:
        raise FileFormatError(
            "The folder is no dataset: it has no source=<name> partitions.",
            where=str(folder),
            remedy=how_to_import(folder),
        )
    listed = ", ".join(literal(str(file.path)) for file in ratings)
    relation = f"read_parquet([{listed}], hive_partitioning = true, union_by_name = true)"
    names = {name for file in ratings for name in file.columns}
    return Responses(
        name=str(folder),
        relation=relation,
        columns=(
            *(name for name in COLUMNS if name in names),
            *sorted(n for n in names if n.startswith(REPLICATE_PREFIX) or is_own_segment(n)),
        ),
        sources=tuple(sorted({file.path.parent.name.removeprefix("source=") for file in ratings})),
    )
