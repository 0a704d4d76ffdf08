"""Pooling's calibration as the book shows it, from tables made by hand."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from advocacy.report.figures.style import save, style
from advocacy.study.validation.pooling import (
    calibration_figure,
    calibration_numbers,
    coverage_by_size_table,
    errors_table,
    meets_bars,
    ranks_table,
    read_pooling,
    read_studies,
    uniformity,
)

NAMES = ["what", "answers", "programmes", "new_answers", "studies", "values", "coverage",
         "coverage_se", "mean_width", "mse_pooled", "mse_direct", "mse_oracle", "over_direct",
         "over_direct_se", "over_oracle", "over_oracle_se"]  # fmt: skip
# By what is predicted: answers, values, then coverage and errors of pooled, direct and oracle.
BY_HAND = [
    ("mean of programmes", "all", 800, 0.91, (0.0016, 0.0064, 0.0016)),
    ("mean of programmes", "none", 40, 0.80, (0.0025, None, 0.0020)),
    ("its programmes", "all", 760, None, (0.0009, 0.0036, 0.0008)),
    ("its programmes", "1 to 19", 100, None, (0.0016, 0.0015, 0.0016)),
    ("programme in cell", "all", 900, None, (0.0025, 0.0050, 0.0024)),
    ("new programme", "all", 200, 0.86, None),
    ("observed", "all", 200, 0.93, None),
]


def written(path: Path) -> tuple[Path, Path]:
    with (path / "pooling.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, NAMES)
        writer.writeheader()
        for what, answers, values, coverage, errors in BY_HAND:
            row: dict[str, Any] = {"what": what, "answers": answers, "programmes": 50,
                                   "new_answers": 200, "studies": 20, "values": values}  # fmt: skip
            if coverage is not None:
                row |= {"coverage": coverage, "coverage_se": 0.0123, "mean_width": 0.25}
            if errors is not None:
                pooled, direct, oracle = errors
                row |= {"mse_pooled": pooled, "mse_direct": direct, "mse_oracle": oracle}
                row |= {"over_oracle": pooled / oracle, "over_oracle_se": 0.02}
                if direct is not None:
                    row |= {"over_direct": pooled / direct, "over_direct_se": 0.03}
            writer.writerow(row)
    with (path / "studies.csv").open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["study", "fitted_again", "unusable", "divergences", "rank: a", "rank: b"])
        for study in range(20):
            skewed = 5 * study // 2
            lines.writerow([study, int(study < 5), int(study < 2), 3 * (study == 1),
                            5 * study, skewed])  # fmt: skip
    return path / "pooling.csv", path / "studies.csv"


@pytest.fixture
def made_up(tmp_path: Path) -> tuple[list[dict[str, Any]], Any]:
    first, second = written(tmp_path)
    return read_pooling(first), read_studies(second)


def test_bars_by_hand(made_up: Any) -> None:
    met = [meets_bars(row) for row in made_up[0]]
    assert met == [
        {"coverage": True, "over_direct": True, "over_oracle": True},
        # Of cells of one size there is no bar for coverage; 25 % above where scales are known.
        {"over_oracle": False},
        {"over_direct": True, "over_oracle": True},
        {"over_direct": False, "over_oracle": True},
        {"over_direct": True, "over_oracle": True},
        {"coverage": False},
        {"coverage": True},
    ]


@pytest.mark.parametrize(
    ("ratio", "met"), [("over_direct", 0.999), ("over_oracle", 1.15), ("over_oracle", 1.0)]
)
def test_a_bar_is_met_up_to_its_limit(made_up: Any, ratio: str, met: float) -> None:
    row = made_up[0][0]
    assert meets_bars(row | {ratio: met})[ratio]
    assert not meets_bars(row | {ratio: met + 0.151})[ratio]
    assert not meets_bars(row | {"over_direct": 1.0})["over_direct"]


def test_the_table_of_coverage_marks_what_was_missed(made_up: Any) -> None:
    lines = coverage_by_size_table(made_up[0]).splitlines()
    assert lines[2:] == [
        "| mean of programmes in a cell | all | 800 | 91.0 (1.2) | 25.0 |",
        "| mean of programmes in a cell | none | 40 | 80.0 (1.2) | 25.0 |",
        "| next programme, its rate | all | 200 | **86.0 (1.2)** | 25.0 |",
        "| next programme, as observed | all | 200 | 93.0 (1.2) | 25.0 |",
    ]


def test_the_table_of_errors_marks_what_was_missed(made_up: Any) -> None:
    lines = errors_table(made_up[0]).splitlines()
    assert lines[2:6] == [
        "| mean of programmes in a cell | all | 4.0 | 8.0 | 4.0 | 0.25 (0.03) | 1.00 (0.02) |",
        "| mean of programmes in a cell | none | 5.0 | – | 4.5 | – | **1.25 (0.02)** |",
        "| a cell's own programmes | all | 3.0 | 6.0 | 2.8 | 0.25 (0.03) | 1.12 (0.02) |",
        "| a cell's own programmes | 1 to 19 | 4.0 | 3.9 | 4.0 | **1.07 (0.03)** | 1.00 (0.02) |",
    ]


def test_ranks_are_held_against_uniform_ones(made_up: Any) -> None:
    studies = made_up[1]
    assert uniformity(studies["rank: a"]) == pytest.approx(1)
    # Four in each of the first five tenths, where there should be two in each of ten.
    assert uniformity(studies["rank: b"]) == pytest.approx(stats.chi2(9).sf(20))
    assert uniformity(np.arange(100)) == pytest.approx(1)
    assert uniformity(np.repeat([9, 10], 50)) == pytest.approx(stats.chi2(9).sf(400))
    assert ranks_table(studies).splitlines()[2:] == ["| a | 1.000 |", "| b | 0.018 |"]


def test_the_numbers_of_the_ledger(made_up: Any) -> None:
    found = calibration_numbers(*made_up)
    assert {entry["source_kind"] for entry in found.values()} == {"simulated"}
    text = {name.removeprefix("pooling:"): entry["text"] for name, entry in found.items()}
    expected = {
        "conf_level": "90 %", "studies": "20", "programmes": "50", "new_answers": "200",
        "fresh": "200", "direct:max": "1.07", "oracle:max": "1.25", "ranked": "2",
        "p_value:min": "0.018", "p_value:corrected": "0.04", "fitted_again": "5",
        "unusable": "2", "diverged": "1", "cell:coverage": "91.0 %", "cell:coverage_se": "1.2 %",
        "next:coverage": "86.0 %", "next:coverage_se": "1.2 %", "observed:coverage": "93.0 %",
        "observed:coverage_se": "1.2 %", "bar:least": "87 %", "bar:most": "93 %",
        "bar:oracle": "1.15",
    }  # fmt: skip
    assert {name: value.replace("\N{NARROW NO-BREAK SPACE}", " ") for name, value in text.items()} \
        == expected  # fmt: skip
    assert found["pooling:oracle:max"]["value"] == pytest.approx(1.25)


def test_the_figure_shows_what_the_table_says(made_up: Any, tmp_path: Path) -> None:
    with style():
        figure = calibration_figure(*made_up)
        left, middle, right = figure.axes
        shown = {line.get_label(): line for line in left.containers}
        assert set(shown) == {"mean of programmes in a cell", "next programme, its rate",
                              "next programme, as observed"}  # fmt: skip
        points = shown["mean of programmes in a cell"].lines[0].get_ydata()
        assert list(points) == pytest.approx([91, 80])
        ratios = [list(drawn.lines[0].get_ydata()) for drawn in middle.containers]
        assert ratios[0] == pytest.approx([0.25, 0.0016 / 0.0015])
        assert ratios[1] == pytest.approx([1.125, 1])
        # Half of the studies too many are below the middle rank.
        _, skewed = right.lines
        assert skewed.get_ydata()[50] == pytest.approx(1 - 0.5)
        assert skewed.get_ydata()[[0, -1]] == pytest.approx([0, 0])
        save(figure, tmp_path / "figure.svg")
    assert any("SIMULATED DATA" in text.get_text() for text in left.texts)
    assert (tmp_path / "figure.svg").stat().st_size > 10_000
