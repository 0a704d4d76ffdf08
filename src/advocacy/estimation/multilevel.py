r"""Partial pooling: a multilevel logistic model of programmes, fitted by Markov chain Monte Carlo.

Effective counts y of n in programme p, cell c and score band s (see `effective_counts`) have the
log likelihood :math:`\sum y \log \rho + (n - y) \log(1 - \rho)` with

.. math:: logit\,\rho = \alpha + \beta_{sector} + \gamma_{score} + u_{industry} + u_{country}
          + u_{year} + u_{sector \times industry} + u_{industry \times country}
          + u_{programme} + u_{programme \times score}

Effects of a term sum to zero over each of its segments, those of a programme's score bands over
the bands; each u is normal with a standard deviation of its own, which is half-normal(0.5).
Programmes are independent draws from all there could be, and sum to nothing.

**Parametrization.** Effects that the data tell well are sampled as they are, others in units of
their scale, and what is between goes over smoothly: with :math:`t` the standard error that the
data alone would give, :math:`u = z \sigma / \sqrt{1 + \sigma^2 / t^2}` and
:math:`z \sim N(0, \sqrt{1 + \sigma^2 / t^2})`. The same goes for programmes, about a mean of
what their cells and their own data say. A scale is :math:`|\bar t \sinh a|` of a parameter a that
is sampled, linear near zero, where nothing is steep then, and logarithmic far beyond, where the
few levels of a segment leave it open.

Sampler: NUTS, by `nutpie` on a `PyMC` model. R equivalent of the mode: ``lme4::glmer``.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import pyarrow as pa

from advocacy.errors import DataError, UsageError
from advocacy.estimation.effective_counts import (
    PROGRAMME,
    SCORE,
    SECTOR,
    EffectiveCounts,
    effective_counts,
)
from advocacy.estimation.estimands import find_estimand
from advocacy.estimation.posterior import INTERCEPT, OWN, Diagnostics, Posterior, Term
from advocacy.estimation.segments import SEGMENTS
from advocacy.responses import Responses
from advocacy.survey.cells import Floats, Integers, summed
from advocacy.survey.design import Scaling
from advocacy.survey.engines import Engine

# Terms in the order of the formula; those with a number have this prior standard deviation,
# the scale of the others is estimated.
_TERMS: dict[tuple[str, ...], float | None] = {
    (SECTOR,): 1.0,
    (SCORE,): 1.5,
    ("industry",): None,
    ("country",): None,
    ("year",): None,
    (SECTOR, "industry"): None,
    ("industry", "country"): None,
}
_INTERCEPT_SD, _SCALE_SD = 1.5, 0.5
# Only sets the units that are sampled in: how much programmes are thought to differ, log odds.
_TYPICAL = 0.3
_RAREST = 1e-3
FEWEST_PROGRAMMES = 3
FEW_PROGRAMMES = 10
DRAWS, TUNING, CHAINS = 2000, 600, 4
# Smaller steps than by default: scales near zero are otherwise reached with divergences.
_ACCEPTANCE = 0.9


@dataclass(frozen=True)
class _Effect:
    """A term of the model at N counts.

    Parameters
    ----------
    segments, levels
        As in `Term`.
    index
        Level of each count in row-major order, shape (N,).
    sd
        Standard deviation where it is not estimated.
    """

    segments: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    index: Integers
    sd: float | None

    @property
    def name(self) -> str:
        return " × ".join(self.segments)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(own) for own in self.levels)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))


@dataclass(frozen=True)
class Layout:
    """What the counts are of: P programmes, B score bands, and the terms.

    Parameters
    ----------
    programmes, bands
        Their names.
    programme, band
        Those of each count, shape (N,).
    n
        Effective number of each count, shape (N,).
    effects
        The terms.
    """

    programmes: tuple[str, ...]
    bands: tuple[str, ...]
    programme: Integers
    band: Integers
    n: Floats
    effects: tuple[_Effect, ...]

    def shares(self, effect: _Effect, weight: Floats) -> Floats:
        """Return the share of each programme's weight in each level, shape (P, levels).

        ``weight`` is that of each count, shape (N,).
        """
        found = np.zeros((len(self.programmes), effect.size))
        np.add.at(found, (self.programme, effect.index), weight)
        total: Floats = found.sum(axis=1, keepdims=True)
        return found / total


@dataclass(frozen=True)
class Pooled:
    """A fitted model, and what it says of the programmes that it was fitted to.

    Parameters
    ----------
    posterior
        The model's draws, without programmes.
    layout
        What it was fitted to.
    programme
        What each programme has of its own over all score bands, log odds; shape (S, P).
    programme_score
        What it has beyond that in each band, shape (S, P, B).
    """

    posterior: Posterior
    layout: Layout
    programme: Floats
    programme_score: Floats


def pool(
    responses: Responses,
    *,
    estimand: str = "recommended_past_12m",
    weight_scaling: Scaling = "respondents",
    draws: int = DRAWS,
    seed: int = 0,
    engine: Engine | None = None,
) -> Pooled:
    """Fit the multilevel model to the programmes in the responses.

    It takes about half a minute to compile and, with half a million ratings of 400 programmes,
    two minutes to fit on two processors.

    Parameters
    ----------
    responses
        What `open_responses` gave.
    estimand
        Name in `ESTIMANDS` of a rate.
    weight_scaling
        As in `survey_design`.
    draws
        Draws of each of the four chains, after tuning.
    seed
        Seed of the sampler.
    engine
        As in `estimate`.

    Returns
    -------
    Pooled
        Also where the fit misses its diagnostics: see `Posterior.require_passed`, which
        everything that shows results calls.

    Raises
    ------
    UsageError
        The estimand is no rate, or the packages of ``advocacy[pooling]`` are not installed.
    MissingColumnError
        The responses lack the programme, the score, or a column that the estimand needs.
    DataError
        Fewer than three programmes, or no rating has an answer.
    """
    counts = effective_counts(
        responses, estimand=estimand, weight_scaling=weight_scaling, engine=engine
    )
    layout = laid_out(counts)
    sampled = sample(compiled(layout, counts.y), draws=draws, seed=seed)
    labels = {
        "estimand": estimand,
        "rung": find_estimand(estimand).rung,
        "target": "programmes_like_these",
        "source_kind": counts.source_kind,
    }
    return gathered(counts, layout, sampled, labels)


def laid_out(counts: EffectiveCounts) -> Layout:
    """Return what the model is of: the terms of `_TERMS` whose segments have several levels.

    Raises
    ------
    DataError
        There are fewer than three programmes.
    """
    levels, index = {}, {}
    for name in counts.keys.column_names:
        values = counts.keys.column(name).to_pylist()
        levels[name] = _levels(name, values)
        number = {level: position for position, level in enumerate(levels[name])}
        index[name] = np.array([number[value] for value in values])
    if len(levels[PROGRAMME]) < FEWEST_PROGRAMMES:
        raise DataError(
            f"There are {len(levels[PROGRAMME])} programmes, and how programmes differ is not to "
            f"be had from fewer than {FEWEST_PROGRAMMES}.",
            remedy="Hold the programme against a study instead: advocacy benchmark.",
        )
    effects = [
        _Effect(
            segments=segments,
            levels=tuple(levels[name] for name in segments),
            index=np.ravel_multi_index(
                [index[name] for name in segments], [len(levels[name]) for name in segments]
            ),
            sd=sd,
        )
        for segments, sd in _TERMS.items()
        if all(len(levels.get(name, ())) > 1 for name in segments)
    ]
    return Layout(
        levels[PROGRAMME], levels[SCORE], index[PROGRAMME], index[SCORE], counts.n, tuple(effects)
    )


def _levels(name: str, values: Sequence[str]) -> tuple[str, ...]:
    known = SEGMENTS[name].levels
    return tuple(sorted(set(values), key=lambda v: (known.index(v) if known else 0, v)))


def compiled(layout: Layout, y: Floats) -> Any:
    """Return the compiled model; `with_counts` gives it other counts of the same layout.

    ``y`` is the effective number with the outcome, shape (N,).
    """
    nutpie = _packages()[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of PyTensor, on compilers that nutpie does not use
        return nutpie.compile_pymc_model(_model(layout, y))


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
) -> Any:
    """Return the sampler's output, an `arviz.InferenceData`."""
    return _packages()[1].sample(
        model,
        draws=draws,
        tune=tuning,
        chains=chains,
        cores=cores or os.cpu_count(),
        seed=seed,
        target_accept=_ACCEPTANCE,
        progress_bar=False,
    )


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
        found[f"{OWN}:error"] = np.sqrt(len(layout.bands) / told)
    for effect in layout.effects:
        found[f"{effect.name}:shares"] = layout.shares(effect, information)
        if effect.sd is None:
            found[f"{effect.name}:error"] = _standard_error(layout, effect, information)
    return found


