r"""Smooth functions of weighted totals: their covariance by Taylor linearization.

A quantity :math:`\theta_k` is a function of the weighted totals :math:`X_d = \sum_i w_i x_i` and
:math:`Z_d = \sum_i w_i z_i` of the domains d. Its gradient gives each rating its influence

.. math::

    e_i^k = w_i \left(\frac{\partial\theta_k}{\partial X_d} x_i +
    \frac{\partial\theta_k}{\partial Z_d} z_i\right), \qquad i \in d,

for a ratio :math:`\theta = X/Z` that is :math:`w_i (x_i - \theta z_i) / Z`. With
:math:`e_{hc}` the sum over PSU c of stratum h, of whose PSUs the share :math:`f_h` was drawn,

.. math::

    \widehat{Cov}(\hat\theta_a, \hat\theta_b) =
    \sum_h (1 - f_h) \frac{n_h}{n_h - 1} \sum_c (e^a_{hc} - \bar e^a_h)(e^b_{hc} - \bar e^b_h)

where :math:`n_h` counts all PSUs of the stratum, also those with no rating in the domain. A second
stage, drawn from a known number of units, adds the same expression within each PSU times
:math:`f_h`. Binder (1983), https://doi.org/10.2307/1402588; Särndal, Swensson and Wretman
(1992), Model Assisted Survey Sampling, 4.3. Where weights are calibrated, :math:`e_i` is the
residual influence of `calibration`.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from advocacy.arrays import Floats, Integers
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.groups import Groups, cells_of, distinct
from advocacy.survey.cells.numbering import summed
from advocacy.survey.design import SurveyDesign
from advocacy.survey.stages import Stage, refuse_lonely, stages


class Influence(Protocol):
    """Influence of the ratings on K quantities, in whatever form it is known.

    `Gradient` has it from derivatives, `CellInfluence` summed by cell.
    """

    @property
    def quantity(self) -> Integers:
        """Number of the quantity of each entry, shape (entries,)."""
        ...

    @property
    def domain(self) -> Integers:
        """Domain of each entry, whose ratings in the base are behind the quantity; (entries,)."""
        ...

    @property
    def size(self) -> int:
        """Number of quantities, K."""
        ...

    def held(self, cells: Cells) -> int:
        """Return how many influences of cells its squares hold at a time."""
        ...

    def take(self, quantities: Integers) -> Influence:
        """Return the influence on some quantities, in this order."""
        ...

    def chained(self, jacobian: Floats) -> Influence:
        """Return the influence on functions with these derivatives, of shape (L, K)."""
        ...

    def squares_at(self, stage: Stage) -> Floats:
        """Return the variance of each quantity at a stage, shape (K,)."""
        ...

    def products_at(self, stage: Stage) -> Floats:
        """Return the joint covariance of the quantities at a stage, shape (K, K)."""
        ...


def variance(cells: Cells, design: SurveyDesign, influence: Influence) -> Floats:
    """Return the variance of each quantity, shape (K,).

    NaN where no stratum allows one (rule `average`).

    Raises
    ------
    DesignError
        A stratum in use has one PSU only and the design's rule is `fail`.

    Notes
    -----
    R equivalent: ``survey::svyrecvar`` on the influence functions of a subset of the design.
    """
    refuse_lonely(cells, design.lonely_psu)
    total = np.zeros(influence.size)
    for stage in stages(cells, design.lonely_psu):
        part = influence.squares_at(stage)
        if design.lonely_psu == "average":
            part = part * np.diag(_average_factor(stage, influence))
        total += part
    return total


def covariance(cells: Cells, design: SurveyDesign, influence: Influence) -> Floats:
    """Return the joint covariance of the quantities, shape (K, K).

    Its diagonal is the variance that `variance` gives; raises as it does.

    Notes
    -----
    R equivalent: ``vcov(survey::svyby(..., covmat = TRUE))``.
    """
    refuse_lonely(cells, design.lonely_psu)
    total = np.zeros((influence.size, influence.size))
    for stage in stages(cells, design.lonely_psu):
        part = influence.products_at(stage)
        if design.lonely_psu == "average":
            part = part * _average_factor(stage, influence)
        total += part
    return total


def degrees_of_freedom(cells: Cells, design: SurveyDesign, influence: Influence) -> Integers:
    """Return PSUs less strata, among the ratings behind each quantity or among all; shape (K,).

    Notes
    -----
    R equivalent: ``survey::degf`` of the subset.
    """
    if design.df == "design":
        whole = int(cells.psus.sum()) - len(cells.psus)
        return np.full(influence.size, whole, dtype=np.int64)
    groups = Groups(cells.domains, influence.quantity, influence.domain, influence.size)
    strata = distinct(cells, groups, cells.stratum)
    if cells.psu is not None:
        return distinct(cells, groups, cells.psu) - strata
    ratings = summed(groups.group, cells.totals(cells.n)[groups.domain], groups.size)
    return ratings.astype(np.int64) - strata


def _average_factor(stage: Stage, influence: Influence) -> Floats:
    """Return what lets lonely strata count as the average of the others; shape (K, K).

    Strata over strata with more than one PSU, behind either quantity; NaN where all are
    lonely. At the second stage each PSU is averaged alone, which a lonely one does not allow.
    """
    cells = stage.cells
    cell, entry = cells_of(cells, influence.domain)
    used = cells.n[cell] > 0
    stratum = cells.stratum if cells.psu is None or stage.first else cells.psu
    present = np.zeros((len(stage.units), influence.size))
    present[stratum[cell[used]], influence.quantity[entry[used]]] = 1.0
    every, several = _in_either(present), _in_either(present[stage.allows])
    factor: Floats = np.divide(
        every, several, out=np.full(several.shape, np.nan), where=several > 0
    )
    return factor if stage.first else np.where(every > several, np.nan, 1.0)


def _in_either(present: Floats) -> Floats:
    """Count the rows that are 1 in either of two columns; shape (K, K)."""
    own = present.sum(axis=0)
    either: Floats = own[:, None] + own[None, :] - present.T @ present
    return either
