"""Simulate studies from the priors of the multilevel model, pool each, and compare with the truth.

All studies have the programmes and numbers of ratings of one layout. Whatever the truths, logits,
integrals and the predictor that knows the scales are computed here, without the library. Writes
`pooling.csv`, how well truths were predicted, and `pooling_studies.csv`, a row a study with its
diagnostics and ranks.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, reduce
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from rich.console import Console
from scipy.linalg import helmert
from scipy.special import expit

from advocacy.estimation.pooling.effective_counts import EffectiveCounts
from advocacy.estimation.pooling.layout import Layout, laid_out
from advocacy.estimation.pooling.multilevel import Pooled, gathered
from advocacy.estimation.pooling.posterior import Posterior
from advocacy.estimation.pooling.predictions import next_programme, pooled_rates
from advocacy.estimation.pooling.predictive_checks import programme_rates
from advocacy.estimation.pooling.sampling.density import density_of
from advocacy.estimation.pooling.sampling.sampler import sample
from advocacy.files import write_text
from advocacy.study.validation.pooling import (
    ALL,
    ITS,
    KEPT,
    NEXT,
    NOMINAL,
    OBSERVED,
    RANK,
    ROW,
)
from advocacy.study.validation.pooling import CELL as CELL_MEAN

TABLE = Path(__file__).with_name("pooling.csv")
STUDIES_TABLE = Path(__file__).with_name("pooling_studies.csv")
STUDIES, PROCESSES = 200, 2
SEED, LAYOUT_SEED = 20260401, 20260402
FRESH, ANSWERS = 10, 200  # new programmes a study, and the answers of each
DRAWS, TUNING, CHAINS = 800, 200, 2
# Of a fit that misses these, which is then fitted again with more draws. What is published has to
# meet more, with more draws: see `Diagnostics`.
LARGEST_RHAT, SMALLEST_ESS = 1.02, 200
MORE_DRAWS, MORE_TUNING, MORE_CHAINS = 1500, 400, 4

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Generator = np.random.Generator
Codes = Mapping[str, Integers]  # level of each count or cell, by segment
Row = dict[str, Any]

LEVELS = {
    "sector": ("B2B", "B2C"),
    "industry": ("C", "G", "J", "K", "N"),
    "country": ("DK", "FI", "NO", "SE"),
    "year": ("2024", "2025"),
    "score_band": ("0-6", "7-8", "9", "10"),
}
CELL = ("sector", "industry", "country")
TEN = LEVELS["score_band"].index("10")
BAND_SHARES = (0.2, 0.35, 0.2, 0.25)
PROGRAMMES = 50
# The priors that the methods chapter states: standard deviations of log odds, that of a scale's
# half-normal distribution last.
INTERCEPT_SD, SCALE_SD = 1.5, 0.5
TERMS: dict[tuple[str, ...], float | None] = {
    ("sector",): 1.0,
    ("score_band",): 1.5,
    ("industry",): None,
    ("country",): None,
    ("year",): None,
    ("sector", "industry"): None,
    ("industry", "country"): None,
}
PROGRAMME, OWN = ("programme",), ("programme", "score_band")
# Answers of score 10 in a cell, up to the next.
SIZES = (0, 1, 20, 50, 100)
# Half a standard normal distribution's mass is within 0.67; beyond 8 is nothing.
_GRID = np.linspace(-8, 8, 321)
_GRID_WEIGHTS = np.exp(-(_GRID**2) / 2) / np.exp(-(_GRID**2) / 2).sum()


@dataclass(frozen=True)
class Study:
    """What all simulated studies share: N counts of programmes.

    Parameters
    ----------
    codes
        Level of each count, also its ``programme``; shape (N,).
    n
        Ratings, shape (N,).
    counts
        The same with names, as the library wants it.
    """

    codes: Codes
    n: Integers
    counts: EffectiveCounts

    @property
    def cell(self) -> Integers:
        """Cell of each count, shape (N,)."""
        return _flat_index(CELL, self.codes)

    @property
    def tens(self) -> Array:
        """Counts of score 10, booleans of shape (N,)."""
        found: Array = self.codes["score_band"] == TEN
        return found


@dataclass(frozen=True)
class Truth:
    """Parameters of the model, log odds.

    Parameters
    ----------
    intercept
        Of the mean programme.
    scales
        Standard deviations by term.
    effects
        Effects by term, an axis a segment; programmes' own too.
    """

    intercept: float
    scales: dict[tuple[str, ...], float]
    effects: dict[tuple[str, ...], Floats]

    @property
    def between(self) -> float:
        """Standard deviation between programmes at one score band."""
        within = (1 - 1 / len(LEVELS["score_band"])) * self.scales[OWN] ** 2
        return float(np.sqrt(self.scales[PROGRAMME] ** 2 + within))

    def logits(self, codes: Codes) -> Floats:
        """Return log odds where segments have these levels; effects of others are 0."""
        found = np.full(len(codes["score_band"]), self.intercept)
        for segments, effects in self.effects.items():
            if set(segments) <= set(codes):
                found += effects[tuple(codes[name] for name in segments)]
        return found


# The layout


def study_of(seed: int = LAYOUT_SEED) -> Study:
    """Return programmes of one sector and industry, in one to three countries, over two years.

    Ratings of a programme are lognormal, with a median of 100.
    """
    rng = np.random.default_rng(seed)
    rows = [row for programme in range(PROGRAMMES) for row in _programme_rows(programme, rng)]
    table = np.array(rows)
    names = ("programme", *LEVELS)
    codes = {name: table[:, place] for place, name in enumerate(names)}
    return Study(codes, table[:, -1], _named(codes, table[:, -1]))


def _programme_rows(programme: int, rng: Generator) -> Iterator[tuple[int, ...]]:
    """Return the codes in the order of `LEVELS` and the ratings of each count of a programme."""
    sector, industry = programme % 2, programme // 2 % 5
    countries = rng.choice(4, rng.integers(1, 4), replace=False)
    total = round(100 * rng.lognormal(0, 1.2)) + 8
    shares = np.outer(rng.dirichlet(np.full(len(countries), 2.0)), [0.5, 0.5])
    ratings = rng.multinomial(total, np.multiply.outer(shares, BAND_SHARES).ravel())
    for (country, year, band), n in zip(
        product(countries, range(2), range(4)), ratings, strict=True
    ):
        if n:
            yield programme, sector, industry, int(country), year, band, int(n)


def _named(codes: Codes, n: Integers) -> EffectiveCounts:
    names = [f"p{number:02d}" for number in range(PROGRAMMES)]
    keys = {"programme": [names[code] for code in codes["programme"]]}
    for segment in ("score_band", "sector", "industry", "country", "year"):
        keys[segment] = [LEVELS[segment][code] for code in codes[segment]]
    effective, none = n.astype(np.float64), np.zeros_like(n)
    return EffectiveCounts(pa.table(keys), effective / 2, effective, n, none, 0, "simulated")


def cell_codes() -> Codes:
    """Return the levels of every cell at score 10, in the order of the posterior's cells."""
    rows = np.array(list(product(*(range(len(LEVELS[name])) for name in CELL))))
    found = {name: rows[:, place] for place, name in enumerate(CELL)}
    return found | {"score_band": np.full(len(rows), TEN)}


