"""Movements of a series: R's values, models and parts; identities; what has no test is said."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.reference.against_r import expected, opened, same

from advocacy.arrays import Floats
from advocacy.errors import DataError, MissingColumnError, UsageError
from advocacy.estimation import estimate
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.estimates_file import read_estimates, write_estimates
from advocacy.estimation.movement.between import scattered, stepping, variance_limits
from advocacy.estimation.movement.detectable import any_false_alarm, smallest_change
from advocacy.estimation.movement.measures import BY_DEFAULT
from advocacy.estimation.movement.periods import gaps
from advocacy.estimation.movement.track import track
from advocacy.report.results import as_html, as_text
from advocacy.responses import Responses, open_responses
from advocacy.survey import survey_design
from advocacy.survey.replication import Replication

DESIGNS = ("mix_stratified_clustered", "mix_fpc", "mix_srs")
EITHER = ["estimate", "std_error"]


@cache
def tracked(design: str) -> Comparison:
    return track(opened(f"movement_{design}"), by=["wave"], measures=BY_DEFAULT, mix=["sector"])


def rows(found: Comparison, measure: str, *quantities: str) -> pd.DataFrame:
    frame = found.to_pandas()
    return frame[(frame.estimand == measure) & frame.quantity.isin(quantities)]


def written(frame: pd.DataFrame, folder: Path) -> Responses:
    path = folder / "ratings.csv"
    frame.to_csv(path, index=False)
    return open_responses(path)


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("measure", BY_DEFAULT)
def test_values_movements_and_their_parts_are_rs(design: str, measure: str) -> None:
    for table in ("movement_series", "movement_parts"):
        wanted = expected(table).query("design == @design and measure == @measure")
        keys = ["quantity", "wave"]
        own = rows(tracked(design), measure, *wanted.quantity.unique()).set_index(keys)
        same(own.loc[list(zip(wanted.quantity, wanted.wave, strict=True)), EITHER], wanted[EITHER])


@pytest.mark.parametrize("design", DESIGNS)
def test_the_covariance_between_waves_is_rs(design: str) -> None:
    found, joint = tracked(design), tracked(design).covariance()
    for measure in BY_DEFAULT:
        at = rows(found, measure, "level").index
        wanted = expected("movement_covariance").query("design == @design and measure == @measure")
        same(joint[np.ix_(at, at)].ravel(), wanted.covariance)


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("measure", BY_DEFAULT)
def test_models_of_the_series_are_metafors(design: str, measure: str) -> None:
    covariance = expected("movement_covariance").query("design == @design and measure == @measure")
    levels = expected("movement_series").query(
        "design == @design and measure == @measure and quantity == 'level'"
    )
    y, v = levels.estimate.to_numpy(), covariance.covariance.to_numpy().reshape(5, 5)
    (wanted,) = (
        expected("movement_models")
        .query("design == @design and measure == @measure")
        .to_dict("records")
    )
    level = scattered(y, v)
    same(level.variance, wanted["level_variance"], rtol=1e-7)
    # metafor's mean is at the variance where its search ended.
    same(level.mean, wanted["level_mean"], rtol=1e-4)
    same(stepping(y, v).variance, wanted["step_variance"], rtol=1e-7)
    alone = np.diag(np.diag(v))
    same(scattered(y, alone).variance, wanted["diagonal_variance"], rtol=1e-7, atol=1e-9)
    limits = variance_limits(y, alone, 0.95)
    same(limits, [wanted["diagonal_low"], wanted["diagonal_high"]], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("design", DESIGNS)
def test_parts_add_up_to_the_movement(design: str) -> None:
    frame = tracked(design).to_pandas()
    parts = frame[frame.quantity.isin(["mix_part", "rate_part", "outside"])]
    moved = frame[frame.quantity == "movement"].set_index(["estimand", "wave"]).estimate
    together = parts.groupby(["estimand", "wave"]).estimate.sum()
    same(together.loc[moved.index], moved, atol=1e-14)


@pytest.mark.parametrize("measure", BY_DEFAULT)
def test_a_level_is_what_estimate_says_of_the_wave(measure: str) -> None:
    alone = estimate(opened("movement_mix_fpc"), estimand=measure, by=["wave"]).to_pandas()
    own = rows(tracked("mix_fpc"), measure, "level")
    columns = [*EITHER, "conf_low", "conf_high", "df", "n"]
    same(own[columns], alone[columns])


def test_replicates_give_the_same_quantities() -> None:
    responses = opened("movement_mix_stratified_clustered")
    design = survey_design(responses, replication=Replication("jkn"))
    found = track(responses, by=["wave"], measures=["nps"], design=design)
    own, linear = (
        rows(found, "nps", "movement"),
        rows(tracked("mix_stratified_clustered"), "nps", "movement"),
    )
    same(own.estimate, linear.estimate)
    same(own.std_error, linear.std_error, rtol=0.05)


# The smallest change, and false alarms


@pytest.mark.parametrize(
    ("df", "by_r"),
    [
        # R: power.t.test(n = df / 2 + 1, sd = 1, power = 0.8, strict = FALSE)$delta / sqrt(2 / n)
        (10.0, 3.109971),
        (38.0, 2.874922),
        (1e9, 2.8015852),
    ],
)
def test_the_smallest_change_is_that_of_a_t_test(df: float, by_r: float) -> None:
    found = smallest_change(np.array([1.0]), np.array([df]))
    assert found[0] == pytest.approx(by_r, abs=2e-4)


def test_false_alarms_of_independent_movements_multiply() -> None:
    found = any_false_alarm(np.diag([1.0, 4.0, 9.0]), np.full(3, 1e6))
    assert found == pytest.approx(1 - 0.95**3, abs=0.006)
    # Movements next to each other have a correlation of -1/2, and those apart none.
    steps = np.diff(np.eye(3), axis=0)
    two = any_false_alarm(steps @ steps.T, np.full(2, 1e6))
    assert two == pytest.approx(0.0908, abs=0.006)  # mvtnorm::pmvnorm


# A file of its own


def answers(rng: np.random.Generator, shift: Floats, n: int = 200) -> pd.DataFrame:
    """Return n scores a month whose mean is shifted."""
    score = np.clip(np.round(rng.normal(8 + shift[:, None], 1.5, (len(shift), n))), 0, 10)
    month = np.repeat(np.arange(len(shift)), n)
    dates = [f"{2023 + m // 12}-{m % 12 + 1:02}-15" for m in month]
    return pd.DataFrame({"score": score.ravel().astype(int), "interviewed_on": dates})


def test_a_jump_is_called_and_noise_is_not(tmp_path: Path) -> None:
    shift = np.repeat([0.0, 1.0], 6)
    responses = written(answers(np.random.default_rng(5), shift), tmp_path)
    found = track(responses, by=["month"], measures=["mean_score"])
    moved = rows(found, "mean_score", "movement").set_index("month")
    assert moved.verdict.to_dict() == {
        name: "moved" if name == "2023-07" else "noise" for name in moved.index
    }
    (series,) = rows(found, "mean_score", "series").to_dict("records")
    assert series["p_value"] < 1e-6
    # Values vary by what is true and by what is of sampling.
    varied = rows(found, "mean_score", "level").estimate.var()
    assert series["between_sd"] ** 2 + series["sampling_sd"] ** 2 == pytest.approx(varied, rel=0.1)
    assert series["noise_per_signal"] == pytest.approx(series["sampling_sd"] / series["between_sd"])
    text = as_text(found)
    assert "moves more than sampling accounts for" in text
    assert "nan" not in text.lower()
    assert "2023-07" in as_html(found)
    assert found.plot().axes
    path = tmp_path / "series.parquet"
    write_estimates(found, path)
    assert as_text(read_estimates(path))[:40] == text[:40]


def test_a_change_of_mix_alone_is_called_one(tmp_path: Path) -> None:
    """Two sectors that never move, of which the happier one grows from a tenth to nine."""
    late = [("w1", "B2B", 10, 30), ("w1", "B2B", 9, 10), ("w1", "B2C", 5, 300)]
    late += [("w1", "B2C", 8, 60), ("w2", "B2B", 10, 270), ("w2", "B2B", 9, 90)]
    late += [("w2", "B2C", 5, 33), ("w2", "B2C", 8, 7)]
    cells = [(w, s, score) for w, s, score, n in late for _ in range(n)]
    responses = written(pd.DataFrame(cells, columns=["wave", "sector", "score"]), tmp_path)
    found = track(responses, measures=["mean_score"], mix=["sector"])
    (moved,) = rows(found, "mean_score", "movement").to_dict("records")
    parts = rows(found, "mean_score", "mix_part", "rate_part").set_index("quantity")
    # By hand: 9.75 and 5.5 (5.525 in the second wave), mixes 40 to 360 and 360 to 40.
    assert parts.estimate["mix_part"] == pytest.approx(0.8 * (9.75 - (5.5 + 5.525) / 2))
    assert parts.estimate["rate_part"] == pytest.approx(0.5 * 0.025)
    assert moved["verdict"] == "mix"


def test_waves_are_in_the_order_of_time_and_gaps_are_named(tmp_path: Path) -> None:
    frame = answers(np.random.default_rng(1), np.zeros(4), 30)
    frame["wave"] = np.repeat(["spring", "autumn", "w10", "w9"], 30)
    frame = frame[frame.interviewed_on != "2023-03-15"]
    responses = written(frame, tmp_path)
    by_wave = rows(track(responses, measures=["nps"]), "nps", "level")
    assert by_wave.wave.to_list() == ["spring", "autumn", "w9"]
    by_month = track(responses, by=["month"], measures=["nps"])
    assert [note.key for note in by_month.notes] == ["track.gap"]
    assert rows(by_month, "nps", "movement").reference.to_list() == ["2023-01", "2023-02"]
    undated = written(frame.drop(columns="interviewed_on").replace("spring", "w1"), tmp_path)
    assert rows(track(undated, measures=["nps"]), "nps", "level").wave.to_list() == [
        "autumn",
        "w1",
        "w9",
    ]


def test_gaps_are_those_of_the_calendar() -> None:
    assert gaps("month", ["2023-11", "2024-02"]) == ["2023-12", "2024-01"]
    assert gaps("quarter", ["2023-Q4", "2024-Q2"]) == ["2024-Q1"]
    assert gaps("year", ["2020", "2021"]) == []
    assert gaps("wave", ["1", "5"]) == []


def test_all_promoters_a_wave_without_base_and_few_units_are_said(tmp_path: Path) -> None:
    frame = answers(np.random.default_rng(2), np.zeros(5), 40)
    frame["wave"] = np.repeat(["w1", "w2", "w3", "w4", "w5"], 40)
    frame.loc[frame.wave == "w2", "score"] = 10
    frame["recommended_past_12m"] = np.where(frame.wave == "w4", None, frame.index % 2)
    found = track(written(frame, tmp_path))
    said = as_text(found)
    assert "nan" not in said.lower()
    assert "too few sampling units, or all answers alike, in w2" in " ".join(said.split())
    assert "no rating in its base in w4" in " ".join(said.split())
    assert "no series, as there is no discouraged_past_12m" in " ".join(said.split())
    nps = rows(found, "nps", "movement").set_index("wave")
    assert nps.verdict.to_list() == ["untested", "untested", "noise", "noise"]
    assert nps.smallest_change.isna().to_list() == [True, True, False, False]
    for column in found.table.itercolumns():
        values = [v for v in column.to_pylist() if isinstance(v, float)]
        assert not np.isnan(values).any()


def test_a_panel_that_repeats_its_answers_has_no_nan(tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    once = pd.DataFrame({"score": rng.integers(0, 11, 60), "psu": np.arange(60)})
    waves = pd.concat([once.assign(wave=f"w{number}") for number in range(4)])
    found = track(written(waves, tmp_path), measures=["nps"])
    moved = rows(found, "nps", "movement")
    assert moved.estimate.to_list() == [0, 0, 0]
    assert moved.verdict.to_list() == ["untested"] * 3
    assert rows(found, "nps", "series").p_value.isna().all()
    assert "nan" not in as_text(found).lower()


def test_one_wave_cannot_move(tmp_path: Path) -> None:
    frame = pd.DataFrame({"score": [10, 9, 3] * 10, "wave": "w1"})
    with pytest.raises(DataError, match="one wave only"):
        track(written(frame, tmp_path))


def test_without_any_period_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingColumnError, match="interviewed_on"):
        track(written(pd.DataFrame({"score": [10, 9, 3]}), tmp_path))


@pytest.mark.parametrize(
    "asked",
    [
        {"by": ["wave", "month"]},
        {"by": ["score_band"]},
        {"mix": ["wave"]},
        {"measures": ["stated_likelihood_gap"]},
        {"measures": ["nps", "nps"]},
        {"measures": ["converted_within_12m"]},
        {"adjust": "sidak"},
        {"power": 0.01},
        {"conf_level": 0},
    ],
)
def test_what_cannot_be_meant_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        track(opened("movement_mix_srs"), **asked)


def test_a_series_for_each_crossing() -> None:
    found = track(opened("movement_mix_srs"), by=["sector", "wave"], measures=["nps"])
    whole = track(opened("movement_mix_srs"), measures=["nps"], where="sector = B2B")
    own = found.to_pandas().query("sector == 'B2B' and quantity == 'movement'")
    same(own[EITHER], rows(whole, "nps", "movement")[EITHER])
