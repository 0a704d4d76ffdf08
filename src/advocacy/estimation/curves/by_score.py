"""Totals by score from 0 to 10, of which curves and their tests are functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from advocacy.arrays import Floats, Integers
from advocacy.errors import UsageError
from advocacy.estimation.asked import Asked
from advocacy.estimation.curves.fits import SCORES
from advocacy.estimation.estimands import find_estimand
from advocacy.estimation.segments import SEGMENTS, find_segments
from advocacy.estimation.tabulation import in_order, unnamed
from advocacy.remarks import Remark
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.groups import Groups, rolled_up
from advocacy.survey.design import SurveyDesign
from advocacy.survey.gradient import Gradient
from advocacy.survey.quantities import Quantities, counts, totals
from advocacy.survey.replicates import Replicates, replicate_totals
from advocacy.survey.replication import Replication

_S = len(SCORES)


@dataclass(frozen=True)
class ByScore:
    """Totals by score of G curves.

    Parameters
    ----------
    totals
        X of the 11 scores of the first curve, of the second, and so on; then Z likewise.
    resampled
        The same in bootstrap replicates; ``None`` where the design allows none.
    keys
        What each curve is of, a row each.
    groups, wholes
        Domains of each score of each curve, and of each curve.
    curves
        Numbers of the curves that are shown, in their order; shape (shown,).
    unplaced
        Ratings in the base that no curve holds.
    """

    totals: Quantities
    resampled: Replicates | None
    keys: pa.Table
    groups: Groups
    wholes: Groups
    curves: Integers
    unplaced: int

    @property
    def cells(self) -> Cells:
        """The cells of the pass."""
        return self.totals.cells

    def split(self) -> tuple[Floats, Floats]:
        """Return X and Z of each curve in a unit of its own, shape (G, 11) each."""
        x, z, _ = _in_own_units(*split(self.totals.estimate))
        return x, z

    def transformed(
        self,
        function: Callable[[Floats, Floats], Floats],
        slopes: Callable[[Floats, Floats], Floats],
    ) -> Quantities:
        """Return L functions of each curve, all of the first curve before those of the second.

        As `Quantities.transformed`, without the zeros of curves on each other's totals.

        Parameters
        ----------
        function
            From X and Z of shape (..., 11) to shape (..., L); the unit of weights changes nothing.
        slopes
            From X and Z of one curve to derivatives, shape (L, 22).
        """
        applied = of_curves(function)
        own = zip(*_in_own_units(*split(self.totals.estimate)), strict=True)
        blocks = np.array([slopes(x, z) / unit for x, z, unit in own])
        return replace(
            self.totals,
            estimate=applied(self.totals.estimate),
            gradient=_gradient(blocks, self.groups),
            replicates=self.totals.replicates and self.totals.replicates.transformed(applied),
        )


def split(values: Floats) -> tuple[Floats, Floats]:
    """Return X and Z of curves, from shape (..., 22 G) to shape (..., G, 11) each."""
    x, z = np.split(values, 2, axis=-1)
    shape = (*x.shape[:-1], -1, _S)
    return x.reshape(shape), z.reshape(shape)


def of_curves(function: Callable[[Floats, Floats], Floats]) -> Callable[[Floats], Floats]:
    """Return a function of all totals, (..., 22 G) to (..., G L), from one of each curve's."""

    def applied(values: Floats) -> Floats:
        x, z, _ = _in_own_units(*split(values))
        found = function(x, z)
        return found.reshape(*values.shape[:-1], -1)

    return applied


def _in_own_units(x: Floats, z: Floats) -> tuple[Floats, Floats, Floats]:
    """Return X and Z of curves with the largest Z from 1 to 2, and the unit, shape (..., 1).

    So products of totals do not overflow. Units are powers of 2, which change no digit.
    """
    unit = np.ldexp(1.0, np.frexp(z.max(axis=-1, keepdims=True))[1] - 1)
    return x / unit, z / unit, unit


