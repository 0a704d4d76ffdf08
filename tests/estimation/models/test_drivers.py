"""Drivers: what the table says beside a known truth, and what is refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from advocacy.errors import AdvocacyError, DataError, MissingColumnError, UsageError
from advocacy.estimation import Estimates
from advocacy.estimation.models.drivers import DRIVER_COLUMNS, drivers
from advocacy.estimation.models.e_values import e_value
from advocacy.estimation.regression import regress
from advocacy.responses import Responses, open_responses
from advocacy.survey import survey_design
from advocacy.survey.replication import Replication

SLOPES = {"ease": 0.6, "consistency": 0.3, "resolution": 0.0, "channel_ease": 0.1}


def study(rng: np.random.Generator, n: int = 1500, psus: int = 60) -> pd.DataFrame:
    """Return ratings of items that hang together, of PSUs that do."""
    psu = rng.integers(0, psus, n)
    common = rng.normal(size=n) + rng.normal(0, 0.4, psus)[psu]
    frame = pd.DataFrame({"score": 10, "psu": psu, "weight": np.exp(rng.normal(0, 0.3, n))})
    eta = np.full(n, -0.2) + rng.normal(0, 0.3, psus)[psu]
    for name, slope in SLOPES.items():
        own = np.clip(np.rint(4 + 1.3 * (0.6 * common + 0.8 * rng.normal(size=n))), 1, 7)
        frame[name] = own
        eta += slope * (own - 4)
    frame["recommended_past_12m"] = (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(int)
    return frame


def written(frame: pd.DataFrame, folder: Path) -> Responses:
    path = folder / "ratings.csv"
    frame.to_csv(path, index=False)
    return open_responses(path)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return study(np.random.default_rng(7))


@pytest.fixture(scope="module")
def responses(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Responses:
    return written(frame, tmp_path_factory.mktemp("drivers"))


@pytest.fixture(scope="module")
def found(responses: Responses) -> Estimates:
    return drivers(responses)


def test_the_strongest_stand_first_and_shares_add_up(found: Estimates) -> None:
    rows = found.to_pandas()
    assert rows.driver.tolist()[:2] == ["ease", "consistency"]
    assert rows["rank"].tolist() == [1, 2, 3, 4]
    assert rows.share.sum() == pytest.approx(1)
    assert (rows.estimate / rows.share).to_numpy() == pytest.approx(rows.explained - rows.beside)
    assert (rows.rank_low <= rows["rank"]).all()
    assert (rows.rank_high >= rows["rank"]).all()
    assert found.table.column_names[-len(DRIVER_COLUMNS) :] == DRIVER_COLUMNS.names
    assert set(rows.quantity) == {"lmg"}


def test_effects_and_levels_are_those_of_other_routes(
    found: Estimates, responses: Responses, frame: pd.DataFrame
) -> None:
    effects = regress(responses, on=list(SLOPES), show="effects").to_pandas().set_index("term")
    rows = found.to_pandas().set_index("driver")
    for name in SLOPES:
        assert rows.effect[name] == pytest.approx(effects.estimate[name], rel=1e-9)
        assert rows.effect_low[name] == pytest.approx(effects.conf_low[name], rel=1e-9)
        assert rows.effect_p[name] == pytest.approx(effects.p_value[name], rel=1e-9)
        mean = np.average(frame[name], weights=frame.weight)
        assert rows.level[name] == pytest.approx(mean)
        assert rows.room[name] == pytest.approx((7 - mean) / 6)
    wanted = (rows.estimate * rows.room).where(rows.effect > 0)
    assert rows.priority.to_numpy() == pytest.approx(wanted.to_numpy(), nan_ok=True)


def test_what_goes_with_less_of_the_outcome_is_no_priority(
    frame: pd.DataFrame, tmp_path: Path
) -> None:
    """Ease turned round is as important, and there is no room above it to fill."""
    turned = written(frame.assign(ease=8 - frame.ease), tmp_path)
    rows = drivers(turned, on=["ease", "consistency", "channel_ease"]).to_pandas()
    row = rows.set_index("driver").loc["ease"]
    assert (row["rank"], row.effect < 0) == (1, True)
    assert np.isnan(row.priority)
    assert np.isnan(row.priority_low)


def test_a_share_lies_between_none_and_all(frame: pd.DataFrame, tmp_path: Path) -> None:
    """Few ratings tell little, and no driver explains more than all do; one alone explains it."""
    few = written(frame.head(150), tmp_path)
    rows = drivers(few).to_pandas()
    assert (rows.share_low >= 0).all()
    assert (rows.share_high <= 1).all()
    assert (rows.share_low < rows.share).all()
    alone = drivers(few, on=["ease"]).to_pandas()
    assert alone[["share_low", "share", "share_high"]].to_numpy().tolist() == [[1, 1, 1]]


def test_the_scale_is_that_of_all_answers(frame: pd.DataFrame, tmp_path: Path) -> None:
    """Who score 10 gave no 1 for ease; the others did, so that the scale begins there."""
    base = frame.assign(ease=frame.ease.clip(lower=3))
    rest = frame.head(20).assign(score=2, ease=1)
    row = drivers(written(pd.concat([base, rest]), tmp_path)).to_pandas().set_index("driver")
    assert row.loc["ease", ["scale_low", "scale_high"]].tolist() == [1, 7]
    mean = np.average(base.ease, weights=base.weight)
    assert row.room["ease"] == pytest.approx((7 - mean) / 6)


def test_e_values_by_hand(found: Estimates, responses: Responses, frame: pd.DataFrame) -> None:
    """VanderWeele and Ding's example: a risk ratio of 3.9 has 7.26, its limit 1.8 has 3.0."""
    assert e_value(np.array([3.9, 1.8, 1 / 3.9, 1.0])) == pytest.approx(
        [7.26, 3.0, 7.26, 1.0], abs=0.005
    )
    odds = regress(responses, on=list(SLOPES)).to_pandas().set_index(["quantity", "term"])
    mean = np.average(frame.ease, weights=frame.weight)
    spread = np.sqrt(np.average((frame.ease - mean) ** 2, weights=frame.weight))
    ratio = np.exp(odds.estimate["log_odds", "ease"] * spread / 2)
    row = found.to_pandas().set_index("driver").loc["ease"]
    assert row.e_value == pytest.approx(ratio + np.sqrt(ratio * (ratio - 1)))
    assert 1 < row.e_value_limit < row.e_value


