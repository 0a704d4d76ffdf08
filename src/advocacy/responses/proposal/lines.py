"""What a proposed crosswalk is made of: lines, questions, and what one variable gives."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import isfinite

from advocacy.responses.crosswalk.crosswalk import GUESS
from advocacy.responses.proposal.levels import Level, Profile
from advocacy.responses.proposal.roles import Proposal
from advocacy.responses.proposal.wordings import answer


@dataclass(frozen=True)
class ProposedLine:
    """One line of a crosswalk that is not yet confirmed; the fields are those of the file."""

    raw_variable: str
    raw_value: str
    column: str
    canonical_value: str
    note: str = ""

    def text(self) -> str:
        """Return the line as it stands in the file."""
        return csv_text([self]).rstrip("\n")


@dataclass(frozen=True)
class Choice:
    """One answer to a question, and the lines that settle it; none leave the values out.

    ``variables`` are set where the question is which variables hold a column.
    """

    text: str
    lines: tuple[ProposedLine, ...] = ()
    variables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """What only a person can know.

    Parameters
    ----------
    text
        The question, with what the file says.
    choices
        Its answers, called a, b, … in this order.
    column
        Set where the question is which variable holds this column.
    about
        Set where the file itself says so much that the question, and its answer, are the same in
        every file that says so, whatever its variables are called.
    """

    text: str
    choices: tuple[Choice, ...]
    column: str = ""
    about: str = ""


@dataclass(frozen=True)
class Part:
    """What one variable gives: lines, questions of its own, doubtful codes, and a refusal.

    ``doubtful`` are codes whose label says "don't know" although they could be answers; they
    are asked about together, as many variables share them.
    """

    lines: tuple[ProposedLine, ...] = ()
    questions: tuple[Question, ...] = ()
    doubtful: tuple[tuple[Level, ProposedLine], ...] = ()
    refusal: str = ""


def ask(text: str, *choices: Choice) -> Part:
    """Ask one question; to leave the variable out is always a choice."""
    neither = Choice("neither, or unsure: leave the variable out")
    return Part(questions=(Question(text, (*choices, neither)),))


def proposed_line(role: Proposal, raw: str, value: str, why: str = "") -> ProposedLine:
    """Return a line of a variable for its proposed column, marked as a guess."""
    said = f": {why}" if why else ""
    note = f"{GUESS} {role.confidence:.2f}{said}"
    return ProposedLine(role.name, raw, role.column, value, note)


def csv_text(lines: Iterable[ProposedLine]) -> str:
    """Return lines as they stand in a crosswalk file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for line in lines:
        writer.writerow(
            (line.raw_variable, line.raw_value, line.column, line.canonical_value, line.note)
        )
    return text.getvalue()


def as_it_stands(role: Proposal) -> Part:
    """Take the values as they stand, but for the codes that are no answers."""
    labelled = [
        proposed_line(role, step.value, "", repr(step.label))
        for step in role.profile.levels
        if answer(step.label) == "missing" and not step.declared_missing
    ]
    line = proposed_line(role, "*", "*", "as it stands")
    return Part(lines=(line, *labelled, *declared(role)))


def with_missing(role: Proposal, part: Part, low: int, high: int) -> Part:
    """Add the codes beside the scale: missing where the file says so, else asked about."""
    lines, doubtful = list(part.lines), list(part.doubtful)
    settled = {line.raw_value for line in (*part.lines, *_offered(part))}
    for step in role.profile.levels:
        number = step.number
        if step.declared_missing or step.value in settled:
            continue
        outside = number is None or not low <= number <= high
        labelled = answer(step.label or step.value) == "missing"
        # A text says by itself that it is no answer; a number beside the scale may be a point.
        if labelled and (number is None or number > high + 1):
            lines.append(proposed_line(role, step.value, "", repr(step.label or step.value)))
        elif labelled or outside:
            why = repr(step.label) if step.label else "outside the scale, no label"
            doubtful.append((step, proposed_line(role, step.value, "", why)))
    return replace(part, lines=(*lines, *declared(role)), doubtful=tuple(doubtful))


def _offered(part: Part) -> list[ProposedLine]:
    return [
        line
        for question in part.questions
        for choice in question.choices
        for line in choice.lines
        if line.canonical_value
    ]


def declared(role: Proposal) -> tuple[ProposedLine, ...]:
    """Return a line for each code, or range of codes, that the file declares missing."""
    labels = {step.value: step.label for step in role.profile.levels}
    lines = []
    for code in role.profile.variable.user_missing:
        if isinstance(code.low, str) or isinstance(code.high, str):
            raw = str(code.low)
        elif code.low == code.high:
            raw = f"{code.low:.15g}"
        else:
            raw = _closed(role.profile, code.low, code.high)
        if raw:
            said = f"declared missing {labels.get(raw, '')}".strip()
            lines.append(proposed_line(role, raw, "", said))
    return tuple(lines)


def _closed(profile: Profile, low: float, high: float) -> str:
    """Return a range of codes; an open end stops at the outermost code that is there."""
    inside = [s.number for s in profile.levels if s.declared_missing and s.number is not None]
    if not isfinite(low):
        low = min(inside, default=high)
    if not isfinite(high):
        high = max(inside, default=low)
    # The crosswalk has no exponent.
    return f"{low:.6f}".rstrip("0").rstrip(".") + ".." + f"{high:.6f}".rstrip("0").rstrip(".")
