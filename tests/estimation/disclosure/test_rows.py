"""What an estimand says of the score, and how disclosure control then protects it.

Each set of scores can be asked for in two ways: as the intent set of a share that is there, or
as the numerator of an estimand that is added. Both are to be protected alike.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import pytest

from advocacy.estimation import Estimates, estimate
from advocacy.estimation.conditions import Condition, Holds, Known, ScoreBetween, Sql
from advocacy.estimation.disclosure.disclosure import decide
from advocacy.estimation.disclosure.rows import rows_of
from advocacy.estimation.disclosure.rules import DisclosureRules
from advocacy.estimation.estimand import Estimand
from advocacy.estimation.estimands import ESTIMANDS
from advocacy.responses import Responses, open_responses

Share = Callable[..., Estimates]

RULES = DisclosureRules().own_file()
SCORED = (Known("score"),)
ANSWERED = (Known("score"), Known("recommended_past_12m"))


@pytest.fixture(scope="module")
def responses(tmp_path_factory: pytest.TempPathFactory) -> Responses:
    """Return ratings; 2 give 0 to 6 in IT, 2 give 9 in ES, and 2 give 0 to 7 in SE."""
    counts = {
        "DE": dict.fromkeys(range(11), 40),
        "ES": {**dict.fromkeys(range(11), 30), 9: 2},
        "IT": {5: 1, 6: 1, 7: 18, 8: 30, 9: 20, 10: 30},
        "SE": {0: 1, 7: 1, 8: 30, 9: 30, 10: 38},
    }
    lines = [
        f"{country},{score},{('true', 'true', 'false', 'false', '')[place % 5]}"
        for country, scores in counts.items()
        for score, count in scores.items()
        for place in range(count)
    ]
    path = tmp_path_factory.mktemp("responses") / "ratings.csv"
    path.write_text("\n".join(["country,score,recommended_past_12m", *lines]))
    return open_responses(path)


@pytest.fixture
def share(responses: Responses, monkeypatch: pytest.MonkeyPatch) -> Share:
    """Return a function that adds the share of a base to the estimands and tabulates it."""

    def add(numerator: tuple[Condition, ...], base: tuple[Condition, ...] = SCORED) -> Estimates:
        name = f"share_{len(ESTIMANDS)}"
        needs = ("score", "recommended_past_12m")
        new = Estimand(name, "intent", "share", numerator, base, needs, "What share?")
        monkeypatch.setitem(ESTIMANDS, name, new)
        return estimate(responses, estimand=name, by=["country"])

    return add


def built_in(responses: Responses, intent: str, estimand: str = "intent_share") -> Estimates:
    return estimate(responses, estimand=estimand, intent=intent, by=["country"])


def shown(table: Estimates, reasons: list[str | None], country: str) -> bool:
    return reasons[table.table.column("country").to_pylist().index(country)] is None


def test_an_added_share_cannot_be_worked_out_of_the_others(share: Share) -> None:
    """Were 48 with 7 or 8 and 50 with 9 or 10 shown of 100, then 2 gave 0 to 6."""
    tables = [share((ScoreBetween(*ends),)) for ends in ((0, 6), (7, 8), (9, 10))]
    assert tables[0].table.select(["country", "n", "n_numerator"]).to_pylist()[2] == {
        "country": "IT", "n": 100, "n_numerator": 2,
    }  # fmt: skip
    reasons = decide(tables, RULES)
    low, middle, high = (shown(one, why, "IT") for one, why in zip(tables, reasons, strict=True))
    assert not low
    assert not (middle and high)
    assert all(shown(one, why, "DE") for one, why in zip(tables, reasons, strict=True))


# Numerators and intent sets that hold the same scores. Some overlap, some are nested, and some
# are all that others leave.
SETS = {
    "parts of all": [((0, 6), "detractors"), ((7, 8), "passives"), ((9, 10), "promoters")],
    "two halves": [((8, 10), "top_3"), ((0, 7), "0,1,2,3,4,5,6,7")],
    "nested": [((9, 9), "9"), ((9, 10), "promoters"), ((10, 10), "score_10")],
    "overlapping": [((5, 8), "5,6,7,8"), ((7, 10), "7,8,9,10"), ((0, 6), "detractors")],
}


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(
    ("further", "base", "estimand"),
    [((), SCORED, "intent_share"), ((Holds("recommended_past_12m"),), ANSWERED, "true_advocates")],
)
def test_an_added_share_is_protected_as_one_that_is_there(
    responses: Responses,
    share: Share,
    name: str,
    further: tuple[Condition, ...],
    base: tuple[Condition, ...],
    estimand: str,
) -> None:
    added = [share((ScoreBetween(*ends), *further), base) for ends, _ in SETS[name]]
    there = [built_in(responses, intent, estimand) for _, intent in SETS[name]]
    reasons = decide(there, RULES)
    assert decide(added, RULES) == reasons
    assert [row.pair for row in rows_of(added, "now")] == [
        row.pair for row in rows_of(there, "now")
    ]
    # And beside those that are there.
    assert decide([added[0], *there[1:]], RULES) == reasons


def test_the_order_of_conditions_plays_no_part(share: Share) -> None:
    conditions = (ScoreBetween(0, 6), Sql("recommended_past_12m"), Known("recommended_past_12m"))
    others = [share((ScoreBetween(*ends),), ANSWERED) for ends in ((0, 6), (7, 8), (9, 10))]
    orders = [
        share(order, base)
        for order in permutations(conditions)
        for base in (ANSWERED, ANSWERED[::-1])
    ]
    pairs = {tuple(row.pair for row in rows_of([table], "now")) for table in orders}
    assert len(pairs) == 1
    reasons = [decide([table, *others], RULES) for table in (orders[0], orders[-1])]
    assert reasons[0] == reasons[1]
    assert not shown(orders[0], reasons[0][0], "IT")
