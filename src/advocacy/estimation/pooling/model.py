r"""The multilevel model as PyMC states it and nutpie samples it.

**Parametrization.** Effects that the data tell well are sampled as they are, others in units of
their scale, and what is between goes over smoothly: with :math:`t` the standard error that the
data alone would give, :math:`u = z \sigma / \sqrt{1 + \sigma^2 / t^2}` and
:math:`z \sim N(0, \sqrt{1 + \sigma^2 / t^2})`. The same goes for programmes, about a mean of
what their cells and their own data say. A scale is the absolute value of a normal parameter, so
that nothing is steep near zero.

Sampler: NUTS, by `nutpie` on a `PyMC` model. R equivalent of the mode: ``lme4::glmer``.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np

from advocacy.arrays import Floats
from advocacy.errors import UsageError
from advocacy.estimation.pooling.effective_counts import PROGRAMME
from advocacy.estimation.pooling.layout import Effect, Layout
from advocacy.estimation.pooling.posterior import INTERCEPT, OWN, Diagnostics
from advocacy.survey.cells.numbering import summed

_INTERCEPT_SD, _SCALE_SD = 1.5, 0.5
# Only sets the units that are sampled in: how much programmes are thought to differ, log odds.
_TYPICAL = 0.3
_START = 0.1
_RAREST = 1e-3
DRAWS, TUNING, CHAINS = 2000, 600, 4
# Smaller steps than by default: scales near zero are otherwise reached with divergences.
_ACCEPTANCE = 0.9
# How nutpie is asked for the draws done and all, and after how many milliseconds again.
_TEMPLATE, _TOLD_EVERY = "{{ total_finished_draws }} {{ total_draws }}", 1000


def compiled(layout: Layout, y: Floats) -> Any:
    """Return the compiled model; `with_counts` gives it other counts of the same layout.

    ``y`` is the effective number with the outcome, shape (N,).
    """
    nutpie = _packages()[1]
    with warnings.catch_warnings(), _interrupts_kept():
        warnings.simplefilter("ignore")  # of PyTensor, on compilers that nutpie does not use
        return nutpie.compile_pymc_model(_model(layout, y))


@contextmanager
def _interrupts_kept() -> Iterator[None]:
    """Raise, when the block ends, an interrupt that fell into a callback of the compiler.

    LLVM calls Python through C, which cannot pass an exception on: it would be lost.
    """
    lost, before = [], sys.unraisablehook

    def keep(found: Any) -> None:
        if found.exc_type is KeyboardInterrupt:
            lost.append(found.exc_type)
        else:
            before(found)

    sys.unraisablehook = keep
    try:
        yield
    finally:
        sys.unraisablehook = before
    if lost:
        raise KeyboardInterrupt


def with_counts(model: Any, layout: Layout, y: Floats) -> Any:
    """Return a compiled model with other counts, shape (N,): as if compiled for them."""
    return model.with_data(**_data(layout, y))


def sample(
    model: Any,
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
    sampler = _packages()[1].sample(
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
    """A compiled model whose sampler tells how far it is: nutpie does so in notebooks alone.

    Parameters
    ----------
    model
        What `compiled` gave.
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


def _packages() -> tuple[Any, Any]:
    """Return PyMC and nutpie, imported where they are used."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of ArviZ, on what its next version will be
            import nutpie
            import pymc
    except ImportError as error:
        raise UsageError(
            f"Pooling needs a package that is not installed ({error.name}).",
            remedy="pip install 'advocacy[pooling]'",
        ) from error
    return pymc, nutpie


def _model(layout: Layout, y: Floats) -> Any:
    """Return the PyMC model."""
    pm = _packages()[0]
    with pm.Model() as model:
        data = {name: pm.Data(name, values) for name, values in _data(layout, y).items()}
        intercept = pm.Normal(INTERCEPT, 0, _INTERCEPT_SD)
        logit, mean = intercept, intercept
        for effect in layout.effects:
            values = _values(pm, effect, data)
            logit += values[effect.index]
            mean += pm.math.dot(data[f"{effect.name}:shares"], values)
        logit += _programmes(pm, layout, mean, data)[layout.programme]
        logit += _own_bands(pm, layout, data)[layout.programme, layout.band]
        # A potential: a binomial would cut fractions of counts off.
        likelihood = data["y"] * logit - layout.n * pm.math.log1pexp(logit)
        pm.Potential("likelihood", likelihood.sum())
    return model


def _data(layout: Layout, y: Floats) -> dict[str, Any]:
    """Return the counts, and what of them sets the units that are sampled in."""
    rate = _rates(layout, y)
    information = layout.n * rate * (1 - rate)
    told = np.bincount(layout.programme, information)
    # One step of Newton's method from the score bands' rates.
    step = information * np.log(rate / (1 - rate)) + y - layout.n * rate
    found: dict[str, Any] = {
        "y": y,
        "alone": np.bincount(layout.programme, step) / told,
        "alone:error": 1 / np.sqrt(told),
    }
    if len(layout.bands) > 1:
        mean = information.sum() / (len(told) * len(layout.bands))
        found[f"{OWN}:error"] = 1 / np.sqrt(mean)
    for effect in layout.effects:
        found[f"{effect.name}:shares"] = layout.shares(effect, information)
        if effect.sd is None:
            found[f"{effect.name}:error"] = _standard_error(layout, effect, information)
    return found


def _values(pm: Any, effect: Effect, data: Mapping[str, Any]) -> Any:
    """Return a term's effects, shape (levels,)."""
    if effect.sd is not None:
        return pm.ZeroSumNormal(effect.name, sigma=effect.sd, shape=effect.size)
    found = _scaled(pm, effect.name, effect.shape, len(effect.shape), data[f"{effect.name}:error"])
    return found.ravel()


