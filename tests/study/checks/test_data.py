"""What a protocol asks and data do not have: named with line and remedy before an estimate."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from advocacy.errors import AdvocacyError
from advocacy.responses import Responses, open_responses
from advocacy.study.checks.data import allowed, lacking
from advocacy.study.checks.lines import read_text

PROTOCOL = """\
[estimation]
estimands = ["recommended_past_12m", "nps"]
targets = ["programmes_like_these", "these_programmes"]

[rates]
crossings = [
    [],
    ["score"],
    ["year"],
    ["sector"],
    ["country", "year"],
]
finer = [["wave", "score"]]

[pairs]
between = ["sector", "country"]

[lift]
crossings = [["country"]]

[standardisation]
between = ["sector"]
mix = ["country", "channel"]

[pooling]
draws = 10
"""
# Three programmes in two sectors and three countries, and no date, wave, channel or industry.
ROWS = """\
programme,sector,country,score,recommended_past_12m
a,B2B,NO,10,true
a,B2B,NO,9,false
b,B2C,SE,10,false
c,B2C,DK,3,false
"""


def problems(
    folder: Path, protocol: str = PROTOCOL, rows: str = ROWS
) -> list[tuple[str, AdvocacyError]]:
    """Return what is lacking, with its lines."""
    path = folder / "study.toml"
    path.write_text(protocol, encoding="utf-8")
    found = lacking(read_text(path), opened(folder, rows))
    return [(problem.where.removeprefix(f"{path}, "), problem) for problem in found]


def opened(folder: Path, rows: str) -> Responses:
    (folder / "answers.csv").write_text(rows, encoding="utf-8")
    return open_responses(folder / "answers.csv")


def without(*names: str) -> str:
    """Return the rows without some columns."""
    table = [line.split(",") for line in ROWS.splitlines()]
    keep = [i for i, name in enumerate(table[0]) if name not in names]
    return "".join(",".join(line[i] for i in keep) + "\n" for line in table)


def test_segments_that_no_source_has_are_named_for_each_entry_that_asks(tmp_path: Path) -> None:
    found = problems(tmp_path)
    assert [(lines, error.what.split(",")[0]) for lines, error in found] == [
        ("lines 9, 11", "crossings of [rates] names year"),
        ("line 13", "finer of [rates] names wave"),
        ("line 23", "mix of [standardisation] names channel"),
        ("line 25", "The multilevel model of [pooling] needs industry"),
    ]
    crossings, finer, mix, pooling = (error for _, error in found)
    assert "the column interviewed_on is not there" in crossings.what
    assert crossings.remedy.startswith('Write crossings = [[], ["score"], ["sector"]]. ')
    assert crossings.remedy.endswith(
        "there: score, score_band, sector, country, programme."
    )  # fmt: skip
    assert finer.remedy.startswith("Write finer = []. ")
    assert mix.remedy.startswith('Write mix = ["country"]. ')
    assert pooling.remedy == "Take [pooling] out, with all below it."


def test_what_is_written_as_the_remedies_say_lacks_nothing(tmp_path: Path) -> None:
    mended = tomllib.loads(PROTOCOL)
    for _, error in problems(tmp_path):
        if error.remedy.startswith("Take ["):
            section = error.remedy.split("[")[1].split("]")[0]
            del mended[section]
        else:
            entry = tomllib.loads(error.remedy.removeprefix("Write ").split(". ")[0])
            section = error.what.split("[")[1].split("]")[0]
            mended[section] |= entry
    text = "".join(
        f"[{section}]\n" + "".join(f"{name} = {own!r}\n" for name, own in content.items())
        for section, content in mended.items()
    )
    assert problems(tmp_path, text) == []


def test_one_programme_allows_one_target_and_no_pooling(tmp_path: Path) -> None:
    found = problems(tmp_path, rows=without("programme"))
    target = dict(found)["line 3"]
    assert target.what == (
        "The target programmes_like_these needs two programmes, and the data have one."
    )
    assert target.remedy == 'Write targets = ["these_programmes"].'
    assert "needs 3 programmes, and the data have 1" in dict(found)["line 25"].what


def test_columns_of_estimands_that_are_absent_or_empty_are_named(tmp_path: Path) -> None:
    for rows in (
        without("recommended_past_12m"),
        ROWS.replace("true", "").replace("false", ""),
    ):
        estimand = dict(problems(tmp_path, rows=rows))["line 2"]
        assert estimand.what == (
            "The estimand recommended_past_12m needs the column recommended_past_12m, which no "
            "source has."
        )
        assert "The data have columns for: intent_share, nps, mean_score." in estimand.remedy
    other = PROTOCOL.replace('"nps"', '"verified_past_12m"')
    estimand = dict(problems(tmp_path, other))["line 2"]
    assert estimand.remedy.startswith('Write estimands = ["recommended_past_12m"]. Or map')


def test_levels_that_cannot_be_compared_are_counted(tmp_path: Path) -> None:
    found = problems(tmp_path, rows=ROWS.replace("B2C", "B2B"))
    pairs, standardisation = (
        error for _, error in found if "compares the levels of sector" in error.what
    )
    assert "has one level in the data and needs two or more" in pairs.what
    assert pairs.remedy == 'Write between = ["country"].'
    assert standardisation.remedy == "Take [standardisation] out, with all below it."
    many = PROTOCOL.replace('between = ["sector"]', 'between = ["country"]')
    (country,) = [e for _, e in problems(tmp_path, many) if "compares the levels of" in e.what]
    assert "has 3 levels in the data and needs two." in country.what


@pytest.mark.parametrize("absent", ["sector", "country"])
def test_a_section_of_which_nothing_is_left_goes(tmp_path: Path, absent: str) -> None:
    found = problems(tmp_path, rows=without(absent))
    (lift,) = [e.remedy for _, e in found if "[lift]" in e.what] or ["Take [lift] out"]
    assert lift.startswith("Take [lift] out")
    assert not [e for _, e in found if e.what.startswith("[") and f"of {absent}," in e.what]


def test_what_data_allow_is_listed(tmp_path: Path) -> None:
    found = allowed(opened(tmp_path, ROWS))
    assert found["segments"] == ["score", "score_band", "sector", "country", "programme"]
    assert found["targets"] == ["these_programmes", "programmes_like_these", "as_given"]
    assert {"recommended_past_12m", "nps"} <= set(found["estimands"])
    assert "verified_past_12m" not in found["estimands"]