def _values(pm: Any, effect: _Effect, data: Mapping[str, Any]) -> Any:
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
    return _scaled(pm, OWN, shape, 1, data[f"{OWN}:error"][:, None])


def _scaled(pm: Any, name: str, shape: tuple[int, ...], axes: int, error: Any) -> Any:
    """Return effects that sum to zero over the last axes, of a scale that is estimated."""
    scale = _scale(pm, name, pm.math.mean(error))
    width = pm.math.sqrt(1 + (scale / error) ** 2)
    units = pm.ZeroSumNormal(f"{name}:units", sigma=width, n_zerosum_axes=axes, shape=shape)
    return pm.Deterministic(name, units * scale / width)


def _scale(pm: Any, name: str, unit: Any) -> Any:
    """Return a scale with either sign, ``unit`` being what the data can tell from nothing."""
    wide = pm.Flat(f"{name}:signed", initval=1.0)
    scale = unit * pm.math.sinh(wide)
    jacobian = pm.math.log(pm.math.cosh(wide))
    pm.Potential(f"{name}:prior", pm.logp(pm.Normal.dist(0, _SCALE_SD), scale) + jacobian)
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
    scale = _scale(pm, PROGRAMME, pm.math.mean(error))
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


def _differs(layout: Layout, effect: _Effect) -> bool:
    """Tell whether it is programmes that differ in an effect, not their ratings."""
    return bool((layout.shares(effect, layout.n).max(axis=1) == 1).all())


