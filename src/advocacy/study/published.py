"""What is published: rates after disclosure, and of the rest what stands on published rates.

Every number that is published is one that the audit knows, or is made of such numbers alone:

* a comparison of two rates if both are published, a test of several levels if the rates of all
  are, and a fitted curve or a test of one if the rates of all its scores are;
* adjusted p-values are of the comparisons that are published, as an adjusted one may be that of
  the comparison next to it;
* a standardised difference if the rates of its levels are, over the cells whose rates are;
* the number of ratings behind a comparison if it is the sum of those of both sides;
* a rate under an assumption, outcome rates of invitations, and all analyses of a multiverse by the
  rules of `study.robustness`;
* precision as the book shows it: a standard error with all its digits is one more equation;
* neither the largest supplier's share, which is its number of ratings, nor the number of those
  that lack a segment, which would complete a table with a withheld row.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from advocacy.arrays import Floats
from advocacy.errors import DataError, UsageError
from advocacy.estimation import Estimates
from advocacy.estimation.comparisons.comparison import COMPARISON_COLUMNS, Comparison
from advocacy.estimation.comparisons.pairwise import adjusted
from advocacy.estimation.curves.curve import CURVE_COLUMNS, Curve
from advocacy.estimation.curves.nine_and_ten import OTHERS
from advocacy.estimation.disclosure.disclosure import withhold
from advocacy.estimation.disclosure.rules import DisclosureRules
from advocacy.estimation.estimands import find_estimand
from advocacy.estimation.estimates import COLUMNS
from advocacy.estimation.follow_up.attrition import WEIGHTS, Attrition
from advocacy.estimation.follow_up.over_time import OVER_TIME_COLUMNS, OverTime
from advocacy.estimation.tabulation import nullable
from advocacy.responses import Responses
from advocacy.robustness.scenarios import SCENARIO_COLUMNS
from advocacy.study.robustness.publishing import KINDS as OF_ROBUSTNESS
from advocacy.study.robustness.publishing import WITHOUT_RATES, published_robustness

_LABELS = {
    "estimand", "rung", "intent", "target", "quantity", "reference", "method", "interval",
    "conf_level", "source_kind", "months", "fit", "adjust", "letter", "mix", "margin_low",
    "margin_high",
}  # fmt: skip
_NUMBERS = [
    name
    for schema in (COLUMNS, COMPARISON_COLUMNS, CURVE_COLUMNS, OVER_TIME_COLUMNS)
    for name in schema.names
    if name not in _LABELS
] + list(WEIGHTS)

# Decimals that are kept of what depends on the variance: one more than the book shows.
_DIGITS = {
    "std_error": 4, "conf_low": 4, "conf_high": 4, "band_low": 4, "band_high": 4, "df": 1,
    "n_eff": 1, "deff": 2, "p_value": 4, "p_adjusted": 4, "homogeneity_f": 3,
    "homogeneity_ndf": 3, "homogeneity_ddf": 3, "homogeneity_p": 4,
    **{f.name: 4 for f in SCENARIO_COLUMNS if pa.types.is_floating(f.type)},
}  # fmt: skip
_UNPUBLISHED = ("largest_supplier",)
# Comparisons of which nothing is published: no rule says what their shares, parts and bands tell.
_WITHOUT_RULE = ("distribution", "net", "track", "change")
# The answer on attrition that rates of the same estimand are.
_OF_FOLLOWED = "leaving_at_random"

Key = tuple[Any, ...]
Row = dict[str, Any]
T = TypeVar("T", Comparison, Curve, OverTime, Attrition)


Cell = tuple[str, ...]
Standardised = Callable[[str, Collection[Cell]], Estimates]


def publish(
    tables: Mapping[str, Estimates],
    rules: DisclosureRules,
    responses: Responses,
    standardised: Standardised,
) -> dict[str, Estimates]:
    """Return all tables as they may be published, by the same names.

    Parameters
    ----------
    tables
        All tables of rates, comparisons and curves; the rates in all are judged together.
    rules
        The limits.
    responses
        Those from which the tables were estimated.
    standardised
        Makes a table of standardised differences again, by its name, with the common support
        confined to some cells: see `standardise`.
    """
    rates = [_rates(table) for table in tables.values()]
    shown = dict(zip(tables, withhold(rates, rules, responses=responses), strict=True))
    hidden = {key for table in shown.values() for key in _withheld(table)}
    found = {}
    for name, table in tables.items():
        if isinstance(table, Comparison) and table.mix:
            found[name] = _mix(table, hidden, shown, partial(standardised, name))
        else:
            found[name] = (
                shown[name] if table.kind == "rates" else _rest(table, hidden, rules, responses)
            )
    return {name: _as_precise_as_shown(table) for name, table in found.items()}


def _rest(
    table: Estimates, hidden: set[Key], rules: DisclosureRules, responses: Responses
) -> Estimates:
    """Return what stands on rates, without what would give a withheld one away."""
    if table.kind in OF_ROBUSTNESS:
        by = () if table.kind in WITHOUT_RATES else table.by
        return published_robustness(table, lambda row: _key(row, by) in hidden, rules, responses)
    if isinstance(table, Curve):
        return _curves(table, hidden)
    if isinstance(table, OverTime):
        return _over_time(table, hidden, rules)
    if isinstance(table, Attrition):
        return _attrition(table, hidden, rules)
    if not isinstance(table, Comparison) or table.kind in _WITHOUT_RULE:
        raise UsageError(
            f"There is no rule for what may be published of a table of {table.kind}.",
            remedy="Leave it out of what is published.",
        )
    blanked = _blanked(
        table, [bool(_sides(row, table) & hidden) for row in table.table.to_pylist()]
    )
    return _adjusted_again(_without_overlaps(blanked))


def _rates(estimates: Estimates) -> Estimates:
    """Return the rows that are of a domain's own ratings, as plain estimates."""
    if estimates.kind == "rates":
        return estimates
    if estimates.kind in WITHOUT_RATES:
        nothing = estimates.table.slice(0, 0).select(COLUMNS.names)
        return Estimates(nothing, "rates")
    table = estimates.table.filter(pc.equal(estimates.table["quantity"], "rate"))
    if isinstance(estimates, Curve):
        table = table.filter(pc.equal(table["fit"], "direct"))
    if isinstance(estimates, OverTime):
        table = _at_the_end(table)
    if isinstance(estimates, Attrition):
        table = table.filter(pc.equal(table["answer"], _OF_FOLLOWED))
    return Estimates(table.select([*estimates.by, *COLUMNS.names]), "rates")


