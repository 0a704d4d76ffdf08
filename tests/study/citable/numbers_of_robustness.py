"""How numbers of what may be wrong with a rate are written, worked out from the derived tables.

Nothing of the ledger is called: a row is found by what it supposes, and written by these rules.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

THIN = "\N{NARROW NO-BREAK SPACE}"
VERDICTS = {"open": "cannot be told", "holds": "holds", "fails": "fails"}
CHOICES = (
    *("intent", "dont_know", "window", "repeat", "countries", "weights", "target", "estimator"),
    "interval",
)
HALF = 0.5


def of_robustness(study: Path, name: str) -> set[str] | None:
    """Return how a number is written; ``None`` where it is in no table of these kinds."""
    table, *key, part = name.split(":")
    path = study / "data/derived/published" / f"{table}.parquet"
    if not path.exists():
        return None
    rows = pq.read_table(path).to_pylist()
    if table == "specifications":
        return {_of_analyses(pd.DataFrame(rows), key, part)}
    if table.startswith("multiverse_test"):
        return {_of_test(row, part) for row in rows if part.startswith(row["quantity"])}
    wanted = ",".join(key)
    if table.startswith("participation"):
        return {_of_outcome(r, part) for r in rows if _levels(r, [r["outcome"]]) == wanted}
    if "assumption" in rows[0]:
        return {_of_scenario(row, part) for row in rows if wanted in _supposed(row)}
    return None


def _levels(row: dict[str, Any], own: list[str]) -> str:
    names = list(row)
    return ",".join([*(str(row[name]) for name in names[: names.index("estimand")]), *own])


def _supposed(row: dict[str, Any]) -> set[str]:
    """Return what a row may be called: what it supposes, with or without its numbers."""
    said = [f"{row[n]:.4g}" for n in ("parameter", "response_rate") if row[n] is not None]
    forms = [[], said[:1], said[1:], said, said[::-1]]
    return {_levels(row, [row["assumption"], *form]) for form in forms}


def _of_scenario(row: dict[str, Any], part: str) -> str:
    match part:
        case "verdict":
            return VERDICTS[row["verdict"]]
        case "rate":
            return _percent(row["estimate"])
        case "interval":
            return f"{_percent(row['conf_low'])} to {_percent(row['conf_high'])}"
        case "range":
            return f"{_percent(row['low'])} to {_percent(row['high'])}"
        case "fails_at" if "odds" in str(row["fails_of"]):
            return f"{row['fails_at']:.2f}"
        case "n" if row["assumption"] == "profile":  # those who name the month
            return _whole(row["n_numerator"])
        case "n":
            return _whole(row["n"])
    return _percent(row[part])


def _of_outcome(row: dict[str, Any], part: str) -> str:
    return _percent(row["estimate"]) if part == "rate" else _whole(row[part])


def _of_test(row: dict[str, Any], part: str) -> str:
    if part.endswith("_p"):
        return "< 0.001" if row["p_value"] < 0.001 else f"{row['p_value']:.3f}"
    text = f"{100 * row['estimate']:{'+' if row['quantity'] == 'median_difference' else ''}.1f}"
    return text.replace("-", "\N{MINUS SIGN}")


def _of_analyses(frame: pd.DataFrame, key: list[str], part: str) -> str:
    rate = frame.estimate
    side = {"below": frame.conf_high < HALF, "above": frame.conf_low > HALF}
    side["undecided"] = ~(side["below"] | side["above"])
    if part in ("alone", "with_others"):
        return _percent(_sobol(frame, key[0], part))
    if key and key[0] in side:
        return _percent(side[key[0]].mean())
    if part == "rate":
        quantile = {"least": 0, "quarter": 0.25, "three_quarters": 0.75, "most": 1}[key[0]]
        return _percent(rate.quantile(quantile))
    within = pd.Series(data=True, index=frame.index)
    if key:
        choice, option = key[0].split(",")
        within = frame[choice].astype(str).str.replace(" ", "_") == option
    if part == "analyses":
        return _whole(within.sum())
    if part in side:
        return _percent(side[part][within].mean())
    inside = rate[within]
    return _percent({"least": inside.min(), "mean": inside.mean(), "most": inside.max()}[part])


def _sobol(frame: pd.DataFrame, choice: str, which: str) -> float:
    """Return the share of the variance that goes with a choice, alone or together with others."""
    rate = frame.estimate
    if which == "alone":
        return float(
            frame.groupby(choice).estimate.transform("mean").var(ddof=0) / rate.var(ddof=0)
        )
    others = [name for name in CHOICES if name != choice and frame[name].nunique() > 1]
    away = rate - frame.groupby(others, dropna=False).estimate.transform("mean")
    return float((away**2).mean() / rate.var(ddof=0))


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


def _whole(value: float) -> str:
    return f"{value:,.0f}".replace(",", THIN)
