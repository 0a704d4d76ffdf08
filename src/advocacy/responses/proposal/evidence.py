"""What speaks for or against a canonical column in a variable's words and values.

Each piece of evidence has a strength s in [0, 1], listed in `STRENGTHS`; evidence for a column
adds up as 1 - Π(1 - s), as if each piece were independent, and what speaks against it
multiplies the result by what it leaves. Nothing is learned: the same file gives the same
proposal, and every number can be followed by hand from the reasons.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from advocacy.responses.crosswalk.industries import industry_codes
from advocacy.responses.crosswalk.names import fold as folded_name
from advocacy.responses.proposal.behaviour import BEHAVIOUR, COUNTED, frequency
from advocacy.responses.proposal.dates import date_forms, looks_like_a_date
from advocacy.responses.proposal.follow_up.contacts import disposition
from advocacy.responses.proposal.follow_up.periods import (
    DATED,
    SINCE,
    asks_since,
    other_time,
)
from advocacy.responses.proposal.levels import MOST_CODES, Kind, Level, Profile
from advocacy.responses.proposal.points import by_words, points
from advocacy.responses.proposal.wordings import (
    answer,
    coded,
    country,
    cue,
    ending,
    fold,
    hint,
    is_known_name,
    known_wording,
    level,
    name_words,
    times,
    without_code,
)

# How much each piece of evidence says by itself.
STRENGTHS = {
    "declared": 0.95,  # the file's header declares the weight
    "wording": 0.90,  # the label is a known wording of the question
    "label": 0.75,  # the label holds the words of the question
    "name": 0.60,  # the variable's name is a usual one
    "name words": 0.55,  # the name holds the words of the question
    "ends": 0.50,  # the labels of the scale's ends speak of it
    "hint": 0.45,  # the label or name holds a word that leaves doubt
    "countries": 0.70,  # the levels are countries
    "date": 0.50,  # the values are dates
    "typical": 0.40,  # the values have the form, and few others have it
    "form": 0.20,  # the values have the form, as others do
    "position": 0.10,  # such a variable often stands there
}

# What remains of the confidence where the values hardly fit; 0 where they cannot.
_DOUBT = 0.4
_SCORE_LEVELS = 9  # fewer levels are no 0-10, 1-10 or 1-11 scale
_FEW = 5  # more answers than this are no yes/no question
_MOST_STEPS = 11  # longest scale of a driver
_LONG = 30  # mean length of open answers, in characters
_LONGEST_CODE = 5  # characters of a code of NACE, such as C1011
_LONG_TITLE = 80  # the same of answers that titles of industries are longer than
WITH_ENDS = ("score", "satisfaction", "ease")  # end labels speak of them
_SHARE = 0.6  # of the labels must be countries, or a known level


@dataclass(frozen=True)
class Evidence:
    """One reason for (``strength`` in [0, 1]) or against (share that remains) a column."""

    reason: str
    strength: float = 0.0
    remains: float = 1.0


def evidence(profile: Profile, column: str, weight: str = "") -> list[Evidence]:
    """Return all that speaks for or against a column, strongest first.

    Parameters
    ----------
    weight
        Name of the variable that the file declares as weight.
    """
    form = form_of(column)(profile)
    if column == "weight" and profile.variable.name == weight:
        # Whatever its values look like: its own program weights by it.
        form = [Evidence("the file declares it as weight", STRENGTHS["declared"])]
    return ranked([*spoken(profile, column), *form], profile, column)


def ranked(found: list[Evidence], profile: Profile, column: str = "") -> list[Evidence]:
    """Return pieces of evidence, strongest first; the place in the file alone says nothing."""
    place: list[Evidence] = []
    if column in PLACED and any(piece.strength for piece in found):
        place = _position(profile, column)
    if not place and len(found) < 2:
        return found
    return sorted([*found, *place], key=lambda piece: (piece.remains < 1, -piece.strength))


def form_of(column: str) -> Callable[[Profile], list[Evidence]]:
    """Return what tells whether a variable's values can be those of a column."""
    return _FORMS.get(column, _text)


