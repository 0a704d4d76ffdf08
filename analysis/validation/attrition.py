"""Simulate what attrition does to four answers on a known truth, over designs fixed beforehand.

People are followed for a year at three waves. Some leave between waves, more often where the score
is low, and less often once they have recommended; some cease to be customers. All samples of a
design go through one pass; each is then estimated by itself. Writes `attrition.csv` beside this
file.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from interval_coverage import csv_of
from rich.console import Console
from scipy.special import expit

from advocacy.estimation.asked import ask
from advocacy.estimation.estimands import ALL_SCORES, find_estimand
from advocacy.estimation.follow_up.attrition import Answers
from advocacy.estimation.follow_up.cohort import asked_of_cohort, complete_cases
from advocacy.estimation.segments import find_segments
from advocacy.files import write_text
from advocacy.responses import Responses
from advocacy.study.validation.coverage import NOMINAL
from advocacy.survey import DuckDB, survey_design
from advocacy.survey.cells.cells import Cells
from advocacy.survey.follow_up.attrition import ANSWERS

TABLE = Path(__file__).with_name("attrition.csv")
SIMULATIONS, BATCH = 1_000, 100
SEED = 20261129
ESTIMAND, ON = "converted_within_12m", ("score_band", "sector")
START, YEAR = np.datetime64("2022-03-01"), 365
SCORES, SHARES = np.array([5, 7, 8, 9, 10]), np.array([0.2, 0.15, 0.2, 0.15, 0.3])
_NODES = 400

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Generator = np.random.Generator


@dataclass(frozen=True)
class Design:
    """A population, and how it is drawn, followed and left.

    Parameters
    ----------
    name, about
        Its name in the table, and what it is, for the book.
    units, each
        PSUs of a sample, and ratings in each.
    between
        Standard deviation between PSUs of the log hazard of recommending.
    by_score, by_sector
        How the log odds to answer the next wave rise by a point of the score, and for B2C.
    unseen
        The same for those who have recommended, whether an interview has seen it or not: leaving
        then depends on what no covariate knows.
    never
        How much lower the log odds are at the first wave than at the others.
    uneven
        B2C ratings are drawn half as often, and weigh twice as much.
    last
        Least and most days from 12 months to the last interview.
    """

    name: str
    about: str
    units: int = 800
    each: int = 1
    between: float = 0.0
    by_score: float = 0.3
    by_sector: float = 0.6
    unseen: float = 0.0
    never: float = 0.0
    uneven: bool = False
    last: tuple[int, int] = (0, 20)

    @property
    def barred(self) -> bool:
        """Whether the bar was set: what leaving depends on is known."""
        return self.unseen == 0


# Fixed before the first run. What fails stays.
DESIGNS = (
    Design("800 ratings", "800 independent ratings"),
    Design("300 ratings", "300 independent ratings", units=300),
    Design(
        "unequal weights",
        "800 ratings; B2C drawn half as often; last interviews 15 days before to 20 after the end",
        uneven=True,
        last=(-15, 20),
    ),
    Design("40 PSUs", "40 PSUs of 25, whose rates differ", units=40, each=25, between=0.5),
    Design(
        "half never followed",
        "800 ratings, of whom about half are not followed up at all",
        never=-1.6,
    ),
    Design("at random", "800 ratings that leave whatever they are", by_score=0.0, by_sector=0.0),
    Design(
        "by what is unseen",
        "800 ratings; whoever has recommended stays, seen or not: no covariate knows it",
        by_score=0.0,
        by_sector=0.0,
        unseen=0.5,
    ),
)


def hazards(score: Array, business: Array, effect: Floats) -> tuple[Floats, Floats]:
    """Return the daily hazards of recommending and of churn."""
    recommend = np.exp(-8.6 + 0.24 * score + 0.3 * business + effect)
    return recommend, np.exp(-6.4 - 0.08 * score)


def truth(design: Design) -> float:
    """Return the share of the population that recommends within 365 days, as customers.

    Both hazards are constant, so that it is a / (a + b) (1 - exp(-365 (a + b))), averaged over
    scores, sectors and normal effects of PSUs.
    """
    from scipy.stats import norm

    middles = (np.arange(_NODES) + 0.5) / _NODES
    score, business, effect = np.meshgrid(
        SCORES, [0, 1], design.between * norm.ppf(middles), indexing="ij"
    )
    a, b = hazards(score, business, effect)
    incidence = a / (a + b) * (1 - np.exp(-YEAR * (a + b)))
    return float(SHARES @ incidence.mean(axis=(1, 2)))


def drawn(design: Design, samples: int, rng: Generator) -> Responses:
    """Return the ratings of a number of samples, each a `wave`, with their follow-ups."""
    psus = samples * design.units
    psu = np.repeat(np.arange(psus), design.each)
    size = len(psu)
    score = rng.choice(SCORES, size, p=SHARES)
    business = rng.random(size) < (2 / 3 if design.uneven else 0.5)
    a, b = hazards(score, business, design.between * rng.normal(size=psus)[psu])
    recommends, churns = (np.ceil(rng.exponential(1 / hazard)) for hazard in (a, b))
    event = np.minimum(recommends, churns)
    waves = np.array([92, 183, YEAR])[:, None] + rng.integers(-10, 11, (3, size))
    waves[2] = YEAR + rng.integers(design.last[0], design.last[1] + 1, size)
    until, stays = np.zeros(size), np.ones(size, dtype=bool)
    for number, wave in enumerate(waves):
        seen, happened = event <= until, recommends <= wave
        odds = 1.3 + design.by_score * (score - 8) + design.by_sector * (0.5 - business)
        odds = odds + 0.8 * seen + (design.never if number == 0 else 0.0)
        odds = odds + design.unseen * (2 * happened - 1)
        stays &= rng.random(size) < expit(odds)
        until = np.where(stays, wave, until)
    return _responses(
        sample=np.arange(psus)[psu] // design.units,
        psu=psu if design.each > 1 else None,
        weight=np.where(business, 1.0, 2.0) if design.uneven else None,
        score=score,
        business=business,
        until=until,
        recommends=recommends,
        churns=churns,
    )


def _responses(
    *,
    sample: Array,
    psu: Array | None,
    weight: Array | None,
    score: Array,
    business: Array,
    until: Floats,
    recommends: Floats,
    churns: Floats,
) -> Responses:
    """Return ratings as responses: what interviews up to `until` have seen."""

    def dates(days: Floats, known: Array) -> pa.Array:
        return pa.array(START + days.astype("timedelta64[D]"), mask=~known)

    followed = until > 0
    columns = {
        "wave": np.char.zfill(sample.astype(str), 4),
        "score": score,
        "sector": np.where(business, "B2B", "B2C"),
        "interviewed_on": np.full(len(score), START),
        "followed_up_on": dates(until, followed),
        "recommended_since": pa.array(recommends <= until, mask=~followed),
        "first_recommended_on": dates(recommends, recommends <= until),
        "churned_on": dates(churns, churns <= until),
        "rating_id": np.arange(len(score)).astype(str),
        "source_kind": np.full(len(score), "simulated"),
    }
    if psu is not None:
        columns["psu"] = psu.astype(str)
    if weight is not None:
        columns["weight"] = weight
    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    return Responses(
        name="simulated cohorts",
        relation="ratings",
        columns=tuple(table.column_names),
        tables={"ratings": table},
        sources=("simulated",),
    )


def answers(responses: Responses, engine: DuckDB) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of each sample, which are `attrition`'s of it alone."""
    drawn_by = survey_design(responses, "as_given")
    drawn_by = replace(drawn_by, strata=(*drawn_by.strata, "wave"))
    asked = ask(responses, ESTIMAND, intent=ALL_SCORES.name, design=drawn_by, engine=engine)
    incidence = find_estimand(ESTIMAND).incidence
    if incidence is None:
        raise TypeError(f"{ESTIMAND} is no incidence.")
    everyone, covariates = asked_of_cohort(asked, incidence), find_segments(ON)
    (sample,) = find_segments(["wave"])
    by = [sample.domain, *(one.domain for one in covariates), complete_cases(asked)]
    cells = everyone.cells(by)
    samples = np.array(cells.domains.column("wave").to_pylist())
    for name in np.unique(samples):
        own = of_sample(cells, samples == name)
        found = Answers.of(asked, own, covariates, incidence.horizon, given=True)
        yield found.tabulated("korn_graubard", NOMINAL, 0).table.to_pylist()


