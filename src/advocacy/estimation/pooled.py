r"""What the fitted model says: pooled rates, ranks, and what the next programme should expect.

All from the draws of a `Posterior`, without a sampler. At log odds :math:`\eta` of the mean
programme in a cell, a programme's rate is :math:`expit(\eta + v)`, :math:`v \sim N(0, \tau^2)`:

* the pooled **rate** is the mean of programmes, :math:`\int expit(\eta + v)\, dN(v; 0, \tau^2)`,
  and its interval says how well that mean is known;
* the **prediction** is of one more programme, and its interval holds that programme's own rate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.special import expit

from advocacy.errors import DataError, UsageError
from advocacy.estimation.effective_counts import PROGRAMME, SCORE, EffectiveCounts
from advocacy.estimation.estimates import COLUMNS, Estimates
from advocacy.estimation.posterior import OWN, Posterior, band_of, intent_of
from advocacy.estimation.tabulation import constant, nullable, tabulated
from advocacy.survey.cells import Floats
from advocacy.survey.margins import Margins

METHOD = "pooled"
SIMULATED = "simulated"
# Programmes that are drawn for each draw of the parameters.
_PROGRAMMES_A_DRAW = 25
# Exact to 1e-8 where programmes differ by a standard deviation of 1 on the logit.
_NODES, _NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(20)
_NODE_WEIGHTS = _NODE_WEIGHTS / _NODE_WEIGHTS.sum()
# A programme's own effect in units of its standard deviation, and the probability of each.
_GRID = np.linspace(-6, 6, 121)
_GRID_WEIGHTS = np.exp(-(_GRID**2) / 2) / np.exp(-(_GRID**2) / 2).sum()


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
    asked = _asked(posterior, by, {}, intent, conf_level)
    rates = _means(posterior, asked.logits(posterior, np.random.default_rng(seed)))
    weights = _weights(posterior, asked, margins)
    return _tabulated(posterior, asked, rates @ weights.T, "rate", "posterior")


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
    asked = _asked(posterior, by, where or {}, intent, conf_level)
    logits = asked.logits(posterior, rng)
    shares = _programme_shares(posterior, asked)
    columns = []
    for row in shares:
        cells = rng.choice(len(row), (len(logits), _PROGRAMMES_A_DRAW), p=row)
        own = rng.standard_normal(cells.shape) * posterior.between[:, None]
        rates = expit(np.take_along_axis(logits, cells, axis=1) + own).ravel()
        columns.append(rates if n is None else rng.binomial(n, rates) / n)
    return _tabulated(posterior, asked, np.column_stack(columns), "prediction", "prediction")


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
    asked = _asked(posterior, tuple(levels), levels, intent, conf_level)
    logits = asked.logits(posterior, np.random.default_rng(seed))
    weights = _programme_shares(posterior, asked)[0]
    mean, square = (_means(posterior, logits, power) @ weights for power in (1, 2))
    parts = {"mean": mean.var(), PROGRAMME: (square - mean**2).mean()}
    if n is not None:
        parts["answers"] = (mean - square).mean() / n
    tables = [
        prediction.table,
        _tabulated(posterior, asked, mean[:, None], "rate", "posterior").table,
        _parts(posterior, asked, parts),
    ]
    terms = pa.array([None, None, *parts], pa.string())
    return Estimates(pa.concat_tables(tables).add_column(len(levels), "term", terms))


def _parts(posterior: Posterior, asked: _Asked, parts: Mapping[str, float]) -> pa.Table:
    """Return what share each part is of their sum, a row a part."""
    columns = _labels(posterior, asked.band, asked.conf_level) | {
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
    asked = _asked(posterior, [of], {}, intent, conf_level)
    rates = _means(posterior, asked.logits(posterior, np.random.default_rng(0)))
    rates = rates @ _weights(posterior, asked, margins).T
    order = (np.argsort(np.argsort(-rates, axis=1), axis=1) + 1).astype(np.float64)
    return _tabulated(posterior, asked, order, "rank", "posterior")


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
    _check_level(conf_level)
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
    return Estimates(tabulated(keys, labels | columns, len(parts)))


def beside(
    posterior: Posterior,
    counts: EffectiveCounts,
    *,
    intent: str = "score_10",
    conf_level: float = 0.90,
    seed: int = 0,
) -> Estimates:
    r"""Hold programmes that the model was not fitted to beside those that it was.

    Given a draw, a programme's own effect v has the posterior
    :math:`\propto N(v; 0, \tau^2) \prod_c \rho_c^{y_c} (1 - \rho_c)^{n_c - y_c}` over its cells;
    draws weigh as their likelihood says. Nothing is fitted again.

    Parameters
    ----------
    posterior, intent, conf_level, seed
        As for `pooled_rates`.
    counts
        What `effective_counts` gave of the programmes.

    Returns
    -------
    Estimates
        Three rows a programme: its ``rate``; the ``prediction`` for a programme like it, before
        it was seen; and ``above_peers``, the probability that its rate is above that of half
        of such programmes.

    Raises
    ------
    DataError
        The fit misses its diagnostics, collected ratings are held beside published ones, or no
        rating is in the score band.
    UsageError
        A sector that the study does not have, or a probability that is not between 0 and 1.

    Notes
    -----
    Where the ratings or the study are simulated, so is all that comes of both, and every row's
    ``source_kind`` says so.
    """
    posterior.require_passed()
    _check_level(conf_level)
    kind = _kind_of_both(posterior.labels["source_kind"], counts.source_kind)
    band, rng = band_of(intent), np.random.default_rng(seed)
    counted = [row for row in _rows(counts) if row[SCORE] == band]
    if not counted:
        raise DataError(
            f"No rating is in the score band {band} with an answer.",
            remedy="Choose another intent set.",
        )
    names = sorted({row[PROGRAMME] for row in counted})
    tables = [
        _beside(posterior, [row for row in counted if row[PROGRAMME] == name], conf_level, rng)
        for name in names
    ]
    table = pa.concat_tables(tables)
    kinds = constant(kind, table.num_rows, "source_kind")
    return Estimates(
        table.set_column(table.column_names.index("source_kind"), "source_kind", kinds)
    )


def _kind_of_both(study: str, own: str) -> str:
    """Return the kind of evidence that a comparison of two kinds is."""
    if study != own and SIMULATED not in (study, own):
        raise DataError(
            f"The ratings are {own}, those of the study {study}.",
            remedy="Hold programmes beside a study of the same kind of evidence.",
        )
    return SIMULATED if SIMULATED in (study, own) else own


def _rows(counts: EffectiveCounts) -> list[dict[str, Any]]:
    numbers = {"y": counts.y, "n*": counts.n, "n": counts.ratings, "hits": counts.hits}
    columns = {name: pa.array(values) for name, values in numbers.items()}
    names = [*counts.keys.column_names, *columns]
    table = pa.table([*counts.keys.columns, *columns.values()], names=names)
    found: list[dict[str, Any]] = table.to_pylist()
    return found


def _beside(
    posterior: Posterior, rows: list[dict[str, Any]], conf_level: float, rng: np.random.Generator
) -> pa.Table:
    """Return the three rows of a programme."""
    names = [*posterior.segments, *(name for term in posterior.terms for name in term.segments)]
    given = [name for name in dict.fromkeys([*names, SCORE]) if name in rows[0]]
    keys = pa.table({name: [row[name] for row in rows] for name in given})
    y, n = (np.array([row[name] for row in rows]) for name in ("y", "n*"))
    logits = posterior.logits(keys, rng)
    shares = n / n.sum()
    # A cell at a time, so that S draws times the grid is the most that is held.
    size = len(logits), len(_GRID)
    likelihood, rate = np.zeros(size), np.zeros(size)
    for cell in range(len(n)):
        own = logits[:, [cell]] + posterior.between[:, None] * _GRID
        likelihood += y[cell] * own - n[cell] * np.logaddexp(0, own)
        rate += shares[cell] * expit(own)
    weights = np.exp(likelihood - likelihood.max()) * _GRID_WEIGHTS
    weights /= weights.sum()
    before = np.tile(_GRID_WEIGHTS / len(logits), (len(logits), 1))
    above = np.array([weights[:, _GRID > 0].sum() + weights[:, _GRID == 0].sum() / 2])
    columns = [_weighted(rate, weights, conf_level), _weighted(rate, before, conf_level)]
    columns.append({"estimate": above, "std_error": _NONE, "conf_low": _NONE, "conf_high": _NONE})
    joined = {name: nullable(np.concatenate([c[name] for c in columns])) for name in columns[0]}
    joined |= {
        "quantity": pa.array(["rate", "prediction", "above_peers"]),
        "interval": pa.array(["posterior", "prediction", None]),
        "n": pa.array([sum(row["n"] for row in rows)] * 3),
        "n_numerator": pa.array([sum(row["hits"] for row in rows)] * 3),
        "n_eff": pa.array([float(n.sum())] * 3),
    }
    labels = _labels(posterior, rows[0][SCORE], conf_level)
    return tabulated({PROGRAMME: pa.array([rows[0][PROGRAMME]] * 3)}, labels | joined, 3)


_NONE = np.array([np.nan])


def _weighted(values: Floats, weights: Floats, conf_level: float) -> dict[str, Floats]:
    """Return mean, standard deviation and limits of weighted values, each of shape (1,)."""
    flat, share = values.ravel(), weights.ravel()
    mean = flat @ share
    order = np.argsort(flat)
    # Half of a value's own weight lies below it: a grid's points stand for what is about them.
    below = np.cumsum(share[order]) - share[order] / 2
    low, high = np.interp(_tails(conf_level), below, flat[order])
    deviation = np.sqrt(share @ (flat - mean) ** 2)
    found = {"estimate": mean, "std_error": deviation, "conf_low": low, "conf_high": high}
    return {name: np.array([value]) for name, value in found.items()}


@dataclass(frozen=True)
class _Asked:
    """What is asked of a posterior.

    Parameters
    ----------
    keys, size
        The crossing that is shown, shape (K, segments), and K.
    cells
        The whole crossing of all segments, and the score band; shape (F, segments + 1).
    group
        Row of ``keys`` that each cell is of, shape (F,).
    band, conf_level
        Score band, and probability of intervals.
    """

    keys: pa.Table
    size: int
    cells: pa.Table
    group: Any
    band: str
    conf_level: float

    @property
    def shown(self) -> tuple[str, ...]:
        """Names of the segments that are shown."""
        return tuple(self.keys.column_names)

    def logits(self, posterior: Posterior, rng: np.random.Generator) -> Floats:
        """Return log odds of the mean programme in each cell, shape (S, F)."""
        return posterior.logits(self.cells, rng)


def _asked(
    posterior: Posterior,
    by: Sequence[str] | None,
    where: Mapping[str, str],
    intent: str,
    conf_level: float,
) -> _Asked:
    posterior.require_passed()
    _check_level(conf_level)
    band = band_of(intent)
    if band not in posterior.bands:
        raise UsageError(
            f"The study has no ratings in the score band {band}.",
            remedy=f"It has {', '.join(posterior.bands)}.",
        )
    chosen = tuple(where) if by is None and where else posterior.segments if by is None else by
    shown = tuple(dict.fromkeys([*where, *chosen]))
    for name in shown:
        if name not in posterior.segments:
            raise UsageError(
                f"The model has no segment {name!r}.",
                remedy=f"Use some of: {', '.join(posterior.segments)}.",
            )
    levels = {
        name: (where[name],) if name in where else posterior.levels(name)
        for name in posterior.segments
    }
    rows = [dict(zip(levels, row, strict=True)) for row in product(*levels.values())]
    number: dict[tuple[str, ...], int] = {}
    group = [number.setdefault(tuple(row[n] for n in shown), len(number)) for row in rows]
    keys = {name: [row[at] for row in number] for at, name in enumerate(shown)}
    cells = {name: [row[name] for row in rows] for name in levels} | {SCORE: [band] * len(rows)}
    return _Asked(pa.table(keys), len(number), pa.table(cells), np.array(group), band, conf_level)


def _check_level(conf_level: float) -> None:
    if not 0 < conf_level < 1:
        raise UsageError(
            f"The probability {conf_level:g} is not between 0 and 1.", remedy="Use 0.90."
        )


def _means(posterior: Posterior, logits: Floats, power: int = 1) -> Floats:
    """Return the mean of programmes' rates at each log odds, or of a power; shape (S, F)."""
    found = np.zeros_like(logits)
    for node, weight in zip(_NODES, _NODE_WEIGHTS, strict=True):
        found += weight * expit(logits + node * posterior.between[:, None]) ** power
    return found


