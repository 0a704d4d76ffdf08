"""`advocacy robustness`: what it prints, writes and refuses."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from outcome import Command

from advocacy import Ranges, misreport, open_responses

HEADER = "score,recommended_past_12m,interviewed_on,months_since_recommended"


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    """Return ratings of 10, of whom 60 of 100 say that they recommended, and when."""
    path = tmp_path / "ratings.csv"
    lines = [f"10,{i % 5 < 3},2025-06-01,{i % 12 + 1 if i % 5 < 3 else ''}" for i in range(100)]
    path.write_text("\n".join([HEADER, *lines]), encoding="utf-8")
    return path


def test_the_summary_names_each_threat_and_what_is_missing(command: Command, survey: Path) -> None:
    found = command("robustness", survey, "--line", "0.4")
    assert found.code == 0, found.err
    text = " ".join(found.out.split())
    assert text.startswith("How wrong could it be? Of those who score 10 today")
    assert "The statement: the rate is above 40.0" in text
    assert "as reported" in text
    for part in ("silent:", "memory"):
        assert part in text
    assert "verification_checked" in text
    assert "there are no contacts" in text
    assert "--sensitivity 0.9 1" in text


def test_stated_ranges_are_those_of_python(command: Command, survey: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    ranges = ("--sensitivity", "0.9", "1", "--specificity", "0.7", "0.9")
    found = command("robustness", survey, "--part", "misreport", *ranges, "-o", output)
    assert found.code == 0, found.err
    with output.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    wanted = misreport(open_responses(survey), stated=Ranges((0.9, 1), (0.7, 0.9)))
    assert [float(row["low"]) for row in rows] == wanted.table.column("low").to_pylist()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--sensitivity", "0.9", "1"), "stated together"),
        (("--line", "50"), "no two sides"),
        (("--response-rate", "25"), "no share of those who were invited"),
        (("--sensitivity", "0.4", "1", "--specificity", "0.5", "1"), "add up to at most 1"),
        (("--part", "misreport"), "verification_checked"),
        (("--part", "participation"), "no contacts"),
        (("--by", "score"), "in an intent set"),
        (("--capture", "0", "--part", "misreport"), "no share above 0"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    command: Command, survey: Path, options: tuple[str, ...], says: str
) -> None:
    found = command("robustness", survey, *options)
    assert found.code in (1, 2)
    assert says in found.err
    assert "remedy" in found.err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--part", "multiverse", "--intent", "promoters"), "--intent is of summary and misreport"),
        (("--part", "multiverse", "--by", "sector"), "--by is of summary"),
        (("--part", "recall", "--response-rate", "0.3"), "--response-rate is of summary and non"),
        (("--method", "monte_carlo"), "--method is of misreport alone"),
        (("--part", "participation", "--line", "0.4"), "--line is of summary"),
        (("--part", "participation", "--target", "as_given"), "--target is of summary"),
        (("--part", "recall", "--frame", "programme"), "--frame is of summary and nonresponse"),
    ],
)
def test_an_option_that_has_no_part_is_refused(
    options: tuple[str, ...], says: str, command: Command, survey: Path
) -> None:
    found = command("robustness", survey, *options)
    assert found.code == 2
    assert says in " ".join(found.err.split())


def test_a_line_beside_a_file_of_choices_is_refused(
    command: Command, survey: Path, tmp_path: Path
) -> None:
    choices = tmp_path / "multiverse.toml"
    choices.write_text("[statement]\nvalue = 0.4\n", encoding="utf-8")
    given = ("--part", "multiverse", "--choices", choices, "--line", "0.6")
    found = command("robustness", survey, *given)
    assert found.code == 2
    assert "--line and --choices are given at once" in found.err


# Every analysis

CHOICES = """[statement]
value = 0.4
[choices]
window = [12, 6, 3]
dont_know = ["left_out", "as_no"]
"""


def test_every_analysis_is_told_of(command: Command, survey: Path, tmp_path: Path) -> None:
    """60 of 100 say so; 30 and 15 of them within 6 and 3 months, by the file."""
    choices, output = tmp_path / "multiverse.toml", tmp_path / "out.csv"
    choices.write_text(CHOICES, encoding="utf-8")
    given = ("robustness", survey, "--part", "multiverse", "--choices", choices)
    found = command(*given)
    assert found.code == 0, found.err
    text = " ".join(found.out.split())
    assert text.startswith("Would another analysis have said the same?")
    assert "Of 6 analyses" in text
    assert "within 100.0 100.0" in text  # the only choice that moves the rate
    assert command(*given, "-o", output).code == 0
    with output.open(encoding="utf-8", newline="") as lines:
        rates = {row["window"]: float(row["estimate"]) for row in csv.DictReader(lines)}
    said = [i for i in range(100) if i % 5 < 3]
    within = {m: sum(i % 12 + 1 <= m for i in said) / 100 for m in (12, 6, 3)}
    assert rates == pytest.approx({str(months): rate for months, rate in within.items()})


def test_without_a_file_what_any_data_allow_is_crossed(command: Command, survey: Path) -> None:
    found = command("robustness", survey, "--part", "multiverse", "--line", "0.3")
    assert found.code == 0, found.err
    text = " ".join(found.out.split())
    assert "Of 18 analyses" in text
    assert "below 30.0" in text


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (("--between", "sector"), 2, "--between is of the multiverse alone"),
        (("--part", "multiverse", "--choices", "none.toml"), 2, "no such file"),
        (("--part", "multiverse", "--between", "sector"), 1, "needs the columns sector, programme"),
    ],
)
def test_what_a_multiverse_cannot_be_of(
    options: tuple[str, ...], code: int, says: str, command: Command, survey: Path
) -> None:
    found = command("robustness", survey, *options)
    assert found.code == code
    assert says in " ".join(found.err.split())
