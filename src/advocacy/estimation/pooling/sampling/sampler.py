"""The sampler: NUTS by `nutpie`, on the density that `density` states.

R equivalent of the mode: ``lme4::glmer``.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from advocacy.arrays import Floats
from advocacy.errors import UsageError
from advocacy.estimation.pooling.posterior import OWN, Diagnostics
from advocacy.estimation.pooling.sampling.density import Density

DRAWS, TUNING, CHAINS = 1000, 200, 4
# Smaller steps than by default: few programmes have divergent transitions otherwise.
_ACCEPTANCE = 0.9
# Parameters are nearly standard normal: chains begin farther out, each elsewhere.
_FARTHEST = 2.0
# How nutpie is asked for the draws done and all, and after how many milliseconds again.
_TEMPLATE, _TOLD_EVERY = "{{ total_finished_draws }} {{ total_draws }}", 1000


def sample(
    density: Density,
    *,
    draws: int = DRAWS,
    tuning: int = TUNING,
    chains: int = CHAINS,
    seed: int = 0,
    cores: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Any:
    """Return the sampler's output, an `arviz.InferenceData`.

    ``progress`` is called about once a second with the draws done, those of tuning included, and
    of all.

    Raises
    ------
    KeyboardInterrupt
        It was interrupted: chains that are not whole are never returned.
    """
    model = _nutpie_model(density)
    sampler = _nutpie()[0].sample(
        _Telling(model, progress) if progress else model,
        draws=draws,
        tune=tuning,
        chains=chains,
        cores=cores or os.cpu_count(),
        seed=seed,
        target_accept=_ACCEPTANCE,
        progress_bar=False,
        blocking=False,  # where it waits itself, it takes an interrupt for the end of sampling
    )
    try:
        return sampler.wait()
    except BaseException:
        sampler.cancel()
        raise


class _Telling:
    """A model whose sampler tells how far it is: nutpie does so in notebooks alone.

    Parameters
    ----------
    model
        What nutpie samples.
    progress
        As in `sample`.
    """

    def __init__(self, model: Any, progress: Callable[[int, int], None]) -> None:
        self._model = model
        self._progress = progress

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def _make_sampler(
        self, settings: Any, init_mean: Any, cores: int, quiet: Any, store: Any
    ) -> Any:
        """Return the sampler with our way of telling in place of none."""
        told = type(quiet).template_callback(_TOLD_EVERY, _TEMPLATE, cores, self._tell)
        return self._model._make_sampler(settings, init_mean, cores, told, store)

    def _tell(self, rendered: str) -> None:
        done, total = map(int, rendered.split())
        self._progress(done, total)


def _nutpie_model(density: Density) -> Any:
    """Return the density as nutpie takes it."""
    from_pyfunc = _nutpie()[1]
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


def _nutpie() -> tuple[Any, Any]:
    """Return nutpie and what makes a model of functions, imported where they are used."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of ArviZ, on what its next version will be
            import nutpie
            from nutpie.compiled_pyfunc import from_pyfunc
    except ImportError as error:
        raise UsageError(
            f"Pooling needs a package that is not installed ({error.name}).",
            remedy="pip install 'advocacy[pooling]'",
        ) from error
    return nutpie, from_pyfunc


def diagnostics(sampled: Any) -> Diagnostics:
    """Judge what `sample` gave, by all parameters that are kept.

    Vehtari et al. (2021), https://doi.org/10.1214/20-BA1221. R equivalent: ``posterior::rhat``,
    ``ess_bulk``, ``ess_tail``.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        arviz: Any = import_module("arviz")  # its functions have no types
    kept = sampled.posterior.drop_vars(OWN, errors="ignore")
    found = [arviz.rhat(kept), *(arviz.ess(kept, method=part) for part in ("bulk", "tail"))]
    worst = [_worst(values, sign) for values, sign in zip(found, (1, -1, -1), strict=True)]
    sizes = sampled.posterior.sizes
    return Diagnostics(
        rhat=worst[0][0],
        ess_bulk=worst[1][0],
        ess_tail=worst[2][0],
        worst=(worst[0][1], worst[1][1], worst[2][1]),
        divergences=int(sampled.sample_stats.diverging.sum()),
        chains=int(sizes["chain"]),
        draws=int(sizes["draw"]),
    )


def _worst(values: Any, sign: int) -> tuple[float, str]:
    """Return the largest value times the sign, without the sign, and the parameter's name.

    What is not defined, as where a chain never moves, is worse than all else.
    """
    each = {str(n): float((sign * values[n]).max(skipna=False)) for n in values.data_vars}
    name = max(each, key=lambda n: np.inf if np.isnan(each[n]) else each[n])
    return sign * each[name], name