def _behind(posterior: Posterior, asked: _Asked, name: str) -> list[Any]:
    """Return a number of the posterior's cells for each cell that is asked for; 0 where none."""
    segments = [*posterior.segments, SCORE]
    known = {
        tuple(row[segment] for segment in segments): row[name]
        for row in posterior.cells.to_pylist()
    }
    rows = asked.cells.select(segments).to_pylist()
    return [known.get(tuple(row.values()), 0) for row in rows]


def _grouped(asked: _Asked, weights: Floats) -> Floats:
    """Return weights of cells as rows that sum to 1, one a row that is shown; shape (K, F)."""
    found = (np.arange(asked.size)[:, None] == asked.group) * weights
    shares: Floats = found / found.sum(axis=1, keepdims=True)
    return shares


def _shares(posterior: Posterior, asked: _Asked, name: str) -> Floats:
    """Return the share of each cell in a number of the row that is shown, shape (K, F).

    Where the study has none in the row, or withholds it, it is spread as in the whole study.
    """
    numbers = np.array([value or 0 for value in _behind(posterior, asked, name)], np.float64)
    without = np.bincount(asked.group, numbers)[asked.group] == 0
    if without.any():
        numbers = np.where(without, _over_the_study(posterior, asked, name), numbers)
    return _grouped(asked, numbers)


