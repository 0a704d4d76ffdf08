"""Simulate how often tests of a difference reject where there is none, over fixed designs.

Sides have 2 to 60 PSUs and the same rate. All samples of a design are estimated in one pass, as in
`interval_coverage.py`. Writes `contrast_errors.csv` beside this file.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from interval_coverage import (
    BATCH,
    GIVEN,
    SAMPLE,
    Array,
    Floats,
    Generator,
    csv_of,
    responses_of,
)
from rich.console import Console
from scipy.special import stdtr

from advocacy.estimation import estimate
from advocacy.estimation.comparisons.comparison import quantities_of
from advocacy.estimation.comparisons.contrasts import (
    CONTRASTS,
    Pairs,
    contrast_columns,
    contrasted,
)
from advocacy.files import write_text
from advocacy.responses import Responses
from advocacy.study.validation.coverage import ALPHA
from advocacy.survey import DuckDB, survey_design

TABLE = Path(__file__).with_name("contrast_errors.csv")
SIMULATIONS = 8_000
SEED = 20261128
SIDES = np.array(["B2B", "B2C"])  # the segment `sector` holds the side
RATINGS = 20  # of a PSU on average

# Ratings of a number of samples: `sample`, `recommended`, `side` 0 or 1, and units.
Draw = Callable[[int, Generator], dict[str, Array]]


@dataclass(frozen=True)
class Contrast:
    """Two sides with one rate, and how samples are drawn from them.

    Parameters
    ----------
    name, about
        Its name in the table, and population and sample in words.
    first, second
        PSUs (ratings, where each is its own) of each side.
    draw
        Draws samples.
    """

    name: str
    about: str
    first: int
    second: int
    draw: Draw


def psus(
    only_first: int, only_second: int, both: int = 0, *, p: float = 0.5, icc: float = 0.05,
    uneven: bool = False, strata: int = 1,
) -> Draw:  # fmt: skip
    """PSUs of one side or of both, with rates from a beta distribution; all in every stratum.

    Sizes are `RATINGS`, or 5 and more, lognormal with that mean, whatever the rate.
    """
    kind = np.tile(np.repeat([0, 1, 2], [only_first, only_second, both]), strata)
    stratum = np.repeat(np.arange(strata), len(kind) // strata)

    def draw(samples: int, rng: Generator) -> dict[str, Array]:
        units = samples * len(kind)
        sizes = np.full(units, RATINGS)
        if uneven:
            sizes = 5 + np.rint((RATINGS - 5) * rng.lognormal(-0.5, 1, units)).astype(np.int64)
        unit = np.repeat(np.arange(units), sizes)
        rates = _beta(p, icc, units, rng)
        own = kind[unit % len(kind)]
        columns: dict[str, Array] = {
            "sample": unit // len(kind),
            "recommended": rng.random(len(unit)) < rates[unit],
            "side": np.where(own == 2, rng.integers(0, 2, len(unit)), own),
            "psu": unit % len(kind),
        }
        if strata > 1:
            columns["stratum"] = stratum[unit % len(kind)]
        return columns

    return draw


def alone(first: int, second: int, p: float) -> Draw:
    """Independent ratings, each its own PSU."""
    side = np.repeat([0, 1], [first, second])

    def draw(samples: int, rng: Generator) -> dict[str, Array]:
        size = samples * len(side)
        return {
            "sample": np.repeat(np.arange(samples), len(side)),
            "recommended": rng.random(size) < p,
            "side": np.tile(side, samples),
        }

    return draw


def _beta(p: float, icc: float, size: int, rng: Generator) -> Floats:
    return rng.beta(p * (1 / icc - 1), (1 - p) * (1 / icc - 1), size)


def _of(first: int, second: int) -> Contrast:
    about = f"{first} and {second} PSUs of {RATINGS}, rate 50 %, ICC 0.05"
    return Contrast(f"{first} and {second}", about, first, second, psus(first, second))


# Fixed before the first run. What fails stays.
CONTRASTED = (
    *(_of(first, 60) for first in (2, 3, 4, 6, 8, 10, 15, 30, 60)),
    _of(8, 8),
    _of(12, 12),
    _of(20, 40),
    Contrast("8 and 60, rate 20 %", "8 and 60 PSUs of 20, rate 20 %, ICC 0.1", 8, 60,
             psus(8, 60, p=0.2, icc=0.1)),
    Contrast("15 and 60, rate 10 %", "15 and 60 PSUs of 20, rate 10 %, ICC 0.05", 15, 60,
             psus(15, 60, p=0.1)),
    Contrast("10 and 60, unequal", "10 and 60 PSUs of unequal size, rate 50 %, ICC 0.1", 10, 60,
             psus(10, 60, icc=0.1, uneven=True)),
    Contrast("20 and 20, unequal", "20 and 20 PSUs of unequal size, rate 50 %, ICC 0.05", 20, 20,
             psus(20, 20, uneven=True)),
    Contrast("4 strata", "4 strata, each with 4 and 10 PSUs of 20, rate 50 %, ICC 0.05", 16, 40,
             psus(4, 10, strata=4)),
    Contrast("12 in common", "12 PSUs of 20, each with ratings of both sides, ICC 0.1", 12, 12,
             psus(0, 0, 12, icc=0.1)),
    Contrast("partly in common", "8 PSUs of one side, 30 of the other, 8 of both, ICC 0.1", 16, 38,
             psus(8, 30, 8, icc=0.1)),
    Contrast("ratings alone", "60 and 600 independent ratings, rate 30 %", 60, 600,
             alone(60, 600, 0.3)),
)  # fmt: skip


def with_sides(columns: dict[str, Array]) -> Responses:
    """Return simulated ratings as responses, their side as `sector`."""
    responses = responses_of(columns)
    side = pa.array(SIDES).take(pa.array(columns["side"]))
    table = responses.tables["ratings"].append_column("sector", side)
    return replace(responses, columns=tuple(table.column_names), tables={"ratings": table})


def tests_of(columns: dict[str, Array]) -> tuple[Floats, Floats, Floats]:
    """Return p-values of each sample, those on R's df, and the df of ours; NaN without a test."""
    responses = with_sides(columns)
    drawn = survey_design(responses, GIVEN)
    rates = estimate(
        responses,
        by=(SAMPLE, "sector"),
        design=replace(drawn, strata=(*drawn.strata, SAMPLE)),
        engine=DuckDB(threads=1),
    )
    rows = {key: number for number, key in enumerate(zip(
        *(rates.table.column(name).to_pylist() for name in (SAMPLE, "sector")), strict=True
    ))}  # fmt: skip
    samples = sorted({sample for sample, _ in rows})
    complete = [s for s in samples if all((s, side) in rows for side in SIDES)]
    first, second = (np.array([rows[s, side] for s in complete]) for side in SIDES)
    found, pairs = quantities_of(rates), Pairs(CONTRASTS["difference"], first, second)
    ours = contrast_columns(found, pairs, rates.table["reliability"].to_pylist(), 1 - ALPHA)
    difference = contrasted(found, pairs)
    error, df = np.sqrt(difference.variance()), difference.df()
    t = np.divide(np.abs(difference.estimate), error, out=np.full(len(df), np.nan), where=error > 0)
    p_value, own_df = (
        ours[name].to_numpy(zero_copy_only=False).astype(np.float64) for name in ("p_value", "df")
    )
    return p_value, 2 * stdtr(df, -t), own_df


