"""What each estimand counts, by hand on twelve ratings: the specification that runs.

===  =====  ===========  ===========  ======
row  score  recommended  discouraged  weight
===  =====  ===========  ===========  ======
1    10     yes          no           1
2    10     yes          no           2
3    10     no           yes          1
4    10                  no           1
5    9      yes                       1
6    9      no           no           2
7    8      no           no           1
8    8                   yes          1
9    6      no           yes          2
10   0      no           yes          1
11          yes          no           1
12                                    3
===  =====  ===========  ===========  ======

In the table of expectations a row reads: numerator and base as sums of weights, row by row.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from advocacy.errors import MissingColumnError, UsageError
from advocacy.estimation import estimate
from advocacy.estimation.estimands import ESTIMANDS, find_intent
from advocacy.responses import Responses, open_responses
from advocacy.survey import DuckDB, survey_design
from advocacy.survey.cells import grouped_pass

ANSWERS = """\
score,recommended_past_12m,discouraged_past_12m,weight
10,1,0,1
10,1,0,2
10,0,1,1
10,,0,1
9,1,,1
9,0,0,2
8,0,0,1
8,,1,1
6,0,1,2
0,0,1,1
,1,0,1
,,,3
"""

# estimand, intent, weights that count, weights of the base, ratings in the base
SPECIFICATION = [
    # Of those with this intent whose behaviour is known (rows 1-3), who recommended (1, 2)?
    ("recommended_past_12m", "score_10", [1, 2], [1, 2, 1], 3),
    ("recommended_past_12m", "promoters", [1, 2, 1], [1, 2, 1, 1, 2], 5),
    ("recommended_past_12m", "top_3", [1, 2, 1], [1, 2, 1, 1, 2, 1], 6),
    ("recommended_past_12m", "0,6", [], [2, 1], 2),
    # The same of advice against, which is missing in other rows: 4 counts, 5 does not.
    ("discouraged_past_12m", "score_10", [1], [1, 2, 1, 1], 4),
    ("discouraged_past_12m", "promoters", [1], [1, 2, 1, 1, 2], 5),
    ("discouraged_past_12m", "0,6", [2, 1], [2, 1], 2),
    # Of all who give a score (rows 1-10), whatever is known of their behaviour.
    ("intent_share", "score_10", [1, 2, 1, 1], [1, 2, 1, 1, 1, 2, 1, 1, 2, 1], 10),
    ("intent_share", "promoters", [1, 2, 1, 1, 1, 2], [1, 2, 1, 1, 1, 2, 1, 1, 2, 1], 10),
    ("intent_share", "top_3", [1, 2, 1, 1, 1, 2, 1, 1], [1, 2, 1, 1, 1, 2, 1, 1, 2, 1], 10),
    # Of all whose score and behaviour are known (not 4, 8, 11, 12), both intent and behaviour.
    ("true_advocates", "score_10", [1, 2], [1, 2, 1, 1, 2, 1, 2, 1], 8),
    ("true_advocates", "promoters", [1, 2, 1], [1, 2, 1, 1, 2, 1, 2, 1], 8),
]

RUNGS = {
    "recommended_past_12m": ("retrospective", "rate"),
    "discouraged_past_12m": ("retrospective", "rate"),
    "intent_share": ("intent", "share"),
    "true_advocates": ("retrospective", "share"),
}


@pytest.fixture
def responses(tmp_path: Path) -> Responses:
    (tmp_path / "answers.csv").write_text(ANSWERS)
    return open_responses(tmp_path / "answers.csv")


def test_every_estimand_is_specified() -> None:
    assert {row[0] for row in SPECIFICATION} == set(RUNGS) == set(ESTIMANDS)


@pytest.mark.parametrize(("estimand", "intent", "numerator", "base", "n"), SPECIFICATION)
def test_numerator_base_and_value(
    responses: Responses,
    estimand: str,
    intent: str,
    numerator: list[int],
    base: list[int],
    n: int,
) -> None:
    assert len(base) == n
    ratio = ESTIMANDS[estimand].ratio(find_intent(intent).condition())
    cells = grouped_pass(responses, survey_design(responses), ratio, [], DuckDB())
    assert (cells.x.sum(), cells.z.sum(), cells.n.sum()) == (sum(numerator), sum(base), n)

    row = estimate(responses, estimand=estimand, intent=intent).table.to_pylist()[0]
    assert row["estimate"] == pytest.approx(sum(numerator) / sum(base), rel=1e-14)
    assert row["n"] == n
    assert row["estimand"] == estimand
    assert (row["rung"], row["quantity"]) == RUNGS[estimand]


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("score", {0: (0, 1), 6: (0, 1), 8: (0, 1), 9: (1 / 3, 2), 10: (3 / 4, 3)}),
        ("score_band", {"0-6": (0, 2), "10": (3 / 4, 3), "7-8": (0, 1), "9": (1 / 3, 2)}),
    ],
)
def test_the_score_replaces_the_intent(
    responses: Responses, by: str, expected: dict[object, tuple[float, int]]
) -> None:
    """The curve: each score its own rate. No score, no row; and no intent set is named."""
    rows = estimate(responses, by=[by]).table.to_pylist()
    assert {row[by]: (pytest.approx(row["estimate"]), row["n"]) for row in rows} == expected
    assert {row["intent"] for row in rows} == {None}


@pytest.mark.parametrize("estimand", ["intent_share", "true_advocates"])
def test_a_share_is_not_crossed_with_the_score(responses: Responses, estimand: str) -> None:
    with pytest.raises(UsageError, match="score"):
        estimate(responses, estimand=estimand, by=["score"])


@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_the_columns_that_an_estimand_needs(tmp_path: Path, estimand: str) -> None:
    """Without any one of them it is refused by name; with them alone it works."""
    needs = ESTIMANDS[estimand].needs
    values = {"score": "10", "recommended_past_12m": "1", "discouraged_past_12m": "0"}
    path = tmp_path / "a.csv"
    row = ",".join(values[name] for name in needs)
    path.write_text(",".join((*needs, "wave")) + f"\n{row},x\n" * 2)
    lines = [",".join((*needs, "wave")), *[f"{row},x"] * 3]
    path.write_text("\n".join(lines))
    assert estimate(open_responses(path), estimand=estimand).table["n"].to_pylist() == [3]
    for absent in needs:
        path.write_text("\n".join(lines).replace(absent, "other"))
        with pytest.raises(MissingColumnError, match=f"{estimand} needs the column {absent}"):
            estimate(open_responses(path), estimand=estimand)


@pytest.mark.parametrize(
    ("name", "scores"),
    [("score_10", (10,)), ("promoters", (9, 10)), ("top_3", (8, 9, 10)), ("10,8,8", (8, 10))],
)
def test_intents(name: str, scores: tuple[int, ...]) -> None:
    assert find_intent(name).scores == scores
