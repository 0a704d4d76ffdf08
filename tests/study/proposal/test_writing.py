"""A protocol asks for what the data have, reads back, and explains itself by numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from advocacy.study.proposal.choices import Choices, choose
from advocacy.study.proposal.holdings import Holdings, Level
from advocacy.study.proposal.writing import protocol_text
from advocacy.study.protocol import Protocol, read_protocol

SCORES = {str(score): Level(40, 3) for score in range(11)}
BANDS = {"0-6": Level(280, 3), "7-8": Level(80, 3), "9": Level(40, 3), "10": Level(40, 3)}


def held(programmes: int, **levels: Mapping[str, Level]) -> Holdings:
    """Return holdings of programmes of as many suppliers, and of these segments."""
    return Holdings(
        programmes=programmes,
        suppliers=programmes,
        ratings=500,
        answered=440,
        base=123,
        levels={"score": SCORES, "score_band": BANDS, **levels},
        weighted=0,
        design=(),
        strata=0,
        repeated=0,
        respondents=0,
        estimands=("recommended_past_12m", "recommender_share", "nps"),
    )


def many(*names: str, suppliers: int = 3, ratings: int = 40) -> dict[str, Level]:
    return {name: Level(ratings, suppliers) for name in names}


def study(root: Path, holdings: Holdings, choices: Choices | None = None) -> tuple[Protocol, str]:
    text = protocol_text(choices or choose(holdings, "data/raw/mine"), holdings)
    path = root / "analysis" / "study.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    assert all(len(line) <= 100 for line in text.splitlines())
    return read_protocol(path), " ".join(text.replace("\n# ", " ").split())


def test_one_programme_with_a_score_and_an_answer(tmp_path: Path) -> None:
    protocol, text = study(tmp_path, held(1))
    assert protocol.targets == ("these_programmes",)
    assert protocol.sources == tmp_path / "data/raw/mine"
    assert set(protocol.tables) == {
        *("overall", "score", "score_band", "lift", "equivalence", "curve", "curve_tests"),
        *("recommender_share:overall", "nps:overall", "stated_likelihood"),
        # A trial then leaves out what these data do not carry.
        *("robustness", "misreport_score_band", "recall", "participation", "specifications"),
    }
    assert "Without [over_time]: nobody was followed up" in text
    assert protocol.pooling is None
    assert protocol.simulation is None
    assert protocol.disclosure["fewest_suppliers"] == 0
    assert protocol.disclosure["smallest_n"] == 10
    assert "123 of 500 ratings score 10" in text
    assert "1 programme: how programmes differ is not to be had from so few" in text
    assert "Without [pooling]: 1 programme; with fewer than 10" in text
    assert "Without [pairs]" in text
    assert "Without [standardisation]" in text


def test_twelve_programmes_with_all_that_pooling_needs(tmp_path: Path) -> None:
    holdings = held(
        12,
        sector=many("B2B", "B2C"),
        industry=many("C", "L") | many("K", suppliers=2),
        country=many("NO", "SE"),
        year=many("2025"),
    )
    protocol, text = study(tmp_path, holdings)
    assert protocol.targets == ("programmes_like_these", "these_programmes")
    assert protocol.pooling
    assert protocol.pooling.draws == 2000
    rates = {name for name, table in protocol.tables.items() if table.kind == "rates"}
    assert {"sector", "industry", "country", "sector_score", "sector_industry_country"} <= rates
    assert not any("year" in name for name in rates)
    assert protocol.tables["standardisation_sector"].options["mix"] == ("industry", "country")
    assert protocol.disclosure["fewest_suppliers"] == 3
    assert "12 programmes: programmes like these can be estimated" in text
    assert "11 degrees of freedom" in text
    assert "By industry there are 3 levels, 2 with 10 ratings or more of 3 suppliers" in text
    assert "By year there is one level, so that there is nothing to compare" in text


@pytest.mark.parametrize(
    ("change", "absent", "said"),
    [
        ({"sector": {}}, {"sector", "sector_score"}, "Nothing is known of the sector"),
        ({"country": many("NO")}, {"country", "pairs_country"}, "By country there is one level"),
        (
            {"country": many("NO", "SE", suppliers=2)},
            {"country", "pairs_country", "curve_country"},
            "By country there are 2 levels, none with 10 ratings or more of 3 suppliers",
        ),
        (
            {"country": many("NO") | many("SE", ratings=9)},
            {"country", "equivalence_country"},
            "By country there are 2 levels, 1 with 10 ratings or more",
        ),
        (
            {"score": many("9", "10"), "score_band": many("9", "10")},
            {"lift", "lift_sector", "curve", "curve_tests"},
            "it needs answers on recommending below score 9; there are 0 at 0-6, 0 at 7-8",
        ),
        (
            {"score": SCORES | many("0", ratings=4)},
            {"curve_tests", "curve_tests_sector"},
            "scores that have too few ratings to be shown: 0.",
        ),
    ],
)
def test_what_is_not_there_is_not_asked_for(
    tmp_path: Path, change: Mapping[str, Mapping[str, Level]], absent: set[str], said: str
) -> None:
    whole = {
        "sector": many("B2B", "B2C"),
        "industry": many("C", "L"),
        "country": many("NO", "SE"),
        "year": many("2024", "2025"),
    }
    everything, _ = study(tmp_path, held(12, **whole))
    assert absent <= set(everything.tables)
    protocol, text = study(tmp_path, held(12, **(whole | change)))
    assert not absent & set(protocol.tables)
    assert said in text


@pytest.mark.parametrize(
    ("programmes", "targets", "pooled"),
    [(2, 1, False), (3, 2, False), (9, 2, False), (10, 2, True)],
)
def test_how_many_programmes_allow_what(
    tmp_path: Path, programmes: int, targets: int, pooled: bool
) -> None:
    segments = {"sector": many("B2B", "B2C"), "industry": many("C"), "country": many("NO")}
    protocol, _ = study(tmp_path, held(programmes, **segments))
    assert (len(protocol.targets), bool(protocol.pooling)) == (targets, pooled)


def test_pooling_without_a_sector_is_off_and_says_where_to_write_it(tmp_path: Path) -> None:
    protocol, text = study(tmp_path, held(12, country=many("NO", "SE")))
    assert protocol.pooling is None
    assert "no file has the sector or the industry: fill in study-programmes.csv" in text


def test_two_suppliers_are_kept_from_each_other(tmp_path: Path) -> None:
    protocol, text = study(tmp_path, held(2))
    assert protocol.disclosure["fewest_suppliers"] == 3
    assert "2 suppliers: all rates will be withheld" in text


def test_what_an_estimator_refuses_is_left_out_with_its_reason(tmp_path: Path) -> None:
    holdings = held(12, sector=many("B2B", "B2C"), industry=many("C", "L"), country=many("NO"))
    refused = {
        ("standardisation", ("sector",)): "No industry has both sectors.",
        ("rates", ("sector", "industry", "country")): "Too many.",
        ("estimands", ("nps",)): "No score.",
        ("targets", ("these_programmes",)): "One respondent.",
    }
    choices = choose(holdings, "data/raw/mine").without(refused)
    protocol, text = study(tmp_path, holdings, choices)
    assert not any(name.startswith(("standardisation", "nps:")) for name in protocol.tables)
    assert protocol.pooling is None
    assert protocol.targets == ("programmes_like_these",)
    assert "sector, since: No industry has both sectors." in text


def test_the_numbers_of_design_and_weights_are_said(tmp_path: Path) -> None:
    holdings = replace(
        held(4), weighted=3, design=("weight", "stratum", "psu"), strata=9, respondents=400
    )
    choices = choose(holdings, "data/raw/mine").with_lonely("adjust", "One stratum has one PSU.")
    protocol, text = study(tmp_path, holdings, choices)
    assert protocol.lonely_psu == "adjust"
    assert "3 of 4 programmes have weights" in text
    assert "Of the sample design the data have stratum, psu, 9 strata within programmes" in text
    assert "One stratum has one PSU." in text
    assert "Of 400 respondents, 0 have several ratings" in text
