"""The grouped pass against sums made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from advocacy.errors import DesignError, UsageError
from advocacy.estimation import estimate
from advocacy.responses import open_responses
from advocacy.survey import DuckDB, SurveyDesign
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.grouped_pass import grouped_pass, grouped_passes
from advocacy.survey.cells.statement import Domain, Ratio

# A rating counts when its score is 10 and its behaviour is known; sector is the domain.
ROWS = """\
score,recommended_past_12m,sector,stratum,psu,weight,programme,supplier
10,1,B2B,s1,p1,2,A,x
10,0,B2B,s1,p1,3,A,x
10,1,B2B,s1,p2,1,A,x
9,1,B2B,s1,p3,5,A,x
10,,B2C,s2,p4,4,B,
10,1,B2C,s2,p5,2,B,
10,0,B2C,s2,p5,6,B,
10,1,,s2,p6,1,B,
"""
BASE = "coalesce(score = 10 AND recommended_past_12m IS NOT NULL, FALSE)"
RATIO = Ratio(numerator=f"({BASE} AND coalesce(recommended_past_12m, FALSE))", base=BASE)


def cells(folder: Path, design: SurveyDesign, text: str = ROWS) -> Cells:
    (folder / "survey.csv").write_text(text)
    responses = open_responses(folder / "survey.csv")
    return grouped_pass(responses, design, RATIO, [Domain("sector", "sector")], DuckDB(threads=1))


def totals(found: Cells, values: np.ndarray) -> dict[str | None, float]:  # type: ignore[type-arg]
    sums = np.bincount(found.domain, weights=values, minlength=found.n_domains)
    return dict(zip(found.domains.column("sector").to_pylist(), sums.tolist(), strict=True))


def test_sums_by_domain_stratum_and_psu(tmp_path: Path) -> None:
    found = cells(tmp_path, SurveyDesign("as_given", "weight", ("stratum",), ("psu",)))
    # Ratings outside the base belong to no domain, only to their PSU.
    assert totals(found, found.rows) == {"B2B": 3, "B2C": 2, None: 3}
    assert totals(found, found.n) == {"B2B": 3, "B2C": 2, None: 1}
    assert totals(found, found.x) == {"B2B": 2 + 1, "B2C": 2, None: 1}
    assert totals(found, found.z) == {"B2B": 2 + 3 + 1, "B2C": 2 + 6, None: 1}
    # PSUs p3 and p4 have no rating in the base and count all the same.
    assert dict(zip(found.stratum_names, found.psus.tolist(), strict=True)) == {"s1": 3, "s2": 3}


def test_second_order_sums_where_ratings_are_psus(tmp_path: Path) -> None:
    found = cells(tmp_path, SurveyDesign("as_given", "weight", ("stratum",)))
    assert found.psu is None
    assert totals(found, found.xx) == {"B2B": 4 + 1, "B2C": 4, None: 1}
    assert totals(found, found.xz) == {"B2B": 4 + 1, "B2C": 4, None: 1}
    assert totals(found, found.zz) == {"B2B": 4 + 9 + 1, "B2C": 4 + 36, None: 1}
    assert found.psus.tolist() == [4, 4]


@pytest.mark.parametrize(
    ("scaling", "factors"),
    # Programme A has four ratings of total weight 11, B four of total weight 13.
    [("none", (1, 1)), ("respondents", (4 / 11, 4 / 13)), ("equal_programme", (1 / 11, 1 / 13))],
)
def test_scaling_of_weights(tmp_path: Path, scaling: str, factors: tuple[float, float]) -> None:
    design = SurveyDesign("these_programmes", "weight", ("programme",), (), scaling)  # type: ignore[arg-type]
    found = cells(tmp_path, design)
    a, b = factors
    assert totals(found, found.z) == pytest.approx({"B2B": 6 * a, "B2C": 8 * b, None: b})
    assert totals(found, found.zz) == pytest.approx(
        {"B2B": 14 * a**2, "B2C": 40 * b**2, None: b**2}
    )


# Several designs of one pass


class Counting(DuckDB):
    """An engine that counts the statements which read the responses."""

    read: list[str] = []  # noqa: RUF012

    def run(self, sql: str, tables: Mapping[str, pa.Table]) -> pa.Table:
        if "placed" in tables:
            self.read.append(sql)
        return super().run(sql, tables)


WITHIN = SurveyDesign("these_programmes", "weight", ("programme",), ("psu",), "respondents")
PROGRAMMES = SurveyDesign("programmes_like_these", "weight", (), ("programme",), "respondents")


def several(folder: Path, designs: list[SurveyDesign], text: str) -> tuple[list[Cells], int]:
    (folder / "survey.csv").write_text(text)
    responses, engine = open_responses(folder / "survey.csv"), Counting(threads=1)
    engine.read.clear()
    by = [Domain("sector", "sector")]
    return grouped_passes(responses, designs, RATIO, by, engine), len(engine.read)


def test_cells_of_programmes_are_added_up_from_those_of_their_units(tmp_path: Path) -> None:
    """As the pass of programmes by itself, whose sums are by hand here."""
    (programmes, within), passes = several(tmp_path, [PROGRAMMES, WITHIN], ROWS)
    assert passes == 1
    a, b = 4 / 11, 4 / 13
    for found in (programmes, within):
        assert totals(found, found.z) == pytest.approx({"B2B": 6 * a, "B2C": 8 * b, None: b})
        assert totals(found, found.zz) == pytest.approx(
            {"B2B": 14 * a**2, "B2C": 40 * b**2, None: b**2}
        )
        assert totals(found, found.n) == {"B2B": 3, "B2C": 2, None: 1}
    assert within.psus.tolist() == [3, 3]
    assert programmes.psus.tolist() == [2]
    assert programmes.stratum_names == ("",)
    assert programmes.psu_keys is not None
    assert programmes.psu_keys.to_pylist() == [
        {"psu_kind": "programme", "psu": name} for name in ("A", "B")
    ]
    # The heaviest of A in the base, and of B in its sector.
    assert sorted(programmes.most[programmes.n > 0]) == pytest.approx(sorted([3 * a, 6 * b, b]))


def test_ratings_without_a_programme_stay_units_of_their_own(tmp_path: Path) -> None:
    nameless = ROWS + "10,1,B2B,s1,p9,2,,\n10,0,B2B,s1,p9,2,,\n"
    given = SurveyDesign("as_given", "weight", ("stratum",), ("psu",))
    (programmes, _), passes = several(tmp_path, [PROGRAMMES, given], nameless)
    assert passes == 2
    assert programmes.psus.tolist() == [4]


def test_without_weights_each_rating_counts_once(tmp_path: Path) -> None:
    found = cells(tmp_path, SurveyDesign("as_given", None, ("stratum",), ("psu",)))
    assert totals(found, found.z) == totals(found, found.n)


def test_programmes_and_suppliers_are_counted(tmp_path: Path) -> None:
    """A rating without supplier counts as one of its programme's."""
    (tmp_path / "survey.csv").write_text(ROWS)
    result = estimate(open_responses(tmp_path / "survey.csv")).table
    assert result["n_programmes"].to_pylist() == [2]
    assert result["n_suppliers"].to_pylist() == [2]


