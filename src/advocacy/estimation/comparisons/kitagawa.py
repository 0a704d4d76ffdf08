r"""Differences at a common mix of segments, and how much of a raw difference the mix accounts for.

Of two levels A and B of a segment, let :math:`p_{sj} = X_{sj} / Z_{sj}` be the rates in the cells
j of other segments in which both have ratings, the common support J, and
:math:`m_{sj} = Z_{sj} / \sum_J Z_{sj}` the mixes. Kitagawa (1955):

.. math::

    \underbrace{\sum_J m_{Aj} p_{Aj} - \sum_J m_{Bj} p_{Bj}}_{\text{raw, over } J} =
    \underbrace{\sum_J \bar m_j (p_{Aj} - p_{Bj})}_{\text{rate part}} +
    \underbrace{\sum_J (m_{Aj} - m_{Bj}) \bar p_j}_{\text{mix part}}

with :math:`\bar m_j` and :math:`\bar p_j` the means of both. The rate part is the difference of two
rates standardised to the mix :math:`\bar m`. The mixes are estimated, so all of them are functions
of the totals X and Z. This describes; it does not say what would happen if a mix changed.

https://doi.org/10.1080/01621459.1955.10501299
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advocacy.arrays import Floats, Integers

# Of each quantity the level's rate, then the reference's; then the differences and their parts.
RATES = ("rate_all", "rate_common", "rate_standardised")
PARTS = ("raw_all", "raw_common", "rate_part", "mix_part")
QUANTITIES = (*(name for name in RATES for _ in range(2)), *PARTS)
# All ten as combinations of the six rates.
COMBINED = np.vstack(
    [
        np.eye(6),
        [
            [1, -1, 0, 0, 0, 0],
            [0, 0, 1, -1, 0, 0],
            [0, 0, 0, 0, 1, -1],
            [0, 0, 1, -1, -1, 1],
        ],
    ]
)


@dataclass(frozen=True)
class MixedPair:
    """A level and its reference, in K cells of level × mix.

    Parameters
    ----------
    names
        The level and the reference.
    every
        Cells of each, two arrays.
    common
        Cells of each in the common support, in the same order of the mix; shape (2, J).
    n_mix
        Cells of the mix in which any of the two has ratings.
    """

    names: tuple[str, str]
    every: tuple[Integers, Integers]
    common: Integers
    n_mix: int

    def rates(self, values: Floats) -> Floats:
        """Return the six rates, shape (..., 6), of totals of shape (..., 2K)."""
        x, z = np.split(values, 2, axis=-1)
        every = [x[..., rows].sum(axis=-1) / z[..., rows].sum(axis=-1) for rows in self.every]
        x, z = x[..., self.common], z[..., self.common]
        whole = z.sum(axis=-1, keepdims=True)
        mix = (z / whole).mean(axis=-2, keepdims=True)
        common = x.sum(axis=-1) / whole[..., 0]
        standardised = (mix * x / z).sum(axis=-1)
        return np.concatenate([np.stack(every, axis=-1), common, standardised], axis=-1)

    def jacobian(self, values: Floats) -> Floats:
        """Return the derivatives of the six rates with respect to the totals, shape (6, 2K)."""
        x, z = np.split(values, 2)
        found = np.zeros((6, 2, len(x)))
        for side in (0, 1):
            for row, cells in ((side, self.every[side]), (2 + side, self.common[side])):
                found[row][:, cells] = _of_ratio(x[cells], z[cells])
            found[4 + side] = self._of_standardised(x, z, side)
        return found.reshape(6, -1)

    def _of_standardised(self, x: Floats, z: Floats, side: int) -> Floats:
        r"""Return the derivatives of :math:`\sum_j \bar m_j p_j` by X and by Z, shape (2, K)."""
        found = np.zeros((2, len(x)))
        own, held = self.common[side], z[self.common]
        mixes = held / held.sum(axis=1, keepdims=True)
        rates, mix = x[own] / z[own], mixes.mean(axis=0)
        found[0, own] = mix / z[own]
        found[1, own] = -mix * rates / z[own]
        for cells, shares, whole in zip(self.common, mixes, held.sum(axis=1), strict=True):
            found[1, cells] += (rates - shares @ rates) / (2 * whole)
        return found

    def rows(self) -> list[Integers]:
        """Return the cells behind each of the ten quantities."""
        both = np.concatenate(self.every)
        return [*self.every, *self.common, *[self.common.ravel()] * 2, both] + [
            self.common.ravel()
        ] * 3


def _of_ratio(x: Floats, z: Floats) -> Floats:
    """Return the derivatives of sum x / sum z with respect to each, shape (2, cells)."""
    whole = z.sum()
    return np.stack([np.full(len(x), 1 / whole), np.full(len(x), -x.sum() / whole**2)])
