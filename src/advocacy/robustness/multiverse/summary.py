"""What the analyses of a multiverse say together: verdicts, and which choice moves the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from advocacy.arrays import Floats, Integers
from advocacy.estimation.estimates import Estimates
from advocacy.robustness.multiverse.choices import Choices

CHOICES = tuple(part.name for part in fields(Choices))
_ROUNDING = 1e-12
# What an analysis says of the rate and the value that it is held against.
VERDICTS = ("below", "above", "undecided", "none")


@dataclass(frozen=True)
class Moved:
    """What one choice does to the rate.

    Parameters
    ----------
    choice
        Its name.
    alone, with_others
        Share of the variance between analyses that goes with this choice by itself, and with it
        and all that it does in company of others; in [0, 1]. NaN where all rates are alike.
    """

    choice: str
    alone: float
    with_others: float


def varied(result: Estimates) -> list[str]:
    """Return the names of the choices of which the analyses have several options."""
    # Results that were written before a choice was there are without it.
    here = [name for name in CHOICES if name in result.table.column_names]
    return [name for name in here if len(_options(result.table, name)) > 1]


def options(result: Estimates, choice: str) -> list[str]:
    """Return the options of a choice, the study's own first."""
    return _options(result.table, choice)


def verdicts(result: Estimates) -> npt.NDArray[np.str_]:
    """Return what each analysis says, one of `VERDICTS`; shape (analyses,).

    Below or above: the whole interval is. Undecided: it holds the value. None: it has none.
    """
    low, high = (_floats(result.table, name) for name in ("conf_low", "conf_high"))
    value = float(result.table.column("reference")[0].as_py())
    said = np.select([np.isnan(low) | np.isnan(high), high < value, low > value],
                     ["none", "below", "above"], "undecided")  # fmt: skip
    return said


def moved(result: Estimates) -> list[Moved]:
    r"""Return what each varied choice does to the rate, the one that moves it most first.

    With y the rates over all combinations and V their variance, the share of a choice alone is
    :math:`V(E[y | c]) / V(y)`, with all others :math:`1 - V(E[y | \text{others}]) / V(y)`: Sobol's
    indices, exact as every combination is there. Where some have no rate, means are of the others.

    Sobol (2001), https://doi.org/10.1016/S0378-4754(00)00270-6.
    """
    y, names = _floats(result.table, "estimate"), varied(result)
    known = ~np.isnan(y)
    # Rates that differ by rounding alone are alike: no choice moves them.
    apart = known.any() and np.ptp(y[known]) > _ROUNDING
    whole = float(np.var(y[known])) if apart else 0.0
    positions = {name: _positions(result.table, name)[known] for name in names}
    found = []
    for name in names:
        others = [positions[other] for other in names if other != name]
        alone = _explained(y[known], [positions[name]])
        rest = _explained(y[known], others)
        shares = (alone / whole, 1 - rest / whole) if whole > 0 else (np.nan, np.nan)
        found.append(Moved(name, *shares))
    return sorted(found, key=lambda one: -np.nan_to_num(one.with_others))


def _explained(y: Floats, by: Sequence[Integers]) -> float:
    """Return the variance of the means of y by some numbers, each weighted by its rows."""
    if not by:
        return 0.0
    _, cell = np.unique(np.column_stack(by), axis=0, return_inverse=True)
    cell = cell.ravel()
    mean = np.bincount(cell, weights=y) / np.bincount(cell)
    return float(np.var(mean[cell]))


def _options(table: pa.Table, choice: str) -> list[str]:
    return list(dict.fromkeys(table.column(choice).to_pylist()))


def _positions(table: pa.Table, choice: str) -> Integers:
    place = {option: number for number, option in enumerate(_options(table, choice))}
    return np.array([place[option] for option in table.column(choice).to_pylist()])


def _floats(table: pa.Table, name: str) -> Floats:
    values: Floats = table.column(name).to_numpy().astype(np.float64)
    return values
