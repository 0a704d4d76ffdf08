"""Covariances within curves: of many quantities, those of each curve among themselves alone."""

from __future__ import annotations

import numpy as np

from advocacy.arrays import Floats
from advocacy.survey.gradient import Gradient
from advocacy.survey.quantities import Quantities
from advocacy.survey.stages import refuse_lonely, stages

# Entries of gradients that are held at a time, several arrays of 16 MB each.
_AT_A_TIME = 2_000_000


def block_covariances(found: Quantities, size: int) -> Floats:
    """Return the joint covariance within each block of ``size`` quantities that follow each other.

    As `Quantities.covariance`, of which it is a small part where there are many blocks.

    Returns
    -------
    Floats
        Shape (K / size, size, size).
    """
    blocks = np.arange(len(found.estimate)).reshape(-1, size)
    linear = found.replicates is None and found.design.lonely_psu != "average"
    if not linear or not isinstance(found.gradient, Gradient):
        parts = [found.take(block).covariance() for block in blocks]
    else:
        refuse_lonely(found.cells, found.design.lonely_psu)
        number = len(found.gradient.quantity) // _AT_A_TIME + 1
        whole = [found.gradient]
        if number > 1:
            chunks = np.array_split(blocks, min(number, len(blocks)))
            whole = [found.gradient.take(chunk.ravel()) for chunk in chunks]
        parts = [block for part in whole for block in _linear(found, part, size)]
    return np.array(parts, np.float64).reshape(-1, size, size)


def _linear(found: Quantities, gradient: Gradient, size: int) -> Floats:
    total = np.zeros((gradient.size // size, size, size))
    for stage in stages(found.cells, found.design.lonely_psu):
        total += gradient.blocks_at(stage, size)
    return total
