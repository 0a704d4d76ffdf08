"""Speed and memory of the import, of estimation and of the study, beside named peers.

Writes `benchmarks/results.md`. Peers that are not installed are left out and named. Each step
runs in a process of its own; its peak memory is the operating system's figure.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from pathlib import Path

from estimating import RATINGS, measure_estimating
from following import FOLLOWED, measure_following
from importing import MANY_ROWS, ROWS, Row, measure_import
from processes import MIB, REPEATS, python, run
from regression import MODELLED, measure_regression

from advocacy.files import write_text
from advocacy.provenance import versions

HERE = Path(__file__).parent
RESPONSES = 500_000
START = 0.6  # seconds of processor time
SMALL_FILES = 5.0  # times pyreadstat's reading that the import of many small files may take

_SIMULATE = """
from pathlib import Path
from advocacy.simulation.deliveries import simulate
simulate({responses}, 20260115, Path({folder!r}) / "raw")
"""
_SMALL = """
import pandas as pd, pyreadstat
rows = [(float(n % 11), float(n % 2), float(n % 5)) for n in range(1_000)]
frame = pd.DataFrame(rows, columns=["score", "recommended_past_12m", "q1"])
pyreadstat.write_sav(frame, {path!r})
"""
_IMPORT = """
from pathlib import Path
from advocacy.responses import find_sources, import_sources, read_source
root = Path({folder!r})
import_sources([read_source(f) for f in find_sources(root / "raw")], root / "derived")
"""
_PYREADSTAT = """
from pathlib import Path
import pyreadstat
for path in sorted(Path({folder!r}, "raw").glob("*/*.*sav")):
    pyreadstat.read_sav(path, user_missing=True)
"""
_ESTIMATE = """
from pathlib import Path
from advocacy.estimation import estimate
from advocacy.responses import open_responses
from advocacy.survey import survey_design
responses = open_responses(Path({folder!r}, "derived"))
design = survey_design(responses, {target!r})
estimate(responses, by=["sector", "industry", "country"], design=design)
"""


def measure_start(folder: str) -> list[Row]:
    """Return what a command takes for a file of 1,000 rows: hardly more than its start."""
    path = f"{folder}/small.sav"
    python(_SMALL, 1, path=path)
    rows = []
    for name in ("inspect", "estimate"):
        found = run([sys.executable, "-m", "advocacy", name, path], 5)
        bar = f"{found.processor:.2f} s of processor time (bar: {START:g})"
        rows.append((f"advocacy {name}, 1,000 rows", found, bar))
    return rows


def measure(folder: str) -> list[Row]:
    """Return name, measurement and comparison of each step."""
    values = {"folder": folder, "responses": RESPONSES}
    simulated = python(_SIMULATE, 1, **values)
    reading = python(_PYREADSTAT, **values)
    imported = python(_IMPORT, **values)
    rows = [
        ("simulate the deliveries", simulated, ""),
        ("pyreadstat reads the .sav files", reading, ""),
        (
            "import: read, map, check, write",
            imported,
            f"{imported.seconds / reading.seconds:.1f} times pyreadstat's reading alone, in "
            f"processor time {imported.processor / reading.processor:.1f} (bar: {SMALL_FILES:g})",
        ),
    ]
    for target in ("programmes_like_these", "these_programmes"):
        found = python(_ESTIMATE, target=target, **values)
        rows.append((f"estimate by sector × industry × country, {target}", found, ""))
    return rows


def report(
    study: list[Row], one_file: list[Row], cells: list[Row], followed: list[Row], model: list[Row]
) -> str:
    """Return the results as a Markdown page with machine and versions."""
    lines = [
        "# Benchmarks",
        "",
        f"Wall time: median of {REPEATS} whole processes (simulation and {MANY_ROWS:,} rows: one), "
        "interpreter start included. Memory: the largest process's peak.",
        "",
        f"One survey file of {ROWS:,} rows and 40 variables, 27 of them mapped:",
        "",
        *_table(one_file),
        "",
        f"The study, {RESPONSES:,} simulated responses:",
        "",
        *_table(study),
        "",
        f"The rates of 300 cells with Korn–Graubard intervals on {RATINGS:,} generated ratings, in "
        "2,000 PSUs of 50 strata: seconds of the estimation alone, ours with reading the file:",
        "",
        *_table(cells),
        "",
        f"Going on to recommend within 12 months in 300 cells, of {FOLLOWED:,} generated ratings "
        "in 2,000 PSUs of 50 strata, of which 85 % are followed up: seconds of the estimation, "
        "ours with reading the file; R's without cluster sums:",
        "",
        *_table(followed),
        "",
        f"A logistic model of 20 discrete drivers on {MODELLED:,} generated ratings, in 2,000 PSUs "
        "of 50 strata, with PSU-robust standard errors: seconds of the fit, ours with reading the "
        "file:",
        "",
        *_table(model),
        "",
        f"Machine: {os.cpu_count()} cores, {platform.machine()}, {platform.system()}; "
        f"Python {platform.python_version()}; "
        + ", ".join(f"{name} {number}" for name, number in versions().items())
        + ".",
    ]
    return "\n".join(lines) + "\n"


def _table(rows: list[Row]) -> list[str]:
    head = ["| step | seconds | MiB | beside |", "| --- | ---: | ---: | --- |"]
    return head + [
        f"| {name} | {m.seconds:.2f} | {m.memory / MIB:.0f} | {by} |" for name, m, by in rows
    ]


def main() -> None:
    """Measure, print and write the results."""
    with tempfile.TemporaryDirectory() as folder:
        one_file = measure_import(folder)
        cells = measure_estimating(folder)
        with tempfile.TemporaryDirectory() as apart:
            followed = measure_following(apart)
        with tempfile.TemporaryDirectory() as apart:
            model = measure_regression(apart)
        study = [*measure_start(folder), *measure(folder)]
        text = report(study, one_file, cells, followed, model)
    write_text(HERE / "results.md", text)
    print(text)


if __name__ == "__main__":
    main()