def _flat_index(segments: Sequence[str], codes: Codes) -> Integers:
    sizes = [len(LEVELS[name]) for name in segments]
    found: Integers = np.ravel_multi_index([codes[name] for name in segments], sizes)
    return found


# The truth


def drawn(rng: Generator) -> Truth:
    """Draw parameters from the model's priors."""
    terms = TERMS | {PROGRAMME: None, OWN: None}
    scales = {
        segments: abs(rng.normal(0, SCALE_SD)) if sd is None else sd
        for segments, sd in terms.items()
    }
    effects = {
        segments: _summing_to_zero([len(LEVELS[name]) for name in segments], scales[segments], rng)
        for segments in TERMS
    }
    effects[PROGRAMME] = rng.normal(0, scales[PROGRAMME], PROGRAMMES)
    own = rng.normal(0, scales[OWN], (PROGRAMMES, len(LEVELS["score_band"])))
    effects[OWN] = own - own.mean(axis=1, keepdims=True)
    return Truth(rng.normal(0, INTERCEPT_SD), scales, effects)


def _summing_to_zero(shape: Sequence[int], sd: float, rng: Generator) -> Floats:
    found = rng.normal(0, sd, shape)
    for axis in range(len(shape)):
        found = found - found.mean(axis=axis, keepdims=True)
    return found


