"""Stages of a design, by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from advocacy.errors import DesignError
from advocacy.responses import open_responses
from advocacy.survey import DuckDB, SurveyDesign, survey_design
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.grouped_pass import grouped_pass
from advocacy.survey.cells.statement import Ratio
from advocacy.survey.stages import refuse_lonely, stages

# Of stratum a 2 of 6 PSUs were drawn, of b both, of c 1 of 4. In each PSU of a, 2 of 8 secondary
# units; in that of c 1 of 5; those of b are complete.
ROWS = """\
score,stratum,psu,fpc,ssu,fpc_ssu
10,a,a1,6,1,8
9,a,a1,6,2,8
8,a,a2,6,3,8
7,a,a2,6,4,8
6,b,b1,2,5,1
5,b,b2,2,6,1
4,c,c1,4,7,5
"""


@pytest.fixture
def sampled(tmp_path: Path) -> tuple[Cells, SurveyDesign]:
    (tmp_path / "survey.csv").write_text(ROWS)
    responses = open_responses(tmp_path / "survey.csv")
    design = survey_design(responses)
    return grouped_pass(responses, design, Ratio("score", "1"), [], DuckDB(threads=1)), design


@pytest.mark.parametrize(("rule", "lonely"), [("adjust", 1.0), ("remove", 0.0)])
def test_factors_of_squared_deviations(
    sampled: tuple[Cells, SurveyDesign], rule: str, lonely: float
) -> None:
    first, second = stages(sampled[0], rule)  # type: ignore[arg-type]
    assert first.first
    assert first.scale == pytest.approx([(1 - 2 / 6) * 2, 0, (1 - 1 / 4) * lonely])
    assert first.allows.tolist() == [True, True, False]
    assert not second.first
    # The second stage counts by the share of the PSUs that was drawn.
    of_a = 2 / 6 * (1 - 2 / 8) * 2
    assert second.scale == pytest.approx([of_a, of_a, 0, 0, 1 / 4 * (1 - 1 / 5) * lonely])
    assert second.stratum.tolist() == [0, 0, 1, 1, 2, 3, 4]


def test_centring_takes_off_the_mean_where_there_are_several(
    sampled: tuple[Cells, SurveyDesign],
) -> None:
    first, _ = stages(sampled[0], "adjust")
    assert first.of_means == pytest.approx([(1 - 2 / 6) * 2 / 2, 0, 0])


def test_a_complete_stratum_is_not_lonely(sampled: tuple[Cells, SurveyDesign]) -> None:
    with pytest.raises(DesignError, match="Strata with a single PSU allow no variance: 'c'"):
        refuse_lonely(sampled[0], "fail")
    refuse_lonely(sampled[0], "average")
