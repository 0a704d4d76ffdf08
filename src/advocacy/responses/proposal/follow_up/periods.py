"""Which time a question asks about: since an earlier interview, before the answer, or after it.

A question on the 12 months before the answer and one on the time since an interview have nearly
the same words and different answers, so that one must never fill the column of the other.
"""

from __future__ import annotations

import re
from functools import cache

from advocacy.responses.proposal.levels import Profile
from advocacy.responses.proposal.wordings import (
    fold,
    holds,
    is_known_name,
    name_words,
    wordings,
)

# Columns of a follow-up: whether they recommended, and the dates that words tell apart.
SINCE = "recommended_since"
DATED = ("followed_up_on", "first_recommended_on", "churned_on")
# Columns on the time before an interview, of those that a question on recommending may fill.
BEFORE = (
    "recommended_past_12m",
    "recommendations_past_12m",
    "months_since_recommended",
    "discouraged_past_12m",
    "opportunity",
)
_OF_A_TIME = frozenset((SINCE, *DATED, *BEFORE))


def other_time(profile: Profile, column: str) -> str:
    """Return why a question is about another time than a column is; empty where it may be its."""
    if column not in _OF_A_TIME:
        return ""
    since_then = _speaks("interview", profile)
    since_a_day = _speaks("day", profile)
    if column in BEFORE:
        # How long ago is asked since a day; how often is not.
        other = since_then or (since_a_day and column != "months_since_recommended")
        return "it asks of the time since an interview or another day" if other else ""
    named = is_known_name(profile.variable.name, SINCE)
    if column == SINCE and not (named or since_then or since_a_day):
        return "it does not ask of the time since an interview"
    if column == SINCE and _speaks("past", profile) and not since_then:
        return "it asks of months before the answer"
    if column in (SINCE, "first_recommended_on") and _speaks("others", profile):
        return "it asks of a recommendation by somebody else"
    return "it asks of what will be" if _speaks("ahead", profile) else ""


def asks_since(profile: Profile) -> bool:
    """Tell whether a question is about the time since an earlier interview, and no other."""
    if is_known_name(profile.variable.name, SINCE):
        return True
    return _speaks("interview", profile) and not _speaks("window", profile)


def since_interview(text: str) -> bool:
    """Tell whether a text speaks of the time since an earlier interview."""
    return _found("interview", fold(text))


def interview_of(profile: Profile) -> str:
    """Return which interview a variable is of, by its words: ``base``, ``later``, or nothing."""
    texts = (fold(profile.variable.label), _name(profile))
    for which in ("later", "base"):
        if any(holds(text, cue) for text in texts for cue in wordings()["interviews"][which]):
            return which
    return ""


def _speaks(period: str, profile: Profile) -> bool:
    return _found(period, fold(profile.variable.label)) or _found(period, _name(profile))


def _name(profile: Profile) -> str:
    return name_words(profile.variable.name)


@cache
def _found(period: str, text: str) -> bool:
    # Most labels have no such word, which is seen faster than that no expression matches.
    if period in ("interview", "day") and not any(
        w in text for w in wordings()["periods"]["since"]
    ):
        return False
    return _any(period).search(text) is not None


@cache
def _any(period: str) -> re.Pattern[str]:
    listed = wordings()["periods"]
    also = listed["then"] if period == "interview" else []
    return re.compile("|".join([*listed[period], *also]))
