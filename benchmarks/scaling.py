"""How time and memory grow with rows, PSUs and domains, beside a bare scan and named peers.

Writes `benchmarks/scaling.csv`, which the book's page on scaling shows. Each measurement is a
process of its own that times its work, by the clock and by the processor; the libraries take
turns, so that what else the machine does meets all alike. Peers that do not finish in `PATIENCE`
seconds are left out; rows of peers that are not installed stay as they were. svy has requirements
that conflict with ours: give its interpreter in ``SVY_PYTHON``.
"""

from __future__ import annotations

import csv
import io
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from generated import write_dataset
from processes import MIB, run_measured

from advocacy.files import write_text
from advocacy.provenance import versions
from advocacy.sql import connect

TABLE = Path(__file__).with_name("scaling.csv")
ROWS = (500_000, 5_000_000, 50_000_000)
PEER_ROWS = ROWS[:2]
PSUS = (400, 4_000, 40_000, 200_000)
STRATA = 100  # programmes, of at least four PSUs each
REPEATS = 3
PATIENCE = 900

FIVE = ("score", "sector", "industry", "country", "wave")
PUBLISHED = ("sector", "industry", "country")
DOMAINS = (
    (), ("score",), ("industry", "country"), ("industry", "country", "score"), FIVE,
    ("programme", "country", "score"), ("programme", "country", "score", "wave"),
)  # fmt: skip

_START = """
import time
from pathlib import Path
from advocacy.estimation import estimate, estimate_margins
from advocacy.responses import open_responses
from advocacy.survey import survey_design
start, used = time.perf_counter(), time.process_time()
responses = open_responses(Path({folder!r}))
design = survey_design(responses, {target!r})
"""
_ONE = f"""{_START}
found = estimate(responses, by={{by!r}}, design=design)
cells = found.quantities.cells
print(time.perf_counter() - start, time.process_time() - used, len(found), len(cells.domain))
"""
_EVERY = f"""{_START}
found = estimate_margins(responses, by={{by!r}}, design=design)
cells = found[tuple({{by!r}})].quantities.cells
domains = sum(len(one) for one in found.values())
print(time.perf_counter() - start, time.process_time() - used, domains, len(cells.domain))
"""
# Every value of the columns that the pass reads is looked at, and nothing else is done.
_SCAN = """
import time
from pathlib import Path
from advocacy.responses import open_responses
from advocacy.sql import connect
start, used = time.perf_counter(), time.process_time()
responses = open_responses(Path({folder!r}))
columns = [*{by!r}, "recommended_past_12m", "weight", "programme", "supplier"]
largest = ", ".join(f"max({{name}})" for name in columns)
with connect() as connection:
    connection.sql(f"SELECT {{largest}} FROM {{responses.relation}}").fetchall()
print(time.perf_counter() - start, time.process_time() - used, 0, 0)
"""
_COMMAND = """
import resource, subprocess, sys, time
start = time.perf_counter()
subprocess.run(
    [sys.executable, "-c", "from advocacy.cli import program; program()", "estimate", {folder!r},
     "--by", ",".join({by!r}), "--format", "csv"],
    check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(time.perf_counter() - start, used.ru_utime + used.ru_stime, 0, 0)
"""
_SVY = """
import time
import polars as pl
import svy
data = pl.read_csv("{folder}/peer.csv")
start, used = time.perf_counter(), time.process_time()
sample = svy.Sample(data, svy.Design(psu="programme", wgt="weight"))
found = sample.estimation.prop(
    "y", by={by!r}, ci_method="korn-graubard",
    where=(pl.col("score") == 10) & pl.col("y").is_not_null(), drop_nulls=True,
)
print(time.perf_counter() - start, time.process_time() - used, 0, 0)
"""
_R = """
suppressMessages(library(survey))
d <- read.csv("{folder}/peer.csv", na.strings = "")
start <- proc.time()
design <- svydesign(ids = ~programme, weights = ~weight, data = d)
base <- subset(design, score == 10 & !is.na(y))
found <- svyby(~y, ~{by}, base, svymean)
took <- proc.time() - start
cat(took[["elapsed"]], sum(took[c("user.self", "sys.self")]), nrow(found), 0)
"""


@dataclass(frozen=True)
class Row:
    """One measurement: what grows, who did what on how much, and what it took."""

    growth: str
    library: str
    task: str
    rows: int
    psus: int
    domains: int = 0
    cells: int = 0
    seconds: float = 0.0
    processor: float = 0.0  # seconds, of all threads
    memory: float = 0.0  # MiB


Job = tuple[Row, list[str]]


def ours(growth: str, code: str, task: str, rows: int, psus: int, **values: object) -> Job:
    """Return a measurement of this package, or of DuckDB's bare scan."""
    library = "bare scan" if code is _SCAN else "advocacy"
    command = [sys.executable, "-c", code.format(**values)]
    return Row(growth, library, task, rows, psus), command