def _over_the_study(posterior: Posterior, asked: _Asked, name: str) -> Floats:
    """Return a number of the study summed over the segments that are shown, shape (F,).

    Raises
    ------
    DataError
        All of it is withheld.
    """
    averaged = [column for column in asked.cells.column_names if column not in asked.shown]
    rows = [row for row in posterior.cells.to_pylist() if row[SCORE] == asked.band]
    if all(row[name] is None for row in rows):
        raise DataError(
            "Numbers of the study that this is averaged by are withheld.",
            remedy="Name a level of each segment, or give margins.",
        )
    total: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        total[tuple(row[column] for column in averaged)] += row[name] or 0
    return np.array(
        [total[tuple(row.values())] for row in asked.cells.select(averaged).to_pylist()]
    )


def _weights(posterior: Posterior, asked: _Asked, margins: Margins | None) -> Floats:
    """Return the weights of cells in the rates that are shown, shape (K, F)."""
    if asked.size == asked.cells.num_rows:
        return np.eye(asked.size)
    if margins is None:
        return _shares(posterior, asked, "n_eff")
    return _grouped(asked, _margin_weights(asked, margins))


def _margin_weights(asked: _Asked, margins: Margins) -> Floats:
    """Return the share of the population in each cell, shape (F,)."""
    open_names = [name for name in asked.cells.column_names if name not in (SCORE, *asked.shown)]
    covered = {name for margin in margins.margins for name in margin.names}
    if missing := [name for name in open_names if name not in covered]:
        raise UsageError(
            f"The margins do not say how {missing[0]} is spread.",
            remedy=f"Add a margin of {missing[0]} to {margins.path}, or ask for rates by it.",
        )
    _check_margins(asked, margins, open_names)
    found = np.ones(asked.cells.num_rows)
    for margin in margins.margins:
        share = dict(zip(margin.levels, margin.shares, strict=True))
        rows = [tuple(row.values()) for row in asked.cells.select(margin.names).to_pylist()]
        if unknown := next((row for row in rows if row not in share), None):
            raise UsageError(
                f"The margin {margin.label} has no row for {' × '.join(unknown)}.",
                remedy=f"Add it to {margins.path}; its total may be very small, not 0.",
            )
        found *= [share[row] for row in rows]
    return found


