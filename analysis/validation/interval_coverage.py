"""Simulate how often intervals hold a known truth, over designs fixed beforehand.

All samples of a design are estimated in one pass: each is a domain and a stratum of its own, so
that none knows of the others. Writes `coverage.csv` beside this file.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console

from advocacy.estimation import Estimates, estimate
from advocacy.files import write_text
from advocacy.responses import Responses
from advocacy.study.validation.coverage import NOMINAL
from advocacy.survey import DuckDB, survey_design
from advocacy.survey.design import Scaling
from advocacy.survey.intervals import INTERVALS

TABLE = Path(__file__).with_name("coverage.csv")
SIMULATIONS, BATCH = 2_000, 250
SEED, POPULATION_SEED = 20260302, 20260303
_BIT = 1e-12
SAMPLE = "wave"  # the segment that holds the sample's number

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Generator = np.random.Generator
# The columns of ratings of a number of samples: `sample`, `recommended`, and what of the design
# there is. Units are numbered within the sample.
Draw = Callable[[int, Generator], dict[str, Array]]


@dataclass(frozen=True)
class Design:
    """A population, how samples are drawn from it, and what they are to find.

    Parameters
    ----------
    name
        Its name in the table.
    about
        Population and sample in words, for the book.
    target
        Inference target of the estimator.
    truth
        What the estimator aims at: a proportion, known exactly.
    draw
        Draws samples.
    scaling
        Rule for the weights of several programmes.
    """

    name: str
    about: str
    target: str
    truth: float
    draw: Draw
    scaling: Scaling = "respondents"


@dataclass(frozen=True)
class Results:
    """What was estimated from each sample that has an estimate; shape (samples,) each.

    Parameters
    ----------
    estimate, variance, df, n, n_eff
        As the estimates have them.
    low, high
        Korn-Graubard limits, which know more of the design than the others do.
    """

    estimate: Floats
    variance: Floats
    df: Floats
    n: Floats
    n_eff: Floats
    low: Floats
    high: Floats


def simple(ratings: int, p: float) -> tuple[float, Draw]:
    """Independent ratings from a population without end."""

    def draw(samples: int, rng: Generator) -> dict[str, Array]:
        size = samples * ratings
        return {"sample": _each(samples, ratings), "recommended": rng.random(size) < p}

    return p, draw


def stratified(shares: list[float], ratings: list[int], rates: list[float]) -> tuple[float, Draw]:
    """Independent ratings in strata with known shares of a population of 100,000."""
    stratum = np.repeat(np.arange(len(shares)), ratings)
    weight = 100_000 * np.array(shares) / ratings

    def draw(samples: int, rng: Generator) -> dict[str, Array]:
        within = np.tile(stratum, samples)
        return {
            "sample": _each(samples, len(stratum)),
            "recommended": rng.random(len(within)) < np.array(rates)[within],
            "stratum": within,
            "weight": weight[within],
        }

    return float(np.dot(shares, rates)), draw


def clustered(psus: int, ratings: int, p: float, icc: float) -> tuple[float, Draw]:
    """PSUs of one size, with rates from a beta distribution, and independent ratings in them."""

    def draw(samples: int, rng: Generator) -> dict[str, Array]:
        rate = _rates(p, icc, samples * psus, rng)
        return {
            "sample": _each(samples, psus * ratings),
            "recommended": rng.random(len(rate) * ratings) < np.repeat(rate, ratings),
            "psu": np.tile(_each(psus, ratings), samples),
        }

    return p, draw


def weighted(ratings: int, cv: float, centre: float, slope: float) -> tuple[float, Draw]:
    """Draw customers with replacement, with probabilities proportional to their size.

    The sizes of 5,000 customers are lognormal such that the weights of a sample have the given
    coefficient of variation; the log odds of having recommended are linear in the log of size.
    """
    population = np.random.default_rng([POPULATION_SEED, ratings])
    log_size = population.normal(0, np.sqrt(np.log(1 + cv**2)), 5_000)
    chance = np.exp(log_size) / np.exp(log_size).sum()
    recommended = population.random(5_000) < 1 / (1 + np.exp(-centre - slope * log_size))

    def draw(samples: int, rng: Generator) -> dict[str, Array]:
        drawn = rng.choice(5_000, samples * ratings, p=chance)
        return {
            "sample": _each(samples, ratings),
            "recommended": recommended[drawn],
            "weight": 1 / (ratings * chance[drawn]),
        }

    return float(recommended.mean()), draw


def domain_of_simple(ratings: int, share: float, p: float) -> tuple[float, Draw]:
    """Independent ratings, of which a share score 10; the others recommend at another rate."""

    def draw(samples: int, rng: Generator) -> dict[str, Array]:
        tens = rng.random(samples * ratings) < share
        return {
            "sample": _each(samples, ratings),
            "recommended": rng.random(len(tens)) < np.where(tens, p, 0.2),
            "score": np.where(tens, 10, 8),
        }

    return p, draw


def domain_of_clustered(psus: int, ratings: int, a: float, b: float) -> tuple[float, Draw]:
    """PSUs whose share S of 10s is Beta(a, b), where ratings recommend at 0.2 + 0.6 S.

    The truth is E[S (0.2 + 0.6 S)] / E[S] = 0.2 + 0.6 (a + 1)/(a + b + 1).
    """

    def draw(samples: int, rng: Generator) -> dict[str, Array]:
        share = np.repeat(rng.beta(a, b, samples * psus), ratings)
        return {
            "sample": _each(samples, psus * ratings),
            "recommended": rng.random(len(share)) < 0.2 + 0.6 * share,
            "score": np.where(rng.random(len(share)) < share, 10, 8),
            "psu": np.tile(_each(psus, ratings), samples),
        }

    return 0.2 + 0.6 * (a + 1) / (a + b + 1), draw


def finite(ratings: int, population: int, hits: int) -> tuple[float, Draw]:
    """Ratings drawn without replacement from a population of known size and hits."""

    def draw(samples: int, rng: Generator) -> dict[str, Array]:
        drawn = _without_replacement(samples, population, ratings, rng)
        return {
            "sample": _each(samples, ratings),
            "recommended": drawn.ravel() < hits,
            "fpc": np.full(drawn.size, float(population)),
        }

    return hits / population, draw


def domain_of_finite(ratings: int, population: int, tens: int, hits: int) -> tuple[float, Draw]:
    """Ratings drawn without replacement, of which those are asked for that score 10."""

    def draw(samples: int, rng: Generator) -> dict[str, Array]:
        drawn = _without_replacement(samples, population, ratings, rng).ravel()
        return {
            "sample": _each(samples, ratings),
            "recommended": drawn < hits,
            "score": np.where(drawn < tens, 10, 8),
            "fpc": np.full(drawn.size, float(population)),
        }

    return hits / tens, draw


def finite_strata(sizes: list[int], ratings: list[int], hits: list[int]) -> tuple[float, Draw]:
    """Ratings drawn without replacement in strata of known size and hits, perhaps all of one."""
    stratum = np.repeat(np.arange(len(sizes)), ratings)
    size = np.array(sizes, dtype=np.float64)

    def draw(samples: int, rng: Generator) -> dict[str, Array]:
        drawn = [
            _without_replacement(samples, population, n, rng) < k
            for population, n, k in zip(sizes, ratings, hits, strict=True)
        ]
        within = np.tile(stratum, samples)
        return {
            "sample": _each(samples, len(stratum)),
            "recommended": np.concatenate(drawn, axis=1).ravel(),
            "stratum": within,
            "weight": (size / ratings)[within],
            "fpc": size[within],
        }

    return sum(hits) / sum(sizes), draw


def finite_clusters(
    drawn: int, psus: int, ratings: int, p: float, icc: float
) -> tuple[float, Draw]:
    """PSUs of one size, all of whose customers are asked, drawn without replacement."""
    population = np.random.default_rng([POPULATION_SEED, psus, drawn])
    recommended = population.random((psus, ratings)) < _rates(p, icc, psus, population)[:, None]

    def draw(samples: int, rng: Generator) -> dict[str, Array]:
        psu = _without_replacement(samples, psus, drawn, rng).ravel()
        return {
            "sample": _each(samples, drawn * ratings),
            "recommended": recommended[psu].ravel(),
            "psu": np.repeat(psu, ratings),
            "fpc": np.full(psu.size * ratings, float(psus)),
        }

    return float(recommended.mean()), draw


def two_stage(drawn: tuple[int, int], psus: int, p: float, icc: float) -> tuple[float, Draw]:
    """PSUs of 15 to 40 customers, and customers in them, both drawn without replacement."""
    population = np.random.default_rng([POPULATION_SEED, psus])
    sizes = population.integers(15, 41, psus)
    recommended = population.random((psus, 40)) < _rates(p, icc, psus, population)[:, None]
    recommended &= np.arange(40) < sizes[:, None]
    first, second = drawn

    def draw(samples: int, rng: Generator) -> dict[str, Array]:
        psu = _without_replacement(samples, psus, first, rng).ravel()
        order = np.where(np.arange(40) < sizes[psu, None], rng.random((len(psu), 40)), 2.0)
        ssu = order.argpartition(second, axis=1)[:, :second].ravel()
        psu = np.repeat(psu, second)
        return {
            "sample": _each(samples, first * second),
            "recommended": recommended[psu, ssu],
            "psu": psu,
            "ssu": ssu,
            "weight": psus / first * sizes[psu] / second,
            "fpc": np.full(len(psu), float(psus)),
            "fpc_ssu": sizes[psu].astype(float),
        }

    return float(recommended.sum() / sizes.sum()), draw


def programmes_of_any_size(programmes: int, p: float, icc: float) -> tuple[float, Draw]:
    """Programmes of 20 ratings and more, lognormal with mean 60, whatever their rates."""

    def draw(samples: int, rng: Generator) -> dict[str, Array]:
        sizes = 20 + np.rint(40 * rng.lognormal(-0.5, 1, samples * programmes)).astype(np.int64)
        return _programmes(programmes, sizes, _rates(p, icc, len(sizes), rng), rng)

    return p, draw


def programmes_worse_when_large(programmes: int, icc: float) -> tuple[float, Draw]:
    """Programmes of three sizes, whose mean rate falls with their size.

    The truth is that of their customers, E[size × rate] / E[size].
    """
    share, size, rate = np.array([[0.5, 0.3, 0.2], [10, 30, 90], [0.6, 0.5, 0.4]])

    def draw(samples: int, rng: Generator) -> dict[str, Array]:
        kind = rng.choice(3, samples * programmes, p=share)
        rates = _rates(rate[kind], icc, len(kind), rng)
        return _programmes(programmes, size[kind].astype(np.int64), rates, rng)

    return float(np.sum(share * size * rate) / np.sum(share * size)), draw


def missing_behaviour(strata: int, ratings: int, p: float, icc: float) -> tuple[float, Draw]:
    """Two PSUs a stratum; 10 to 50 % of a PSU's answers are missing, whatever they would be."""

    def draw(samples: int, rng: Generator) -> dict[str, Array]:
        psus = samples * strata * 2
        rate, missing = _rates(p, icc, psus, rng), rng.uniform(0.1, 0.5, psus)
        psu = np.tile(_each(strata * 2, ratings), samples)
        return {
            "sample": _each(samples, strata * 2 * ratings),
            "recommended": rng.random(len(psu)) < np.repeat(rate, ratings),
            "missing": rng.random(len(psu)) < np.repeat(missing, ratings),
            "stratum": psu // 2,
            "psu": psu,
        }

    return p, draw


