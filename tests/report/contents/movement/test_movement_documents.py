"""Documents of net scores, movements and changes: which tables they have, and what these say."""

from __future__ import annotations

from functools import cache

import pytest
from tests.reference.against_r import opened

from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.movement.change import change
from advocacy.estimation.movement.net import net_scores
from advocacy.estimation.movement.track import track
from advocacy.report.document import Heading, Note, Table
from advocacy.report.results import document

NAME = "movement_mix_srs"


@cache
def made(kind: str) -> Comparison:
    if kind == "net":
        return net_scores(opened(NAME), by=["sector"])
    if kind == "track":
        return track(opened(NAME), by=["wave"], measures=["nps", "mean_score"], mix=["sector"])
    return change(opened(NAME), treated="sector = B2B", at="w4")


def tables(kind: str) -> list[Table]:
    return [block for block in document(made(kind)).blocks if isinstance(block, Table)]


def headings(table: Table) -> list[str]:
    return [column.heading for column in table.columns]


@pytest.mark.parametrize("kind", ["net", "track"])
def test_every_table_of_values_has_three_bases(kind: str) -> None:
    wanted = {"n", "by weight", "effective n"}
    with_base = [table for table in tables(kind) if "n" in headings(table)]
    assert with_base
    assert all(wanted <= set(headings(table)) for table in with_base if len(table.rows[0]) > 5)


def test_measures_stand_beside_each_other_in_noise_per_signal() -> None:
    first = tables("track")[0]
    assert headings(first) == [
        "measure",
        "p",
        "noise",
        "signal",
        "noise per signal",
        first.columns[-1].heading,
    ]
    assert [row[0].text for row in first.rows] == ["Net promoter score", "Mean score"]


def test_a_movement_has_beside_it_what_could_be_seen_and_how_often_noise_does_it() -> None:
    second = tables("track")[1]
    assert headings(second)[-4:] == ["moved by", "could see", "by noise (p)", "so it"]
    assert [row[0].text for row in second.rows] == ["w1", "w2", "w3", "w4", "w5"]
    assert second.rows[0][-1].text == ""
    assert all(row[-1].text for row in second.rows[1:])


def test_a_score_of_ten_has_two_decimals_and_a_net_score_one() -> None:
    of_nps, of_mean = tables("track")[1], tables("track")[3]
    assert len(of_nps.rows[1][-4].text.split(".")[1]) == 1
    assert len(of_mean.rows[1][-4].text.split(".")[1]) == 2


def test_a_change_says_first_who_had_it_and_why_there_is_no_test() -> None:
    blocks = document(made("change")).blocks
    assert any(isinstance(block, Heading) for block in blocks)
    assert [row[0].text for row in tables("change")[0].rows] == [
        *["had the change"] * 2,
        *["had it not"] * 2,
    ]
    notes = " ".join(block.text for block in blocks if isinstance(block, Note))
    assert "so few cannot be told from it" in notes
