"""How far this study's numbers are from those of R, as compared by hand: table and numbers."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from advocacy.report.media.markdown import markdown_table
from advocacy.report.wording import ENGLISH

Row = dict[str, Any]


def read_against_r(path: Path) -> list[Row]:
    """Return the rows that `analysis/validation/against_r.py` has written."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def against_r_table(rows: Sequence[Row]) -> str:
    """Return a Markdown table of the values that were compared and how far they are apart."""
    shown = [
        [row["subject"], row["with"], row["designs"], ENGLISH.count(float(row["values"])),
         _power(row["largest_relative"]), _power(row["largest_absolute"])]
        for row in rows
    ]  # fmt: skip
    headings = ["subject", "compared with", "designs", "values", "largest relative difference",
                "largest difference"]  # fmt: skip
    return markdown_table(headings, "llrrrr", shown)


def against_r_numbers(rows: Sequence[Row]) -> dict[str, Row]:
    """Return what the book says of the comparison, as numbers of the ledger."""
    values = sum(int(row["values"]) for row in rows)
    largest = max(float(row["largest_relative"]) for row in rows)
    found = {"values": (ENGLISH.count(values), values), "largest": (_power(largest), largest)}
    return {
        f"against_r:{name}": {"text": text, "value": value, "source_kind": "measured"}
        for name, (text, value) in found.items()
    }


def _power(value: str | float) -> str:
    """Write a small number as a power of ten, such as 3·10⁻¹⁴."""
    if float(value) == 0:
        return "0"
    digits, power = f"{float(value):.0e}".split("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{digits}·10{raised}"