def mean_rates(logits: Floats, sd: Floats | float) -> Floats:
    """Return the means of rates whose log odds are normal about these, shape (K,)."""
    spread = np.multiply.outer(_GRID, np.broadcast_to(sd, logits.shape))
    found: Floats = _GRID_WEIGHTS @ expit(logits + spread)
    return found


def new_programmes(truth: Truth, cells: Codes, rng: Generator) -> Floats:
    """Draw the rate at score 10 of a new programme in each cell, shape (K,)."""
    logits = truth.logits(cells)
    own = rng.normal(0, truth.scales[OWN], (len(logits), len(LEVELS["score_band"])))
    logits += rng.normal(0, truth.scales[PROGRAMME], len(logits))
    found: Floats = expit(logits + own[:, TEN] - own.mean(axis=1))
    return found


# The predictor that knows the scales


@dataclass(frozen=True)
class Oracle:
    """The normal approximation at the mode, given the scales.

    Parameters
    ----------
    truth
        Whose scales are known, and nothing else.
    mode, covariance
        Of coefficients with unit normal priors, shapes (K,) and (K, K).
    """

    truth: Truth
    mode: Floats
    covariance: Floats

    def rates(self, codes: Codes, sd: float = 0.0) -> Floats:
        """Return the mean rate at these levels; ``sd`` is what is to be added to log odds."""
        x = coefficients(self.truth, codes)
        variance = np.einsum("ij,jk,ik->i", x, self.covariance, x)
        return mean_rates(x @ self.mode, np.sqrt(variance + sd**2))


def oracle(truth: Truth, study: Study, y: Floats) -> Oracle:
    """Find the mode by Newton's method, halving steps that do not climb."""
    x = coefficients(truth, study.codes)

    def density(at: Floats) -> float:
        logits = x @ at
        return float(y @ logits - study.n @ np.logaddexp(0, logits) - at @ at / 2)

    mode = np.zeros(x.shape[1])
    for _ in range(100):
        rates = expit(x @ mode)
        slope = x.T @ (y - study.n * rates) - mode
        curvature = (x.T * (study.n * rates * (1 - rates))) @ x + np.eye(len(mode))
        step = np.linalg.solve(curvature, slope)
        while density(mode + step) < density(mode) and np.abs(step).max() > 1e-10:
            step /= 2
        mode = mode + step
        if np.abs(step).max() < 1e-8:
            break
    return Oracle(truth, mode, np.linalg.inv(curvature))


def coefficients(truth: Truth, codes: Codes) -> Floats:
    """Return the design of unit normal coefficients, shape (N, K); 0 where there is no segment.

    Effects that sum to zero are spanned by Helmert contrasts, which are orthonormal.
    """
    size = len(codes["score_band"])
    parts = [np.full((size, 1), INTERCEPT_SD)]
    for segments in TERMS:
        span = reduce(np.kron, [_contrasts(len(LEVELS[name])) for name in segments])
        known = set(segments) <= set(codes)
        rows = span[_flat_index(segments, codes)] if known else np.zeros((size, span.shape[1]))
        parts.append(truth.scales[segments] * rows)
    return np.hstack([*parts, *_of_programmes(truth, codes, size)])


def _of_programmes(truth: Truth, codes: Codes, size: int) -> Iterator[Floats]:
    bands = _contrasts(len(LEVELS["score_band"]))
    if "programme" not in codes:
        yield np.zeros((size, PROGRAMMES * (1 + bands.shape[1])))
        return
    which = np.eye(PROGRAMMES)[codes["programme"]]
    yield truth.scales[PROGRAMME] * which
    own = np.einsum("ip,ib->ipb", which, bands[codes["score_band"]])
    yield truth.scales[OWN] * own.reshape(size, -1)


def _contrasts(levels: int) -> Floats:
    """Return an orthonormal basis of effects that sum to zero, shape (levels, levels - 1)."""
    found: Floats = helmert(levels).T
    return found


# The fit


@cache
def shared() -> tuple[Study, Layout]:
    """Return the study and its layout; once a process."""
    study = study_of()
    return study, laid_out(study.counts)


