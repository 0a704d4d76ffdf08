"""`advocacy net`, `track` and `change`: what they print, write, and refuse by name."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from outcome import Command


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    """Write three quarters of 40 ratings, promoters 10, 10 and 30 of them, others detractors."""
    lines = [
        f"{10 if i < promoters else 3},{int(i % 2)},{int(i % 4 == 1)},{day},simulated,{sector}"
        for promoters, day in ((10, "2024-01-10"), (10, "2024-04-10"), (30, "2024-07-10"))
        for i in range(40)
        for sector in ("B2B" if i % 3 else "B2C",)
    ]
    head = "score,recommended_past_12m,discouraged_past_12m,interviewed_on,source_kind,sector"
    path = tmp_path / "survey.csv"
    path.write_text("\n".join([head, *lines]))
    return path


def rows(command: Command, *arguments: object) -> list[dict[str, str]]:
    found = command(*arguments, "--format", "csv")
    assert found.code == 0, found.err
    return list(csv.DictReader(io.StringIO(found.out)))


def test_net_shows_the_shares_beside_the_score(survey: Path, command: Command) -> None:
    found = command("net", survey)
    text = " ".join(found.out.split())
    assert found.code == 0
    assert text.startswith("Simulated data: not a finding.")
    assert "Net promoter score" in text
    assert "recommended and advised against, of all" in text
    values = {
        (r["estimand"], r["quantity"]): float(r["estimate"]) for r in rows(command, "net", survey)
    }
    # Of 120: 50 promoters and 70 detractors; 60 recommended, of whom 30 advised against too.
    assert values["nps", "balance"] == pytest.approx(-20 / 120)
    assert values["earned_advocacy", "balance"] == pytest.approx(30 / 120)
    assert values["earned_advocacy", "both"] == pytest.approx(30 / 120)


def test_track_says_of_each_movement_what_it_could_be(survey: Path, command: Command) -> None:
    found = command("track", survey, "--measures", "nps", "--mix", "sector")
    text = " ".join(found.out.split())
    assert found.code == 0
    assert "Did it really move, and could the answers have shown it?" in text
    assert "of the mix" in text
    own = [
        r
        for r in rows(command, "track", survey, "--measures", "nps")
        if r["quantity"] == "movement"
    ]
    assert [r["quarter"] for r in own] == ["2024-Q2", "2024-Q3"]
    assert [float(r["estimate"]) for r in own] == pytest.approx([0, 1])
    assert [r["verdict"] for r in own] == ["noise", "moved"]


def test_change_says_why_there_is_no_p_value(survey: Path, command: Command) -> None:
    found = command("change", survey, "--treated", "sector = B2B", "--at", "2024-Q3")
    assert found.code == 0
    assert "No p-value and no interval" in " ".join(found.out.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("track", "--by", "decade"), "is no segment"),
        (("track", "--by", "year"), "one year only (2024)"),
        (("change", "--treated", "sector = B2B", "--at", "2025-Q1"), "No rating in the base"),
        (("net", "--by", "score"), "Leave score out"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    arguments: tuple[str, ...], said: str, survey: Path, command: Command
) -> None:
    name, *others = arguments
    found = command(name, survey, *others)
    assert found.code in (1, 2)
    assert said in found.err


def test_it_is_written_in_every_format(survey: Path, command: Command, tmp_path: Path) -> None:
    for ending in ("csv", "json", "parquet"):
        path = tmp_path / f"series.{ending}"
        found = command("track", survey, "--output", path)
        assert found.code == 0, found.err
        assert path.stat().st_size > 500