def programmes_alike(ratings: list[int], rates: list[float]) -> tuple[float, Draw]:
    """Draw from the same programmes in every sample, of different sizes, each to count the same."""
    programme = np.repeat(np.arange(len(ratings)), ratings)

    def draw(samples: int, rng: Generator) -> dict[str, Array]:
        within = np.tile(programme, samples)
        return {
            "sample": _each(samples, len(programme)),
            "recommended": rng.random(len(within)) < np.array(rates)[within],
            "programme": within,
        }

    return float(np.mean(rates)), draw


def _each(units: int, ratings: int) -> Array:
    return np.repeat(np.arange(units), ratings)


def _rates(p: float | Floats, icc: float, size: int, rng: Generator) -> Floats:
    """Draw rates with mean p such that two ratings of a unit have the correlation icc."""
    both = 1 / icc - 1
    return rng.beta(p * both, (1 - p) * both, size)


def _without_replacement(samples: int, population: int, drawn: int, rng: Generator) -> Array:
    """Draw units of the population in each sample, shape (samples, drawn)."""
    if drawn == population:
        return np.tile(np.arange(population), (samples, 1))
    return rng.random((samples, population)).argpartition(drawn, axis=1)[:, :drawn]


def _programmes(
    programmes: int, sizes: npt.NDArray[np.int64], rates: Floats, rng: Generator
) -> dict[str, Array]:
    number = np.repeat(np.arange(len(sizes)), sizes)
    return {
        "sample": number // programmes,
        "recommended": rng.random(len(number)) < rates[number],
        "programme": number % programmes,
    }


