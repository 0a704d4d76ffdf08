"""A logistic model of 20 discrete drivers, beside R survey and statsmodels on the same ratings.

440,000 generated ratings in 2,000 PSUs of 50 strata, with weights; 27 terms. Peers are timed once
their data are read; ours reads the file within its time. Each runs in a process of its own.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from processes import Measured, run_measured

MODELLED = 440_000
# How much longer the peers must take, and how far R's standard errors may be from ours.
BAR = 5.0
SAME = 1e-6

# fmt: off
_NUMBERS = [
    "score", "satisfaction", "ease", "consistency", "resolution", "channel_ease", "advice",
    "business_value", "wow_moments", "days_since_event", "interview_seconds", "opportunity",
    "discouraged_past_12m", "verification_checked",
]
_SEGMENTS = ["sector", "customer_status", "channel", "journey_stage", "wave", "country"]
# fmt: on

_GENERATE = """
import duckdb
connection = duckdb.connect()
connection.execute("SELECT setseed(0.5)")
connection.execute("SET threads = 1")
connection.execute('''CREATE TABLE ratings AS SELECT *, random() < 1 / (1 + exp(4.2 - 0.2 * score
    - 0.1 * satisfaction - 0.08 * ease - 0.15 * wow_moments - 0.3 * (sector = 'B2B')::INTEGER
    - (psu[2:]::INTEGER * 7919 % 101 - 50) / 100.0)) AS recommended_past_12m
FROM (SELECT
    'r' || i AS rating_id, 's' || (psu % 50) AS stratum, 'p' || psu AS psu,
    0.2 + 3 * random() AS weight,
    floor(random() * 11)::INTEGER AS score,
    1 + floor(random() * 7) AS satisfaction, 1 + floor(random() * 7) AS ease,
    1 + floor(random() * 7) AS consistency, 1 + floor(random() * 7) AS resolution,
    1 + floor(random() * 7) AS channel_ease, 1 + floor(random() * 7) AS advice,
    1 + floor(random() * 7) AS business_value, floor(random() * 4)::INTEGER AS wow_moments,
    7 * floor(random() * 5)::INTEGER AS days_since_event,
    60 * (1 + floor(random() * 10)) AS interview_seconds,
    random() < 0.5 AS opportunity, random() < 0.2 AS discouraged_past_12m,
    random() < 0.3 AS verification_checked,
    CASE WHEN random() < 0.4 THEN 'B2B' ELSE 'B2C' END AS sector,
    CASE WHEN random() < 0.8 THEN 'current' ELSE 'lapsed' END AS customer_status,
    ['web', 'phone', 'shop'][1 + floor(random() * 3)::INTEGER] AS channel,
    ['buy', 'use', 'leave'][1 + floor(random() * 3)::INTEGER] AS journey_stage,
    ['y22', 'y23', 'y24', 'y25'][1 + floor(random() * 4)::INTEGER] AS wave,
    ['NO', 'SE', 'DK', 'FI'][1 + floor(random() * 4)::INTEGER] AS country
FROM (SELECT i, floor(random() * 2000)::INTEGER AS psu FROM range({ratings}) r(i)))''')
connection.execute(
    "COPY ratings TO '{folder}/responses/source=made/responses-0.parquet' (COMPRESSION zstd)"
)
connection.execute('''COPY (SELECT * EXCLUDE rating_id REPLACE (
    opportunity::INTEGER AS opportunity, discouraged_past_12m::INTEGER AS discouraged_past_12m,
    verification_checked::INTEGER AS verification_checked,
    recommended_past_12m::INTEGER AS recommended_past_12m
) FROM ratings) TO '{folder}/peer.csv' (HEADER)''')
"""
_OURS = """
import time
from pathlib import Path
from advocacy.estimation.regression import regress
from advocacy.responses import open_responses
from advocacy.survey import survey_design
def once():
    responses = open_responses(Path("{folder}"))
    return regress(responses, on={on!r}, design=survey_design(responses, "as_given"))
found = once()
seconds = []
for _ in range(5):
    start = time.perf_counter()
    once()
    seconds.append(time.perf_counter() - start)
print(sorted(seconds)[2], *found.table.column("std_error").to_pylist()[:27])
"""
_STATSMODELS = """
import time
import pandas as pd
import statsmodels.api as sm
data = pd.read_csv("{folder}/peer.csv")
start = time.perf_counter()
columns = pd.get_dummies(data[{on!r}], columns={segments!r}, drop_first=True, dtype=float)
matrix, groups = sm.add_constant(columns).to_numpy(float), data.psu.factorize()[0]
model = sm.GLM(data.recommended_past_12m.to_numpy(float), matrix, family=sm.families.Binomial(),
               freq_weights=data.weight.to_numpy())
model.fit(cov_type="cluster", cov_kwds=dict(groups=groups))
print(time.perf_counter() - start)
"""
_R = """
suppressMessages(library(survey))
d <- read.csv("{folder}/peer.csv")
start <- proc.time()[["elapsed"]]
design <- svydesign(ids = ~psu, strata = ~stratum, weights = ~weight, data = d)
fit <- svyglm(recommended_past_12m ~ {formula}, design, family = quasibinomial())
seconds <- proc.time()[["elapsed"]] - start
# R takes the covariance at the weights of the last but one round: so once more, from the solution.
control <- glm.control(epsilon = 1e-15, maxit = 100)
for (round in 1:2) fit <- update(fit, start = coef(fit), control = control)
cat(seconds, sprintf("%.17g", SE(fit)))
"""


@dataclass(frozen=True)
class _Found:
    """Seconds in a process, its peak memory in bytes, and the standard errors that it printed."""

    seconds: float
    memory: int
    errors: tuple[float, ...]


def measure_regression(folder: str) -> list[tuple[str, Measured, str]]:
    """Return name, measurement and comparison of each library; files go to ``folder``."""
    Path(folder, "responses", "source=made").mkdir(parents=True)
    values = {
        "folder": folder,
        "ratings": MODELLED,
        "on": [*_NUMBERS, *_SEGMENTS],
        "segments": _SEGMENTS,
        "formula": " + ".join([*_NUMBERS, *_SEGMENTS]),
    }
    run_measured([sys.executable, "-c", _GENERATE.format(**values)])
    ours = _run([sys.executable, "-c", _OURS.format(**values)])
    rows = [("20 drivers: advocacy, reading included", _measured(ours), "")]
    peers = [("statsmodels' GLM", [sys.executable, "-c", _STATSMODELS.format(**values)])]
    if rscript := shutil.which("Rscript"):
        peers.append(("R survey's svyglm", [rscript, "-e", _R.format(**values)]))
    for name, command in peers:
        peer = _run(command)
        rows.append((f"20 drivers: {name}, data read", _measured(peer), _compared(ours, peer)))
    return rows


def _run(command: list[str]) -> _Found:
    """Run a process that prints its own seconds, and standard errors behind them."""
    printed, memory = run_measured(command)
    seconds, *errors = map(float, printed.split())
    return _Found(seconds, memory, tuple(errors))


def _measured(found: _Found) -> Measured:
    return Measured(found.seconds, found.memory)


def _compared(ours: _Found, peer: _Found) -> str:
    times = f"{peer.seconds / ours.seconds:.1f} times as long (bar: {BAR:g})"
    memory = f"ours takes {ours.memory / peer.memory:.2f} of its memory"
    if not peer.errors:
        return f"{times}; {memory}"
    apart = max(abs(a / b - 1) for a, b in zip(ours.errors, peer.errors, strict=True))
    return f"{times}; {memory}; standard errors at most {apart:.0e} apart (bar: {SAME:.0e})"
