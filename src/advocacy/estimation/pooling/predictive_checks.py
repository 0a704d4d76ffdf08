r"""Posterior predictive checks: whether the model would have given counts such as were counted.

For each of D draws from the posterior the counts are drawn again, and set beside those counted:

* by programme and by cell, with programmes' own effects drawn anew as well: whether programmes
  differ as the model says that they do;
* by the discrepancy :math:`\chi^2 = \sum (y - n \rho)^2 / (n \rho (1 - \rho))` over all counts of a
  score band, given the programmes: whether ratings within a programme do.

Gelman, Meng and Stern (1996), "Posterior predictive assessment of model fitness via realized
discrepancies", Statistica Sinica 6. R equivalent: ``bayesplot::ppc_stat_grouped``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.special import expit

from advocacy.arrays import Floats, Integers
from advocacy.estimation.pooling.effective_counts import PROGRAMME, SCORE, EffectiveCounts
from advocacy.estimation.pooling.multilevel import Pooled
from advocacy.survey.cells.numbering import summed

DRAWS = 400
LEVEL = 0.90


@dataclass(frozen=True)
class PredictiveChecks:
    """How counts are placed among those that the model gives.

    Parameters
    ----------
    programmes, cells
        A row for each programme or cell in a score band: its keys, ``n_eff``, the rate
        ``observed``, the limits ``low`` and ``high`` of `LEVEL` of the rates that are drawn, and
        ``above``, the share of these above the observed one, of ties a half.
    discrepancies
        A row a score band: the mean discrepancy of the counts, ``observed``, of those that are
        drawn, ``replicated``, and ``p_value``, the share of draws in which the latter is at least
        the former. Near 0: ratings of a programme differ more than the model allows for.
    """

    programmes: pa.Table
    cells: pa.Table
    discrepancies: pa.Table

    @property
    def programmes_outside(self) -> float:
        """Share of programmes and bands outside their limits, to be near 1 - `LEVEL`."""
        return _outside(self.programmes)

    @property
    def cells_outside(self) -> float:
        """Share of cells and bands outside their limits, to be near 1 - `LEVEL` or below."""
        return _outside(self.cells)


def predictive_checks(
    pooled: Pooled, counts: EffectiveCounts, *, draws: int = DRAWS, seed: int = 0
) -> PredictiveChecks:
    """Draw the counts again, and set them beside those that the model was fitted to.

    Parameters
    ----------
    pooled
        What `pool` gave.
    counts
        What it was fitted to.
    draws
        Draws of the posterior, evenly spaced; at most all of them.
    seed
        Of the generator.

    Raises
    ------
    DataError
        The fit misses its diagnostics.
    """
    pooled.posterior.require_passed()
    rng = np.random.default_rng(seed)
    groups = [
        _groups(counts, [PROGRAMME, SCORE]),
        _groups(counts, [*pooled.posterior.segments, SCORE]),
    ]
    rates: list[list[Floats]] = [[], []]
    discrepancies = []
    all_draws = len(pooled.posterior.intercept)
    for draw in np.linspace(0, all_draws - 1, min(draws, all_draws)).round().astype(int):
        discrepancies.append(_discrepancies(pooled, counts, int(draw), rng))
        again = replicated(counts.n, expit(_anew(pooled, int(draw), rng)), rng)
        for (_, index, n), found in zip(groups, rates, strict=True):
            found.append(summed(index, again, len(n)) / n)
    observed, drawn = np.array(discrepancies).transpose(1, 2, 0)
    programmes, cells = (
        _placed(group, counts.y, np.array(found))
        for group, found in zip(groups, rates, strict=True)
    )
    return PredictiveChecks(programmes, cells, _compared(pooled.posterior.bands, observed, drawn))


def programme_rates(pooled: Pooled, counts: npt.NDArray[np.bool_]) -> Floats:
    """Return draws of the rate behind each of M chosen counts, shape (S, M).

    ``counts`` says which of the layout's N counts are chosen, shape (N,).
    """
    posterior, layout = pooled.posterior, pooled.layout
    programme, band = layout.programme[counts], layout.band[counts]
    logits = posterior.intercept[:, None] + pooled.programme[:, programme]
    logits += pooled.programme_score[:, programme, band]
    for term, effect in zip(posterior.terms, layout.effects, strict=True):
        logits += term.effects[:, effect.index[counts]]
    found: Floats = expit(logits)
    return found


def replicated(n: Floats, rate: Floats, rng: np.random.Generator) -> Floats:
    """Draw effective numbers with the outcome; all of shape (N,).

    Whole numbers are binomial. A fraction f of an answer has the mean and the variance that it
    should, f ρ and f ρ (1 - ρ), by two values; these may be outside 0 and f.
    """
    whole = np.floor(n)
    part = n - whole
    last = part * rate + np.sqrt(part) * ((rng.random(len(n)) < rate) - rate)
    found: Floats = rng.binomial(whole.astype(np.int64), rate) + last
    return found


def _mean_logits(pooled: Pooled, draw: int) -> Floats:
    """Return a draw of the log odds of the mean programme behind each count, shape (N,)."""
    found = np.full(len(pooled.layout.n), pooled.posterior.intercept[draw])
    for term, effect in zip(pooled.posterior.terms, pooled.layout.effects, strict=True):
        found += term.effects[draw, effect.index]
    return found


def _anew(pooled: Pooled, draw: int, rng: np.random.Generator) -> Floats:
    """Return log odds behind each count with other programmes in their places, shape (N,)."""
    posterior, layout = pooled.posterior, pooled.layout
    shape = len(layout.programmes), len(layout.bands)
    own = rng.standard_normal(shape) * posterior.programme_score[draw]
    own -= own.mean(axis=1, keepdims=True)
    own += rng.standard_normal((shape[0], 1)) * posterior.programme[draw]
    found: Floats = _mean_logits(pooled, draw) + own[layout.programme, layout.band]
    return found


def _discrepancies(
    pooled: Pooled, counts: EffectiveCounts, draw: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return the discrepancies of the counts and of others drawn like them, shape (B,) each."""
    layout = pooled.layout
    logits = _mean_logits(pooled, draw) + pooled.programme[draw, layout.programme]
    rate = expit(logits + pooled.programme_score[draw, layout.programme, layout.band])
    expected, variance = counts.n * rate, counts.n * rate * (1 - rate)
    counted, again = (
        summed(layout.band, (y - expected) ** 2 / variance, len(layout.bands))
        for y in (counts.y, replicated(counts.n, rate, rng))
    )
    return counted, again


