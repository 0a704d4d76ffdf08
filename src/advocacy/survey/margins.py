"""Population margins to calibrate to, read from a table.

The table is a CSV file with columns named as the variables that ratings are crossed by, and
``total``. The variables that a row fills say to which margin it belongs: rows that fill the same
ones form one margin, and a margin of several variables is their crossing::

    sector,country,total
    B2B,,5200
    B2C,,4800
    ,DK,1900
    ,NO,4600
    ,SE,3500

Totals may be counts, percentages or proportions: only their shares within a margin are used.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from advocacy.errors import DataError, UsageError
from advocacy.responses.crosswalk.rows import read_rows

TOTAL = "total"
# Sums of margins that differ by less than this share are taken as rounded.
_ROUNDING = 1e-3

# Totals by level, of each margin: its variables are the key.
_Totals = dict[tuple[str, ...], dict[tuple[str, ...], float]]


class Variable(Protocol):
    """What ratings are crossed by: an SQL expression, and the columns that it needs."""

    @property
    def expression(self) -> str:
        """SQL over the canonical columns; NULL where a rating is in no part."""
        ...

    @property
    def needs(self) -> tuple[str, ...]:
        """Canonical columns without which it is refused."""
        ...


@dataclass(frozen=True)
class Margin:
    """Shares of the population by a variable, or by a crossing of several.

    Parameters
    ----------
    names
        Its variables.
    levels
        Values of the variables, a tuple a level; shape (levels, names).
    shares
        Share of the population in each level, proportions that sum to 1; shape (levels,).
    """

    names: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    shares: tuple[float, ...]

    @property
    def label(self) -> str:
        """Its name in messages and tables."""
        return " × ".join(self.names)


@dataclass(frozen=True)
class Margins:
    """What weights are calibrated to.

    Parameters
    ----------
    path
        The file, for messages.
    margins
        The margins, in the order of the file.
    variables
        Name and definition of each variable of a margin.
    trim
        Largest ratio of calibrated to base weight, relative to the mean ratio; above 1.
        ``None`` for no limit.
    """

    path: str
    margins: tuple[Margin, ...]
    variables: tuple[tuple[str, Variable], ...]
    trim: float | None = None

    def describe(self) -> str:
        """Say in a few words what weights are calibrated to."""
        limit = "" if self.trim is None else f", at most {self.trim:g} times the mean ratio"
        return f"{', '.join(margin.label for margin in self.margins)} ({self.path}){limit}"


def read_margins(
    path: Path | str, variables: Mapping[str, Variable], *, trim: float | None = None
) -> Margins:
    """Read a table of margins.

    Parameters
    ----------
    path
        CSV file in UTF-8, as described above.
    variables
        What a column may be named, and its definition.
    trim
        See `Margins`.

    Raises
    ------
    CrosswalkError
        The file is no CSV file in UTF-8.
    DataError
        A column that is no variable, no column ``total``, a total that is not above 0, a row
        of no margin, a level given twice, or margins that sum to different populations; with
        file, line, column and remedy.
    UsageError
        ``trim`` is not above 1.
    """
    if trim is not None and not 1 < trim < math.inf:
        raise UsageError(
            f"Weights cannot be trimmed at {trim:g} times the mean ratio.",
            remedy="Use a number above 1, such as 3.",
        )
    rows = read_rows(Path(path))
    header = _header(str(path), rows, variables)
    totals = _totals(str(path), header, rows)
    _check_sums(str(path), totals)
    used = [name for name in header if any(name in names for names in totals)]
    return Margins(
        path=str(path),
        margins=tuple(_margin(names, found) for names, found in totals.items()),
        variables=tuple((name, variables[name]) for name in used),
        trim=trim,
    )


def _margin(names: tuple[str, ...], totals: dict[tuple[str, ...], float]) -> Margin:
    population = sum(totals.values())
    return Margin(names, tuple(totals), tuple(total / population for total in totals.values()))


def _header(path: str, rows: list[list[str]], variables: Mapping[str, Variable]) -> list[str]:
    names = [name.strip() for name in rows[0]] if rows else []
    where = f"{path}, line 1"
    if TOTAL not in names:
        # A spreadsheet of many countries writes semicolons, and commas into numbers.
        other = next((mark for mark in (";", "\t") if any(mark in name for name in names)), None)
        raise DataError(
            f"The table of margins has no column {TOTAL}; its first line is {','.join(names)!r}.",
            where=where,
            remedy="Separate columns by commas, and write decimals with a point: 60.5."
            if other
            else f"Give it a column {TOTAL} and a column for each variable, in small letters.",
        )
    for name in names:
        if name != TOTAL and name not in variables:
            raise DataError(
                f"{name!r} is nothing that weights can be calibrated to.",
                where=f"{where}, column {name!r}",
                remedy=f"Use some of: {', '.join(variables)}.",
            )
        if names.count(name) > 1:
            raise DataError(
                f"The column {name} is named twice.", where=where, remedy="Name it once."
            )
    return names


def _totals(path: str, header: Sequence[str], rows: list[list[str]]) -> _Totals:
    totals: _Totals = {}
    for number, row in enumerate(rows[1:], 2):
        values = [value.strip() for value in row]
        if not any(values):
            continue
        where = f"{path}, line {number}"
        names, level, total = _row(where, header, values)
        margin = totals.setdefault(names, {})
        if level in margin:
            raise DataError(
                f"{' × '.join(level)} of {' × '.join(names)} is given twice.",
                where=f"{where}, column {names[0]}",
                remedy="Give each level one total.",
            )
        margin[level] = total
    if not totals:
        raise DataError(
            "The table of margins has no rows.",
            where=path,
            remedy="Give a row for each level of each margin.",
        )
    return totals


def _row(
    where: str, header: Sequence[str], values: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...], float]:
    """Return a row's variables, its level of them, and its total."""
    if len(values) != len(header):
        raise DataError(
            f"The row has {len(values)} values for {len(header)} columns.",
            where=where,
            remedy="Give a value or nothing for each column; write numbers without commas.",
        )
    filled = [
        (name, value) for name, value in zip(header, values, strict=True) if name != TOTAL and value
    ]
    if not filled:
        raise DataError(
            "The row is of no margin: it has a total and no level.",
            where=where,
            remedy="Fill the column of the variable; totals of everything are not needed.",
        )
    names, level = zip(*filled, strict=True)
    return names, level, _total(where, values[header.index(TOTAL)])


def _total(where: str, text: str) -> float:
    try:
        total = float(text)
    except ValueError:
        total = math.nan
    if not 0 < total < math.inf:
        raise DataError(
            f"The total {text!r} is no number above 0.",
            where=f"{where}, column {TOTAL}",
            remedy="Give a count or a share; leave out a level that nobody is in.",
        )
    return total


def _check_sums(path: str, totals: _Totals) -> None:
    """Refuse margins of different populations."""
    sums = {" × ".join(names): sum(margin.values()) for names, margin in totals.items()}
    (first, population), *others = sums.items()
    for label, total in others:
        if abs(total - population) > _ROUNDING * population:
            raise DataError(
                f"The margins are of different populations: {first} sums to {population:.15g}, "
                f"{label} to {total:.15g}.",
                where=f"{path}, column {TOTAL}",
                remedy=(
                    "Let all margins sum to the same population, or all to 1; "
                    f"a difference up to {_ROUNDING:.1%} is taken as rounding."
                ),
            )
