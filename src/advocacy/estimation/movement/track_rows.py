"""The rows of a series: levels, movements and their parts, and the series as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from advocacy.arrays import Floats, Integers
from advocacy.estimation.comparisons.contrasts import (
    CONTRASTS,
    Pairs,
    contrast_columns,
    inference,
    repeated,
)
from advocacy.estimation.comparisons.pairwise import adjusted
from advocacy.estimation.movement.detectable import smallest_change
from advocacy.estimation.movement.followed import Levels
from advocacy.estimation.movement.mixes import PARTS, Parts
from advocacy.estimation.movement.series import Series, noise_band
from advocacy.estimation.tabulation import tabulated
from advocacy.survey.intervals import t_quantile

# Columns that a series has behind those of all estimates.
TRACK_COLUMNS = pa.schema(
    [
        ("weighted_n", pa.float64()),
        ("p_adjusted", pa.float64()),
        ("adjust", pa.string()),
        ("smallest_change", pa.float64()),
        ("verdict", pa.string()),
        ("noise_low", pa.float64()),
        ("noise_high", pa.float64()),
        ("between_sd", pa.float64()),
        ("between_low", pa.float64()),
        ("between_high", pa.float64()),
        ("step_sd", pa.float64()),
        ("sampling_sd", pa.float64()),
        ("noise_per_signal", pa.float64()),
        ("series_f", pa.float64()),
        ("series_ndf", pa.float64()),
        ("series_ddf", pa.float64()),
        ("any_false_alarm", pa.float64()),
    ]
)
MOVEMENT, SERIES = "movement", "series"
# What rows of all kinds say of themselves.
_LABELS = ("estimand", "rung", "intent", "where", "target", "method", "source_kind")
_DIFFERENCE = CONTRASTS["difference"]


@dataclass(frozen=True)
class Judged:
    """How movements are judged."""

    adjust: str
    conf_level: float
    alpha: float
    power: float


def rows_of_series(
    levels: Levels,
    parts: Sequence[Parts],
    series: Sequence[Series | None],
    period: str,
    asked: Judged,
) -> pa.Table:
    """Return all rows: levels, movements, their parts, and a row a series."""
    pairs = levels.pairs
    movements = _movements(levels, pairs, period, asked)
    tested = movements.column("p_value").is_valid().to_numpy()
    split = [_of_parts(levels, pairs, one, (tested, period, asked)) for one in parts]
    verdicts = _verdicts(movements, parts, split, asked)
    tables = [
        _completed(levels.table, _bands(levels, series, asked)),
        _completed(movements, {"verdict": verdicts}),
        *(_completed(table, {}) for table in split),
        *(_of_series(levels, one, period, asked) for one in series if one is not None),
    ]
    return pa.concat_tables(tables)


def _completed(table: pa.Table, columns: dict[str, Any]) -> pa.Table:
    """Return a table with all of `TRACK_COLUMNS`, in their order; absent ones are null."""
    names = [name for name in table.column_names if name not in TRACK_COLUMNS.names]
    found = table.select(names)
    for field in TRACK_COLUMNS:
        values = columns.get(field.name)
        if values is not None:
            column = pa.array([None if v is None or v != v else v for v in values], field.type)
        elif field.name in table.column_names:
            column = table.column(field.name)
        else:
            column = pa.nulls(len(table), field.type)
        found = found.append_column(field, column)
    return found


def _named(levels: Levels, rows: Integers) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the columns that say of which series and period rows are."""
    return (
        repeated(levels.table, rows, levels.groups.keys.column_names),
        repeated(levels.table, rows, _LABELS),
    )


def _movements(levels: Levels, pairs: Pairs, period: str, asked: Judged) -> pa.Table:
    flags = levels.table.column("reliability").to_pylist()
    columns: dict[str, Any] = contrast_columns(levels.quantities, pairs, flags, asked.conf_level)
    keys, what = _named(levels, pairs.first)
    before = repeated(levels.table, pairs.second, [period])[period]
    table = tabulated(
        keys,
        what | columns | {"quantity": MOVEMENT, "reference": before.cast(pa.string())},
        len(pairs.first),
    )
    # What the test divides by, from the interval; none where a side bears no test.
    low, high, df = (table.column(name).to_numpy() for name in ("conf_low", "conf_high", "df"))
    spread = (high - low) / 2 / t_quantile(df, asked.conf_level)
    least = smallest_change(spread, df, asked.alpha, asked.power)
    p_values = table.column("p_value").to_numpy()
    rule = np.concatenate(
        [adjusted(p_values[rows], asked.adjust) for rows in _movements_of(levels)]
    )
    behind = levels.table.column("weighted_n").to_numpy()
    return _completed(
        table,
        {
            "weighted_n": behind[pairs.first] + behind[pairs.second],
            "p_adjusted": rule,
            "adjust": [asked.adjust] * len(rule),
            "smallest_change": least,
        },
    )


