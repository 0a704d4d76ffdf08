"""What R says about a design, its ratings, and how near our numbers have to be."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from tests.conftest import REFERENCE

from advocacy.responses import Responses, open_responses

# The bar is 1e-8; a standard error that is 0 on paper may be 2e-17 in either program.
RTOL, ATOL = 1e-9, 1e-12


def expected(name: str) -> pd.DataFrame:
    """Return a table of `expected/`; a blank text, as for a segment not broken down by, is ""."""
    frame = pd.read_csv(REFERENCE / "expected" / f"{name}.csv")
    return frame.fillna(dict.fromkeys(frame.select_dtypes("str"), ""))


@cache
def opened(name: str) -> Responses:
    """Return the ratings of a design of `input/`."""
    return open_responses(REFERENCE / "input" / f"{name}.csv")


def same(actual: Any, wanted: Any, **tolerance: float) -> None:
    """Fail unless numbers are the same to `RTOL` and `ATOL`, or to another ``rtol`` or ``atol``."""
    np.testing.assert_allclose(
        np.asarray(actual, float),
        np.asarray(wanted, float),
        **({"rtol": RTOL, "atol": ATOL} | tolerance),
    )
