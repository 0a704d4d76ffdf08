r"""Selections of ratings: what each analysis takes as its base and as a recommendation.

The domains of the pass tell ratings apart by their answer too. With :math:`Z_d` the weight of
domain d, a selection s of domains has the rate

.. math::

    r_s = \frac{\sum_{d \in s} y_{sd} Z_d}{\sum_{d \in s} Z_d}, \qquad
    \frac{\partial r_s}{\partial Z_d} = \frac{y_{sd} - r_s}{\sum_{d' \in s} Z_{d'}}

where y is 1 in domains that are a yes within the window of the selection. From there on it is
estimated as any other ratio is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from advocacy.arrays import Floats
from advocacy.estimation.estimands import find_intent
from advocacy.robustness.multiverse.choices import ALL_COUNTRIES, Choices, codes_of
from advocacy.robustness.multiverse.flagged import NO, NONE
from advocacy.robustness.multiverse.overlapping import Overlapping
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.groups import Groups
from advocacy.survey.cells.numbering import summed
from advocacy.survey.design import SurveyDesign
from advocacy.survey.gradient import Gradient
from advocacy.survey.populations import Population, population_behind
from advocacy.survey.quantities import Counts, Quantities, counts, reweighted

# The choices that say which ratings are in the base, and which of them recommended.
OF_RATINGS = ("intent", "dont_know", "window", "repeat", "countries")
_Marks = npt.NDArray[np.bool_]
_Values = npt.NDArray[np.object_]
_Columns = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Estimated:
    """An estimate of each selection, and what limits of it are found from.

    Parameters
    ----------
    found
        The estimates.
    counted
        What stands behind each.
    known
        What is known of the population behind each; ``None`` where it depends on the level.
    """

    found: Quantities
    counted: Counts
    known: Population | None


@dataclass(frozen=True)
class Selections:
    """Selections of the domains of a pass.

    Parameters
    ----------
    options
        The options of each, by the name of the choice.
    groups
        The domains of each.
    hit
        Whether each pair of a selection and a domain is a yes, shape (pairs,).
    """

    options: tuple[dict[str, Any], ...]
    groups: Groups
    hit: _Marks

    def marks(self, domains: int) -> tuple[_Marks, _Marks]:
        """Return which domains are in each base, and which of them are a yes; (S, D) each."""
        inside, hit = np.zeros((2, self.groups.size, domains), dtype=bool)
        inside[self.groups.group, self.groups.domain] = True
        hit[self.groups.group, self.groups.domain] = self.hit
        return inside, hit


def selections(table: pa.Table, choices: Choices) -> Selections:
    """Return the selections that the choices make of domains, with a row each in ``table``."""
    columns: _Columns = {name: _values(table, name) for name in table.column_names}
    flags = [name for name in columns if name.startswith("counts_")]
    columns |= {name: np.array([flag is True for flag in columns[name]]) for name in flags}
    listed = [getattr(choices, name) for name in OF_RATINGS]
    options = tuple(dict(zip(OF_RATINGS, one, strict=True)) for one in product(*listed))
    inside = np.array([_inside(columns, one) for one in options])
    group, domain = np.nonzero(inside)
    months = np.array([one["window"] for one in options])[group]
    answer = np.array([NONE if value is None else value for value in columns["answer"]])[domain]
    hit = (answer > NO) & (answer <= months)
    return Selections(options, Groups(table.select([]), group, domain, len(options)), hit)


def rates(
    cells: Cells, design: SurveyDesign, chosen: Selections, degrees: Floats | None = None
) -> Quantities:
    """Estimate the rate of each selection, shape (S,); NaN where its base is empty.

    ``degrees`` of freedom are those of any weights, where they are known.
    """
    group, domain, size = chosen.groups.group, chosen.groups.domain, chosen.groups.size
    z, n = cells.totals(cells.z)[domain], cells.totals(cells.n)[domain]
    base, ratings = summed(group, z, size), summed(group, n, size)
    present = (base > 0) & (ratings > 0)
    yes = summed(group, z * chosen.hit, size)
    rate = np.divide(yes, base, out=np.full(size, np.nan), where=present)
    slope = np.divide(1.0, base, out=np.zeros(size), where=present)
    influence = (chosen.hit - np.nan_to_num(rate)[group]) * slope[group]
    gradient = Gradient(group, domain, np.zeros(len(group)), influence, size)
    return Quantities(rate, Overlapping(gradient), cells, design, degrees=degrees)


def pooled(
    cells: Cells,
    design: SurveyDesign,
    chosen: Selections,
    counted: Counts,
    degrees: Floats,
    conf_level: float,
) -> Estimated:
    """Estimate the rate of each selection, of which counts and degrees of freedom are known."""
    found = rates(cells, design, chosen, degrees)
    # Without finite populations what is known of them is so at every level.
    known = None if cells.fraction.any() else population_behind(found, conf_level)
    return Estimated(found, reweighted(counted, cells, chosen.groups), known)


def behind(cells: Cells, chosen: Selections) -> Counts:
    """Count what stands behind each selection, shape (S,) each."""
    groups = chosen.groups
    n = cells.totals(cells.n)[groups.domain] * chosen.hit
    yes = summed(groups.group, n, groups.size).astype(np.int64)
    return replace(counts(cells, groups), hits=yes)


def weighted_as(cells: Cells, weights: str) -> Cells:
    """Return cells of weights that sum to each programme's ratings, weighted as a choice says."""
    if weights == "weighted":
        return cells
    if weights == "unweighted":
        n = cells.n.astype(np.float64)
        most = (cells.n > 0).astype(np.float64)
        return replace(cells, z=n, zz=n, most=most)
    ratings = summed(cells.programme, cells.rows, int(cells.programme.max()) + 1)
    share = 1 / ratings[cells.programme]
    return replace(cells, z=cells.z * share, zz=cells.zz * share**2, most=cells.most * share)


def _inside(columns: _Columns, options: dict[str, Any]) -> _Marks:
    """Tell which domains are in the base of a selection."""
    inside: _Marks = np.isin(columns["score"], find_intent(options["intent"]).scores)
    inside &= columns[f"counts_{options['repeat']}"]
    if options["dont_know"] == "left_out":
        inside &= columns["answer"] != NONE
    if options["countries"] != ALL_COUNTRIES:
        codes, without = codes_of(options["countries"])
        inside &= np.isin(columns["country"], codes) != without
    return inside


def _values(table: pa.Table, name: str) -> _Values:
    values: _Values = np.array(table.column(name).to_pylist(), dtype=object)
    return values
