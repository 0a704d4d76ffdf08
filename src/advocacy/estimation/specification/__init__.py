"""What each estimand counts, by hand on a few ratings: the specification that runs.

A part of it is three tables of its own folder. ``meanings.csv`` says what kind of number each
estimand is; ``ratings.csv`` has canonical columns and a note on what the rating is there for;
``expectations.csv`` names for an estimand and an intent the ratings of its base, what each of them
counts in the numerator and in the base, and the estimate as a fraction of the weighted sums.
The tests hold the code against it, and the book shows it.

A new estimand has a row in ``meanings.csv`` and one or more in ``expectations.csv`` of one part,
and ratings there that show each of its rules.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

# What customers say of the 12 months before; records of referrals; follow-ups with dates of what
# happened; follow-up interviews of complete cases.
PARTS = ("answers", "records", "dated", "followups")
_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Meaning:
    """What kind of number an estimand is, said apart from its entry.

    Parameters
    ----------
    estimand
        Name of the estimand.
    rung, quantity, unit
        As in `Estimand`.
    proportion
        Whether each rating counts 0 or 1.
    intent
        The part that the intent set plays: it conditions the base (``given``), is counted
        (``counted``), or plays none (``none``).
    """

    estimand: str
    rung: str
    quantity: str
    unit: str
    proportion: bool
    intent: str


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
        Weighted sum of the numerator over that of the base, not reduced: ``6/8``; or the
        incidence.
    """

    estimand: str
    intent: str
    ratings: tuple[str, ...]
    numerator: tuple[str, ...]
    base: tuple[str, ...]
    estimate: str

    @property
    def totals(self) -> tuple[Fraction, Fraction]:
        """The two weighted sums; of an incidence the two parts of a fraction."""
        numerator, base = self.estimate.split("/")
        return Fraction(numerator), Fraction(base)


def ratings_file(part: str) -> Path:
    """Return the ratings of a part of `PARTS`, a file that `open_responses` opens."""
    return _FOLDER / part / "ratings.csv"


def meanings(part: str) -> list[Meaning]:
    """Return what the estimands of a part of `PARTS` mean, in the order of its table."""
    return [
        Meaning(
            estimand=row["estimand"],
            rung=row["rung"],
            quantity=row["quantity"],
            unit=row["unit"],
            proportion=row["proportion"] == "true",
            intent=row["intent"],
        )
        for row in _table(part, "meanings")
    ]


def expectations(part: str) -> list[Expectation]:
    """Return what is expected on the ratings of a part of `PARTS`, in the order of its table."""
    return [
        Expectation(
            estimand=row["estimand"],
            intent=row["intent"],
            ratings=tuple(row["ratings"].split()),
            numerator=tuple(row["numerator"].split()),
            base=tuple(row["base"].split()),
            estimate=row["estimate"],
        )
        for row in _table(part, "expectations")
    ]


def _table(part: str, name: str) -> list[dict[str, str]]:
    with (_FOLDER / part / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
