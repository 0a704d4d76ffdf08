"""Cells: sums by domain, stratum and PSU, from which all else is computed.

A cell is what one PSU of one stratum has in one domain: number of ratings and weighted sums.
Everything after it is small. Where every rating is its own PSU, a cell holds all PSUs of one
stratum in one domain, and second-order sums stand in for them. Where weights are calibrated, a
cell has one crossing of the margins, so that all its ratings get the same factor.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from advocacy.arrays import Floats, Integers
from advocacy.survey.calibration import Calibration
from advocacy.survey.cells.given import GivenSums
from advocacy.survey.cells.numbering import summed


@dataclass(frozen=True)
class SecondStage:
    """Secondary units within PSUs, where both stages were drawn without replacement.

    Parameters
    ----------
    ssu
        Number of each cell's secondary unit, shape (C,).
    psu
        PSU of each secondary unit, shape (units,).
    ssus
        Secondary units drawn in each PSU, also those with no rating in any base; shape (PSUs,).
    fraction
        Share of the PSU's secondary units that was drawn, shape (PSUs,).
    """

    ssu: Integers
    psu: Integers
    ssus: Integers
    fraction: Floats


@dataclass(frozen=True)
class Cells:
    """Sums by domain, stratum and PSU.

    Parameters
    ----------
    domains
        The domains that occur, a row each, a column for each key; shape (D, keys). No rating
        lies in two of them.
    domain, programme, supplier, stratum
        Number of each cell's domain, programme, supplier and stratum; shape (C,).
    psu
        Number of each cell's PSU, shape (C,); ``None`` where every rating is its own.
    rows, n, hits
        Ratings in the cell, those of them in the base, and those of these with a numerator
        other than 0; shape (C,).
    w
        Sum of the weights of the ratings that count, in the base or not; shape (C,).
    x, z
        Weighted sums of numerator and base, population units; shape (C,).
    ww
        Sum of the squares of these weights, shape (C,).
    xx, xz, zz
        Sums over ratings of products of the weighted values; shape (C,). The first two are zeros
        where PSUs are given, which do not need them.
    most
        Largest weighted base of a rating, shape (C,).
    psus
        PSUs of each stratum, also those with no rating in any base; shape (strata,).
    fraction
        Share of the stratum's PSUs that was drawn, shape (strata,); 0 where the finite
        population is not known.
    stratum_names
        Name of each stratum, for messages.
    psu_keys
        What names each PSU, a row each; ``None`` where every rating is its own.
    second
        Secondary units within PSUs; ``None`` where there is no second stage.
    calibration
        What it did to the weights, which w, x and z have; ``None`` where there is none.
    given
        Sums of given replicate weights; ``None`` where the design has none.
    """

    domains: pa.Table
    domain: Integers
    programme: Integers
    supplier: Integers
    stratum: Integers
    psu: Integers | None
    rows: Integers
    n: Integers
    hits: Integers
    w: Floats
    x: Floats
    z: Floats
    xx: Floats
    xz: Floats
    zz: Floats
    most: Floats
    ww: Floats
    psus: Integers
    fraction: Floats
    stratum_names: tuple[str, ...]
    psu_keys: pa.Table | None = None
    second: SecondStage | None = None
    calibration: Calibration | None = None
    given: GivenSums | None = None

    @property
    def n_domains(self) -> int:
        """Number of domains, D."""
        return int(self.domain.max()) + 1

    def totals(self, values: Floats | Integers) -> Floats:
        """Return the sum of a value of the cells over each domain, shape (D,)."""
        return summed(self.domain, values, self.n_domains)


def psu_name(keys: pa.Table, psu: int) -> str:
    """Return what a PSU is called in messages."""
    return " ".join(filter(None, keys.slice(psu, 1).to_pylist()[0].values()))
