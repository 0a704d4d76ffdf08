"""Functions of totals whose derivatives are had by a step in the complex plane."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from advocacy.arrays import Floats
from advocacy.survey.quantities import Quantities

# Its square is nothing beside 1, so that derivatives are exact but for rounding.
_STEP = 1e-30


def transformed(found: Quantities, function: Callable[[Floats], Floats]) -> Quantities:
    """Return functions of quantities, which are made of arithmetic alone.

    ``function`` takes shape (..., K) and returns shape (..., L). Squire and Trapp (1998),
    https://doi.org/10.1137/S003614459631241X.
    """
    steps = found.estimate + 1j * _STEP * np.eye(len(found.estimate))
    return found.transformed(function, function(steps).imag.T / _STEP)
