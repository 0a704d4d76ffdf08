"""What attrition did to answers on a known truth, as the study has simulated it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from advocacy.report.media.markdown import markdown_table
from advocacy.report.wording import ENGLISH, PERCENT, SIMULATED

# The bars that were set before the first run, of designs in which what leaving depends on is known.
BIAS_MOST = 0.01
LEAST, MOST = 0.93, 0.97

_BARRED = "weighted"
_SHOWN = ("complete_cases", "leaving_at_random", _BARRED)

Row = dict[str, Any]


def read_attrition(path: Path) -> list[dict[str, Row]]:
    """Return the designs in the order of the table; each has a row for each answer by name."""
    from pyarrow import csv

    designs: dict[str, dict[str, Row]] = {}
    for row in csv.read_csv(path).to_pylist():
        designs.setdefault(row["design"], {})[row["answer"]] = row
    return list(designs.values())


def meets_bar(row: Row) -> bool | None:
    """Tell whether an answer held its bar: bias and coverage; ``None`` where none was set."""
    if row["answer"] != _BARRED or not row["barred"]:
        return None
    return bool(abs(row["bias"]) < BIAS_MOST and LEAST <= row["coverage"] <= MOST)


def attrition_table(designs: Sequence[dict[str, Row]]) -> str:
    """Return a Markdown table of bias in points and coverage in per cent, a row a design.

    Bold: the bar was missed. Italic: weights where no bar was set.
    """
    names = [ENGLISH(f"attrition.{name}") for name in _SHOWN]
    headings = ["population, and who leaves", "truth, %", *names, "bounds: held, %"]
    rows = []
    for design in designs:
        first = design[_BARRED]
        told = [_marked(design[name], _bias_and_held(design[name])) for name in _SHOWN]
        facts = [first["about"], ENGLISH.percent(first["truth"])]
        rows.append([*facts, *told, ENGLISH.percent(_within(design))])
    table = markdown_table(headings, "lrrrrr", rows)
    return (
        f"{table}\n*Bias in percentage points, and in brackets the % of intervals that held the "
        f"truth. {SIMULATED}.*\n"
    )


def _bias_and_held(row: Row) -> str:
    return f"{ENGLISH.signed(100 * row['bias'], 1)} ({ENGLISH.percent(row['coverage'])})"


def attrition_numbers(designs: Sequence[dict[str, Row]]) -> dict[str, dict[str, Any]]:
    """Return what the book says of attrition on a known truth, as numbers of the ledger."""
    barred = [design for design in designs if design[_BARRED]["barred"]]
    met = [meets_bar(design[_BARRED]) for design in barred]
    counts = {
        "attrition_tried:designs": len(designs),
        "attrition_tried:barred": len(barred),
        "attrition_tried:held": met.count(True),
        "attrition_tried:simulations": designs[0][_BARRED]["simulations"],
    }
    points = {
        f"attrition_tried:{name}:bias": max(abs(design[name]["bias"]) for design in barred)
        for name in _SHOWN
    }
    shares = {
        f"attrition_tried:{name}:{end.__name__}": end(design[name]["coverage"] for design in barred)
        for name in _SHOWN
        for end in (min, max)
    }
    shares["attrition_tried:bounds:min"] = min(map(_within, designs))
    texts = {name: ENGLISH.count(value) for name, value in counts.items()}
    texts |= {name: ENGLISH.number(100 * value, 1) for name, value in points.items()}
    texts |= {name: f"{ENGLISH.percent(value)}{PERCENT}" for name, value in shares.items()}
    return {
        name: {"text": texts[name], "value": value, "source_kind": "simulated"}
        for name, value in (counts | points | shares).items()
    }


def _within(design: dict[str, Row]) -> float:
    """Return how often the interval of the bounds held the truth."""
    return float(design["bound_low"]["coverage"])


def _marked(row: Row, text: str) -> str:
    met = meets_bar(row)
    if met is False:
        return f"**{text}**"
    return f"*{text}*" if met is None and row["answer"] == _BARRED else text
