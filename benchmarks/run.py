"""Speed and memory of the import and of the study's main job, beside named peers.

Writes `benchmarks/results.md`. Peers that are not installed are left out and named. Each step
runs in a process of its own; its peak memory is the operating system's figure.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

from importing import MANY_ROWS, ROWS, Row, measure_import
from processes import MIB, REPEATS, python

from advocacy.files import write_text
from advocacy.provenance import versions

HERE = Path(__file__).parent
RESPONSES = 500_000

_SIMULATE = """
from pathlib import Path
from advocacy.simulation.deliveries import simulate
simulate({responses}, 20260115, Path({folder!r}) / "raw")
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
_EXPORT = """
from pathlib import Path
from advocacy.responses import open_responses
from advocacy.sql import connect
responses = open_responses(Path({folder!r}, "derived"))
with connect() as connection:
    connection.execute(
        "COPY (SELECT programme, sector, industry, country, score, "
        "recommended_past_12m::INTEGER AS y, coalesce(weight, 1.0) AS weight "
        f"FROM {{responses.relation}}) TO '{folder}/peer.csv' (HEADER)"
    )
"""
_R = """
suppressMessages(library(survey))
d <- read.csv("{folder}/peer.csv", na.strings = "")
d$w <- d$weight * ave(d$weight, d$programme, FUN = length) / ave(d$weight, d$programme, FUN = sum)
start <- proc.time()[["elapsed"]]
design <- svydesign(ids = ~programme, weights = ~w, data = d)
base <- subset(design, !is.na(score) & score == 10 & !is.na(y))
found <- svyby(~y, ~sector + industry + country, base, svymean)
cat(proc.time()[["elapsed"]] - start)
"""


def r_seconds(folder: str) -> float | None:
    """Return the seconds that R survey needs once the data are read; None without R."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        return None
    done = subprocess.run(
        [rscript, "-e", _R.format(folder=folder)], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


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
            f"{imported.seconds / reading.seconds:.1f} times pyreadstat's reading alone",
        ),
    ]
    python(_EXPORT, 1, **values)
    peer = r_seconds(folder)
    for target in ("programmes_like_these", "these_programmes"):
        found = python(_ESTIMATE, target=target, **values)
        compared = ""
        if target == "programmes_like_these":
            compared = (
                f"R survey's svyby: {peer:.1f} s without reading, "
                f"{peer / found.seconds:.0f} times as long"
                if peer
                else "R is not installed"
            )
        rows.append((f"estimate by sector × industry × country, {target}", found, compared))
    return rows


def report(study: list[Row], one_file: list[Row]) -> str:
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
        text = report(measure(folder), one_file)
    write_text(HERE / "results.md", text)
    print(text)


if __name__ == "__main__":
    main()
