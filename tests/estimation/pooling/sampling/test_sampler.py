"""The sampler: it tells how far it is, which changes nothing that it draws."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from tests.estimation.pooling.counts import crossed

from advocacy.errors import UsageError
from advocacy.estimation.pooling.layout import laid_out
from advocacy.estimation.pooling.sampling import sampler
from advocacy.estimation.pooling.sampling.density import Density, density_of
from advocacy.estimation.pooling.sampling.sampler import sample


@pytest.fixture(scope="module")
def density() -> Density:
    counts = crossed()
    return density_of(laid_out(counts), counts.y)


def test_the_sampler_tells_the_draws_done_and_all(density: Density) -> None:
    told: list[tuple[int, int]] = []
    asked = {"draws": 50, "tuning": 30, "chains": 2, "seed": 7}
    loud = sample(density, **asked, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (160, 160)
    assert {total for _, total in told} == {160}
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    quiet = sample(density, **asked)
    assert np.array_equal(loud.posterior["programme"], quiet.posterior["programme"])


def test_draws_are_named_and_shaped_as_the_model(density: Density) -> None:
    drawn = sample(density, draws=5, tuning=5, chains=2, seed=1).posterior
    shapes = {str(name): values.shape[2:] for name, values in drawn.data_vars.items()}
    assert shapes == {
        "intercept": (1,), "sector": (2,), "score_band": (3,), "industry": (3,), "country": (2,),
        "year": (2,), "sector × industry": (6,), "industry × country": (6,),
        "industry:scale": (1,), "country:scale": (1,), "year:scale": (1,),
        "sector × industry:scale": (1,), "industry × country:scale": (1,),
        "programme:scale": (1,), "programme × score_band:scale": (1,),
        "programme": (5,), "programme × score_band": (15,),
    }  # fmt: skip


def test_chains_begin_elsewhere_and_far_out() -> None:
    starts = [sampler._start(500, seed) for seed in (1, 2)]
    assert not np.array_equal(*starts)
    assert all(1.8 < np.abs(start).max() <= 2 for start in starts)


def test_a_package_that_is_not_there_is_named(
    density: Density, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nutpie", None)
    with pytest.raises(UsageError, match="nutpie") as caught:
        sample(density)
    assert "advocacy[pooling]" in str(caught.value)


@pytest.mark.parametrize("name", ["pymc", "numba", "pytensor"])
def test_nothing_is_needed_that_compiles(
    name: str, density: Density, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    assert sample(density, draws=2, tuning=2, chains=1).posterior.sizes["draw"] == 2
