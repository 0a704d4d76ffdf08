"""Sets of scores that follow from others, by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from ratings import opened

from advocacy.estimation import estimate
from advocacy.estimation.disclosure.disclosure import decide
from advocacy.estimation.disclosure.rules import DisclosureRules
from advocacy.estimation.disclosure.score_sets import indicator, sets_that_follow, weights_of
from advocacy.estimation.estimands import ESTIMANDS
from advocacy.responses import Responses

RULES = DisclosureRules().own_file()
EVERY = indicator(frozenset(range(11)))
DETRACTORS, PASSIVES = frozenset(range(7)), frozenset({7, 8})


def ratings(folder: Path, **countries: dict[int, int]) -> Responses:
    """Return so many ratings of each score by country; every other one with a yes."""
    rows = [
        {"country": country, "score": score, "recommended_past_12m": bool(place % 2)}
        for country, scores in countries.items()
        for score, n in scores.items()
        for place in range(n)
    ]
    return opened(pd.DataFrame(rows).assign(source_kind="simulated"), folder)


def test_what_a_score_counts_is_read_from_its_sql() -> None:
    assert weights_of(ESTIMANDS["nps"]) == (-1, -1, -1, -1, -1, -1, -1, 0, 0, 1, 1)
    assert weights_of(ESTIMANDS["mean_score"]) == tuple(range(11))
    assert weights_of(ESTIMANDS["earned_advocacy"]) is None
    assert weights_of(ESTIMANDS["intent_share"]) is None


def test_promoters_and_the_net_promoter_score_give_detractors_and_passives() -> None:
    promoters, score = indicator(frozenset({9, 10})), weights_of(ESTIMANDS["nps"])
    assert score is not None
    found = dict(sets_that_follow((EVERY, promoters, score)))
    assert set(found) == {frozenset({9, 10}), PASSIVES, DETRACTORS}
    # Detractors are promoters less the balance.
    assert found[DETRACTORS] == (0, 1, -1)
    assert found[PASSIVES] == (1, -2, 1)


def test_three_sets_that_overlap_give_what_they_share() -> None:
    sets = [indicator(frozenset(own)) for own in ({8, 9, 10}, {7, 8}, {7, 8, 9, 10})]
    found = dict(sets_that_follow(tuple(sets)))
    assert found[frozenset({8})] == (1, 1, -1)


FEW_DETRACTORS = {5: 2, 7: 20, 8: 20, 9: 28, 10: 30}
USUAL = {5: 60, 7: 60, 8: 60, 9: 100, 10: 120}
SMALLER = {5: 40, 7: 40, 8: 40, 9: 60, 10: 60}


def test_few_detractors_are_not_told_by_a_score_beside_a_share(tmp_path: Path) -> None:
    responses = ratings(tmp_path, NO=USUAL, SE=SMALLER, IS=FEW_DETRACTORS)
    shares, scores = (
        estimate(responses, by=["country"], estimand=name, intent="promoters")
        for name in ("intent_share", "nps")
    )
    assert decide([shares], RULES) == [[None] * 3]
    assert decide([scores], RULES) == [[None] * 3]
    # 58 promoters of 100 and a score of 56 are 2 detractors.
    both = decide([shares, scores], RULES)
    assert [own[0] is not None for own in both] == [True, True]
    assert [own[1:] for own in both] == [[None, None]] * 2
    whole = estimate(responses, estimand="intent_share", intent="promoters")
    reasons = decide([shares, scores, whole], RULES)
    # Norway has more ratings than Sweden, which hides Iceland.
    assert [[reason is not None for reason in own] for own in reasons] == [
        [True, False, True],
        [True, False, True],
        [False],
    ]


@pytest.mark.parametrize("n", [2, 30])
def test_few_of_a_score_are_not_told_by_sets_that_overlap(tmp_path: Path, n: int) -> None:
    responses = ratings(tmp_path, NO={**USUAL, 8: n})
    tables = [estimate(responses, intent=intent) for intent in ("top_3", "passives", "7,8,9,10")]
    hidden = [own[0] is not None for own in decide(tables, RULES)]
    assert any(hidden) == (n == 2)