# Fixed before the first run. What fails stays.
GIVEN, THESE, LIKE_THESE = "as_given", "these_programmes", "programmes_like_these"
DESIGNS = (
    Design("SRS of 30", "30 independent ratings", GIVEN, *simple(30, 0.5)),
    Design("SRS of 100", "100 independent ratings", GIVEN, *simple(100, 0.1)),
    Design("SRS of 1000", "1,000 independent ratings", GIVEN, *simple(1_000, 0.02)),
    Design(
        "4 strata in proportion",
        "four strata, 300 ratings in proportion to them",
        GIVEN,
        *stratified([0.4, 0.3, 0.2, 0.1], [120, 90, 60, 30], [0.2, 0.4, 0.6, 0.8]),
    ),
    Design(
        "4 strata of equal n",
        "four strata of 5 to 50 % of the population, 60 ratings in each",
        GIVEN,
        *stratified([0.5, 0.3, 0.15, 0.05], [60] * 4, [0.95, 0.9, 0.8, 0.7]),
    ),
    Design("6 PSUs", "6 PSUs of 50, ICC 0.2", GIVEN, *clustered(6, 50, 0.5, 0.2)),
    Design("12 PSUs", "12 PSUs of 25, ICC 0.05", GIVEN, *clustered(12, 25, 0.2, 0.05)),
    Design("40 PSUs", "40 PSUs of 10, ICC 0.1", GIVEN, *clustered(40, 10, 0.8, 0.1)),
    Design("200 PSUs", "200 PSUs of 5, ICC 0.02", GIVEN, *clustered(200, 5, 0.05, 0.02)),
    Design("12 PSUs near 1", "12 PSUs of 30, ICC 0.1", GIVEN, *clustered(12, 30, 0.98, 0.1)),
    Design(
        "unequal weights",
        "200 drawn with unequal probabilities, CV of the weights 0.5, unrelated to behaviour",
        GIVEN,
        *weighted(200, 0.5, -0.85, 0.0),
    ),
    Design(
        "informative weights",
        "400 drawn with unequal probabilities, CV of the weights 1, large customers recommend more",
        GIVEN,
        *weighted(400, 1.0, 0.0, 0.8),
    ),
    Design(
        "score 10 in SRS",
        "score 10 in a simple random sample of 300, of whom 25 % score 10",
        GIVEN,
        *domain_of_simple(300, 0.25, 0.5),
    ),
    Design(
        "score 10 in 40 PSUs",
        "score 10 in 40 PSUs of 20, whose share of 10s varies and goes with their rate",
        GIVEN,
        *domain_of_clustered(40, 20, 2.7, 6.3),
    ),
    Design("finite population", "150 of 500, without replacement", GIVEN, *finite(150, 500, 200)),
    Design(
        "two stages, finite",
        "20 of 60 PSUs of 15 to 40, and 8 ratings in each, both without replacement",
        GIVEN,
        *two_stage((20, 8), 60, 0.6, 0.1),
    ),
    Design(
        "20 programmes",
        "20 programmes of unequal size, ICC 0.05",
        LIKE_THESE,
        *programmes_of_any_size(20, 0.5, 0.05),
    ),
    Design(
        "80 programmes",
        "80 programmes of 10, 30 or 90 ratings, large ones worse, ICC 0.05",
        LIKE_THESE,
        *programmes_worse_when_large(80, 0.05),
    ),
    Design(
        "behaviour missing",
        "15 strata of 2 PSUs of 20, ICC 0.05, behaviour missing at random for 10 to 50 %",
        GIVEN,
        *missing_behaviour(15, 20, 0.3, 0.05),
    ),
    Design(
        "equal programmes",
        "8 programmes of 20 to 300 ratings that count the same",
        THESE,
        *programmes_alike(
            [20, 30, 40, 60, 80, 120, 200, 300], [0.7, 0.65, 0.6, 0.55, 0.5, 0.45, 0.4, 0.35]
        ),
        scaling="equal_programme",
    ),
    # Added when the interval came to use finite populations, and fixed before it was run on them.
    Design("54 of 60", "54 of 60, without replacement", GIVEN, *finite(54, 60, 27)),
    Design("180 of 200, rare", "180 of 200, without replacement", GIVEN, *finite(180, 200, 6)),
    Design(
        "score 10 in 100 of 200",
        "score 10, which 60 of 200 do, in 100 without replacement",
        GIVEN,
        *domain_of_finite(100, 200, 60, 12),
    ),
    Design(
        "score 10 in 190 of 200",
        "score 10, which 60 of 200 do, in 190 without replacement",
        GIVEN,
        *domain_of_finite(190, 200, 60, 30),
    ),
    Design(
        "one stratum whole",
        "20 of 20, 30 of 60 and 40 of 200 in three strata, without replacement",
        GIVEN,
        *finite_strata([20, 60, 200], [20, 30, 40], [2, 3, 8]),
    ),
    Design(
        "strata of 9 in 10",
        "18 of 20, 54 of 60 and 90 of 100 in three strata, without replacement",
        GIVEN,
        *finite_strata([20, 60, 100], [18, 54, 90], [15, 30, 40]),
    ),
    Design(
        "20 of 40 PSUs, finite",
        "20 of 40 PSUs of 10, without replacement, all customers in them, ICC 0.2",
        GIVEN,
        *finite_clusters(20, 40, 10, 0.5, 0.2),
    ),
    Design(
        "36 of 40 PSUs, finite",
        "36 of 40 PSUs of 10, without replacement, all customers in them, ICC 0.1",
        GIVEN,
        *finite_clusters(36, 40, 10, 0.05, 0.1),
    ),
    Design(
        "two stages, most",
        "50 of 60 PSUs of 15 to 40, and 13 ratings in each, both without replacement",
        GIVEN,
        *two_stage((50, 13), 60, 0.6, 0.1),
    ),
    Design("4 PSUs near 0", "4 PSUs of 100, ICC 0.1", GIVEN, *clustered(4, 100, 0.02, 0.1)),
)


