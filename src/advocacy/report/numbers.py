"""The ledger of numbers: every number that the book states, by identifier.

An identifier is ``<table>:<levels>:<part>``. The levels are those of the row: its segments, then
what else tells rows of its kind apart, such as the scores of a fit, a time, a rung, an answer
under attrition, or what it is compared with. The part is what of the row is meant: ``rate``,
``interval``, ``n`` and ``df`` of a rate, the quantity of a comparison and of a curve's tests, with
``_interval`` and ``_p`` behind. So ``sector:B2B:rate`` and ``pairs_sector:B2B,B2C:difference_p``;
with another target than the study's, that stands in front. Chapters write
``{number}`overall:rate` `` and never the number itself.

An identifier is made of what the number is and of nothing else. It never comes to mean another
number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from advocacy.report.wording import ENGLISH, PERCENT, Row

if TYPE_CHECKING:
    from advocacy.estimation import Estimates

_FACTS = (
    "estimand", "rung", "intent", "target", "quantity", "reference", "method", "estimate",
    "std_error", "conf_low", "conf_high", "conf_level", "interval", "df", "p_value", "n",
    "source_kind", "fit", "months", "answer", "assumption", "parameter", "response_rate", "counts",
)  # fmt: skip
Numbers = dict[str, dict[str, Any]]
# Columns that say which number of the ledger a row is: its identifier, and what its estimate is.
STEM, PART = "stem", "part"

# Quantities that are no difference in points: as a share, a ratio, a score, an area.
_SHARES = {
    "rate_all", "rate_common", "rate_standardised", "best_cut_share", "youden", "same_sign",
}  # fmt: skip
_WRITTEN: dict[str, Callable[[float], str]] = {
    "ratio": ENGLISH.ratio,
    "odds_ratio": ENGLISH.ratio,
    "best_cut": lambda value: f"{value:.0f}",
    "auc": lambda value: f"{value:.2f}",
    "mean_distance": lambda value: ENGLISH.number(100 * value, 1),
}
# Their score is the result, not what they are of.
_SCORE_FOUND = {"auc", "best_cut", "largest_fall"}
# Counts behind a rate, by their parts of identifiers.
_COUNTS = {
    "n": "n",
    "n_eff": "n_eff",
    "df": "df",
    "at_risk": "at_risk",
    "at_risk_weighted": "at_risk_weighted",
    "events": "n_numerator",
    "competing": "n_competing",
}
_ONLY_OVER_TIME = {"events", "competing"}
_RATE = "rate"
# What a row has without an estimate.
_WITHOUT_ESTIMATE = ("range", "unasked", "interval", "fails_at", "verdict")
# Kinds whose rows are a rate under several assumptions, and those that another number tells apart.
_SUPPOSING = ("robustness", "misreport", "nonresponse", "recall")
_TOLD_APART = ("selection", "proxy", "window", "profile", "captured")
# What would end a level or an identifier is written as in an address.
_ESCAPED = str.maketrans({sign: f"%{ord(sign):02X}" for sign in '%,:`<>"|\\\n'})


def identified(estimates: Estimates, prefix: str) -> Estimates:
    """Return estimates whose rows say which numbers of the ledger they are.

    Parameters
    ----------
    estimates
        As they are published.
    prefix
        Name of the table, which begins the identifiers.
    """
    rows = estimates.table.to_pylist()
    stems = [_stem(row, estimates, prefix) for row in rows]
    parts = [_part(row, estimates.kind) for row in rows]
    table = estimates.table.append_column(STEM, pa.array(stems, pa.string()))
    return replace(estimates, table=table.append_column(PART, pa.array(parts, pa.string())))


def numbers_of(estimates: Estimates, prefix: str) -> Numbers:
    """Return the numbers of a table by identifier: the text, the value and the facts of each.

    Parameters
    ----------
    estimates
        As they are published: what is withheld has no number.
    prefix
        Name of the table, such as ``sector``.
    """
    numbers: Numbers = {}
    for row in estimates.table.to_pylist():
        stem = _stem(row, estimates, prefix)
        facts = {key: row[key] for key in _FACTS if row.get(key) is not None}
        segment = {name: str(row[name]) for name in estimates.by if row[name] is not None}
        for part, (text, value) in _parts(row, estimates.kind).items():
            numbers[f"{stem}:{part}"] = {
                "text": text, "table": prefix, "part": part, "value": value,
                "segment": segment, **facts,
            }  # fmt: skip
    return numbers


def number_of(row: Row, name: str) -> str:
    """Return the identifier of a number of a row; nothing where its table has none.

    Parameters
    ----------
    row
        Of a table that `identified` gave.
    name
        ``estimate``, or what stands beside it: ``interval``, ``p``, ``n`` and so on.
    """
    if row.get(STEM) is None or (row["estimate"] is None and name not in _WITHOUT_ESTIMATE):
        return ""
    part = row[PART]
    if part == _RATE:
        return f"{row[STEM]}:{_RATE if name == 'estimate' else name}"
    return f"{row[STEM]}:{part if name == 'estimate' else f'{part}_{name}'}"


def _part(row: Row, kind: str) -> str:
    """Return what the estimate of a row is called in its identifier."""
    rates = kind in ("rates", "participation", *_SUPPOSING)
    return _RATE if rates or row["quantity"] == _RATE else str(row["quantity"])


def _stem(row: Row, estimates: Estimates, prefix: str) -> str:
    found = row["quantity"] in _SCORE_FOUND
    levels = [row[name] for name in estimates.by if not (found and name == "score")]
    levels += _apart(row, estimates.kind, found)
    named = ",".join(_level(value) for value in levels if value is not None)
    return f"{prefix}:{named}" if named else prefix


def _apart(row: Row, kind: str, found: bool) -> list[Any]:
    """Return what tells rows of a kind apart beside their segments."""
    match kind:
        case "over_time":
            return [f"{row['months']:.4g}m"]
        case "ladder":
            return [row["estimand"]]
        case "attrition":
            return [row["answer"]]
        case kind if kind in _SUPPOSING:
            return [row["assumption"], _supposed(row)]
        case "participation":
            return [row["outcome"]]
        case "multiverse_test":
            return []
        case "lift" if row["reference"] is None:
            return [row["intent"]]
        case _:
            return [row.get("fit"), None if found else row["reference"]]


def _supposed(row: Row) -> str | None:
    """Return the value that tells assumptions of one name apart."""
    if row["assumption"] in _TOLD_APART:
        return None if row["parameter"] is None else f"{row['parameter']:g}"
    return f"{row['response_rate']:g}" if row["assumption"] == "bounds_stated" else None


def _level(value: Any) -> str:
    return str(value).translate(_ESCAPED)


# What of a row is a number, as it is written


def _parts(row: Row, kind: str) -> dict[str, tuple[str, Any]]:
    """Return text and value of each part of a row."""
    if kind in _SUPPOSING:
        return _of_supposed(row)
    if kind == "participation":
        return _of_outcome(row)
    if row["estimate"] is None:
        return _limits_alone(row)
    rate = _part(row, kind) == _RATE
    parts = _of_rate(row, kind) if rate else _of_compared(row)
    if row.get("excluded") is not None:
        parts["excluded"] = (f"{ENGLISH.percent(row['excluded'])}{PERCENT}", row["excluded"])
    return parts


def _limits_alone(row: Row) -> dict[str, tuple[str, Any]]:
    """Return what there is without an estimate: between what it lies."""
    if row["quantity"] == "unasked" and row["conf_low"] is not None:
        both = row["conf_low"], row["conf_high"]
        return {"unasked": (f"{ENGLISH.interval(*both)}{PERCENT}", both)}
    if row.get("least") is not None:
        both = row["least"], row["most"]
        return {"range": (f"{ENGLISH.interval(*both)}{PERCENT}", both)}
    return {}


def _of_rate(row: Row, kind: str) -> dict[str, tuple[str, Any]]:
    parts: dict[str, tuple[str, Any]] = {"rate": (_amount(row, "estimate"), row["estimate"])}
    if row["conf_low"] is not None:
        limits = f"{ENGLISH.limits(row)}{_unit(row)}"
        parts["interval"] = (limits, (row["conf_low"], row["conf_high"]))
    if row.get("band_low") is not None:
        both = row["band_low"], row["band_high"]
        parts["band"] = (f"{ENGLISH.interval(*both)}{PERCENT}", both)
    for part, column in _COUNTS.items():
        if row.get(column) is not None and (kind == "over_time" or part not in _ONLY_OVER_TIME):
            parts[part] = (ENGLISH.count(row[column]), row[column])
    if row.get("outcome"):
        parts["outcome"] = (row["outcome"], row["outcome"])
    if row["p_value"] is not None:
        parts["p"] = (_p(row["p_value"]), row["p_value"])
    return parts


def _of_supposed(row: Row) -> dict[str, tuple[str, Any]]:
    """Return the rate of a row or between what it lies, and what becomes of the statement."""
    low, high = row["low"], row["high"]
    parts: dict[str, tuple[str, Any]] = {}
    if row["assumption"] == "profile" and row["estimate"] is not None:
        low = high = row["estimate"]
        parts["n"] = (ENGLISH.count(row["n_numerator"]), row["n_numerator"])
    if low is None:
        return parts
    if low == high:
        parts["rate"] = (f"{ENGLISH.percent(low)}{PERCENT}", low)
    else:
        parts["range"] = (f"{ENGLISH.interval(low, high)}{PERCENT}", (low, high))
    if row["conf_low"] is not None:
        both = row["conf_low"], row["conf_high"]
        parts["interval"] = (f"{ENGLISH.interval(*both)}{PERCENT}", both)
    if row["fails_at"] is not None:
        odds = row["fails_of"] == "odds_ratio"
        at = (
            ENGLISH.ratio(row["fails_at"])
            if odds
            else f"{ENGLISH.percent(row['fails_at'])}{PERCENT}"
        )
        parts["fails_at"] = (at, row["fails_at"])
    if row["verdict"] is not None:
        parts["verdict"] = (ENGLISH(f"robustness.verdict.{row['verdict']}"), row["verdict"])
    for name in ("sensitivity", "specificity"):
        if row[name] is not None:
            parts[name] = (f"{ENGLISH.percent(row[name])}{PERCENT}", row[name])
    if row["assumption"] == "bounds_observed":
        rate = row["response_rate"]
        parts["response_rate"] = (f"{ENGLISH.percent(rate)}{PERCENT}", rate)
    return parts


def _of_outcome(row: Row) -> dict[str, tuple[str, Any]]:
    """Return an outcome rate of invitations, and how many it counts."""
    if row["estimate"] is None:
        return {}
    return {
        "rate": (f"{ENGLISH.percent(row['estimate'])}{PERCENT}", row["estimate"]),
        "numerator": (ENGLISH.count(row["numerator"]), row["numerator"]),
        "denominator": (ENGLISH.count(row["denominator"]), row["denominator"]),
    }


def _of_compared(row: Row) -> dict[str, tuple[str, Any]]:
    quantity = row["quantity"]
    parts: dict[str, tuple[str, Any]] = {quantity: (_written(row, "estimate"), row["estimate"])}
    if row["conf_low"] is not None:
        both = f"{_written(row, 'conf_low')} to {_written(row, 'conf_high')}"
        parts[f"{quantity}_interval"] = (both, (row["conf_low"], row["conf_high"]))
    for column, part in (("p_value", "p"), ("p_adjusted", "p_adjusted")):
        if row.get(column) is not None:
            parts[f"{quantity}_{part}"] = (_p(row[column]), row[column])
    return parts


def _amount(row: Row, part: str) -> str:
    return f"{ENGLISH.amount(row, part)}{_unit(row)}"


def _unit(row: Row) -> str:
    """Return the unit that stands behind a rate."""
    return PERCENT if ENGLISH.unit(row) == "%" else ""


def _p(value: float) -> str:
    p = ENGLISH.p_value(value)
    return f"p {p}" if p.startswith("<") else f"p = {p}"


def _written(row: Row, part: str) -> str:
    quantity, value = row["quantity"], row[part]
    if quantity in _SHARES:
        return f"{ENGLISH.percent(value)}{PERCENT}"
    write = _WRITTEN.get(quantity)
    return write(value) if write else ENGLISH.signed(value, 1, 100)
