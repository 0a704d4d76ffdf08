"""Of many simulated series: false calls, power, and whether the smallest change is found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.estimation.movement.simulated import SHARES, moved, scores, tracked

pytestmark = pytest.mark.slow

_NET = SHARES[9:].sum() - SHARES[:7].sum()
SINGLE = SHARES[9:].sum() + SHARES[:7].sum() - _NET**2  # variance of one rating
SERIES, PERIODS, N = 100, 12, 80


def test_null_series_are_called_as_often_as_they_may_be(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    series, movements, several, alarms = [], [], [], []
    for _ in range(20):
        score = scores(rng, moved(SHARES, np.zeros((SERIES, PERIODS))), N)
        frame = tracked(score, tmp_path).to_pandas()
        whole = frame[frame.quantity == "series"]
        moves = frame[frame.quantity == "movement"]
        series += (whole.p_value < 0.05).tolist()
        movements += (moves.p_value < 0.05).tolist()
        grouped = moves.groupby("segment_series")
        several += (grouped.p_adjusted.min() < 0.05).tolist()
        alarms += ((grouped.p_value.min() < 0.05).to_numpy() - whole.any_false_alarm).tolist()
    assert len(series) == 2000
    assert np.mean(series) <= 0.065
    assert np.mean(movements) <= 0.065
    assert np.mean(several) <= 0.065
    # As often as it is said, tests of each movement call one or more.
    assert np.mean(alarms) == pytest.approx(0, abs=0.03)


def test_a_real_movement_is_found_as_often_as_it_should(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    found = []
    for _ in range(5):
        shift = rng.normal(0, 1.5 * np.sqrt(SINGLE / N), (SERIES, PERIODS))
        score = scores(rng, moved(SHARES, np.clip(shift, -0.5, 0.35)), N)
        frame = tracked(score, tmp_path).to_pandas()
        found += (frame[frame.quantity == "series"].p_value < 0.05).tolist()
    assert np.mean(found) >= 0.80


def test_panels_and_shared_units_keep_their_level(tmp_path: Path) -> None:
    """Twenty units that differ, each in all periods."""
    rng = np.random.default_rng(5)
    found = []
    for _ in range(6):
        unit = np.broadcast_to(np.arange(N) % 20, (50, PERIODS, N))
        effects = np.clip(rng.normal(0, 0.15, (50, 20)), -0.5, 0.35)
        of_unit = np.take_along_axis(effects[:, None, :], unit, axis=2)
        score = scores(rng, moved(SHARES, of_unit), 1)[..., 0]
        frame = tracked(score, tmp_path, unit).to_pandas()
        found += (frame[frame.quantity == "series"].p_value < 0.05).tolist()
    # Of 300: 5 % and two and a half standard errors.
    assert np.mean(found) <= 0.082


@pytest.mark.parametrize("n", [80, 400])
def test_the_smallest_change_is_found_in_four_of_five(n: int, tmp_path: Path) -> None:
    """Two periods apart by what was stated: by the mean of what null pairs state."""
    rng = np.random.default_rng(n)
    null = scores(rng, moved(SHARES, np.zeros((SERIES, 2))), n)
    first = tracked(null, tmp_path).to_pandas()
    stated = first[first.quantity == "movement"].smallest_change.mean()
    found = []
    for _ in range(25 if n == 80 else 12):
        # Half up and half down, so that the variance stays that of the pair that stated it.
        shift = np.tile([-stated / 2, stated / 2], (SERIES, 1))
        frame = tracked(scores(rng, moved(SHARES, shift), n), tmp_path).to_pandas()
        found += (frame[frame.quantity == "movement"].p_value < 0.05).tolist()
    assert np.mean(found) == pytest.approx(0.80, abs=0.03)