def measured(jobs: list[Job], repeats: int = REPEATS) -> list[Row]:
    """Return the median of each job, which take turns; those that fail are left out."""
    found: dict[Row, list[Row]] = {row: [] for row, _ in jobs}
    for _ in range(repeats):
        for row, command in jobs:
            printed, memory = run_measured(["timeout", str(PATIENCE), *command])
            seconds, used, domains, cells = printed.split()
            found[row].append(
                replace(
                    row,
                    domains=int(domains),
                    cells=int(cells),
                    seconds=float(seconds),
                    processor=float(used),
                    memory=memory / MIB,
                )
            )
            print(found[row][-1], flush=True)
    return [sorted(runs, key=lambda run: run.seconds)[len(runs) // 2] for runs in found.values()]


def rows_growth(folder: Path) -> Iterator[Row]:
    """Measure all margins, one crossing and a bare scan over ever more rows."""
    for rows in ROWS:
        data = folder / "rows"
        write_dataset(data, rows)
        like = {"folder": str(data), "target": "programmes_like_these"}
        jobs = [
            ours("rows", _EVERY, "31 margins", rows, 400, by=FIVE, **like),
            ours("rows", _SCAN, "31 margins", rows, 400, by=FIVE, **like),
            ours("rows", _ONE, "one crossing", rows, 400, by=PUBLISHED, **like),
            ours("rows", _SCAN, "one crossing", rows, 400, by=("score", *PUBLISHED), **like),
        ]
        if rows == ROWS[0]:
            jobs.append(ours("rows", _COMMAND, "whole command", rows, 400, by=PUBLISHED, **like))
        yield from measured(jobs)
        if rows in PEER_ROWS:
            yield from peers(data, rows)
        shutil.rmtree(data)


def peers(data: Path, rows: int) -> Iterator[Row]:
    """Measure the peers on one crossing; their reading of a text file is not timed."""
    export(data)
    svy, r = os.environ.get("SVY_PYTHON"), shutil.which("Rscript")
    commands = {
        "R survey": r and [r, "-e", _R.format(folder=data, by=" + ".join(PUBLISHED))],
        "svy": svy and [svy, "-c", _SVY.format(folder=data, by=PUBLISHED)],
    }
    for library, command in commands.items():
        try:
            if command:
                yield from measured([(Row("rows", library, "one crossing", rows, 400), command)], 1)
        except subprocess.CalledProcessError as error:
            print(f"{library} did not manage {rows:,} rows: {error}")


def export(data: Path) -> None:
    """Write what peers read, as text."""
    with connect() as connection:
        connection.execute(
            "COPY (SELECT programme, sector, industry, country, score, weight, "
            "recommended_past_12m::INTEGER AS y "
            f"FROM read_parquet('{data}/responses/*/*.parquet')) TO '{data}/peer.csv' (HEADER)"
        )


def psus_growth(folder: Path) -> Iterator[Row]:
    """Measure 5 million rows of ever more PSUs, by country and by the whole crossing."""
    for psus in PSUS:
        data = folder / "psus"
        write_dataset(data, ROWS[1], STRATA, psus)
        values = {"folder": str(data), "target": "these_programmes"}
        jobs = [ours("psus", _ONE, "few domains", ROWS[1], psus, by=("country",), **values)]
        if psus in (PSUS[0], PSUS[-1]):
            jobs.append(ours("psus", _ONE, "many domains", ROWS[1], psus, by=FIVE, **values))
        yield from measured(jobs)
        shutil.rmtree(data)


def domains_growth(folder: Path) -> Iterator[Row]:
    """Measure 5 million rows in ever more domains."""
    data = folder / "domains"
    write_dataset(data, ROWS[1])
    values = {"folder": str(data), "target": "programmes_like_these"}
    yield from measured(
        [
            ours("domains", _ONE, " × ".join(by) or "all", ROWS[1], 400, by=by, **values)
            for by in DOMAINS
        ]
    )
    shutil.rmtree(data)


def csv_of(rows: list[Row]) -> str:
    """Return the measurements as comma-separated text, with machine and versions in each row."""
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
    software = ", ".join(
        [f"Python {platform.python_version()}", *(f"{k} {v}" for k, v in versions().items())]
    )
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*Row.__dataclass_fields__, "machine", "versions"])
    for row in rows:
        written = {"seconds": f"{row.seconds:.3f}", "processor": f"{row.processor:.3f}"}
        values = row.__dict__ | written | {"memory": f"{row.memory:.0f}"}
        writer.writerow([*values.values(), machine, software])
    return file.getvalue()


def main() -> None:
    """Measure all growths and write the table."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for growth in (domains_growth, psus_growth, rows_growth):
            rows += growth(Path(folder))
    write_text(TABLE, csv_of(rows) + earlier({row.library for row in rows}))


def earlier(measured: set[str]) -> str:
    """Return the table's rows of libraries that were not measured now, as they stand."""
    lines = TABLE.read_text(encoding="utf-8").splitlines(keepends=True)[1:]
    return "".join(line for line in lines if line.split(",")[1] not in measured)


if __name__ == "__main__":
    main()
