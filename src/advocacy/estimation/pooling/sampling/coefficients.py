r"""The multilevel model as independent normal coefficients, and what they are multiplied by.

Effects of a term sum to zero, so they are an orthonormal basis of what does (Helmert contrasts)
times as many coefficients as are free; with the effects' standard deviation, the coefficients are
independent. The common coefficients are those of the intercept and the terms. A programme has B of
its own: what it has over all bands, and the contrasts of what it has beyond that in each. The log
odds of a count in programme p, band b and cell c, with the levels of all terms below one another,
are

.. math:: \eta = (M A k)_c + (T k_p)_b
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg import block_diag, helmert

from advocacy.arrays import Floats, Integers
from advocacy.estimation.pooling.effective_counts import PROGRAMME
from advocacy.estimation.pooling.layout import Effect, Layout
from advocacy.estimation.pooling.posterior import INTERCEPT, OWN

_INTERCEPT_SD = 1.5


@dataclass(frozen=True)
class Coefficients:
    """K common coefficients, and B of each of P programmes, at N counts in C cells of L levels.

    Parameters
    ----------
    y, n
        Effective number with the outcome, and of all; shape (N,).
    cell, place
        The cell of each count, and its place among programmes × bands; shape (N,).
    basis
        Levels of all terms by common coefficients, A; sparse, shape (L, K).
    members
        Which levels a cell is in, M; sparse, shape (C, L).
    bands
        A programme's own log odds in each band by its coefficients, T; shape (B, B).
    scaled
        Names of the S standard deviations that are estimated.
    fixed
        Those that are not, shape (F,).
    scale
        Which of the S and then F is a coefficient's, the common ones first; shape (K + P B,).
    levels
        Where a term's levels are among all, by its name.
    """

    y: Floats
    n: Floats
    cell: Integers
    place: Integers
    basis: Any
    members: Any
    bands: Floats
    scaled: tuple[str, ...]
    fixed: Floats
    scale: Integers
    levels: dict[str, slice]

    @property
    def common(self) -> int:
        """Number of common coefficients, K."""
        return int(self.basis.shape[1])

    @property
    def shape(self) -> tuple[int, int]:
        """Programmes and bands."""
        bands = len(self.bands)
        return (len(self.scale) - self.common) // bands, bands

    def deviations(self, scales: Floats) -> Floats:
        """Return the standard deviation of each coefficient, shape (K + P B,)."""
        found: Floats = np.concatenate([scales, self.fixed])[self.scale]
        return found

    def logits(self, values: Floats) -> Floats:
        """Return the log odds of each count, shape (N,)."""
        cells = self.members @ (self.basis @ values[: self.common])
        return self.at_counts(cells, self.own(values))

    def own(self, values: Floats) -> Floats:
        """Return the programmes' own log odds in each band, shape (P, B)."""
        found: Floats = values[self.common :].reshape(self.shape) @ self.bands.T
        return found

    def at_counts(self, cells: Floats, own: Floats) -> Floats:
        """Return the sum at each count of what is its cell's and its programme's, shape (N,)."""
        found: Floats = cells[self.cell] + own.ravel()[self.place]
        return found

    def over_cells(self, counts: Floats) -> Floats:
        """Return the sum over the counts of each cell, shape (C,)."""
        found: Floats = np.bincount(self.cell, counts, self.members.shape[0]).astype(np.float64)
        return found

    def over_places(self, counts: Floats) -> Floats:
        """Return the sum over the counts of each programme and band, shape (P, B)."""
        programmes, bands = self.shape
        found = np.bincount(self.place, counts, programmes * bands).astype(np.float64)
        return found.reshape(programmes, bands)


def coefficients_of(layout: Layout, y: Floats) -> Coefficients:
    """Return the model of these counts; ``y`` is the number with the outcome, shape (N,)."""
    programmes, bands = len(layout.programmes), len(layout.bands)
    bases = [np.ones((1, 1)), *(_basis(effect) for effect in layout.effects)]
    ends = np.cumsum([len(basis) for basis in bases])
    names = [INTERCEPT, *(effect.name for effect in layout.effects)]
    levels = {
        name: slice(end - len(basis), end)
        for name, basis, end in zip(names, bases, ends.tolist(), strict=True)
    }
    members, cell = _cells(layout, ends)
    scaled = [effect.name for effect in layout.effects if effect.sd is None]
    fixed = {INTERCEPT: _INTERCEPT_SD} | {e.name: e.sd for e in layout.effects if e.sd is not None}
    own = [PROGRAMME, *[OWN] * (bands - 1)]
    scaled += list(dict.fromkeys(own))
    number = {name: place for place, name in enumerate([*scaled, *fixed])}
    common = [number[n] for n, basis in zip(names, bases, strict=True) for _ in basis.T]
    return Coefficients(
        y=y,
        n=layout.n,
        cell=cell,
        place=layout.programme * bands + layout.band,
        basis=sparse.csr_array(block_diag(*bases)),
        members=members,
        bands=np.column_stack([np.ones(bands), _contrasts(bands)]),
        scaled=tuple(scaled),
        fixed=np.array(list(fixed.values())),
        scale=np.array([*common, *[number[name] for name in own] * programmes]),
        levels=levels,
    )


def _cells(layout: Layout, ends: Integers) -> tuple[Any, Integers]:
    """Return which levels each cell is in, and the cell of each count.

    A cell is what all terms are the same in; ``ends`` are those of the terms' levels among all.
    """
    index = [effect.index + end for effect, end in zip(layout.effects, ends[:-1], strict=True)]
    levels = np.array([np.zeros_like(layout.programme), *index])
    levels, cell = np.unique(levels, axis=1, return_inverse=True)
    rows = np.broadcast_to(np.arange(levels.shape[1]), levels.shape)
    ones = np.ones(levels.size)
    shape = levels.shape[1], int(ends[-1])
    return sparse.csr_array((ones, (rows.ravel(), levels.ravel())), shape=shape), cell.ravel()


def _basis(effect: Effect) -> Floats:
    basis: Floats = np.ones((1, 1))
    for size in effect.shape:
        basis = np.kron(basis, _contrasts(size)).astype(np.float64)
    return basis


def _contrasts(levels: int) -> Floats:
    """Return an orthonormal basis of what sums to zero, shape (levels, levels - 1)."""
    found: Floats = helmert(levels).T if levels > 1 else np.zeros((1, 0))
    return found
