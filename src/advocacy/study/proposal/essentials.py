"""What a source lacks without which it says nothing, and what may hold it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from advocacy.errors import AdvocacyError, CrosswalkError
from advocacy.responses.crosswalk.crosswalk import read_crosswalk
from advocacy.responses.proposal.evidence import confidence, evidence, steps
from advocacy.responses.proposal.levels import Profile
from advocacy.responses.proposal.lines import Question
from advocacy.responses.proposal.wordings import answer
from advocacy.study.proposal.crosswalks import ESSENTIAL, Survey
from advocacy.study.proposal.doubts import Doubt

_MEANINGS = {
    "score": "likelihood to recommend, 0-10",
    "recommended_past_12m": "whether they recommended in the past 12 months",
}
# What is asked instead at times, and from which it follows whether they did.
_KIN = {"recommended_past_12m": ("recommendations_past_12m", "months_since_recommended")}
_CODES = 2  # more numbers without labels are counts, not codes
_CANDIDATES = 3
_LEAST = 0.4  # less confidence names no candidate
_HIGHEST = 10  # of the scores
_FEW = 8  # codes that are written out in the lines to write


def columns_of(own: Survey) -> set[str]:
    """Return the columns that a source fills.

    Raises
    ------
    CrosswalkError
        The crosswalk cannot be read.
    """
    if not own.crosswalk.exists():
        return {role.name for role in own.proposal.roles}
    return {column.name for column in read_crosswalk(own.crosswalk).columns()}


def lacking(
    surveys: Sequence[Survey], columns: Mapping[str, Collection[str]], doubts: Sequence[Doubt]
) -> list[AdvocacyError]:
    """Return what essential columns sources do not fill, with what may hold them.

    Sources that one question would settle are one problem; the others one each.

    Parameters
    ----------
    columns
        What each source fills, by its name.
    """
    absent = [(own, name) for own in surveys for name in ESSENTIAL if name not in columns[own.name]]
    asked: dict[tuple[int, str], list[Survey]] = {}
    problems: list[AdvocacyError] = []
    for own, name in absent:
        if number := _settled_by(own, name, doubts):
            asked.setdefault((number, name), []).append(own)
        else:
            problems.append(
                CrosswalkError(
                    f"{own.name} has no {name} ({_MEANINGS[name]}).{_refused(own, name)}",
                    where=str(own.crosswalk),
                    remedy=_remedy(own, name),
                )
            )
    open_questions = [
        CrosswalkError(
            f"{', '.join(own.name for own in waiting)} {'have' if len(waiting) > 1 else 'has'} no "
            f"{name} ({_MEANINGS[name]}) until question {number} is answered.",
            where=", ".join(str(own.crosswalk) for own in waiting),
            remedy=f"Run the command again with --answer {number}a, or another of its letters.",
        )
        for (number, name), waiting in asked.items()
    ]
    return [*open_questions, *problems]


def _settled_by(own: Survey, name: str, doubts: Sequence[Doubt]) -> int:
    """Return the number of an open question of a source that would fill a column, 0 for none."""
    for doubt in doubts:
        for one in doubt.asked:
            if one.source == own.name and not doubt.answer and _settles(one.question, name):
                return doubt.number
    return 0


def _remedy(own: Survey, name: str) -> str:
    found = sorted(
        ((_likely(profile, name), profile) for profile in own.profiled.profiles),
        key=lambda pair: -pair[0],
    )
    likely = [profile for sure, profile in found[:_CANDIDATES] if sure >= _LEAST]
    away = "or take the file out of the folder"
    if not likely:
        return (
            "We see no variable that could hold it. Write its lines, such as "
            f"`{_example(name)}`, {away}."
        )
    said = "; ".join(_candidate(profile, name) for profile in likely)
    return f"Write its lines, {away}. {said}"


def _settles(question: Question, name: str) -> bool:
    lines = [line for choice in question.choices for line in choice.lines]
    return any(line.column == name and line.canonical_value for line in lines)


def _refused(own: Survey, name: str) -> str:
    """Return why the variable that was taken for it cannot be used."""
    roles = [role.name for role in own.proposal.roles if role.column == name]
    said = [text for text in own.proposal.refusals if text.split(" ", 1)[0] in roles]
    return "".join(f" {text}" for text in said)


def _likely(profile: Profile, name: str) -> float:
    """Return how likely a variable holds a column, by its words and whatever its values are."""
    return max(
        confidence([piece for piece in evidence(profile, column) if piece.remains == 1])
        for column in (name, *_KIN.get(name, ()))
    )


def _candidate(profile: Profile, name: str) -> str:
    label = f" {profile.variable.label!r}" if profile.variable.label else ""
    return f"{profile.variable.name}{label}: {_to_write(profile, name)}"


def _to_write(profile: Profile, name: str) -> str:
    """Return the lines to write if a variable holds a column; of codes, each is to be judged."""
    variable, low, high = profile.variable.name, profile.low, profile.high
    if name == "score":
        if low is None or high is None or high < _HIGHEST or low > 1:
            found = "no numbers" if low is None or high is None else f"{low:g} to {high:g}"
            return f"it holds {found}, which is no scale of 0 to 10 and cannot be used."
        return f"`{variable},0..10,score,*,`"
    points = steps(profile)
    rest = [step for step in profile.levels if answer(step.label) == "missing"]
    missing = [f"`{variable},{s.value},{name},,{s.label}`" for s in rest if not s.declared_missing]
    if len(points) > _CODES and points[0].number == 0 and not any(s.label for s in points):
        return " ".join(
            [f"`{variable},0,{name},false,`", f"`{variable},1..,{name},true,`", *missing]
        )
    if not profile.listed or not points:
        return f"`{variable},1,{name},true,` and so on, a line a code."
    lines = [f"`{variable},{step.value},{name},…,{step.label}`" for step in points[:_FEW]]
    return f"{' '.join([*lines, *missing])} with true or false for …"


def _example(name: str) -> str:
    return "q1,0..10,score,*," if name == "score" else f"q2,1,{name},true,"
