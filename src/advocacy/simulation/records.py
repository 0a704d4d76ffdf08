"""A validation subsample: what records say of some of those who were interviewed.

Whose records are searched depends on the score and on the answer, so that those searched are not
like all. What a search finds depends on these two alone: somebody who says that they recommended
did so in the 12 months before with one probability, somebody who denies it with another. So what
all did is known exactly (`did_recommend`), and so are sensitivity and specificity of the answer at
each score.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from advocacy.arrays import Floats, Integers
from advocacy.simulation.expectations import had_recommended
from advocacy.simulation.future import Bools, Latent
from advocacy.simulation.population import arrow
from advocacy.simulation.truth import Truth

# By score 0 to 10: who is searched, of those who deny it and of those who say so; and who did
# recommend in the 12 months before, of either. The first two are shares of those followed up.
SEARCHED_NO = (0.10,) * 7 + (0.10, 0.10, 0.15, 0.30)
SEARCHED_YES = (0.20,) * 7 + (0.20, 0.20, 0.30, 0.50)
DID_NO = (0.03,) * 7 + (0.04, 0.04, 0.05, 0.08)
DID_YES = (0.70,) * 7 + (0.78, 0.80, 0.83, 0.86)
# Of those who say so and did not: who did it in the 6 months before those 12, and is found then.
_LONGER_AGO = 0.6
_YEAR, _HALF, _AFTER = 365, 180, (20, 60)


def did_recommend(truth: Truth, sector: Integers, logit: Floats, sd: Floats) -> Floats:
    """Return the law of having recommended in the year before, whatever is said of it."""
    said = had_recommended(truth, sector, logit, sd)
    return np.asarray(said * np.array(DID_YES) + (1 - said) * np.array(DID_NO))


def record_rows(ratings: pa.Table, latent: Latent, rng: np.random.Generator) -> pa.Table:
    """Draw the canonical rows of `FOLLOWUPS` of a search of records, without `rating_id`.

    Parameters
    ----------
    ratings
        Canonical rows of those among whom some are searched.
    latent
        What shapes them, in the same order.

    Returns
    -------
    pa.Table
        A row a respondent who was searched.
    """
    score, said = latent.score, latent.past
    chance = np.where(said, np.array(SEARCHED_YES)[score], np.array(SEARCHED_NO)[score])
    did = rng.random(len(score)) < np.where(said, np.array(DID_YES)[score], np.array(DID_NO)[score])
    before = said & ~did & (rng.random(len(score)) < _LONGER_AGO)
    ago = np.where(did, rng.integers(1, _YEAR - 5, len(score)),
                   rng.integers(_YEAR + 5, _YEAR + _HALF, len(score)))  # fmt: skip
    after = rng.integers(*_AFTER, len(score))
    searched: Bools = rng.random(len(score)) < chance
    day = ratings["interviewed_on"].to_numpy().astype("datetime64[D]")
    rows = np.flatnonzero(searched)
    whose = ratings.select(["respondent_id", "supplier", "account"]).take(pa.array(rows))
    columns = {
        "followed_up_on": (day + after)[rows],
        "verification_checked": np.ones(len(rows), dtype=bool),
        "verified_recommended_on": np.ma.masked_array((day - ago)[rows], ~(did | before)[rows]),
    }
    for name, values in columns.items():
        whose = whose.append_column(name, arrow(values))
    return whose
