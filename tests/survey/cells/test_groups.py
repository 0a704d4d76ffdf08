"""Sets of domains, by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from advocacy.responses import open_responses
from advocacy.survey import DuckDB, SurveyDesign
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.grouped_pass import grouped_pass
from advocacy.survey.cells.groups import Groups, cells_of, distinct, every_domain, rolled_up
from advocacy.survey.cells.statement import Domain, Ratio

# Only ratings with a score are in the base.
ROWS = """\
score,sector,country,psu
10,B2B,NO,p1
9,B2B,SE,p1
8,B2B,SE,p2
7,B2C,SE,p3
,B2C,SE,p4
"""


@pytest.fixture
def cells(tmp_path: Path) -> Cells:
    (tmp_path / "survey.csv").write_text(ROWS)
    by = [Domain(name, name) for name in ("sector", "country")]
    ratio = Ratio("(score = 10)", "(score IS NOT NULL)")
    responses = open_responses(tmp_path / "survey.csv")
    design = SurveyDesign("as_given", clusters=("psu",))
    return grouped_pass(responses, design, ratio, by, DuckDB(threads=1))


def counted(cells: Cells, groups: Groups, numbers: np.ndarray) -> dict[object, int]:  # type: ignore[type-arg]
    names = [tuple(row.values()) for row in groups.keys.to_pylist()]
    return dict(zip(names, distinct(cells, groups, numbers).tolist(), strict=True))


def test_psus_in_the_base_are_counted_once_in_each_group(cells: Cells) -> None:
    assert cells.psu is not None
    # p4 has no rating in the base, and so lies in no sector.
    assert counted(cells, rolled_up(cells, ["sector"]), cells.psu) == {
        ("B2B",): 2,
        ("B2C",): 1,
        (None,): 0,
    }
    assert counted(cells, rolled_up(cells, ["country"]), cells.psu) == {
        ("NO",): 1,
        ("SE",): 3,
        (None,): 0,
    }
    assert counted(cells, every_domain(cells), cells.psu)["B2B", "SE"] == 2


def test_without_names_all_domains_are_one_group(cells: Cells) -> None:
    groups = rolled_up(cells, [])
    assert groups.size == 1
    assert sorted(groups.domain.tolist()) == list(range(cells.n_domains))
    assert distinct(cells, groups, cells.psu).tolist() == [3]


def test_a_domain_may_be_asked_for_more_than_once(cells: Cells) -> None:
    asked = np.array([1, 0, 1])
    cell, entry = cells_of(cells, asked)
    assert (cells.domain[cell] == asked[entry]).all()
    sizes = np.bincount(cells.domain)
    assert np.bincount(entry).tolist() == sizes[asked].tolist()