def _movements_of(levels: Levels) -> list[Integers]:
    """Return the numbers of the movements of each series."""
    ends = np.cumsum([max(len(run) - 1, 0) for run in levels.runs])
    return [
        np.arange(end - max(len(run) - 1, 0), end)
        for run, end in zip(levels.runs, ends, strict=True)
    ]


def _of_parts(
    levels: Levels,
    pairs: Pairs,
    parts: Parts,
    shown: tuple[npt.NDArray[np.bool_], str, Judged],
) -> pa.Table:
    """Return the rows of the parts; of what lies outside only where something does."""
    tested, period, asked = shown
    columns: dict[str, Any] = inference(
        parts.quantities, parts.against, _DIFFERENCE, asked.conf_level, tested[parts.movement]
    )
    keys, what = _named(levels, pairs.first[parts.movement])
    before = repeated(levels.table, pairs.second[parts.movement], [period])[period]
    names = np.tile(np.array(PARTS), len(parts.movement) // len(PARTS))
    what |= {"quantity": pa.array(names), "reference": before.cast(pa.string())}
    table = tabulated(keys, what | columns, len(names))
    return table.take(pa.array(kept(parts)))


def kept(parts: Parts) -> Integers:
    """Return which parts are shown."""
    outside = np.tile(np.array(PARTS) == "outside", len(parts.movement) // len(PARTS))
    return np.flatnonzero(~(outside & (parts.whole > 0)))


def _verdicts(
    movements: pa.Table,
    parts: Sequence[Parts],
    split: Sequence[pa.Table],
    asked: Judged,
) -> list[str]:
    """Say of each movement whether noise, or noise and mix, may account for it."""
    of_rates: dict[int, float | None] = {}
    for one, table in zip(parts, split, strict=True):
        rows = kept(one)
        for movement, name, p_value in zip(
            one.movement[rows].tolist(),
            table.column("quantity").to_pylist(),
            table.column("p_value").to_pylist(),
            strict=True,
        ):
            if name == "rate_part":
                of_rates[movement] = p_value
    found = []
    for number, p_value in enumerate(movements.column("p_adjusted").to_pylist()):
        rest = of_rates.get(number, 0.0)
        if p_value is None:
            found.append("untested")
        elif p_value >= asked.alpha:
            found.append("noise")
        else:
            found.append("moved" if rest is not None and rest < asked.alpha else "mix")
    return found


def _bands(levels: Levels, series: Sequence[Series | None], asked: Judged) -> dict[str, Floats]:
    """Return between what each value would lie if nothing moved."""
    low, high = np.full((2, len(levels.group)), np.nan)
    for one in series:
        if one is not None:
            low[one.rows], high[one.rows] = noise_band(one, asked.conf_level)
    return {"noise_low": low, "noise_high": high}


def _of_series(levels: Levels, series: Series, period: str, asked: Judged) -> pa.Table:
    """Return the row of a series."""
    first = series.rows[:1]
    keys, what = _named(levels, first)
    keys[period] = pa.nulls(1, levels.table.schema.field(period).type)
    df = float(len(series.rows) - 1)
    half = float(t_quantile(np.array([df]), asked.conf_level)[0]) * series.level.std_error
    mean = series.level.mean
    columns = {
        "quantity": SERIES,
        "interval": "hartung_knapp",
        "conf_level": asked.conf_level,
        "estimate": mean,
        "std_error": series.level.std_error,
        "conf_low": mean - half,
        "conf_high": mean + half,
        "df": df,
        "p_value": None if np.isnan(series.p_value) else series.p_value,
        "n": int(levels.behind.n[series.rows].sum()),
        "reliability": "ok",
    }
    low, high = np.sqrt(series.limits)
    own = {
        "weighted_n": levels.table.column("weighted_n").to_numpy()[series.rows].sum(),
        "between_sd": series.between_sd,
        "between_low": low,
        "between_high": high,
        "step_sd": np.sqrt(series.step.variance),
        "sampling_sd": series.sampling_sd,
        "noise_per_signal": series.noise_per_signal,
        "series_f": series.statistic,
        "series_ndf": series.ndf,
        "series_ddf": series.ddf,
        "any_false_alarm": series.any_false_alarm,
    }
    table = tabulated(keys, what | columns, 1)
    return _completed(table, {name: [value] for name, value in own.items()})
