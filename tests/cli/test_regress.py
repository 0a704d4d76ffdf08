"""`advocacy regress`: what it prints, writes and refuses."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from outcome import Command

from advocacy.estimation.estimands import ESTIMANDS
from advocacy.estimation.estimates import COLUMNS
from advocacy.estimation.regression import regress
from advocacy.report.wording import ENGLISH
from advocacy.responses import open_responses


@pytest.fixture
def survey(reference: Path) -> Path:
    """Return ratings with a continuous satisfaction, of which some lack it."""
    return reference / "input" / "regression_stratified_clustered.csv"


def test_the_table_says_rung_base_and_that_it_is_no_effect(command: Command, survey: Path) -> None:
    found = command("regress", survey, "--on", "sector,country,satisfaction")
    assert found.code == 0, found.err
    text = " ".join(found.out.split())
    assert text.startswith("What is associated with having recommended?")
    assert "Outcome and base: Of those who score 10 today" in text
    assert "retrospective self-report" in text
    assert "ratings, " in text
    assert "sector: B2C against B2B" in text
    assert "country: Norway against Denmark" in text
    assert "satisfaction, 1 more" in text
    assert "associations, not effects of a change" in text
    assert "lies before the interview" in text
    assert "intercept" not in text
    assert "Design:" in found.err
    assert "ratings have no sector or country or satisfaction and are in no row" in found.err


def test_files_and_csv_hold_what_python_gives(
    command: Command, survey: Path, tmp_path: Path
) -> None:
    wanted = regress(open_responses(survey), on=["score", "channel"])
    printed = command("regress", survey, "--on", "score, channel", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(printed.out)))
    assert list(rows[0]) == ["term", "level", *COLUMNS.names]
    assert [row["quantity"] for row in rows] == ["log_odds"] * 4 + ["odds_ratio"] * 3
    ours = [row["estimate"] for row in wanted.table.to_pylist()]
    assert [float(row["estimate"]) for row in rows] == pytest.approx(ours, rel=1e-12)
    for ending in ("parquet", "csv", "json"):
        path = tmp_path / f"model.{ending}"
        assert command("regress", survey, "--on", "score", "-o", path).code == 0
        assert path.stat().st_size > 0


def test_another_outcome_is_not_called_recommending(command: Command, survey: Path) -> None:
    found = command("regress", survey, "--on", "sector", "--estimand", "intent_share")
    assert found.out.startswith("What is associated with giving such a score?")
    assert "before the interview" not in found.out


def test_what_has_a_model_has_words_for_its_outcome() -> None:
    worded = {key.removeprefix("outcome.") for key in ENGLISH.texts if key.startswith("outcome.")}
    assert worded == {name for name, each in ESTIMANDS.items() if isinstance(each.base, tuple)}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--on", "mood"], "neither a segment nor a number"),
        (["--on", ""], "No covariate"),
        (["--on", "ease"], "ease needs the column ease"),
        (["--on", "sector", "--estimand", "nps", "--model", "logistic"], "no logistic model"),
        (["--on", "sector", "-o", "model.xyz"], "no ending"),
    ],
)
def test_refusals_say_what_to_do(
    command: Command, survey: Path, arguments: list[str], says: str
) -> None:
    found = command("regress", survey, *arguments)
    assert found.code in (1, 2)
    assert says in found.err
    assert "remedy:" in found.err
    assert found.out == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ("estimate",),
        ("compare", "--between", "sector"),
        ("compare",),
        ("curve", "--fit", "direct"),
        ("regress", "--on", "sector"),
    ],
    ids=" ".join,
)
def test_every_command_takes_a_condition_and_shows_it(
    command: Command, survey: Path, arguments: tuple[str, ...]
) -> None:
    name, *rest = arguments
    found = command(name, survey, *rest, "--where", "country in (norway, SE)")
    assert found.code == 0
    assert "where country in (NO, SE)" in " ".join(found.out.split())
    refused = command(name, survey, *rest, "--where", "country in (NO; DROP TABLE x)")
    assert refused.code == 2
    assert "';' has no meaning" in refused.err
