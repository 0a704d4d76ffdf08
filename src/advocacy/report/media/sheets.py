"""What the cells of a workbook hold: names of sheets, texts, numbers and their formats.

Limits of the format: https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from advocacy.report.document import Column, Entry, Table, Unit
from advocacy.report.media.axis import SCALES
from advocacy.report.media.lettering import legal
from advocacy.report.wording import Words

_MOST_NAME, _MOST_TEXT = 31, 32_767  # letters of UTF-16
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
_MORE = "…"
_SMALLEST = 0.001  # p-values below it are written as < 0.001


@dataclass(frozen=True)
class Cell:
    """A cell: a text, or a number with the format that shows it as the document does."""

    value: str | float
    form: str = ""


@dataclass(frozen=True)
class Grid:
    """A table as cells; an interval takes two columns.

    Parameters
    ----------
    headings
        Of the columns.
    columns
        The document's column behind each.
    units
        What the numbers of each are counted in.
    rows
        A cell a column.
    """

    headings: tuple[str, ...]
    columns: tuple[Column, ...]
    units: tuple[Unit, ...]
    rows: tuple[tuple[Cell, ...], ...]


def grid_of(table: Table, words: Words) -> Grid:
    """Return a table as cells."""
    entries = list(zip(*table.rows, strict=True)) or [()] * len(table.columns)
    spread = [_spread(c, of, words) for c, of in zip(table.columns, entries, strict=True)]
    columns = [each for of_column in spread for each in of_column]
    return Grid(
        headings=tuple(heading for heading, _, _, _ in columns),
        columns=tuple(column for _, column, _, _ in columns),
        units=tuple(unit for _, _, unit, _ in columns),
        rows=tuple(zip(*(cells for _, _, _, cells in columns), strict=True)),
    )


_Spread = tuple[str, Column, Unit, list[Cell]]


def _spread(column: Column, entries: Sequence[Entry], words: Words) -> Iterator[_Spread]:
    """Yield a column, or two for both limits of intervals, with its heading and its cells."""
    unit: Unit = next((entry.unit for entry in entries if entry.unit), "")
    if not any(isinstance(entry.value, tuple) for entry in entries):
        yield column.heading, column, unit, [_cell(entry, 0, words) for entry in entries]
        return
    for end, key in enumerate(("workbook.from", "workbook.to")):
        heading = words(key, heading=column.heading)
        yield heading, column, unit, [_cell(entry, end, words) for entry in entries]


def _cell(entry: Entry, end: int, words: Words) -> Cell:
    """Return the cell of an entry, or of one end of its interval."""
    value = entry.value[end] if isinstance(entry.value, tuple) else entry.value
    if value is not None and math.isfinite(value):
        scale = 1 if entry.unit == "per cent" else SCALES[entry.unit][0]
        return Cell(scale * value, number_format(entry, words))
    if isinstance(entry.value, tuple):  # an end that is infinite, or is not known
        return Cell("" if value is None or math.isnan(value) else "∞" if value > 0 else "−∞")
    return Cell("" if end and value is None else text_of_cell(entry.text))


def number_format(entry: Entry, words: Words) -> str:
    """Return the format that shows a number with the decimals that its text has."""
    if entry.unit == "p":
        least = words.number(_SMALLEST, 3)
        return f'[<{_SMALLEST}]"< {least}";0.000'
    decimals = re.search(rf"\d{re.escape(words('number.decimal'))}(\d+)", entry.text)
    shown = f"0.{'0' * len(decimals[1])}" if decimals else "0"
    match entry.unit:
        case "per cent":
            return f"{shown}%"
        case "points" if entry.text.startswith(("+", "−", "0")):
            return f"+{shown};−{shown};{shown}"
        case "count":
            return f"#,##{shown}"
    return shown if decimals or entry.unit else "General"


def text_of_cell(text: str) -> str:
    """Return a text as a cell can hold it: visible letters, and no more than there is room for."""
    return shortened(legal(text), _MOST_TEXT)


def shortened(text: str, most: int) -> str:
    """Cut a text to so many letters of UTF-16, with … at its end where some are left out."""
    if len(text.encode("utf-16-le")) <= 2 * most:
        return text
    return text.encode("utf-16-le")[: 2 * (most - 1)].decode("utf-16-le", "ignore") + _MORE


def sheet_names(headings: Iterable[str], first: str) -> list[str]:
    """Return a name for the first sheet and one for each that follows: its number and heading.

    Parameters
    ----------
    headings
        What each sheet shows; they may be alike, empty, or have letters that no name may have.
    first
        Name of the first sheet.
    """
    numbered = (f"{number} {heading}" for number, heading in enumerate(headings, start=1))
    names = [_NOT_IN_NAMES.sub(" ", legal(name)) for name in (first, *numbered)]
    # A name that begins or ends with an apostrophe is refused.
    return [shortened(" ".join(name.split()), _MOST_NAME).strip("' ") for name in names]