def of_sample(cells: Cells, domains: Array) -> Cells:
    """Return the cells of some domains, which are all of their strata."""
    used = domains[cells.domain]
    number = np.cumsum(domains) - 1
    strata, stratum = np.unique(cells.stratum[used], return_inverse=True)
    kept = {
        name: getattr(cells, name)[used]
        for name in ("programme", "supplier", "rows", "n", "hits", "w", "x", "z", "xx", "xz", "zz")
    }
    kept |= {name: getattr(cells, name)[used] for name in ("most", "ww")}
    psu = None if cells.psu is None else np.unique(cells.psu[used], return_inverse=True)[1]
    return replace(
        cells,
        domains=cells.domains.filter(pa.array(domains)),
        domain=number[cells.domain[used]],
        stratum=stratum,
        psu=psu,
        psus=cells.psus[strata],
        fraction=cells.fraction[strata],
        stratum_names=tuple(cells.stratum_names[h] for h in strata),
        psu_keys=None,
        **kept,
    )


def simulated(design: Design, simulations: int, seed: np.random.SeedSequence) -> Iterator[Any]:
    """Yield the rows of each sample of a design."""
    engine = DuckDB(threads=1)
    batches = [min(BATCH, simulations - start) for start in range(0, simulations, BATCH)]
    for size, own in zip(batches, seed.spawn(len(batches)), strict=True):
        yield from answers(drawn(design, size, np.random.default_rng(own)), engine)


