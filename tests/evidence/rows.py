"""Tables of published figures that tests write."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from advocacy.evidence.schema import COLUMNS

FIGURE = {
    "id": "figure", "label": "A firm", "source": "firm20", "quantity": "acted_given_intended",
    "behaviour": "recommending", "what": "Say that they have recommended", "base": "promoters",
    "unit": "percent", "low": 50, "high": 50, "seen": "abstract, read",
    "address": "https://example.org/a", "include": "plot", "why": "No n of the base.",
}  # fmt: skip


def written(folder: Path, *changes: dict[str, Any]) -> Path:
    """Write a table with a row a change to `FIGURE`."""
    path = folder / "figures.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(FIGURE | change for change in changes)
    return path
