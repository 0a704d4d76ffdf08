"""A change of the journey: R's interactions, randomisation by hand, and why there is no test."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.reference.against_r import expected, opened, same

from advocacy.errors import DataError, UsageError
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.movement.change import change
from advocacy.report.results import as_text
from advocacy.responses import Responses, open_responses
from advocacy.survey import survey_design

EITHER = ["estimate", "std_error"]


def programmes(
    number: int, treated: int, effect: float, rng: np.random.Generator, n: int = 30
) -> pd.DataFrame:
    """Return n ratings of each programme in each of four waves; the treated rise in two."""
    frames = []
    for programme in range(number):
        own = rng.normal(0, 0.6)
        for wave in range(4):
            late = programme < treated and wave >= 2
            mean = 5 + own + rng.normal(0, 0.2) + (effect if late else 0)
            score = np.clip(np.round(rng.normal(mean, 1.5, n)), 0, 10).astype(int)
            frames.append(
                pd.DataFrame({"score": score, "programme": f"p{programme:02}", "wave": f"w{wave}"})
            )
    found = pd.concat(frames)
    found["supplier"] = found.programme
    had = (found.programme.str[1:].astype(int) < treated) & (treated > 0)
    found["segment_had"] = np.where(had, "yes", "no")
    return found


def written(frame: pd.DataFrame, folder: Path) -> Responses:
    path = folder / "ratings.csv"
    frame.to_csv(path, index=False)
    return open_responses(path)


def effect_of(found: Comparison) -> dict[str, Any]:
    (row,) = [row for row in found.table.to_pylist() if row["quantity"] == "effect"]
    return row


@pytest.mark.parametrize("design", ["mix_stratified_clustered", "mix_fpc", "mix_srs"])
@pytest.mark.parametrize("measure", ["nps", "recommended_past_12m", "earned_advocacy"])
def test_effect_and_events_are_interactions_of_svyglm(design: str, measure: str) -> None:
    wanted = expected("movement_changes").query("design == @design and measure == @measure")
    found = change(opened(f"movement_{design}"), treated="sector = B2B", at="w4", estimand=measure)
    own = found.to_pandas()
    same(own[own.quantity == "effect"][EITHER], wanted[wanted.quantity == "effect"][EITHER])
    events = own[own.quantity == "event"].set_index("wave")
    event = wanted[wanted.quantity == "event"]
    same(events.loc[event.wave, EITHER], event[EITHER])
    # One programme had it: no test, and why.
    assert own[own.quantity != "mean"].p_value.isna().all()
    assert own[own.quantity != "mean"].conf_low.isna().all()
    assert "to so few cannot be told from it" in " ".join(as_text(found).split())


def test_the_rows_have_one_joint_covariance() -> None:
    found = change(opened("movement_mix_srs"), treated="sector = B2B", at="w4")
    spread = np.sqrt(np.diag(found.covariance()))
    same(spread, found.to_pandas().std_error)


def test_of_few_programmes_the_p_value_is_that_of_all_sets(tmp_path: Path) -> None:
    frame = programmes(9, 3, 0.5, np.random.default_rng(4))
    found = change(
        written(frame, tmp_path), treated="segment_had = yes", at="w2", estimand="mean_score"
    )
    late = frame.wave >= "w2"

    def by_hand(chosen: tuple[str, ...]) -> float:
        inside = frame.programme.isin(chosen)
        own = {
            (had, side): frame.score[(inside == had) & (late == side)].mean()
            for had in (True, False)
            for side in (True, False)
        }
        return abs(own[True, True] - own[True, False] - own[False, True] + own[False, False])

    sets = [by_hand(chosen) for chosen in combinations(sorted(set(frame.programme)), 3)]
    own = effect_of(found)
    assert own["sets"] == len(sets) == 84
    assert abs(own["estimate"]) == pytest.approx(by_hand(("p00", "p01", "p02")))
    as_large = sum(one >= abs(own["estimate"]) - 1e-12 for one in sets)
    assert own["p_value"] == pytest.approx(as_large / 84)
    assert own["method"] == "randomisation"
    assert own["conf_low"] is None
    assert "randomisation" in as_text(found)


def test_of_many_programmes_it_is_by_their_variance(tmp_path: Path) -> None:
    frame = programmes(40, 20, 0.8, np.random.default_rng(6))
    responses = written(frame, tmp_path)
    found = change(
        responses, treated="segment_had = yes", at="w2", estimand="mean_score",
        design=survey_design(responses, "programmes_like_these"),
    )  # fmt: skip
    own = effect_of(found)
    assert own["p_value"] < 0.001
    assert own["conf_low"] < own["estimate"] < own["conf_high"]
    assert own["sets"] is None
    assert own["alike_p"] > 0.01
    # The variance of PSUs' differences, by hand: programmes of one size.
    wide = frame.assign(late=frame.wave >= "w2").groupby(["programme", "late"]).score.mean()
    moved = wide.unstack()[True] - wide.unstack()[False]
    had = np.arange(40) < 20
    by_hand = np.sqrt(
        sum(((moved[side] - moved[side].mean()) ** 2).sum() / 20**2 for side in (had, ~had))
        * 40 / 39
    )  # fmt: skip
    assert own["estimate"] == pytest.approx(moved[had].mean() - moved[~had].mean())
    assert own["std_error"] == pytest.approx(by_hand, rel=1e-9)
    assert found.plot().axes
    assert "nan" not in as_text(found).lower()


def test_where_nothing_changed_sets_are_called_as_often_as_they_should() -> None:
    from advocacy.estimation.movement.randomisation import randomised

    rng = np.random.default_rng(8)
    called = []
    for _ in range(400):
        moved = rng.normal(size=12)

        def effect(sets: Any, moved: Any = moved) -> Any:
            return sets @ moved / sets.sum(axis=1) - (1 - sets) @ moved / (1 - sets).sum(axis=1)

        called.append(randomised(effect, np.arange(4), 12, 1)[0] < 0.05)
    assert np.mean(called) == pytest.approx(0.05, abs=0.03)


@pytest.mark.parametrize(
    ("treated", "key"), [(2, "too_few"), (7, "no_others"), (0, "")], ids=["two", "seven", "none"]
)
def test_why_there_is_no_p_value_is_said(treated: int, key: str, tmp_path: Path) -> None:
    responses = written(programmes(8, treated, 0.0, np.random.default_rng(3)), tmp_path)
    if not key:
        with pytest.raises(UsageError, match="yes"):
            change(responses, treated="segment_had = yes", at="w2")
        return
    found = change(responses, treated="segment_had = yes", at="w2")
    assert [note.key for note in found.notes] == [f"change.{key}"]
    assert effect_of(found)["p_value"] is None


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"at": "w9"}, UsageError),
        ({"by": "decade"}, UsageError),
        ({"at": "w1"}, DataError),
        ({"estimand": "stated_likelihood_gap"}, UsageError),
        ({"treated": "sector = B2B; drop"}, UsageError),
        ({"treated": "sector in (B2B, B2C)"}, DataError),
    ],
)
def test_what_cannot_be_meant_is_refused(asked: dict[str, Any], error: type[Exception]) -> None:
    given = {"treated": "sector = B2B", "at": "w4"} | asked
    with pytest.raises(error):
        change(opened("movement_mix_srs"), **given)
