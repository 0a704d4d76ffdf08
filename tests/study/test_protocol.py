"""The protocol: what is needed of it and is not there is said by name."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

import pytest

from advocacy.errors import UsageError

CELLS = '    ["sector", "industry", "country"],\n'
MODEL = "the multilevel model"


@pytest.mark.parametrize(
    ("old", "new", "task", "name", "by", "section"),
    [
        (CELLS, "", "pool", "sector_industry_country", MODEL, "segments"),
        (CELLS, "", "report_pooled", "sector_industry_country", MODEL, "segments"),
        (CELLS, "", "report", "sector_industry_country", "the figure cells", "segments"),
        ('    ["industry"],\n', "", "report_pooled", "industry", MODEL, "segments"),
        ('    ["year"],\n', "", "report", "year", "the figure years", "segments"),
        ("    [],\n", "", "report", "overall", "the figure targets", "segments"),
        ('    ["score"],\n', "", "book", "score", "the chapter truth", "segments"),
        ('[curve]\ncrossings = [[], ["sector"]', '[curve]\ncrossings = [[]', "report",
         "curve_tests_sector", "the table of curves' tests", "curve"),
        ('between = ["sector", "industry"', 'between = ["sector"', "report",
         "pairs_industry", "the figure pairs_industry", "pairs"),
    ],
)  # fmt: skip
def test_a_table_that_is_not_asked_for_is_named_with_who_needs_it(
    root: Path, tmp_path: Path, old: str, new: str, task: str, name: str, by: str, section: str
) -> None:
    shutil.copytree(root / "analysis", tmp_path / "analysis")
    protocol = tmp_path / "analysis" / "study.toml"
    text = protocol.read_text(encoding="utf-8")
    assert text.count(old) == 1
    protocol.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(UsageError) as error:
        runpy.run_path(str(tmp_path / "analysis" / f"task_{task}.py"))
    assert error.value.what == f"The protocol asks for no table {name}, which {by} needs."
    assert error.value.where == str(protocol)
    assert f"in [{section}] again, or take {by} out" in error.value.remedy
