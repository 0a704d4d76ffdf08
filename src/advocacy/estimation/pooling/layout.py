"""What the multilevel model is of: programmes, score bands, and terms with their levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from advocacy.arrays import Floats, Integers
from advocacy.errors import DataError
from advocacy.estimation.pooling.effective_counts import PROGRAMME, SCORE, SECTOR, EffectiveCounts
from advocacy.estimation.segments import find_segments
from advocacy.remarks import Remark

# Terms in the order of the formula; those with a number have this prior standard deviation,
# the scale of the others is estimated.
_TERMS: dict[tuple[str, ...], float | None] = {
    (SECTOR,): 1.0,
    (SCORE,): 1.5,
    ("industry",): None,
    ("country",): None,
    ("year",): None,
    (SECTOR, "industry"): None,
    ("industry", "country"): None,
}
FEWEST_PROGRAMMES = 3
FEW_PROGRAMMES = 10


@dataclass(frozen=True)
class Effect:
    """A term of the model at N counts.

    Parameters
    ----------
    segments, levels
        As in `Term`.
    index
        Level of each count in row-major order, shape (N,).
    sd
        Standard deviation where it is not estimated.
    """

    segments: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    index: Integers
    sd: float | None

    @property
    def name(self) -> str:
        """Its name in tables and messages."""
        return " × ".join(self.segments)

    @property
    def shape(self) -> tuple[int, ...]:
        """Levels of each segment."""
        return tuple(len(own) for own in self.levels)

    @property
    def size(self) -> int:
        """Levels of the crossing."""
        return int(np.prod(self.shape))


@dataclass(frozen=True)
class Layout:
    """What the counts are of: P programmes, B score bands, and the terms.

    Parameters
    ----------
    programmes, bands
        Their names.
    programme, band
        Those of each count, shape (N,).
    n
        Effective number of each count, shape (N,).
    effects
        The terms.
    """

    programmes: tuple[str, ...]
    bands: tuple[str, ...]
    programme: Integers
    band: Integers
    n: Floats
    effects: tuple[Effect, ...]

    def shares(self, effect: Effect, weight: Floats) -> Floats:
        """Return the share of each programme's weight in each level, shape (P, levels).

        ``weight`` is that of each count, shape (N,).
        """
        found = np.zeros((len(self.programmes), effect.size))
        np.add.at(found, (self.programme, effect.index), weight)
        total: Floats = found.sum(axis=1, keepdims=True)
        return found / total


def laid_out(counts: EffectiveCounts) -> Layout:
    """Return what the model is of: the terms of `_TERMS` whose segments have several levels.

    Raises
    ------
    DataError
        There are fewer than three programmes.
    """
    levels, index = {}, {}
    for name in counts.keys.column_names:
        values = counts.keys.column(name).to_pylist()
        levels[name] = _levels(name, values)
        number = {level: position for position, level in enumerate(levels[name])}
        index[name] = np.array([number[value] for value in values])
    if len(levels[PROGRAMME]) < FEWEST_PROGRAMMES:
        raise DataError(
            f"How programmes differ is not to be had from fewer than {FEWEST_PROGRAMMES} of them; "
            f"here: {len(levels[PROGRAMME])}.",
            remedy="Hold the programme against a study instead: advocacy benchmark.",
        )
    effects = [
        Effect(
            segments=segments,
            levels=tuple(levels[name] for name in segments),
            index=np.ravel_multi_index(
                [index[name] for name in segments], [len(levels[name]) for name in segments]
            ),
            sd=sd,
        )
        for segments, sd in _TERMS.items()
        if all(len(levels.get(name, ())) > 1 for name in segments)
    ]
    return Layout(
        levels[PROGRAMME], levels[SCORE], index[PROGRAMME], index[SCORE], counts.n, tuple(effects)
    )


def _levels(name: str, values: Sequence[str]) -> tuple[str, ...]:
    known = find_segments((name,))[0].levels
    return tuple(sorted(set(values), key=lambda v: (known.index(v) if known else 0, v)))


def warnings_of(counts: EffectiveCounts, layout: Layout) -> tuple[Remark, ...]:
    """Return what the reader must know of the data."""
    warnings = []
    if len(layout.programmes) < FEW_PROGRAMMES:
        warnings.append(Remark("fit.few_programmes", {"programmes": len(layout.programmes)}))
    alone = {
        name: counts.keys.column(name)[0].as_py()
        for name in counts.keys.column_names
        if name not in (PROGRAMME, SCORE) and len(counts.keys.column(name).unique()) == 1
    }
    for name, value in alone.items():
        warnings.append(Remark("fit.one_level", {"segment": name, "level": value}))
    if confounded := _confounded(layout):
        warnings.append(Remark("fit.confounded", {"terms": confounded}))
    if counts.unplaced:
        warnings.append(Remark("fit.unplaced", {"ratings": counts.unplaced}))
    return tuple(warnings)


def _confounded(layout: Layout) -> list[str]:
    """Name the terms with levels that are one programme and no more, and how many these are."""
    found = []
    for effect in layout.effects:
        inside = layout.shares(effect, layout.n) > 0
        elsewhere = inside.sum(axis=1) > 1
        alone = (inside.sum(axis=0) == 1) & ~inside[elsewhere].any(axis=0)
        if alone.any():
            found.append(f"{effect.name} ({alone.sum()} of {inside.any(axis=0).sum()})")
    return found