def _gradient(blocks: Floats, groups: Groups) -> Gradient:
    """Return the gradient of curves' functions, from derivatives of shape (G, L, 22)."""
    curves, size, _ = blocks.shape
    flat = np.full(groups.size, -1)
    flat[groups.group] = groups.domain  # a score of a curve is one domain
    domain = flat.reshape(curves, _S)
    by_x, by_z = blocks[..., :_S], blocks[..., _S:]
    matters = (domain[:, None, :] >= 0) & ((by_x != 0) | (by_z != 0))
    curve, function, score = np.nonzero(matters)
    return Gradient(
        quantity=curve * size + function,
        domain=domain[curve, score],
        x=by_x[matters],
        z=by_z[matters],
        size=curves * size,
    )


def refuse_no_curve(estimand: str, by: Sequence[str]) -> None:
    """Refuse what has no curve over the scores that is fitted.

    Raises
    ------
    UsageError
        As `refuse_no_rate_of_scores`, and an incidence.
    """
    refuse_no_rate_of_scores(estimand, by)
    find_estimand(estimand).refuse_incidence("a curve over the scores")


def refuse_no_rate_of_scores(estimand: str, by: Sequence[str]) -> None:
    """Refuse what has no rate at each score.

    Raises
    ------
    UsageError
        An unknown name, an estimand that is no rate of a score, or a segment of scores.
    """
    chosen, segments = find_estimand(estimand), find_segments(by)
    if not chosen.conditional or not chosen.proportion:
        raise UsageError(
            f"{chosen.name} is no rate of those with a score, and has no curve.",
            remedy="Use recommended_past_12m, or another rate.",
        )
    for segment in segments:
        if segment.replaces_intent:
            raise UsageError(
                f"A curve is over the scores already; {segment.name} splits by them.",
                remedy=f"Leave {segment.name} out of --by.",
            )


def by_score(asked: Asked) -> ByScore:
    """Run the pass by segments and score and return the totals of each curve."""
    design, bootstrap = asked.design, bootstrapped(asked.design)
    crossed = [*asked.domains, SEGMENTS["score"].domain]
    cells = replace(asked, design=bootstrap or design).cells(crossed)
    names = [segment.name for segment in asked.segments]
    groups, wholes = _groups(cells, names)
    behind = counts(cells, wholes)
    lacking = unnamed(wholes.keys, names, wholes.size)
    shown = np.flatnonzero(~lacking & (behind.n > 0))
    return ByScore(
        totals=totals(cells, design, groups),
        resampled=replicate_totals(cells, bootstrap, groups) if bootstrap else None,
        keys=wholes.keys,
        groups=groups,
        wholes=wholes,
        curves=in_order(wholes.keys, shown, asked.segments),
        unplaced=int(behind.n[lacking].sum()),
    )


def bootstrapped(design: SurveyDesign) -> SurveyDesign | None:
    """Return the design with bootstrap replicates; ``None`` where it has no PSUs to draw.

    Where linearization has a rule of its own for strata of one PSU, these count as certain:
    shapes of distributions are wanted, not variances.
    """
    replication = design.replication
    if replication and (replication.redraws or not replication.made):
        return design if replication.redraws else None
    linear = design.lonely_psu in ("adjust", "average")
    rule = "certainty" if linear else design.lonely_psu
    return replace(design, replication=Replication("bootstrap"), lonely_psu=rule)


def notes_of(found: ByScore) -> tuple[Remark, ...]:
    """Say what a design without a bootstrap leaves out."""
    if found.resampled is not None:
        return ()
    return (Remark("curve.no_bootstrap"),)


def _groups(cells: Cells, names: Sequence[str]) -> tuple[Groups, Groups]:
    """Return the domains of each score of each curve, and of each curve."""
    curves = rolled_up(cells, names)
    score = cells.domains.column("score").to_numpy()
    inside = ~np.isnan(score.astype(np.float64))
    group = curves.group[inside] * _S + score[inside].astype(np.int64)
    wholes = replace(curves, group=curves.group[inside], domain=curves.domain[inside])
    repeated = np.repeat(np.arange(curves.size), _S)
    # Without segments there is one curve, whose key has no column to take rows of.
    keys = curves.keys.take(pa.array(repeated)) if names else curves.keys
    scores = pa.array(np.tile(SCORES, curves.size), pa.int64())
    keyed = keys.append_column("score", scores) if names else pa.table({"score": scores})
    return Groups(keyed, group, wholes.domain, curves.size * _S), wholes
