"""Coverage as the book shows it: bars, tables, numbers and figure, from a table made by hand."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from advocacy.report.figures.style import save, style
from advocacy.report.palette import PALETTE
from advocacy.study.validation.coverage import (
    contrasts_numbers,
    contrasts_table,
    coverage_figure,
    coverage_numbers,
    coverage_table,
    designs_table,
    meets_bar,
    read_contrasts,
    read_coverage,
)

METHODS = ["korn_graubard", "beta", "logit", "wilson", "wald"]
# design, df, effective number on the rarer side, coverage of Korn-Graubard and of logit
BY_HAND = [("broad", 50.0, 40.0, 0.96, 0.95), ("narrow", 50.0, 40.0, 0.93, 0.97),
           ("few", 5.0, 40.0, 0.94, 0.90)]  # fmt: skip


def made_up() -> list[dict[str, dict[str, Any]]]:
    designs = []
    for name, df, count, *covered in BY_HAND:
        shares = dict(zip(("korn_graubard", "logit"), covered, strict=True))
        designs.append(
            {
                method: {
                    "design": name, "about": f"{name} sample", "target": "these_programmes",
                    "truth": 0.25, "simulations": 2000, "n": 1200.0, "df": df,
                    "smaller_count": count, "interval": method,
                    "coverage": shares.get(method, 0.9), "coverage_se": 0.005,
                    "mean_width": 0.12 if method == "korn_graubard" else 0.1,
                }
                for method in METHODS
            }
        )  # fmt: skip
    return designs


def cells(table: str) -> list[list[str]]:
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize(
    ("interval", "coverage", "df", "count", "met"),
    [
        ("korn_graubard", 0.94, 1, 1, True),
        ("korn_graubard", 0.9395, 100, 100, False),
        ("korn_graubard", 1.0, 100, 100, True),
        ("logit", 0.935, 20, 10, True),
        ("logit", 0.965, 20, 10, True),
        ("logit", 0.9345, 20, 10, False),
        ("logit", 0.9655, 20, 10, False),
        ("logit", 0.5, 19, 10, None),
        ("logit", 0.5, 20, 9.9, None),
        ("wald", 0.5, 100, 100, None),
    ],
)
def test_the_bars(interval: str, coverage: float, df: float, count: float, met: object) -> None:
    row = {"interval": interval, "coverage": coverage, "df": df, "smaller_count": count}
    assert meets_bar(row) is met


def test_the_table_shows_what_missed_its_bar_and_what_had_none() -> None:
    headings, _, broad, narrow, few = cells(coverage_table(made_up()))
    shown = dict(zip(headings, broad, strict=True))
    assert shown["design"] == "broad"
    assert shown["n"] == "1\N{NARROW NO-BREAK SPACE}200"
    assert (shown["df"], shown["rarer side"]) == ("50", "40")
    assert shown["Korn–Graubard"] == "96.0 (0.5)"
    assert shown["logit"] == "95.0 (0.5)"
    assert shown["Wald"] == "90.0 (0.5)"
    assert shown["width over logit"] == "1.20"
    assert dict(zip(headings, narrow, strict=True))["Korn–Graubard"] == "**93.0 (0.5)**"
    assert dict(zip(headings, narrow, strict=True))["logit"] == "**97.0 (0.5)**"
    assert dict(zip(headings, few, strict=True))["Korn–Graubard"] == "94.0 (0.5)"
    assert dict(zip(headings, few, strict=True))["logit"] == "*90.0 (0.5)*"
    assert "Simulated data: not a finding" in coverage_table(made_up())


def test_the_designs_stand_with_target_and_truth() -> None:
    assert cells(designs_table(made_up()))[2] == [
        "broad",
        "broad sample",
        "these programmes",
        "25.0",
    ]


def test_the_numbers_of_the_chapter() -> None:
    numbers = coverage_numbers(made_up())
    assert {entry["source_kind"] for entry in numbers.values()} == {"simulated"}
    text = {name.removeprefix("coverage:"): entry["text"] for name, entry in numbers.items()}
    assert (text["designs"], text["korn_graubard:held"]) == ("3", "2")
    assert (text["logit:barred"], text["logit:held"]) == ("2", "1")
    assert text["simulations"] == "2\N{NARROW NO-BREAK SPACE}000"
    assert text["korn_graubard:min"] == "93.0\N{NARROW NO-BREAK SPACE}%"
    assert text["logit:max"] == "97.0\N{NARROW NO-BREAK SPACE}%"
    assert text["width:max"] == "1.20"


def test_the_file_is_read_by_design_and_interval(tmp_path: Path) -> None:
    rows = [row for design in made_up() for row in design.values()]
    path = tmp_path / "coverage.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert read_coverage(path) == made_up()


def test_the_study_s_table_can_be_shown(root: Path) -> None:
    designs = read_coverage(root / "analysis" / "validation" / "coverage.csv")
    for table in (designs_table(designs), coverage_table(designs)):
        assert len(cells(table)) == 2 + 30
        assert len({len(row) for row in cells(table)}) == 1


def test_the_figure_is_the_same_every_time_and_knows_the_dark(tmp_path: Path) -> None:
    for name in ("one.svg", "two.svg"):
        with style():
            save(coverage_figure(made_up()), tmp_path / name)
    one = (tmp_path / "one.svg").read_text(encoding="utf-8")
    assert one == (tmp_path / "two.svg").read_text(encoding="utf-8")
    assert "SIMULATED DATA: NOT A FINDING" in one
    drawing = one.split("</style>", 1)[1]
    for light, _ in PALETTE.values():
        assert light not in drawing, "a colour of the palette is fixed in the drawing"


def test_the_figure_draws_every_design_and_hollows_logit_without_a_bar() -> None:
    with style():
        left, right = coverage_figure(made_up()).axes
    assert [label.get_text() for label in left.get_yticklabels()] == ["broad", "narrow", "few"]
    points = {str(each.get_label()): each for each in left.collections}
    for name, offsets in (("Korn–Graubard", [96, 93, 94]), ("logit", [95, 97, 90])):
        assert list(points[name].get_offsets()[:, 0]) == pytest.approx(offsets)
    faces, edges = (
        getattr(points["logit"], f"get_{part}")() for part in ("facecolor", "edgecolor")
    )
    assert [(face == edges[0]).all() for face in faces] == [True, True, False]
    assert list(right.collections[0].get_offsets()[:, 0]) == pytest.approx([1.2] * 3)


def test_contrasts_without_a_test_are_shown_and_missed_bars_are_bold(tmp_path: Path) -> None:
    file = tmp_path / "contrasts.csv"
    file.write_text(
        "design,about,first,second,simulations,tested,df,rejected,rejected_se,rejected_on_union_df\n"
        "2 and 60,few,2,60,2000,0,1.1,,,0.341\n"
        "8 and 60,some,8,60,2000,1,8.9,0.052,0.005,0.087\n"
        "9 and 60,more,9,60,2000,0.98,9.9,0.061,0.005,0.08\n",
        encoding="utf-8",
    )
    designs = read_contrasts(file)
    few, some, more = contrasts_table(designs).splitlines()[2:5]
    assert "| – |" in few
    assert "5.2 (0.5)" in some
    assert "**6.1 (0.5)**" in more
    numbers = contrasts_numbers(designs)
    assert [numbers[f"contrasts:{name}"]["value"] for name in ("designs", "tested", "held")] == [
        3, 2, 1,
    ]  # fmt: skip
    assert numbers["contrasts:union:max"]["value"] == 0.341