def confidence(pieces: list[Evidence]) -> float:
    """Return 1 - Π(1 - strength), times what each contradiction leaves."""
    doubt, remains = 1.0, 1.0
    for piece in pieces:
        doubt *= 1 - piece.strength
        remains *= piece.remains
    return (1 - doubt) * remains


def of_other_time(profile: Profile, column: str) -> list[Evidence]:
    """Return that a variable is about another time than a column, if it says so."""
    reason = other_time(profile, column)
    return [_impossible(reason)] if reason else []


def spoken(profile: Profile, column: str) -> list[Evidence]:
    """Return what label, name and end labels say."""
    if elsewhen := of_other_time(profile, column):
        return elsewhen
    if column == BEHAVIOUR and frequency(profile):
        # How often somebody recommended says whether they did.
        return max((_said(profile, name) for name in (BEHAVIOUR, COUNTED)), key=confidence)
    return _said(profile, column)


def _said(profile: Profile, column: str) -> list[Evidence]:
    label, name = fold(profile.variable.label), name_words(profile.variable.name)
    pieces = []
    # Some programs write the name as label where there is none: that is no second witness.
    if label and label != fold(profile.variable.name):
        pieces += _label(profile.variable.label, label, column)
    if is_known_name(profile.variable.name, column):
        pieces.append(Evidence("its name is a usual one", STRENGTHS["name"]))
    elif language := cue(name, column):
        pieces.append(Evidence(f"its name has the words ({language})", STRENGTHS["name words"]))
    if _ends_speak(profile, column):
        pieces.append(Evidence("the ends of its scale speak of it", STRENGTHS["ends"]))
    if pieces and column == SINCE and not asks_since(profile):
        return [Evidence("it asks of the time since a day", STRENGTHS["hint"])]
    return pieces


def _label(label: str, folded: str, column: str) -> list[Evidence]:
    if language := known_wording(label, column):
        return [Evidence(f"its label is a known wording ({language})", STRENGTHS["wording"])]
    if language := cue(folded, column):
        return [Evidence(f"its label has the words ({language})", STRENGTHS["label"])]
    if hint(folded, column):
        return [Evidence("its label has a word of it", STRENGTHS["hint"])]
    return []


def _ends_speak(profile: Profile, column: str) -> bool:
    """Tell whether the end labels are those of this scale; agreement scales are many columns'."""
    if column not in WITH_ENDS or not profile.variable.value_labels:
        return False
    labels = [step.label for step in steps(profile) if step.label]
    if len(labels) < 2:
        return False
    ends = (labels[0], labels[-1])
    return all(any(ending(end, column, which) for which in ("low", "high")) for end in ends)


def steps(profile: Profile) -> list[Level]:
    """Return the numbers that can be points of a scale: not declared missing, nor a don't know."""
    return [
        step
        for step in profile.levels
        if step.number is not None and not step.declared_missing and answer(step.label) != "missing"
    ]


def _score(profile: Profile) -> list[Evidence]:
    if profile.kind is Kind.DATE or not profile.listed:
        return [_impossible("its values are no points of a scale")]
    found = points(profile)
    placed = by_words(profile, found).values() or [p.number for p in found]
    inside = {number for number in placed if number is not None and 0 <= number <= 11}
    if not inside:
        return [_impossible("its values are no points of a scale")]
    if {0, 10} <= inside or {1, 11} <= inside:
        return [Evidence("it has the eleven points 0-10", STRENGTHS["typical"])]
    if {1, 10} <= inside:
        return [Evidence("it has ten points, 1-10", STRENGTHS["form"])]
    if len(inside) >= _SCORE_LEVELS:
        return [Evidence("it has nearly eleven points", STRENGTHS["form"])]
    reason = f"it has {len(inside)} points, not the eleven of 0-10, into which none is turned"
    return [Evidence(reason, remains=_DOUBT)]


def _behaviour(profile: Profile) -> list[Evidence]:
    if frequency(profile):
        return [Evidence("its answers say how often, or never", STRENGTHS["typical"])]
    return _yes_no(profile)


