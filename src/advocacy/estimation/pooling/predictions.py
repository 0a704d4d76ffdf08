r"""What the fitted model says: pooled rates, ranks, and what the next programme should expect.

All from the draws of a `Posterior`, without a sampler. At log odds :math:`\eta` of the mean
programme in a cell, a programme's rate is :math:`expit(\eta + v)`, :math:`v \sim N(0, \tau^2)`:

* the pooled **rate** is the mean of programmes, :math:`\int expit(\eta + v)\, dN(v; 0, \tau^2)`,
  and its interval says how well that mean is known;
* the **prediction** is of one more programme, and its interval holds that programme's own rate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.special import expit

from advocacy.arrays import Floats
from advocacy.errors import UsageError
from advocacy.estimation.estimates import COLUMNS, Estimates
from advocacy.estimation.pooling.crossing import (
    Crossing,
    behind,
    cell_weights,
    check_level,
    crossing,
    programme_shares,
)
from advocacy.estimation.pooling.effective_counts import PROGRAMME, SCORE
from advocacy.estimation.pooling.posterior import OWN, Posterior, intent_of
from advocacy.estimation.tabulation import tabulated
from advocacy.survey.margins import Margins

METHOD = "pooled"
# Programmes that are drawn for each draw of the parameters.
_PROGRAMMES_A_DRAW = 25
# Exact to 1e-8 where programmes differ by a standard deviation of 1 on the logit.
_NODES, _NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(20)
_NODE_WEIGHTS = _NODE_WEIGHTS / _NODE_WEIGHTS.sum()


def pooled_rates(
    posterior: Posterior,
    *,
    by: Sequence[str] | None = None,
    intent: str = "score_10",
    margins: Margins | None = None,
    conf_level: float = 0.90,
    seed: int = 0,
) -> Estimates:
    """Return the mean rate of programmes in each cell, or over cells.

    Parameters
    ----------
    posterior
        What `pool` fitted or `read_posterior` read.
    by
        Segments of the posterior, by default all; the rate is averaged over the others.
    intent
        Name of an intent set that is a score band: score_10, passives, detractors or 9.
    margins
        What the others are averaged by: shares of the population, of segments that are independent
        of each other unless a margin crosses them. By default the ratings of the study; cells
        whose numbers are withheld have then no part.
    conf_level
        Probability of the interval, which has the same left out at both ends.
    seed
        Of the generator.

    Returns
    -------
    Estimates
        A row for every crossing of levels, also where the study has no rating.

    Raises
    ------
    UsageError
        An unknown segment or intent, or margins that lack a segment or a level.
    DataError
        The fit misses its diagnostics, or all the ratings that are needed are withheld.

    Notes
    -----
    Gelman and Little (1997), "Poststratification into many categories using hierarchical
    logistic regression", Survey Methodology 23. R equivalent: ``rstanarm::posterior_epred`` and a
    weighted mean.
    """
    asked = crossing(posterior, by, {}, intent, conf_level)
    rates = _means(posterior, asked.logits(posterior, np.random.default_rng(seed)))
    weights = cell_weights(posterior, asked, margins)
    return _tabulated(posterior, asked, rates @ weights.T, "pooled_rates")


def next_programme(
    posterior: Posterior,
    *,
    by: Sequence[str] | None = None,
    where: Mapping[str, str] | None = None,
    intent: str = "score_10",
    n: int | None = None,
    conf_level: float = 0.90,
    seed: int = 0,
) -> Estimates:
    """Return what the next programme of each cell should expect.

    Parameters
    ----------
    posterior, intent, conf_level, seed
        As for `pooled_rates`.
    by
        Segments of the posterior, by default all; with ``where``, by default those in it. Levels
        of the others are drawn as programmes of the study have them, except in cells whose
        numbers are withheld.
    where
        Levels of segments; one that the study has not seen has an effect drawn from its scale.
    n
        Effective number of answers from which the programme's rate will be observed; its
        sampling error is then part of the interval. By default the interval is of the rate
        itself.

    Returns
    -------
    Estimates
        A row for each crossing of levels; the quantity is ``prediction``.

    Raises
    ------
    UsageError
        An unknown segment, intent or sector, or fewer than one answer.
    DataError
        The fit misses its diagnostics, or all the numbers of programmes that are needed are
        withheld.
    """
    if n is not None and n < 1:
        raise UsageError(f"A rate is not observed from {n} answers.", remedy="Use 1 or more.")
    rng = np.random.default_rng(seed)
    asked = crossing(posterior, by, where or {}, intent, conf_level)
    logits = asked.logits(posterior, rng)
    shares = programme_shares(posterior, asked)
    columns = []
    for row in shares:
        cells = rng.choice(len(row), (len(logits), _PROGRAMMES_A_DRAW), p=row)
        own = rng.standard_normal(cells.shape) * posterior.between[:, None]
        rates = expit(np.take_along_axis(logits, cells, axis=1) + own).ravel()
        columns.append(rates if n is None else rng.binomial(n, rates) / n)
    return _tabulated(posterior, asked, np.column_stack(columns), "prediction")


def expectation(
    posterior: Posterior,
    *,
    where: Mapping[str, str] | None = None,
    intent: str = "score_10",
    n: int | None = None,
    conf_level: float = 0.90,
    seed: int = 0,
) -> Estimates:
    r"""Say what the next programme should expect, and where the width of its interval comes from.

    Given a draw, let m be the mean rate of programmes and s the mean of its square. The rate that
    a programme will observe from n answers has the variance

    .. math:: Var(m) + E[s - m^2] + E[m - s] / n

    of which the first part is that the mean is uncertain, the second that programmes differ, and
    the third that its answers are a sample.

    Parameters
    ----------
    posterior, where, intent, n, conf_level, seed
        As for `next_programme`, as are the errors; without ``where``, a programme of any kind.

    Returns
    -------
    Estimates
        The ``prediction``; the mean ``rate`` of such programmes; and each ``share`` of the
        prediction's variance, whose ``term`` is mean, programme or answers.
    """
    levels = where or {}
    prediction = next_programme(
        posterior,
        by=tuple(levels),
        where=levels,
        intent=intent,
        n=n,
        conf_level=conf_level,
        seed=seed,
    )
    asked = crossing(posterior, tuple(levels), levels, intent, conf_level)
    logits = asked.logits(posterior, np.random.default_rng(seed))
    weights = programme_shares(posterior, asked)[0]
    some = weights > 0  # where there are none, what there would be makes no difference
    mean, square = (m @ weights[some] for m in _moments(posterior, logits[:, some]))
    parts = {"mean": mean.var(), PROGRAMME: (square - mean**2).mean()}
    if n is not None:
        parts["answers"] = (mean - square).mean() / n
    tables = [
        prediction.table,
        _tabulated(posterior, asked, mean[:, None], "pooled_rates").table,
        _parts(posterior, asked, parts),
    ]
    terms = pa.array([None, None, *parts], pa.string())
    table = pa.concat_tables(tables).add_column(len(levels), "term", terms)
    return Estimates(table, "expectation")


def _parts(posterior: Posterior, asked: Crossing, parts: Mapping[str, float]) -> pa.Table:
    """Return what share each part is of their sum, a row a part."""
    columns = labels_of_band(posterior, asked.band, asked.conf_level) | {
        "quantity": "share",
        "estimate": pa.array(np.array(list(parts.values())) / sum(parts.values())),
        "conf_level": None,
    }
    keys = {
        name: pa.array([asked.keys.column(name)[0].as_py()] * len(parts)) for name in asked.shown
    }
    return tabulated(keys, columns, len(parts))


def ranks(
    posterior: Posterior,
    *,
    of: str,
    intent: str = "score_10",
    margins: Margins | None = None,
    conf_level: float = 0.90,
) -> Estimates:
    """Return the rank of each level's pooled rate, 1 the highest, and how sure it is.

    Parameters
    ----------
    of
        A segment of the posterior.
    posterior, intent, margins, conf_level
        As for `pooled_rates`, as are the errors.
    """
    asked = crossing(posterior, [of], {}, intent, conf_level)
    rates = _means(posterior, asked.logits(posterior, np.random.default_rng(0)))
    rates = rates @ cell_weights(posterior, asked, margins).T
    order = (np.argsort(np.argsort(-rates, axis=1), axis=1) + 1).astype(np.float64)
    return _tabulated(posterior, asked, order, "ranks")


def variance_shares(posterior: Posterior, *, conf_level: float = 0.90) -> Estimates:
    """Return how much of the variance between rates, as log odds, lies between what.

    Each share is a term's variance over the sum of all, at one score band: the square of its
    scale, or of a sector, whose levels are all there are, the mean square of its effects.

    Raises
    ------
    DataError
        The fit misses its diagnostics.
    UsageError
        The probability is not between 0 and 1.
    """
    posterior.require_passed()
    check_level(conf_level)
    parts = {
        term.name: (term.effects**2).mean(axis=1) if term.scale is None else term.scale**2
        for term in posterior.terms
        if SCORE not in term.segments
    }
    parts[PROGRAMME] = posterior.programme**2
    parts[OWN] = posterior.between**2 - posterior.programme**2
    variances = np.column_stack(list(parts.values()))
    shares = variances / variances.sum(axis=1, keepdims=True)
    keys = {"term": pa.array(parts)}
    columns = _summary(shares, conf_level) | {"quantity": "share", "interval": "posterior"}
    labels = dict(posterior.labels) | {"method": METHOD, "conf_level": conf_level}
    labels |= {"reliability": "ok"}
    return Estimates(tabulated(keys, labels | columns, len(parts)), "variance_shares")


def _means(posterior: Posterior, logits: Floats) -> Floats:
    """Return the mean of programmes' rates at each log odds; shape (S, F)."""
    return _moments(posterior, logits)[0]


