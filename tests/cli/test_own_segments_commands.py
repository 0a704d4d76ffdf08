"""Segments of a file's own, from the crosswalk through the import to each command."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from outcome import Command

from advocacy.responses import open_responses

CROSSWALK = """# advocacy crosswalk format 2
raw_variable,raw_value,canonical_column,canonical_value,note
id,*,rating_id,*,
q1,0..10,score,*,
q2,0,recommended_past_12m,false,
q2,1,recommended_past_12m,true,
region,1,segment_sales_region,North,
region,2,segment_sales_region,Far East,
mail,*,segment_mail,*,
"""


@pytest.fixture
def dataset(command: Command, tmp_path: Path) -> Path:
    rows = [f"{n},10,{int(n % 4 > n % 2)},{1 + n % 2},a{n}@example.com" for n in range(80)]
    answers, crosswalk = tmp_path / "own.csv", tmp_path / "crosswalk.csv"
    answers.write_text("\n".join(["id,q1,q2,region,mail", *rows]), encoding="utf-8")
    crosswalk.write_text(CROSSWALK, encoding="utf-8")
    made = command("import", answers, "--crosswalk", crosswalk, "-o", tmp_path / "data")
    assert made.code == 0, made.err
    assert "Left out mail" in made.err + made.out
    return tmp_path / "data"


def test_an_import_keeps_them_and_leaves_out_those_that_name_people(dataset: Path) -> None:
    own = [name for name in open_responses(dataset).columns if name.startswith("segment_")]
    assert own == ["segment_sales_region"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("estimate", "--by", "segment_sales_region"),
        ("compare", "--between", "segment_sales_region"),
        ("compare", "--between", "segment_sales_region", "--against", "total"),
        ("curve", "--by", "segment_sales_region", "--fit", "direct"),
        ("regress", "--on", "segment_sales_region"),
        ("distribution", "--by", "segment_sales_region", "--round", "0"),
        ("net", "--by", "segment_sales_region"),
        ("stated-likelihood", "--by", "segment_sales_region"),
        ("ladder", "--by", "segment_sales_region"),
        ("robustness", "--by", "segment_sales_region"),
        ("estimate", "--where", "segment_sales_region = 'Far East'"),
    ],
    ids=" ".join,
)
def test_each_command_takes_them_and_shows_their_labels(
    command: Command, dataset: Path, arguments: tuple[str, ...]
) -> None:
    name, *rest = arguments
    found = command(name, dataset, *rest)
    assert found.code == 0, found.err
    assert "Far East" in " ".join(found.out.split())


def test_the_rest_is_of_a_segment(command: Command, dataset: Path) -> None:
    found = command("compare", dataset, "--against", "rest")
    assert found.code == 2
    assert "--against does not say what is compared" in found.err
    both = ("--between", "segment_sales_region", "--against", "rest", "--reference", "North")
    found = command("compare", dataset, *both)
    assert found.code == 2
    assert "--reference cannot be used with --against" in found.err


@pytest.fixture
def without_answers(tmp_path: Path) -> Path:
    """Ratings of four regions: nobody of Far East answers, and nobody of West scores 10."""
    regions = ["North", "South", "Far East", "West"]
    rows = [
        {
            "score": (10, 9, 3)[n // 4 % 3] if regions[n % 4] != "West" else 5,
            "recommended_past_12m": None if regions[n % 4] == "Far East" else n // 8 % 2,
            "discouraged_past_12m": n // 16 % 2,
            "sector": ("B2B", "B2C")[n // 12 % 2],
            "ease": 1 + n % 7,
            "interviewed_on": date(2024 + n % 2, 1 + n % 11, 5),
            "segment_region": regions[n % 4],
        }
        for n in range(480)
    ]
    pd.DataFrame(rows).to_parquet(tmp_path / "regions.parquet", index=False)
    return tmp_path / "regions.parquet"


BOTH, ONE = "region Far East, West.", "region Far East."


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("estimate", "--by", "segment_region"), BOTH),
        (("compare", "--between", "segment_region"), BOTH),
        (("compare", "--between", "sector", "--by", "segment_region"), BOTH),
        (("compare", "--between", "segment_region", "--against", "rest"), BOTH),
        (("compare", "--between", "segment_region", "--standardise", "sector"), BOTH),
        (("compare", "--by", "segment_region", "--equivalence", "5"), BOTH),
        (("compare", "--by", "segment_region"), ONE),
        (("curve", "--by", "segment_region", "--fit", "direct"), ONE),
        (("stated-likelihood", "--by", "segment_region"), ONE),
        (("ladder", "--by", "segment_region"), BOTH),
        (("robustness", "--by", "segment_region"), BOTH),
        (("net", "--by", "segment_region"), f"base of earned_advocacy, and so no row: {ONE}"),
        (("regress", "--on", "segment_region"), BOTH),
        (("regress", "--on", "segment_region*ease"), BOTH),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_each_command_names_the_levels_that_drop_out(
    command: Command, without_answers: Path, arguments: tuple[str, ...], named: str
) -> None:
    name, *rest = arguments
    found = command(name, without_answers, *rest)
    assert found.code == 0, found.err
    lines = [line for line in found.err.splitlines() if line.startswith("No rating in the base")]
    assert len([line for line in lines if line.endswith(named)]) == 1, found.err


def test_nothing_is_said_where_all_levels_have_a_base(
    command: Command, without_answers: Path
) -> None:
    found = command("estimate", without_answers, "--by", "sector")
    assert "No rating" not in found.err
