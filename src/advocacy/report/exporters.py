"""Estimates for other programs and for the terminal: one function a format.

Files and standard output except the table hold full precision; nothing is rounded there.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from pyarrow import csv

from advocacy.estimation import Estimates
from advocacy.estimation.estimates_file import write_estimates
from advocacy.files import replacing
from advocacy.provenance import write_json


def export(estimates: Estimates, path: Path) -> None:
    """Write estimates to ``path``, in the format that its ending in `EXPORTERS` gives."""
    with replacing(path) as temporary:
        EXPORTERS[path.suffix.lower()](estimates, temporary)


def _csv(estimates: Estimates, path: Path) -> None:
    csv.write_csv(estimates.table, path, csv.WriteOptions(quoting_style="needed"))


def _json(estimates: Estimates, path: Path) -> None:
    write_json(path, estimates.table.to_pylist())


def _print_csv(estimates: Estimates) -> None:
    csv.write_csv(estimates.table, sys.stdout.buffer, csv.WriteOptions(quoting_style="needed"))


def _print_json(estimates: Estimates) -> None:
    # Data lose no character: what a terminal does not have is escaped.
    escaped = not sys.stdout.encoding.lower().startswith("utf")
    json.dump(estimates.table.to_pylist(), sys.stdout, indent=2, ensure_ascii=escaped)
    sys.stdout.write("\n")


EXPORTERS: dict[str, Callable[[Estimates, Path], None]] = {
    ".csv": _csv,
    ".json": _json,
    ".parquet": write_estimates,
}

STANDARD_OUTPUT: dict[str, Callable[[Estimates], None]] = {
    "csv": _print_csv,
    "json": _print_json,
}
