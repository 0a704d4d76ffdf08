"""Segments of a file's own: kept by the crosswalk, with labels, in every cut and rule."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from advocacy.errors import CrosswalkError, MissingColumnError, UsageError
from advocacy.estimation import estimate
from advocacy.estimation.comparisons.pairwise import compare
from advocacy.estimation.curves.curve import curve
from advocacy.estimation.disclosure.disclosure import decide
from advocacy.estimation.disclosure.rules import DisclosureRules
from advocacy.estimation.regression import regress
from advocacy.responses import Responses, open_responses

CROSSWALK = """# advocacy crosswalk format 2
raw_variable,raw_value,canonical_column,canonical_value,note
q1,0..10,score,*,
q2,0,recommended_past_12m,false,
q2,1,recommended_past_12m,true,
region,*,segment_region,@label,
age,*,segment_age,*,
mail,*,segment_mail,*,
"""
REGIONS = {1: "North", 2: "South", 3: "Far East"}
# Of 40 in each region the n-th has recommended where n is below this.
RECOMMENDED = {1: 30, 2: 20, 3: 4}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return an SPSS file with labelled regions, ages and e-mail addresses, and its crosswalk."""
    folder = tmp_path_factory.mktemp("own")
    rows = [
        (10, float(n < RECOMMENDED[region]), region, 20 + n, f"a{region}.{n}@example.com")
        for region in REGIONS
        for n in range(40)
    ]
    answers = pd.DataFrame(rows, columns=["q1", "q2", "region", "age", "mail"])
    pyreadstat.write_sav(answers, folder / "own.sav", variable_value_labels={"region": REGIONS})
    (folder / "own.csv").write_text(CROSSWALK, encoding="utf-8")
    return folder / "own.sav", folder / "own.csv"


@pytest.fixture(scope="module")
def own(files: tuple[Path, Path]) -> Responses:
    return open_responses(*files)


def test_a_crossing_has_the_labels_and_the_rates_of_the_file(own: Responses) -> None:
    found = estimate(own, by=["segment_region"]).to_pandas()
    assert found.segment_region.tolist() == ["Far East", "North", "South"]
    assert found.estimate.tolist() == [4 / 40, 30 / 40, 20 / 40]


def test_levels_are_compared_and_modelled(own: Responses) -> None:
    pairs = compare(own, between="segment_region", reference="South").to_pandas()
    pairs = pairs[pairs.quantity == "difference"].set_index("segment_region")
    assert pairs.estimate.to_dict() == pytest.approx({"Far East": -0.4, "North": 0.25})
    model = regress(own, on=["segment_region"]).to_pandas()
    ratios = model[model.quantity == "odds_ratio"].set_index("level").estimate
    # Odds of 3 and of 1, held against those of 1 in 9.
    assert ratios.to_dict() == pytest.approx({"North": 27.0, "South": 9.0})
    assert set(curve(own, by=["segment_region"], fits=["direct"]).by) == {
        "segment_region",
        "score",
    }


@pytest.mark.parametrize(
    ("where", "n", "hits"),
    [
        ("segment_region = 'Far East'", 40, 4),
        ("segment_region != 'Far East'", 80, 50),
        # Ages are texts in the responses, and have an order all the same: 20 to 59, by tens.
        ("segment_age >= 30", 90, 30),
        ("segment_age between 20 and 29", 30, 24),
        ("segment_age < 100 and segment_region in (North)", 40, 30),
        ("segment_age = 20", 3, 3),
    ],
)
def test_conditions_name_them(own: Responses, where: str, n: int, hits: int) -> None:
    row = estimate(own, where=where).to_pandas().iloc[0]
    assert (row.n, row.n_numerator) == (n, hits)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("segment_region > 3", "No value of segment_region is a number"),
        ("segment_region = West", "No rating has 'West'"),
        ("segment_age >= old", "'old' is no value of segment_age"),
        ("Segment_Region = North", "is no column"),
    ],
)
def test_values_that_they_do_not_have_are_refused(own: Responses, where: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        estimate(own, where=where)


def test_one_that_the_crosswalk_does_not_keep_is_missing_by_name(own: Responses) -> None:
    with pytest.raises(MissingColumnError, match="segment_colour"):
        estimate(own, by=["segment_colour"])
    with pytest.raises(UsageError, match="'region' is no segment"):
        estimate(own, by=["region"])


@pytest.mark.parametrize("name", ["segment_", "segment_Region", "segment_a b", "segment_1"])
def test_a_name_that_no_program_writes_plainly_is_refused(
    files: tuple[Path, Path], tmp_path: Path, name: str
) -> None:
    crosswalk = tmp_path / "crosswalk.csv"
    crosswalk.write_text(CROSSWALK.replace("segment_region", name), encoding="utf-8")
    with pytest.raises(CrosswalkError, match="There is no canonical column"):
        open_responses(files[0], crosswalk)


def test_disclosure_control_withholds_their_small_levels(own: Responses) -> None:
    tables = [estimate(own, by=["segment_region"])]
    (reasons,) = decide(tables, DisclosureRules(smallest_n=10, smallest_count=5).own_file())
    # 4 of the Far East recommended; a further row is withheld only if a total gives it away.
    assert reasons[0] == "small_numerator"
