r"""Fay and Herriot's area-level model: the rate of each cell from the direct ones of all cells.

With direct estimates :math:`\hat\theta` of K cells, shape (K,), and the covariance V of their
sampling errors,

.. math::

    \hat\theta = X \beta + u + e, \quad u \sim N(0, \sigma^2 I), \quad e \sim N(0, V),

X the main effects of segments. With :math:`\Sigma = V + \sigma^2 I` and
:math:`P = \Sigma^{-1} - \Sigma^{-1} X (X' \Sigma^{-1} X)^{-1} X' \Sigma^{-1}`, the best linear
predictor of the cells' rates :math:`\theta = X \beta + u` and the covariance of its error are

.. math::

    \tilde\theta = \hat\theta - V P \hat\theta, \qquad
    Cov(\tilde\theta - \theta) = V - V P V.

A second opinion beside the multilevel model: no sampler, and nothing shared but the responses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.optimize import brentq, nnls
from scipy.special import ndtri

from advocacy.arrays import Floats
from advocacy.errors import DataError, UsageError
from advocacy.estimation.estimands import find_estimand
from advocacy.estimation.estimates import Estimates
from advocacy.estimation.segments import find_segments
from advocacy.estimation.tabulation import check_interval, nullable, tabulated
from advocacy.survey.diagnostics import STANDARD_LEVEL, reliability
from advocacy.survey.intervals import effective_n

METHOD = "area_level"
# Columns of the direct estimates that hold for the same cells here.
_LABELS = ("estimand", "rung", "intent", "target", "quantity", "source_kind")
_COUNTS = ("n", "n_numerator", "n_programmes", "n_suppliers", "largest_supplier")
# Degrees of freedom that the smooth covariance counts for: those below which a direct estimate
# is flagged for review.
_PRIOR_DF = 8.0
# Eigenvalues below this, relative to the largest, are rounding.
_ROUNDING = 1e-12
# Where sigma² is looked for, relative to what it is at most.
_GRID = np.geomspace(1e-10, 2.0, 200)


@dataclass(frozen=True, kw_only=True)
class AreaLevel(Estimates):
    """Area-level estimates, and the model that they are from.

    Parameters
    ----------
    sigma2
        Variance of the cells' rates about the regression, 0 or more: the square of a proportion.
    coefficients
        A row for each column of X: term, level, estimate, std_error. The first level of a
        segment is its reference.
    smoothed
        Cells whose direct estimate shows no variance, so that their V is the smooth one alone.
    """

    sigma2: float
    coefficients: pa.Table
    smoothed: int


def area_level(
    estimates: Estimates, *, on: Sequence[str] | None = None, conf_level: float = 0.90
) -> AreaLevel:
    r"""Estimate the rate of each cell from its direct estimate and from those of all others.

    On the scale of the proportions, where direct estimates are unbiased, also at 0 and 1; logits
    of small cells are biased.

    :math:`\sigma^2` is found by restricted maximum likelihood. V would be `Estimates.covariance`,
    :math:`\hat V`, but that of small cells is from few PSUs, so that some of their contrasts would
    pass for known; and where a rate is 0 or 1, or a cell has one PSU, it says nothing. So V is its
    average with a smooth one, the more of it the fewer a cell's degrees of freedom:

    .. math::

        V = S^{1/2} \hat V S^{1/2} + (I - S) \tilde V, \qquad S = diag(df_k / (df_k + 8)), \qquad
        \tilde V = diag\left( \left( a + b \frac{n_k}{df_k + 1} \right)
        \frac{\tilde p_k (1 - \tilde p_k)}{n_k} \right),

    with :math:`\tilde p` the regression of the rates on X, weighted by n and kept half a rating
    inside (0, 1), and a design effect that is linear in the ratings to a PSU: :math:`a, b \ge 0`
    by least squares weighted by df. In S, a cell that shows no variance has a df of 0.

    Parameters
    ----------
    estimates
        What `estimate` gave for a proportion, by one segment or more: K cells.
    on
        Segments whose main effects make X, by default all; none leaves the overall mean alone. A
        segment of one level has no effect.
    conf_level
        Probability of the intervals, in (0, 1).

    Returns
    -------
    AreaLevel
        A row for each row of ``estimates``. ``estimate`` is the predictor at the estimated
        :math:`\sigma^2`, cut at 0 and 1. ``std_error`` is the root of its mean squared error with
        that of the coefficients, but as if :math:`\sigma^2` and V were known: too small where
        cells or PSUs are few. Limits are Wald's, with the normal quantile, cut at 0 and 1. ``df``,
        ``p_value``, ``n_eff`` and ``deff`` are null; counts are those behind the direct estimate.
        ``reliability`` is by the rules for direct estimates, with 95 % limits, the ratings that
        the mean squared error is worth for n, and the cells less the coefficients for df.

    Raises
    ------
    UsageError
        The estimates are of no proportion, compare domains, were read from a file, or are by no
        segment; ``on`` names a segment that they are not by.
    DataError
        Not more cells than coefficients, collinear segments, or no cell with a variance.

    Notes
    -----
    R equivalent: ``metafor::rma.mv(yi, V, mods, random = ~ 1 | cell, method = "REML")``. Where V
    is diagonal, ``metafor::blup(rma.uni(yi, vi, mods))`` has estimates and standard errors; for
    any V, they are those of ``ranef`` for the effect ``~ 1 | error`` of a model without V, with
    ``R = list(error = V), Rscale = FALSE, sigma2 = c(NA, 1)``.

    Fay and Herriot (1979), https://doi.org/10.1080/01621459.1979.10482505; mean squared error:
    Prasad and Rao (1990), https://doi.org/10.1080/01621459.1990.10475320, their g1 + g2.
    """
    _check(estimates, conf_level)
    terms, x = _design_matrix(estimates, estimates.by if on is None else on)
    rates = _numbers(estimates, "estimate")
    covariance, smoothed = _sampling_covariance(estimates, x)
    found = fit(rates, x, covariance)
    return AreaLevel(
        table=_tabulated(estimates, found, conf_level, len(x) - x.shape[1]),
        kind="rates",
        unplaced=estimates.unplaced,
        sigma2=found.sigma2,
        coefficients=_coefficients(terms, found),
        smoothed=smoothed,
    )


@dataclass(frozen=True)
class Fit:
    """What `fit` found.

    Parameters
    ----------
    sigma2
        Variance of the cells about the regression.
    beta, beta_covariance
        Coefficients, shape (p,), and their covariance.
    prediction, std_error
        Best linear predictor of each cell, shape (K,), and the root of its mean squared error.
    """

    sigma2: float
    beta: Floats
    beta_covariance: Floats
    prediction: Floats
    std_error: Floats


def fit(y: Floats, x: Floats, v: Floats) -> Fit:
    """Fit the area-level model, as the module's text has it.

    Parameters
    ----------
    y
        Direct estimates, shape (K,).
    x
        Full column rank, shape (K, p), p < K.
    v
        Covariance of the sampling errors, shape (K, K), of any rank but 0.
    """
    sigma2 = _restricted_maximum(y, x, v)
    inverse = np.linalg.inv(v + sigma2 * np.eye(len(y)))
    beta_covariance = np.linalg.inv(x.T @ inverse @ x).astype(np.float64)
    beta = beta_covariance @ x.T @ inverse @ y
    projection = inverse - inverse @ x @ beta_covariance @ x.T @ inverse
    mse = np.diag(v - v @ projection @ v)
    return Fit(
        sigma2=sigma2,
        beta=beta,
        beta_covariance=beta_covariance,
        prediction=y - v @ projection @ y,
        std_error=np.sqrt(np.maximum(mse, 0.0)),
    )


def _restricted_maximum(y: Floats, x: Floats, v: Floats) -> float:
    r"""Return the restricted maximum likelihood estimate of sigma².

    With A an orthonormal basis of what X leaves, :math:`A' V A = U D U'` and :math:`w = U' A' y`,
    twice the negative log-likelihood is :math:`\sum_i \log(\sigma^2 + d_i) + w_i^2 / (\sigma^2 +
    d_i)`. It rises above the largest :math:`w_i^2`, and may have several minima.
    """
    basis = np.linalg.qr(x, mode="complete")[0][:, x.shape[1] :]
    d, vectors = np.linalg.eigh(basis.T @ v @ basis)
    d = np.where(d > _ROUNDING * d.max(), d, 0.0)
    squares = (vectors.T @ basis.T @ y) ** 2

    def criterion(sigma2: Floats) -> Floats:
        total = sigma2[:, None] + d
        return np.asarray((np.log(total) + squares / total).sum(axis=1))

    def slope(sigma2: float) -> float:
        return float((1 / (sigma2 + d) - squares / (sigma2 + d) ** 2).sum())

    grid = _GRID * max(squares.max(), d.max())
    best = int(criterion(grid).argmin())
    found = grid[0] if best == 0 else brentq(slope, grid[best - 1], grid[best + 1], xtol=1e-300)
    # At a variance of 0 in some direction, sigma² = 0 has no likelihood.
    if d.min() > 0 and np.diff(criterion(np.array([0.0, found])))[0] >= 0:
        return 0.0
    return float(found)


def _check(estimates: Estimates, conf_level: float) -> None:
    check_interval("wald", conf_level, proportion=True)
    if not estimates.by:
        raise UsageError(
            "The estimates are by no segment: there are no cells to learn from each other.",
            remedy="Estimate by segments such as sector, industry and country.",
        )
    estimand = find_estimand(estimates.table.column("estimand")[0].as_py())
    quantities = set(estimates.table.column("quantity").to_pylist())
    if not estimand.proportion or quantities != {estimand.quantity}:
        raise UsageError(
            f"The area-level model is for proportions, not for {estimand.name} as "
            f"{', '.join(sorted(quantities))}.",
            remedy="Give it what `estimate` returns for a proportion.",
        )


def _design_matrix(
    estimates: Estimates, on: Sequence[str]
) -> tuple[list[tuple[str, str | None]], Floats]:
    """Return the term and level of each column of X, and X, shape (K, p)."""
    terms: list[tuple[str, str | None]] = [("intercept", None)]
    columns = [np.ones(len(estimates))]
    for name in (on,) if isinstance(on, str) else on:
        if name not in estimates.by:
            raise UsageError(
                f"The estimates are not by {name!r}.",
                remedy=f"Use some of: {', '.join(estimates.by)}.",
            )
        values = estimates.table.column(name).to_pylist()
        for level in _levels(name, set(values))[1:]:
            terms.append((name, str(level)))
            columns.append(np.array([value == level for value in values], np.float64))
    x = np.column_stack(columns)
    _check_rank(terms, x)
    return terms, x


def _levels(name: str, found: set[Any]) -> list[Any]:
    """Return the levels of a segment that there are, in the order in which tables show them."""
    (segment,) = find_segments([name])
    return [level for level in segment.levels if level in found] or sorted(found)


def _check_rank(terms: list[tuple[str, str | None]], x: Floats) -> None:
    cells, size = x.shape
    if cells <= size:
        raise DataError(
            f"{cells} cells are too few for {size} coefficients.",
            remedy="Cross more segments, or name fewer in `on`.",
        )
    for column in range(1, size):
        if np.linalg.matrix_rank(x[:, : column + 1]) <= column:
            name, level = terms[column]
            raise DataError(
                f"The effect of {name} {level} follows from those before it.",
                remedy=f"Leave {name}, or a segment that says the same, out of `on`.",
            )


def _sampling_covariance(estimates: Estimates, x: Floats) -> tuple[Floats, int]:
    """Return V, shape (K, K), and the number of cells without a variance of their own."""
    joint, variance = estimates.covariance(), _numbers(estimates, "std_error") ** 2
    df = np.nan_to_num(_numbers(estimates, "df"))
    own = (variance > 0) & (df >= 1)
    if not own.any():
        raise DataError(
            "No cell's direct estimate has a variance.",
            remedy="Estimate by fewer segments, or with more programmes.",
        )
    smooth = _smooth_variance(estimates, x, np.where(own, variance, 0.0), df, own)
    share = np.where(own, df / (df + _PRIOR_DF), 0.0)
    root = np.sqrt(share)
    covariance = np.where(np.outer(own, own), joint, 0.0) * np.outer(root, root)
    covariance += np.diag((1 - share) * smooth)
    return covariance, int((~own).sum())


def _smooth_variance(
    estimates: Estimates, x: Floats, variance: Floats, df: Floats, own: npt.NDArray[np.bool_]
) -> Floats:
    """Return the variance that each cell would have at the design effect of its like."""
    n = _numbers(estimates, "n")
    root = np.sqrt(n)
    beta = np.linalg.lstsq(x * root[:, None], _numbers(estimates, "estimate") * root)[0]
    rate = np.clip(x @ beta, 0.5 / n, 1 - 0.5 / n)
    simple = rate * (1 - rate) / n
    deff = np.column_stack([np.ones(len(n)), n / (df + 1)])
    weight = np.sqrt(np.where(own, df, 0.0))
    line, _ = nnls(deff * weight[:, None], variance / simple * weight)
    smooth: Floats = simple * (deff @ line)
    return smooth


def _numbers(estimates: Estimates, name: str) -> Floats:
    """Return a column as floats, NaN where it is null."""
    column = estimates.table.column(name).cast(pa.float64())
    values: Floats = column.to_numpy()
    return values


def _tabulated(estimates: Estimates, found: Fit, conf_level: float, df: int) -> pa.Table:
    columns = {name: estimates.table.column(name) for name in (*_LABELS, *_COUNTS)}
    rates, (low, high) = np.clip(found.prediction, 0, 1), _limits(found, conf_level)
    columns |= {
        "estimate": nullable(rates),
        "std_error": nullable(found.std_error),
        "conf_low": nullable(low),
        "conf_high": nullable(high),
        "reliability": pa.array(_flags(rates, found, df), pa.string()),
    }
    labels = {"method": METHOD, "interval": "wald", "conf_level": conf_level}
    keys = {name: estimates.table.column(name) for name in estimates.by}
    return tabulated(keys, columns | labels, len(estimates))


def _limits(found: Fit, conf_level: float) -> tuple[Floats, Floats]:
    half = ndtri((1 + conf_level) / 2) * found.std_error
    return np.clip(found.prediction - half, 0, 1), np.clip(found.prediction + half, 0, 1)


def _flags(rates: Floats, found: Fit, df: int) -> list[str]:
    """Return the flags of direct estimates that were as uncertain as the predictions are."""
    worth = effective_n(rates, found.std_error**2, np.zeros(len(rates)))
    limits = _limits(found, STANDARD_LEVEL)
    every = np.full(len(rates), float(df))
    flags: list[str] = reliability(rates, worth, worth, every, *limits).tolist()
    return flags


def _coefficients(terms: list[tuple[str, str | None]], found: Fit) -> pa.Table:
    names, levels = zip(*terms, strict=True)
    return pa.table(
        {
            "term": pa.array(names, pa.string()),
            "level": pa.array(levels, pa.string()),
            "estimate": found.beta,
            "std_error": np.sqrt(np.diag(found.beta_covariance)),
        }
    )
