r"""The log posterior density of the multilevel model and its gradient, in the sampler's units.

A scale is :math:`\sigma = \exp f(s)` (see `scales`). With the precision :math:`\tau` and the pull h
that the data alone have told a coefficient (see `approximation`), it is

.. math:: k = \frac{\sigma^2 h}{1 + \sigma^2 \tau} + \frac{\sigma}{\sqrt{1 + \sigma^2 \tau}} (R z)

with R a root of the correlations of those that are told together: nearly standard normal and
independent whatever the scales, where the data tell much as where they tell nothing. The pull of a
programme's coefficients falls with the common ones of its cells. As the change of parameters is
allowed for, the effects' density is that of the model, however rough the approximation.

It is written in NumPy, with the gradient by hand: nothing is compiled.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from advocacy.arrays import Floats
from advocacy.estimation.pooling.effective_counts import PROGRAMME
from advocacy.estimation.pooling.layout import Layout
from advocacy.estimation.pooling.posterior import OWN
from advocacy.estimation.pooling.sampling.approximation import Units, units_of
from advocacy.estimation.pooling.sampling.coefficients import Coefficients, coefficients_of
from advocacy.estimation.pooling.sampling.scales import PRIOR_SD


@dataclass(frozen=True)
class _Point:
    """What parameters stand for.

    Parameters
    ----------
    slope, bend
        Derivatives of the log scales, shape (S,).
    scales
        Standard deviations, shape (S,).
    deviations
        That of each coefficient, shape (K + P B,).
    left
        Share of its variance that the data have left, shape (K + P B,).
    centres, values
        Coefficients at z = 0, and themselves; shape (K + P B,).
    levels
        Effects of all levels of the terms, shape (L,).
    """

    slope: Floats
    bend: Floats
    scales: Floats
    deviations: Floats
    left: Floats
    centres: Floats
    values: Floats
    levels: Floats


@dataclass(frozen=True)
class Density:
    """The log density, up to a constant, as a function of S + K + P B parameters.

    Parameters
    ----------
    model, units
        What it is of, and the units of the parameters.
    """

    model: Coefficients
    units: Units

    @property
    def size(self) -> int:
        """Number of parameters."""
        return len(self.model.scaled) + len(self.model.scale)

    @cached_property
    def _told(self) -> tuple[Floats, Floats]:
        """The outcomes by cell, and by programme and band."""
        return self.model.over_cells(self.model.y), self.model.over_places(self.model.y)

    @cached_property
    def _transposed(self) -> tuple[Any, Any, Any]:
        """Basis, members and `Units.follows` the other way round."""
        matrices = self.model.basis, self.model.members, self.units.follows
        basis, members, follows = (matrix.T.tocsr() for matrix in matrices)
        return basis, members, follows

    def __call__(self, parameters: Floats) -> tuple[float, Floats]:
        """Return the log density and its gradient, shape (size,)."""
        at = self._at(parameters)
        likelihood, by_levels, by_own = self._likelihood(at)
        in_units = at.values / at.deviations
        prior = -(in_units**2).sum() - (at.scales**2).sum() / PRIOR_SD**2
        # Of the coefficients by their units, and of the scales by theirs.
        change = np.log(at.left).sum() / 2 + np.log(at.scales * at.slope).sum()
        basis, _, follows = self._transposed
        slope = np.concatenate([np.zeros(self.model.common), by_own]) - in_units / at.deviations
        told = slope * at.deviations**2 * at.left
        slope[: self.model.common] += basis @ (by_levels - follows @ told[self.model.common :])
        # All by the log scale, of which a coefficient's centre and its distance from it depend.
        turn = slope * at.left * (at.values + at.centres) + in_units**2 + at.left - 1
        turned = np.bincount(self.model.scale, turn)[: len(at.scales)]
        scales = (turned + 1 - (at.scales / PRIOR_SD) ** 2) * at.slope + at.bend / at.slope
        gradient = [scales, *self._unrolled(slope * at.deviations * np.sqrt(at.left))]
        return float(likelihood + prior / 2 + change), np.concatenate(gradient)

    def parameters(self, parameters: Floats) -> dict[str, Floats]:
        """Return all that the model names: intercept, effects, scales and what programmes have."""
        at, model = self._at(parameters), self.model
        found = {name: at.levels[place] for name, place in model.levels.items()}
        names = (f"{name}:scale" for name in model.scaled)
        found |= dict(zip(names, at.scales[:, None], strict=True))
        own = at.values[model.common :].reshape(model.shape)
        found[PROGRAMME] = np.ascontiguousarray(own[:, 0])
        if model.shape[1] > 1:
            found[OWN] = (own[:, 1:] @ model.bands[:, 1:].T).ravel()
        return found

    def _at(self, parameters: Floats) -> _Point:
        model, units = self.model, self.units
        common = model.common
        log_scales, slope, bend = units.scales.at(parameters[: len(model.scaled)])
        scales = np.exp(log_scales)
        deviations = model.deviations(scales)
        left = 1 / (1 + deviations**2 * units.precision)
        spread = deviations * np.sqrt(left) * self._rolled(parameters[len(model.scaled) :])
        pull = units.pull.copy()
        centres = deviations**2 * left * pull
        levels = model.basis @ (centres + spread)[:common]
        pull[common:] -= units.follows @ levels
        centres = deviations**2 * left * pull
        return _Point(slope, bend, scales, deviations, left, centres, centres + spread, levels)

    def _likelihood(self, at: _Point) -> tuple[float, Floats, Floats]:
        """Return the log likelihood, and its slopes by level and by programmes' coefficients."""
        model = self.model
        by_cell, by_place = self._told
        cells, own = model.members @ at.levels, model.own(at.values)
        logits = model.at_counts(cells, own)
        # Of the larger of hits and misses, which does not overflow.
        odds = np.exp(-np.abs(logits))
        told = 1 + odds
        found = (by_cell * cells).sum() + (by_place * own).sum()
        found -= (model.n * (np.maximum(logits, 0) + np.log(told))).sum()
        expected = model.n * np.where(logits > 0, 1, odds) / told
        missed = by_place - model.over_places(expected)
        levels = self._transposed[1] @ (by_cell - model.over_cells(expected))
        return found, levels, (missed @ model.bands).ravel()

    def _rolled(self, z: Floats) -> Floats:
        """Return correlated units of independent ones, shape (K + P B,)."""
        # Not by BLAS, whose threads would wait for one another in every step.
        common = np.einsum("ij,j->i", self.units.common_root, z[: self.model.common])
        own = z[self.model.common :].reshape(self.model.shape)
        return np.concatenate([common, np.einsum("pij,pj->pi", self.units.own_root, own).ravel()])

    def _unrolled(self, slope: Floats) -> tuple[Floats, Floats]:
        """Return the slopes by independent units, of the common coefficients and the others."""
        common = np.einsum("ij,i->j", self.units.common_root, slope[: self.model.common])
        own = slope[self.model.common :].reshape(self.model.shape)
        return common, np.einsum("pij,pi->pj", self.units.own_root, own).ravel()


def density_of(layout: Layout, y: Floats) -> Density:
    """Return the density of the model of a layout; ``y`` as in `coefficients_of`."""
    model = coefficients_of(layout, y)
    return Density(model, units_of(model))