def responses_of(columns: dict[str, Array]) -> Responses:
    """Return simulated ratings as responses; names of units hold the number of their sample."""
    size = len(columns["sample"])
    sample = pc.utf8_lpad(pc.cast(pa.array(columns["sample"]), pa.string()), 4, "0")
    table = {
        SAMPLE: sample,
        "score": pa.array(columns.get("score", np.full(size, 10))),
        "recommended_past_12m": pa.array(columns["recommended"], mask=columns.get("missing")),
        "rating_id": pc.cast(pa.array(np.arange(size)), pa.string()),
        "source_kind": pa.array(["simulated"]).take(pa.array(np.zeros(size, dtype=np.int64))),
    }
    for unit in ("programme", "stratum", "psu", "ssu"):
        if unit in columns:
            number = pc.cast(pa.array(columns[unit]), pa.string())
            table[unit] = pc.binary_join_element_wise(sample, number, " ")
    for number in ("weight", "fpc", "fpc_ssu"):
        if number in columns:
            table[number] = pa.array(columns[number])
    return Responses(
        name="simulated samples",
        relation="ratings",
        columns=tuple(table),
        tables={"ratings": pa.table(table)},
        sources=("simulated",),
    )


def estimates_of(design: Design, columns: dict[str, Array]) -> Estimates:
    """Estimate all samples in one pass, a row for each that has a rating in the base."""
    responses = responses_of(columns)
    drawn = survey_design(responses, design.target, weight_scaling=design.scaling)
    return estimate(
        responses,
        by=(SAMPLE,),
        design=replace(drawn, strata=(*drawn.strata, SAMPLE)),
        conf_level=NOMINAL,
        engine=DuckDB(threads=1),
    )