LABELS = {
    "estimand": "recommended_past_12m",
    "rung": "retrospective",
    "target": "programmes_like_these",
    "source_kind": "simulated",
}


def fitted(y: Floats, seed: int) -> tuple[Pooled, Pooled]:
    """Pool the counts; return the first fit, and the last, another where that is not usable."""
    study, layout = shared()
    counts, density = replace(study.counts, y=y, hits=y.astype(np.int64)), density_of(layout, y)
    sampled = sample(density, draws=DRAWS, tuning=TUNING, chains=CHAINS, seed=seed, cores=1)
    first = gathered(counts, layout, sampled, LABELS)
    if usable(first):
        return first, first
    sampled = sample(
        density, draws=MORE_DRAWS, tuning=MORE_TUNING, chains=MORE_CHAINS, seed=seed + 1, cores=1
    )
    return first, gathered(counts, layout, sampled, LABELS)


def usable(pooled: Pooled) -> bool:
    """Tell whether there are draws enough to compare with a truth."""
    found = pooled.posterior.diagnostics
    enough = min(found.ess_bulk, found.ess_tail) > SMALLEST_ESS
    return found.rhat < LARGEST_RHAT and enough and not found.divergences


def trusted(posterior: Posterior) -> Posterior:
    """Return a posterior whose results are shown whatever its diagnostics.

    Coverage is of all studies: what the truth is must not decide which are counted.
    """
    found = replace(posterior.diagnostics, rhat=1.0, ess_bulk=np.inf, ess_tail=np.inf)
    return replace(posterior, diagnostics=replace(found, divergences=0))


# What is held against the truth


def simulated(number: int) -> dict[str, Any]:
    """Return what a study gives: its row, and arrays of predictions by what is predicted."""
    study = shared()[0]
    rng = np.random.default_rng([SEED, number])
    truth = drawn(rng)
    y = rng.binomial(study.n, expit(truth.logits(study.codes))).astype(np.float64)
    first, last = fitted(y, int(rng.integers(2**31)))
    known = oracle(truth, study, y)
    pooled = replace(last, posterior=trusted(last.posterior))
    return {
        "row": {"study": number} | diagnosed(first, last) | ranks_of(pooled, truth),
        CELL_MEAN: cell_means(study, pooled.posterior, truth, known, y),
        ITS: own_rates(study, pooled, truth, known, y),
        ROW: programme_rows(study, pooled, truth, known, y),
        **fresh(study, pooled.posterior, truth, rng),
    }


def diagnosed(first: Pooled, last: Pooled) -> Row:
    """Return how the sampler did, at first and in the end."""
    before, after = first.posterior.diagnostics, last.posterior.diagnostics
    return {
        "fitted_again": int(last is not first),
        "unusable": int(not usable(last)),
        "publishable": int(not after.problems),
        "divergences_first": before.divergences,
        "divergences": after.divergences,
        "rhat": after.rhat,
        "ess_bulk": after.ess_bulk,
        "ess_tail": after.ess_tail,
        "worst": after.worst[0],
    }


def ranks_of(pooled: Pooled, truth: Truth) -> dict[str, int]:
    """Return how many of `KEPT` draws, evenly spaced, are below the truth of each quantity."""
    found = quantities(pooled, truth)
    return {f"{RANK}{name}": _rank(draws, true) for name, (draws, true) in found.items()}


def _rank(draws: Floats, true: float) -> int:
    kept = draws[np.linspace(0, len(draws) - 1, KEPT).round().astype(int)]
    return int((kept < true).sum())


