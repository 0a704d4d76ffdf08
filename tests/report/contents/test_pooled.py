"""How results of the pooled model look by themselves: each quantity in its own unit."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from tests.estimation.pooling.posteriors import tiny

from advocacy.estimation.pooling.beside import beside
from advocacy.estimation.pooling.effective_counts import EffectiveCounts
from advocacy.estimation.pooling.predictions import (
    expectation,
    pooled_rates,
    ranks,
    variance_shares,
)


def lines(result: object) -> list[str]:
    return [line.rstrip() for line in str(result).splitlines()]


def test_rates_are_per_cent_with_their_names_and_ratings() -> None:
    result = pooled_rates(tiny(60))
    shown = lines(result)
    first = result.table.to_pylist()[0]
    assert shown[0] == "Simulated data: not a finding."
    assert shown[2].endswith("mean of programmes, pooled · simulated data")
    assert shown[4].split() == ["sector", "industry", "country", "%", "90", "%", "interval", "n"]
    wanted = [f"{100 * first[name]:.1f}" for name in ("estimate", "conf_low", "conf_high")]
    row = f"B2B Manufacturing Denmark {wanted[0]} {wanted[1]} to {wanted[2]} {first['n']}"
    assert " ".join(shown[5].split()) == row


def test_ranks_are_ranks() -> None:
    result = ranks(tiny(60), of="country")
    first = result.table.to_pylist()[0]
    shown = lines(result)
    assert shown[4].split()[:2] == ["country", "rank"]
    row = f"Denmark {first['estimate']:.1f} {first['conf_low']:.0f} to {first['conf_high']:.0f}"
    assert " ".join(shown[5].split()) == row


def test_shares_say_what_they_are_of() -> None:
    shown = lines(variance_shares(tiny(60)))
    assert shown[1] == "How much of the variance between rates lies between what?"
    assert any(line.startswith("programmes × score") for line in shown)
    assert shown[4].split() == ["term", "%", "90", "%", "interval"]


def test_rows_of_several_quantities_are_told_apart() -> None:
    text = str(expectation(tiny(60), where={"sector": "B2B"}))
    for words in ("one more programme", "mean of programmes", "share of the variance"):
        assert words in text


def test_what_is_expected_of_a_programme_shows_no_ratings() -> None:
    keys = {"programme": "P", "score_band": "10", "sector": "B2B", "industry": "C", "country": "NO"}
    nine = np.array([9])
    counts = EffectiveCounts(
        pa.table({k: [v] for k, v in keys.items()}), np.array([5.0]), np.array([9.0]), nine,
        nine - 4, 0, "simulated",
    )  # fmt: skip
    shown = lines(beside(tiny(60), counts))[-3:]
    assert [line.split()[-1] for line in shown] == ["9", "–", "–"]
    assert ["its own, pooled" in shown[0], "programmes like it" in shown[1]] == [True, True]
    assert "chance to be above half of them" in shown[2]
