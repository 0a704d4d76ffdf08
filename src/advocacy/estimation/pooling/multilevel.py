r"""Partial pooling: a multilevel logistic model of programmes, fitted by Markov chain Monte Carlo.

Effective counts y of n in programme p, cell c and score band s (see `effective_counts`) have the
log likelihood :math:`\sum y \log \rho + (n - y) \log(1 - \rho)` with

.. math:: logit\,\rho = \alpha + \beta_{sector} + \gamma_{score} + u_{industry} + u_{country}
          + u_{year} + u_{sector \times industry} + u_{industry \times country}
          + u_{programme} + u_{programme \times score}

Effects of a term sum to zero over each of its segments, those of a programme's score bands over
the bands; each u is normal with a standard deviation of its own, which is half-normal(0.5).
Programmes are independent draws from all there could be, and sum to nothing.

R equivalent of the mode: ``lme4::glmer``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from advocacy.arrays import Floats
from advocacy.estimation.estimands import find_estimand
from advocacy.estimation.pooling.effective_counts import (
    PROGRAMME,
    SCORE,
    EffectiveCounts,
    effective_counts,
)
from advocacy.estimation.pooling.layout import Effect, Layout, laid_out, warnings_of
from advocacy.estimation.pooling.posterior import INTERCEPT, OWN, Posterior, Term
from advocacy.estimation.pooling.sampling.density import density_of
from advocacy.estimation.pooling.sampling.sampler import DRAWS, diagnostics, sample
from advocacy.responses import Responses
from advocacy.survey.design import Scaling
from advocacy.survey.engines import Engine

# Of more only every second is kept, or third: neighbours in a chain say nearly the same.
MOST_DRAWS = 4000


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
    progress: Callable[[int, int], None] | None = None,
) -> Pooled:
    """Fit the multilevel model to the programmes in the responses.

    Half a million ratings of 400 programmes take some 85,000 gradients of less than a millisecond,
    which processors share, a process each.

    Parameters
    ----------
    responses
        What `open_responses` gave.
    estimand
        Name in `ESTIMANDS` of a rate.
    weight_scaling
        As in `survey_design`.
    draws
        Draws of each of the four chains, after tuning; of all, `MOST_DRAWS` at most are kept.
    seed
        Seed of the sampler.
    engine
        As in `estimate`.
    progress
        Called with the draws done, those of tuning included, and of all.

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
    sampled = sample(density_of(layout, counts.y), draws=draws, seed=seed, progress=progress)
    labels = {
        "estimand": estimand,
        "rung": find_estimand(estimand).rung,
        "target": "programmes_like_these",
        "source_kind": counts.source_kind,
    }
    return gathered(counts, layout, sampled, labels)


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
        warnings=warnings_of(counts, layout),
    )
    return Pooled(posterior, layout, _flat(sampled, PROGRAMME), own)


def _flat(sampled: Any, name: str) -> Floats:
    """Return the draws of all chains one after the other, shape (S, size), `MOST_DRAWS` of them."""
    values = sampled.posterior[name].to_numpy()
    values = values[:, :: math.ceil(values.shape[0] * values.shape[1] / MOST_DRAWS)]
    found: Floats = values.reshape(values.shape[0] * values.shape[1], -1)
    return found


def _term(sampled: Any, effect: Effect) -> Term:
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
