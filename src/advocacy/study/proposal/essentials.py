"""What a source lacks without which it says nothing, and what may hold it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from advocacy.errors import AdvocacyError, CrosswalkError
from advocacy.responses.crosswalk.crosswalk import read_crosswalk
from advocacy.responses.proposal.levels import Kind, Profile
from advocacy.responses.proposal.roles import confidence, evidence
from advocacy.study.proposal.crosswalks import ESSENTIAL, Survey
from advocacy.study.proposal.doubts import Doubt

_MEANINGS = {
    "score": "likelihood to recommend, 0-10",
    "recommended_past_12m": "whether they recommended in the past 12 months",
}
_CANDIDATES = 3
_LEAST = 0.15  # less confidence names no candidate
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


def lacking(own: Survey, columns: Collection[str], doubts: Sequence[Doubt]) -> list[AdvocacyError]:
    """Return a problem an essential column that a source does not fill, with what may hold it."""
    return [
        CrosswalkError(
            f"{own.name} has no {name} ({_MEANINGS[name]}).{_refused(own, name)}",
            where=str(own.crosswalk),
            remedy=_remedy(own, name, doubts),
        )
        for name in ESSENTIAL
        if name not in columns
    ]


def _remedy(own: Survey, name: str, doubts: Sequence[Doubt]) -> str:
    for doubt in doubts:
        asked = [one for one in doubt.asked if one.source == own.name]
        if asked and not doubt.answer and _settles(asked[0].question.choices, name):
            return f"Answer question {doubt.number}, such as --answer {doubt.number}a."
    found = sorted(
        ((_likely(profile, name), profile) for profile in own.profiled.profiles),
        key=lambda pair: -pair[0],
    )
    likely = [profile for sure, profile in found[:_CANDIDATES] if sure >= _LEAST]
    away = "or take the file out of the folder"
    if not likely:
        return (
            f"We see no variable that could hold it. Write its lines, such as "
            f"`{_example(name)}`, {away}."
        )
    said = "; ".join(_candidate(profile, name) for profile in likely)
    return f"Write its lines, {away}. {said}"


def _settles(choices: Iterable[object], name: str) -> bool:
    return any(line.column == name for choice in choices for line in choice.lines)  # type: ignore[attr-defined]


def _refused(own: Survey, name: str) -> str:
    """Return why the variable that was taken for it cannot be used."""
    roles = [role.name for role in own.proposal.roles if role.column == name]
    said = [text for text in own.proposal.refusals if text.split(" ", 1)[0] in roles]
    return "".join(f" {text}" for text in said)


def _likely(profile: Profile, name: str) -> float:
    return confidence([piece for piece in evidence(profile, name) if piece.remains])


def _candidate(profile: Profile, name: str) -> str:
    label = f" {profile.variable.label!r}" if profile.variable.label else ""
    return f"Of {profile.variable.name}{label}: {' '.join(_to_write(profile, name))}"


def _to_write(profile: Profile, name: str) -> list[str]:
    """Return the lines to write if a variable holds a column; of codes, each is to be judged."""
    variable = profile.variable.name
    if name == "score":
        return [f"`{variable},0..10,score,*,`"]
    levels = [step for step in profile.levels if not step.declared_missing]
    labelled = any(step.label for step in levels)
    if profile.kind is Kind.NUMBER and not labelled and profile.low == 0 and profile.distinct > 2:
        return [f"`{variable},0,{name},false,`", f"`{variable},1..,{name},true,`"]
    shown = levels[:_FEW] if profile.listed else []
    return [f"`{variable},{step.value},{name},true or false,{step.label}`" for step in shown] or [
        f"`{variable},1,{name},true,`"
    ]


def _example(name: str) -> str:
    return "q1,0..10,score,*," if name == "score" else f"q2,1,{name},true,"