def quantities(pooled: Pooled, truth: Truth) -> dict[str, tuple[Floats, float]]:
    """Return draws and truth of what is ranked."""
    posterior = pooled.posterior
    terms = {term.segments: term for term in posterior.terms}
    found = {"intercept": (posterior.intercept, truth.intercept)}
    for segments, term in terms.items():
        if term.scale is not None:
            found[f"{term.name}: scale"] = term.scale, truth.scales[segments]
    found["programme: scale"] = posterior.programme, truth.scales[PROGRAMME]
    found["programme × score_band: scale"] = posterior.programme_score, truth.scales[OWN]
    for segments, at in SHOWN_EFFECTS.items():
        number = np.ravel_multi_index(at, truth.effects[segments].shape)
        level = ", ".join(LEVELS[s][code] for s, code in zip(segments, at, strict=True))
        draws = terms[segments].effects[:, number]
        found[f"{terms[segments].name}: {level}"] = draws, float(truth.effects[segments][at])
    found["programme: first"] = pooled.programme[:, 0], float(truth.effects[PROGRAMME][0])
    own = pooled.programme_score[:, 0, TEN]
    found["programme × score_band: first, 10"] = own, float(truth.effects[OWN][0, TEN])
    cell = {name: codes[:1] for name, codes in cell_codes().items()}
    names = {name: [LEVELS[name][codes[0]]] for name, codes in cell.items()}
    logits = posterior.logits(pa.table(names), np.random.default_rng(0))[:, 0]
    draws = mean_rates(logits, posterior.between)
    found["mean rate of a cell"] = draws, float(mean_rates(truth.logits(cell), truth.between)[0])
    return found


SHOWN_EFFECTS: dict[tuple[str, ...], tuple[int, ...]] = {
    ("sector",): (0,),
    ("score_band",): (TEN,),
    ("industry",): (0,),
    ("country",): (0,),
    ("year",): (0,),
    ("sector", "industry"): (0, 0),
    ("industry", "country"): (0, 0),
}


def cell_means(
    study: Study, posterior: Posterior, truth: Truth, known: Oracle, y: Floats
) -> dict[str, Floats]:
    """Return the mean rate of programmes at score 10 in every cell, in a mean year."""
    cells, table = cell_codes(), pooled_rates(posterior, conf_level=NOMINAL).table
    answers, hits = (
        np.bincount(study.cell[study.tens], values[study.tens], minlength=table.num_rows)
        for values in (study.n, y)
    )
    return {
        "n": answers,
        "truth": mean_rates(truth.logits(cells), truth.between),
        "pooled": table.column("estimate").to_numpy(),
        "oracle": known.rates(cells, truth.between),
        "direct": np.divide(hits, answers, out=np.full(len(hits), np.nan), where=answers > 0),
        "low": table.column("conf_low").to_numpy(),
        "high": table.column("conf_high").to_numpy(),
    }


def own_rates(
    study: Study, pooled: Pooled, truth: Truth, known: Oracle, y: Floats
) -> dict[str, Floats]:
    """Return the rates at score 10 of a cell's own programmes together, weighted by answers.

    It is what the direct estimate is unbiased for.
    """
    return _predicted(study, pooled, truth, known, y, study.cell)


def programme_rows(
    study: Study, pooled: Pooled, truth: Truth, known: Oracle, y: Floats
) -> dict[str, Floats]:
    """Return the rate at score 10 of each programme in each of its cells."""
    return _predicted(study, pooled, truth, known, y, study.cell * PROGRAMMES
                      + study.codes["programme"])  # fmt: skip


def _predicted(
    study: Study, pooled: Pooled, truth: Truth, known: Oracle, y: Floats, groups: Integers
) -> dict[str, Floats]:
    """Return rates of groups of counts of score 10, weighted by their answers."""
    tens = study.tens
    codes = {name: values[tens] for name, values in study.codes.items()}
    group, n = np.unique(groups[tens], return_inverse=True)[1], study.n[tens]
    answers = np.bincount(group, n)
    rates = {
        "truth": expit(truth.logits(codes)),
        "pooled": programme_rates(pooled, tens).mean(axis=0),
        "oracle": known.rates(codes),
        "direct": y[tens] / n,
    }
    found = {name: np.bincount(group, n * values) / answers for name, values in rates.items()}
    return {"n": answers} | found


def fresh(
    study: Study, posterior: Posterior, truth: Truth, rng: Generator
) -> dict[str, dict[str, Floats]]:
    """Return new programmes of cells drawn at random: their rates, and those observed."""
    cells = cell_codes()
    chosen = rng.integers(0, len(cells["score_band"]), FRESH)
    rates = new_programmes(truth, {name: codes[chosen] for name, codes in cells.items()}, rng)
    observed = rng.binomial(ANSWERS, rates) / ANSWERS
    answers = np.bincount(
        study.cell[study.tens], study.n[study.tens], minlength=len(cells["score_band"])
    )
    found = {}
    for name, n, true in ((NEXT, None, rates), (OBSERVED, ANSWERS, observed)):
        table = next_programme(posterior, n=n, conf_level=NOMINAL).table
        low, high = (table.column(f"conf_{end}").to_numpy()[chosen] for end in ("low", "high"))
        found[name] = {"n": answers[chosen], "truth": true, "low": low, "high": high}
    return found


