"""`advocacy ladder`: its rows by hand, and what it says of rungs that are not there."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from outcome import Command

HEAD = (
    "score,recommended_past_12m,interviewed_on,followed_up_on,recommended_since,"
    "first_recommended_on,churned_on,source_kind"
)


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    """Write 40 who score 10: 30 say that they had, 10 went on to, 20 churned first."""
    lines = [
        f"10,{int(i < 30)},2024-01-10,2025-02-01,{str(i < 10).lower()},"
        f"{'2024-06-01' if i < 10 else ''},{'2024-03-01' if i >= 20 else ''},simulated"
        for i in range(40)
    ]
    path = tmp_path / "panel.csv"
    path.write_text("\n".join([HEAD, *lines]))
    return path


def rows(command: Command, *arguments: object) -> list[dict[str, str]]:
    found = command("ladder", *arguments, "--format", "csv")
    assert found.code == 0, found.err
    return list(csv.DictReader(io.StringIO(found.out)))


def test_each_rung_stands_in_one_table(survey: Path, command: Command) -> None:
    found = command("ladder", survey)
    text = " ".join(found.out.split())
    assert found.code == 0
    assert text.startswith("Simulated data: not a finding.")
    assert "Had they not been asked" in text
    assert (
        "Having a recommendation on record: not shown, as there is no verification_checked"
        in found.err
    )
    rates = {r["estimand"]: float(r["estimate"]) for r in rows(command, survey)
             if r["quantity"] == "rate"}  # fmt: skip
    assert rates == pytest.approx(
        {
            "recommended_past_12m": 0.75,
            "converted_within_12m": 0.25,
            "converted_within_12m_any": 0.25,
            "converted_within_12m_complete": 0.25,
        }
    )
    assert all(f" {text}" in found.out for text in ("75.0 ", "25.0 ", "−50.0 "))


def test_another_range_of_effects_moves_what_the_unasked_may_do(
    survey: Path, command: Command
) -> None:
    found = rows(command, survey, "--measurement", "0", "0")
    (rate,) = [
        row
        for row in found
        if (row["estimand"], row["quantity"]) == ("converted_within_12m", "rate")
    ]
    (unasked,) = [row for row in found if row["quantity"] == "unasked"]
    assert unasked["conf_low"] == rate["conf_low"]
    assert unasked["conf_high"] == rate["conf_high"]


def test_what_is_no_range_is_refused(survey: Path, command: Command) -> None:
    found = command("ladder", survey, "--measurement", "0.2", "0.1")
    assert found.code == 2
    assert "no range of effects" in found.err