def test_a_missing_driver_is_kept_with_an_indicator_that_is_no_drivers(
    frame: pd.DataFrame, tmp_path: Path
) -> None:
    rng = np.random.default_rng(3)
    away = rng.random(len(frame)) < 0.3
    holes = frame.assign(
        resolution=frame.resolution.mask(away), channel_ease=frame.channel_ease.mask(away)
    )
    responses = written(holes, tmp_path)
    rows = drivers(responses).to_pandas().set_index("driver")
    assert len(rows) == 4
    assert rows.n_known["resolution"] == (~away).sum()
    assert set(rows.n) == {len(frame)}
    assert rows.level["resolution"] == pytest.approx(
        np.average(frame.resolution[~away], weights=frame.weight[~away])
    )
    left = drivers(responses, missing="left_out")
    assert left.unplaced == away.sum()
    assert rows.estimate.sum() == pytest.approx((rows.explained - rows.beside).iloc[0])


def test_own_items_and_what_stands_beside(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame = frame.rename(columns={"ease": "segment_speed"}).assign(
        sector=np.where(frame.psu % 2, "B2B", "B2C")
    )
    responses = written(frame, tmp_path)
    on = ["segment_speed", "consistency"]
    rows = drivers(responses, on=on, beside=["sector"]).to_pandas()
    assert rows.driver.tolist() == ["segment_speed", "consistency"]
    assert rows.room[0] == pytest.approx((7 - rows.level[0]) / 6)
    assert (rows.beside > 0).all()
    odd = written(frame.assign(segment_speed="fast"), tmp_path)
    with pytest.raises(DataError, match="values of segment_speed are no numbers, such as 'fast'"):
        drivers(odd, on=on)


def test_a_mean_has_drivers_too(responses: Responses, frame: pd.DataFrame, tmp_path: Path) -> None:
    scored = frame.assign(score=np.clip(np.rint(frame.ease + 3), 0, 10).astype(int))
    rows = drivers(written(scored, tmp_path), estimand="mean_score").to_pandas()
    assert rows.driver[0] == "ease"
    assert rows.explained[0] == pytest.approx(1)
    assert rows.isna().sum().loc[["estimate", "std_error", "rank_low", "effect"]].sum() == 0


def test_few_psus_bear_no_ranks(frame: pd.DataFrame, tmp_path: Path) -> None:
    rows = drivers(written(frame.assign(psu=frame.psu % 8), tmp_path)).to_pandas()
    assert rows[["conf_low", "rank_low", "effect_low", "e_value_limit"]].isna().all(axis=None)
    assert rows[["estimate", "rank"]].notna().all(axis=None)
    assert set(rows.reliability) == {"review"}


def test_the_same_seed_gives_the_same_and_ratings_are_units_of_their_own(
    frame: pd.DataFrame, tmp_path: Path
) -> None:
    responses = written(frame.drop(columns="psu"), tmp_path)
    designs = [
        survey_design(responses, replication=Replication("bootstrap", number=50, seed=seed))
        for seed in (1, 1, 2)
    ]
    first, again, other = (drivers(responses, design=design).table for design in designs)
    assert first.equals(again)
    assert not first.equals(other)


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        ({"on": ["sector"]}, UsageError, "'sector' is no number"),
        ({"on": ["mood"]}, UsageError, "'mood' is no number"),
        ({"on": ["satisfaction"]}, MissingColumnError, "satisfaction"),
        ({"on": ["ease", "ease"]}, UsageError, "named twice"),
        ({"on": ["ease"], "beside": ["ease"]}, UsageError, "named twice"),
        ({"model": "penalised"}, UsageError, "no importance"),
        ({"where": "mood = 3"}, AdvocacyError, "mood"),
    ],
)
def test_refusals(
    responses: Responses, given: dict[str, Any], kind: type[AdvocacyError], message: str
) -> None:
    with pytest.raises(kind, match=message) as refused:
        drivers(responses, **given)
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.assign(ease=3), "ease has one value only"),
        (lambda f: f.assign(channel_ease=f.ease), "channel_ease has one value only, or follows"),
        (lambda f: f.assign(recommended_past_12m=(f.ease > 4).astype(int)), "separation"),
        (lambda f: f.assign(recommended_past_12m=0), "None of the ratings"),
        (lambda f: f[:9].assign(recommended_past_12m=[1, 0] * 4 + [1]), "fewer events than"),
    ],
)
def test_what_has_no_model_is_named(
    frame: pd.DataFrame, change: Any, message: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=message):
        drivers(written(change(frame), tmp_path))