def _withheld(estimates: Estimates) -> list[Key]:
    return [
        _key(row, estimates.by)
        for row in estimates.table.to_pylist()
        if row["reliability"] == "withheld"
    ]


def _key(row: Mapping[str, Any], by: Sequence[str], **instead: Any) -> Key:
    """Return what is counted in which ratings, whatever the table and the target."""
    own = {**row, **instead}
    return own["estimand"], own["intent"], *sorted((name, str(own[name])) for name in by)


def _sides(row: Row, table: Comparison) -> set[Key]:
    """Return what a row is of, and what it is compared with."""
    other = row["reference"]
    compared = {_key(row, table.by, **{table.compares: other})} if other is not None else set()
    return {_key(row, table.by)} | compared


def _mix(
    table: Comparison,
    hidden: set[Key],
    shown: Mapping[str, Estimates],
    again: Callable[[Collection[Cell]], Estimates],
) -> Estimates:
    """Return standardised differences over the cells whose rates are published.

    Withheld as a whole where a level is, where no table shows the cells, or where none is left.
    """
    nothing = _blanked(table, [True] * len(table))
    cells = _cells(table, shown)
    if cells is None or any(_sides(row, table) & hidden for row in table.table.to_pylist()):
        return nothing
    names = (table.compares, *table.mix)
    visible = [
        tuple(str(row[name]) for name in names)
        for row in cells.table.to_pylist()
        if row["reliability"] != "withheld"
    ]
    if len(visible) == len(cells):
        return replace(table, quantities=None)
    try:
        found = again(visible)
    except DataError:
        return nothing
    return replace(found, quantities=None)


def _cells(table: Comparison, shown: Mapping[str, Estimates]) -> Estimates | None:
    """Return the published rates of the cells that a difference is standardised over."""
    first = table.table.slice(0, 1).to_pylist()[0]
    for rates in shown.values():
        if set(rates.by) == {table.compares, *table.mix} and len(rates):
            own = rates.table.slice(0, 1).to_pylist()[0]
            if all(own[name] == first[name] for name in ("estimand", "intent", "target")):
                return rates
    return None


def _adjusted_again(table: Comparison) -> Comparison:
    """Adjust the p-values for the number of comparisons that are published."""
    if "p_adjusted" not in table.table.column_names:
        return table
    frame = table.table.select(["p_value", "adjust"]).to_pylist()
    rules = {row["adjust"] for row in frame} - {None}
    if len(rules) != 1:
        return table
    p_values = np.array([np.nan if r["adjust"] is None else r["p_value"] for r in frame], float)
    again = nullable(adjusted(p_values, rules.pop()))
    return replace(table, table=_with(table.table, "p_adjusted", again))