def _yes_no(profile: Profile) -> list[Evidence]:
    answers = {answer(step.label or step.value) for step in profile.levels}
    if {"yes", "no"} <= answers:
        return [Evidence("its answers are yes and no", STRENGTHS["typical"])]
    found = [step for step in profile.levels if not step.declared_missing]
    if not profile.listed or len(found) > _FEW or profile.kind is Kind.DATE:
        return [_impossible("its values are no yes or no")]
    if any(step.label and not answer(step.label) for step in found):
        return [Evidence("its answers are not yes and no", remains=_DOUBT)]
    if profile.kind is Kind.NUMBER and 2 <= len(found) <= 3:
        return [Evidence("it has two or three codes", STRENGTHS["form"])]
    return [_impossible("its values are no yes or no")] if profile.kind is Kind.TEXT else []


def _count(profile: Profile) -> list[Evidence]:
    answers = {answer(step.label) for step in profile.levels}
    if profile.kind is not Kind.NUMBER or {"yes", "no"} <= answers or _below_zero(profile):
        return [_impossible("its values are no counts")]
    if any(step.label and times(step.label) not in ("never", "missing") for step in profile.levels):
        return [Evidence("its codes have labels", remains=_DOUBT)]
    return [Evidence("its values are counts", STRENGTHS["form"])] if profile.whole else []


def _below_zero(profile: Profile) -> bool:
    """Tell whether there are values below 0, more of them than are codes for no answer."""
    if profile.low is None or profile.low >= 0:
        return profile.low is None
    below = [s for s in steps(profile) if s.number is not None and s.number < 0]
    return len(below) > MOST_CODES if profile.listed else profile.low not in _explained(profile)


def _explained(profile: Profile) -> set[float | None]:
    return {step.number for step in profile.levels if answer(step.label) == "missing"}


def _driver(profile: Profile) -> list[Evidence]:
    found = steps(profile)
    numbers = [step.number for step in found if step.number is not None]
    if profile.kind is not Kind.NUMBER or not numbers or not profile.listed:
        return [_impossible("its values are no points of a scale")]
    if {"yes", "no"} <= {answer(step.label) for step in found}:
        return [_impossible("its answers are yes and no")]
    if min(numbers) in (0, 1) and 4 <= max(numbers) <= _MOST_STEPS and profile.whole:
        reason = f"its values are points of a scale, {min(numbers):g}-{max(numbers):g}"
        return [Evidence(reason, STRENGTHS["form"])]
    return [Evidence("its values are not those of one scale", remains=_DOUBT)]


def _country(profile: Profile) -> list[Evidence]:
    texts = [step.label or step.value for step in profile.levels if answer(step.label) != "missing"]
    if profile.kind is Kind.NUMBER and not any(step.label for step in profile.levels):
        return []  # codes without labels: nothing speaks for or against
    known = [text for text in texts if country(text)]
    if texts and len(known) >= _SHARE * len(texts):
        return [Evidence(f"its levels are countries ({known[0]}, …)", STRENGTHS["countries"])]
    return [Evidence("its levels are no countries that we know", remains=_DOUBT)]


def _industry(profile: Profile) -> list[Evidence]:
    texts = [step.label or step.value for step in profile.levels if answer(step.label) != "missing"]
    if profile.kind is Kind.DATE or profile.length > _LONG_TITLE:
        return [_impossible("its values are no industries")]
    # Letters and numbers alone may code anything.
    titles = [text for text in texts if len(text) > _LONGEST_CODE]
    known = [text for text in titles if folded_name(without_code(text)) in industry_codes()]
    if len(known) > 1 and len(known) >= _SHARE * len(texts):
        return [Evidence(f"its levels are industries ({known[0]}, …)", STRENGTHS["countries"])]
    return []


def _levels_of(column: str, names: tuple[str, ...], profile: Profile) -> list[Evidence]:
    """Return evidence from levels with known labels, such as those of the customer's status."""
    if profile.kind is Kind.DATE or not profile.listed:
        return [_impossible("it has too many values")]
    if profile.kind is Kind.NUMBER and not profile.variable.value_labels:
        return []  # codes without labels: nothing speaks for or against
    texts = [step.label or step.value for step in profile.levels if answer(step.label) != "missing"]
    known = {value for text in texts if (value := level(text, column) or coded(text, names))}
    if len(known) >= 2 and not {answer(text) for text in texts} & {"yes", "no"}:
        return [Evidence(f"its levels are {' and '.join(sorted(known))}", STRENGTHS["ends"])]
    return []


