"""The sampler: four chains from one seed, and how well they did.

R equivalent of the mode: ``lme4::glmer``.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from advocacy.errors import UsageError
from advocacy.estimation.pooling.posterior import OWN, Diagnostics
from advocacy.estimation.pooling.sampling.chain import Chain, draw_all
from advocacy.estimation.pooling.sampling.density import Density
from advocacy.estimation.pooling.sampling.processes import draw_in_processes

DRAWS, TUNING, CHAINS = 1000, 200, 4


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
    """Return what is drawn, an `arviz.InferenceData`; it does not depend on ``cores``.

    With several cores, chains run in as many processes. ``progress`` is called about once a second
    with the draws done, those of tuning included, and of all.

    Raises
    ------
    KeyboardInterrupt
        It was interrupted: chains that are not whole are never returned.
    UsageError
        The packages of ``advocacy[pooling]`` are not installed.
    """
    _refuse_without_packages()
    seeds = np.random.SeedSequence(seed).generate_state(chains, np.uint64)
    asked = [Chain(draws, tuning, int(own)) for own in seeds]
    total = sum(chain.steps for chain in asked)

    def tell(done: int) -> None:
        if progress:
            progress(done, total)

    processes = min(cores or os.cpu_count() or 1, chains)
    if processes == 1:
        drawn = draw_all(density, asked, tell)
    else:
        drawn = draw_in_processes(density, asked, processes, tell)
    names = drawn[0].values
    return _arviz().from_dict(
        posterior={name: np.stack([chain.values[name] for chain in drawn]) for name in names},
        sample_stats={"diverging": np.stack([chain.diverging for chain in drawn])},
    )


def _refuse_without_packages() -> None:
    """Refuse before a process is started, which would find the same."""
    for name in ("nutpie", "arviz"):
        if find_spec(name) is None:
            raise UsageError(
                f"Pooling needs a package that is not installed ({name}).",
                remedy="pip install 'advocacy[pooling]'",
            )


def _arviz() -> Any:
    """Return ArviZ, imported where it is used; its functions have no types."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what its next version will be
        return import_module("arviz")


def diagnostics(sampled: Any) -> Diagnostics:
    """Judge what `sample` gave, by all parameters that are kept.

    Vehtari et al. (2021), https://doi.org/10.1214/20-BA1221. R equivalent: ``posterior::rhat``,
    ``ess_bulk``, ``ess_tail``.
    """
    arviz, kept = _arviz(), sampled.posterior.drop_vars(OWN, errors="ignore")
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
