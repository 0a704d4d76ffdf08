"""`advocacy drivers`: what it prints, writes and refuses."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from outcome import Command

from advocacy.estimation.models.drivers import drivers
from advocacy.responses import open_responses

ON = "satisfaction,wow_moments"


@pytest.fixture
def survey(reference: Path) -> Path:
    return reference / "input" / "regression_stratified_clustered.csv"


def test_the_table_says_the_order_is_reversed_in_its_title(command: Command, survey: Path) -> None:
    found = command("drivers", survey, "--on", ON, "--beside", "sector", "--intent", "promoters")
    assert found.code == 0, found.err
    text = " ".join(found.out.split())
    assert text.startswith("Characteristics associated with having recommended, by importance")
    assert "satisfaction" in text
    assert "WOW moments" in text
    assert "associations, not effects of a change" in text
    assert "The order is reversed" in text
    assert "it does not answer which came first" in text
    assert "nan" not in text


def test_csv_holds_what_python_gives(command: Command, survey: Path) -> None:
    printed = command("drivers", survey, "--on", ON, "--format", "csv")
    wanted = drivers(open_responses(survey), on=ON.split(",")).to_pandas()
    rows = list(csv.DictReader(io.StringIO(printed.out)))
    assert [row["driver"] for row in rows] == wanted.driver.tolist()
    assert [float(row["share"]) for row in rows] == pytest.approx(wanted.share.tolist())


def test_scales_and_doses_are_shown(command: Command, survey: Path, tmp_path: Path) -> None:
    doses = command("drivers", survey, "--show", "dose_response", "--intent", "promoters")
    assert doses.out.startswith("How many go with having recommended?")
    assert "after 1" in doses.out
    path = tmp_path / "doses.parquet"
    assert command("drivers", survey, "--show", "dose_response", "-o", path).code == 0
    scale = command("drivers", survey, "--show", "reliability", "--on", f"{ON},score")
    assert "McDonald's ω" in scale.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--on", "sector"], "no number, and no driver"),
        (["--on", "mood"], "no number, and no driver"),
        (["--on", "satisfaction", "--where", "mood = 3"], "mood"),
        (["--on", ON, "--replicates", "jkn"], "need a bootstrap"),
        (["--show", "reliability", "--on", ON], "are no scale"),
        (["--show", "dose_response", "--on", "satisfaction"], "no count of doses"),
    ],
)
def test_refusals_say_what_to_do(
    command: Command, survey: Path, arguments: list[str], says: str
) -> None:
    found = command("drivers", survey, *arguments)
    assert found.code in (1, 2)
    assert says in found.err
    assert "remedy:" in found.err
    assert "not foreseen" not in found.err
