"""Who was invited, and what became of it: response that depends on the latent score.

Someone with latent score z answers with probability ``expit(a + pull * z)``, a being such that
the programme's share of answers is what it is. Scores are drawn for those who answer, whose
latent score in a programme and country is normal with mean m and standard deviation σ. By Bayes'
theorem that of those who do not is, as (1 − r) / r = exp(−a − pull · z), normal with the same
standard deviation and mean m − pull · σ², and there are exp(−pull · m) of them, up to a factor of
the programme. So what nonrespondents would have said is known exactly (`invited_cells`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from advocacy.arrays import Floats
from advocacy.simulation.expectations import Cells, Law, had_recommended, programme_cells
from advocacy.simulation.following import COHORT
from advocacy.simulation.programmes import Programmes
from advocacy.simulation.truth import score_law, spread

# Log odds of answering that a point of the latent score adds.
PULL = 0.35

COMPLETE, PARTIAL, REFUSED, UNKNOWN, UNDELIVERED = "1.1", "1.2", "2.11", "3.19", "3.30"
_NO_INTERVIEW = (REFUSED, UNKNOWN, UNDELIVERED)
_SHARES = {"B2B": (0.14, 0.80, 0.06), "B2C": (0.06, 0.84, 0.10)}
_LATEST = 14  # days from the invitation to the interview, fewer than


def contact_rows(
    responses: pa.Table, sector: str, answering: float, rng: np.random.Generator
) -> pa.Table:
    """Draw the canonical rows of `CONTACTS` of one programme and year, without `rating_id`.

    Parameters
    ----------
    responses
        Canonical rows of the programme.
    sector
        Code of its sector.
    answering
        Share of those invited who answered, in part or in full.

    Returns
    -------
    pa.Table
        A row an invitation, in the order of their dates.
    """
    ratings = responses.filter(pa.array(responses["wave"].to_numpy() == str(COHORT)))
    held = ratings.num_rows
    none = round(held * (1 - answering) / answering)
    person = responses["respondent_id"].cast(pa.int64()).to_numpy()
    invited = ratings["interviewed_on"].to_numpy().astype("datetime64[D]")
    invited = invited - rng.integers(0, _LATEST, held)
    partial = np.zeros(held, dtype=bool)
    for name in ("score", "recommended_past_12m"):
        partial |= ratings[name].is_null().to_numpy()
    became = np.concatenate(
        [np.where(partial, PARTIAL, COMPLETE), rng.choice(_NO_INTERVIEW, none, p=_SHARES[sector])]
    )
    who = np.concatenate(
        [
            ratings["respondent_id"].cast(pa.int64()).to_numpy(),
            person.max() + 1 + rng.permutation(none),
        ]
    )
    day = np.concatenate([invited, rng.choice(invited, none)])
    order = np.argsort(day, kind="stable")
    return pa.table(
        {
            "contact_id": pa.array(np.arange(1, held + none + 1)).cast(pa.string()),
            "respondent_id": pa.array(who[order]).cast(pa.string()),
            "supplier": [responses["supplier"][0].as_py()] * (held + none),
            "programme": [responses["programme"][0].as_py()] * (held + none),
            "invited_on": day[order],
            "disposition": became[order],
        }
    )


def invited_cells(
    programmes: Programmes, answering: Floats, law: Law = had_recommended, pull: float = PULL
) -> Cells:
    """Return one cell a programme and country, of all who are invited, whether they answer or not.

    Parameters
    ----------
    answering
        Share of those invited who answer, shape (P,).
    law
        What the rates are of. They depend on the score alone, so that at each score those who do
        not answer have the rates of those who do.
    pull
        Log odds of answering that a point of the latent score adds.
    """
    cells = programme_cells(programmes, law)
    row, country = programmes.population.nonzero()
    sd = spread(programmes.truth, "score", programme=False)[programmes.sector[row]]
    mean = programmes.centre("score")[row, country]
    # How many do not answer for each who does, up to a factor of the programme.
    odds = np.exp(-pull * mean)
    expected = np.bincount(row, programmes.population[row, country] * odds)
    silent = (1 / answering[row] - 1) * odds / expected[row]
    silent_share = score_law(programmes.truth, mean - pull * sd**2, sd)
    share = (cells.share + silent[:, None] * silent_share) / (1 + silent[:, None])
    return replace(cells, weight=cells.weight * answering[row] * (1 + silent), share=share)
