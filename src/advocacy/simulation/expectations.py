"""Exact true recommendation rates, for the programmes drawn and for programmes like them.

Both are ratios θ = Σ_k W_k Σ_s P_k(s) R_k(s) / Σ_k W_k Σ_s P_k(s) over cells k and the scores s
of the intent set, with P_k(s) the probability of the score and R_k(s) the probability, at that
score, of what is asked for: having recommended in the year before (`had_recommended`), or
recommending within some months after (`recommends_within`). Nothing is simulated here.

Weights follow the rule `respondents`: each programme's weights sum to its number of ratings
n_p. A file without weights samples countries in proportion to customers; in a file with
weights an oversampled country counts as its customers do. So in both the ratings of country c
count n_p π_pc, π_pc being the country's share in the programme's customers. Answers are
missing independently of all else, so they change no rate.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from advocacy.arrays import Floats, Integers
from advocacy.simulation.future import (
    DEFAULT_FUTURE,
    Future,
    incidence_by_answer,
    incidence_law,
)
from advocacy.simulation.programmes import Programmes
from advocacy.simulation.truth import (
    Truth,
    behaviour_law,
    parts,
    programme_shares,
    score_law,
    spread,
)

SCORE_10 = (10,)
_SCORES = tuple(range(11))

# From the truth, each cell's sector, and the mean and standard deviation of the log odds beside
# the curve: a probability for each cell and score, shape (cells, 11).
Law = Callable[[Truth, Integers, Floats, Floats], Floats]


@dataclass(frozen=True)
class Cells:
    """Cells in which scores and behaviour are independent beside the curve.

    Parameters
    ----------
    labels
        Segment name to the segment's value in each cell, shape (cells,).
    weight
        What the cell's ratings count, shape (cells,).
    share
        P(S = s), shape (cells, 11).
    rate
        Probability of what is asked for at each score, by a `Law`, shape (cells, 11).
    """

    labels: dict[str, np.ndarray]
    weight: Floats
    share: Floats
    rate: Floats


def had_recommended(truth: Truth, sector: Integers, logit: Floats, sd: Floats) -> Floats:
    """Return P(Y = 1 | S = s), of having recommended in the year before the interview."""
    del sector  # it is in the log odds
    return behaviour_law(truth, logit, sd)


def recommends_within(
    months: float,
    *,
    churn: bool = True,
    past: bool | None = None,
    future: Future = DEFAULT_FUTURE,
) -> Law:
    """Return the law of recommending within some months after the interview.

    Parameters
    ----------
    churn
        Whether churn comes before it (κ), or ends nothing (κ_any).
    past
        Of those only who had recommended in the year before, or had not; ``None`` for all.
    """

    def law(truth: Truth, sector: Integers, logit: Floats, sd: Floats) -> Floats:
        factors = churn * np.array([future.sectors[code] for code in truth.sectors])[sector]
        if past is None:
            return incidence_law(future, logit, sd, factors, months)
        return incidence_by_answer(future, truth.curve, logit, sd, factors, months)[int(past)]

    return law


def true_rates(
    programmes: Programmes,
    intent: Collection[int] = SCORE_10,
    by: Sequence[str] = (),
    law: Law = had_recommended,
) -> pa.Table:
    """Return the true rates of the customers of these programmes (target `these_programmes`).

    Conditional on the programmes: their sectors, industries, sizes, countries' shares and own
    effects. Expected over accounts, persons, ratings and which countries were sampled.

    Parameters
    ----------
    intent
        Scores of the intent set; ignored where ``by`` names the score.
    by
        Any crossing of programme, supplier, sector, industry, country and score.
    law
        What the rates are of.

    Returns
    -------
    pa.Table
        The segments, `rate` (proportion) and `share` (of all weighted ratings that have these
        scores in the segment), sorted by the segments.
    """
    return rates_of(programme_cells(programmes, law), intent, by)


def superpopulation_rates(
    truth: Truth,
    intent: Collection[int] = SCORE_10,
    by: Sequence[str] = (),
    law: Law = had_recommended,
) -> pa.Table:
    """Return the true rates of programmes like these (target `programmes_like_these`).

    Conditional on the fixed effects (curve, sectors, industries, countries). Expected over
    everything that is drawn, programmes included: the ratio of the expected numerator to the
    expected denominator of a programme. Sizes are independent of the rest, so they drop out.

    Parameters
    ----------
    intent
        Scores of the intent set; ignored where ``by`` names the score.
    by
        Any crossing of sector, industry, country and score.
    law
        What the rates are of.

    Returns
    -------
    pa.Table
        As `true_rates`.
    """
    return rates_of(superpopulation_cells(truth, law), intent, by)


def programme_cells(programmes: Programmes, law: Law = had_recommended) -> Cells:
    """Return one cell a programme and country in which it has customers."""
    truth = programmes.truth
    row, country = programmes.population.nonzero()
    sector = programmes.sector[row]
    labels = {
        "programme": np.array(programmes.names())[row],
        "supplier": np.array(programmes.suppliers())[row],
        **_labels(truth, sector, programmes.industry[row], country),
    }
    score_sd = spread(truth, "score", programme=False)[sector]
    behaviour_sd = spread(truth, "behaviour", programme=False)[sector]
    return Cells(
        labels=labels,
        weight=(programmes.ratings[:, None] * programmes.population)[row, country],
        share=score_law(truth, programmes.centre("score")[row, country], score_sd),
        rate=law(truth, sector, programmes.centre("behaviour")[row, country], behaviour_sd),
    )


def superpopulation_cells(truth: Truth, law: Law = had_recommended) -> Cells:
    """Return one cell a sector, industry and country.

    The programme's effects on score and behaviour are independent, so the expectation of the
    product P(s) R(s) over programmes is the product of the two expectations, and each is the
    law within a programme with the programme's variance added.
    """
    shape = (len(truth.sectors), len(truth.industries), len(truth.countries))
    sector, industry, country = (axis.ravel() for axis in np.indices(shape))

    def centre(of: str) -> Floats:
        fixed = parts(truth.sectors, of)[sector] + parts(truth.industries, of)[industry]
        return np.asarray(fixed + parts(truth.countries, of)[country])

    sectors, industries = programme_shares(truth)
    return Cells(
        labels=_labels(truth, sector, industry, country),
        weight=sectors[sector] * industries[sector, industry] * country_shares(truth)[country],
        share=score_law(truth, centre("score"), spread(truth, "score", programme=True)[sector]),
        rate=law(
            truth,
            sector,
            centre("behaviour"),
            spread(truth, "behaviour", programme=True)[sector],
        ),
    )


def apart_by_answer(had: Cells, later: tuple[Cells, Cells]) -> Cells:
    """Return cells apart by the answer on the year before, under ``recommended_past_12m``.

    Parameters
    ----------
    had
        Cells by the law of having recommended.
    later
        The same cells by a law of those who had not, and of those who had.
    """
    shares = (had.share * (1 - had.rate), had.share * had.rate)
    names = [*had.labels, "recommended_past_12m"]
    both = [
        replace(
            cells,
            labels=cells.labels
            | {"recommended_past_12m": np.full(len(cells.weight), bool(answer))},
            share=share,
        )
        for answer, (cells, share) in enumerate(zip(later, shares, strict=True))
    ]
    return Cells(
        labels={name: np.concatenate([cells.labels[name] for cells in both]) for name in names},
        weight=np.concatenate([cells.weight for cells in both]),
        share=np.concatenate([cells.share for cells in both]),
        rate=np.concatenate([cells.rate for cells in both]),
    )


def correlation_with_score(cells: Cells) -> float:
    """Return the correlation of the score with what the cells' rates are of, 0 or 1."""
    mass = cells.weight[:, None] / cells.weight.sum() * cells.share
    scores = np.array(_SCORES)
    mean, rate = (mass * scores).sum(), (mass * cells.rate).sum()
    spread_of_scores = np.sqrt((mass * (scores - mean) ** 2).sum())
    covariance = (mass * cells.rate * (scores - mean)).sum()
    return float(covariance / (spread_of_scores * np.sqrt(rate * (1 - rate))))


