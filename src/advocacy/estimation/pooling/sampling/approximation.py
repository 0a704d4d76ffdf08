r"""A normal approximation of the posterior, from which the units come that are sampled in.

At given scales the coefficients' posterior is nearly normal about its mode, which Newton's method
finds: coefficients of a programme are independent of others' given the common ones. With variance
v and mode m of a coefficient, the data alone have told it with the precision
:math:`\tau = 1/v - 1/\sigma^2` and the pull :math:`h = m/v`; at another scale it has the mean
:math:`\sigma^2 h / (1 + \sigma^2 \tau)` and the variance :math:`\sigma^2 / (1 + \sigma^2 \tau)`.
From these the distributions of the scales follow (see `scales`), whose medians are the scales of
the next round.

Nothing rests on it but how fast the sampler is.

Rue, Martino and Chopin (2009), https://doi.org/10.1111/j.1467-9868.2008.00700.x; Papaspiliopoulos,
Roberts and Sköld (2007), https://doi.org/10.1214/088342307000000014.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.special import expit

from advocacy.arrays import Floats
from advocacy.estimation.pooling.sampling.coefficients import Coefficients
from advocacy.estimation.pooling.sampling.scales import Curves, curves, log_scale

_FIRST_SCALE, _ROUNDS = 0.3, 4
_MOST_STEPS, _CLOSE = 50, 1e-6
_HALVINGS = 30


@dataclass(frozen=True)
class Units:
    """What the sampler's parameters are multiplied by, and are counted from.

    Parameters
    ----------
    scales
        Log scales as functions of parameters.
    precision, pull
        What the data alone have told the coefficients; shape (K + P B,). The pull of programmes'
        coefficients is that where all levels are 0.
    common_root, own_root
        Lower roots of the correlations of the common coefficients, shape (K, K), and of each
        programme's, shape (P, B, B).
    follows
        What a programme's pulls lose by each level of the terms; sparse, shape (P B, L).
    """

    scales: Curves
    precision: Floats
    pull: Floats
    common_root: Floats
    own_root: Floats
    follows: Any


@dataclass(frozen=True)
class _Curvature:
    """The negative second derivatives of the log posterior at given scales, and what they give.

    Parameters
    ----------
    common
        Inverse covariance of the common coefficients, shape (K, K).
    own
        Covariance of each programme's given the common ones, shape (P, B, B).
    regression
        By how much a programme's coefficients fall with the common ones, shape (P, B, K).
    weight
        Each count's information, shape (N,).
    """

    common: Floats
    own: Floats
    regression: Floats
    weight: Floats


def units_of(model: Coefficients) -> Units:
    """Return the units in which the posterior is nearly standard normal."""
    scales, values = np.full(len(model.scaled), _FIRST_SCALE), np.zeros(len(model.scale))
    for _ in range(_ROUNDS):
        deviations = model.deviations(scales)
        values = _mode(model, deviations, values)
        curvature = _curvature(model, deviations, values)
        covariance = np.linalg.inv(curvature.common).astype(np.float64)
        variance = np.concatenate(
            [np.diag(covariance), np.diagonal(curvature.own, axis1=1, axis2=2).ravel()]
        )
        precision = np.maximum(1 / variance - 1 / deviations**2, 0)
        pull = values / variance
        found = [
            log_scale(precision[model.scale == number], pull[model.scale == number])
            for number in range(len(scales))
        ]
        scales = np.exp([float(scale.quantiles(np.zeros(1))[0]) for scale in found])
    follows = _follows(model, curvature, variance[model.common :])
    pull[model.common :] += follows @ (model.basis @ values[: model.common])
    return Units(
        scales=curves(found),
        precision=precision,
        pull=pull,
        common_root=_root(covariance),
        own_root=_root(curvature.own),
        follows=follows,
    )


def _root(covariance: Floats) -> Floats:
    """Return the lower root of correlations, shape (..., size, size)."""
    error = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
    found: Floats = np.linalg.cholesky(covariance / (error[..., :, None] * error[..., None, :]))
    return found


def _mode(model: Coefficients, deviations: Floats, values: Floats) -> Floats:
    """Return the coefficients of the highest posterior density by Newton's method, from others."""
    height = _height(model, deviations, values)
    for _ in range(_MOST_STEPS):
        step = _step(model, deviations, values)
        for _ in range(_HALVINGS):
            before, height = height, _height(model, deviations, values + step)
            if height >= before:
                break
            height, step = before, step / 2
        values = values + step
        if height - before < _CLOSE:
            break
    return values


def _height(model: Coefficients, deviations: Floats, values: Floats) -> float:
    """Return the log posterior density up to a constant."""
    logits = model.logits(values)
    likelihood = (model.y * logits - model.n * np.logaddexp(0, logits)).sum()
    return float(likelihood - ((values / deviations) ** 2).sum() / 2)


def _step(model: Coefficients, deviations: Floats, values: Floats) -> Floats:
    """Return a step of Newton's method, shape (K + P B,)."""
    found = _curvature(model, deviations, values)
    missed = model.y - model.n * expit(model.logits(values))
    own = (model.over_places(missed) @ model.bands).ravel()
    common = model.basis.T @ (model.members.T @ model.over_cells(missed))
    slope = np.concatenate([common, own]) - values / deviations**2
    own = slope[model.common :].reshape(model.shape)
    rest = slope[: model.common] - np.einsum("pbk,pb->k", found.regression, own)
    common = np.linalg.solve(found.common, rest)
    own = np.einsum("pab,pb->pa", found.own, own) - found.regression @ common
    return np.concatenate([common, own.ravel()])


def _curvature(model: Coefficients, deviations: Floats, values: Floats) -> _Curvature:
    rate = expit(model.logits(values))
    weight = model.n * rate * (1 - rate)
    told = 1 / deviations**2
    own = np.einsum("ba,pb,bc->pac", model.bands, model.over_places(weight), model.bands)
    own = np.linalg.inv(own + _diagonal(told[model.common :].reshape(model.shape)))
    across = (_by_level(model, weight) @ model.basis).toarray().reshape(*model.shape, -1)
    across = np.einsum("ba,pbk->pak", model.bands, across)
    regression = own @ across
    weighed = model.members.T @ sparse.diags_array(model.over_cells(weight)) @ model.members
    common = (model.basis.T @ weighed @ model.basis).toarray() + np.diag(told[: model.common])
    flat = (-1, model.common)
    common -= across.reshape(flat).T @ regression.reshape(flat)
    return _Curvature(common, own, regression, weight)


def _by_level(model: Coefficients, weight: Floats) -> Any:
    """Return the counts' weights by programme and band, and level; sparse, shape (P B, L)."""
    programmes, bands = model.shape
    shape = programmes * bands, model.members.shape[0]
    by_cell = sparse.csr_array((weight, (model.place, model.cell)), shape=shape)
    return by_cell @ model.members


def _follows(model: Coefficients, curvature: _Curvature, variance: Floats) -> Any:
    """Return what programmes' pulls lose by each level of the terms; sparse, shape (P B, L)."""
    programmes, bands = model.shape
    by_place = curvature.own @ model.bands.T / variance.reshape(programmes, bands, 1)
    blocks = sparse.block_diag(list(by_place), format="csr")
    return sparse.csr_array(blocks @ _by_level(model, curvature.weight))


def _diagonal(values: Floats) -> Floats:
    """Return diagonal matrices, shape (..., size, size)."""
    found: Floats = values[..., :, None] * np.eye(values.shape[-1])
    return found
