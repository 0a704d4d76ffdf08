"""What is asked of a posterior: a crossing of its segments, and what each cell weighs in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa

from advocacy.arrays import Floats
from advocacy.errors import DataError, UsageError
from advocacy.estimation.pooling.effective_counts import SCORE
from advocacy.estimation.pooling.posterior import Posterior, band_of
from advocacy.survey.margins import Margins


@dataclass(frozen=True)
class Crossing:
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


def crossing(
    posterior: Posterior,
    by: Sequence[str] | None,
    where: Mapping[str, str],
    intent: str,
    conf_level: float,
) -> Crossing:
    """Return the crossing of some segments, each with the levels asked for or all that there are.

    Raises
    ------
    DataError
        The fit misses its diagnostics.
    UsageError
        An unknown segment, a score band that the study does not have, or a probability that is
        not between 0 and 1.
    """
    posterior.require_passed()
    check_level(conf_level)
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
    return Crossing(pa.table(keys), len(number), pa.table(cells), np.array(group), band, conf_level)


def check_level(conf_level: float) -> None:
    """Refuse a probability that is not between 0 and 1."""
    if not 0 < conf_level < 1:
        raise UsageError(
            f"The probability {conf_level:g} is not between 0 and 1.", remedy="Use 0.90."
        )


def behind(posterior: Posterior, asked: Crossing, name: str) -> list[Any]:
    """Return a number of the posterior's cells for each cell that is asked for; 0 where none."""
    segments = [*posterior.segments, SCORE]
    known = {
        tuple(row[segment] for segment in segments): row[name]
        for row in posterior.cells.to_pylist()
    }
    rows = asked.cells.select(segments).to_pylist()
    return [known.get(tuple(row.values()), 0) for row in rows]


def _grouped(asked: Crossing, weights: Floats) -> Floats:
    """Return weights of cells as rows that sum to 1, one a row that is shown; shape (K, F)."""
    found = (np.arange(asked.size)[:, None] == asked.group) * weights
    shares: Floats = found / found.sum(axis=1, keepdims=True)
    return shares


def _shares(posterior: Posterior, asked: Crossing, name: str) -> Floats:
    """Return the share of each cell in a number of the row that is shown, shape (K, F).

    Where the study has none in the row, or withholds it, it is spread as in the whole study.
    """
    numbers = np.array([value or 0 for value in behind(posterior, asked, name)], np.float64)
    without = np.bincount(asked.group, numbers)[asked.group] == 0
    if without.any():
        numbers = np.where(without, _over_the_study(posterior, asked, name), numbers)
    return _grouped(asked, numbers)


def _over_the_study(posterior: Posterior, asked: Crossing, name: str) -> Floats:
    """Return a number of the study summed over the segments that are shown, shape (F,).

    Raises
    ------
    DataError
        All of it is withheld.
    """
    averaged = [column for column in asked.cells.column_names if column not in asked.shown]
    rows = [row for row in posterior.cells.to_pylist() if row[SCORE] == asked.band]
    if all(row[name] is None for row in rows):
        free = [column for column in averaged if column != SCORE]
        raise DataError(
            f"How the study's ratings of score {asked.band} are spread over {' × '.join(free)} is "
            "withheld, so nothing can be averaged over these.",
            remedy=f"Name a level of each too ({', '.join(f'--{column}' for column in free)}); "
            "in Python, pooled_rates also takes margins.",
        )
    total: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        total[tuple(row[column] for column in averaged)] += row[name] or 0
    return np.array(
        [total[tuple(row.values())] for row in asked.cells.select(averaged).to_pylist()]
    )


def cell_weights(posterior: Posterior, asked: Crossing, margins: Margins | None) -> Floats:
    """Return the weights of cells in the rates that are shown, shape (K, F)."""
    if asked.size == asked.cells.num_rows:
        return np.eye(asked.size)
    if margins is None:
        return _shares(posterior, asked, "n_eff")
    return _grouped(asked, _margin_weights(asked, margins))


def _margin_weights(asked: Crossing, margins: Margins) -> Floats:
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


def _check_margins(asked: Crossing, margins: Margins, open_names: Sequence[str]) -> None:
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


def programme_shares(posterior: Posterior, asked: Crossing) -> Floats:
    """Return the share of a row's programmes in each cell, shape (K, F)."""
    if asked.size == asked.cells.num_rows:
        return np.eye(asked.size)
    return _shares(posterior, asked, "n_programmes")
