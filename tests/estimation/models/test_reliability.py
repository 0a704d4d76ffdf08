"""Reliability of scales: against R psych, pingouin and by hand.

The expected values come from tests/reference/reliability.R; nothing there is our own output.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.conftest import REFERENCE
from tests.reference.against_r import expected, opened, same

from advocacy.errors import UsageError
from advocacy.estimation.models.reliability import alpha, reliability
from advocacy.responses import open_responses


@pytest.mark.parametrize("on", expected("reliability_coefficients").on.unique())
def test_coefficients_equal_psych(on: str) -> None:
    wanted = expected("reliability_coefficients").query("on == @on")
    result = reliability(opened("reliability_items"), on=on.split())
    found = result.to_pandas().fillna({"item": ""})
    assert found.item.tolist() == wanted.item.tolist()
    assert found.quantity.tolist() == wanted.quantity.tolist()
    assert set(found.n) == set(wanted.n)
    omega = (wanted.quantity == "omega").to_numpy()
    same(found.estimate[~omega], wanted.estimate[~omega])
    # psych's search ends where its slope is small, not nought.
    same(found.estimate[omega], wanted.estimate[omega], rtol=1e-5)
    assert (
        result.unplaced
        == len(pd.read_csv(REFERENCE / "input" / "reliability_items.csv")) - (wanted.n.iloc[0])
    )
    assert (found.conf_low < found.estimate).all()
    assert ((found.estimate < found.conf_high) & (found.conf_high < 1)).all()


def test_alpha_equals_pingouin() -> None:
    import pingouin

    items = pd.read_csv(REFERENCE / "input" / "reliability_items.csv")[
        ["ease", "consistency", "resolution"]
    ]
    wanted, _ = pingouin.cronbach_alpha(items.dropna())
    found = reliability(opened("reliability_items"), on=list(items)).to_pandas()
    same(found.estimate[0], wanted)


def test_weights_count_as_copies(tmp_path: Path) -> None:
    frame = pd.read_csv(REFERENCE / "input" / "reliability_items.csv").dropna()
    frame["weight"] = np.arange(len(frame)) % 3 + 1
    on = ["ease", "consistency", "advice"]
    frame.to_csv(tmp_path / "weighted.csv", index=False)
    found = reliability(open_responses(tmp_path / "weighted.csv"), on=on).to_pandas()
    copies = frame.loc[frame.index.repeat(frame.weight)]
    same(found.estimate[0], alpha(np.cov(copies[on].T, bias=True)))


def test_items_of_one_covariance_by_hand() -> None:
    """Three items of variance 1 and covariance 1/2: 3/2 (1 - 3/6) = 3/4."""
    same(alpha(np.full((3, 3), 0.5) + np.eye(3) / 2), 0.75)


def test_two_items_are_no_scale() -> None:
    with pytest.raises(UsageError, match="2 items are no scale"):
        reliability(opened("reliability_items"), on=["ease", "advice"])
