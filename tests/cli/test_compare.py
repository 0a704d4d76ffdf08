"""`advocacy compare`: what it prints and writes, and how it refuses."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from outcome import Command, Outcome
from tests.conftest import REFERENCE
from tests.reference.against_r import expected

from advocacy.estimation.comparisons.comparison import COMPARISON_COLUMNS
from advocacy.estimation.estimates import COLUMNS
from advocacy.report.wording import ENGLISH

SURVEY = REFERENCE / "input" / "mix_stratified_clustered.csv"
NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"


@pytest.fixture(params=[80, 120])
def width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setenv("COLUMNS", str(request.param))
    return request.param


def printed(outcome: Outcome) -> str:
    """Return what was printed as one line of words."""
    assert outcome.code == 0, outcome.err
    return " ".join(outcome.out.replace(NARROW_SPACE, " ").split())


def rows(outcome: Outcome) -> list[dict[str, str]]:
    assert outcome.code == 0, outcome.err
    return list(csv.DictReader(io.StringIO(outcome.out)))


def r_says(name: str, query: str) -> pd.DataFrame:
    return expected(name).query(query)


# What is printed


def test_pairs(command: Command, width: int) -> None:
    outcome = command("compare", SURVEY, "--between", "country")
    text = printed(outcome)
    assert max(len(line) for line in outcome.out.splitlines()) <= width
    assert "…" not in text
    assert "A Denmark 61.6" in text
    pairs = r_says(
        "contrasts_pairs",
        "design == 'mix_stratified_clustered' and by == 'country' and quantity == 'difference'",
    )
    assert len(pairs) == 3
    assert all(ENGLISH.signed(row.estimate, 1, 100) in text for row in pairs.itertuples())
    # R's p-values know nothing of which side a PSU is in; those of sides.R do.
    held = r_says(
        "sides_pairs",
        "design == 'mix_stratified_clustered' and by == 'country' and quantity == 'difference'",
    ).p_value.sort_values()
    assert len(held) == 3
    # Holm: 3 p of the least, 2 p of the next, p of the last, and never less than the one before.
    for p_value in (held * [3, 2, 1]).cummax():
        assert ENGLISH.p_value(p_value) in text
    assert "Denmark − Norway" in text
    assert "p (Holm)" in text
    assert "Difference in percentage points" in text
    assert "adjusted for the 3 tests here" in text
    test = r_says(
        "sides_rao_scott", "design == 'mix_stratified_clustered' and by == 'country'"
    ).iloc[0]
    wanted = f"F({test.ndf:.1f}, {test.ddf:.1f}) = {test.statistic:.2f}, p = {test.p_value:.3f}"
    assert wanted in text


def test_standardised(command: Command, width: int) -> None:
    outcome = command("compare", SURVEY, "--between", "sector", "--standardise", "industry")
    text = printed(outcome)
    assert max(len(line) for line in outcome.out.splitlines()) <= width
    parts = r_says(
        "contrasts_standardised",
        "design == 'mix_stratified_clustered' and standardise == 'industry'",
    ).set_index("quantity")
    held = r_says(
        "sides_standardised",
        "design == 'mix_stratified_clustered' and standardise == 'industry'",
    ).set_index("quantity")
    for shown, quantity in (
        ("raw, all ratings", "whole"),
        ("raw, common support", "raw"),
        ("rate part: same mix", "rate"),
        ("mix part", "mix"),
    ):
        line = next(line for line in outcome.out.splitlines() if shown in line)
        assert ENGLISH.signed(parts.estimate[quantity], 1, 100) in line
        assert ENGLISH.p_value(held.p_value[quantity]) in line
    excluded = 100 * parts.excluded_b2b.iloc[0]
    assert f"B2B {excluded:.1f} % of 96 ratings, B2C 0.0 % of 300 ratings" in text
    assert "Common support of B2B and B2C: 3 of 4 cells of industry." in outcome.err
    assert "it does not say what a change of mix would do" in text


def test_lift(command: Command, width: int) -> None:
    outcome = command("compare", SURVEY, "--by", "sector")
    text = printed(outcome)
    assert max(len(line) for line in outcome.out.splitlines()) <= width
    assert "…" not in text
    table = rows(command("compare", SURVEY, "--by", "sector", "--format", "csv"))
    for row in table:
        if row["quantity"] == "ratio":
            low, high = (ENGLISH.ratio(float(row[f"conf_{end}"])) for end in ("low", "high"))
            assert f"{ENGLISH.ratio(float(row['estimate']))} {low} to {high}" in text
    assert "10 against" in text
    assert "lift: ratio of the two rates" in text
    assert "Of those who score as shown today" in text


def test_equivalence(command: Command, width: int) -> None:
    outcome = command("compare", SURVEY, "--by", "sector", "--equivalence", "5")
    text = printed(outcome)
    assert max(len(line) for line in outcome.out.splitlines()) <= width
    assert "90 % Korn–Graubard interval lies within 45.0 to 55.0 %" in text
    assert "exactly 50 %?" in text
    assert text.count("undecided") == 3
    wide = printed(command("compare", SURVEY, "--between", "sector", "--equivalence", "20"))
    assert "within 30.0 to 70.0 %" in wide
    assert wide.count("equivalent") == 3


def test_the_unit_of_other_estimands(command: Command) -> None:
    text = printed(command("compare", SURVEY, "--between", "sector", "--estimand", "nps"))
    assert "Difference in points;" in text
    assert "Rao–Scott" not in text
    text = printed(command("compare", SURVEY, "--between", "sector", "--estimand", "mean_score"))
    assert "Difference in points on 0–10" in text
    means = r_says(
        "contrasts_estimands",
        "design == 'mix_stratified_clustered' and estimand == 'mean_score' and by == 'sector'",
    ).estimate.to_numpy()
    assert f"{means[0]:.1f}" in text
    assert ENGLISH.signed(means[0] - means[1], 2) in text


def test_odds_ratio_and_reference(command: Command) -> None:
    options = ("--quantity", "odds_ratio", "--reference", "SE", "--adjust", "none")
    text = printed(command("compare", SURVEY, "--between", "country", *options))
    assert "Denmark / Sweden" in text
    assert "Norway / Denmark" not in text
    assert "t test against 1 on the log scale" in text
    assert "not adjusted" in text


@pytest.mark.parametrize("typed", ["sweden", "Sverige", "se"])
def test_the_reference_may_be_named_as_it_is_shown(command: Command, typed: str) -> None:
    options = ("--between", "country", "--format", "csv", "--reference")
    outcome = command("compare", SURVEY, *options, typed)
    assert (outcome.code, outcome.out) == (0, command("compare", SURVEY, *options, "SE").out)


def test_a_tiny_p_value_is_never_zero() -> None:
    assert ENGLISH.p_value(0.0004) == "< 0.001"
    assert ENGLISH.p_value(0.001) == "0.001"
    assert ENGLISH.p_value(None) == "–"
    assert ENGLISH.signed(-0.031, 1, 100) == "−3.1"


def test_the_design_and_its_scaling_are_said(command: Command, tmp_path: Path) -> None:
    frame = pd.read_csv(SURVEY).assign(programme=lambda d: d.stratum).drop(columns=["psu"])
    frame.to_csv(tmp_path / "a.csv", index=False)
    options = ("--target", "these_programmes", "--weight-scaling", "equal_programme")
    outcome = command("compare", tmp_path / "a.csv", "--between", "sector", *options)
    assert outcome.code == 0
    assert "scaled so that every programme counts the same" in outcome.err


def test_raked(command: Command, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("country,total\nDK,100\nNO,100\nSE,100\n", encoding="utf-8")
    options = ("--between", "sector", "--format", "csv")
    outcome = command("compare", SURVEY, *options, "--rake", tmp_path / "m.csv")
    assert "Raking: effective n" in outcome.err
    assert rows(outcome)[2]["estimate"] != rows(command("compare", SURVEY, *options))[2]["estimate"]


def test_simulated_data_say_so(command: Command, tmp_path: Path) -> None:
    pd.read_csv(SURVEY).assign(source_kind="simulated").to_csv(tmp_path / "a.csv", index=False)
    for options in ((), ("--between", "sector"), ("--equivalence", "5")):
        outcome = command("compare", tmp_path / "a.csv", *options)
        assert "Simulated data: not a finding" in outcome.out


def test_what_lacks_a_segment_is_counted(command: Command, tmp_path: Path) -> None:
    frame = pd.read_csv(SURVEY)
    frame["industry"] = frame.industry.where(frame.industry != "L")
    frame.to_csv(tmp_path / "a.csv", index=False)
    options = ("--between", "sector", "--standardise", "industry")
    outcome = command("compare", tmp_path / "a.csv", *options)
    assert "28 ratings have no sector or industry and are in no row." in outcome.err


# Formats and files


@pytest.mark.parametrize(
    ("options", "more"),
    [
        (("--between", "sector", "--by", "country"), ["p_adjusted", "letter", "homogeneity_p"]),
        (("--between", "sector", "--standardise", "country"), ["mix", "excluded"]),
        (("--equivalence", "5"), ["margin_low", "outcome"]),
        ((), []),
    ],
)
def test_csv_and_json_hold_every_digit(
    command: Command, options: tuple[str, ...], more: list[str]
) -> None:
    table = rows(command("compare", SURVEY, *options, "--format", "csv"))
    records = json.loads(
        command("compare", SURVEY, *options, "--format", "json").out, parse_constant=pytest.fail
    )
    assert len(table) == len(records) > 0
    names = list(records[0])
    assert [name for name in names if name in COLUMNS.names] == COLUMNS.names
    assert set(more) <= set(names) & set(COMPARISON_COLUMNS.names)
    for row, record in zip(table, records, strict=True):
        for name, value in record.items():
            if isinstance(value, float):
                assert float(row[name]) == value


@pytest.mark.parametrize("ending", [".csv", ".json", ".parquet"])
def test_a_file(command: Command, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"pairs{ending}"
    outcome = command("compare", SURVEY, "--between", "country", "-o", path)
    assert outcome.code == 0
    assert outcome.out == ""
    assert f"Wrote 6 estimates to {path}." in outcome.err
    read = {".csv": pd.read_csv, ".json": pd.read_json, ".parquet": pd.read_parquet}[ending]
    assert read(path).letter.dropna().tolist() == ["A", "B", "C"]


# Refusals


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--between", "sectr"), "'sectr' is no segment"),
        (("--between", "sector", "--reference", "B2D"), "'B2D' is no level of sector"),
        (("--between", "sector", "--quantity", "lift"), "'lift' is no quantity"),
        (("--between", "sector", "--adjust", "tukey"), "'tukey' is no rule"),
        (("--between", "sector", "--estimand", "nps", "--quantity", "ratio"), "is for proportions"),
        (("--quantity", "ratio"), "--quantity cannot be used without --between"),
        (("--standardise", "country"), "--standardise does not say what is compared"),
        (("--between", "country", "--standardise", "industry"), "more than two levels"),
        (
            ("--between", "sector", "--standardise", "country", "--adjust", "bh"),
            "--adjust cannot be used with --standardise",
        ),
        (("--equivalence", "5", "--reference", "DK"), "cannot be used with --equivalence"),
        (("--equivalence", "0"), "--equivalence 0: the margin is in percentage points"),
        (("--equivalence", "5", "--estimand", "nps"), "is for proportions"),
        (("--estimand", "nps"), "has no lift"),
        (("--by", "score"), "cannot be crossed with the score"),
        (("--between", "sector", "--conf-level", "0"), "0 is not between 0 and 1"),
        (("--between", "sector", "--interval", "exact"), "'exact' is no interval"),
        (("--between", "sector", "--trim", "3"), "none are"),
        (("--between", "sector", "--format", "csv", "-o", "a.csv"), "--format is for"),
    ],
)
def test_bad_usage(command: Command, options: tuple[str, ...], said: str) -> None:
    outcome = command("compare", SURVEY, *options)
    assert outcome.code == 2, outcome
    assert said in " ".join(outcome.err.split())
    assert outcome.out == ""


@pytest.mark.parametrize(
    ("columns", "options", "said"),
    [
        ({"sector": "B2B"}, ("--between", "sector"), "one level only"),
        ({}, ("--between", "wave"), "needs the column wave"),
        ({"country": "FI"}, ("--between", "sector", "--by", "channel"), "of two levels"),
        ({}, ("--between", "sector", "--standardise", "channel"), "no common support"),
        ({"score": 5}, ("--between", "sector"), "No rating is in the base"),
        ({"score": 5}, ("--between", "sector", "--reference", "B2C"), "No rating is in the base"),
    ],
)
def test_bad_data(
    command: Command,
    tmp_path: Path,
    columns: dict[str, object],
    options: tuple[str, ...],
    said: str,
) -> None:
    frame = pd.read_csv(SURVEY)
    frame["channel"] = frame.sector.map({"B2B": "phone", "B2C": "web"})
    frame.assign(**columns).to_csv(tmp_path / "a.csv", index=False)
    outcome = command("compare", tmp_path / "a.csv", *options)
    assert outcome.code == 1, outcome
    assert outcome.err.startswith("advocacy: ")
    assert said in " ".join(outcome.err.split())


def test_the_output_is_never_the_input(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "survey.csv"
    path.write_bytes(SURVEY.read_bytes())
    outcome = command("compare", path, "--between", "sector", "-o", path)
    assert outcome.code == 2
    assert path.read_bytes() == SURVEY.read_bytes()
