"""What is true of what a row supposes, where the simulation has set it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from advocacy.estimation import Estimates
from advocacy.report.numbers import Numbers
from advocacy.report.wording import ENGLISH, PERCENT, Row

# What the rows of an assumption tell of: what all who answered would say, what all would say who
# were invited, and what they did.
_SAID, _INVITED, _DID = "recommended_past_12m", "invited", "did_recommend_past_12m"
_OF = {
    **dict.fromkeys(("reported", "item_bounds", "window"), _SAID),
    **dict.fromkeys(("bounds_observed", "bounds_stated", "selection", "ipw", "proxy"), _INVITED),
    **dict.fromkeys(("validated", "captured", "on_record"), _DID),
}

# The simulation has none of the odds that are looked at.
_NOT_SO = "selection"


def true_rate(row: Row, by: Sequence[str], known: Mapping[str, Any]) -> float | None:
    """Return the true rate of a row; ``None`` where `truth.json`, as ``known``, has none."""
    of = _OF.get(row["assumption"])
    if of is None:
        return None
    # Who does not answer is known of the programmes at hand alone.
    own = known.get(of, {})
    if of != _INVITED:
        own = own.get(row["target"], {})
    if tuple(by) == ("score_band",):
        return _of_band(own.get("score", ()), row["score_band"])
    rows = own.get(", ".join(filter(None, [row["intent"], *by])), ())
    return next((one["rate"] for one in rows if all(one[name] == row[name] for name in by)), None)


def _of_band(scores: Sequence[Mapping[str, Any]], band: str) -> float | None:
    """Return the rate of a band of scores, of the rates and shares of each score."""
    least, _, most = band.partition("-")
    inside = [one for one in scores if int(least) <= one["score"] <= int(most or least)]
    share = sum(one["share"] for one in inside)
    return sum(one["rate"] * one["share"] for one in inside) / share if share else None


def holds(row: Row, true: float | None) -> bool | None:
    """Tell whether the interval of a row has the truth in it; ``None`` where it is not to.

    A row without an interval gives an estimate of a bound alone, and one of odds that are not those
    of the simulation a rate that is not so.
    """
    if true is None or row["conf_low"] is None or row["assumption"] == _NOT_SO:
        return None
    return bool(row["conf_low"] <= true <= row["conf_high"])


def bounded(row: Row, true: float | None) -> bool | None:
    """Tell whether a row that gives bounds has the truth between them, without their interval."""
    if true is None or row["low"] is None or row["low"] == row["high"]:
        return None
    return bool(row["low"] <= true <= row["high"])


def true_numbers(known: Mapping[str, Any], table: Estimates) -> Numbers:
    """Return the true rates of rows as numbers of the ledger, ``truth`` in front and behind."""
    found: Numbers = {}
    for row in table.table.to_pylist():
        true = true_rate(row, table.by, known)
        if true is not None and row["low"] is not None:
            found[f"truth:{row['stem']}:truth"] = {
                "text": f"{ENGLISH.percent(true)}{PERCENT}", "value": true, "part": "truth",
                "segment": {name: str(row[name]) for name in table.by},
                "source_kind": "simulated", "assumption": row["assumption"],
                "parameter": row["parameter"], "response_rate": row["response_rate"],
                **{name: row[name] for name in ("estimand", "rung", "intent", "target")},
            }  # fmt: skip
    return found
