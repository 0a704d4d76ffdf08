"""Persons in a file on its way in: which variables identify them, and what becomes of these."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from advocacy.errors import DataError
from advocacy.responses.crosswalk.crosswalk import Crosswalk, Line, by_variable
from advocacy.responses.crosswalk.operations import is_number
from advocacy.responses.labelled import LabelledTable, Variable
from advocacy.responses.privacy import Finding, Recogniser
from advocacy.responses.privacy.contents import without_addresses
from advocacy.responses.pseudonyms import ALWAYS, SOMETIMES, pseudonymised
from advocacy.responses.schema import Type, find_column

BATCH_ROWS = 62_500  # that are judged at a time
Batches = Callable[[Sequence[str], int], Iterator[pa.Table]]

_JUDGED = 10_000  # problems that are looked at before a message quotes some
_SHORTEST_NUMBER = 10_000  # that could identify
_MOST_KNOWN = 100_000  # different values of a variable that are held


@dataclass(frozen=True)
class Persons:
    """What of a file is not imported as it stands.

    Parameters
    ----------
    used
        The variables of the file that fill each canonical column.
    private
        Those that seem to identify persons and are not kept.
    pseudonyms
        The canonical columns whose values are replaced by pseudonyms.
    watched
        The other variables that are used, in which persons may still turn up.
    """

    used: Mapping[str, list[str]]
    private: tuple[Finding, ...] = ()
    pseudonyms: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()

    @property
    def hidden(self) -> frozenset[str]:
        """Variables of which no value, label or note is written anywhere."""
        replaced = [name for column in self.pseudonyms for name in self.used[column]]
        return frozenset([*_names(self.private), *replaced])

    @property
    def measured(self) -> frozenset[str]:
        """Variables that fill columns of numbers, dates or codes alone."""
        filled = [(name, find_column(c)) for c, own in self.used.items() for name in own]
        texts = {name for name, column in filled if column and column.type is Type.TEXT}
        return frozenset(name for name, _ in filled if name not in texts)

    def leave_out(self, column: str) -> bool:
        """Tell whether a canonical column is left out."""
        private = _names(self.private)
        return column not in self.pseudonyms and not private.isdisjoint(self.used[column])

    def lack(self, findings: Iterable[Finding]) -> bool:
        """Tell whether a variable that was found elsewhere is used here as it stands."""
        return not _names(findings).isdisjoint(self.watched)


class Watch:
    """Looks for persons in the batches of a file after its first, whose values it knows.

    To recognise takes far longer than to compare: a variable is judged where a batch has a value
    of it that no batch before had, and that is long enough to identify.

    Parameters
    ----------
    file
        What the file is, and what of it is watched.
    crosswalk, table
        What is made of its variables, and its dictionary.
    size
        Rows of a full batch. In the few rows of a last one most texts differ, whatever they are:
        it shows only what is certain by itself.
    """

    def __init__(
        self, file: Persons, crosswalk: Crosswalk, table: LabelledTable, size: int
    ) -> None:
        replaced = {name for column in file.pseudonyms for name in file.used[column]}
        others = {n for c, own in file.used.items() if c not in file.pseudonyms for n in own}
        self._names = [name for name in file.watched if name in others or name not in replaced]
        self._measured = file.measured
        self._crosswalk, self._table, self._size = crosswalk, table, size
        self._known: dict[str, pa.Array] = {}

    def look(self, values: pa.Table) -> list[Finding]:
        """Return which variables a batch shows to identify persons; nothing for the first."""
        first = not self._known
        new = [name for name in self._names if self._is_new(name, values[name])]
        if first or not new:
            return []
        variables = [self._table.variable(name) for name in new]
        seen = as_taken(values.select(new), self._crosswalk, self._table)
        found = Recogniser(variables, measured=self._measured).look(seen)
        return [each for each in found if each.certain or values.num_rows == self._size]

    def _is_new(self, name: str, column: pa.ChunkedArray) -> bool:
        """Tell whether a column has a value that may identify and was not there before."""
        if is_number(column.type) and (pc.max(column).as_py() or 0) < _SHORTEST_NUMBER:
            self._known.setdefault(name, pc.unique(column.slice(0, 0)))
            return False
        values = pc.unique(column).drop_null()
        known = self._known.get(name, values.slice(0, 0))
        if len(known) > _MOST_KNOWN:
            return True
        new = values.filter(pc.invert(pc.is_in(values, known)))
        self._known[name] = pa.concat_arrays([known, new])
        return bool(pc.any(_long(new)).as_py())


def _long(values: pa.Array) -> pa.Array:
    """Tell of values whether they have the five digits or letters of the shortest that identify."""
    if is_number(values.type):
        return pc.greater_equal(values, _SHORTEST_NUMBER)
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        return pc.greater_equal(pc.utf8_length(values), 5)
    return pc.is_valid(values)


def used_variables(crosswalk: Crosswalk, known: Collection[str]) -> dict[str, list[str]]:
    """Return the variables, of those that a file has, that fill each canonical column."""
    return {
        column.name: [name for name in by_variable(lines) if name in known]
        for column, lines in crosswalk.columns().items()
    }


def as_taken(values: pa.Table, crosswalk: Crosswalk, table: LabelledTable) -> pa.Table:
    """Return values as they would be imported: the labels of those whose labels are taken."""
    for name in {line.raw_variable for line in crosswalk.lines if line.operation == "label"}:
        if name not in values.column_names:
            continue
        place, labels = values.column_names.index(name), table.variable(name).value_labels
        codes = pa.array([code for code, _ in labels])
        if not len(codes) or pa.types.is_string(codes.type) is is_number(values[name].type):
            continue
        at = pc.index_in(values[name].cast(codes.type), codes)
        texts = pa.array([label for _, label in labels], pa.string()).take(at.combine_chunks())
        values = values.set_column(place, name, texts)
    return values


def persons_of(
    crosswalk: Crosswalk,
    used: Mapping[str, list[str]],
    findings: Iterable[Finding],
    keep: Collection[str],
) -> Persons:
    """Return what becomes of the variables that identify persons, some of which were found.

    What fills ``respondent_id`` or ``account`` identifies as well, whatever it looks like: taken
    as it stands into another column it would undo the pseudonym.
    """
    names = {name for own in used.values() for name in own}.difference(keep)
    found = {finding.variable: finding for finding in findings if finding.variable in names}
    identifiers = {name for column in ALWAYS for name in used.get(column, ())}
    for line in crosswalk.lines:
        name = line.raw_variable
        if name in names & identifiers.difference(found) and _repeats(line):
            found[name] = Finding(name, "identifier", 1.0, "it names the respondent or account")
    private = tuple(sorted(found.values(), key=lambda finding: finding.variable))
    watched = tuple(sorted(names.difference(found)))
    return Persons(used, private, pseudonymised(used, private), watched)


def shown_persons(
    crosswalk: Crosswalk, table: LabelledTable, batches: Batches
) -> dict[str, Finding]:
    """Return the columns by which a file that is not imported would show persons, and what does.

    They are the columns that an import leaves out, of those whose texts are shown: what names
    respondents, interviews and parts of the design is counted, and stands in no table.

    Parameters
    ----------
    table
        The file's dictionary, of the variables that are used.
    batches
        Yields named variables, so many rows at a time.
    """
    used = used_variables(crosswalk, [variable.name for variable in table.variables])
    shown = [column for column in used if _is_open(column)]
    texts = {name for column in shown for name in used[column]}
    before = persons_of(crosswalk, used, (), ())
    before = replace(before, watched=tuple(name for name in before.watched if name in texts))
    found: list[Finding] = []
    watch = Watch(before, crosswalk, table, BATCH_ROWS)
    recogniser = Recogniser([table.variable(name) for name in before.watched])
    for at, values in enumerate(batches(before.watched, BATCH_ROWS) if before.watched else ()):
        if not at:
            found += recogniser.look(as_taken(values, crosswalk, table))
        found += watch.look(values)
    persons = persons_of(crosswalk, used, found, ())
    private = {finding.variable: finding for finding in persons.private}
    return {
        column: next(private[name] for name in used[column] if name in private)
        for column in shown
        if persons.leave_out(column)
    }


def showing_persons(file: str, column: str, finding: Finding, needed_by: str) -> DataError:
    """Return the error for a column that is asked for and would show persons."""
    return DataError(
        f"{needed_by} needs the column {column}, and {finding.variable}, which fills it, seems to "
        f"identify persons ({finding.kind}: {finding.reason}).",
        where=file,
        remedy=f"Leave it out. If it identifies nobody, import the file with --keep "
        f"{finding.variable} and use the dataset.",
    )


def quoting_no_address(described: Any) -> Any:
    """Return what is said of a file without the e-mail addresses that it quotes.

    They stand in labels and notes of a file, and in lines below its answers, too.
    """
    if isinstance(described, str):
        return without_addresses(described)
    if isinstance(described, Mapping):
        return {name: quoting_no_address(value) for name, value in described.items()}
    if isinstance(described, list | tuple):
        return [quoting_no_address(value) for value in described]
    return described


def quoting_persons(connection: duckdb.DuckDBPyConnection, problems: str) -> set[str]:
    """Return the canonical columns in which problems quote values that identify persons.

    Of a file that is not imported nothing else is looked at. ``problems`` is the SQL expression
    of a table with the columns of `ledger.PROBLEM`.
    """
    quoted = connection.sql(f'SELECT "column", value FROM {problems} LIMIT {_JUDGED}')
    values = quoted.to_arrow_table()
    found = set(ALWAYS)
    for name in values.column("column").unique().to_pylist():
        own = values.filter(pc.equal(values.column("column"), name)).select(["value"])
        findings = Recogniser([Variable(name)]).look(own)
        found |= {name for finding in findings if finding.certain}
    return found


def _repeats(line: Line) -> bool:
    """Tell whether a line takes values, or their labels, into a column of any texts."""
    return _is_open(line.column.name) and (line.keeps or line.operation == "label")


def _is_open(name: str) -> bool:
    """Tell whether a canonical column takes any text, and is no identifier."""
    column = find_column(name)
    is_text = column is not None and column.type is Type.TEXT
    closed = column and (column.levels or column.pattern)
    return is_text and not closed and name not in (*ALWAYS, *SOMETIMES)


def _names(findings: Iterable[Finding]) -> set[str]:
    return {finding.variable for finding in findings}