def _own_bands(pm: Any, layout: Layout, data: Mapping[str, Any]) -> Any:
    """Return what programmes have of their own in each score band, shape (P, B)."""
    shape = len(layout.programmes), len(layout.bands)
    if shape[1] == 1:
        return np.zeros(shape)
    return _scaled(pm, OWN, shape, 1, data[f"{OWN}:error"])


def _scaled(pm: Any, name: str, shape: tuple[int, ...], axes: int, error: Any) -> Any:
    """Return effects that sum to zero over the last axes, of a scale that is estimated."""
    scale = _scale(pm, name)
    width = pm.math.sqrt(1 + (scale / error) ** 2)
    units = pm.ZeroSumNormal(f"{name}:units", sigma=width, n_zerosum_axes=axes, shape=shape)
    return pm.Deterministic(name, units * scale / width)


def _scale(pm: Any, name: str) -> Any:
    """Return a scale with either sign.

    Sampled as its inverse hyperbolic sine it mixes better in a large study with few years, but a
    quarter of small studies then have divergent transitions.
    """
    scale = pm.Normal(f"{name}:signed", 0, _SCALE_SD, initval=_START)
    pm.Deterministic(f"{name}:scale", abs(scale))
    return scale


def _programmes(pm: Any, layout: Layout, mean: Any, data: Mapping[str, Any]) -> Any:
    """Return what each programme has of its own, shape (P,).

    ``mean`` is the log odds of a mean programme in each programme's own cells. With w the weight
    that its data have beside it, and r the log odds that they alone would give, what is sampled is
    the effect plus w (mean - r): next to nothing whatever the scale, so that neither the scale nor
    the mean has to move with all programmes.
    """
    error = data["alone:error"]
    scale = _scale(pm, PROGRAMME)
    total = pm.math.sqrt(scale**2 + error**2)
    beyond = mean - data["alone"]
    size = len(layout.programmes)
    units = pm.Normal(
        f"{PROGRAMME}:units", beyond * scale / (error * total), total / error, shape=size,
        initval=np.zeros(size),
    )  # fmt: skip
    return pm.Deterministic(
        PROGRAMME, units * scale * error / total - beyond * (scale / total) ** 2
    )


def _differs(layout: Layout, effect: Effect) -> bool:
    """Tell whether it is programmes that differ in an effect, not their ratings."""
    return bool((layout.shares(effect, layout.n).max(axis=1) == 1).all())


def _rates(layout: Layout, y: Floats) -> Floats:
    """Return the rate of each count's score band, shape (N,)."""
    rate = np.bincount(layout.band, y) / np.bincount(layout.band, layout.n)
    # A band that all or none are of tells a little all the same.
    found: Floats = np.clip(rate, _RAREST, 1 - _RAREST)[layout.band]
    return found


def _standard_error(layout: Layout, effect: Effect, information: Floats) -> float:
    """Return roughly the standard error that the data alone would give to a term's effects."""
    if _differs(layout, effect):
        variance = 1 / np.bincount(layout.programme, information)
        told = (1 / (_TYPICAL**2 + variance)) @ layout.shares(effect, layout.n)
    else:
        told = summed(effect.index, information, effect.size)
    return float(1 / np.sqrt(told[told > 0].mean()))


def diagnostics(sampled: Any) -> Diagnostics:
    """Judge what `sample` gave, by all parameters that are kept.

    Vehtari et al. (2021), https://doi.org/10.1214/20-BA1221. R equivalent: ``posterior::rhat``,
    ``ess_bulk``, ``ess_tail``.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        arviz: Any = import_module("arviz")  # its functions have no types
    kept = sampled.posterior[_kept(sampled)]
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


def _kept(sampled: Any) -> list[str]:
    """Return the names of the parameters, without those that only carry them to the sampler."""
    names = [str(name) for name in sampled.posterior.data_vars]
    inner = (":signed", ":units", "__", OWN)
    return [name for name in names if not name.endswith(inner)]


def _worst(values: Any, sign: int) -> tuple[float, str]:
    """Return the largest value times the sign, without the sign, and the parameter's name.

    What is not defined, as where a chain never moves, is worse than all else.
    """
    each = {str(n): float((sign * values[n]).max(skipna=False)) for n in values.data_vars}
    name = max(each, key=lambda n: np.inf if np.isnan(each[n]) else each[n])
    return sign * each[name], name
