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
from scipy import sparse

from advocacy.arrays import Floats, Integers
from advocacy.estimation.pooling.effective_counts import PROGRAMME
from advocacy.estimation.pooling.layout import Layout
from advocacy.estimation.pooling.posterior import OWN
from advocacy.estimation.pooling.sampling.approximation import Units, units_of
from advocacy.estimation.pooling.sampling.coefficients import Coefficients, coefficients_of
from advocacy.estimation.pooling.sampling.scales import PRIOR_SD

# Log odds beyond which they are taken for these: odds would overflow.
_FARTHEST = 350.0


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
class _Counts:
    """The counts, those of a programme and band beside one another.

    Parameters
    ----------
    n, cell, place
        As in `Coefficients`, in this order; shape (N,).
    starts
        Where a place begins that has counts, shape (H,).
    y_by_cell, without_by_cell
        Number with the outcome and without, shape (C,).
    y_by_place, without_by_place
        The same, shape (P, B).
    """

    n: Floats
    cell: Integers
    place: Integers
    starts: Integers
    y_by_cell: Floats
    without_by_cell: Floats
    y_by_place: Floats
    without_by_place: Floats

    def over_places(self, counts: Floats) -> Floats:
        """Return the sum over the counts of each programme and band, shape (P, B)."""
        found = np.zeros_like(self.y_by_place)
        found.ravel()[self.place[self.starts]] = np.add.reduceat(counts, self.starts)
        return found


def _by_place(model: Coefficients) -> _Counts:
    order = np.argsort(model.place, kind="stable")
    place, without = model.place[order], model.n - model.y
    return _Counts(
        n=model.n[order],
        cell=model.cell[order],
        place=place,
        starts=np.flatnonzero(np.diff(place, prepend=-1)),
        y_by_cell=model.over_cells(model.y),
        without_by_cell=model.over_cells(without),
        y_by_place=model.over_places(model.y),
        without_by_place=model.over_places(without),
    )


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
    def _counts(self) -> _Counts:
        return _by_place(self.model)

    @cached_property
    def _root(self) -> tuple[Any, Any]:
        """Root of the correlations of all coefficients, and the other way round; sparse."""
        # Not by BLAS, whose threads would wait for one another in every step.
        root = sparse.block_diag([self.units.common_root, *self.units.own_root], format="csr")
        root.eliminate_zeros()
        return sparse.csr_array(root), sparse.csr_array(root.T)

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
        gradient = [scales, self._root[1] @ (slope * at.deviations * np.sqrt(at.left))]
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
        spread = deviations * np.sqrt(left) * (self._root[0] @ parameters[len(model.scaled) :])
        pull = units.pull.copy()
        centres = deviations**2 * left * pull
        levels = model.basis @ (centres + spread)[:common]
        pull[common:] -= units.follows @ levels
        centres = deviations**2 * left * pull
        return _Point(slope, bend, scales, deviations, left, centres, centres + spread, levels)

    def _likelihood(self, at: _Point) -> tuple[float, Floats, Floats]:
        """Return the log likelihood, and its slopes by level and by programmes' coefficients."""
        model, counts = self.model, self._counts
        cells = np.clip(model.members @ at.levels, -_FARTHEST, _FARTHEST)
        own = np.clip(model.own(at.values), -_FARTHEST, _FARTHEST)
        # The odds of a count are those of its cell times its programme's: there are fewer of these.
        told = np.exp(cells)[counts.cell]
        told *= np.exp(own).ravel()[counts.place]
        told += 1
        found = (counts.y_by_cell * cells).sum() + (counts.y_by_place * own).sum()
        found -= (counts.n * np.log(told)).sum()
        # Of whom no outcome is expected.
        left = np.divide(counts.n, told, out=told)
        missed = counts.over_places(left) - counts.without_by_place
        by_cell = np.bincount(counts.cell, left, len(cells)) - counts.without_by_cell
        return found, self._transposed[1] @ by_cell, (missed @ model.bands).ravel()


def density_of(layout: Layout, y: Floats) -> Density:
    """Return the density of the model of a layout; ``y`` as in `coefficients_of`."""
    model = coefficients_of(layout, y)
    return Density(model, units_of(model))
