"""Chains of the sampler: NUTS by `nutpie`, on the density that `density` states."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from advocacy.arrays import Floats
from advocacy.estimation.pooling.sampling.density import Density

# Smaller steps than by default: few programmes have divergent transitions otherwise.
_ACCEPTANCE = 0.85
# Parameters are nearly standard normal: chains begin farther out, each elsewhere.
_FARTHEST = 2.0
# How nutpie is asked for the draws done, and after how many milliseconds again.
_TEMPLATE, _TOLD_EVERY = "{{ total_finished_draws }}", 1000


@dataclass(frozen=True)
class Chain:
    """What a chain is asked for.

    Parameters
    ----------
    draws, tuning
        Number of draws, and of those before them that are discarded.
    seed
        Its own seed.
    """

    draws: int
    tuning: int
    seed: int

    @property
    def steps(self) -> int:
        """Number of all draws."""
        return self.draws + self.tuning


@dataclass(frozen=True)
class Drawn:
    """What a chain has drawn.

    Parameters
    ----------
    values
        Draws of what `Density.parameters` names, shape (draws, ...) each.
    diverging
        Which draws ended a divergent transition, shape (draws,).
    """

    values: dict[str, Floats]
    diverging: NDArray[np.bool_]


def draw_all(density: Density, chains: Sequence[Chain], tell: Callable[[int], None]) -> list[Drawn]:
    """Run chains one after the other; each depends on its own seed alone.

    ``tell`` is called about once a second with the draws done, those of tuning included.

    Raises
    ------
    KeyboardInterrupt
        It was interrupted: chains that are not whole are never returned.
    """
    found, before = [], 0
    for chain in chains:
        found.append(_draw(density, chain, _after(before, tell)))
        before += chain.steps
        tell(before)
    return found


def _after(before: int, tell: Callable[[int], None]) -> Callable[[int], None]:
    """Return what a chain tells its draws, before which so many were done."""
    return lambda done: tell(before + done)


def _draw(density: Density, chain: Chain, tell: Callable[[int], None]) -> Drawn:
    sampler = _nutpie().sample(
        _Telling(_model(density), tell),
        draws=chain.draws,
        tune=chain.tuning,
        chains=1,
        cores=1,
        seed=chain.seed,
        target_accept=_ACCEPTANCE,
        save_warmup=False,
        progress_bar=False,
        blocking=False,  # where it waits itself, it takes an interrupt for the end of sampling
    )
    try:
        found = sampler.wait()
    except BaseException:
        sampler.cancel()
        raise
    return Drawn(
        {str(name): values.to_numpy()[0] for name, values in found.posterior.data_vars.items()},
        found.sample_stats.diverging.to_numpy()[0],
    )


class _Telling:
    """A model whose sampler tells how far it is: nutpie does so in notebooks alone.

    Parameters
    ----------
    model
        What nutpie samples.
    tell
        Called with the draws done.
    """

    def __init__(self, model: Any, tell: Callable[[int], None]) -> None:
        self._model = model
        self._tell = tell

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def _make_sampler(
        self, settings: Any, init_mean: Any, cores: int, quiet: Any, store: Any
    ) -> Any:
        """Return the sampler with our way of telling in place of none."""
        told = type(quiet).template_callback(_TOLD_EVERY, _TEMPLATE, cores, self._said)
        return self._model._make_sampler(settings, init_mean, cores, told, store)

    def _said(self, rendered: str) -> None:
        self._tell(int(rendered))


def _model(density: Density) -> Any:
    """Return the density as nutpie takes it."""
    from nutpie.compiled_pyfunc import from_pyfunc

    found = density.parameters(np.zeros(density.size))
    return from_pyfunc(
        density.size,
        lambda: density.__call__,
        lambda *_: density.parameters,
        [values.dtype for values in found.values()],
        [values.shape for values in found.values()],
        list(found),
        make_initial_point_fn=lambda seed: _start(density.size, seed),
    )


def _start(size: int, seed: int) -> Floats:
    return np.random.default_rng(seed).uniform(-_FARTHEST, _FARTHEST, size)


def _nutpie() -> Any:
    """Return nutpie, imported where it is used."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of ArviZ, on what its next version will be
        return import_module("nutpie")
