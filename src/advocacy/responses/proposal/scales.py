"""Lines and questions for variables that hold the points of a scale."""

from __future__ import annotations

from collections.abc import Iterable

from advocacy.responses.proposal.evidence import steps
from advocacy.responses.proposal.levels import Level
from advocacy.responses.proposal.lines import Choice, Part, ask, proposed_line, with_missing
from advocacy.responses.proposal.points import Point, by_words, code_text, letters_before, points
from advocacy.responses.proposal.roles import Proposal
from advocacy.responses.proposal.wordings import answer, ending

SCORES = range(11)
_ELEVEN = 11  # the last code of 0-10 stored as 1-11
_TEN_POINTS = (
    "is a 1-10 scale. It is never turned into 0-10: a 10 of ten answers is not a 10 of eleven, "
    "and there is no 0. No line is written for score; the other questions can still be used."
)


def score(role: Proposal) -> Part:
    """Take the scale 0-10 by what codes and words say; ask where they may mean two things.

    A scale of ten points is refused.
    """
    found = points(role.profile)
    if all(point.code is not None for point in found):
        return _by_code(role, {p.code: p for p in found if p.code is not None})
    return _by_words(role, found)


def _by_code(role: Proposal, found: dict[int, Point]) -> Part:
    """Return the score of codes: as their labels state it, else as the words of the ends do."""
    stated = {code: point.stated for code, point in found.items() if point.stated is not None}
    ends = {code: p.words for code, p in found.items() if p.words and 0 <= code <= _ELEVEN}
    offsets = {says - code for code, says in stated.items()}
    sums = {says + code for code, says in stated.items()}
    whole = {0, 10} <= set(stated.values()) or (1 in found and stated.get(_ELEVEN) == 10)
    if whole and len(offsets) == 1 and offsets != {0}:
        return _stored(role, {s: s - min(offsets) for s in SCORES}, "stored under other codes")
    if len(stated) > 1 and sums == {10} and not letters_before(role.profile):
        return _reversed(role, 0, 10, "The labels count down")
    if whole and len(sums) == 1 and len(stated) > 1:
        return _stored(role, {s: min(sums) - s for s in SCORES}, "codes that count down")
    if whole and offsets != {0} and sorted(stated.values()) == list(SCORES):
        return _stored(role, {s: c for c, s in stated.items()}, "as its label states")
    if 0 not in found and 1 in found:
        return _from_one(role, found, ends)
    if _runs_down(role, "score"):
        return _reversed(role, 0, 10, "Its ends are the wrong way round")
    if letters_before(role.profile):
        return _stored(role, {s: s for s in SCORES}, "the number of its code")
    return _scale(role, 0, 10)


def _from_one(role: Proposal, found: dict[int, Point], ends: dict[int, str]) -> Part:
    """Return the score of codes that begin at 1: eleven of them are 0-10, ten are refused."""
    first, last = ends.get(1, ""), ends.get(_ELEVEN, "")
    if ending(first, "score", "low") and ending(last, "score", "high"):
        return _stored(role, {s: s + 1 for s in SCORES}, "stored as 1-11, as the ends say")
    if ending(first, "score", "high") and ending(last, "score", "low"):
        return _reversed(role, 1, _ELEVEN, "Its ends are the wrong way round")
    if _ELEVEN in found and (last or 10 not in ends):
        return _eleven(role)
    return _one_to_ten(role) if first else _scale(role, 0, 10)


def _stored(role: Proposal, codes: dict[int, int], why: str) -> Part:
    """Return a line for each score, with the code that it is stored under."""
    lines = tuple(
        proposed_line(role, code_text(role.profile, codes[s]), str(s), f"0-10 {why}, {s}")
        for s in SCORES
    )
    return with_missing(role, Part(lines=lines), min(codes.values()), max(codes.values()))


def _eleven(role: Proposal) -> Part:
    """Ask what codes 1-11 are whose labels do not tell."""
    prefix = letters_before(role.profile)
    shifted = tuple(
        proposed_line(role, code_text(role.profile, s + 1), str(s), "0-10 stored as 1-11")
        for s in SCORES
    )
    kept = tuple(proposed_line(role, code_text(role.profile, s), str(s), "0-10") for s in SCORES)
    if not prefix:
        kept = (proposed_line(role, "0..10", "*", "0-10"),)
    unsure = proposed_line(role, code_text(role.profile, _ELEVEN), "", "don't know")
    text = (
        f"{role.name} holds the codes {prefix}1-{prefix}11 and no {prefix}0: {_ends(role)}. Are "
        "they the scores 0-10, or 0-10 with 11 for don't know? A 1-10 scale cannot be used as "
        "score: then take neither."
    )
    choices = (
        Choice("the scores 0-10 as codes 1-11", shifted),
        Choice("0-10 as they stand, 11 is missing", (*kept, unsure)),
    )
    return with_missing(role, ask(text, *choices), 1, _ELEVEN)