def _rates(layout: Layout, y: Floats) -> Floats:
    """Return the rate of each count's score band, shape (N,)."""
    rate = np.bincount(layout.band, y) / np.bincount(layout.band, layout.n)
    # A band that all or none are of tells a little all the same.
    found: Floats = np.clip(rate, _RAREST, 1 - _RAREST)[layout.band]
    return found


def _standard_error(layout: Layout, effect: _Effect, information: Floats) -> float:
    """Return roughly the standard error that the data alone would give to a term's effects."""
    if _differs(layout, effect):
        variance = 1 / np.bincount(layout.programme, information)
        told = (1 / (_TYPICAL**2 + variance)) @ layout.shares(effect, layout.n)
    else:
        told = summed(effect.index, information, effect.size)
    return float(1 / np.sqrt(told[told > 0].mean()))


def gathered(
    counts: EffectiveCounts, layout: Layout, sampled: Any, labels: Mapping[str, str]
) -> Pooled:
    """Return what `sample` found, for the counts that it was given.

    ``labels`` are those of `Posterior`.
    """
    own_scale, own = _own(sampled, layout)
    posterior = Posterior(
        intercept=_flat(sampled, INTERCEPT)[:, 0],
        terms=tuple(_term(sampled, effect) for effect in layout.effects),
        programme=_flat(sampled, f"{PROGRAMME}:scale")[:, 0],
        programme_score=own_scale,
        bands=layout.bands,
        cells=_cells(counts),
        labels=labels,
        diagnostics=diagnostics(sampled),
        warnings=_warnings(counts, layout),
    )
    return Pooled(posterior, layout, _flat(sampled, PROGRAMME), own)


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


def _flat(sampled: Any, name: str) -> Floats:
    """Return the draws of all chains one after the other, shape (S, size)."""
    values = sampled.posterior[name].to_numpy()
    found: Floats = values.reshape(values.shape[0] * values.shape[1], -1)
    return found


def _term(sampled: Any, effect: _Effect) -> Term:
    scale = None if effect.sd is not None else _flat(sampled, f"{effect.name}:scale")[:, 0]
    return Term(effect.segments, effect.levels, _flat(sampled, effect.name), scale)


def _own(sampled: Any, layout: Layout) -> tuple[Floats, Floats]:
    """Return scale and effects of programmes' own score bands, shapes (S,) and (S, P, B)."""
    shape = len(layout.programmes), len(layout.bands)
    if shape[1] == 1:
        draws = len(_flat(sampled, INTERCEPT))
        return np.zeros(draws), np.zeros((draws, *shape))
    return _flat(sampled, f"{OWN}:scale")[:, 0], _flat(sampled, OWN).reshape(-1, *shape)


def _cells(counts: EffectiveCounts) -> pa.Table:
    """Return what lies behind each cell and score band, as `Posterior.cells`."""
    outside = (PROGRAMME, SCORE, "year")
    names = [name for name in counts.keys.column_names if name not in outside] + [SCORE]
    table = counts.keys.select([*names, PROGRAMME])
    for name, values in (
        ("n", counts.ratings),
        ("n_eff", counts.n),
        ("n_numerator", counts.hits),
    ):
        table = table.append_column(name, pa.array(values))
    sums = [(name, "sum") for name in ("n", "n_eff", "n_numerator")]
    found = table.group_by(names).aggregate([*sums, (PROGRAMME, "count_distinct")])
    found = found.rename_columns([*names, "n", "n_eff", "n_numerator", "n_programmes"])
    return found.sort_by([(name, "ascending") for name in names])


def _warnings(counts: EffectiveCounts, layout: Layout) -> tuple[str, ...]:
    """Return what the reader must know of the data."""
    found = []
    if len(layout.programmes) < FEW_PROGRAMMES:
        found.append(
            f"There are {len(layout.programmes)} programmes only: how programmes differ is mostly "
            "what the model supposed beforehand."
        )
    alone = {
        name: counts.keys.column(name)[0].as_py()
        for name in counts.keys.column_names
        if name not in (PROGRAMME, SCORE) and len(counts.keys.column(name).unique()) == 1
    }
    found += [f"All ratings are of one {name}, {value}." for name, value in alone.items()]
    if confounded := _confounded(layout):
        found.append(
            f"Programmes cannot be told from levels of {', '.join(confounded)}: each of these has "
            "one programme alone, which is in no other."
        )
    if counts.unplaced:
        found.append(f"{counts.unplaced} ratings lack a segment and are left out.")
    return tuple(found)


def _confounded(layout: Layout) -> list[str]:
    """Name the terms with levels that are one programme and no more, and how many these are."""
    found = []
    for effect in layout.effects:
        inside = layout.shares(effect, layout.n) > 0
        elsewhere = inside.sum(axis=1) > 1
        alone = (inside.sum(axis=0) == 1) & ~inside[elsewhere].any(axis=0)
        if alone.any():
            found.append(f"{effect.name} ({alone.sum()} of {inside.any(axis=0).sum()})")
    return found
