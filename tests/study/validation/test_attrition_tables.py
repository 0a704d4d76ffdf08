"""Attrition on a known truth as the book shows it: bars, table and numbers."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from advocacy.study.validation.attrition import (
    attrition_numbers,
    attrition_table,
    meets_bar,
    read_attrition,
)

ANSWERS = ["complete_cases", "leaving_at_random", "weighted", "bound_low", "bound_high"]
# design, whether barred, bias of each of the first three, coverage of each of them
BY_HAND = [
    ("met", True, (0.05, 0.02, -0.001), (0.5, 0.85, 0.955)),
    ("biased", True, (0.06, 0.03, 0.012), (0.4, 0.8, 0.94)),
    ("narrow", True, (0.01, 0.01, 0.002), (0.9, 0.92, 0.925)),
    ("unseen", False, (0.2, 0.1, 0.09), (0.0, 0.1, 0.2)),
]


def made_up(folder: Path) -> list[dict[str, dict[str, Any]]]:
    rows = []
    for name, barred, biases, held in BY_HAND:
        for answer, bias, share in zip(
            ANSWERS, (*biases, -0.1, 0.2), (*held, 0.99, 0.99), strict=True
        ):
            rows.append(
                {
                    "design": name,
                    "about": "people",
                    "barred": barred,
                    "answer": answer,
                    "truth": 0.4,
                    "simulations": 1000,
                    "bias": bias,
                    "coverage": share,
                }
            )
    path = folder / "attrition.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return read_attrition(path)


def test_the_bar_is_on_bias_and_coverage_of_the_weighted(tmp_path: Path) -> None:
    designs = made_up(tmp_path)
    assert [meets_bar(d["weighted"]) for d in designs] == [True, False, False, None]
    assert {meets_bar(d["complete_cases"]) for d in designs} == {None}


def test_the_table_marks_what_missed_and_what_had_no_bar(tmp_path: Path) -> None:
    lines = attrition_table(made_up(tmp_path)).splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:6]]
    assert cells[0] == ["people", "40.0", "+5.0 (50.0)", "+2.0 (85.0)", "−0.1 (95.5)", "99.0"]
    assert cells[1][4].startswith("**+1.2 (")
    assert cells[2][4].endswith("(92.5)**")
    assert cells[3][4].startswith("*+9.0 (")
    assert "Simulated" in lines[-1]


def test_the_numbers_are_of_the_designs_with_a_bar(tmp_path: Path) -> None:
    found = attrition_numbers(made_up(tmp_path))
    assert {key: value["value"] for key, value in found.items()} == pytest.approx(
        {
            "attrition_tried:designs": 4,
            "attrition_tried:barred": 3,
            "attrition_tried:held": 1,
            "attrition_tried:simulations": 1000,
            "attrition_tried:complete_cases:bias": 0.06,
            "attrition_tried:leaving_at_random:bias": 0.03,
            "attrition_tried:weighted:bias": 0.012,
            "attrition_tried:complete_cases:min": 0.4,
            "attrition_tried:complete_cases:max": 0.9,
            "attrition_tried:leaving_at_random:min": 0.8,
            "attrition_tried:leaving_at_random:max": 0.92,
            "attrition_tried:weighted:min": 0.925,
            "attrition_tried:weighted:max": 0.955,
            "attrition_tried:bounds:min": 0.99,
        }
    )
    assert found["attrition_tried:weighted:bias"]["text"] == "1.2"
    assert {value["source_kind"] for value in found.values()} == {"simulated"}
