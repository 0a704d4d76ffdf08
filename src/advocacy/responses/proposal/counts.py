"""Lines and questions for variables that count something: times, days, recommendations."""

from __future__ import annotations

import re
from dataclasses import replace

from advocacy.responses.proposal.behaviour import BEHAVIOUR
from advocacy.responses.proposal.evidence import steps
from advocacy.responses.proposal.levels import MOST_CODES, Level
from advocacy.responses.proposal.lines import (
    Choice,
    Part,
    ProposedLine,
    Question,
    ask,
    declared,
    proposed_line,
)
from advocacy.responses.proposal.roles import Proposal
from advocacy.responses.proposal.wordings import times, unit

# 9, 98, 997, 88, 777: what questionnaires use for no answer.
_USUAL_CODE = re.compile(r"9*[789]|7+|8+")
# A code is more than so many times the number below it.
_APART_USUAL, _APART = 2, 5


def counted(role: Proposal) -> Part:
    """Take counts as they stand; ask about numbers that may be codes for no answer."""
    missing = [
        proposed_line(role, step.value, "", repr(step.label))
        for step in role.profile.levels
        # "None" is 0 of them, not no answer.
        if times(step.label) == "missing" and not step.declared_missing
    ]
    # Codes labelled as no answer have their lines already.
    highest = tuple(s for s in role.profile.highest if times(s.label) != "missing")
    codes = _codes(highest)
    # Not every value: what is asked about has no line until somebody has answered.
    below = [s for s in steps(role.profile) if s.number is not None and s.number < 0]
    raw = f"0..{highest[-len(codes) - 1].value}" if codes else "0.." if below else "*"
    questions = (
        *(_question(role, code, highest[-len(codes) - 1]) for code in codes),
        *(_negative(role, code) for code in below),
    )
    line = proposed_line(role, raw, "*", "as it stands")
    return Part(lines=(line, *missing, *declared(role)), questions=questions)


def seconds(role: Proposal) -> Part:
    """Take the length of the interview in seconds; ask where its unit is not said."""
    variable = role.profile.variable
    said = f"{variable.label} {variable.name}"
    if unit(said, "minutes"):
        return Part(
            refusal=f"{role.name} seems to be in minutes, and {role.column} is in seconds: "
            "multiply it by 60 where the file was made, and map that."
        )
    if unit(said, "seconds"):
        return counted(role)
    line = proposed_line(role, "*", "*", "seconds")
    return ask(f"Is {role.name} in seconds? Nothing says its unit.", Choice("yes", (line,)))


def behaviour_of(part: Part) -> Part:
    """Add to a count of recommendations whether there was one."""
    questions = tuple(
        replace(
            question,
            choices=tuple(
                replace(choice, lines=(*choice.lines, *_whether(choice.lines)))
                for choice in question.choices
            ),
        )
        for question in part.questions
    )
    return replace(part, lines=(*part.lines, *_whether(part.lines)), questions=questions)


def _whether(lines: tuple[ProposedLine, ...]) -> list[ProposedLine]:
    """Return the lines of the behaviour beside those of its count: 0 is no, more is yes."""
    found = []
    for line in lines:
        line = replace(line, column=BEHAVIOUR)
        if line.canonical_value != "*":
            found.append(line)
        elif line.raw_value == "*" or line.raw_value.startswith("0.."):
            most = line.raw_value.removeprefix("*").removeprefix("0..")
            found.append(replace(line, raw_value="0", canonical_value="false"))
            if most != "0":
                found.append(replace(line, raw_value=f"1..{most}", canonical_value="true"))
        else:
            found.append(replace(line, canonical_value="true"))
    return found


def _codes(highest: tuple[Level, ...]) -> tuple[Level, ...]:
    """Return the numbers without label that stand apart from those below, each with more rows.

    Counts thin out towards their top; codes such as 98 and 99 lie far above it and are many.
    """
    for at in range(max(len(highest) - MOST_CODES, 1), len(highest)):
        below, codes = highest[at - 1], highest[at:]
        usual = all(_USUAL_CODE.fullmatch(code.value) for code in codes)
        times = (codes[0].number or 0.0) / max(below.number or 0.0, 1.0)
        many = all(code.count > below.count and not code.label for code in codes)
        if many and times > (_APART_USUAL if usual else _APART):
            return codes
    return ()


def _negative(role: Proposal, code: Level) -> Question:
    says = f"is labelled {code.label!r}" if code.label else "has no label"
    text = (
        f"Is code {code.value} of {role.name} missing? It {says} and {code.count} answers, and no "
        "count is below 0."
    )
    missing = proposed_line(role, code.value, "", "below 0")
    leave = Choice("unsure: rows that hold it are rejected and listed")
    return Question(text, (Choice("yes, missing", (missing,)), leave))


def _question(role: Proposal, code: Level, below: Level) -> Question:
    text = (
        f"Is code {code.value} of {role.name} missing? It has no label and {code.count} answers; "
        f"the next lower value is {below.value}, with {below.count}."
    )
    missing = proposed_line(role, code.value, "", "no label, far above the others")
    number = proposed_line(role, code.value, "*", "a count, far above the others")
    return Question(
        text,
        (
            Choice("yes, missing", (missing,)),
            Choice("no: it is a number like the others", (number,)),
            Choice("unsure: rows that hold it are rejected and listed"),
        ),
    )
