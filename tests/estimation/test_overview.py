"""All that the answers of one survey allow, each number that of its own estimator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from advocacy.errors import MissingColumnError
from advocacy.estimation import estimate
from advocacy.estimation.estimates import Estimates
from advocacy.estimation.overview import MOST_LEVELS, Overview, overview, smallest_change
from advocacy.responses import open_responses
from advocacy.survey import survey_design

N = 400


def frame(**columns: Any) -> pd.DataFrame:
    """Return ratings by one respondent each."""
    rng = np.random.default_rng(7)
    score = rng.integers(0, 11, N)
    return pd.DataFrame(
        {
            "respondent_id": [f"r{n}" for n in range(N)],
            "score": score,
            "recommended_past_12m": pd.array(rng.random(N) < score / 12, "boolean"),
        }
        | columns
    )


def found(tmp_path: Path, table: pd.DataFrame) -> Overview:
    path = tmp_path / "ratings.parquet"
    table.to_parquet(path)
    return overview(open_responses(path))


def one(result: Estimates | None) -> dict[str, Any]:
    assert result is not None
    (row,) = result.table.to_pylist()
    return dict(row)


def test_each_number_is_that_of_its_estimator(tmp_path: Path) -> None:
    made = found(tmp_path, frame(channel=["web", "phone"] * (N // 2)))
    responses = open_responses(tmp_path / "ratings.parquet")
    for result, wanted in (
        (made.variants[0].estimates, estimate(responses)),
        (made.by_score, estimate(responses, by=["score"])),
        (made.by_segment[0], estimate(responses, by=["channel"])),
        (made.net[0], estimate(responses, estimand="nps")),
    ):
        assert result is not None
        for column in ("estimate", "conf_low", "conf_high", "df", "n"):
            np.testing.assert_allclose(
                result.table[column].to_numpy(), wanted.table[column].to_numpy(), rtol=1e-9
            )


def test_ratings_that_are_units_of_their_own_need_no_column_of_units(tmp_path: Path) -> None:
    assert found(tmp_path, frame()).design.clusters == ()


def test_respondents_who_answer_twice_stay_units(tmp_path: Path) -> None:
    twice = frame(respondent_id=[f"r{n // 2}" for n in range(N)])
    made = found(tmp_path, twice)
    assert made.design.clusters == ("respondent_id",)
    wanted = estimate(made.responses, design=survey_design(made.responses))
    assert one(made.variants[0].estimates)["std_error"] == one(wanted)["std_error"]


def test_choices_made_otherwise_are_counted_by_hand(tmp_path: Path) -> None:
    """Of six tens 3 said yes, 1 no, 2 nothing; of two nines one said yes."""
    said = [True, True, True, False, None, None, True, False]
    table = pd.DataFrame(
        {
            "score": [10] * 6 + [9] * 2,
            "recommended_past_12m": pd.array(said, "boolean"),
            "weight": [3.0, 1, 1, 1, 1, 1, 1, 1],
        }
    )
    rates = {v.name: one(v.estimates)["estimate"] for v in found(tmp_path, table).variants}
    assert rates == {
        "as_reported": pytest.approx(5 / 6),
        "promoters": pytest.approx(6 / 8),
        "missing_as_no": pytest.approx(5 / 8),
        "unweighted": pytest.approx(3 / 4),
    }


def test_without_a_behaviour_question_there_is_intent_alone(tmp_path: Path) -> None:
    made = found(tmp_path, frame().drop(columns="recommended_past_12m"))
    assert (made.rates, made.by_score, made.by_segment, made.variants) == (None, None, (), ())
    assert one(made.intent)["rung"] == "intent"
    assert [one(result)["estimand"] for result in made.net] == ["nps", "mean_score"]


def test_without_a_score_there_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(MissingColumnError, match="A report needs the column score"):
        found(tmp_path, frame().drop(columns="score"))


def test_a_behaviour_that_no_ten_answers_gives_no_rate_and_a_reason(tmp_path: Path) -> None:
    table = frame(recommended_past_12m=pd.array([None] * N, "boolean"))
    made = found(tmp_path, table)
    assert made.rates is None
    assert made.intent is not None


def test_segments_of_too_many_levels_are_named_and_not_shown(tmp_path: Path) -> None:
    levels = MOST_LEVELS + 1
    made = found(tmp_path, frame(touchpoint=[f"t{n % levels}" for n in range(N)]))
    assert made.by_segment == ()
    assert made.too_many == (("touchpoint", levels),)


def test_the_smallest_change_is_that_of_the_tables_of_the_normal() -> None:
    """(1.959964 + 0.841621) times the root of 2, 1.414214: 3.96204."""
    assert smallest_change(1.0) == pytest.approx(3.96204, abs=5e-6)
    assert smallest_change(2.5, alpha=0.10, power=0.90) == pytest.approx(
        2.5 * (1.644854 + 1.281552) * 1.414214, rel=1e-5
    )
