"""`advocacy estimate --rake`: what it prints beside the estimates, and how it refuses."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from outcome import Command

# Of four tens in B2B three had recommended, of four in B2C one.
RATINGS = "sector,score,recommended_past_12m\n" + "".join(
    f"{sector},10,{answer}\n"
    for sector, answers in {"B2B": (1, 1, 1, 0), "B2C": (1, 0, 0, 0)}.items()
    for answer in answers
)


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    (tmp_path / "survey.csv").write_text(RATINGS)
    return tmp_path / "survey.csv"


@pytest.fixture
def margins(tmp_path: Path) -> Path:
    (tmp_path / "margins.csv").write_text("sector,total\nB2B,900\nB2C,100\n")
    return tmp_path / "margins.csv"


def test_rates_of_the_raked_weights(command: Command, survey: Path, margins: Path) -> None:
    outcome = command("estimate", survey, "--rake", margins, "--format", "csv")
    assert outcome.code == 0, outcome.err
    (row,) = csv.DictReader(io.StringIO(outcome.out))
    assert float(row["estimate"]) == pytest.approx(0.9 * 3 / 4 + 0.1 / 4)


def test_what_raking_did_is_said_beside_the_estimates(
    command: Command, survey: Path, margins: Path
) -> None:
    err = command("estimate", survey, "--rake", margins, "--trim", 2, "--format", "csv").err
    assert f"raked to sector ({margins}), at most 2 times the mean ratio" in err
    # Weights 1.8 and 0.2, four each: effective n is 8 squared over 4 * 3.24 + 4 * 0.04.
    assert "effective n of all 8 ratings 5, before 8; design effect of weighting 1.64" in err
    assert "raked over given weight 0.20 to 1.80, median 1.00, mean 1" in err
    assert "sector, %: B2B 50.0 → 90.0, B2C 50.0 → 10.0" in err


def test_without_margins_nothing_is_said_of_raking(command: Command, survey: Path) -> None:
    assert "aking" not in command("estimate", survey, "--format", "csv").err


def test_long_margins_are_cut_short(command: Command, tmp_path: Path) -> None:
    rows = [f"w{i:02},10,{i % 2}\n" for i in range(20)]
    (tmp_path / "survey.csv").write_text("wave,score,recommended_past_12m\n" + "".join(rows))
    levels = [f"w{i:02},1\n" for i in range(20)]
    (tmp_path / "margins.csv").write_text("wave,total\n" + "".join(levels))
    outcome = command(
        "estimate", tmp_path / "survey.csv", "--rake", tmp_path / "margins.csv", "--format", "csv"
    )
    assert "w07 5.0 → 5.0 and 12 more" in outcome.err
    assert "w08" not in outcome.err


def test_trim_without_margins_is_refused(command: Command, survey: Path) -> None:
    outcome = command("estimate", survey, "--trim", 3)
    assert outcome.code == 2
    assert "--rake" in outcome.err


def test_margins_that_cannot_be_met_are_named(
    command: Command, survey: Path, margins: Path
) -> None:
    outcome = command("estimate", survey, "--rake", margins, "--trim", 1.5)
    assert outcome.code == 1
    assert "left a ratio of 1.8, for sector B2B" in outcome.err
    assert str(margins) in outcome.err


def test_the_margins_are_not_written_over(command: Command, survey: Path, margins: Path) -> None:
    before = margins.read_text()
    outcome = command("estimate", survey, "--rake", margins, "-o", margins)
    assert outcome.code == 2
    assert margins.read_text() == before