def simulate(design: Design, seed: np.random.SeedSequence, simulations: int) -> Results:
    """Draw samples of a design, some at a time, and estimate them."""
    batches = [min(BATCH, simulations - start) for start in range(0, simulations, BATCH)]
    parts = []
    for batch, own in zip(batches, seed.spawn(len(batches)), strict=True):
        parts.append(estimates_of(design, design.draw(batch, np.random.default_rng(own))).table)
    table = pa.concat_tables(parts)
    estimate, error, df, n, n_eff, low, high = (
        table.column(name).cast(pa.float64()).to_numpy()
        for name in ("estimate", "std_error", "df", "n", "n_eff", "conf_low", "conf_high")
    )
    return Results(estimate, error**2, np.nan_to_num(df), n, n_eff, low, high)


def seeds() -> dict[str, np.random.SeedSequence]:
    """Return the seed of each design."""
    spawned = np.random.SeedSequence(SEED).spawn(len(DESIGNS))
    return {design.name: seed for design, seed in zip(DESIGNS, spawned, strict=True)}


def coverage(design: Design, results: Results, simulations: int) -> Iterator[dict[str, object]]:
    """Return a row for each interval: how often it held the truth, and its mean width.

    A sample without an interval counts as one that misses. Widths are averaged over the samples
    in which every method gives an interval.
    """
    truth, found = design.truth, results
    # Without variance, effective n is what `estimate` gives to Wilson's interval.
    worth = np.where(found.variance == 0, found.n_eff, found.n)
    limits = {
        name: interval(found.estimate, found.variance, worth, found.df, NOMINAL)
        for name, interval in INTERVALS.items()
    } | {"korn_graubard": (found.low, found.high)}
    everywhere = ~np.isnan(np.sum([low + high for low, high in limits.values()], axis=0))
    n_eff = truth * (1 - truth) / found.estimate.var(ddof=1)
    of_design = {
        "design": design.name,
        "about": design.about,
        "target": design.target,
        "truth": truth,
        "simulations": simulations,
        "n": found.n.mean(),
        "df": np.median(found.df),
        "n_eff": n_eff,
        "smaller_count": n_eff * min(truth, 1 - truth),
        "mean_estimate": found.estimate.mean(),
        "sd_estimate": found.estimate.std(ddof=1),
        "mean_std_error": np.sqrt(found.variance).mean(),
    }
    for name, (low, high) in limits.items():
        # The truth may be a limit: what all of a population that was asked have, to the last bit.
        held = np.sum((low <= truth + _BIT) & (truth - _BIT <= high)) / simulations
        yield of_design | {
            "interval": name,
            "coverage": held,
            "coverage_se": np.sqrt(held * (1 - held) / simulations),
            "above_truth": np.sum(low > truth + _BIT) / simulations,
            "below_truth": np.sum(high < truth - _BIT) / simulations,
            "without": 1 - np.sum(~np.isnan(low)) / simulations,
            "mean_width": (high - low)[everywhere].mean(),
        }


def csv_of(rows: list[dict[str, object]]) -> str:
    """Return the rows as comma-separated text, numbers with six digits."""
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {k: f"{v:.6g}" if isinstance(v, float | np.floating) else v for k, v in row.items()}
        )
    return file.getvalue()


def main() -> None:
    """Simulate every design, write the table, and print how long each took."""
    console, of = Console(), seeds()
    rows: list[dict[str, object]] = []
    for design in DESIGNS:
        start = time.perf_counter()
        rows += coverage(design, simulate(design, of[design.name], SIMULATIONS), SIMULATIONS)
        held = ", ".join(f"{row['interval']} {row['coverage']:.4f}" for row in rows[-5:])
        console.print(f"{design.name}: {held}; {time.perf_counter() - start:.1f} s")
    write_text(TABLE, csv_of(rows))


if __name__ == "__main__":
    main()