def _moment(profile: Profile) -> list[Evidence]:
    if profile.kind is Kind.DATE:
        return [Evidence("its values are dates", STRENGTHS["date"])]
    if profile.kind is Kind.NUMBER and date_forms(profile):
        reason = f"its numbers are dates such as {profile.examples[0]}"
        return [Evidence(reason, STRENGTHS["typical"])]
    if profile.kind is Kind.TEXT and (looks_like_a_date(profile) or date_forms(profile)):
        return [Evidence("its texts look like dates", STRENGTHS["form"])]
    return [_impossible("its values are no dates")]


def _disposition(profile: Profile) -> list[Evidence]:
    texts = [step.label or step.value for step in profile.levels]
    known = [code for text in texts if (code := disposition(text))]
    if profile.kind is Kind.DATE or not profile.listed or len(known) < _SHARE * len(texts):
        return [_impossible("its values are no dispositions that we know")]
    return [Evidence("its levels are dispositions of contacts", STRENGTHS["ends"])]


def _identifier(profile: Profile) -> list[Evidence]:
    given = profile.rows - profile.absent
    if profile.kind is Kind.DATE or not given or profile.length > _LONG:
        return [_impossible("its values are no identifiers")]
    if any(step.label for step in profile.levels):
        return [Evidence("its values have labels", remains=_DOUBT)]
    if profile.distinct == given > 1:
        return [Evidence("no value occurs twice", STRENGTHS["form"])]
    return []


def _weight(profile: Profile) -> list[Evidence]:
    if profile.kind is not Kind.NUMBER or profile.low is None:
        return [_impossible("its values are no weights")]
    found = steps(profile)
    if profile.listed and found and all(step.label for step in found):
        return [Evidence("its values have labels", remains=_DOUBT)]
    if any(step.number is not None and step.number < 0 for step in found):
        return [Evidence("some of its values are negative", remains=_DOUBT)]
    if not profile.whole and profile.low > 0:
        return [Evidence("its values are fractions above 0", STRENGTHS["form"])]
    return []


def _text(profile: Profile) -> list[Evidence]:
    if profile.kind is Kind.DATE or profile.length > _LONG:
        return [_impossible("its values are no codes")]
    return []


PLACED = ("respondent_id", "weight")  # columns whose variables often stand at an end


def _position(profile: Profile, column: str) -> list[Evidence]:
    if column == "respondent_id" and profile.position < 2:
        return [Evidence("it is among the first variables", STRENGTHS["position"])]
    if column == "weight" and profile.position >= profile.last - 1:
        return [Evidence("it is among the last variables", STRENGTHS["position"])]
    return []


def _impossible(reason: str) -> Evidence:
    return Evidence(reason, remains=0.0)


_DRIVERS = (
    *("satisfaction", "ease", "consistency", "resolution", "channel_ease", "relationship"),
    *("advice", "business_value"),
)
_COUNTS = (
    COUNTED,
    "interview_seconds",
    "months_since_recommended",
    "wow_moments",
    "days_since_event",
)
_FORMS: dict[str, Callable[[Profile], list[Evidence]]] = {
    "score": _score,
    BEHAVIOUR: _behaviour,
    **dict.fromkeys(("discouraged_past_12m", "opportunity"), _yes_no),
    **dict.fromkeys(_COUNTS, _count),
    **dict.fromkeys(_DRIVERS, _driver),
    "country": _country,
    "industry": _industry,
    "sector": partial(_levels_of, "sector", ("B2B", "B2C")),
    "customer_status": partial(_levels_of, "customer_status", ("current", "lapsed")),
    "channel": partial(_levels_of, "channel", ()),
    "journey_stage": partial(_levels_of, "journey_stage", ()),
    **dict.fromkeys(("interviewed_on", *DATED, "invited_on"), _moment),
    SINCE: _behaviour,
    "disposition": _disposition,
    **dict.fromkeys(("respondent_id", "account", "contact_id"), _identifier),
    "weight": _weight,
}
