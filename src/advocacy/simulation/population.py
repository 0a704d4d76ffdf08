"""Drawing the answers: canonical `responses` rows of given programmes, all at once.

Answers are missing, and nonresponse cells weighted, independently of everything else, so that
true rates hold for those who answered. Everything asked beside score and behaviour is drawn
given these two, which leaves their joint law as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import expit

from advocacy.arrays import Floats, Integers
from advocacy.responses.schema import RESPONSES, Type
from advocacy.simulation.future import Bools, Latent
from advocacy.simulation.programmes import Programmes, pick

CHANNELS = ("web", "sms", "phone")
STAGES = ("onboarding", "use", "service", "renewal")
STATUSES = ("current", "lapsed")
LAST_WAVE = 2025

_NO_SCORE, _NO_BEHAVIOUR, _NO_ANSWER = 0.02, 0.03, 0.04
_REPEATED = 0.2  # gives 16 % of ratings by a person who rated before
_CELL_WEIGHTS = (0.6, 0.9, 1.1, 1.5)  # inverse response rates of four kinds of customers
_RESPONDENTS_A_PROGRAMME = 10_000_000  # leaves room for identifiers of any programme
_TYPES = {
    Type.TEXT: pa.string(),
    Type.INTEGER: pa.int32(),
    Type.NUMBER: pa.float64(),
    Type.BOOLEAN: pa.bool_(),
    Type.DATE: pa.date32(),
}


class Driver(NamedTuple):
    """How the answers to a driver question, from 0 to 1 before rounding, come about."""

    slope: float  # from score 0 to score 10
    lift: float  # of those who had recommended, at the same score
    asked: float = 1.0  # share of respondents who are asked
    b2b_only: bool = False


DRIVERS: Mapping[str, Driver] = {
    "satisfaction": Driver(0.65, 0.02),
    "ease": Driver(0.45, 0.04),
    "consistency": Driver(0.40, 0.03),
    "resolution": Driver(0.50, 0.05, asked=0.3),
    "channel_ease": Driver(0.30, 0.01),
    "advice": Driver(0.45, 0.06, b2b_only=True),
    "business_value": Driver(0.50, 0.05, b2b_only=True),
}


@dataclass(frozen=True)
class _People:
    """Who is interviewed when: n ratings, in the order of programmes and dates.

    All arrays have shape (n,). `programme` is a position in the programmes; `account` and
    `person` number through all programmes, and in B2C each person is an account of one.
    """

    programme: Integers
    account: Integers
    person: Integers
    country: Integers
    wave: Integers
    date: Integers


class Ratings(NamedTuple):
    """Ratings as they are answered, and what shapes what comes after them, in the same order."""

    responses: pa.Table
    latent: Latent


def simulate_responses(programmes: Programmes, rng: np.random.Generator) -> pa.Table:
    """Draw the canonical `responses` rows of these programmes, without `rating_id`.

    Returns
    -------
    pa.Table
        A row a rating, in the order of programmes and dates; columns named, typed and ordered
        as in `RESPONSES`. Identifiers are texts of digits.
    """
    return draw_ratings(programmes, rng).responses


def draw_ratings(programmes: Programmes, rng: np.random.Generator) -> Ratings:
    """Draw the rows of `simulate_responses`, and keep what no file shows."""
    people = _draw_people(programmes, rng)
    answers = _draw_answers(programmes, people, rng)
    columns = {
        **_who(programmes, people, rng),
        **_when(people, rng),
        **_behaviour(answers, rng),
        **_drivers(programmes, people, answers, rng),
        "weight": _weights(programmes, people, rng),
    }
    known = [column for column in RESPONSES if column.name in columns]
    arrays = [arrow(columns[column.name]).cast(_TYPES[column.type]) for column in known]
    return Ratings(pa.table(arrays, names=[column.name for column in known]), answers)


def arrow(values: Any) -> pa.Array:
    """Return values as an Arrow array; a masked array's masked values are missing."""
    if isinstance(values, np.ma.MaskedArray):
        return pa.array(values.data, mask=np.ma.getmaskarray(values))
    return values if isinstance(values, pa.Array) else pa.array(values)


