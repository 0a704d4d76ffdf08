"""What the book says of scaling, from a table of measurements made by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from advocacy.report.figures.style import save, style
from advocacy.study.validation.scaling import (
    read_scaling,
    scaling_figure,
    scaling_numbers,
    scaling_table,
)

# growth, library, task, rows, psus, domains, cells, seconds, processor, memory
BY_HAND = """\
growth,library,task,rows,psus,domains,cells,seconds,processor,memory,machine,versions
domains,advocacy,all,5000,40,1,40,0.2,0.3,200,a box,one 1
psus,advocacy,few domains,5000,40,12,480,0.2,0.3,210,a box,one 1
psus,advocacy,many domains,5000,4000,600,90000,3.0,4.0,900,a box,one 1
rows,advocacy,31 margins,5000,40,700,900,0.5,1.0,250,a box,one 1
rows,bare scan,31 margins,5000,40,0,0,0.1,0.2,150,a box,one 1
rows,advocacy,one crossing,5000,40,144,160,0.4,0.5,240,a box,one 1
rows,advocacy,whole command,5000,40,0,0,1.1,1.2,240,a box,one 1
rows,R survey,one crossing,5000,40,144,0,50.0,60.0,960,a box,one 1
rows,advocacy,31 margins,1000000,40,700,900,2.0,3.0,300,a box,one 1
rows,bare scan,31 margins,1000000,40,0,0,1.0,1.5,160,a box,one 1
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "scaling.csv"
    path.write_text(BY_HAND, encoding="utf-8")
    return path


def test_numbers_of_the_page(table: Path) -> None:
    numbers = scaling_numbers(read_scaling(table))
    said = {name.removeprefix("scaling:"): entry["value"] for name, entry in numbers.items()}
    assert said["scan"] == 3.0 / 1.5
    assert (said["rows"], said["estimates"], said["memory"]) == (1_000_000, 700, 300)
    assert (said["hard:psus"], said["hard:cells"]) == (4000, 90_000)
    assert said["R:times"] == 60.0 / 0.5
    assert said["R:memory"] == 960 / 240
    # From 5,000 to a million rows 2 s more: 2/995000 s a row.
    assert said["billion"] == pytest.approx(3.0 + 2.0 / 995_000 * 999_000_000)
    assert numbers["scaling:billion"]["text"] == "33.5"  # minutes
    assert not [name for name in said if name.startswith("svy")]  # not measured


def test_tables_have_the_rows_of_their_growth(table: Path) -> None:
    lines = scaling_table(read_scaling(table), "psus").splitlines()
    assert len(lines) == 2 + 2
    cells = [cell.strip() for cell in lines[2].strip("|").split("|")]
    assert cells == [
        "few domains",
        "advocacy",
        "5\u202f000",
        "40",
        "12",
        "480",
        "0.20",
        "0.30",
        "210",
    ]


def test_the_figure_names_every_library(table: Path, tmp_path: Path) -> None:
    with style():
        figure = scaling_figure(read_scaling(table))
        (legend,) = figure.legends
        names = {text.get_text() for text in legend.get_texts()}
        assert names == {
            "advocacy, 31 margins",
            "bare scan, 31 margins",
            "advocacy, one crossing",
            "advocacy, many domains",
            "R survey, one crossing",
        }
        save(figure, tmp_path / "scaling.svg")
    assert (tmp_path / "scaling.svg").read_text(encoding="utf-8").startswith("<svg ")
