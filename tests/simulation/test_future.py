"""What follows the interview has the laws that are stated: against quadrature and calendars."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import dblquad, quad
from scipy.special import expit
from scipy.stats import norm

from advocacy.simulation import DEFAULT_TRUTH
from advocacy.simulation.future import (
    DEFAULT_FUTURE,
    WAVES,
    Attrition,
    Latent,
    anniversaries,
    draw_follow_ups,
    incidence_by_answer,
    incidence_law,
)

CENTRE, SD, CHURN = 0.2, 1.1, 1.15


def rates(score: int, x: float) -> tuple[float, float]:
    """Return the yearly rates of recommending and of churn, written out."""
    log_rate = DEFAULT_FUTURE.recommending[score] + DEFAULT_FUTURE.carried * (CENTRE + SD * x)
    return np.exp(log_rate), CHURN * DEFAULT_FUTURE.churning[score]


def law(churn: float, months: float) -> np.ndarray:
    return incidence_law(
        DEFAULT_FUTURE, np.array([CENTRE]), np.array([SD]), np.array([churn]), months
    )[0]


@pytest.mark.parametrize(("score", "months"), [(0, 12), (7, 9), (10, 3), (10, 12)])
def test_an_incidence_is_the_integral_over_time_and_persons(score: int, months: float) -> None:
    """Someone recommends at time u, has not churned by then, and not recommended before."""

    def density(u: float, x: float) -> float:
        recommending, churning = rates(score, x)
        return recommending * np.exp(-(recommending + churning) * u) * norm.pdf(x)

    expected, _ = dblquad(density, -9, 9, 0, months / 12, epsabs=1e-11)
    assert law(CHURN, months)[score] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("score", [0, 7, 10])
def test_without_churn_it_is_one_less_those_who_still_wait(score: int) -> None:
    expected, _ = quad(lambda x: -np.expm1(-rates(score, x)[0]) * norm.pdf(x), -10, 10)
    assert law(0.0, 12)[score] == pytest.approx(expected, abs=1e-11)


@pytest.mark.parametrize("score", [0, 10])
def test_those_who_had_recommended_go_on_more_often(score: int) -> None:
    def among(sign: int) -> float:
        def had(x: float) -> float:
            return expit(sign * (DEFAULT_TRUTH.curve[score] + CENTRE + SD * x)) * norm.pdf(x)

        def goes_on(x: float) -> float:
            one, other = rates(score, x)
            return one / (one + other) * -np.expm1(-one - other) * had(x)

        return quad(goes_on, -10, 10)[0] / quad(had, -10, 10)[0]

    no, yes = incidence_by_answer(
        DEFAULT_FUTURE,
        DEFAULT_TRUTH.curve,
        np.array([CENTRE]),
        np.array([SD]),
        np.array([CHURN]),
        12,
    )
    assert no[0, score] == pytest.approx(among(-1), abs=1e-10)
    assert yes[0, score] == pytest.approx(among(1), abs=1e-10)
    assert no[0, score] < law(CHURN, 12)[score] < yes[0, score]


def test_the_later_recommendation_goes_with_the_score_less_than_the_earlier() -> None:
    """Cross-sectional associations exceed longitudinal ones (de Matos & Rossi 2008)."""
    later = law(CHURN, 12)
    assert np.all(np.diff(later) > 0)
    odds = later / (1 - later)
    earlier, _ = zip(
        *(
            quad(lambda x, at=at: expit(at + CENTRE + SD * x) * norm.pdf(x), -10, 10)
            for at in DEFAULT_TRUTH.curve
        ),
        strict=True,
    )
    past = np.array(earlier) / (1 - np.array(earlier))
    assert np.log(odds[10] / odds[0]) < 0.85 * np.log(past[10] / past[0])


def test_anniversaries_are_calendar_months() -> None:
    days = pd.date_range("2023-01-01", "2024-12-31")
    for months in (0, 1, 3, 6, 12, 13):
        expected = [day + pd.DateOffset(months=months) for day in days]
        found = anniversaries(days.to_numpy("datetime64[D]"), np.full(len(days), months))
        assert (pd.DatetimeIndex(found) == pd.DatetimeIndex(expected)).all()


def draw(n: int, future=DEFAULT_FUTURE, attrition=None, seed: int = 3):  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(seed)
    latent = Latent(
        score=rng.integers(0, 11, n),
        behaviour=CENTRE + SD * rng.standard_normal(n),
        past=rng.random(n) < 0.4,
        sector=np.where(rng.random(n) < 0.5, "B2B", "B2C"),
    )
    days = np.datetime64("2023-01-01", "D") + rng.integers(0, 700, n)
    return latent, days, draw_follow_ups(future, attrition, latent, days, rng)


def within(days: np.ndarray, dates: np.ndarray, months: int) -> np.ndarray:
    unique, position = np.unique(days, return_inverse=True)
    limit = [day + pd.DateOffset(months=months) for day in pd.DatetimeIndex(unique)]
    return np.asarray(dates <= pd.DatetimeIndex(limit).to_numpy()[position])


def test_dates_keep_calendar_months_whatever_their_length() -> None:
    """Rates are constant, so the share within k months is 1 - exp(-k rate / 12)."""
    future = replace(DEFAULT_FUTURE, recommending=(np.log(0.5),) * 11, carried=0.0)
    _, days, drawn = draw(60_000, future)
    assert (drawn.recommended > days).all()
    for months in (1, 2, 3, 6, 12):
        expected = -np.expm1(-0.5 * months / 12)
        share = within(days, drawn.recommended, months).mean()
        assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / 60_000)


def test_churn_depends_on_score_and_sector() -> None:
    latent, days, drawn = draw(120_000)
    churned = within(days, drawn.churned, 12)
    for score, rate in enumerate(DEFAULT_FUTURE.churning):
        for sector, factor in DEFAULT_FUTURE.sectors.items():
            own = churned[(latent.score == score) & (latent.sector == sector)]
            expected = -np.expm1(-rate * factor)
            assert 0.04 < expected < 0.2
            assert abs(own.mean() - expected) < 4 * np.sqrt(expected / len(own))


def test_who_is_not_asked_recommends_as_those_who_are_unless_said_otherwise() -> None:
    assert DEFAULT_FUTURE.asked == 0
    _, days, plain = draw(40_000)
    _, _, raised = draw(40_000, replace(DEFAULT_FUTURE, asked=0.4))
    assert within(days, raised.recommended, 12).mean() > within(days, plain.recommended, 12).mean()


def test_waves_are_around_their_month_and_the_last_is_not_early() -> None:
    _, days, drawn = draw(5_000)
    for position, wave in enumerate(WAVES):
        due = anniversaries(days, np.full(len(days), wave.months))
        late = (drawn.asked[:, position] - due).astype(int)
        assert (late.min(), late.max()) == (wave.earliest, wave.latest)
    assert WAVES[-1].months == 12
    assert WAVES[-1].earliest >= 0


def test_who_misses_a_wave_is_lost() -> None:
    _, _, drawn = draw(20_000, attrition=Attrition())
    assert np.all(np.diff(drawn.answered.astype(int), axis=1) <= 0)
    none = ~drawn.answered.any(axis=1)
    assert (np.ma.getmaskarray(drawn.last()) == none).all()
    last = drawn.answered.sum(axis=1)
    for held in (1, 2, 3):
        own = last == held
        assert (drawn.last().data[own] == drawn.asked[own, held - 1]).all()


def test_attrition_has_the_odds_that_are_stated() -> None:
    attrition = Attrition(unseen=-0.5)
    latent, _, drawn = draw(400_000, attrition=attrition)
    yes = drawn.recommended[:, None] <= drawn.asked
    for wave in range(3):
        asked = drawn.answered[:, wave - 1] if wave else np.ones(len(yes), dtype=bool)
        before = yes[:, wave - 1] if wave else np.zeros(len(yes), dtype=bool)
        for kind, extra in (
            (before, attrition.since),
            (yes[:, wave] & ~before, attrition.unseen),
            (~yes[:, wave], 0.0),
        ):
            for past in (False, True):
                own = asked & kind & (latent.score == 9) & (latent.past == past)
                if not own.any():
                    continue
                expected = expit(
                    attrition.staying[wave] + attrition.score + attrition.past * past + extra
                )
                error = np.sqrt(expected * (1 - expected) / own.sum())
                assert abs(drawn.answered[own, wave].mean() - expected) < 4 * error


def test_chances_are_those_of_being_interviewed() -> None:
    _, _, drawn = draw(200_000, attrition=Attrition(unseen=-0.5))
    error = np.sqrt((drawn.chance * (1 - drawn.chance)).sum(axis=0))
    assert np.all(np.abs(drawn.answered.sum(axis=0) - drawn.chance.sum(axis=0)) < 4 * error)


def test_between_a_fifth_and_a_half_are_lost_within_a_year() -> None:
    latent, _, drawn = draw(100_000, attrition=Attrition())
    lost = 1 - pd.Series(drawn.answered[:, -1]).groupby(latent.score).mean()
    assert lost.is_monotonic_decreasing
    assert 0.2 < lost.min() < lost.max() < 0.5
