r"""The fitted model of programmes, as draws: all that a new programme is compared with.

For each of S draws from the posterior, the log odds of the outcome at score band s in a cell c are

.. math:: logit\,\rho = \alpha + \sum_t u_t(c, s) + v, \qquad v \sim N(0, \tau^2), \quad
          \tau^2 = \sigma_{programme}^2 + (1 - 1/B)\, \sigma_{programme \times score}^2

with effects :math:`u_t` of sector, score band, industry, country, year and their crossings, and
:math:`v` what a programme has of its own, among B score bands. Programmes' own effects are not
kept: they are their suppliers' business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from advocacy.arrays import Floats
from advocacy.errors import DataError, UsageError
from advocacy.estimation.estimands import INTENTS, find_intent
from advocacy.estimation.estimates import Estimates
from advocacy.estimation.pooling.effective_counts import PROGRAMME, SCORE
from advocacy.estimation.segments import find_segments
from advocacy.remarks import Remark

# What a fit must reach to be published: Vehtari et al. (2021), https://doi.org/10.1214/20-BA1221
LARGEST_RHAT = 1.01
SMALLEST_ESS = 400

INTERCEPT = "intercept"
# What a programme has of its own in a score band, beyond what it has in all.
OWN = f"{PROGRAMME} × {SCORE}"
_BANDS = {
    "0-6": INTENTS["detractors"].scores,
    "7-8": INTENTS["passives"].scores,
    "9": (9,),
    "10": INTENTS["score_10"].scores,
}


@dataclass(frozen=True)
class Diagnostics:
    """Whether the sampler found the posterior.

    Parameters
    ----------
    rhat
        Largest rank-normalized split R-hat of all parameters.
    ess_bulk, ess_tail
        Smallest effective sample sizes, draws.
    worst
        Parameters with these three values.
    divergences
        Transitions that diverged, after tuning.
    chains, draws
        Chains, and draws of each.
    """

    rhat: float
    ess_bulk: float
    ess_tail: float
    worst: tuple[str, str, str]
    divergences: int
    chains: int
    draws: int

    def __str__(self) -> str:
        return (
            f"R-hat up to {self.rhat:.3f} ({self.worst[0]}), bulk ESS down to {self.ess_bulk:.0f} "
            f"({self.worst[1]}), tail ESS down to {self.ess_tail:.0f} ({self.worst[2]}), "
            f"{self.divergences} divergences; it must be below {LARGEST_RHAT}, above "
            f"{SMALLEST_ESS} twice, and none"
        )

    @property
    def problems(self) -> tuple[Remark, ...]:
        """What keeps the fit from being published; empty where nothing does."""
        problems = []
        if not self.rhat < LARGEST_RHAT:
            values = {"term": self.worst[0], "rhat": f"{self.rhat:.3f}", "limit": f"{LARGEST_RHAT}"}
            problems.append(Remark("fit.rhat", values))
        for key, size, worst in (
            ("fit.bulk", self.ess_bulk, self.worst[1]),
            ("fit.tail", self.ess_tail, self.worst[2]),
        ):
            if not size > SMALLEST_ESS:
                values = {"term": worst, "ess": f"{size:.0f}", "limit": f"{SMALLEST_ESS}"}
                problems.append(Remark(key, values))
        if self.divergences:
            problems.append(Remark("fit.divergences", {"divergences": self.divergences}))
        return tuple(problems)


@dataclass(frozen=True)
class Term:
    """The effects of a segment or of a crossing of several.

    Parameters
    ----------
    segments
        Names of the segments.
    levels
        Levels of each segment.
    effects
        Log odds, the crossing's levels in row-major order; shape (S, levels).
    scale
        Standard deviation of the effects, log odds, shape (S,); ``None`` where there is none.
    """

    segments: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    effects: Floats
    scale: Floats | None

    @property
    def name(self) -> str:
        """Its name in tables and messages."""
        return " × ".join(self.segments)

    def at(self, keys: pa.Table, rng: np.random.Generator) -> Floats:
        """Return the effect in each row of the keys, shape (S, K).

        Without one of its segments it is 0, its mean. A level that the study has not seen has an
        effect drawn from the scale.

        Raises
        ------
        UsageError
            A level that is not known, of a term without a scale.
        """
        draws = len(self.effects)
        if not set(self.segments) <= set(keys.column_names):
            return np.zeros((draws, keys.num_rows))
        numbers = [
            [own.index(value) if value in own else -1 for value in keys.column(name).to_pylist()]
            for name, own in zip(self.segments, self.levels, strict=True)
        ]
        known = (np.array(numbers) >= 0).all(axis=0)
        found = np.empty((draws, keys.num_rows))
        sizes = [len(own) for own in self.levels]
        seen = [np.array(row)[known] for row in numbers]
        found[:, known] = self.effects[:, np.ravel_multi_index(seen, sizes)]
        if not known.all():
            found[:, ~known] = self._drawn(keys.filter(pa.array(~known)), rng)
        return found

    def _drawn(self, keys: pa.Table, rng: np.random.Generator) -> Floats:
        if self.scale is None:
            name = self.segments[0]
            raise _unknown(name, keys.column(name)[0].as_py(), self.levels[0])
        # The same unseen level in two rows has the same effect.
        rows = [tuple(row.values()) for row in keys.select(self.segments).to_pylist()]
        number = {row: position for position, row in enumerate(dict.fromkeys(rows))}
        drawn: Floats = rng.standard_normal((len(self.scale), len(number))) * self.scale[:, None]
        return drawn[:, [number[row] for row in rows]]


@dataclass(frozen=True)
class Posterior:
    """S draws of the model's parameters, and what they were fitted to.

    Parameters
    ----------
    intercept
        Log odds of the mean programme, shape (S,).
    terms
        Effects beside it.
    programme, programme_score
        Standard deviations between programmes, and of score bands within a programme beyond
        the score's own effect; log odds, shape (S,).
    bands
        Score bands that the programme's own effects sum to zero over.
    cells
        What lies behind each cell and score band, a row each: the cell's segments, the band,
        ``n`` ratings, their effective number ``n_eff``, ``n_numerator`` with the outcome, and
        ``n_programmes``. The numbers are null where they are withheld.
    labels
        Estimand, rung, target and source kind, as in `Estimates`.
    diagnostics
        How the sampler did.
    warnings
        What the reader must know of the data.
    """

    intercept: Floats
    terms: tuple[Term, ...]
    programme: Floats
    programme_score: Floats
    bands: tuple[str, ...]
    cells: pa.Table
    labels: Mapping[str, str]
    diagnostics: Diagnostics
    warnings: tuple[Remark, ...] = ()

    @property
    def segments(self) -> tuple[str, ...]:
        """Names of the segments that cells are crossed by."""
        names = self.cells.column_names
        return tuple(names[: names.index(SCORE)])

    @cached_property
    def between(self) -> Floats:
        """Standard deviation between programmes at one score band, log odds; shape (S,)."""
        within = (1 - 1 / len(self.bands)) * self.programme_score**2
        found: Floats = np.sqrt(self.programme**2 + within)
        return found

    def levels(self, segment: str) -> tuple[str, ...]:
        """Return the levels of a segment that occur, in their order."""
        values = set(self.cells.column(segment).to_pylist())
        known = find_segments((segment,))[0].levels
        return tuple(sorted(values, key=lambda v: (known.index(v) if known else 0, v)))

    def logits(self, keys: pa.Table, rng: np.random.Generator) -> Floats:
        """Return log odds of the mean programme in each row of the keys, shape (S, K).

        Parameters
        ----------
        keys
            A column for the score band and for each segment that is given; shape (K, segments).
            Effects of segments that are not given are 0, which is their mean.
        rng
            Draws the effects of levels that the study has not seen.

        Raises
        ------
        UsageError
            A level that is not known, of a segment without a scale: a sector, a score band, or
            whatever the study has one level of.
        """
        self._refuse_beside_the_only(keys)
        found = np.repeat(self.intercept[:, None], keys.num_rows, axis=1)
        for term in self.terms:
            found += term.at(keys, rng)
        return found

    def _refuse_beside_the_only(self, keys: pa.Table) -> None:
        """Refuse other levels of a segment that the study has one level of: it has no term."""
        having = {name for term in self.terms for name in term.segments}
        for name in (*self.segments, SCORE):
            if name in having or name not in keys.column_names:
                continue
            levels = self.levels(name)
            for value in keys.column(name).to_pylist():
                if value not in levels:
                    raise _unknown(name, value, levels)

    def require_passed(self) -> None:
        """Refuse a fit that misses its diagnostics.

        Raises
        ------
        DataError
            It does; the message says which.
        """
        if self.diagnostics.problems:
            raise DataError(
                f"The fit is not to be relied on: {self.diagnostics}.",
                remedy="Fit again with more draws (--draws); if that does not help, with fewer "
                "segments or more programmes.",
            )


def _unknown(segment: str, value: str, levels: Sequence[str]) -> UsageError:
    return UsageError(
        f"The study has no {segment} {value!r}.", remedy=f"Use one of: {', '.join(levels)}."
    )


def band_of(intent: str) -> str:
    """Return the score band that an intent set is.

    Raises
    ------
    UsageError
        It is none: pooling tells bands apart, and does not know how they mix.
    """
    scores = find_intent(intent).scores
    for band, own in _BANDS.items():
        if scores == own:
            return band
    raise UsageError(
        f"The intent set {intent} is no score band of the model.",
        remedy="Use score_10, passives, detractors or 9.",
    )


def intent_of(band: str) -> str:
    """Return the name of the intent set that a score band is."""
    named = {intent.scores: intent.name for intent in INTENTS.values()}
    scores = _BANDS[band]
    return named.get(scores) or find_intent(",".join(map(str, scores))).name


def withheld(posterior: Posterior, published: Estimates) -> Posterior:
    """Return a posterior without the numbers behind cells that a published table does not show.

    Parameters
    ----------
    posterior
        What `pool` fitted.
    published
        Direct rates by all its segments, as `withhold` left them. Score bands of which they have
        no row lose their numbers too: nobody has judged these.

    Raises
    ------
    UsageError
        The rates are by other segments.
    """
    if set(published.by) != set(posterior.segments):
        raise UsageError(
            f"The published rates are by {' × '.join(published.by)}, the model's cells by "
            f"{' × '.join(posterior.segments)}.",
            remedy="Give published rates by the segments of the model.",
        )
    names = posterior.segments
    shown = {
        (*(row[name] for name in names), band_of(row["intent"]))
        for row in published.table.to_pylist()
        if row["n"] is not None
    }
    rows = posterior.cells.select([*names, SCORE]).to_pylist()
    hidden = pa.array([tuple(row.values()) not in shown for row in rows], pa.bool_())
    cells = posterior.cells
    for position, field in enumerate(cells.schema):
        if field.name not in (*names, SCORE):
            numbers = pc.if_else(hidden, pa.scalar(None, field.type), cells.column(position))
            cells = cells.set_column(position, field, numbers)
    return replace(posterior, cells=cells)