def _draw_people(programmes: Programmes, rng: np.random.Generator) -> _People:
    """Lay ratings out as runs: of a person within an account within a programme."""
    programme = np.repeat(np.arange(len(programmes)), programmes.ratings)
    first = np.diff(programme, prepend=-1) != 0
    again = rng.random(len(programme)) < _REPEATED
    # At most two ratings a person: no programme has fewer waves.
    again &= ~first & ~np.roll(again, 1)
    person = (~again).cumsum() - 1
    account = _draw_accounts(programmes, programme[~again], first[~again], rng)[person]

    country = _of_first(account, programmes.sample[programme], rng)[account]
    waves = programmes.waves[programme]
    start = np.floor(rng.random(person[-1] + 1) * waves[~again]).astype(np.int64)[person]
    wave = LAST_WAVE - (waves - 1) + (start + again) % waves
    date = _draw_dates(programmes, programme, wave, rng)
    order = np.lexsort((date, programme))
    columns = (programme, account, person, country, wave, date)
    return _People(*(column[order] for column in columns))


def _draw_accounts(
    programmes: Programmes, programme: Integers, first: Bools, rng: np.random.Generator
) -> Integers:
    """Return the account of each person: new ones begin with probability 1 / mean size."""
    begins = rng.random(len(programme)) < 1 / programmes.account_size[programme]
    return np.asarray((begins | first).cumsum() - 1)


def _of_first(unit: Integers, shares: Floats, rng: np.random.Generator) -> Integers:
    """Draw a level for each unit, numbered from 0 in order, by the shares of its first row."""
    return pick(shares[np.diff(unit, prepend=-1) != 0], rng)


