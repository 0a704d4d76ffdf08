"""Estimates beside the truth, on a table of four rows that are judged by hand."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from advocacy.estimation import Estimates
from advocacy.study.truth import truth_numbers, truth_of, truth_rows, truth_table

ROWS: list[tuple[str, float | None, float | None, float | None]] = [
    ("A", 0.50, 0.45, 0.55),  # holds 0.55, at its end
    ("B", 0.50, 0.45, 0.55),  # misses 0.56
    ("C", None, None, None),  # is withheld
    ("D", 0.0, None, None),  # has no interval
]
TRUE = {"A": 0.55, "B": 0.56, "C": 0.3, "D": 0.01}
KNOWN: dict[str, Any] = {
    "recommended_past_12m": {
        "programmes_like_these": {
            "score_10, sector": [{"sector": name, "rate": rate} for name, rate in TRUE.items()]
        }
    }
}


@pytest.fixture
def rates() -> Estimates:
    columns: dict[str, list[Any]] = {
        "sector": [row[0] for row in ROWS],
        "estimand": ["recommended_past_12m"] * 4,
        "rung": ["retrospective"] * 4,
        "intent": ["score_10"] * 4,
        "target": ["programmes_like_these"] * 4,
        "estimate": [row[1] for row in ROWS],
        "conf_low": [row[2] for row in ROWS],
        "conf_high": [row[3] for row in ROWS],
        "conf_level": [0.95] * 4,
        "source_kind": ["simulated"] * 4,
        "stem": [f"sector:{row[0]}" for row in ROWS],
        "part": ["rate"] * 4,
    }
    return Estimates(pa.table(columns), "rates")


def test_cells_give_the_numbers_of_estimates_and_of_the_truth(rates: Estimates) -> None:
    page = truth_table(rates, truth_of("score_10", rates, KNOWN), {"sector": "sector"})
    a, b, c, d = [line.split(" | ") for line in page.splitlines()[2:6]]
    assert a[1:3] == ["{number}`55.0 <truth:sector:A:truth>`", "{number}`50.0 <sector:A:rate>`"]
    assert a[4] == "yes |"
    assert b[4] == "no |"
    assert c[2:] == ["–", "–", "– |"]
    assert d[3] == "–" or "–" in d[3]
    assert "{number}`1 <truth:sector:held>` of {number}`2 <truth:sector:judged>` intervals" in page


def test_the_ledger_has_each_number_that_cells_give(rates: Estimates) -> None:
    numbers = truth_numbers("score_10", KNOWN, rates)
    assert set(numbers) == {
        *(f"truth:sector:{name}:truth" for name in "ABCD"), "truth:sector:held",
        "truth:sector:judged",
    }  # fmt: skip
    assert numbers["truth:sector:B:truth"]["value"] == 0.56
    assert numbers["truth:sector:held"]["value"] == 1
    assert numbers["truth:sector:judged"]["value"] == 2
    assert all(entry["source_kind"] == "simulated" for entry in numbers.values())


def test_the_data_of_the_figure_have_the_truth_and_nothing_that_is_withheld(
    rates: Estimates,
) -> None:
    rows = truth_rows("score_10", KNOWN, rates)
    assert [row["holds_truth"] for row in rows] == [True, False, None, None]
    assert [row["truth"] for row in rows] == list(TRUE.values())
    assert rows[2]["estimate"] is None
    assert rows[0]["identifier"] == "sector:A:rate"
