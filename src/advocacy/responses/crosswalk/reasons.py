"""Why a value could not be placed, as a remark: what the lists of an import say in English."""

from __future__ import annotations

from collections.abc import Iterator

from advocacy.remarks import Remark
from advocacy.responses.crosswalk.industries import ALONE, TWO_NOW
from advocacy.responses.crosswalk.operations import AS_IT_STANDS, OPERATIONS
from advocacy.responses.crosswalk.placement import NO_LINE
from advocacy.responses.schema import COLUMNS, Column, Type

_KINDS = {
    Type.TEXT: "text",
    Type.INTEGER: "whole",
    Type.NUMBER: "number",
    Type.BOOLEAN: "boolean",
    Type.DATE: "date",
}
_NAMED = ("label", "country", "industry")  # operations that look a value up
_OF_FORM = ("country", "industry")


def reason_as_remark(column: str, reason: str) -> Remark:
    """Return the reason that an import wrote for a column's values as a remark.

    One that a later version of the import writes, or an earlier one has written, is its sentence.
    """
    found = dict(_reasons(COLUMNS[column])) if column in COLUMNS else {}
    # What follows says how a crosswalk would read it, which is for who writes one.
    text = reason.partition("; names are read where ")[0]
    written = _written()
    if text.startswith(written):
        return Remark("reason.not_written", {"form": text.removeprefix(written)})
    return found.get(text) or Remark("sentence", {"sentence": reason})


def _reasons(column: Column) -> Iterator[tuple[str, Remark]]:
    """Yield each reason that there can be for a column, with its remark."""
    yield NO_LINE, Remark("reason.no_line")
    yield ALONE, Remark("reason.industry_alone")
    yield TWO_NOW, Remark("reason.industry_divided")
    kind = OPERATIONS[AS_IT_STANDS].expects(column, "")
    yield f"not {kind}", Remark(f"reason.not_{_KINDS[column.type]}")
    for name in _NAMED:
        yield f"not {OPERATIONS[name].expects(column, '')}", Remark(f"reason.not_{name}")
    yield f"allowed: {column.allowed()}", _allowed(column)


def _allowed(column: Column) -> Remark:
    low, high = column.minimum, column.maximum
    if column.levels:
        return Remark("reason.one_of", {"levels": [level for level, _ in column.levels]})
    if column.positive:
        return Remark("reason.above_zero")
    if low is not None and high is not None:
        return Remark("reason.between", {"low": float(low), "high": float(high)})
    if low is not None:
        return Remark("reason.at_least", {"low": float(low)})
    if column.name in _OF_FORM:
        return Remark(f"reason.form_{column.name}")
    return Remark("sentence", {"sentence": f"allowed: {column.allowed()}"})


def _written() -> str:
    """Return how the reason begins that a date is not written as a crosswalk says."""
    return f"not {OPERATIONS['date'].expects(COLUMNS['interviewed_on'], '%')}".removesuffix("%")