def _by_words(role: Proposal, found: list[Point]) -> Part:
    """Return the score of texts: the number that they state, or the end that they name."""
    placed = by_words(role.profile, found)
    if not placed:
        return Part(refusal=f"{role.name} has answers that name no points of 0-10.")
    low, high = min(placed.values()), max(placed.values())
    named = {p.step.value: p.words for p in found}
    lowest = next(named[value] for value, point in placed.items() if point == low)
    if low == 1 and lowest:
        if high < _ELEVEN:
            return _one_to_ten(role)
        placed = {value: point - 1 for value, point in placed.items()}
    elif low > 1 and ending(lowest, "score", "low"):
        return Part(
            refusal=f"{role.name} has {lowest!r} and then {low + 1}: which number it stands for "
            f"cannot be told. If it was asked on 0-10, write `{role.name},{lowest},score,0,` and "
            f"`{role.name},0..10,score,*,`."
        )
    lines = tuple(
        proposed_line(role, value, str(point), named[value])
        for value, point in placed.items()
        if value != str(point)
    )
    plain = () if low == 1 else (proposed_line(role, "0..10", "*", "numbers as they stand"),)
    return with_missing(role, Part(lines=(*plain, *lines)), 0, 10)


def _one_to_ten(role: Proposal) -> Part:
    text = f"{role.name} ({_ends(role)}) {_TEN_POINTS}"
    inside = [s for s in role.profile.levels if s.value == "11" and answer(s.label) == "missing"]
    for step in inside:
        if not step.declared_missing:
            text += (
                f" Code 11 is {step.label!r}, which the file does not declare as missing: "
                "it would have counted as an answer."
            )
    return Part(refusal=text)


def _reversed(role: Proposal, low: int, high: int, because: str) -> Part:
    # A score is turned on 0-10 whatever its codes; other scales keep their own ends.
    top = 10 + low if role.column == "score" else low + high
    turned = tuple(
        proposed_line(role, str(code), str(top - code), "reversed scale")
        for code in range(low, high + 1)
    )
    kept = (
        tuple(proposed_line(role, str(s + low), str(s)) for s in SCORES)
        if role.column == "score" and low
        else (proposed_line(role, f"{low}..{high}", "*"),)
    )
    text = (
        f"Is the scale of {role.name} reversed? {because[0].upper()}{because[1:]}: {_ends(role)}."
    )
    choices = (
        Choice("yes: turn it", turned),
        Choice("no: take it as it stands", kept),
    )
    return with_missing(role, ask(text, *choices), low, high)


def driver(role: Proposal) -> Part:
    """Take the scale that the labels have, or that the values seem to have."""
    numbers = [(step.number or 0.0, step.label) for step in _points(role)]
    labelled = [number for number, label in numbers if label]
    if not numbers:
        return Part(refusal=f"{role.name} has no values that can be points of a scale.")
    if len(labelled) < 2:
        low, high = _usual_scale(number for number, _ in numbers)
        return _scale(role, low, high, f"no labels: scale {low}-{high} read from the values")
    low, high = int(min(labelled)), int(max(labelled))
    if _runs_down(role, role.column):
        return _reversed(role, low, high, "Its ends are the wrong way round")
    return _scale(role, low, high)


def _scale(role: Proposal, low: int, high: int, how: str = "") -> Part:
    line = proposed_line(role, f"{low}..{high}", "*", how or f"the scale {low}-{high}")
    return with_missing(role, Part(lines=(line,)), low, high)


def _usual_scale(numbers: Iterable[float]) -> tuple[int, int]:
    """Return the shortest usual scale that holds the values up to the first gap."""
    found = sorted({int(number) for number in numbers})
    top = next((n for n in found if n + 1 not in found and n >= 4), found[-1])
    low = 0 if found[0] == 0 else 1
    return low, next((high for high in (5, 7, 10) if top <= high), top)


def _points(role: Proposal) -> list[Level]:
    return [s for s in steps(role.profile) if s.number is not None and 0 <= s.number <= 11]


def _runs_down(role: Proposal, column: str) -> bool:
    labelled = [step.label for step in _points(role) if step.label]
    return (
        len(labelled) >= 2
        and ending(labelled[0], column, "high")
        and ending(labelled[-1], column, "low")
    )


def _ends(role: Proposal) -> str:
    labelled = [(p.step.value, p.words) for p in points(role.profile) if p.words]
    if not labelled:
        return "no labels"
    (first, low), (last, high) = labelled[0], labelled[-1]
    if first == low:
        return f"{low!r} to {high!r}"
    return f"{first} is {low!r}, {last} is {high!r}"
