"""The protocol: the tables it asks for; what is needed and is not there is said by name."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

import pytest

from advocacy.errors import UsageError
from advocacy.study.protocol import OF_ROBUSTNESS, read_protocol


def changed(root: Path, tmp_path: Path, *changes: tuple[str, str]) -> Path:
    """Write the published protocol with changes, and return it."""
    text = (root / "analysis" / "study.toml").read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    protocol = tmp_path / "analysis" / "study.toml"
    protocol.parent.mkdir(exist_ok=True)
    protocol.write_text(text, encoding="utf-8")
    return protocol


def section(root: Path, name: str) -> str:
    """Return a section of the published protocol."""
    text = (root / "analysis" / "study.toml").read_text(encoding="utf-8")
    start = text.index(f"[{name}]\n")
    end = text.find("\n[", start)
    return text[start : end if end > 0 else None]


@pytest.mark.parametrize(
    "kind",
    [
        *("pairs", "lift", "standardisation", "equivalence", "curve", "curve_tests", "pooling"),
        *("ladder", "stated_likelihood", "over_time", "attrition"),
    ],
)
def test_a_section_may_be_left_out(root: Path, tmp_path: Path, kind: str) -> None:
    whole = read_protocol(root / "analysis" / "study.toml")
    shutil.copytree(root / "analysis", tmp_path / "analysis")
    study = read_protocol(changed(root, tmp_path, (section(root, kind), "")))
    kinds = {table.kind for table in whole.tables.values()}
    assert {table.kind for table in study.tables.values()} == kinds - {kind}
    assert (study.pooling is None) is (kind == "pooling")
    for task in ("estimate", "disclose", "pool", "report"):
        runpy.run_path(str(tmp_path / "analysis" / f"task_{task}.py"))


def test_data_of_ones_own_are_not_simulated(root: Path, tmp_path: Path) -> None:
    folder = ('folder = "data/raw/simulated"', 'folder = "data/raw/mine"')
    study = read_protocol(changed(root, tmp_path, folder))
    assert study.simulation is None
    assert read_protocol(root / "analysis" / "study.toml").simulation is not None


def test_further_estimands_have_rates_without_the_score(root: Path) -> None:
    tables = read_protocol(root / "analysis" / "study.toml").tables
    further = {name: table for name, table in tables.items() if name.startswith("nps:")}
    assert set(further) == {
        "nps:overall", "nps:sector", "nps:industry", "nps:country", "nps:year"
    }  # fmt: skip
    for table in further.values():
        assert table.kind == "rates"
        assert table.target == "programmes_like_these"
        assert "interval" not in table.options  # Korn-Graubard's is for proportions
    assert tables["recommender_share:sector"].options["interval"] == "korn_graubard"


@pytest.mark.parametrize(
    ("change", "said", "line"),
    [
        (
            ('estimands = ["recommended_past_12m", "rec', 'estimands = ["mean_score", "rec'),
            "The chapters are about recommended_past_12m, and the first estimand is mean_score.",
            'estimands = ["recommended_past_12m", "mean_score", "recommender_share", "nps", '
            '"converted_within_12m"]',
        ),
        (
            ('    ["sector", "industry", "country"],\n', ""),
            "The multilevel model stands beside the rates by sector, industry and country",
            '["sector", "industry", "country"]] in [rates]',
        ),
    ],
)
def test_a_contradiction_is_refused(
    root: Path, tmp_path: Path, change: tuple[str, str], said: str, line: str
) -> None:
    with pytest.raises(UsageError) as error:
        read_protocol(changed(root, tmp_path, change))
    assert said in error.value.what
    assert line in error.value.remedy


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


def test_tables_that_share_passes_are_together_the_finest_first(root: Path) -> None:
    study = read_protocol(root / "analysis" / "study.toml")
    together = study.together
    assert set(together) == {
        "recommended_past_12m, programmes_like_these",
        "recommended_past_12m, these_programmes",
        "ladder, programmes_like_these",
        "converted_within_12m, programmes_like_these",
        "recommender_share, programmes_like_these",
        "nps, programmes_like_these",
        *(f"{kind}, programmes_like_these" for kind in OF_ROBUSTNESS),
    }
    assert sorted(table.name for own in together.values() for table in own) == sorted(study.tables)
    first = [table.name for table in together["recommended_past_12m, programmes_like_these"]]
    assert set(first[:2]) == {"sector_industry_country", "standardisation_sector"}
    assert first.index("sector_score") < first.index("score") < first.index("overall")


def test_a_section_is_about_what_it_names_or_else_what_its_estimator_is_about(root: Path) -> None:
    tables = read_protocol(root / "analysis" / "study.toml").tables
    asked = {
        name: table.options.get("estimand")
        for name, table in tables.items()
        if table.kind in ("ladder", "stated_likelihood", "over_time", "attrition") and not table.by
    }
    assert asked == {
        "ladder": None,
        "stated_likelihood": "recommended_past_12m",
        "converted_within_12m:stated_likelihood": "converted_within_12m",
        "over_time": "converted_within_12m",
        "attrition": "converted_within_12m",
    }


def test_what_a_section_is_about_has_to_be_an_estimand(root: Path, tmp_path: Path) -> None:
    wrong = ("[over_time]\n", '[over_time]\nestimands = ["converted"]\n')
    with pytest.raises(UsageError, match="'converted' is no estimand"):
        read_protocol(changed(root, tmp_path, wrong))