def country_shares(truth: Truth) -> Floats:
    """Return the expected share of each country in a programme's customers, shape (C,).

    The main country has `main_share`; each other country has an equal chance to be among the
    further ones, and those divide the rest by exchangeable draws:
    q_c·m + (1 − q_c)·(1 − m)/(C − 1).
    """
    main = np.array([truth.main_countries[code] for code in truth.countries])
    rest = (1 - truth.main_share) / (len(main) - 1)
    return np.asarray(main * truth.main_share + (1 - main) * rest)


def truth_table(programmes: Programmes) -> pa.Table:
    """Return a row a programme and country: true parameters, laws and expected ratings.

    `share_score_s` is P(S = s), `rate_score_s` is P(Y = 1 | S = s), both conditional on the
    programme; `expected_ratings` is its number of ratings times the country's share in customers.
    """
    cells = programme_cells(programmes)
    row, country = programmes.population.nonzero()
    columns = {
        **cells.labels,
        "ratings": programmes.ratings[row],
        "population_share": programmes.population[row, country],
        "sample_share": programmes.sample[row, country],
        "expected_ratings": cells.weight,
        "score_mean": programmes.centre("score")[row, country],
        "behaviour_logit": programmes.centre("behaviour")[row, country],
        **{f"share_score_{s}": cells.share[:, s] for s in _SCORES},
        **{f"rate_score_{s}": cells.rate[:, s] for s in _SCORES},
    }
    return pa.table(columns)


def _labels(
    truth: Truth, sector: Integers, industry: Integers, country: Integers
) -> dict[str, np.ndarray]:
    return {
        "sector": np.array(list(truth.sectors))[sector],
        "industry": np.array(list(truth.industries))[industry],
        "country": np.array(list(truth.countries))[country],
    }


def rates_of(cells: Cells, intent: Collection[int], by: Sequence[str]) -> pa.Table:
    """Return rates as `true_rates` does: sums over cells and scores, divided."""
    scores = np.array(_SCORES if "score" in by else sorted(intent))
    below = cells.weight[:, None] / cells.weight.sum() * cells.share[:, scores]
    columns = {name: np.repeat(values, len(scores)) for name, values in cells.labels.items()}
    columns["score"] = np.tile(scores, len(cells.weight))
    columns["share"] = below.ravel()
    columns["above"] = (below * cells.rate[:, scores]).ravel()
    # One thread, so that sums come out the same bit by bit.
    sums = pa.table(columns).group_by(list(by), use_threads=False)
    sums = sums.aggregate([("share", "sum"), ("above", "sum")])
    share = sums["share_sum"].to_numpy()
    rate = sums["above_sum"].to_numpy() / share
    result = sums.select(list(by)).append_column("rate", pa.array(rate))
    result = result.append_column("share", pa.array(share))
    return result.sort_by([(name, "ascending") for name in by]) if by else result
