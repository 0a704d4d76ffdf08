"""Lines and questions for variables that hold the points of a scale."""

from __future__ import annotations

from collections.abc import Iterable

from advocacy.responses.proposal.levels import Level
from advocacy.responses.proposal.lines import Choice, Part, ask, proposed_line, with_missing
from advocacy.responses.proposal.roles import Proposal, steps
from advocacy.responses.proposal.wordings import answer, ending

_TEN_POINTS = (
    "is a 1-10 scale. It is never turned into 0-10: a 10 of ten answers is not a 10 of eleven, "
    "and there is no 0. No line is written for score; the other questions can still be used."
)


def score(role: Proposal) -> Part:
    """Take the scale 0-10 as it stands; ask where it seems shifted or turned, refuse 1-10."""
    found = {number: step for step in _points(role) if (number := step.number) is not None}
    written = {number: _leading_number(step.label) for number, step in found.items()}
    shifted = [number for number, says in written.items() if says is not None]
    if 11.0 in found and shifted and all(written[n] == n - 1 for n in shifted):
        return _eleven_codes(role)
    if len(shifted) > 1 and all(written[n] == 10 - n for n in shifted):
        return _reversed(role, 0, 10, "The labels count down")
    labelled = [number for number, step in found.items() if step.label and number <= 11]
    if labelled and min(labelled) == 1 and 0.0 not in found:
        return _one_to_ten(role)
    if not labelled and 0.0 not in found and {1.0, 11.0} <= found.keys():
        return _bare_eleven(role)
    if _runs_down(role, "score"):
        return _reversed(role, 0, 10, "Its ends are the wrong way round")
    return _scale(role, 0, 10)


def _eleven_codes(role: Proposal) -> Part:
    """Ask whether codes 1-11 are the scores 0-10, as their labels say."""
    lines = tuple(
        proposed_line(role, str(s + 1), str(s), f"0-10 stored as 1-11, {s}") for s in range(11)
    )
    text = (
        f"Does {role.name} store the scores 0-10 as the codes 1-11? Its labels say so: taken as "
        "they stand, all scores would be one too high."
    )
    return with_missing(role, ask(text, Choice("yes: code 1 is score 0", lines)), 1, 11)


def _bare_eleven(role: Proposal) -> Part:
    """Ask what codes 1-11 without labels are: nothing in the file can tell."""
    shifted = tuple(
        proposed_line(role, str(s + 1), str(s), "0-10 stored as 1-11") for s in range(11)
    )
    kept = (proposed_line(role, "0..10", "*", "0-10"), proposed_line(role, "11", "", "don't know"))
    text = (
        f"{role.name} holds the codes 1-11 without labels and no 0. Are they the scores 0-10, or "
        "0-10 with 11 for don't know? A 1-10 scale cannot be used as score: then take neither."
    )
    choices = (
        Choice("the scores 0-10 as codes 1-11", shifted),
        Choice("0-10 as they stand, 11 is missing", kept),
    )
    return with_missing(role, ask(text, *choices), 1, 11)


def _one_to_ten(role: Proposal) -> Part:
    found = [step for step in _points(role) if step.label]
    text = f"{role.name} ({found[0].label!r} to {found[-1].label!r}) {_TEN_POINTS}"
    inside = [s for s in role.profile.levels if s.value == "11" and answer(s.label) == "missing"]
    for step in inside:
        if not step.declared_missing:
            text += (
                f" Code 11 is {step.label!r}, which the file does not declare as missing: "
                "it would have counted as an answer."
            )
    return Part(refusal=text)


def _reversed(role: Proposal, low: int, high: int, because: str) -> Part:
    turned = tuple(
        proposed_line(role, str(code), str(low + high - code), "reversed scale")
        for code in range(low, high + 1)
    )
    text = (
        f"Is the scale of {role.name} reversed? {because[0].upper()}{because[1:]}: {_ends(role)}."
    )
    choices = (
        Choice("yes: turn it", turned),
        Choice("no: take it as it stands", (proposed_line(role, f"{low}..{high}", "*"),)),
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


def _leading_number(label: str) -> float | None:
    digits = "".join(c if c.isdigit() else " " for c in label[:3]).split()
    return float(digits[0]) if digits and label.startswith(digits[0]) else None


def _runs_down(role: Proposal, column: str) -> bool:
    labelled = [step.label for step in _points(role) if step.label]
    return (
        len(labelled) >= 2
        and ending(labelled[0], column, "high")
        and ending(labelled[-1], column, "low")
    )


def _ends(role: Proposal) -> str:
    labelled = [step for step in _points(role) if step.label]
    if not labelled:
        return "no labels"
    first, last = labelled[0], labelled[-1]
    return f"{first.value} is {first.label!r}, {last.value} is {last.label!r}"
