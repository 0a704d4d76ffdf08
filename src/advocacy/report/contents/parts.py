"""What documents of several kinds have in common: their face, columns, tables and entries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from advocacy.estimation.estimand import Unit as EstimandUnit
from advocacy.report.document import (
    Alert,
    Block,
    Column,
    Document,
    Entry,
    Heading,
    Label,
    Note,
    Table,
    Unit,
)
from advocacy.report.numbers import number_of
from advocacy.report.wording import NONE, Row, Words, unit

if TYPE_CHECKING:
    from advocacy.estimation import Estimates

_RATIO: Unit = "ratio"
_UNITS: dict[EstimandUnit, Unit] = {
    EstimandUnit.PER_CENT: "per cent",
    EstimandUnit.PERCENTAGE_POINTS: "points",
    EstimandUnit.POINTS: "points",
    EstimandUnit.SCORE: "score",
}


def rows_of(result: Estimates) -> list[Row]:
    """Return the rows of a result."""
    rows: list[Row] = result.table.to_pylist()
    return rows


def document(
    result: Estimates, question: str, label: Label, body: Iterable[Block], words: Words
) -> Document:
    """Return a document: simulated or not, the question, what it rests on, and the body."""
    return Document((*simulated(rows_of(result), words), Heading(question), label, *body))


def nothing(words: Words) -> Document:
    """Return what is shown where there is no row."""
    return Document((Note(words("face.none")),))


def simulated(rows: Sequence[Row], words: Words) -> tuple[Alert, ...]:
    """Return the alert that stands above simulated numbers, or none."""
    kinds = {row["source_kind"] for row in rows}
    return (Alert(f"{words('face.simulated')}."),) if "simulated" in kinds else ()


def label(row: Row, words: Words, measure: str = "") -> Label:
    """Return what an estimate rests on, with ``measure`` for its intervals."""
    return Label(words.rung(row), words.target(row), measure, words.kind(row))


# Columns


def number_columns(headings: Sequence[str]) -> list[Column]:
    """Return columns of numbers."""
    return [Column(heading, "right") for heading in headings]


def segment_columns(names: Sequence[str], words: Words) -> list[Column]:
    """Return a column for each segment."""
    return [Column(words.heading(name)) for name in names]


def interval_heading(row: Row, words: Words) -> str:
    """Return the heading of a column of intervals."""
    return words("heading.interval", level=words.confidence(row["conf_level"]))


def without_empty(columns: Sequence[Column], rows: Iterable[Sequence[Entry]], last: str) -> Table:
    """Return a table without the column headed ``last`` where that is empty in every row."""
    kept = [tuple(row) for row in rows]
    empty = all(not row[-1].text for row in kept) and columns[-1].heading == last
    size = len(columns) - empty
    return Table(tuple(columns[:size]), tuple(row[:size] for row in kept))


def table(columns: Sequence[Column], rows: Iterable[Sequence[str | Entry]]) -> Table:
    """Return a table; an entry that is words alone may be given as these.

    A column that is empty in every row is left out.
    """
    entries = [[Entry(e) if isinstance(e, str) else e for e in row] for row in rows]
    told = [at for at in range(len(columns)) if any(row[at].text for row in entries)]
    if not entries:
        return Table(tuple(columns), ())
    return Table(
        tuple(columns[at] for at in told), tuple(tuple(row[at] for at in told) for row in entries)
    )


# Entries


def level_entries(row: Row, names: Sequence[str], words: Words) -> list[Entry]:
    """Return the levels of segments."""
    return [Entry(words.level(name, row[name])) for name in names]


def estimate(row: Row, words: Words) -> Entry:
    """Return an estimate in its unit."""
    text, number = words.amount(row, "estimate"), number_of(row, "estimate")
    return Entry(text, row["estimate"], _UNITS[unit(row)], number)


def limits(row: Row, words: Words) -> Entry:
    """Return the interval of an estimate in its unit."""
    return Entry(words.limits(row), ends(row), _UNITS[unit(row)], number_of(row, "interval"))


def ends(row: Row) -> tuple[float, float] | None:
    """Return the limits of an interval."""
    return None if row["conf_low"] is None else (row["conf_low"], row["conf_high"])


def proportion(value: float | None, words: Words, number: str = "") -> Entry:
    """Return a proportion in per cent, with its identifier where it has one."""
    return Entry(words.percent(value), value, "per cent", number)


def proportion_limits(
    low: float | None, high: float | None, words: Words, number: str = ""
) -> Entry:
    """Return the limits of a proportion in per cent, with their identifier if they have one."""
    both = None if low is None or high is None else (low, high)
    return Entry(words.interval(low, high), both, "per cent", number)


def count(value: float | None, words: Words) -> Entry:
    """Return a number of things."""
    return Entry(words.count(value), value, "count")


def behind(row: Row, part: str, words: Words, column: str = "") -> Entry:
    """Return a number of things behind an estimate, by its part and column in the row."""
    return replace(count(row[column or part], words), number=number_of(row, part))


def p_value(row: Row, words: Words, *, adjusted: bool = False) -> Entry:
    """Return the p-value of a row, or that adjusted for the number of tests."""
    column, part = ("p_adjusted", "p_adjusted") if adjusted else ("p_value", "p")
    return Entry(words.p_value(row[column]), row[column], "p", number_of(row, part))


def ratio(value: float | None, words: Words) -> Entry:
    """Return a ratio."""
    return Entry(words.ratio(value), value, "ratio")


def note(row: Row, words: Words) -> Entry:
    """Return the flag of an estimate."""
    return Entry(words.reliability(row))


def compared(row: Row, words: Words) -> list[Entry]:
    """Return a comparison and its interval: a ratio with two decimals, a difference with sign."""
    if row["interval"] == "log":
        write, named = words.ratio, _RATIO
    else:
        scored = unit(row) is EstimandUnit.SCORE
        decimals, scale, named = (2, 1.0, "score") if scored else (1, 100.0, "points")

        def write(value: float | None) -> str:
            return words.signed(value, decimals, scale)

    both = ends(row)
    between = words.between(*map(write, both)) if both else NONE
    return [
        Entry(write(row["estimate"]), row["estimate"], named, number_of(row, "estimate")),
        Entry(between, both, named, number_of(row, "interval")),
    ]


def column_letters(letters: str | None, compares: str) -> str:
    """Write letters of levels; small where capitals would be taken for sections of NACE."""
    return (letters or "").lower() if compares == "industry" else letters or ""


def first_row(result: Estimates) -> dict[str, Any]:
    """Return the first row, which has the labels of all."""
    row: dict[str, Any] = result.table.slice(0, 1).to_pylist()[0]
    return row
