"""The protocol: the tables it asks for; what is needed and is not there is said by name."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

import pytest

from advocacy.errors import UsageError
from advocacy.study.protocol import read_protocol

CELLS = '    ["sector", "industry", "country"],\n'
MODEL = "the multilevel model"


@pytest.mark.parametrize(
    ("old", "new", "task", "name", "by", "section"),
    [
        (CELLS, "", "pool", "sector_industry_country", MODEL, "rates"),
        (CELLS, "", "report", "sector_industry_country", "the figure cells", "rates"),
        ('    ["industry"],\n', "", "report", "industry", "the page pooled-places", "rates"),
        ('    ["year"],\n', "", "report", "year", "the figure years", "rates"),
        ("    [],\n", "", "report", "overall", "the figure targets", "rates"),
        ('    ["score"],\n', "", "report", "score", "the page truth-score", "rates"),
        ('[curve_tests]\ncrossings = [[], ["sector"]', '[curve_tests]\ncrossings = [[]', "report",
         "curve_tests_sector", "the page curve_tests", "curve_tests"),
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


@pytest.mark.parametrize(
    ("name", "kind", "options"),
    [
        ("sector_score", "rates", {"by": ("sector", "score"), "interval": "korn_graubard"}),
        ("these_programmes:overall", "rates", {"by": ()}),
        ("pairs_country", "pairs", {"between": "country", "adjust": "holm", "conf_level": 0.95}),
        ("lift_sector", "lift", {"by": ("sector",)}),
        ("standardisation_sector", "standardisation", {"mix": ("industry", "country")}),
        ("equivalence", "equivalence", {"margin": 0.05, "conf_level": 0.90}),
        ("curve_tests_country", "curve_tests", {"by": ("country",)}),
    ],
)
def test_a_table_has_its_kind_and_the_arguments_of_its_estimator(
    root: Path, name: str, kind: str, options: dict[str, object]
) -> None:
    protocol = read_protocol(root / "analysis" / "study.toml")
    table = protocol.tables[name]
    assert (table.name, table.kind) == (name, kind)
    assert options.items() <= table.options.items()
    assert table.estimates.name == table.published.name == f"{name.replace(':', '-')}.parquet"
    assert table.target == ("these_programmes" if ":" in name else "programmes_like_these")


def test_an_estimator_gets_no_argument_that_it_does_not_take(root: Path) -> None:
    tables = read_protocol(root / "analysis" / "study.toml").tables
    assert set(tables["curve"].options) == {"by", "estimand", "interval", "conf_level"}
    assert set(tables["curve_tests"].options) == {"by", "estimand", "conf_level"}
    assert "interval" not in tables["equivalence"].options
