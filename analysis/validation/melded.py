"""Simulate how often melded intervals hold a known truth, over cases fixed beforehand.

A rate of 1,000 answers is corrected by a validation of 200 or 2,000 other people, of whom as many
did as of those who answered. Writes `melded.csv` beside this file.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
from interval_coverage import csv_of

from advocacy.files import write_text
from advocacy.robustness.correction import Counted, melded_tails

TABLE = Path(__file__).with_name("melded.csv")
SIMULATIONS, SEED, ANSWERS, LEVEL = 400, 18, 1_000, 0.95
TRUTHS = (0.1, 0.4, 0.7)
ERRORS = ((0.95, 0.95), (0.9, 0.85), (0.8, 0.95), (0.95, 0.75), (0.7, 0.9))
VALIDATED = (200, 2_000)


def coverage(truth: float, se: float, sp: float, validated: int) -> float:
    """Return the share of intervals that hold the truth."""
    rng = np.random.default_rng([SEED, validated, *(round(100 * one) for one in (truth, se, sp))])
    covered = 0
    for _ in range(SIMULATIONS):
        did = int(rng.binomial(validated, truth))
        tails = melded_tails(
            truth,
            Counted(rng.binomial(ANSWERS, truth * se + (1 - truth) * (1 - sp)), ANSWERS),
            Counted(rng.binomial(did, se), did),
            Counted(rng.binomial(validated - did, sp), validated - did),
        )
        covered += min(tails) >= (1 - LEVEL) / 2
    return covered / SIMULATIONS


def main() -> None:
    """Write the table, a row a case."""
    rows = [
        {
            "validated": validated,
            "truth": truth,
            "sensitivity": se,
            "specificity": sp,
            "simulations": SIMULATIONS,
            "coverage": round(coverage(truth, se, sp, validated), 4),
        }
        for validated, truth, (se, sp) in product(VALIDATED, TRUTHS, ERRORS)
    ]
    write_text(TABLE, csv_of(rows))


if __name__ == "__main__":
    main()
