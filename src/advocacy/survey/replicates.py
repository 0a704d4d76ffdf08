r"""Quantities in replicates, which are made of the PSUs' sums or of given replicate weights.

A replicate multiplies the weights of PSU c in stratum h, of whose :math:`n_h` PSUs the share
:math:`f_h` was drawn.

* Rao and Wu's bootstrap draws :math:`n_h - 1` PSUs with replacement, this one :math:`t_{hc}`
  times: :math:`1 + \sqrt{1 - f_h} (\frac{n_h}{n_h - 1} t_{hc} - 1)`.
* The jackknife leaves one PSU out: 0 for it, :math:`n_h/(n_h - 1)` for the others of its
  stratum; the factor of its squared deviation is :math:`(1 - f_h)(n_h - 1)/n_h`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from advocacy.arrays import Floats, Integers
from advocacy.errors import DesignError, UsageError
from advocacy.survey.calibration import Calibration, Targets, rake
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.given import GivenSums
from advocacy.survey.cells.groups import Groups
from advocacy.survey.design import SurveyDesign
from advocacy.survey.linearization import Influence
from advocacy.survey.replication import Replication
from advocacy.survey.stages import WHOLE, refuse_lonely

if TYPE_CHECKING:
    from scipy.sparse import csr_array

# Multipliers held at a time, and values of replicates held in all: 32 MB and 800 MB.
_AT_A_TIME = 4_000_000
_MOST_VALUES = 100_000_000
# What is left of a total when the one PSU that it comes from is taken off, relatively.
_ZERO = 1e-12
# Of squared singular values; R's ``qr(tol = 1e-5)`` goes by lengths of columns.
_RANK_TOLERANCE = 1e-10


@dataclass(frozen=True)
class Replicates:
    """K quantities in R replicates.

    Parameters
    ----------
    values
        Value of each quantity in each replicate, shape (R, K); NaN where it has none.
    factors
        Factor of each replicate's squared deviation, shape (R,).
    mse
        Deviations are taken from the estimate, not from the mean of the replicates.
    """

    values: Floats
    factors: Floats
    mse: bool

    def take(self, rows: Integers) -> Replicates:
        """Return some of the quantities, in the order of ``rows``."""
        return replace(self, values=self.values[:, rows])

    def transformed(self, function: Callable[[Floats], Floats]) -> Replicates:
        """Return functions of the quantities, from shape (R, K) to shape (R, L)."""
        with np.errstate(all="ignore"):
            values = function(self.values)
        return replace(self, values=np.where(np.isfinite(values), values, np.nan))


def replicate_variance(replicates: Replicates, estimate: Floats) -> Floats:
    """Return the variance of each quantity, shape (K,).

    Replicates in which a quantity has no value count with the mean square of the others. R
    drops them from the sum, which is then too small.

    Notes
    -----
    R equivalent: ``survey::svrVar``.
    """
    found: Floats = (_deviations(replicates, estimate) ** 2).sum(axis=0)
    return found


def replicate_covariance(replicates: Replicates, estimate: Floats) -> Floats:
    """Return the joint covariance, shape (K, K); its diagonal is the variance."""
    deviations = _deviations(replicates, estimate)
    product: Floats = deviations.T @ deviations
    return product


def _deviations(replicates: Replicates, estimate: Floats) -> Floats:
    """Return deviations times the root of their factors, 0 where there is none; shape (R, K)."""
    factors = replicates.factors[:, None]
    present = ~np.isnan(replicates.values)
    values = np.where(present, replicates.values, 0.0)
    counted = present & (factors > 0)
    with np.errstate(all="ignore"):
        share = factors.sum() / (factors * counted).sum(axis=0)
        mean = (values * counted).sum(axis=0) / counted.sum(axis=0)
    centre = estimate if replicates.mse else mean
    return np.where(present, np.sqrt(factors * share) * (values - centre), 0.0)


@dataclass(frozen=True)
class _Parts:
    """Totals in R replicates of J parts: a domain, and a crossing of the margins, each.

    Parameters
    ----------
    x, z, w
        Numerator, base, and all that count, before calibration; shape (R, J).
    domain, crossing
        Of each part, shape (J,).
    """

    x: Floats
    z: Floats
    w: Floats
    domain: Integers
    crossing: Integers


@dataclass(frozen=True)
class _Units:
    """PSUs that replicates are made of, in the order of their names, and so their strata.

    Parameters
    ----------
    unit
        PSU of each cell, shape (C,).
    stratum
        Stratum of each PSU, shape (PSUs,).
    psus, left_out
        PSUs of each stratum, and the share of its population's that was not drawn; shape
        (strata,).
    """

    unit: Integers
    stratum: Integers
    psus: Integers
    left_out: Floats


def replicate_totals(cells: Cells, design: SurveyDesign, groups: Groups) -> Replicates | None:
    """Return the totals of each group in each replicate: K of the numerator, then K of the base.

    ``None`` where the design has no replicates. Calibrated weights are calibrated again in each.

    Raises
    ------
    DesignError
        A stratum has one PSU only and the design's rule is `fail`, `adjust` or `average`; or
        the margins cannot be met in a replicate.
    UsageError
        There would be more replicates than memory holds.
    """
    replication = design.replication
    if replication is None:
        return None
    if replication.made:
        parts, factors = _of_units(cells, design, replication)
    else:
        parts, factors = _of_given(cells, replication)
    if cells.calibration is not None:
        parts = _calibrated(parts, cells.calibration)
    member = _membership(groups, cells.n_domains)[parts.domain]
    totals = np.concatenate([parts.x @ member, parts.z @ member], axis=1)
    return Replicates(totals, factors, replication.mse)


def _of_given(cells: Cells, replication: Replication) -> tuple[_Parts, Floats]:
    given = _given_of(cells)
    crossing = _crossing(cells)[given.cell]
    parts = _Parts(given.x, given.z, given.w, cells.domain[given.cell], crossing)
    return parts, replication.given_factors()


def _of_units(
    cells: Cells, design: SurveyDesign, replication: Replication
) -> tuple[_Parts, Floats]:
    """Return totals in replicates that are made of the PSUs, and the replicates' factors."""
    _refuse_lonely(cells, design)
    crossings = int(_crossing(cells).max()) + 1
    key, part = np.unique(cells.domain * crossings + _crossing(cells), return_inverse=True)
    units = _units(cells, design)
    number = replication.number if replication.kind == "bootstrap" else len(units.stratum)
    _refuse_too_many(number, 3 * len(key))
    sums = _sums_of_units(cells, units, part, len(key))
    if replication.kind == "jkn":
        values, factors = _jackknifed(sums, units)
    else:
        values = _bootstrapped(sums, units, replication)
        factors = np.full(number, 1 / (number - 1))
    x, z, w = np.split(values, 3, axis=1)
    return _Parts(x, z, w, key // crossings, key % crossings), factors


def _units(cells: Cells, design: SurveyDesign) -> _Units:
    """Return the PSUs in the order of their names: the same draws whatever the domains are."""
    if cells.psu is None or cells.psu_keys is None:
        raise DesignError(
            "The cells have no PSUs to make replicates of.",
            remedy="Run the pass with the design that is replicated.",
        )
    keys = cells.psu_keys
    in_order = pc.sort_indices(keys, [(name, "ascending") for name in keys.column_names])
    position = _places(in_order.to_numpy().astype(np.int64))
    strata = np.argsort(np.array(cells.stratum_names))
    stratum = np.empty(len(position), dtype=np.int64)
    stratum[position[cells.psu]] = _places(strata)[cells.stratum]
    left_out = share_left_out(cells, design)
    return _Units(position[cells.psu], stratum, cells.psus[strata], left_out[strata])


def _places(order: Integers) -> Integers:
    """Return where each number stands in an order of them."""
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return place


def share_left_out(cells: Cells, design: SurveyDesign) -> Floats:
    """Return the share of each stratum's PSUs that was not drawn; 0 where none varies.

    Of two stages, PSUs count as drawn with replacement.
    """
    fraction = np.zeros_like(cells.fraction) if design.two_stage else cells.fraction
    varies = (cells.psus > 1) & (1 - fraction >= WHOLE)
    return np.where(varies, 1 - fraction, 0.0)


def _crossing(cells: Cells) -> Integers:
    """Return each cell's crossing of the margins, shape (C,); 0 where there are none."""
    return np.zeros_like(cells.domain) if cells.calibration is None else cells.calibration.crossing


def _calibrated(parts: _Parts, calibration: Calibration) -> _Parts:
    """Return the parts with the weights of each replicate calibrated to the margins."""
    base = parts.w @ _indicators(parts.crossing, len(calibration.base))
    factors = np.array([_raked(calibration.targets, weights) for weights in base])
    of_parts = factors[:, parts.crossing]
    return replace(parts, x=parts.x * of_parts, z=parts.z * of_parts)


def _raked(targets: Targets, weights: Floats) -> Floats:
    try:
        return rake(targets, weights)
    except DesignError as error:
        raise DesignError(
            f"The margins cannot be met in a replicate: {error.what}",
            remedy="Merge levels that few PSUs have, or use linearization.",
        ) from error


def _indicators(column: Integers, columns: int) -> csr_array:
    """Return a matrix with 1 at each row's column, shape (rows, columns)."""
    from scipy.sparse import csr_array

    rows = len(column)
    return csr_array((np.ones(rows), column, np.arange(rows + 1)), shape=(rows, columns))


def _membership(groups: Groups, domains: int) -> csr_array:
    """Return 1 where a domain is in a group, shape (D, K)."""
    from scipy.sparse import csr_array

    return csr_array(
        (np.ones(len(groups.group)), (groups.domain, groups.group)), shape=(domains, groups.size)
    )


def _sums_of_units(cells: Cells, units: _Units, part: Integers, parts: int) -> csr_array:
    """Return each PSU's sums of x, z and w in each part before calibration, shape (PSUs, 3J)."""
    from scipy.sparse import csr_array

    base = np.ones(len(part))
    if cells.calibration is not None:
        base = 1 / cells.calibration.factors[cells.calibration.crossing]
    values = np.concatenate([values * base for values in (cells.x, cells.z, cells.w)])
    rows = np.tile(units.unit, 3)
    columns = np.concatenate([part, part + parts, part + 2 * parts])
    return csr_array((values, (rows, columns)), shape=(len(units.stratum), 3 * parts))


def _jackknifed(sums: csr_array, units: _Units) -> tuple[Floats, Floats]:
    """Return the totals without each PSU, shape (PSUs, 3J), and the replicates' factors."""
    stratum, n = units.stratum, units.psus[units.stratum]
    own = sums.toarray()
    strata = np.zeros((len(units.psus), own.shape[1]))
    np.add.at(strata, stratum, own)
    whole = strata.sum(axis=0)
    values = whole + (strata[stratum] - n[:, None] * own) / np.maximum(n - 1, 1)[:, None]
    values[np.abs(values) < _ZERO * np.abs(whole)] = 0.0
    factors = units.left_out[stratum] * (1 - 1 / n)
    return np.where(n[:, None] > 1, values, whole), factors


def _bootstrapped(sums: csr_array, units: _Units, replication: Replication) -> Floats:
    """Return the totals in each bootstrap replicate, shape (R, 3J), a few replicates at a time."""
    rng = np.random.default_rng(replication.seed)
    chunk = max(1, _AT_A_TIME // len(units.stratum))
    across = sums.T.tocsr()
    values = np.empty((replication.number, sums.shape[1]))
    for start in range(0, replication.number, chunk):
        stop = min(start + chunk, replication.number)
        drawn = draws(rng, units.stratum, units.psus, stop - start)
        factors = multipliers(drawn, units.stratum, units.psus, units.left_out)
        values[start:stop] = (across @ factors.T).T
    return values


def draws(rng: np.random.Generator, stratum: Integers, psus: Integers, replicates: int) -> Integers:
    """Draw PSUs with replacement, in each stratum one fewer than it has.

    Parameters
    ----------
    rng
        Where the draws come from; their order does not depend on how many are asked for at once.
    stratum, psus
        Stratum of each PSU, shape (PSUs,); PSUs of each stratum, shape (strata,).

    Returns
    -------
    numpy.ndarray
        How often each PSU is drawn in each replicate, shape (replicates, PSUs).
    """
    order = np.argsort(stratum, kind="stable")
    repeats = psus - 1
    size = np.repeat(psus, repeats)
    first = np.repeat(np.cumsum(psus) - psus, repeats)
    chosen = (rng.random((replicates, len(size))) * size).astype(np.int64) + first
    chosen += np.arange(replicates)[:, None] * len(stratum)
    sorted_counts = np.bincount(chosen.ravel(), minlength=replicates * len(stratum))
    counts = np.empty((replicates, len(stratum)), dtype=np.int64)
    counts[:, order] = sorted_counts.reshape(replicates, -1)
    return counts


def multipliers(drawn: Integers, stratum: Integers, psus: Integers, left_out: Floats) -> Floats:
    """Return the multipliers of the PSUs' weights, shape (replicates, PSUs)."""
    n = psus[stratum]
    found: Floats = 1 + np.sqrt(left_out[stratum]) * (n / np.maximum(n - 1, 1) * drawn - 1)
    return found


def _refuse_lonely(cells: Cells, design: SurveyDesign) -> None:
    refuse_lonely(cells, design.lonely_psu)
    lonely = np.unique(cells.stratum[(cells.n > 0) & (cells.psus[cells.stratum] == 1)])
    if len(lonely) and design.lonely_psu in ("adjust", "average"):
        raise DesignError(
            f"The rule {design.lonely_psu!r} is for linearization: no replicate shows what a "
            f"stratum of a single PSU, such as {cells.stratum_names[lonely[0]]!r}, adds.",
            remedy="Merge the stratum with another, or use --lonely-psu certainty or remove.",
        )


def _refuse_too_many(replicates: int, values: int) -> None:
    if replicates * values > _MOST_VALUES:
        raise UsageError(
            f"{replicates:,} replicates of {values:,} totals do not fit into memory.",
            remedy="Use --replicates bootstrap:500, or fewer segments.",
        )


def _given_of(cells: Cells) -> GivenSums:
    """Return the sums of given replicate weights, which the pass makes for such a design."""
    if cells.given is None:
        raise DesignError(
            "The cells have no sums of replicate weights.",
            remedy="Run the pass with the design that has them.",
        )
    return cells.given


def ranks(cells: Cells, influence: Influence, *, whole: bool) -> Integers:
    """Return the rank of the given replicate weights behind each quantity, shape (K,).

    Behind a quantity are the ratings in the base of the domains that its influence names; with
    ``whole`` all ratings. Less 1 it is R's degrees of freedom.

    Notes
    -----
    R equivalent: ``qr(weights(design, "analysis"), tol = 1e-5)$rank``.
    """
    given = _given_of(cells)
    if whole:
        return np.full(influence.size, _rank(given.whole), dtype=np.int64)
    domain = cells.domain[given.cell]
    found = np.empty(influence.size, dtype=np.int64)
    for quantity in range(influence.size):
        behind = np.isin(domain, influence.domain[influence.quantity == quantity])
        found[quantity] = _rank(given.products[behind].sum(axis=0))
    return found


def _rank(products: Floats) -> int:
    """Return the rank of columns whose products are given, each brought to length 1."""
    length = np.sqrt(np.diag(products))
    used = length > 0
    if not used.any():
        return 0
    scaled = products[np.ix_(used, used)] / np.outer(length[used], length[used])
    return int((np.linalg.eigvalsh(scaled) > _RANK_TOLERANCE * used.sum()).sum())
