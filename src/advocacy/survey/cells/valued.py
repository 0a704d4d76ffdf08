"""Cells in which each rating counts what its domain tells: several numerators of one pass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from advocacy.arrays import Floats
from advocacy.survey.cells.cells import Cells


def valued(cells: Cells, value: Floats) -> Cells:
    """Return cells whose numerator is a value of their domain; it is 0 outside the base.

    Parameters
    ----------
    cells
        Of one pass, whatever numerator it had.
    value
        What each rating of a domain counts, shape (D,).
    """
    own = value[cells.domain]
    apart = cells.zz if cells.psu is None else np.zeros_like(cells.zz)
    given = cells.given
    return replace(
        cells,
        x=cells.z * own,
        hits=cells.n * (own != 0),
        xx=apart * own**2,
        xz=apart * own,
        given=given and replace(given, x=given.z * own[given.cell]),
    )
