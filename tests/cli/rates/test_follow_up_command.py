"""`advocacy follow-up`: what it prints, writes and refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from outcome import Command

from advocacy.estimation.estimates import COLUMNS
from advocacy.estimation.estimates_file import read_estimates
from advocacy.estimation.follow_up.over_time import OVER_TIME_COLUMNS
from advocacy.report.results import as_text

FILE = Path(__file__).parents[2] / "reference" / "input" / "incidence_stratified_clustered.csv"
WAVES = (
    "score,interviewed_on,followed_up_on,recommended_since,first_recommended_on,"
    "not_recommended_until,recommended_by,churned_on\n"
    + "10,2024-01-10,2025-01-20,true,,,2024-04-15,\n" * 3
    + "10,2024-01-10,2025-01-20,false,,2025-01-20,,\n" * 5
)


def test_the_table_has_a_row_a_time(command: Command) -> None:
    found = command("follow-up", FILE, "--by", "sector", "--at", "3,6,9,12")
    assert found.code == 0, found.err
    text = " ".join(found.out.split())
    assert "go on to recommend within 12 months" in text
    assert "months % interval band at risk events" in text
    assert found.out.count("\n    12 ") == 2
    assert "B2B" in found.out
    assert "Design:" in found.err


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_every_format_holds_all_columns(command: Command, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"found.{ending}"
    found = command("follow-up", FILE, "--at", "6,12", "-o", path)
    assert found.code == 0, found.err
    if ending == "parquet":
        estimates = read_estimates(path)
        assert estimates.kind == "over_time"
        assert "at risk" in as_text(estimates)
        rows = estimates.table.to_pylist()
    elif ending == "json":
        rows = json.loads(path.read_text(encoding="utf-8"))
    else:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert [float(row["months"]) for row in rows] == [6, 12]
    assert set(rows[0]) == {*COLUMNS.names, *OVER_TIME_COLUMNS.names}


def test_a_yes_between_waves_is_refused_until_it_is_said(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "waves.csv"
    path.write_text(WAVES, encoding="utf-8")
    refused = command("follow-up", path)
    assert refused.code == 1
    assert "--dates-between-waves 3,6,12" in refused.err
    found = command(
        "follow-up", path, "--dates-between-waves", "3,6,12", "--at", "3,12", "--replicates",
        "bootstrap:30",
    )  # fmt: skip
    assert found.code == 0, found.err
    assert found.out.count("37.5") >= 2
    assert "maximum likelihood" in found.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--at", "three"), "not all numbers"),
        (("--at", "3,24"), "are not all from 1/31"),
        (("--estimand", "recommended_past_12m"), "waits for nothing"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    command: Command, options: tuple[str, ...], said: str
) -> None:
    found = command("follow-up", FILE, *options)
    assert found.code == 2
    assert said in found.err