def _check_margins(asked: _Asked, margins: Margins, open_names: Sequence[str]) -> None:
    """Refuse margins that the model cannot use, or that say the same thing twice."""
    known = asked.cells.column_names
    for name in (name for margin in margins.margins for name in margin.names):
        if name == SCORE or name not in known:
            raise UsageError(
                f"The margins are of {name}, which rates are not averaged over.",
                remedy=f"Leave it out of {margins.path}.",
            )
    for name in open_names:
        if sum(name in margin.names for margin in margins.margins) > 1:
            raise UsageError(
                f"Several margins say how {name} is spread.",
                remedy=f"Keep one of them in {margins.path}, or give their crossing.",
            )


def _programme_shares(posterior: Posterior, asked: _Asked) -> Floats:
    """Return the share of a row's programmes in each cell, shape (K, F)."""
    if asked.size == asked.cells.num_rows:
        return np.eye(asked.size)
    return _shares(posterior, asked, "n_programmes")


def _tabulated(
    posterior: Posterior, asked: _Asked, values: Floats, quantity: str, interval: str
) -> Estimates:
    """Return the table of quantities, from values of shape (draws, K)."""
    columns = _summary(values, asked.conf_level)
    if asked.size == asked.cells.num_rows:
        for name in ("n", "n_eff", "n_numerator", "n_programmes"):
            columns[name] = pa.array(_behind(posterior, asked, name), COLUMNS.field(name).type)
    labels = _labels(posterior, asked.band, asked.conf_level)
    labels |= {"quantity": quantity, "interval": interval}
    keys = {name: asked.keys.column(name) for name in asked.shown}
    return Estimates(tabulated(keys, labels | columns, asked.size))


def _labels(posterior: Posterior, band: str, conf_level: float) -> dict[str, Any]:
    return dict(posterior.labels) | {
        "intent": intent_of(band),
        "method": METHOD,
        "conf_level": conf_level,
        "reliability": "ok",
    }


def _summary(values: Floats, conf_level: float) -> dict[str, pa.Array]:
    """Return mean, standard deviation and limits of each column; shape (draws, K)."""
    low, high = np.quantile(values, _tails(conf_level), axis=0)
    return {
        "estimate": pa.array(values.mean(axis=0)),
        "std_error": pa.array(values.std(axis=0)),
        "conf_low": pa.array(low),
        "conf_high": pa.array(high),
    }


def _tails(conf_level: float) -> tuple[float, float]:
    return (1 - conf_level) / 2, (1 + conf_level) / 2
