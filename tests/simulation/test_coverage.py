"""Does the 95 % interval hold the truth in 95 % of studies? Both targets, truth known exactly.

Slow: `make slow`, which prints the rates and mean widths.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from advocacy.estimation import estimate
from advocacy.responses import Responses
from advocacy.simulation import (
    DEFAULT_TRUTH,
    Programmes,
    draw_programmes,
    simulate_responses,
    superpopulation_rates,
    true_rates,
)
from advocacy.survey import survey_design

STUDIES = 2_000
PROGRAMMES, RATINGS = 80, 8_000
BAR = 0.94
TRUTHS: dict[str, Callable[[Programmes], pa.Table]] = {
    "these_programmes": true_rates,
    "programmes_like_these": lambda _: superpopulation_rates(DEFAULT_TRUTH),
}


def one_study(seed: np.random.SeedSequence, target: str) -> tuple[bool, float]:
    """Simulate a study; return whether the interval held the truth, and its width."""
    rng = np.random.default_rng(seed)
    programmes = draw_programmes(PROGRAMMES, RATINGS, rng)
    table = simulate_responses(programmes, rng)
    identified = table.append_column("rating_id", pa.array(map(str, range(len(table)))))
    responses = Responses(
        name="simulated study",
        relation="ratings",
        columns=tuple(identified.column_names),
        tables={"ratings": identified},
        sources=("one", "another"),
    )
    row = estimate(responses, design=survey_design(responses, target)).table.to_pylist()[0]
    truth = TRUTHS[target](programmes)["rate"][0].as_py()
    return row["conf_low"] <= truth <= row["conf_high"], row["conf_high"] - row["conf_low"]


@pytest.mark.slow
@pytest.mark.parametrize("target", TRUTHS)
def test_korn_graubard_intervals_hold_the_truth(
    target: str, record_property: Callable[[str, object], None]
) -> None:
    seeds = np.random.SeedSequence(20260115).spawn(STUDIES)
    held, width = np.array([one_study(seed, target) for seed in seeds], dtype=float).T
    covered = held.mean()
    error = np.sqrt(covered * (1 - covered) / STUDIES)
    record_property(
        f"coverage, {target}",
        f"{covered:.4f} (Monte Carlo SE {error:.4f}) of {STUDIES} studies of {PROGRAMMES} "
        f"programmes and {RATINGS} ratings; mean width {width.mean():.4f}",
    )
    assert covered >= BAR
    assert covered <= 0.985, "an interval that always holds says nothing"