def _moments(posterior: Posterior, logits: Floats) -> tuple[Floats, Floats]:
    """Return the mean of programmes' rates at each log odds, and of their squares; shape (S, F)."""
    mean, square = np.zeros_like(logits), np.zeros_like(logits)
    for node, weight in zip(_NODES, _NODE_WEIGHTS, strict=True):
        rates = expit(logits + node * posterior.between[:, None])
        mean += weight * rates
        square += weight * rates**2
    return mean, square


# Quantity and interval of each kind of result.
_QUANTITIES = {
    "pooled_rates": ("rate", "posterior"),
    "prediction": ("prediction", "prediction"),
    "ranks": ("rank", "posterior"),
}


def _tabulated(posterior: Posterior, asked: Crossing, values: Floats, kind: str) -> Estimates:
    """Return the table of a kind of result, from values of shape (draws, K)."""
    quantity, interval = _QUANTITIES[kind]
    columns = _summary(values, asked.conf_level)
    if asked.size == asked.cells.num_rows:
        for name in ("n", "n_eff", "n_numerator", "n_programmes"):
            columns[name] = pa.array(behind(posterior, asked, name), COLUMNS.field(name).type)
    labels = labels_of_band(posterior, asked.band, asked.conf_level)
    labels |= {"quantity": quantity, "interval": interval}
    keys = {name: asked.keys.column(name) for name in asked.shown}
    return Estimates(tabulated(keys, labels | columns, asked.size), kind)


def labels_of_band(posterior: Posterior, band: str, conf_level: float) -> dict[str, Any]:
    """Return the columns that are the same in every row of a score band."""
    return dict(posterior.labels) | {
        "intent": intent_of(band),
        "method": METHOD,
        "conf_level": conf_level,
        "reliability": "ok",
    }


def _summary(values: Floats, conf_level: float) -> dict[str, pa.Array]:
    """Return mean, standard deviation and limits of each column; shape (draws, K)."""
    low, high = np.quantile(values, tails(conf_level), axis=0)
    return {
        "estimate": pa.array(values.mean(axis=0)),
        "std_error": pa.array(values.std(axis=0)),
        "conf_low": pa.array(low),
        "conf_high": pa.array(high),
    }


def tails(conf_level: float) -> tuple[float, float]:
    """Return the probabilities below the limits of an interval, the same left out at both ends."""
    return (1 - conf_level) / 2, (1 + conf_level) / 2