# The tables


def band_name(number: int) -> str:
    """Return the name of a band of sizes."""
    if number == 0:
        return "none"
    if number == len(SIZES) - 1:
        return f"{SIZES[-1]} and more"
    return f"{SIZES[number]} to {SIZES[number + 1] - 1}"


def summary(results: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    """Return a row for each thing that is predicted and each size of its cell, and for all."""
    for what in (CELL_MEAN, ITS, ROW, NEXT, OBSERVED):
        studies = [result[what] for result in results]
        found = {name: np.stack([study[name] for study in studies]) for name in studies[0]}
        band = np.searchsorted(SIZES, found["n"], side="right") - 1
        of_all = {"programmes": PROGRAMMES, "new_answers": ANSWERS}
        everywhere = np.ones_like(band, dtype=bool)
        yield {"what": what, "answers": ALL} | of_all | held(found, everywhere)
        for number in range(len(SIZES)):
            if (band == number).any():
                own = {"what": what, "answers": band_name(number)} | of_all
                yield own | held(found, band == number)


def held(found: Mapping[str, Floats], within: Array) -> Row:
    """Return coverage and mean squared errors where ``within``, both of shape (studies, K)."""
    row: Row = {"studies": len(within), "values": int(within.sum())}
    if "low" in found:
        # Observed rates are of whole counts, as the limits may be.
        inside = (found["low"] <= found["truth"] + 1e-9) & (found["truth"] <= found["high"] + 1e-9)
        row["coverage"], row["coverage_se"] = of_sums(inside * within, within)
        row["mean_width"] = (found["high"] - found["low"])[within].mean()
    if "pooled" not in found:
        return row
    error = {name: (found[name] - found["truth"]) ** 2 for name in ("pooled", "direct", "oracle")}
    for name, values in error.items():
        # A cell without an answer has no direct estimate.
        given = within & ~np.isnan(values)
        row[f"mse_{name}"] = values[given].mean() if given.any() else np.nan
    for other in ("direct", "oracle"):
        given = within & ~np.isnan(error[other])
        row[f"over_{other}"], row[f"over_{other}_se"] = of_sums(
            np.where(given, error["pooled"], 0), np.where(given, error[other], 0)
        )
    return row


def of_sums(above: Array, below: Array) -> tuple[float, float]:
    """Return the ratio of two sums and its standard error, studies being independent.

    Both have the shape (studies, K). The error is that of the linearized ratio; NaN over nothing.
    """
    x, z = above.sum(axis=1, dtype=float), below.sum(axis=1, dtype=float)
    if not z.any():
        return np.nan, np.nan
    ratio = x.sum() / z.sum()
    residual = (x - ratio * z) / z.sum()
    return float(ratio), float(np.sqrt(len(x) / (len(x) - 1) * (residual**2).sum()))


def csv_of(rows: Iterable[Row]) -> str:
    """Return the rows as comma-separated text, numbers with six digits, nothing for NaN."""
    listed = list(rows)
    names = list(dict.fromkeys(name for row in listed for name in row))
    file = io.StringIO()
    writer = csv.DictWriter(file, names, lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows({name: _written(value) for name, value in row.items()} for row in listed)
    return file.getvalue()


def _written(value: Any) -> Any:
    if not isinstance(value, float | np.floating):
        return value
    return "" if np.isnan(value) else f"{value:.6g}"


def main() -> None:
    """Simulate and pool the studies, write both tables, and print how it goes."""
    console, start, results = Console(), time.perf_counter(), []
    # Started anew, not forked: the sampler has threads.
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        for result in pool.map(simulated, range(STUDIES)):
            results.append(result)
            if len(results) % 10 == 0:
                seconds = time.perf_counter() - start
                console.print(f"{len(results)} of {STUDIES} studies, {seconds:.0f} s")
    write_text(TABLE, csv_of(summary(results)))
    write_text(STUDIES_TABLE, csv_of(result["row"] for result in results))


if __name__ == "__main__":
    main()
