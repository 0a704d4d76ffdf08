"""What is published: rates after disclosure, and of the rest what stands on published rates.

A comparison is published if both rates are that it compares, a test of several levels if the rates
of all are, and a fitted curve or a test of one if the rates of all its scores are: otherwise the
rate that is withheld could be worked out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from advocacy.errors import UsageError
from advocacy.estimation import Estimates
from advocacy.estimation.comparisons.comparison import COMPARISON_COLUMNS, Comparison
from advocacy.estimation.curves.curve import CURVE_COLUMNS, Curve
from advocacy.estimation.curves.curve_tests import OTHERS
from advocacy.estimation.disclosure.disclosure import DisclosureRules, withhold
from advocacy.estimation.estimates import COLUMNS

_LABELS = {
    "estimand", "rung", "intent", "target", "quantity", "reference", "method", "interval",
    "conf_level", "source_kind", "fit", "adjust", "letter", "mix", "margin_low", "margin_high",
}  # fmt: skip
_NUMBERS = [
    name
    for schema in (COLUMNS, COMPARISON_COLUMNS, CURVE_COLUMNS)
    for name in schema.names
    if name not in _LABELS
]

Key = tuple[Any, ...]
Row = dict[str, Any]
T = TypeVar("T", Comparison, Curve)


def publish(tables: Mapping[str, Estimates], rules: DisclosureRules) -> dict[str, Estimates]:
    """Return all tables as they may be published, by the same names.

    Parameters
    ----------
    tables
        All tables of rates, comparisons and curves; the rates in all are judged together.
    rules
        The limits.
    """
    rates = [_rates(table) for table in tables.values()]
    shown = dict(zip(tables, withhold(rates, rules), strict=True))
    hidden = {key for table in shown.values() for key in _withheld(table)}
    return {
        name: shown[name] if table.kind == "rates" else _rest(table, hidden, rules)
        for name, table in tables.items()
    }


def _rest(table: Estimates, hidden: set[Key], rules: DisclosureRules) -> Estimates:
    """Return what stands on rates, without what would give a withheld one away."""
    if isinstance(table, Curve):
        return _curves(table, hidden)
    if not isinstance(table, Comparison):
        raise UsageError(
            f"There is no rule for what may be published of a table of {table.kind}.",
            remedy="Leave it out of what is published.",
        )
    hide = _mix(table, hidden, rules) if table.mix else _levels(table, hidden)
    return _blanked(table, hide)


def _rates(estimates: Estimates) -> Estimates:
    """Return the rows that are of a domain's own ratings, as plain estimates."""
    if estimates.kind == "rates":
        return estimates
    table = estimates.table.filter(pc.equal(estimates.table["quantity"], "rate"))
    if isinstance(estimates, Curve):
        table = table.filter(pc.equal(table["fit"], "direct"))
    return Estimates(table.select([*estimates.by, *COLUMNS.names]), "rates")


def _withheld(estimates: Estimates) -> list[Key]:
    return [
        _key(row, estimates.by)
        for row in estimates.table.to_pylist()
        if row["reliability"] == "withheld"
    ]


def _key(row: Row, by: Sequence[str], **instead: Any) -> Key:
    """Return what is counted in which ratings, whatever the table and the target."""
    own = row | instead
    return own["estimand"], own["intent"], *sorted((name, str(own[name])) for name in by)


def _levels(table: Comparison, hidden: set[Key]) -> list[bool]:
    """Tell which rows are withheld rates, or compare one."""
    return [bool(_sides(row, table) & hidden) for row in table.table.to_pylist()]


def _sides(row: Row, table: Comparison) -> set[Key]:
    """Return what a row is of, and what it is compared with."""
    other = row["reference"]
    compared = {_key(row, table.by, **{table.compares: other})} if other is not None else set()
    return {_key(row, table.by)} | compared


def _mix(table: Comparison, hidden: set[Key], rules: DisclosureRules) -> list[bool]:
    """Withhold all where a level is, or where few of its ratings lie outside the common support."""
    rows = table.table.to_pylist()
    every, common = (
        [row["n"] for row in rows if row["quantity"] == name]
        for name in ("rate_all", "rate_common")
    )
    few = any(0 < a - c < rules.smallest_n for a, c in zip(every, common, strict=True))
    return [few or any(_levels(table, hidden))] * len(rows)


def _curves(table: Curve, hidden: set[Key]) -> Curve:
    """Blank withheld rates; leave out fits and tests of their curves."""
    own, rows = [name for name in table.by if name != "score"], table.table.to_pylist()
    broken = {_without_score(key) for key in hidden if _names(key) == sorted(table.by)}
    direct = [row["fit"] == "direct" for row in rows]
    keep = [
        is_direct
        or not (broken if row["reference"] == OTHERS else {_without_score(_key(row, own))} & broken)
        for row, is_direct in zip(rows, direct, strict=True)
    ]
    hide = [
        is_direct and _key(row, table.by) in hidden
        for row, is_direct in zip(rows, direct, strict=True)
    ]
    blanked = _blanked(table, hide)
    return replace(blanked, table=blanked.table.filter(pa.array(keep, pa.bool_())))


def _names(key: Key) -> list[str]:
    return [name for name, _ in key[2:]]


def _without_score(key: Key) -> Key:
    """Return a key of any intent, without its score."""
    return key[0], *(part for part in key[2:] if part[0] != "score")


def _blanked(estimates: T, hide: Sequence[bool]) -> T:
    """Blank and flag rows; what is about several rows is blanked with any of them."""
    table, hidden = estimates.table, pa.array(hide, pa.bool_())
    for name in _NUMBERS:
        if name in table.column_names:
            whole = any(hide) and (name == "exceeds" or name.startswith("homogeneity"))
            where = pa.array([whole] * len(table)) if whole else hidden
            value = "withheld" if name == "reliability" else None
            table = _replaced(table, name, where, value)
    return replace(estimates, table=table, quantities=None)


def _replaced(table: pa.Table, name: str, where: pa.Array, value: str | None) -> pa.Table:
    position = table.column_names.index(name)
    field = table.field(position)
    column = pc.if_else(where, pa.scalar(value, field.type), table.column(position))
    return table.set_column(position, field, column)
