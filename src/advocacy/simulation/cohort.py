"""One cohort that is followed up, in memory: what an import of its files would give.

Customers fall into strata, each of one sector and one industry. Of each stratum as many PSUs are
drawn, each with effects of its own as a programme has them (`truth`), and in each as many
customers; weights undo that strata differ in size. Countries have no effect here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.special import expit

from advocacy.arrays import Floats, Integers
from advocacy.simulation.future import (
    DEFAULT_FUTURE,
    WAVES,
    Attrition,
    Bools,
    Dates,
    FollowUps,
    Future,
    Latent,
    Wave,
    draw_follow_ups,
    incidence_law,
)
from advocacy.simulation.population import arrow
from advocacy.simulation.truth import DEFAULT_TRUTH, Truth, behaviour_law, score_law, spread

_FIRST_DAY = np.datetime64("2024-01-15", "D")
_FIELDWORK = 300  # days


@dataclass(frozen=True)
class CohortDesign:
    """How a cohort is drawn: H strata.

    Parameters
    ----------
    strata
        Sector and industry of each stratum.
    population
        Share of each stratum in all customers, shape (H,), sums to 1.
    psus
        PSUs drawn of each stratum.
    ratings
        Ratings in each PSU.
    """

    strata: tuple[tuple[str, str], ...] = (("B2B", "C"), ("B2B", "N"), ("B2C", "G"), ("B2C", "L"))
    population: tuple[float, ...] = (0.15, 0.2, 0.25, 0.4)
    psus: int = 15
    ratings: int = 40


def simulate_cohort(
    rng: np.random.Generator,
    design: CohortDesign | None = None,
    *,
    truth: Truth = DEFAULT_TRUTH,
    future: Future = DEFAULT_FUTURE,
    attrition: Attrition | None = None,
    churn: bool = True,
    dated: bool = True,
    waves: tuple[Wave, ...] = WAVES,
) -> pa.Table:
    """Draw a cohort with its follow-ups.

    Parameters
    ----------
    attrition
        Who is lost at which wave; ``None`` where all answer all waves. `Attrition` has as many
        values in `staying` as there are waves.
    churn
        Whether customers can leave.
    dated
        Whether the date of a first recommendation is known, else only by which wave it was.

    Returns
    -------
    pa.Table
        A row a rating, with the columns of `RESPONSES` and `FOLLOWUPS` that there are. Every
        rating is checked against records, which hold some of the first recommendations.
    """
    design = design or CohortDesign()
    psu = np.repeat(np.arange(len(design.strata) * design.psus), design.ratings)
    stratum = psu // design.psus
    latent = _draw_latent(design, truth, psu, stratum, rng)
    interviewed = _FIRST_DAY + rng.integers(0, _FIELDWORK, len(psu))
    then = without_churn(future) if not churn else future
    follow_ups = draw_follow_ups(then, attrition, latent, interviewed, rng, waves)
    on_record = rng.random(len(psu)) < future.recorded
    share = np.array(design.population) * len(design.strata)
    names = np.array([f"{sector} {industry}" for sector, industry in design.strata])
    columns: dict[str, Any] = {
        "rating_id": np.arange(1, len(psu) + 1).astype(str),
        "respondent_id": np.arange(1, len(psu) + 1).astype(str),
        "supplier": np.full(len(psu), "Simulated supplier"),
        "programme": np.full(len(psu), "simulated cohort"),
        "sector": latent.sector,
        "industry": np.array([industry for _, industry in design.strata])[stratum],
        "interviewed_on": interviewed,
        "score": latent.score.astype(np.int32),
        "recommended_past_12m": latent.past,
        "verification_checked": np.ones(len(psu), dtype=bool),
        "verified_recommended_on": np.ma.masked_array(follow_ups.recommended, ~on_record),
        "weight": share[stratum],
        "stratum": names[stratum],
        "psu": np.char.add("psu ", psu.astype(str)),
        "source_kind": np.full(len(psu), "simulated"),
        **followed_columns(follow_ups, dated=dated),
    }
    return pa.table({name: arrow(values) for name, values in columns.items()})


def cohort_rates(
    design: CohortDesign | None = None,
    *,
    truth: Truth = DEFAULT_TRUTH,
    future: Future = DEFAULT_FUTURE,
    months: float = 12.0,
) -> dict[str, Floats]:
    """Return the exact rates at each score among all customers that cohorts are drawn from.

    Expected over strata, PSUs and persons, whatever the attrition.

    Returns
    -------
    dict of Floats
        Each of shape (11,): ``share`` of the score, ``retrospective`` rate, ``kappa`` and
        ``kappa_any`` within the months, and ``verified`` rate of first recommendations on record
        within them. The rate of an intent set is their mean, by the shares of its scores.
    """
    design = design or CohortDesign()
    sector = [list(truth.sectors).index(code) for code, _ in design.strata]
    sds = {of: spread(truth, of, programme=True)[sector] for of in ("score", "behaviour")}
    share = np.array(design.population)[:, None] * score_law(
        truth, _fixed(design, truth, "score"), sds["score"]
    )
    logit, sd = _fixed(design, truth, "behaviour"), sds["behaviour"]
    churn = np.array([future.sectors[code] for code, _ in design.strata])
    kappa_any = incidence_law(future, logit, sd, np.zeros_like(churn), months)
    laws = {
        "retrospective": behaviour_law(truth, logit, sd),
        "kappa": incidence_law(future, logit, sd, churn, months),
        "kappa_any": kappa_any,
        "verified": future.recorded * kappa_any,
    }
    of_score = share.sum(axis=0)
    return {"share": of_score} | {
        k: (share * law).sum(axis=0) / of_score for k, law in laws.items()
    }


def without_churn(future: Future) -> Future:
    """Return the future in which nobody leaves."""
    return replace(future, churning=(0.0,) * len(future.churning))


def followed_columns(follow_ups: FollowUps, *, dated: bool) -> dict[str, Any]:
    """Return the columns of `FOLLOWUPS`, beside `rating_id`, that the waves give.

    Churn is known as a recommendation is: where an interview was held after it.
    """
    recommended, last = follow_ups.recommended, follow_ups.last()
    yes = follow_ups.answered & (recommended[:, None] <= follow_ups.asked)
    ever = np.asarray(yes.any(axis=1))
    said = _at(follow_ups.asked, yes.argmax(axis=1), ever)
    no = follow_ups.answered & ~yes
    until = _at(follow_ups.asked, no.sum(axis=1) - 1, np.asarray(no.any(axis=1)))
    lost = np.ma.getmaskarray(last)
    gone = ~lost & (follow_ups.churned <= last.data)
    return {
        "followed_up_on": last,
        "recommended_since": np.ma.masked_array(ever, lost),
        "first_recommended_on": np.ma.masked_array(recommended, ~(ever & dated)),
        "not_recommended_until": until,
        "recommended_by": said,
        "churned_on": np.ma.masked_array(follow_ups.churned, ~gone),
    }


def _at(dates: Dates, wave: Integers, known: Bools) -> np.ma.MaskedArray[Any, Any]:
    return np.ma.masked_array(dates[np.arange(len(dates)), wave], ~known)


def _fixed(design: CohortDesign, truth: Truth, of: str) -> Floats:
    """Return the fixed part of each stratum, shape (H,)."""
    return np.array(
        [getattr(truth.sectors[s], of) + getattr(truth.industries[i], of) for s, i in design.strata]
    )


def _draw_latent(
    design: CohortDesign,
    truth: Truth,
    psu: Integers,
    stratum: Integers,
    rng: np.random.Generator,
) -> Latent:
    """Draw scores and behaviour before the interview by the laws of `truth`."""
    sector = np.array([code for code, _ in design.strata])
    row = [list(truth.sectors).index(code) for code in sector]

    def drawn(of: str) -> Floats:
        own = rng.normal(0, getattr(truth.programme, of), psu[-1] + 1)[psu]
        within = spread(truth, of, programme=False)[row][stratum]
        fixed = _fixed(design, truth, of)[stratum]
        return np.asarray(fixed + own + within * rng.standard_normal(len(psu)))

    score = np.searchsorted(truth.thresholds, drawn("score"))
    behaviour = drawn("behaviour")
    past = rng.random(len(psu)) < expit(behaviour + np.array(truth.curve)[score])
    return Latent(score, behaviour, past, sector[stratum])
