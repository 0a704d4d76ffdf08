"""What every estimator begins with: looked up, refused in order, and one pass over the ratings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from advocacy.errors import DataError, MissingColumnError, UsageError
from advocacy.estimation.asked import ask
from advocacy.estimation.segments import SEGMENTS
from advocacy.responses import Responses, open_responses
from advocacy.survey import survey_design
from advocacy.survey.cells.statement import Ratio

RATINGS = """sector,country,score,recommended_past_12m,psu
B2B,NO,10,1,a
B2B,NO,10,0,b
B2B,SE,9,1,c
B2C,SE,10,1,d
B2C,,3,0,e
B2C,NO,10,,f
"""


def opened(folder: Path, text: str = RATINGS) -> Responses:
    path = folder / "ratings.csv"
    path.write_text(text, encoding="utf-8")
    return open_responses(path)


@pytest.mark.parametrize(
    ("estimand", "arguments", "intent"),
    [
        ("recommended_past_12m", {"intent": "9,10"}, "scores_9_10"),
        ("recommended_past_12m", {"intent": "promoters", "by": ["sector"]}, "promoters"),
        ("recommended_past_12m", {"intent": "promoters", "by": ["score_band"]}, None),
        ("recommended_past_12m", {}, None),
        ("nps", {"intent": "promoters"}, None),
        ("intent_share", {"intent": "promoters"}, "promoters"),
    ],
)
def test_the_intent_is_named_where_it_matters(
    tmp_path: Path, estimand: str, arguments: dict[str, Any], intent: str | None
) -> None:
    asked = ask(opened(tmp_path), estimand, **arguments)
    assert asked.labels()["intent"] == intent
    assert asked.labels()["estimand"] == estimand


def test_labels_follow_a_replaced_design(tmp_path: Path) -> None:
    responses = opened(tmp_path)
    asked = ask(responses, "nps")
    these = replace(asked, design=survey_design(responses, "these_programmes"))
    assert (asked.labels()["target"], these.labels()["target"]) == ("as_given", "these_programmes")
    assert {asked.labels()[name] for name in ("rung", "quantity", "method", "source_kind")} == {
        "intent",
        "balance",
        "linearization",
        "collected",
    }


@pytest.mark.parametrize(
    ("arguments", "n", "hits"),
    [
        ({"intent": "score_10"}, 3, 2),
        ({"intent": "promoters"}, 4, 3),
        ({}, 5, 3),
        ({"intent": "score_10", "by": ["score"]}, 5, 3),
        # A rating that lacks a segment is in the cells, without a name.
        ({"intent": "promoters", "by": ["sector", "country"]}, 4, 3),
    ],
)
def test_cells_hold_the_base_that_was_asked_for(
    tmp_path: Path, arguments: dict[str, Any], n: int, hits: int
) -> None:
    asked = ask(opened(tmp_path), "recommended_past_12m", **arguments)
    cells = asked.cells(asked.domains)
    assert (cells.n.sum(), cells.hits.sum()) == (n, hits)
    assert cells.domains.column_names == list(arguments.get("by", []))


def test_cells_by_more_domains_and_of_another_ratio(tmp_path: Path) -> None:
    asked = ask(opened(tmp_path), "recommended_past_12m", intent="promoters", by=["sector"])
    among = Ratio("CASE WHEN country = 'NO' THEN 1 ELSE 0 END", "1")
    cells = asked.cells([*asked.domains, SEGMENTS["country"].domain], ratio=among)
    assert cells.domains.column_names == ["sector", "country"]
    assert (cells.n.sum(), cells.hits.sum()) == (6, 3)


def test_too_many_cells_are_refused(tmp_path: Path) -> None:
    asked = ask(opened(tmp_path), "recommended_past_12m", by=["sector"])
    with pytest.raises(UsageError, match="cells"):
        asked.cells(asked.domains, most_cells=2)


def test_an_empty_base_is_refused_by_the_pass(tmp_path: Path) -> None:
    asked = ask(opened(tmp_path), "recommended_past_12m", intent="7")
    with pytest.raises(DataError, match="No rating is in the base of recommended_past_12m"):
        asked.cells(asked.domains)


@pytest.mark.parametrize(
    ("estimand", "arguments", "kind", "message"),
    [
        ("none", {"by": ["none"]}, UsageError, "'none' is no estimand"),
        ("nps", {"by": ["none"]}, UsageError, "'none' is no segment"),
        ("nps", {"by": ["sector", "sector"]}, UsageError, "named twice"),
        ("nps", {"by": ["score"], "intent": "12"}, UsageError, "cannot be crossed with the score"),
        ("nps", {"by": ["wave"], "intent": "12"}, UsageError, "'12' is no intent set"),
        ("recommended_past_12m", {"by": ["score"], "intent": "12"}, UsageError, "no intent set"),
        ("verified_past_12m", {"by": ["wave"]}, MissingColumnError, "estimand verified_past_12m"),
        ("nps", {"by": ["wave"]}, MissingColumnError, "segment wave needs the column wave"),
    ],
)
def test_refusals_in_their_order(
    tmp_path: Path, estimand: str, arguments: dict[str, Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        ask(opened(tmp_path), estimand, **arguments)


def test_names_are_refused_before_the_values_are_read(tmp_path: Path) -> None:
    responses = opened(tmp_path, RATINGS + "B2B,NO,11,1,g\n")
    with pytest.raises(UsageError, match="no intent set"):
        ask(responses, "nps", intent="12")
    with pytest.raises(DataError, match="11"):
        ask(responses, "nps", intent="score_10")