def _without_overlaps(table: Comparison) -> Comparison:
    """Leave out how many are behind a comparison of sets that overlap: it tells the overlap."""
    rows = table.table.to_pylist()
    n = {_key(row, table.by): row["n"] for row in rows if row["reference"] is None}
    kept = [
        row["n"]
        if row["reference"] is None
        or row["n"] == sum(n.get(side) or 0 for side in _sides(row, table))
        else None
        for row in rows
    ]
    return replace(table, table=_with(table.table, "n", pa.array(kept, pa.int64())))


def _as_precise_as_shown(estimates: Estimates) -> Estimates:
    """Return the table with errors and limits as the book shows them, and without the rest."""
    table = estimates.table
    for name, digits in _DIGITS.items():
        if name in table.column_names:
            values = table[name].to_numpy()
            table = _with(table, name, nullable(shortened(values, digits)))
    for name in _UNPUBLISHED:
        table = _with(table, name, pa.nulls(len(table), table.schema.field(name).type))
    return replace(estimates, table=table, unplaced=0)


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


def _at_the_end(table: pa.Table) -> pa.Table:
    """Return the rows of incidences over time that are those within all of the months.

    Raises
    ------
    UsageError
        There are none: what is shown earlier could not be held against other tables.
    """
    (name,) = table["estimand"].unique().to_pylist()
    incidence = find_estimand(name).incidence
    ends = table.filter(pc.equal(table["months"], float(incidence.months if incidence else 0)))
    if not len(ends):
        raise UsageError(
            "Incidences over time are published with those within all of the months.",
            remedy="Add 12 to the months that are shown.",
        )
    return ends


def _over_time(table: OverTime, hidden: set[Key], rules: DisclosureRules) -> OverTime:
    """Blank curves that end in a withheld rate, and times that tell of few since another.

    From the last time back, one is shown where enough had the event, and not one or two churned,
    between it and the next that is shown; and by the first that is shown.
    """
    rows, hide = table.table.to_pylist(), dict[int, bool]()
    curves: dict[Key, list[int]] = {}
    for number, row in enumerate(rows):
        curves.setdefault(_key(row, table.by), []).append(number)
    for key, numbers in curves.items():
        later: Row | None = None
        for number in sorted(numbers, key=lambda n: -rows[n]["months"]):
            row = rows[number]
            hide[number] = key in hidden or not _tells_of_enough(row, later, rules)
            later = later if hide[number] else row
    return _blanked(table, [hide[number] for number in range(len(rows))])


def _attrition(table: Attrition, hidden: set[Key], rules: DisclosureRules) -> Attrition:
    """Blank the answers of a domain whose rate is withheld, or that few ratings tell apart."""
    rows = table.table.to_pylist()
    answers: dict[Key, list[Row]] = {}
    for row in rows:
        answers.setdefault(_key(row, table.by), []).append(row)
    few = {key for key, own in answers.items() if _few_apart(own, rules)}
    return _blanked(table, [_key(row, table.by) in hidden | few for row in rows])


def _few_apart(answers: Sequence[Row], rules: DisclosureRules) -> bool:
    """Tell whether two answers rest on ratings of which few are not behind both."""
    n = sorted({row["n"] for row in answers})
    hits = sorted({row["n_numerator"] for row in answers if row["n_numerator"] is not None})
    return any(b - a < rules.smallest_n for a, b in pairwise(n)) or any(
        b - a < rules.smallest_count for a, b in pairwise(hits)
    )


def _tells_of_enough(row: Row, later: Row | None, rules: DisclosureRules) -> bool:
    """Tell whether neither a row nor what happened until a later one is of few ratings."""
    few = rules.smallest_count
    if later is None:
        return True
    since = [later[name] - row[name] for name in ("n_numerator", "n_competing")]
    so_far = [row[name] for name in ("n_numerator", "n_competing")]
    return all(events >= few and not 0 < competing < few for events, competing in (since, so_far))


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


def shortened(values: Floats, digits: int) -> Floats:
    """Return values with so many decimals, such that to round them further is not to round twice.

    The decimals behind are cut off; where that leaves a 0 or a 5 at the end, it becomes a 1 or a
    6. So 0.0004998 keeps below 0.0005, and 0.0500001 above 0.05.
    """
    scaled = np.abs(values) * 10.0**digits
    whole = np.floor(scaled + 1e-6)
    cut = (scaled - whole > 1e-6) & (whole % 5 == 0)
    found: Floats = np.copysign((whole + cut) / 10.0**digits, values)
    return found


def _replaced(table: pa.Table, name: str, where: pa.Array, value: str | None) -> pa.Table:
    type_ = table.schema.field(name).type
    return _with(table, name, pc.if_else(where, pa.scalar(value, type_), table[name]))


def _with(table: pa.Table, name: str, column: pa.Array | pa.ChunkedArray) -> pa.Table:
    position = table.column_names.index(name)
    return table.set_column(position, table.schema.field(position), column)
