"""Who is followed up: some programmes, and in them those who were interviewed in one year.

What is chosen here is independent of everything that shapes scores and behaviour, so rates of
those who are followed up are those of all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from advocacy.arrays import Floats, Integers
from advocacy.simulation.future import Bools, FollowUps
from advocacy.simulation.population import LAST_WAVE, arrow
from advocacy.simulation.programmes import Programmes

# A year on, their last interviews have been held when the files are received.
COHORT = LAST_WAVE - 1

_FEWEST, _SHARE = 4, 0.25  # programmes that are followed up
_ANSWERING = {"B2B": (0.45, 0.55), "B2C": (0.25, 0.40)}


@dataclass(frozen=True)
class Following:
    """Which programmes are followed up, and how: P programmes.

    Parameters
    ----------
    chosen
        Whether the programme is followed up and sends its invitations too, shape (P,).
    dated
        Whether it asks for the date of the first recommendation, shape (P,).
    answering
        Share of those invited who answered, shape (P,).
    """

    chosen: Bools
    dated: Bools
    answering: Floats

    def take(self, programme: int) -> Following:
        """Return that of one programme."""
        only = slice(programme, programme + 1)
        return Following(self.chosen[only], self.dated[only], self.answering[only])


def draw_following(programmes: Programmes, rng: np.random.Generator) -> Following:
    """Draw which programmes are followed up; every second of them asks for dates."""
    size = len(programmes)
    order = rng.permutation(size)
    chosen, dated = np.zeros((2, size), dtype=bool)
    chosen[order[: max(_FEWEST, round(_SHARE * size))]] = True
    dated[order[::2]] = True
    sectors = [list(programmes.truth.sectors)[sector] for sector in programmes.sector]
    low, high = np.array([_ANSWERING[code] for code in sectors]).T
    return Following(chosen, dated, rng.uniform(low, high))


def in_cohort(responses: pa.Table) -> Integers:
    """Return the positions of the ratings that are followed up.

    They are of one year, and of persons who are not interviewed again in the year after: that
    interview is then the later one.
    """
    wave = responses["wave"].to_numpy()
    respondent = responses["respondent_id"].cast(pa.int64()).to_numpy()
    again = np.isin(respondent, respondent[wave == str(LAST_WAVE)])
    return np.flatnonzero((wave == str(COHORT)) & ~again)


def follow_up_rows(
    ratings: pa.Table, follow_ups: FollowUps, *, dated: bool
) -> tuple[pa.Table, Integers]:
    """Return the canonical rows of `FOLLOWUPS` that the waves give, without `rating_id`.

    Parameters
    ----------
    ratings
        Canonical rows of the ratings that are followed up, n of them.
    follow_ups
        What came after, in the same order.
    dated
        Whether a yes has the date of the first recommendation.

    Returns
    -------
    tuple of pa.Table and Integers
        A row an interview that was held, in the order of waves; and the number of its wave.
    """
    wave, row = np.nonzero(follow_ups.answered.T)
    day = follow_ups.asked[row, wave]
    recommended, churned = follow_ups.recommended[row], follow_ups.churned[row]
    yes = recommended <= day
    whose = ratings.select(["respondent_id", "supplier", "account"]).take(pa.array(row))
    columns: dict[str, Any] = {
        "followed_up_on": day,
        "recommended_since": yes,
        "first_recommended_on": np.ma.masked_array(recommended, ~(yes & dated)),
        "churned_on": np.ma.masked_array(churned, churned > day),
    }
    for name, values in columns.items():
        whose = whose.append_column(name, arrow(values))
    return whose, wave
