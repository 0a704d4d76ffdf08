"""Response depends on the latent score as stated: by quadrature, and by drawing all invited."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import norm

from advocacy.simulation import DEFAULT_TRUTH, Programmes, draw_programmes, simulate_responses
from advocacy.simulation.contacts import PULL, contact_rows, invited_cells
from advocacy.simulation.expectations import SCORE_10, programme_cells, rates_of
from advocacy.simulation.truth import spread


@pytest.fixture(scope="module")
def programmes() -> Programmes:
    return draw_programmes(3, 30_000, np.random.default_rng(8))


def mixture(programmes: Programmes, which: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Return mean latent score and customers' share of each country, and the spread in them."""
    row, country = programmes.population.nonzero()
    own = country[row == which]
    sd = spread(DEFAULT_TRUTH, "score", programme=False)[programmes.sector[which]]
    return programmes.centre("score")[which, own], programmes.population[which, own], sd


@pytest.mark.parametrize("which", [0, 1, 2])
def test_what_all_invited_would_say_is_an_integral(programmes: Programmes, which: int) -> None:
    """Respondents divided by their chance to answer are those who were invited."""
    answering = np.array([0.3, 0.5, 0.25])
    mean, share, sd = mixture(programmes, which)

    def respondents(z: float) -> float:
        return float((share * norm.pdf(z, mean, sd)).sum())

    # The constant of the propensity gives the programme its share of answers.
    odds = quad(lambda z: np.exp(-PULL * z) * respondents(z), -9, 9)[0]
    constant = -np.log((1 / answering[which] - 1) / odds)

    def invited(z: float) -> float:
        return respondents(z) / expit(constant + PULL * z)

    ends = [-9, *DEFAULT_TRUTH.thresholds, 9]
    mass = np.array([quad(invited, a, b)[0] for a, b in pairwise(ends)])
    assert mass.sum() == pytest.approx(1 / answering[which], rel=1e-6)
    cells = invited_cells(programmes, answering)
    of_score = rates_of(cells, (), ("programme", "score")).to_pandas()
    own = of_score[of_score.programme == programmes.names()[which]]
    assert (own.share / own.share.sum()).to_numpy() == pytest.approx(mass / mass.sum(), abs=1e-6)


def test_who_answers_of_all_invited_has_the_scores_of_the_truth(programmes: Programmes) -> None:
    """Draw those invited, let them answer by the propensity, and count their scores."""
    rng = np.random.default_rng(9)
    mean, share, sd = mixture(programmes, 0)
    z = rng.normal(0, 3, 800_000)
    respondents = (share * norm.pdf(z[:, None], mean, sd)).sum(axis=1)
    chance = expit(-0.6 + PULL * z)
    # Accept draws so that they follow what must be invited for the respondents to be as they are.
    density = respondents / chance / norm.pdf(z, 0, 3)
    z = z[rng.random(len(z)) < density / density.max()]
    answered = z[rng.random(len(z)) < expit(-0.6 + PULL * z)]
    scores = np.searchsorted(DEFAULT_TRUTH.thresholds, answered)
    found = np.bincount(scores, minlength=11) / len(scores)
    own = rates_of(programme_cells(programmes.take(np.array([0]))), (), ("score",)).to_pandas()
    error = np.sqrt(found * (1 - found) / len(scores))
    assert np.all(np.abs(found - own.share) < 4.5 * error)


def test_fewer_of_all_invited_would_score_10(programmes: Programmes) -> None:
    invited = rates_of(invited_cells(programmes, np.full(3, 0.3)), SCORE_10, ())
    answered = rates_of(programme_cells(programmes), SCORE_10, ())
    assert invited["share"][0].as_py() < 0.9 * answered["share"][0].as_py()
    # At a score nothing depends on who answers, so that the rate is nearly that of respondents.
    assert invited["rate"][0].as_py() == pytest.approx(answered["rate"][0].as_py(), abs=0.01)


def test_without_pull_all_invited_are_as_those_who_answer(programmes: Programmes) -> None:
    cells = invited_cells(programmes, np.full(3, 0.3), pull=0.0)
    assert cells.share == pytest.approx(programme_cells(programmes).share)
    assert cells.weight == pytest.approx(programme_cells(programmes).weight)


@pytest.mark.parametrize(("sector", "answering"), [("B2B", 0.5), ("B2C", 0.3)])
def test_contacts_are_those_who_answered_and_the_rest(sector: str, answering: float) -> None:
    rng = np.random.default_rng(10)
    responses = simulate_responses(draw_programmes(1, 8_000, rng), rng)
    base = responses.to_pandas()
    round_ = base[base.wave == "2024"]
    rows = contact_rows(responses, sector, answering, rng).to_pandas()
    answered = rows[rows.disposition.str.startswith("1.")]
    assert sorted(answered.respondent_id) == sorted(round_.respondent_id)
    assert len(answered) / len(rows) == pytest.approx(answering, abs=1e-3)
    assert rows.contact_id.is_unique
    assert rows.respondent_id.is_unique
    others = rows[~rows.respondent_id.isin(round_.respondent_id)]
    assert not others.respondent_id.isin(base.respondent_id).any()
    assert set(others.disposition) == {"2.11", "3.19", "3.30"}
    both = round_.merge(answered, on="respondent_id")
    lacks = both.score.isna() | both.recommended_past_12m.isna()
    assert (lacks == (both.disposition == "1.2")).all()
    waited = pd.to_datetime(both.interviewed_on) - pd.to_datetime(both.invited_on)
    assert waited.dt.days.between(0, 13).all()
    assert pd.to_datetime(rows.invited_on).is_monotonic_increasing
