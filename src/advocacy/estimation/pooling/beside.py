"""Programmes beside those that the model was fitted to, without fitting it again."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.special import expit

from advocacy.arrays import Floats
from advocacy.errors import DataError, MissingColumnError
from advocacy.estimation.estimates import Estimates
from advocacy.estimation.pooling.crossing import check_level
from advocacy.estimation.pooling.effective_counts import PROGRAMME, SCORE, EffectiveCounts
from advocacy.estimation.pooling.posterior import Posterior, band_of
from advocacy.estimation.pooling.predictions import labels_of_band, tails
from advocacy.estimation.tabulation import constant, nullable, tabulated

SIMULATED = "simulated"
# Points about the mode of a programme's own effect, in units of its posterior's width there.
_STEP = 0.1
_GRID = np.arange(-80, 81) * _STEP
_HALVINGS = 80  # of the range that the mode is in: to the last bit of it
# Draws that are used at most: they are alike, and limits are sorted from each times the grid.
_DRAWS = 1000
_NONE = np.array([np.nan])
# Lines of a crosswalk that give what a file lacks.
_LINES = {
    PROGRAMME: ",,programme,our survey,",
    "sector": ",,sector,B2B,",
    "industry": ",,industry,C,",
    "country": ",,country,NO,",
}


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
    draws weigh as their likelihood says. Nothing is fitted again. The posterior of v is had on a
    grid about its mode, wherever that is: log-concave, it has one.

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
    MissingColumnError
        They lack a segment that the study has several levels of.
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
    check_level(conf_level)
    require_peers(posterior, counts.keys.column_names)
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
    table = table.set_column(table.column_names.index("source_kind"), "source_kind", kinds)
    return Estimates(table, "peers")


def require_peers(posterior: Posterior, given: Collection[str], where: str = "") -> None:
    """Refuse programmes of which it is not known which others are like them.

    Parameters
    ----------
    posterior
        What they are held against.
    given
        Names of columns that they have. A segment that the study has one level of may be absent:
        all peers are of that level.
    where
        File that they are of, for the message.

    Raises
    ------
    MissingColumnError
        The programme or a segment is absent. The mean of a segment's effects in place of an
        unknown one would leave out how its levels differ, and intervals would be too narrow.
    """
    having = {name for term in posterior.terms for name in term.segments}
    told_apart = [name for name in posterior.segments if name in having]
    missing = [name for name in (PROGRAMME, *told_apart) if name not in given]
    if missing:
        one = len(missing) == 1
        lines = "".join(f"\n          {_LINES[name]}" for name in missing)
        raise MissingColumnError(
            f"The responses lack the column{'' if one else 's'} {', '.join(missing)}. A programme "
            "is one survey of one supplier; its peers are the programmes of the same "
            f"{', '.join(told_apart) or 'study'}.",
            where=where,
            remedy=f"Add {'it' if one else 'them'}, or to the crosswalk a line such as this for "
            f"{'all' if one else 'each, for all'} rows:{lines}",
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
    every = -(-len(posterior.intercept) // _DRAWS)
    logits, between = posterior.logits(keys, rng)[::every], posterior.between[::every, None]
    # With no ratings, the posterior is what was known before.
    effects, weights = _own_effects(logits, between, y, n)
    prior, before = _own_effects(logits, between, 0 * y, 0 * n)
    # Of the step about a point, the part above 0.
    step = _STEP * _width(_mode(logits, between, y, n), logits, between, n)
    share_above = np.clip(effects / step + 0.5, 0, 1)
    above = np.array([(weights * share_above).sum()])
    columns = [
        _weighted(_rates(logits, between, effects, n), weights, conf_level),
        _weighted(_rates(logits, between, prior, n), before, conf_level),
    ]
    columns.append({"estimate": above, "std_error": _NONE, "conf_low": _NONE, "conf_high": _NONE})
    joined = {name: nullable(np.concatenate([c[name] for c in columns])) for name in columns[0]}
    joined |= {
        "quantity": pa.array(["rate", "prediction", "above_peers"]),
        "interval": pa.array(["posterior", "prediction", None]),
        "n": pa.array([sum(row["n"] for row in rows)] * 3),
        "n_numerator": pa.array([sum(row["hits"] for row in rows)] * 3),
        "n_eff": pa.array([float(n.sum())] * 3),
    }
    labels = labels_of_band(posterior, rows[0][SCORE], conf_level)
    return tabulated({PROGRAMME: pa.array([rows[0][PROGRAMME]] * 3)}, labels | joined, 3)


def _own_effects(logits: Floats, between: Floats, y: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Return a programme's own effect on a grid for each draw, and the probability of each point.

    In units of its standard deviation; shape (S, grid) each, and the probabilities sum to 1.
    """
    mode = _mode(logits, between, y, n)
    width = _width(mode, logits, between, n)
    effects = mode + width * _GRID
    log_weight = np.log(width) - effects**2 / 2
    # A cell at a time, so that S draws times the grid is the most that is held.
    for cell in range(len(n)):
        own = logits[:, [cell]] + between * effects
        log_weight += y[cell] * own - n[cell] * np.logaddexp(0, own)
    weights = np.exp(log_weight - log_weight.max())
    return effects, weights / weights.sum()


def _mode(logits: Floats, between: Floats, y: Floats, n: Floats) -> Floats:
    """Return the effect where the posterior of each draw is highest, shape (S, 1).

    There the effect v equals the score of the likelihood, tau times the sum of y - n rho, which
    falls in v: the effect is found by halving.
    """
    low, high = -between * (n - y).sum(), between * y.sum()
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        missed = y.sum() - expit(logits + between * middle) @ n[:, None]
        below = between * missed > middle
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    mode: Floats = (low + high) / 2
    return mode


def _width(mode: Floats, logits: Floats, between: Floats, n: Floats) -> Floats:
    """Return the posterior's standard deviation as its curvature at the mode has it, (S, 1)."""
    rho = expit(logits + between * mode)
    width: Floats = 1 / np.sqrt(1 + between**2 * ((rho * (1 - rho)) @ n[:, None]))
    return width


def _rates(logits: Floats, between: Floats, effects: Floats, n: Floats) -> Floats:
    """Return the programme's rate over its cells at each effect, shape (S, grid)."""
    rate = np.zeros(effects.shape)
    for cell, share in enumerate(n / n.sum()):
        rate += share * expit(logits[:, [cell]] + between * effects)
    return rate


def _weighted(values: Floats, weights: Floats, conf_level: float) -> dict[str, Floats]:
    """Return mean, standard deviation and limits of weighted values, each of shape (1,)."""
    flat, share = values.ravel(), weights.ravel()
    mean = flat @ share
    order = np.argsort(flat)
    # Half of a value's own weight lies below it: a grid's points stand for what is about them.
    below = np.cumsum(share[order]) - share[order] / 2
    low, high = np.interp(tails(conf_level), below, flat[order])
    deviation = np.sqrt(share @ (flat - mean) ** 2)
    found = {"estimate": mean, "std_error": deviation, "conf_low": low, "conf_high": high}
    return {name: np.array([value]) for name, value in found.items()}
