"""The sampler: it tells how far it is, which changes nothing that it draws."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from advocacy.estimation.pooling.model import sample


@pytest.fixture(scope="module")
def model() -> Any:
    """Return a compiled model of one normal parameter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import nutpie
        import pymc as pm

        with pm.Model() as stated:
            pm.Normal("x", 0, 1)
        return nutpie.compile_pymc_model(stated)


def test_the_sampler_tells_the_draws_done_and_all(model: Any) -> None:
    told: list[tuple[int, int]] = []
    asked = {"draws": 50, "tuning": 30, "chains": 2, "seed": 7}
    loud = sample(model, **asked, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (160, 160)
    assert {total for _, total in told} == {160}
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    quiet = sample(model, **asked)
    assert np.array_equal(loud.posterior["x"], quiet.posterior["x"])