def summary(design: Design, samples: list[list[dict[str, Any]]]) -> Iterator[dict[str, object]]:
    """Return a row for each answer: its bias, its errors, and how often it held the truth.

    Both bounds hold the truth where the first is not above it and the second not below. A sample
    without an interval counts as one that misses.
    """
    wanted = truth(design)
    for place, answer in enumerate(ANSWERS):
        rows = [sample[place] for sample in samples]
        estimate, error, low, high, n = (
            np.array([row[name] for row in rows], dtype=np.float64)
            for name in ("estimate", "std_error", "conf_low", "conf_high", "n")
        )
        held = float(np.mean((low <= wanted) & (wanted <= high)))
        beyond = {"bound_low": estimate <= wanted, "bound_high": estimate >= wanted}.get(answer)
        yield {
            "design": design.name,
            "about": design.about,
            "barred": design.barred,
            "answer": answer,
            "truth": wanted,
            "simulations": len(samples),
            "n": n.mean(),
            "mean_estimate": np.nanmean(estimate),
            "bias": np.nanmean(estimate) - wanted,
            "bias_se": np.nanstd(estimate, ddof=1) / np.sqrt(len(samples)),
            "sd_estimate": np.nanstd(estimate, ddof=1),
            "mean_std_error": np.nanmean(error),
            "coverage": held,
            "coverage_se": np.sqrt(held * (1 - held) / len(samples)),
            "mean_width": np.nanmean(high - low),
            "bounds": "" if beyond is None else float(np.mean(beyond)),
        }


def main() -> None:
    """Simulate every design, write the table, and print how long each took."""
    console = Console()
    simulations = int(sys.argv[1]) if len(sys.argv) > 1 else SIMULATIONS
    rows: list[dict[str, object]] = []
    seeds = np.random.SeedSequence(SEED).spawn(len(DESIGNS))
    for design, seed in zip(DESIGNS, seeds, strict=True):
        start = time.perf_counter()
        rows += summary(design, list(simulated(design, simulations, seed)))
        for row in rows[-len(ANSWERS) :]:
            console.print(
                f"{design.name}, {row['answer']}: bias {row['bias']:+.4f}, "
                f"sd {row['sd_estimate']:.4f}, se {row['mean_std_error']:.4f}, "
                f"held {row['coverage']:.3f}"
            )
        console.print(f"  {time.perf_counter() - start:.1f} s")
        write_text(TABLE, csv_of(rows))


if __name__ == "__main__":
    main()
