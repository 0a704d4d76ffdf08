"""`advocacy stated-likelihood`: the rows it prints, by hand."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from outcome import Command


def survey(folder: Path) -> Path:
    path = folder / "ratings.csv"
    lines = [f"{score},{int(i < score)},simulated" for score in range(11) for i in range(20)]
    path.write_text("\n".join(["score,recommended_past_12m,source_kind", *lines]))
    return path


def test_half_of_what_is_stated(tmp_path: Path, command: Command) -> None:
    """Of 20 who score s, s had: half of s in 10, so the mean over the scale is 25 points off."""
    found = command("stated-likelihood", survey(tmp_path))
    text = " ".join(found.out.split())
    assert found.code == 0
    assert text.startswith("Simulated data: not a finding.")
    assert "lies 25.0 (19.4 to 30.6) points from the rate on average" in text
    assert "and +25.0 (+19.4 to +30.6) points above it" in text
    assert " 8 20 80.0 40.0 " in text


def test_files_hold_the_rates_and_the_distances(tmp_path: Path, command: Command) -> None:
    found = command("stated-likelihood", survey(tmp_path), "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(found.out)))
    assert [row["quantity"] for row in rows] == ["rate"] * 11 + ["mean_distance", "mean_excess"]
    assert float(rows[8]["stated"]) == 0.8


def test_the_segment_of_scores_is_refused(tmp_path: Path, command: Command) -> None:
    found = command("stated-likelihood", survey(tmp_path), "--by", "score_band")
    assert found.code == 2
    assert "over the scores already" in found.err