def test_a_psu_in_two_strata_is_refused(tmp_path: Path) -> None:
    text = ROWS.replace("s2,p6", "s2,p1")
    design = SurveyDesign("as_given", "weight", ("stratum",), ("psu",))
    with pytest.raises(
        DesignError, match="PSU 'psu p1' lies in two strata: 's1' and 's2'"
    ) as error:
        cells(tmp_path, design, text)
    assert "--nest" in error.value.remedy


def test_a_psu_in_two_strata_outside_the_base_is_refused_too(tmp_path: Path) -> None:
    text = ROWS.replace("10,,B2C,s2,p4", "10,,B2C,s2,p3")
    design = SurveyDesign("as_given", "weight", ("stratum",), ("psu",))
    with pytest.raises(DesignError, match="lies in two strata"):
        cells(tmp_path, design, text)


def test_too_many_cells_are_refused_with_their_number(tmp_path: Path) -> None:
    (tmp_path / "survey.csv").write_text(ROWS)
    responses = open_responses(tmp_path / "survey.csv")
    design = SurveyDesign("as_given", "weight", ("stratum",), ("psu",))
    # p1 and p2 in B2B, p5 in B2C, p6 without sector; p3 and p4 have no rating in the base.
    assert len(estimate(responses, by=["sector"], design=design, most_cells=6)) == 2
    with pytest.raises(UsageError, match=r"makes 6 cells, .* at most 5 are held") as error:
        estimate(responses, by=["sector"], design=design, most_cells=5)
    assert "--most-cells" in error.value.remedy
