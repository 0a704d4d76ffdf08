"""The whole distribution of the score: R's shares and covariance, joint limits, and rounding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.reference.against_r import expected, opened, same

from advocacy.errors import DataError, UsageError
from advocacy.estimation import estimate
from advocacy.estimation.distribution import SCORES, adding_up, distribution, joint_level
from advocacy.report.results import as_text
from advocacy.survey import survey_design

DESIGN = "mix_stratified_clustered"
CASES = [
    (design, sector, own)
    for (design, sector), own in expected("distribution_shares").groupby(["design", "sector"])
]


@pytest.mark.parametrize(
    ("design", "sector", "wanted"),
    CASES,
    ids=lambda value: (value or "all") if isinstance(value, str) else None,
)
def test_shares_and_their_covariance_are_rs(design: str, sector: str, wanted: Any) -> None:
    responses = opened(design)
    found = distribution(
        responses, by=["sector"] if sector else [], design=survey_design(responses, "as_given")
    )
    table = found.to_pandas()
    rows = np.flatnonzero(table.sector == sector) if sector else np.arange(len(table))
    own = table.iloc[rows]
    assert own.score.tolist() == list(SCORES)
    same(own[["estimate", "std_error"]], wanted[["estimate", "std_error"]])
    assert own.n_numerator.tolist() == wanted.n.tolist()
    theirs = expected("distribution_covariance").query("design == @design and sector == @sector")
    same(found.covariance()[np.ix_(rows, rows)].ravel(), theirs.covariance)


def test_a_share_is_that_of_its_score_alone() -> None:
    """As `estimate` has it: interval, df, effective n and flag."""
    table = distribution(opened(DESIGN), by=["country"]).to_pandas()
    for score in (0, 7, 10):
        alone = estimate(
            opened(DESIGN), estimand="intent_share", intent=str(score), by=["country"]
        ).to_pandas()
        ours = table[table.score == score].reset_index(drop=True)
        names = ["estimate", "std_error", "conf_low", "conf_high", "df", "n", "n_eff", "deff"]
        same(ours[names], alone[names])
        assert ours[["country", "intent", "reliability"]].equals(
            alone[["country", "intent", "reliability"]]
        )


def test_joint_limits_are_wider_and_hold_each_other() -> None:
    table = distribution(opened(DESIGN)).to_pandas()
    known = table[(table.estimate > 0) & (table.estimate < 1)]
    assert (known.joint_low < known.conf_low).all()
    assert (known.joint_high > known.conf_high).all()
    assert table.estimate.sum() == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize(
    ("covariance", "level"),
    [
        # Sidak: of eleven that are independent.
        (np.diag(np.arange(1.0, 12)), 0.95 ** (1 / 11)),
        # All of one, and one that does not vary.
        (np.ones((3, 3)), 0.95),
        (np.diag([1.0, 0.0]), 0.95),
        # Two shares that add up to 1 are one.
        (np.array([[1.0, -1.0], [-1.0, 1.0]]), 0.95),
    ],
)
def test_the_level_at_which_limits_hold_together(covariance: Any, level: float) -> None:
    assert joint_level(covariance, 0.95) == pytest.approx(level, abs=5e-4)


def test_the_level_is_rs() -> None:
    """R's `mvtnorm::qmvnorm` gives 2.741075, so a level of 0.993876, for these correlations."""
    theirs = expected("distribution_covariance").query(
        "design == 'stratified_clustered' and sector == ''"
    )
    covariance = theirs.covariance.to_numpy().reshape(11, 11)
    assert joint_level(covariance, 0.95) == pytest.approx(0.993876, abs=5e-4)


@pytest.mark.parametrize(
    ("shares", "decimals", "rounded"),
    [
        ([1 / 3, 1 / 3, 1 / 3], 0, [34, 33, 33]),
        ([0.335, 0.335, 0.33], 0, [34, 33, 33]),
        ([0.125, 0.875], 0, [13, 87]),
        ([0.1249, 0.8751], 0, [12, 88]),
        ([0.0004, 0.3336, 0.666], 1, [0.0, 33.4, 66.6]),
        ([0.0, 1.0, 0.0], 2, [0, 100, 0]),
        ([0.29, 0.57, 0.14], 0, [29, 57, 14]),
    ],
)
def test_rounded_shares_add_up(shares: list[float], decimals: int, rounded: list[float]) -> None:
    """By hand: what is left over goes to the largest remainders, the first of equal ones."""
    found = adding_up(np.array(shares), decimals)
    assert found.tolist() == pytest.approx(rounded, abs=1e-12)


def test_each_crossing_adds_up() -> None:
    found = distribution(opened(DESIGN), by=["sector", "country"], decimals=1)
    sums = found.to_pandas().groupby(["sector", "country"]).rounded.sum()
    same(sums, np.full(len(sums), 100.0))
    text = " ".join(as_text(found).split())
    assert "rounded %" in text
    assert "hold for the eleven shares together" in text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"by": ["score_band"]}, "Leave score_band out"),
        ({"by": ["colour"]}, "no segment"),
        ({"decimals": 3}, "0 to 2 can be had"),
        ({"conf_level": 95}, "not between 0 and 1"),
    ],
)
def test_what_cannot_be_asked_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        distribution(opened(DESIGN), **given)


def test_nobody_in_a_domain_is_said() -> None:
    with pytest.raises(DataError, match="No rating"):
        distribution(opened(DESIGN), where="score > 10")


@pytest.mark.heavy
def test_joint_limits_hold_all_shares(tmp_path: Any) -> None:
    """Of 250 samples of 300 ratings, all eleven in at least 93 %; single ones in far fewer."""
    import pandas as pd

    from advocacy.responses import open_responses

    shares = np.array([2, 1, 1, 2, 3, 8, 8, 15, 25, 15, 20]) / 100
    rng = np.random.default_rng(8)
    scores = rng.choice(11, (250, 300), p=shares)
    frame = pd.DataFrame({"score": scores.ravel(), "wave": np.repeat(np.arange(250), 300)})
    frame["wave"] = frame.wave.astype(str)
    frame.to_parquet(tmp_path / "samples.parquet", index=False)
    table = distribution(open_responses(tmp_path / "samples.parquet"), by=["wave"]).to_pandas()
    truth = np.tile(shares, 250)

    def held(kind: str) -> float:
        inside = (table[f"{kind}_low"] <= truth) & (truth <= table[f"{kind}_high"])
        return float(inside.to_numpy().reshape(-1, 11).all(axis=1).mean())

    assert held("joint") >= 0.93
    assert held("conf") < 0.85
