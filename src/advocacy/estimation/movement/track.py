r"""A series of measures over time: each movement, what it is of, and whether it could be noise.

All measures and periods are from one pass, so that a movement knows which PSUs were in both
periods. Beside each stands the smallest change that its n and design could have shown, and its
p-value: how often noise alone makes one as large.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from advocacy.arrays import Integers
from advocacy.errors import DataError, UsageError
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.comparisons.contrasts import contrasted
from advocacy.estimation.comparisons.pairwise import check_adjust
from advocacy.estimation.movement.detectable import ALPHA, POWER
from advocacy.estimation.movement.followed import Levels, levels_of
from advocacy.estimation.movement.measures import (
    BY_DEFAULT,
    Measured,
    measurable,
    measure,
    together,
)
from advocacy.estimation.movement.mixes import Parts, parts_of
from advocacy.estimation.movement.periods import PERIODS, gaps, in_time
from advocacy.estimation.movement.series import Series, series_of
from advocacy.estimation.movement.track_rows import Judged, kept, rows_of_series
from advocacy.estimation.segments import find_segments
from advocacy.estimation.tabulation import check_interval, in_order, unnamed
from advocacy.remarks import Remark
from advocacy.responses import Responses
from advocacy.survey.cells.groups import Groups, rolled_up
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine
from advocacy.survey.quantities import Quantities


def track(
    responses: Responses,
    *,
    by: Sequence[str] = (),
    measures: Sequence[str] = (),
    intent: str = "score_10",
    mix: Sequence[str] = (),
    where: str | None = None,
    design: SurveyDesign | None = None,
    adjust: str = "holm",
    conf_level: float = 0.95,
    alpha: float = ALPHA,
    power: float = POWER,
    engine: Engine | None = None,
) -> Comparison:
    """Follow measures over time, and say of each movement what noise and mix may account for.

    Parameters
    ----------
    responses
        What `open_responses` gave.
    by
        One of `PERIODS`, and names in `SEGMENTS` without the score, a series for each crossing.
        By default the wave, or without one the quarter.
    measures
        Names in `MEASURES`; by default those of `BY_DEFAULT` that there are columns for.
    intent, where, design, engine
        As in `estimate`.
    mix
        Names in `SEGMENTS` whose change of mix is taken off the movements.
    adjust
        Rule for the number of movements of a series, one of `ADJUSTMENTS`.
    conf_level
        Of all intervals.
    alpha, power
        Level of a test of a movement, and the probability with which the smallest change is
        found.

    Returns
    -------
    Comparison
        Of the kind ``track``, rows named by ``estimand`` and ``quantity``: a `level` a period,
        with the band in which it would lie if nothing moved; a `movement` a period and the one
        before it (``reference``), with p-values, ``smallest_change`` and ``verdict``; its parts
        `mix_part`, `rate_part` and `outside` where a mix is given; and a `series` a measure, whose
        ``estimate`` is the level around which it scatters and whose p-value is of the test that
        nothing moves. A verdict is `moved`, `mix` (a movement of which the mix may account for
        what noise does not), `noise` or `untested`.

    Raises
    ------
    UsageError
        An unknown name, no or several periods, or a level or power that is none.
    DataError
        There is one period only.
    MissingColumnError, DesignError
        As in `estimate`.

    Notes
    -----
    R equivalent: ``survey::svycontrast`` of ``svyby(~x, ~period, svymean, covmat = TRUE)``;
    ``metafor::rma.mv(y, V, random = ~ 1 | period)``.
    """
    asked = Judged(adjust, conf_level, alpha, power)
    _refuse_what_is_none(asked)
    period, names = _period(responses, by, mix)
    there, lacking = measurable(responses, list(measures) or list(BY_DEFAULT))
    if measures and lacking:
        there = list(measures)  # what was named is refused by name
    responses.require(PERIODS[period].needs, f"The period {period}")
    found = measure(
        responses, there, intent=intent, by=[*names, *mix], domains=[PERIODS[period].domain],
        where=where, design=design, engine=engine,
    )  # fmt: skip
    groups = rolled_up(found.cells, [*names, period])
    shown, times = _in_order(responses, found, groups, names, period)
    levels = levels_of(found, groups, shown, names, conf_level)
    if not any(len(run) > 1 for run in levels.runs):
        raise DataError(
            f"There is one {period} only ({times[0]}): nothing can have moved.",
            where=responses.name,
            remedy="Take a finer period with --by, such as month, or add an earlier wave.",
        )
    parts = _all_parts(levels, mix) if mix else []
    joint, kish = levels.quantities.covariance(), levels.behind.kish
    series = [
        series_of(levels.quantities, joint, kish, run, conf_level, alpha) for run in levels.runs
    ]
    lack = unnamed(groups.keys, [*names, period], groups.size)
    unplaced = int(found.counts(groups, np.zeros(found.cells.n_domains)).n[lack].sum())
    return Comparison(
        table=rows_of_series(levels, parts, series, period, asked),
        kind="track",
        unplaced=unplaced,
        quantities=_quantities(levels, parts, series),
        compares=period,
        mix=tuple(mix),
        notes=tuple(_notes(levels, series, period, times, lacking)),
    )


# What is asked


def _refuse_what_is_none(asked: Judged) -> None:
    check_adjust(asked.adjust)
    check_interval("wald", asked.conf_level, proportion=False)
    if not (0 < asked.alpha < 1 and asked.alpha < asked.power < 1):
        raise UsageError(
            f"A test of level {asked.alpha:g} and power {asked.power:g} is none.",
            remedy="Give a level between 0 and 1, such as 0.05, and a power above it, such as 0.8.",
        )


def _period(
    responses: Responses, by: Sequence[str], mix: Sequence[str]
) -> tuple[str, tuple[str, ...]]:
    """Return the period, and the other segments."""
    names = (by,) if isinstance(by, str) else tuple(by)
    periods = [name for name in names if name in PERIODS]
    if len(periods) > 1:
        raise UsageError(
            f"A series is by one period, not by {' and '.join(periods)}.",
            remedy="Leave one out of --by.",
        )
    others = tuple(name for name in names if name not in PERIODS)
    period = periods[0] if periods else "wave" if responses.has("wave") else "quarter"
    for segment in find_segments([*others, *mix]):
        if segment.replaces_intent or segment.name in PERIODS:
            raise UsageError(
                f"A series is not by {segment.name}, nor at a common mix of it.",
                remedy="Use segments of ratings, such as sector or country.",
            )
    return period, others


def _in_order(
    responses: Responses, found: Measured, groups: Groups, names: Sequence[str], period: str
) -> tuple[Integers, list[str]]:
    """Return the groups by crossing and time, and all periods in the order of time."""
    rows = np.flatnonzero(~unnamed(groups.keys, [*names, period], groups.size))
    if not len(rows):
        raise DataError(
            f"No rating has a {' and a '.join([*names, period])}.",
            where=responses.name,
            remedy="Map the date of the interview, or the wave, in the crosswalk.",
        )
    present = groups.keys.column(period).take(pa.array(rows)).unique().to_pylist()
    times = in_time(responses, period, [str(name) for name in present], found.asked[0].engine)
    segments = [*find_segments(names), replace(PERIODS[period], levels=tuple(times))]
    return in_order(groups.keys, rows, segments), times


# Parts of movements


def _all_parts(levels: Levels, mix: Sequence[str]) -> list[Parts]:
    """Return the parts of all movements, their movements numbered as all are."""
    pairs = levels.pairs
    of = np.array([levels.measure_of(int(row)) for row in pairs.first])
    found = []
    for one in levels.found.asked:
        name = one.estimand.name
        rows = np.flatnonzero(of == name)
        both = [
            (int(levels.group[pairs.first[row]]), int(levels.group[pairs.second[row]]))
            for row in rows
        ]
        parts = parts_of(levels.found, levels.found.value(name), levels.groups, both, mix)
        if parts is not None:
            found.append(replace(parts, movement=rows[parts.movement]))
    return found


def _quantities(
    levels: Levels, parts: Sequence[Parts], series: Sequence[Series | None]
) -> Quantities:
    """Return the rows of the table as quantities; a series by the weights of its mean."""
    found = [levels.quantities, contrasted(levels.quantities, levels.pairs)]
    found += [one.quantities.take(kept(one)) for one in parts]
    means = np.zeros((sum(one is not None for one in series), len(levels.group)))
    for row, one in zip(means, filter(None, series), strict=True):
        row[one.rows] = one.weights
    found.append(levels.quantities.transformed(lambda values: values @ means.T, means))
    return together(found)


def _notes(
    levels: Levels,
    series: Sequence[Series | None],
    period: str,
    times: list[str],
    lacking: dict[str, list[str]],
) -> list[Remark]:
    """Say what has no row or no test, and why."""
    notes = [
        Remark("track.missing", {"estimand": name, "columns": columns})
        for name, columns in lacking.items()
    ]
    without = gaps(period, times)
    if without:
        notes.append(Remark("track.gap", {"periods": without}))
    for run, one in zip(levels.runs, series, strict=True):
        first = levels.table.slice(int(run[0]), 1).to_pylist()[0]
        crossing = [str(first[key]) for key in levels.groups.keys.column_names if key != period]
        name = " · ".join([first["estimand"], *crossing])
        held = [str(value) for value in levels.table.column(period).take(pa.array(run)).to_pylist()]
        absent = [time for time in times if time not in held]
        if absent:
            notes.append(Remark("track.absent", {"estimand": name, "periods": absent}))
        tested = set(() if one is None else one.rows.tolist())
        weak = [
            time for time, number in zip(held, run.tolist(), strict=True) if number not in tested
        ]
        if one is None:
            notes.append(Remark("track.short", {"estimand": name}))
        elif weak:
            notes.append(Remark("track.untested", {"estimand": name, "periods": weak}))
    return list({(note.key, str(note.values)): note for note in notes}.values())
