"""The crosswalk: a table that says what each raw value means in canonical terms.

A crosswalk is a CSV file. Its first line names the format version, its second the columns::

    # advocacy crosswalk format 2
    raw_variable,raw_value,canonical_column,canonical_value,note
    q5,0..10,score,*,Likelihood to recommend
    q5,98,score,,Don't know
    q6,1,recommended_past_12m,true,Yes
    q6,2,recommended_past_12m,false,No
    done,*,interviewed_on,@date:%d.%m.%Y,31.12.2026
    ,,sector,B2B,The whole file

``raw_value`` is one value, an inclusive range of numbers (``0..10``, ``..6``, ``90..``), or
``*``: every value that no other line of the variable names. ``canonical_value`` is the value
to take, ``*`` for the value as it stands, ``@name`` or ``@name:argument`` for an operation of
`OPERATIONS`, or empty for missing. A value that no line covers is never guessed: it
rejects its row, or is missing where the column is no intent, behaviour or design.

Several variables may fill one column: the first that gives a value does, in the order of the
lines. Where a line says ``@count``, they are added up instead, and the other values of its
variable count zero. Where a line says ``@any``, one yes is enough: the column is then missing
where a variable holds a code that a line makes missing, false where one says no, and values
without a line say nothing. A line without raw variable sets a constant; after the lines of
variables it holds for the rows in which all of these are empty.

Files of format 1 are read as well; `upgrade` rewrites them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from math import inf, isfinite
from pathlib import Path

from advocacy.errors import CrosswalkError
from advocacy.responses.crosswalk.industries import industry_of
from advocacy.responses.crosswalk.names import country_codes, fold
from advocacy.responses.crosswalk.operations import (
    AS_IT_STANDS,
    OPERATIONS,
    SINCE,
    Operation,
)
from advocacy.responses.crosswalk.rows import read_rows, read_text
from advocacy.responses.schema import Column, Type, fills, find_column

FORMAT = 2
HEADER = ("raw_variable", "raw_value", "canonical_column", "canonical_value", "note")
ANY = "*"
# How the note of a line begins that a program has proposed and nobody has confirmed.
GUESS = "guess"
_OPERATION = "@"

_FORMAT_LINE = re.compile(r"# advocacy crosswalk format (\d+)")
_NUMBER = r"-?\d+(?:\.\d+)?"
_RANGE = re.compile(rf"({_NUMBER})?\.\.({_NUMBER})?")
_DASHED_RANGE = re.compile(rf"({_NUMBER})\s*(?:-|–|—|to|til)\s*({_NUMBER})")
_LARGEST_INTEGER = 2**31 - 1
# As people write them, and as a spreadsheet in Norwegian, Swedish or Danish writes true and false.
_BOOLEANS = {
    **dict.fromkeys(("true", "1", "sann", "sant", "sand"), True),
    **dict.fromkeys(("false", "0", "usann", "falskt", "falsk"), False),
}


@dataclass(frozen=True)
class Line:
    """One line of a crosswalk; ``number`` is its line number in the file."""

    number: int
    raw_variable: str
    raw_value: str
    column: Column
    canonical_value: str
    note: str = ""

    @property
    def range(self) -> tuple[float, float] | None:
        """Lowest and highest raw value, where the line covers a range; an open end is infinite."""
        match = _RANGE.fullmatch(self.raw_value)
        if not match or not any(match.groups()):
            return None
        return float(match[1] or -inf), float(match[2] or inf)

    @property
    def guessed(self) -> bool:
        """Whether the line is still marked as a guess."""
        return self.note.lower().startswith(GUESS)

    @property
    def keeps(self) -> bool:
        """Whether raw values are taken as they stand."""
        return self.canonical_value == AS_IT_STANDS

    @property
    def operation(self) -> str:
        """Name of the operation on the raw value; empty where the line gives a fixed value."""
        if self.keeps:
            return AS_IT_STANDS
        name, _, _ = self.canonical_value.removeprefix(_OPERATION).partition(":")
        return name if self.canonical_value.startswith(_OPERATION) else ""

    @property
    def argument(self) -> str:
        """What the operation is told; empty where nothing."""
        return self.canonical_value.partition(":")[2] if self.operation else ""


@dataclass(frozen=True)
class Crosswalk:
    """Lines of one crosswalk and the file they come from, for messages.

    No message shows a value or label of variables that are ``hidden``: they identify persons.
    """

    path: Path
    lines: tuple[Line, ...]
    hidden: frozenset[str] = frozenset()

    def columns(self) -> dict[Column, list[Line]]:
        """Return the lines of each canonical column, in order of first appearance."""
        grouped: dict[Column, list[Line]] = {}
        for line in self.lines:
            grouped.setdefault(line.column, []).append(line)
        return grouped

    def where(self, line: Line) -> str:
        """Name file and line for a message."""
        return f"{self.path}, line {line.number}"


def read_crosswalk(path: Path) -> Crosswalk:
    """Read and check a crosswalk.

    Raises
    ------
    CrosswalkError
        The format version, the header, a column, a value or a combination is not allowed;
        the message names file and line.
    """
    rows = read_rows(path)
    if _check_head(path, rows) < FORMAT:
        _check_upgradable(path, rows)
    lines = [_line(path, number, row) for number, row in enumerate(rows[2:], start=3) if any(row)]
    return _checked(Crosswalk(path, tuple(lines)))


def upgrade(path: Path) -> tuple[str, str]:
    """Return a crosswalk's text in the current format, and its difference from the file.

    The difference is that of ``diff -u``, empty where the file is of the current format.

    Raises
    ------
    CrosswalkError
        It has no format version, or a line would mean something else in the current format.
    """
    rows = read_rows(path)
    version = _check_head(path, rows)
    old = read_text(path)
    if version == FORMAT:
        return old, ""
    _check_upgradable(path, rows)
    new = old.replace(f"format {version}", f"format {FORMAT}", 1)
    names = (str(path), f"{path} (format {FORMAT})")
    return new, "".join(difflib.unified_diff(old.splitlines(True), new.splitlines(True), *names))


def meant_range(raw_value: str) -> str:
    """Return the range that ``0-10`` or ``0 to 10`` is meant to be, empty where it is none."""
    match = _DASHED_RANGE.fullmatch(raw_value)
    return f"{match[1]}..{match[2]}" if match else ""


def by_variable(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """Return the lines of each raw variable, in order of first appearance, without constants."""
    grouped: dict[str, list[Line]] = {}
    for line in lines:
        if line.raw_variable:
            grouped.setdefault(line.raw_variable, []).append(line)
    return grouped


def stated_scale(lines: Iterable[Line]) -> tuple[float | None, float | None]:
    """Return the ends of the values taken as they stand, ``None`` where no line states one."""
    ranges = [line.range for line in lines if line.keeps and line.range]
    low = min((low for low, _ in ranges), default=-inf)
    high = max((high for _, high in ranges), default=inf)
    return (low if isfinite(low) else None, high if isfinite(high) else None)


def canonical_crosswalk(path: Path, names: Iterable[str], table: str = "responses") -> Crosswalk:
    """Return the crosswalk of a file whose variables already have canonical names of a table."""
    columns = [c for name in names if fills(name, table) and (c := find_column(name))]
    return Crosswalk(path, tuple(Line(0, c.name, ANY, c, ANY) for c in columns))


def parse_value(text: str, column: Column) -> str | float | bool:
    """Return a canonical value written as text, in the column's type.

    Raises
    ------
    ValueError
        The text is no value of this column.
    """
    if column.type is Type.BOOLEAN:
        if text.lower() not in _BOOLEANS:
            raise ValueError("true or false")
        return _BOOLEANS[text.lower()]
    if column.type in (Type.INTEGER, Type.NUMBER):
        return _parse_bounded(text, column)
    if column.type is Type.DATE:
        return _parse_date(text)
    levels = [level for level, _ in column.levels]
    if levels and text not in levels:
        raise ValueError(column.allowed())
    if column.pattern and not re.fullmatch(column.pattern, text):
        raise ValueError(column.allowed())
    return text


def parse_number(text: str) -> float:
    """Return a finite number written as text.

    Raises
    ------
    ValueError
        The text is no such number.
    """
    try:
        value = float(_decimal_comma(text))
    except ValueError:
        raise ValueError("a number") from None
    if not isfinite(value):
        raise ValueError("a number")
    return value


def _decimal_comma(text: str) -> str:
    """Return a number with the point that a spreadsheet may have written as a comma."""
    return re.sub(r"(\d),(\d+)", r"\1.\2", text, count=1)


def _parse_date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError("a date (YYYY-MM-DD)") from None


def _parse_bounded(text: str, column: Column) -> float:
    value = parse_number(text)
    if column.type is Type.INTEGER and not (value.is_integer() and abs(value) <= _LARGEST_INTEGER):
        raise ValueError("a whole number")
    low = -float("inf") if column.minimum is None else column.minimum
    high = float("inf") if column.maximum is None else column.maximum
    if not low <= value <= high or (column.positive and value <= 0):
        raise ValueError(column.allowed())
    return int(value) if column.type is Type.INTEGER else value


def _check_head(path: Path, rows: list[list[str]]) -> int:
    """Return the format version."""
    first = ",".join(rows[0]).rstrip(",") if rows else ""
    match = _FORMAT_LINE.fullmatch(first)
    if not match or int(match[1]) not in range(1, FORMAT + 1):
        raise CrosswalkError(
            f"The crosswalk does not start with its format version; it starts with {first!r}.",
            where=f"{path}, line 1",
            remedy=f"Make the first line: # advocacy crosswalk format {FORMAT}",
        )
    if len(rows) < 2 or tuple(rows[1]) != HEADER:
        raise CrosswalkError(
            "The second line of the crosswalk does not name its columns.",
            where=f"{path}, line 2",
            remedy=f"Make the second line: {','.join(HEADER)}",
        )
    return int(match[1])


def _check_upgradable(path: Path, rows: list[list[str]]) -> None:
    """Refuse what was a text in format 1 and is more than that now."""
    for number, row in enumerate(rows[2:], start=3):
        cells = [cell.strip() for cell in row]
        open_range = len(cells) > 1 and re.fullmatch(rf"\.\.{_NUMBER}|{_NUMBER}\.\.", cells[1])
        if open_range or (len(cells) > 3 and cells[3].startswith(_OPERATION)):
            raise CrosswalkError(
                f"{cells[1] if open_range else cells[3]!r} was a plain text in format 1 and is "
                f"{'a range' if open_range else 'an operation'} in format {FORMAT}.",
                where=f"{path}, line {number}",
                remedy=f"If that is meant, make the first line: # advocacy crosswalk format "
                f"{FORMAT}. If not, map this value with `*` and give it another name.",
            )


def _line(path: Path, number: int, row: list[str]) -> Line:
    if not any(row[len(HEADER) :]):
        # A spreadsheet writes empty cells at the end of a line, or leaves out the last.
        row = [*row[: len(HEADER)], *[""] * (len(HEADER) - 1 <= len(row) < len(HEADER))]
    if len(row) != len(HEADER):
        raise CrosswalkError(
            f"The line has {len(row)} values instead of {len(HEADER)}.",
            where=f"{path}, line {number}",
            remedy="Quote values that contain a comma.",
        )
    raw_variable, raw_value, name, canonical_value, note = (cell.strip() for cell in row)
    column = find_column(name)
    if column is None:
        raise CrosswalkError(
            f"There is no canonical column {name!r}.",
            where=f"{path}, line {number}",
            remedy="Use a column of the codebook; `advocacy codebook` lists them.",
        )
    return Line(number, raw_variable, raw_value, column, canonical_value, note)


def _checked(crosswalk: Crosswalk) -> Crosswalk:
    columns = crosswalk.columns()
    for column, lines in columns.items():
        for line in lines:
            _check_line(crosswalk, line)
            if line.operation == SINCE and not any(c.name == "interviewed_on" for c in columns):
                raise CrosswalkError(
                    f"{column.name!r} is counted up to `interviewed_on`, which no line fills.",
                    where=crosswalk.where(line),
                    remedy="Add a line that gives the date of the interview as interviewed_on.",
                )
        _check_together(crosswalk, lines)
    return crosswalk


def _check_together(crosswalk: Crosswalk, lines: list[Line]) -> None:
    """Check that each line of a column has something to say beside the others."""
    values = [(line.raw_variable, line.raw_value) for line in lines]
    repeated = next((lines[i] for i, v in enumerate(values) if values.count(v) > 1), None)
    if repeated:
        raise CrosswalkError(
            f"Raw value {repeated.raw_value!r} of {repeated.raw_variable!r} has two lines.",
            where=crosswalk.where(repeated),
            remedy="Keep one of them.",
        )
    early = next((line for line in lines[:-1] if not line.raw_variable), None)
    if early:
        raise CrosswalkError(
            f"The constant fills {early.column.name!r} before the lines that follow it.",
            where=crosswalk.where(early),
            remedy="Put the constant after the lines of all variables, or remove it.",
        )


def _check_line(crosswalk: Crosswalk, line: Line) -> None:
    constant = not line.raw_variable
    if constant and (line.raw_value or line.operation or not line.canonical_value):
        raise CrosswalkError(
            "A line without raw variable sets a constant and needs a canonical value alone.",
            where=crosswalk.where(line),
            remedy="Name the raw variable, or give the constant as canonical_value.",
        )
    if not constant and not line.raw_value:
        raise CrosswalkError(
            "The line names a raw variable but no raw value.",
            where=crosswalk.where(line),
            remedy="Give a value, a range such as 0..10, or * for every other value.",
        )
    _check_range(crosswalk, line)
    if line.operation and not line.keeps:
        _check_operation(crosswalk, line)
    elif not line.keeps or not (line.range or line.raw_value == ANY):
        _check_value(crosswalk, line)


def _check_range(crosswalk: Crosswalk, line: Line) -> None:
    if line.range and line.range[0] > line.range[1]:
        raise CrosswalkError(
            f"The range {line.raw_value!r} runs backwards and covers no value.",
            where=crosswalk.where(line),
            remedy="Write the lower number first.",
        )
    # With a fixed value it may be a text, such as the name of a class; as a number it is none.
    number = line.column.type in (Type.INTEGER, Type.NUMBER)
    dots = meant_range(line.raw_value)
    if dots and number and (line.keeps or not line.canonical_value):
        raise CrosswalkError(
            f"{line.raw_value!r} is one text, not a range of numbers.",
            where=crosswalk.where(line),
            remedy=f"Write the range with two dots: {dots}",
        )


def _check_operation(crosswalk: Crosswalk, line: Line) -> None:
    operation = OPERATIONS.get(line.operation)
    if operation is None or not operation.fills(line.column):
        fitting = [
            _OPERATION + n for n, o in OPERATIONS.items() if n != ANY and o.fills(line.column)
        ]
        raise CrosswalkError(
            f"{_OPERATION + line.operation} is no operation for {line.column.name!r}.",
            where=crosswalk.where(line),
            remedy=f"Use {', '.join(fitting)}, * or a value." if fitting else "Use * or a value.",
        )
    try:
        _check_argument(operation, line)
    except ValueError as error:
        raise CrosswalkError(
            f"{line.canonical_value!r} cannot be used for {line.column.name!r}: it needs {error}.",
            where=crosswalk.where(line),
            remedy="Correct what stands after the colon.",
        ) from error


def _check_argument(operation: Operation, line: Line) -> None:
    if operation.argument:
        operation.argument(line.argument, line.column)
    elif ":" in line.canonical_value:
        raise ValueError("nothing after its name")


def _check_value(crosswalk: Crosswalk, line: Line) -> None:
    taken = line.raw_value if line.keeps else line.canonical_value
    if not taken:
        return
    try:
        parse_value(taken, line.column)
    except ValueError as error:
        raise CrosswalkError(
            f"{taken!r} is no value of {line.column.name!r}: allowed is {error}.",
            where=crosswalk.where(line),
            remedy=_allowed_for(taken, line.column),
        ) from error


def _allowed_for(text: str, column: Column) -> str:
    """Say what to write in place of a value; the code of the name that it may be."""
    codes = {"country": country_codes().get(fold(text)), "industry": industry_of(text)}
    code = codes.get(column.name)
    if code:
        return f"Write {code}, or have @{column.name} read names."
    return "Write an allowed value, or leave canonical_value empty for missing."
