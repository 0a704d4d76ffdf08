"""Stages of a design: units drawn within strata, from populations that may be finite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from advocacy.arrays import Floats, Integers
from advocacy.errors import DesignError
from advocacy.survey.cells.cells import Cells, psu_name
from advocacy.survey.cells.numbering import upper
from advocacy.survey.design import LonelyPSU

# Strata that a message names before it counts the others.
_LISTED = 5
# A stratum of which less than this share was left out has no sampling error, as in R.
WHOLE = 1e-7


@dataclass(frozen=True)
class Stage:
    """Units drawn within strata: PSUs at the first stage, secondary units in PSUs at the second.

    Parameters
    ----------
    cells
        What the units are of.
    unit
        Unit of each cell, shape (C,); ``None`` where every rating is its own.
    stratum
        Stratum of each unit, shape (units,).
    units
        Units of each stratum, shape (strata,).
    scale
        Factor of the sum of squared deviations in each stratum, shape (strata,).
    centred
        1 where deviations are from the stratum's mean, 0 where from nought; shape (strata,).
    allows
        Whether the stratum allows a variance, shape (strata,): it has several units, or all
        units of the population.
    first
        Whether it is the first stage.
    """

    cells: Cells
    unit: Integers | None
    stratum: Integers
    units: Integers
    scale: Floats
    centred: Floats
    allows: npt.NDArray[np.bool_]
    first: bool = True

    @property
    def of_means(self) -> Floats:
        """Factor of the squared sum over each stratum, which centring takes off; (strata,)."""
        return self.scale * self.centred / self.units


def stages(cells: Cells, rule: LonelyPSU) -> list[Stage]:
    """Return the stages at which units were drawn, the first one first."""
    first = _stage(
        cells, cells.psu, _stratum_of(cells.psu, cells.stratum), cells.psus, cells.fraction, rule
    )
    if cells.second is None:
        return [first]
    second = cells.second
    within = _stage(cells, second.ssu, second.psu, second.ssus, second.fraction, rule)
    share = cells.fraction[first.stratum]
    return [first, replace(within, scale=within.scale * share, first=False)]


def _stage(
    cells: Cells,
    unit: Integers | None,
    stratum: Integers,
    units: Integers,
    fraction: Floats,
    rule: LonelyPSU,
) -> Stage:
    """Return a stage; a lonely unit counts with its whole influence (`adjust`) or not at all.

    `adjust` centres it at the mean of all units, which is 0: influences sum to nought.
    """
    several = units > 1
    lonely = 1.0 if rule == "adjust" else 0.0
    factor = np.where(several, units / np.maximum(units - 1, 1), lonely)
    whole = 1 - fraction < WHOLE
    scale = np.where(whole, 0.0, (1 - fraction) * factor)
    return Stage(cells, unit, stratum, units, scale, several.astype(np.float64), several | whole)


def _stratum_of(unit: Integers | None, stratum: Integers) -> Integers:
    """Return the stratum of each unit, shape (units,); of each cell where there are no units."""
    return stratum if unit is None else upper(unit, stratum)


def refuse_lonely(cells: Cells, rule: LonelyPSU) -> None:
    """Refuse strata of one PSU that are in use, where the rule is `fail`."""
    if rule != "fail":
        return
    # The margins give every rating that counts an influence.
    used = cells.n > 0 if cells.calibration is None else cells.w > 0
    strata = np.flatnonzero(np.bincount(cells.stratum[used]))
    sampled = 1 - cells.fraction >= WHOLE
    names = [cells.stratum_names[h] for h in strata if cells.psus[h] == 1 and sampled[h]]
    _refuse(names, "Strata with a single PSU allow no variance")
    if cells.second is None or cells.psu is None or cells.psu_keys is None:
        return
    second = cells.second
    # Within a stratum whose PSUs are unknown in number there is no second stage to estimate.
    lonely = (second.ssus == 1) & (1 - second.fraction >= WHOLE)
    lonely &= cells.fraction[_stratum_of(cells.psu, cells.stratum)] > 0
    psus = np.flatnonzero(np.bincount(cells.psu[used]))
    _refuse(
        [psu_name(cells.psu_keys, int(c)) for c in psus if lonely[c]],
        "PSUs with a single secondary unit allow no variance within",
    )


def _refuse(names: Sequence[str], problem: str) -> None:
    if not names:
        return
    listed = ", ".join(repr(name) for name in names[:_LISTED])
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    raise DesignError(
        f"{problem}: {listed}{more}.",
        remedy="Merge them with others, or choose a rule with --lonely-psu (adjust is careful).",
    )
