"""Dose-response: steps by hand in a saturated model, and what shows none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from advocacy.errors import UsageError
from advocacy.estimation.models.dose_response import dose_response
from advocacy.responses import Responses, open_responses

RATES = {0: 0.2, 1: 0.5, 2: 0.6, 3: 0.65, 5: 0.65}


def written(frame: pd.DataFrame, folder: Path) -> Responses:
    frame.to_csv(folder / "ratings.csv", index=False)
    return open_responses(folder / "ratings.csv")


@pytest.fixture
def frame() -> pd.DataFrame:
    rows = [
        {"score": 10, "wow_moments": dose, "recommended_past_12m": int(at < 200 * rate)}
        for dose, rate in RATES.items()
        for at in range(200)
    ]
    return pd.DataFrame(rows)


def test_a_step_after_one_by_hand(frame: pd.DataFrame, tmp_path: Path) -> None:
    """Alone in the model, margins are the rates, and their errors those of shares."""
    found = dose_response(written(frame, tmp_path)).to_pandas()
    predicted = found[found.quantity == "predicted"]
    assert predicted.dose.tolist() == ["0", "1", "2", "3+"]
    assert predicted.estimate.tolist() == pytest.approx([0.2, 0.5, 0.6, 0.65])
    steps = found[found.quantity == "step"]
    assert steps.dose.tolist() == ["1", "2"]
    after_one, after_two = 0.3 - (0.65 - 0.5) / 2, 0.2 - 0.05
    assert steps.estimate.tolist() == pytest.approx([after_one, after_two])
    n = len(frame)
    variance = {
        dose: rate * (1 - rate) / size * n / (n - 1)
        for dose, rate, size in ((0, 0.2, 200), (1, 0.5, 200), (2, 0.6, 200), (3, 0.65, 400))
    }
    one = variance[0] + 1.5**2 * variance[1] + 0.5**2 * variance[3]
    two = variance[0] / 4 + 1.5**2 * variance[2] + variance[3]
    assert steps.std_error.tolist() == pytest.approx(np.sqrt([one, two]))
    assert (steps.p_value < 0.02).all()


def test_a_straight_line_has_no_step(frame: pd.DataFrame, tmp_path: Path) -> None:
    straight = frame[frame.wow_moments < 4].assign(
        recommended_past_12m=lambda f: (
            f.groupby("wow_moments").cumcount() < 40 + 20 * f.wow_moments
        ).astype(int)
    )
    found = dose_response(written(straight, tmp_path)).to_pandas()
    steps = found[found.quantity == "step"]
    assert steps.estimate.tolist() == pytest.approx([0, 0], abs=1e-9)
    assert (steps.p_value > 0.99).all()


def test_refusals(frame: pd.DataFrame, tmp_path: Path) -> None:
    responses = written(frame, tmp_path)
    with pytest.raises(UsageError, match="'ease' is no count"):
        dose_response(responses, on="ease")
    few = written(frame[frame.wow_moments < 2], tmp_path)
    with pytest.raises(UsageError, match="0, 1 of wow_moments alone"):
        dose_response(few)
