"""Published figures: a table of them read and checked, and the range that they span."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from advocacy.errors import UsageError
from advocacy.estimation.estimates import COLUMNS as ESTIMATE_COLUMNS
from advocacy.estimation.estimates import Estimates
from advocacy.evidence.schema import (
    COLUMNS,
    NUMBERS,
    OTHER,
    PER_CENT,
    PLOT,
    POOL,
    QUANTITIES,
    RECOMMENDING,
    RULES,
    WHOLE,
    Row,
    is_point,
)
from advocacy.evidence.table import hold_to, read_cells, refused

SOURCE_KIND = "published"
INTENDED = "acted_given_intended"
_TYPES = {**dict.fromkeys(NUMBERS, pa.float64()), **dict.fromkeys(WHOLE, pa.int64())}
_OWN = [name for name in COLUMNS if name not in ESTIMATE_COLUMNS.names]
_SCHEMA = pa.schema([*((name, _TYPES.get(name, pa.string())) for name in _OWN), *ESTIMATE_COLUMNS])


@dataclass(frozen=True)
class PublishedRange:
    """What published figures of one quantity lie between. No interval: nothing is estimated.

    Parameters
    ----------
    quantity
        Which of `schema.QUANTITIES`.
    low, high
        The lowest and the highest value that a figure may have, as proportions.
    figures
        The figures, by their identifiers.
    """

    quantity: str
    low: float
    high: float
    figures: tuple[str, ...]


def read_published(path: Path) -> Estimates:
    """Read a table of published figures, a row a figure, and check each row.

    Parameters
    ----------
    path
        A CSV file in UTF-8 with the columns `schema.COLUMNS`. Values are in the figure's unit,
        which for shares is per cent.

    Returns
    -------
    Estimates
        Of the kind ``published``. ``low`` and ``high`` are as they stand in the file;
        ``estimate``, a proportion, is null where a figure is a range or no share.

    Raises
    ------
    DataError
        A row breaks one of `schema.RULES`, a cell is no number, or the columns are others.
    UsageError
        This is no ordinary file.
    """
    cells = read_cells(path, COLUMNS, "published figures")
    rows = [_typed(path, line, own) for line, own in cells]
    hold_to(RULES, rows, path, "figures")
    return Estimates(pa.Table.from_pylist(list(map(_estimated, rows)), _SCHEMA), "published")


def of_quantity(figures: Estimates, quantity: str) -> Estimates:
    """Return the figures of one quantity.

    Raises
    ------
    UsageError
        There is no such quantity.
    """
    known = (*QUANTITIES, OTHER)
    if quantity not in known:
        raise UsageError(
            f"{quantity!r} is no quantity of published figures.",
            remedy=f"Use one of: {', '.join(known)}.",
        )
    return Estimates(
        figures.table.filter(pc.equal(figures.table["quantity"], quantity)), "published"
    )


def published_range(figures: Estimates, quantity: str = INTENDED) -> PublishedRange | None:
    """Return between what the published figures of recommending lie, for one quantity.

    It takes the rows that are drawn or pooled; a row that is a range counts with both its ends,
    so an ambiguous base widens it. ``None`` where there is no such row.

    Raises
    ------
    UsageError
        There is no such quantity, or it is ``other``, whose figures have nothing in common.
    """
    if quantity == OTHER:
        raise UsageError(
            "Figures of other quantities have no common range.",
            remedy=f"Use one of: {', '.join(QUANTITIES)}.",
        )
    rows = [row for row in of_quantity(figures, quantity).table.to_pylist() if is_drawn(row)]
    if not rows:
        return None
    low, high = min(row["low"] for row in rows), max(row["high"] for row in rows)
    return PublishedRange(quantity, low / 100, high / 100, tuple(row["id"] for row in rows))


def is_drawn(row: Row) -> bool:
    """Tell whether a figure stands among those of recommending."""
    return row["include"] in (POOL, PLOT) and row["behaviour"] == RECOMMENDING


def _typed(path: Path, line: int, cells: dict[str, str]) -> Row:
    row: dict[str, Any] = {}
    for name, cell in cells.items():
        try:
            row[name] = _value(name, cell)
        except ValueError as error:
            kind = "whole number" if name in WHOLE else "number"
            raise refused(
                path,
                line,
                name,
                f"{cell!r} is no {kind}.",
                "Write digits alone, with a point for decimals; leave it empty where it was not "
                "seen, and put words into n_note or why.",
            ) from error
    return row


def _value(name: str, cell: str) -> Any:
    if not cell:
        return None
    if name in WHOLE:
        return int(cell)
    if name not in NUMBERS:
        return cell
    number = float(cell)
    if not math.isfinite(number):
        raise ValueError(cell)
    return number


def _estimated(row: Row) -> Row:
    share = is_point(row) and row["unit"] == PER_CENT
    limits = {
        f"conf_{end}": None if row[f"interval_{end}"] is None else row[f"interval_{end}"] / 100
        for end in ("low", "high")
    }
    return {
        **dict.fromkeys(ESTIMATE_COLUMNS.names),
        **row,
        **limits,
        "estimate": row["low"] / 100 if share else None,
        "method": SOURCE_KIND,
        "source_kind": SOURCE_KIND,
    }
