"""The sampler: how far it is, and in how many processes, change nothing that it draws."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from tests.estimation.pooling.counts import crossed

from advocacy.errors import UsageError
from advocacy.estimation.pooling.layout import laid_out
from advocacy.estimation.pooling.sampling import chain
from advocacy.estimation.pooling.sampling.density import Density, density_of
from advocacy.estimation.pooling.sampling.sampler import sample


@pytest.fixture(scope="module")
def density() -> Density:
    counts = crossed()
    return density_of(laid_out(counts), counts.y)


def test_the_sampler_tells_the_draws_done_and_all(density: Density) -> None:
    told: list[tuple[int, int]] = []
    asked = {"draws": 50, "tuning": 30, "chains": 2, "seed": 7, "cores": 1}
    loud = sample(density, **asked, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (160, 160)
    assert {total for _, total in told} == {160}
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    quiet = sample(density, **asked)
    assert np.array_equal(loud.posterior["programme"], quiet.posterior["programme"])


def test_draws_are_named_and_shaped_as_the_model(density: Density) -> None:
    drawn = sample(density, draws=5, tuning=5, chains=2, seed=1, cores=1).posterior
    shapes = {str(name): values.shape[2:] for name, values in drawn.data_vars.items()}
    assert shapes == {
        "intercept": (1,), "sector": (2,), "score_band": (3,), "industry": (3,), "country": (2,),
        "year": (2,), "sector × industry": (6,), "industry × country": (6,),
        "industry:scale": (1,), "country:scale": (1,), "year:scale": (1,),
        "sector × industry:scale": (1,), "industry × country:scale": (1,),
        "programme:scale": (1,), "programme × score_band:scale": (1,),
        "programme": (5,), "programme × score_band": (15,),
    }  # fmt: skip


def test_processes_draw_the_same_whatever_their_number(density: Density) -> None:
    """Three chains, so that two processes have shares of different lengths."""
    told: list[tuple[int, int]] = []
    asked = {"draws": 8, "tuning": 12, "chains": 3, "seed": 7}
    one = sample(density, **asked, cores=1)
    two = sample(density, **asked, cores=2, progress=lambda done, all_: told.append((done, all_)))
    for name, values in one.posterior.data_vars.items():
        np.testing.assert_array_equal(values, two.posterior[name])
    np.testing.assert_array_equal(one.sample_stats.diverging, two.sample_stats.diverging)
    chains = one.posterior["programme"].to_numpy()
    assert not np.array_equal(chains[0], chains[1])
    assert told[-1] == (60, 60)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_chains_begin_elsewhere_and_far_out() -> None:
    starts = [chain._start(500, seed) for seed in (1, 2)]
    assert not np.array_equal(*starts)
    assert all(1.8 < np.abs(start).max() <= 2 for start in starts)


def test_a_package_that_is_not_there_is_named(
    density: Density, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nutpie", None)
    with pytest.raises(UsageError, match="nutpie") as caught:
        sample(density, cores=1)
    assert "advocacy[pooling]" in str(caught.value)


@pytest.mark.parametrize("name", ["pymc", "numba", "pytensor"])
def test_nothing_is_needed_that_compiles(
    name: str, density: Density, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    assert sample(density, draws=2, tuning=2, chains=1).posterior.sizes["draw"] == 2
