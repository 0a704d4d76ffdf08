"""The executable specification of the estimands, as tables for the book."""

from __future__ import annotations

import csv

from advocacy.estimation.estimand import Estimand
from advocacy.estimation.estimands import ESTIMANDS, INTENTS
from advocacy.estimation.specification import PARTS, Expectation, expectations, ratings_file
from advocacy.report.media.markdown import markdown_table


def specification_tables() -> dict[str, str]:
    """Return the tables of the specification as Markdown, by the name of their file.

    The questions of all estimands; then, for each part of the specification, its ratings and
    what every estimand is on them.
    """
    tables = {"specification-questions": _questions()}
    for part in PARTS:
        tables[f"specification-{part}-ratings"] = _ratings(part)
        tables[f"specification-{part}-expectations"] = _expectations(part)
    return tables


def _questions() -> str:
    rows = [
        [f"`{e.name}`", _question(e), f"{e.rung.replace('_', ' ')}: {e.quantity}, {e.unit}"]
        for e in ESTIMANDS.values()
    ]
    return _markdown(["name", "question", "rung: quantity, unit"], rows)


def _question(estimand: Estimand) -> str:
    return estimand.asks.format(intent=INTENTS["score_10"].words)


def _ratings(part: str) -> str:
    """Return the ratings; what a rating is there for stands beside its number."""
    with ratings_file(part).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name not in ("rating_id", "note", "excluded")]
    shown = [[row["rating_id"], row["note"], *(row[name] for name in names)] for row in rows]
    return _markdown(["rating", "there for", *(name.replace("_", " ") for name in names)], shown)


def _expectations(part: str) -> str:
    headings = ["estimand", "intent", "ratings in the base", "numerator", "estimate"]
    return _markdown(headings, [_expectation(expected) for expected in expectations(part)])


def _expectation(expected: Expectation) -> list[str]:
    base = [
        rating if value == "1" else f"{rating}×{value}"
        for rating, value in zip(expected.ratings, expected.base, strict=True)
    ]
    numerator = " ".join(expected.numerator).replace("-", "−")
    intent = f"`{expected.intent}`" if expected.intent else "–"
    return [f"`{expected.estimand}`", intent, " ".join(base), numerator, expected.estimate]


def _markdown(headings: list[str], rows: list[list[str]]) -> str:
    align = "".join("r" if heading == "weight" else "l" for heading in headings)
    return markdown_table(headings, align, rows)


def specification_page(name: str) -> str:
    """Return one of `specification_tables`."""
    return specification_tables()[name]
