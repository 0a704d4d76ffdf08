"""`advocacy curve` and the replicates of all commands: what they print, write and refuse."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from outcome import Command, Outcome

from advocacy.estimation.curves.curve import CURVE_COLUMNS, curve
from advocacy.estimation.curves.curve_tests import curve_tests
from advocacy.estimation.estimates import COLUMNS
from advocacy.responses import open_responses


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    """Write ratings of 30 accounts, of which those who score 9 or 10 mostly had recommended."""
    rng = np.random.default_rng(11)
    score = rng.choice(np.arange(3, 11), 900)
    behaviour = rng.random(900) < np.where(score >= 9, 0.75, 0.2)
    frame = pd.DataFrame(
        {
            "score": score,
            "recommended_past_12m": behaviour.astype(int),
            "sector": np.where(np.arange(900) % 2 == 0, "B2B", "B2C"),
            "psu": np.arange(900) % 30,
            "weight": 1.0,
        }
    )
    for number in range(8):
        frame[f"repweight_{number}"] = np.where((frame.psu // 2 ** (number % 4)) % 2 == 0, 2.0, 0.0)
    path = tmp_path / "survey.csv"
    frame.to_csv(path, index=False)
    return path


def table(outcome: Outcome) -> list[dict[str, str]]:
    assert outcome.code == 0, outcome.err
    return list(csv.DictReader(io.StringIO(outcome.out)))


def test_the_table_shows_the_curve_and_what_it_says(command: Command, survey: Path) -> None:
    found = command("curve", survey)
    assert found.code == 0, found.err
    text = " ".join(found.out.split())
    assert "score n direct, % interval band isotonic logistic smooth" in text
    shown = re.findall(r"^ +(\d+) +\d+ +\d", found.out, re.MULTILINE)
    assert shown == [str(score) for score in range(3, 11)]
    assert "9 less 10:" in text
    assert "Area under the ROC curve: 0.7" in text
    assert "Best cut-point: 9 and above, so that 9 is a promoter here;" in text
    assert "Largest fall, from" in text or "No rate is below" in text
    assert "retrospective self-report" in text
    assert "Design:" in found.err


def test_each_sector_has_a_curve_and_its_nine_against_the_others_ten(
    command: Command, survey: Path
) -> None:
    text = " ".join(command("curve", survey, "--by", "sector").out.split())
    assert text.count("Best cut-point:") == 2
    assert text.count("9 less the 10 of the others:") == 2
    assert text.index("B2B score") < text.index("B2C score")


def test_files_and_csv_hold_what_python_gives(
    command: Command, survey: Path, tmp_path: Path
) -> None:
    responses = open_responses(survey)
    rates, tests = curve(responses, by=["sector"]), curve_tests(responses, by=["sector"])
    rows = table(command("curve", survey, "--by", "sector", "--format", "csv"))
    assert list(rows[0]) == ["sector", "score", *COLUMNS.names, *CURVE_COLUMNS.names]
    assert len(rows) == len(rates) + len(tests)
    wanted = pd.concat([rates.to_pandas(), tests.to_pandas()])
    np.testing.assert_array_equal([float(row["estimate"]) for row in rows], wanted.estimate)
    for ending in ("parquet", "csv", "json"):
        path = tmp_path / f"curve.{ending}"
        assert command("curve", survey, "-o", path).code == 0
        assert path.stat().st_size > 0


def test_fits_are_those_asked_for_in_their_order(command: Command, survey: Path) -> None:
    rows = table(command("curve", survey, "--fit", "smooth,direct", "--format", "csv"))
    assert list(dict.fromkeys(row["fit"] for row in rows)) == ["smooth", "direct", ""]


def test_the_seed_is_the_result(command: Command, survey: Path) -> None:
    arguments = ("curve", survey, "--replicates", "bootstrap:60", "--format", "csv", "--seed")
    first, again, other = (command(*arguments, seed) for seed in (5, 5, 6))
    assert first.out == again.out
    assert first.out != other.out
    assert "60 replicates, seed 5" in first.err
    assert {row["method"] for row in table(first)} == {"bootstrap"}


@pytest.mark.parametrize(
    ("replicates", "method"),
    [("bootstrap:40", "bootstrap"), ("jkn", "jkn"), ("given:BRR", "replicate_weights")],
)
@pytest.mark.parametrize("name", ["estimate", "curve", "compare"])
def test_every_command_takes_replicates(
    command: Command, survey: Path, name: str, replicates: str, method: str
) -> None:
    rows = table(command(name, survey, "--replicates", replicates, "--format", "csv"))
    assert method in {row["method"] for row in rows}
    assert "linearization" not in {row["method"] for row in rows}
    assert all(row["std_error"] for row in rows if row["quantity"] == "rate")


def test_replicate_weights_that_are_no_bootstrap_are_said_to_give_no_bands(
    command: Command, survey: Path
) -> None:
    found = command("curve", survey, "--replicates", "given:BRR")
    assert found.code == 0
    assert "no bootstrap" in found.err
    assert "Best cut-point" not in found.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--fit", "cubic"], "'cubic' is no fit"),
        (["--by", "score"], "splits by them"),
        (["--estimand", "nps"], "no rate"),
        (["--replicates", "given"], "need their scheme"),
        (["--replicates", "jack"], "names no replicates"),
        (["--seed", "3"], "none are asked for"),
        (["--replicates", "jkn", "--seed", "3"], "none are asked for"),
        (["--replicates", "given:BRR", "--target", "these_programmes"], "as_given alone"),
        (["-o", "curve.xyz"], "no ending"),
    ],
)
def test_refusals_say_what_to_do(
    command: Command, survey: Path, arguments: list[str], says: str
) -> None:
    found = command("curve", survey, *arguments)
    assert found.code in (1, 2)
    assert says in found.err
    assert "remedy:" in found.err
    assert found.out == ""


def test_simulated_data_say_so(command: Command, survey: Path) -> None:
    frame = pd.read_csv(survey).assign(source_kind="simulated")
    frame.to_csv(survey, index=False)
    assert command("curve", survey).out.startswith("Simulated data: not a finding.")