def test_other_replicates_than_a_bootstrap_are_refused(
    frame: pd.DataFrame, responses: Responses, tmp_path: Path
) -> None:
    columns = {f"repweight_{at}": frame.weight * (1 + 0.1 * at) for at in (1, 2, 3)}
    given = written(frame.drop(columns="psu").assign(**columns), tmp_path)
    for source, replication, message in (
        (given, Replication("given", scheme="bootstrap"), "3 replicate weights as given"),
        (responses, Replication("jkn"), "jackknife"),
        (responses, Replication("bootstrap", number=3), "tell no ranks"),
    ):
        with pytest.raises(UsageError, match=message):
            drivers(source, design=survey_design(source, replication=replication))


@pytest.mark.slow
def test_importance_is_ordered_rightly_and_ranks_are_covered(tmp_path: Path) -> None:
    """Over 300 studies; the truth is that of a million ratings."""
    rng = np.random.default_rng(2026)
    truth = drivers(written(study(rng, 400_000, 60_000), tmp_path)).to_pandas()
    true_rank = truth.set_index("driver")["rank"]
    right = pairs = covered = ranks = 0
    for _ in range(300):
        rows = drivers(written(study(rng), tmp_path)).to_pandas().set_index("driver")
        own = rows.loc[true_rank.index]
        covered += ((own.rank_low <= true_rank) & (true_rank <= own.rank_high)).sum()
        ranks += len(own)
        for a in own.index:
            for b in own.index:
                apart = (own.estimate[a] - own.estimate[b]) / np.hypot(
                    own.std_error[a], own.std_error[b]
                )
                if apart > 3:
                    pairs, right = pairs + 1, right + (true_rank[a] < true_rank[b])
    assert pairs > 300
    assert right / pairs >= 0.95
    assert covered / ranks >= 0.93
