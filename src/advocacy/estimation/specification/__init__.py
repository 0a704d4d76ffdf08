"""What each estimand counts, by hand on a few ratings: the specification that runs.

A part of it is two tables of its own folder. ``ratings.csv`` has canonical columns and a note on
what the rating is there for; ``expectations.csv`` names for an estimand and an intent the ratings
of its base, what each of them counts in the numerator and in the base, and the estimate as a
fraction of the weighted sums. The tests hold the code against it, and the book shows it.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

# What customers say of the 12 months before; records of referrals; follow-up interviews.
PARTS = ("answers", "records", "followups")
_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Expectation:
    """What an estimand is on the ratings of its part, worked out by hand.

    Parameters
    ----------
    estimand
        Name of the estimand.
    intent
        Name of the intent set, or its scores; empty where the estimand uses none.
    ratings
        ``rating_id`` of the ratings in the base.
    numerator, base
        What each of them counts, before weighting.
    estimate
        Weighted sum of the numerator over that of the base, not reduced: ``6/8``.
    """

    estimand: str
    intent: str
    ratings: tuple[str, ...]
    numerator: tuple[str, ...]
    base: tuple[str, ...]
    estimate: str

    @property
    def totals(self) -> tuple[Fraction, Fraction]:
        """The two weighted sums."""
        numerator, base = self.estimate.split("/")
        return Fraction(numerator), Fraction(base)


def ratings_file(part: str) -> Path:
    """Return the ratings of a part of `PARTS`, a file that `open_responses` opens."""
    return _FOLDER / part / "ratings.csv"


def expectations(part: str) -> list[Expectation]:
    """Return what is expected on the ratings of a part of `PARTS`, in the order of its table."""
    path = _FOLDER / part / "expectations.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Expectation(
                estimand=row["estimand"],
                intent=row["intent"],
                ratings=tuple(row["ratings"].split()),
                numerator=tuple(row["numerator"].split()),
                base=tuple(row["base"].split()),
                estimate=row["estimate"],
            )
            for row in csv.DictReader(file)
        ]
