"""`advocacy attrition`: what it prints, writes and refuses."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from outcome import Command

from advocacy.estimation.estimates import COLUMNS
from advocacy.estimation.follow_up.attrition import WEIGHTS, attrition
from advocacy.responses import open_responses


@pytest.fixture
def survey(reference: Path) -> Path:
    """Return ratings of which some were followed up."""
    return reference / "input" / "incidence_stratified_clustered.csv"


def test_the_table_has_the_answers_and_what_must_be_known(command: Command, survey: Path) -> None:
    found = command("attrition", survey, "--intent", "promoters", "--by", "sector")
    assert found.code == 0, found.err
    text = " ".join(found.out.split())
    assert text.startswith("Of those who score 9 or 10 today, what share go on to recommend")
    for answer in ("complete cases", "leaving at random", "weighted", "at least", "at most"):
        assert f"B2B {answer}" in text
    assert "were not followed up at all" in text
    assert "Weights for attrition" in text
    assert "Design:" in found.err
    # What is printed for people is said once.
    assert "Weights for attrition" not in found.err


def test_files_hold_what_python_gives_and_notes_go_beside(
    command: Command, survey: Path, tmp_path: Path
) -> None:
    wanted = attrition(open_responses(survey), intent="promoters", on=["sector", "country"])
    arguments = ("--intent", "promoters", "--on", "sector, country")
    printed = command("attrition", survey, *arguments, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(printed.out)))
    assert list(rows[0]) == [*COLUMNS.names, "answer", *WEIGHTS]
    ours = [row["estimate"] for row in wanted.table.to_pylist()]
    assert [float(row["estimate"]) for row in rows] == pytest.approx(ours, rel=1e-12)
    assert "Leaving is modelled on: period, sector, country" in printed.err
    for ending in ("parquet", "csv", "json"):
        path = tmp_path / f"attrition.{ending}"
        assert command("attrition", survey, *arguments, "-o", path).code == 0
        assert path.stat().st_size > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--estimand", "recommended_past_12m"], "does not allow for those who leave"),
        (["--on", "hair"], "is no segment"),
        (["--interval", "imbens_manski"], "is no interval"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    command: Command, survey: Path, arguments: list[str], said: str
) -> None:
    found = command("attrition", survey, *arguments)
    assert found.code == 2
    assert said in found.err