def _draw_dates(
    programmes: Programmes, programme: Integers, wave: Integers, rng: np.random.Generator
) -> Integers:
    """Return days since 1970: the programme's weeks of that year, moved a little each year."""
    moved = rng.integers(-15, 16, (len(programmes), programmes.waves.max()))
    new_year = (wave - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    start = programmes.fieldwork[programme] + moved[programme, LAST_WAVE - wave]
    return np.asarray(new_year + start + rng.integers(0, 28, len(wave)))


def _draw_answers(programmes: Programmes, people: _People, rng: np.random.Generator) -> Latent:
    """Draw score and behaviour from the truth, before any goes missing; see `truth`."""
    truth = programmes.truth
    latent = _part(programmes, people, "score", rng)
    latent += rng.normal(0, truth.residual, len(latent))
    score = np.searchsorted(truth.thresholds, latent)
    beside = _part(programmes, people, "behaviour", rng)
    past = rng.random(len(score)) < expit(beside + np.array(truth.curve)[score])
    sector = np.array(list(truth.sectors))[programmes.sector[people.programme]]
    return Latent(score, beside, past, sector)


def _part(programmes: Programmes, people: _People, of: str, rng: np.random.Generator) -> Floats:
    """Return fixed, programme, account and person parts of one side, summed, shape (n,)."""
    truth = programmes.truth
    account_sd = np.array([getattr(truth.account, of) * (s == "B2B") for s in truth.sectors])
    account = rng.standard_normal(people.account.max() + 1)[people.account]
    person = rng.normal(0, getattr(truth.person, of), people.person.max() + 1)[people.person]
    sector = programmes.sector[people.programme]
    fixed = programmes.centre(of)[people.programme, people.country]
    return np.asarray(fixed + account * account_sd[sector] + person)


def _who(programmes: Programmes, people: _People, rng: np.random.Generator) -> dict[str, Any]:
    truth, row = programmes.truth, people.programme
    lapsed = rng.random(len(row)) < 0.05
    account = _identifiers(programmes, row, people.account)
    no_account = pa.array(~_is_b2b(programmes, people))
    return {
        "respondent_id": _identifiers(programmes, row, people.person),
        "supplier": _levels(programmes.suppliers(), row),
        "account": pc.if_else(no_account, pa.scalar(None, pa.string()), account),
        "programme": _levels(programmes.names(), row),
        "sector": _levels(list(truth.sectors), programmes.sector[row]),
        "industry": _levels(list(truth.industries), programmes.industry[row]),
        "country": _levels(list(truth.countries), people.country),
        "customer_status": _levels(STATUSES, lapsed),
    }


def _identifiers(programmes: Programmes, programme: Integers, unit: Integers) -> pa.Array:
    """Return numbers of units within their programme, so that a programme's answers stand alone."""
    first = np.full(len(programmes), np.iinfo(np.int64).max)
    np.minimum.at(first, programme, unit)
    local = unit - first[programme] + 1
    return pa.array(programmes.number[programme] * _RESPONDENTS_A_PROGRAMME + local).cast("string")


def _levels(levels: Any, index: npt.NDArray[Any]) -> pa.Array:
    return pa.array(levels).take(pa.array(index.astype(np.int64)))


def _is_b2b(programmes: Programmes, people: _People) -> Bools:
    is_b2b = np.array([code == "B2B" for code in programmes.truth.sectors])
    return np.asarray(is_b2b[programmes.sector[people.programme]])


def _when(people: _People, rng: np.random.Generator) -> dict[str, Any]:
    n = len(people.date)
    return {
        "interviewed_on": people.date.astype("datetime64[D]"),
        "wave": pa.array(people.wave).cast("string"),
        "channel": _levels(CHANNELS, rng.choice(len(CHANNELS), n, p=(0.6, 0.15, 0.25))),
        "journey_stage": _levels(STAGES, rng.choice(len(STAGES), n, p=(0.15, 0.45, 0.25, 0.15))),
    }


def _behaviour(answers: Latent, rng: np.random.Generator) -> dict[str, Any]:
    score, recommended = answers.score, answers.past
    n = len(score)
    unknown = rng.random(n) < _NO_BEHAVIOUR
    count = np.where(recommended, 1 + rng.poisson(0.15 * score), 0)
    months = np.minimum(np.floor(rng.exponential(5.0, n)), 12)
    discouraged = rng.random(n) < 0.35 * np.exp(-0.3 * score)
    return {
        "score": np.ma.masked_array(score, rng.random(n) < _NO_SCORE),
        "recommended_past_12m": np.ma.masked_array(recommended, unknown),
        "recommendations_past_12m": np.ma.masked_array(count, unknown),
        "months_since_recommended": np.ma.masked_array(months, unknown | ~recommended),
        "discouraged_past_12m": np.ma.masked_array(discouraged, rng.random(n) < _NO_BEHAVIOUR),
    }


def _drivers(
    programmes: Programmes, people: _People, answers: Latent, rng: np.random.Generator
) -> dict[str, Any]:
    """Draw the drivers given score and behaviour, on the scale of the programme."""
    score, recommended = answers.score, answers.past
    n, is_b2b = len(score), _is_b2b(programmes, people)
    low, high = programmes.scale[people.programme].T
    columns: dict[str, Any] = {}
    for name, driver in DRIVERS.items():
        centre = 0.85 - driver.slope * (1 - score / 10) + driver.lift * recommended
        quality = np.clip(centre + rng.normal(0, 0.18, n), 0, 1)
        asked = (rng.random(n) < driver.asked * (1 - _NO_ANSWER)) & (is_b2b | (not driver.b2b_only))
        columns[name] = np.ma.masked_array(np.rint(low + quality * (high - low)), ~asked)
    moments = rng.poisson((0.1 + 0.09 * score) * np.where(recommended, 1.3, 1.0))
    columns["wow_moments"] = np.ma.masked_array(moments, rng.random(n) < _NO_ANSWER)
    return columns


def _weights(
    programmes: Programmes, people: _People, rng: np.random.Generator
) -> np.ma.MaskedArray[Any, Any]:
    """Return customers a rating × (share in customers / share in sample) × nonresponse cell."""
    row = people.programme
    cell = rng.integers(len(_CELL_WEIGHTS), size=people.person.max() + 1)[people.person]
    scale = programmes.customers / programmes.ratings
    weight = scale[row] * (
        programmes.population[row, people.country] / programmes.sample[row, people.country]
    )
    weight *= np.array(_CELL_WEIGHTS)[cell]
    return np.ma.masked_array(np.round(weight, 4), ~programmes.weighted[row])
