"""What is estimated, as data. A new estimand is one entry here and works everywhere.

What a rating has to meet are `conditions`, from which the SQL and the set of scores follow.
Where the responses are crossed with the score, there is no intent set.
`advocacy.estimation.specification` defines each estimand by hand on a few ratings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from advocacy.errors import UsageError
from advocacy.estimation.conditions import (
    Condition,
    Holds,
    InIntent,
    Known,
    ScoreBetween,
    Sql,
    Value,
)
from advocacy.estimation.estimand import Estimand, Unit
from advocacy.estimation.follow_up.ending import Incidence
from advocacy.responses.schema import COLUMNS


@dataclass(frozen=True)
class Intent:
    """A set of scores, mostly one that counts as the intent to recommend.

    Parameters
    ----------
    name
        Its name in code, tables and commands.
    scores
        The scores, each from 0 to 10.
    words
        The scores in words, for titles.
    """

    name: str
    scores: tuple[int, ...]
    words: str

    def condition(self) -> str:
        """Return the SQL condition; NULL where the score is missing."""
        return f"(score IN ({', '.join(map(str, self.scores))}))"


# Calendar months: 12 months after 29 February is 28 February. Both windows hold one year of days,
# and the one before an interview is the one after another held a year earlier.
def _year_before(date: str) -> tuple[Condition, ...]:
    return Sql(f"{date} > interviewed_on - INTERVAL 12 MONTH"), Sql(f"{date} <= interviewed_on")


def _year_after(date: str) -> tuple[Condition, ...]:
    return Sql(f"{date} > interviewed_on"), Sql(f"{date} <= interviewed_on + INTERVAL 12 MONTH")


_CHECKED = (InIntent(), Holds("verification_checked"), Known("interviewed_on"))
_CHECKED_NEEDS = ("score", "interviewed_on", "verification_checked", "verified_recommended_on")
_FOLLOWED_UP = (
    InIntent(),
    Sql("followed_up_on >= interviewed_on + INTERVAL 12 MONTH"),
    # A recommendation without a date may lie outside the 12 months: it is no complete case.
    Sql("first_recommended_on IS NOT NULL OR NOT recommended_since"),
)
_FOLLOWED_UP_NEEDS = (
    "score",
    "interviewed_on",
    "followed_up_on",
    "recommended_since",
    "first_recommended_on",
)

_RETROSPECTIVE = (
    Estimand(
        name="recommended_past_12m",
        rung="retrospective",
        quantity="rate",
        numerator=(Holds("recommended_past_12m"),),
        base=(InIntent(), Known("recommended_past_12m")),
        needs=("score", "recommended_past_12m"),
        asks="Of those who score {intent} today, what share say that they recommended in the "
        "12 months before?",
    ),
    Estimand(
        name="discouraged_past_12m",
        rung="retrospective",
        quantity="rate",
        numerator=(Holds("discouraged_past_12m"),),
        base=(InIntent(), Known("discouraged_past_12m")),
        needs=("score", "discouraged_past_12m"),
        asks="Of those who score {intent} today, what share say that they advised against the "
        "supplier in the 12 months before?",
    ),
    Estimand(
        name="true_advocates",
        rung="retrospective",
        quantity="share",
        numerator=(InIntent(), Holds("recommended_past_12m")),
        base=(Known("score"), Known("recommended_past_12m")),
        needs=("score", "recommended_past_12m"),
        asks="Of all who give a score and an answer on recommending, what share score {intent} "
        "and say that they recommended in the 12 months before?",
    ),
    Estimand(
        name="recommender_share",
        rung="retrospective",
        quantity="share",
        numerator=(Holds("recommended_past_12m"),),
        base=(Known("recommended_past_12m"),),
        needs=("recommended_past_12m",),
        asks="Of all who answer on recommending, whatever their score, what share say that "
        "they recommended in the 12 months before?",
    ),
    Estimand(
        name="discourager_share",
        rung="retrospective",
        quantity="share",
        numerator=(Holds("discouraged_past_12m"),),
        base=(Known("discouraged_past_12m"),),
        needs=("discouraged_past_12m",),
        asks="Of all who answer on advising against, whatever their score, what share say that "
        "they advised against the supplier in the 12 months before?",
    ),
    Estimand(
        name="earned_advocacy",
        rung="retrospective",
        quantity="balance",
        numerator=Value("recommended_past_12m::INTEGER - discouraged_past_12m::INTEGER"),
        base=(Known("recommended_past_12m"), Known("discouraged_past_12m")),
        needs=("recommended_past_12m", "discouraged_past_12m"),
        asks="Of all who answer both questions, by how much does the share who say that they "
        "recommended in the 12 months before exceed the share who say that they advised "
        "against the supplier in the same 12 months?",
        unit=Unit.POINTS,
    ),
    Estimand(
        name="promoter_share_of_recommenders",
        rung="retrospective",
        quantity="share",
        numerator=(ScoreBetween(9, 10),),
        base=(Holds("recommended_past_12m"), Known("score")),
        needs=("score", "recommended_past_12m"),
        asks="Of those who say that they recommended in the 12 months before and give a score, "
        "what share score 9 or 10 today?",
    ),
    Estimand(
        name="recommendation_share",
        rung="retrospective",
        quantity="share",
        numerator=Value("recommendations_past_12m", (InIntent(),)),
        base=Value("recommendations_past_12m", (Known("score"),)),
        needs=("score", "recommendations_past_12m"),
        asks="Of all recommendations that those who give a score say that they made in the "
        "12 months before, what share was made by those who score {intent} today?",
    ),
    Estimand(
        name="stated_likelihood_gap",
        rung="retrospective",
        quantity="mean",
        numerator=Value("score / 10.0 - recommended_past_12m::INTEGER"),
        base=(Known("score"), Known("recommended_past_12m")),
        needs=("score", "recommended_past_12m"),
        asks="Of all who give a score and an answer on recommending, by how much does the "
        "likelihood stated today, as a tenth of the score, exceed the share who say that they "
        "recommended in the 12 months before?",
        unit=Unit.PERCENTAGE_POINTS,
    ),
)

_INTENT = (
    Estimand(
        name="intent_share",
        rung="intent",
        quantity="share",
        numerator=(InIntent(),),
        base=(Known("score"),),
        needs=("score",),
        asks="Of all who give a score, what share give {intent}?",
    ),
    Estimand(
        name="nps",
        rung="intent",
        quantity="balance",
        numerator=Value("(score >= 9)::INTEGER - (score <= 6)::INTEGER"),
        base=(Known("score"),),
        needs=("score",),
        asks="Of all who give a score, by how much does the share who give 9 or 10 exceed the "
        "share who give 0 to 6?",
        unit=Unit.POINTS,
    ),
    Estimand(
        name="mean_score",
        rung="intent",
        quantity="mean",
        numerator=Value("score"),
        base=(Known("score"),),
        needs=("score",),
        asks="Of all who give a score, what is the mean score?",
        unit=Unit.SCORE,
    ),
)

_VERIFIED = (
    Estimand(
        name="verified_past_12m",
        rung="verified_past",
        quantity="rate",
        numerator=_year_before("verified_recommended_on"),
        base=_CHECKED,
        needs=_CHECKED_NEEDS,
        asks="Of those who score {intent} today and whose records were searched, what share "
        "have a recommendation on record from the 12 months before?",
    ),
    Estimand(
        name="verified_within_12m",
        rung="verified_after",
        quantity="rate",
        numerator=_year_after("verified_recommended_on"),
        base=_CHECKED,
        needs=_CHECKED_NEEDS,
        asks="Of those who score {intent} today and whose records were searched, what share "
        "get a recommendation on record within 12 months after?",
    ),
)

_RECOMMENDS = Incidence(
    event="first_recommended_on", until="followed_up_on", happened="recommended_since"
)
_WHILE_CUSTOMER = replace(_RECOMMENDS, competing="churned_on")


def _goes_on(name: str, incidence: Incidence, asks: str) -> Estimand:
    """Return an incidence among those of an intent set who are followed up."""
    competing = (incidence.competing,) if incidence.competing else ()
    return Estimand(
        name=name,
        rung="prospective",
        quantity="rate",
        numerator=(Sql(incidence.within()),),
        base=(InIntent(), Known("interviewed_on"), *map(Sql, incidence.known())),
        needs=(*_FOLLOWED_UP_NEEDS, *competing),
        asks=asks,
        incidence=incidence,
    )


_PROSPECTIVE = (
    _goes_on(
        "converted_within_12m",
        _WHILE_CUSTOMER,
        "Of those who score {intent} today, what share go on to recommend within 12 months, "
        "while still customers, allowing for those who leave the follow-up?",
    ),
    _goes_on(
        "converted_within_12m_any",
        _RECOMMENDS,
        "Of those who score {intent} today, what share go on to recommend within 12 months, "
        "still customers or not, allowing for those who leave the follow-up?",
    ),
    Estimand(
        name="converted_within_12m_complete",
        rung="prospective",
        quantity="rate",
        numerator=(
            *_year_after("first_recommended_on"),
            Sql("churned_on IS NULL OR first_recommended_on <= churned_on"),
        ),
        base=_FOLLOWED_UP,
        needs=(*_FOLLOWED_UP_NEEDS, "churned_on"),
        asks="Of those who score {intent} today and were followed up for 12 months or more "
        "(complete cases only), what share go on to recommend within 12 months, while still "
        "customers?",
        complete_cases_of=_WHILE_CUSTOMER,
    ),
    Estimand(
        name="converted_within_12m_any_complete",
        rung="prospective",
        quantity="rate",
        numerator=_year_after("first_recommended_on"),
        base=_FOLLOWED_UP,
        needs=_FOLLOWED_UP_NEEDS,
        asks="Of those who score {intent} today and were followed up for 12 months or more "
        "(complete cases only), what share go on to recommend within 12 months, still "
        "customers or not?",
        complete_cases_of=_RECOMMENDS,
    ),
)

ESTIMANDS = {
    estimand.name: estimand for estimand in (*_RETROSPECTIVE, *_INTENT, *_VERIFIED, *_PROSPECTIVE)
}

INTENTS = {
    intent.name: intent
    for intent in (
        Intent("score_10", (10,), "10"),
        Intent("promoters", (9, 10), "9 or 10"),
        Intent("top_3", (8, 9, 10), "8 to 10"),
        # What the rates of the sets above are held against.
        Intent("passives", (7, 8), "7 or 8"),
        Intent("detractors", (0, 1, 2, 3, 4, 5, 6), "0 to 6"),
    )
}


def find_estimand(name: str) -> Estimand:
    """Return the estimand with this name.

    Raises
    ------
    UsageError
        There is none; the message lists those there are.
    """
    if name not in ESTIMANDS:
        raise UsageError(f"{name!r} is no estimand.", remedy=f"Use one of: {', '.join(ESTIMANDS)}.")
    return ESTIMANDS[name]


# How names of sets begin that have none of their own.
_SCORES = "scores_"


def find_intent(name: str) -> Intent:
    """Return the intent set with this name; any set may be written as ``8,9,10``.

    Tables then call it ``scores_8_9_10``, which is read too.

    Raises
    ------
    UsageError
        It is neither a name nor a list of scores from 0 to 10.
    """
    if name in INTENTS:
        return INTENTS[name]
    parts = name[len(_SCORES) :].split("_") if name.startswith(_SCORES) else name.split(",")
    scores = [int(part) for part in parts if part.strip().isdigit()]
    score = COLUMNS["score"]
    allowed = range(int(score.minimum or 0), int(score.maximum or 0) + 1)
    if not scores or len(scores) != len(parts) or not set(scores) <= set(allowed):
        raise UsageError(
            f"{name!r} is no intent set.",
            remedy=f"Use one of: {', '.join(INTENTS)}; or scores such as 8,9,10.",
        )
    chosen = tuple(sorted(set(scores)))
    words = " or ".join(map(str, chosen))
    return Intent(_SCORES + "_".join(map(str, chosen)), chosen, words)


# Of margins without the score, in crossings that have it.
ALL_SCORES = find_intent(",".join(map(str, range(11))))
