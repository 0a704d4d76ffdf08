"""What figures and pages of pooling are made of: methods side by side, cells by their size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from advocacy.estimation import Estimates

if TYPE_CHECKING:
    import pandas as pd

FAILED = "failed"
_PARTS = ("estimate", "std_error", "conf_low", "conf_high")
# Programmes behind a cell, at least and at most.
SIZES = ((1, 4), (5, 6), (7, 9), (10, 10_000))


def passed(estimates: Estimates) -> bool:
    """Tell whether a table of `pooled_tables` is of a fit that is published."""
    return FAILED not in estimates.table.column("reliability").to_pylist()


def joined(direct: Estimates, **others: Estimates) -> pd.DataFrame:
    """Return the cells whose direct rate is published, other methods' rates beside it.

    Columns are the segments, ``n``, ``n_programmes`` and ``size``, the row of `SIZES`; and for
    each method the rate, its standard error and its limits, such as ``estimate_direct``.
    """
    keys = list(direct.by)
    found = direct.to_pandas()[[*keys, "n", "n_programmes", "estimate"]]
    found = found.dropna(subset="estimate").drop(columns="estimate")
    for method, table in {"direct": direct, **others}.items():
        names = {part: f"{part}_{method}" for part in _PARTS}
        own = table.to_pandas()[[*keys, *_PARTS]].rename(columns=names)
        found = found.merge(own, on=keys)
    most = [high for _, high in SIZES]
    return found.assign(size=np.searchsorted(most, found["n_programmes"].to_numpy()))


def sizes(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the rows of `joined` by how many programmes are behind their cells, in words."""
    return {
        _size(*limits): frame[frame["size"] == number]
        for number, limits in enumerate(SIZES)
        if (frame["size"] == number).any()
    }


def _size(low: int, high: int) -> str:
    if low == SIZES[0][0]:
        return f"up to {high}"
    return f"{low} and more" if high == SIZES[-1][1] else f"{low} to {high}"


def median_variances(rates: Estimates, following: Estimates) -> tuple[float, float, float]:
    r"""Return the variances that a prediction is made of, each the median over cells.

    That of the mean, that of the next programme's rate, and of an answer, :math:`E[p (1 - p)]`.
    """
    mean, own = (table.table.column("std_error").to_numpy() ** 2 for table in (rates, following))
    rate = following.table.column("estimate").to_numpy()
    answer = rate * (1 - rate) - own
    return float(np.median(mean)), float(np.median(own)), float(np.median(answer))