_Group = tuple[pa.Table, Integers, Floats]


def _groups(counts: EffectiveCounts, names: Sequence[str]) -> _Group:
    """Return the levels of groups of counts, the group of each count, and their numbers."""
    rows = [tuple(row.values()) for row in counts.keys.select(list(names)).to_pylist()]
    number = {row: place for place, row in enumerate(sorted(set(rows)))}
    index = np.array([number[row] for row in rows])
    columns = {name: pa.array([row[place] for row in number]) for place, name in enumerate(names)}
    return pa.table(columns), index, summed(index, counts.n, len(number))


def _placed(group: _Group, y: Floats, drawn: Floats) -> pa.Table:
    """Return where observed rates are among those drawn, shape (D, groups)."""
    keys, index, n = group
    observed = summed(index, y, len(n)) / n
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    above = ((drawn > observed).mean(axis=0) + (drawn >= observed).mean(axis=0)) / 2
    columns = {"n_eff": n, "observed": observed, "low": low, "high": high, "above": above}
    for name, values in columns.items():
        keys = keys.append_column(name, pa.array(values))
    return keys


def _compared(bands: Sequence[str], observed: Floats, drawn: Floats) -> pa.Table:
    return pa.table(
        {
            SCORE: pa.array(bands),
            "observed": pa.array(observed.mean(axis=1)),
            "replicated": pa.array(drawn.mean(axis=1)),
            "p_value": pa.array((drawn >= observed).mean(axis=1)),
        }
    )


def _outside(table: pa.Table) -> float:
    low, high, observed = (table.column(name).to_numpy() for name in ("low", "high", "observed"))
    return float(np.mean((observed < low) | (observed > high)))
