"""Rates of 300 cells with Korn-Graubard intervals, beside R survey and svy on the same ratings.

500,000 generated ratings in 2,000 PSUs of 50 strata, with weights. Peers are timed once their
data are read; ours reads the file within its time. Each runs in a process of its own.

svy has requirements that conflict with ours: give its interpreter in ``SVY_PYTHON``.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from processes import Measured, run_measured

RATINGS = 500_000
# How much longer the peers must take.
R_BAR, SVY_BAR = 100.0, 40.0

_GENERATE = """
import duckdb
connection = duckdb.connect()
connection.execute("SELECT setseed(0.5)")
connection.execute("SET threads = 1")
connection.execute('''CREATE TABLE ratings AS SELECT
    'r' || i AS rating_id, 's' || (psu % 50) AS stratum, 'p' || psu AS psu,
    0.2 + 3 * random() AS weight,
    CASE WHEN random() < 0.4 THEN 'B2B' ELSE 'B2C' END AS sector,
    chr(65 + floor(random() * 15)::INTEGER) AS industry,
    ['NO', 'SE', 'DK', 'FI', 'IS', 'DE', 'NL', 'GB', 'FR', 'ES']
        [1 + floor(random() * 10)::INTEGER] AS country,
    floor(random() * 11)::INTEGER AS score,
    CASE WHEN random() < 0.08 THEN NULL ELSE random() < 0.5 END AS recommended_past_12m
FROM (SELECT i, floor(random() * 2000)::INTEGER AS psu FROM range({ratings}) r(i))''')
connection.execute(
    "COPY ratings TO '{folder}/responses/source=made/responses-0.parquet' (COMPRESSION zstd)"
)
connection.execute(
    "COPY (SELECT * REPLACE (recommended_past_12m::INTEGER AS recommended_past_12m) "
    "FROM ratings) TO '{folder}/peer.csv' (HEADER)"
)
"""
_OURS = """
import time
from pathlib import Path
from advocacy.estimation import estimate
from advocacy.responses import open_responses
from advocacy.survey import survey_design
def once():
    responses = open_responses(Path("{folder}"))
    design = survey_design(responses, "as_given")
    assert len(estimate(responses, by=["sector", "industry", "country"], design=design)) == 300
once()
seconds = []
for _ in range(5):
    start = time.perf_counter()
    once()
    seconds.append(time.perf_counter() - start)
print(sorted(seconds)[2])
"""
_SVY = """
import time
import polars as pl
import svy
data = pl.read_csv("{folder}/peer.csv")
start = time.perf_counter()
sample = svy.Sample(data, svy.Design(stratum="stratum", psu="psu", wgt="weight"))
found = sample.estimation.prop(
    "recommended_past_12m", by=("sector", "industry", "country"), ci_method="korn-graubard",
    where=(pl.col("score") == 10) & pl.col("recommended_past_12m").is_not_null(), drop_nulls=True,
)
print(time.perf_counter() - start)
"""
_R = """
suppressMessages(library(survey))
d <- read.csv("{folder}/peer.csv", na.strings = "")
start <- proc.time()[["elapsed"]]
design <- svydesign(ids = ~psu, strata = ~stratum, weights = ~weight, data = d)
base <- subset(design, score == 10 & !is.na(recommended_past_12m))
found <- svyby(~recommended_past_12m, ~sector + industry + country, base, svyciprop,
               vartype = "ci", method = "beta")
stopifnot(nrow(found) == 300)
cat(proc.time()[["elapsed"]] - start)
"""


@dataclass(frozen=True)
class Peer:
    """A library's seconds in its process, data read, and the process's peak memory."""

    name: str
    seconds: float
    memory: int


def measure_estimating(folder: str) -> list[tuple[str, Measured, str]]:
    """Return name, measurement and comparison of each library; files go to ``folder``."""
    Path(folder, "responses", "source=made").mkdir(parents=True)
    _timed("data", [sys.executable, "-c", _GENERATE.format(folder=folder, ratings=RATINGS)])
    ours = _timed("advocacy", [sys.executable, "-c", _OURS.format(folder=folder)])
    rows = [("300 cells: advocacy, reading included", _measured(ours), "")]
    for peer, bar in ((_r(folder), R_BAR), (_svy(folder), SVY_BAR)):
        if peer:
            times = peer.seconds / ours.seconds
            less = ours.memory / peer.memory
            compared = (
                f"{times:.0f} times as long (bar: {bar:g}); ours takes {less:.2f} of its memory"
            )
            rows.append((f"300 cells: {peer.name}, data read", _measured(peer), compared))
    return rows


def _r(folder: str) -> Peer | None:
    rscript = shutil.which("Rscript")
    return (
        _timed("R survey's svyby", [rscript, "-e", _R.format(folder=folder)]) if rscript else None
    )


def _svy(folder: str) -> Peer | None:
    python = os.environ.get("SVY_PYTHON")
    return _timed("svy", [python, "-c", _SVY.format(folder=folder)]) if python else None


def _timed(name: str, command: list[str]) -> Peer:
    """Run a process that prints its own seconds; data are no time."""
    printed, memory = run_measured(command)
    return Peer(name, float(printed or 0), memory)


def _measured(peer: Peer) -> Measured:
    return Measured(peer.seconds, peer.memory)