def errors_of(
    design: Contrast, seed: np.random.SeedSequence, simulations: int
) -> dict[str, object]:
    """Return the row of a design: how often there is a test, and how often it rejects."""
    batches = [min(BATCH, simulations - start) for start in range(0, simulations, BATCH)]
    drawn = [
        tests_of(design.draw(batch, np.random.default_rng(own)))
        for batch, own in zip(batches, seed.spawn(len(batches)), strict=True)
    ]
    p_value, of_r, df = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
    tested = int((~np.isnan(p_value)).sum())
    rejected = float((p_value < ALPHA).sum() / tested) if tested else np.nan
    return {
        "design": design.name,
        "about": design.about,
        "first": design.first,
        "second": design.second,
        "simulations": simulations,
        "tested": tested / simulations,
        "df": float(np.nanmedian(df)),
        "rejected": rejected,
        "rejected_se": np.sqrt(rejected * (1 - rejected) / tested) if tested else np.nan,
        "rejected_on_union_df": float(np.mean(of_r[~np.isnan(of_r)] < ALPHA)),
    }


def seeds() -> dict[str, np.random.SeedSequence]:
    """Return the seed of each design."""
    spawned = np.random.SeedSequence(SEED).spawn(len(CONTRASTED))
    return {design.name: seed for design, seed in zip(CONTRASTED, spawned, strict=True)}


def main() -> None:
    """Simulate every design, write the table, and print how long each took."""
    console, of = Console(), seeds()
    rows: list[dict[str, object]] = []
    for design in CONTRASTED:
        start = time.perf_counter()
        row = errors_of(design, of[design.name], SIMULATIONS)
        rows.append({key: "" if value != value else value for key, value in row.items()})
        console.print(
            f"{design.name}: tested {row['tested']:.3f}, rejected {row['rejected']:.4f}, on the "
            f"union's df {row['rejected_on_union_df']:.4f}; {time.perf_counter() - start:.1f} s"
        )
    write_text(TABLE, csv_of(rows))


if __name__ == "__main__":
    main()
