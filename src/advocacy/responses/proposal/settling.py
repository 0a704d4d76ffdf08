"""From a proposal and the answers to its questions to the lines of a crosswalk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from advocacy.errors import UsageError
from advocacy.responses.crosswalk.crosswalk import FORMAT, HEADER
from advocacy.responses.crosswalk.operations import SELECTED
from advocacy.responses.proposal.lines import Choice, ProposedLine, csv_text
from advocacy.responses.proposal.proposal import ProposedCrosswalk


def settle(proposal: ProposedCrosswalk, answers: Mapping[int, str]) -> tuple[ProposedLine, ...]:
    """Return the lines of the crosswalk once questions have been answered.

    Parameters
    ----------
    answers
        Letter of the choice by number of the question, from 1. Questions without answer add
        no line.

    Raises
    ------
    UsageError
        There is no such question or choice.
    """
    chosen = [
        (proposal.questions[_index(number, proposal)], _choice(number, letter, proposal))
        for number, letter in sorted(answers.items())
    ]
    which = [line for question, choice in chosen if question.column for line in choice.lines]
    codes = [line for question, choice in chosen if not question.column for line in choice.lines]
    open_columns = {question.column for question in proposal.questions if question.column}
    owners = {question.column: choice.variables for question, choice in chosen if question.column}
    fitting = [
        line
        for line in codes
        if line.raw_variable
        in owners.get(line.column, () if line.column in open_columns else (line.raw_variable,))
    ]
    return _ordered(proposal, _with_values([*proposal.lines, *which, *fitting]))


def crosswalk_text(lines: Iterable[ProposedLine]) -> str:
    """Return the content of a crosswalk file."""
    return f"# advocacy crosswalk format {FORMAT}\n{','.join(HEADER)}\n{csv_text(lines)}"


def letters(choices: tuple[Choice, ...]) -> list[str]:
    """Return the letters that choices are called by."""
    return [chr(ord("a") + at) for at in range(len(choices))]


def _with_values(lines: list[ProposedLine]) -> list[ProposedLine]:
    """Leave out variables of which only missing codes are settled: they would hold nothing."""
    given = {(line.raw_variable, line.column) for line in lines if line.canonical_value}
    joined = {line.column for line in lines if line.canonical_value == f"@{SELECTED}"}
    return [
        line for line in lines if (line.raw_variable, line.column) in given or line.column in joined
    ]


def _index(number: int, proposal: ProposedCrosswalk) -> int:
    if not 1 <= number <= len(proposal.questions):
        raise UsageError(
            f"There is no question {number}; there are {len(proposal.questions)}.",
            where="--answer",
            remedy="Run the command without --answer to see the questions.",
        )
    return number - 1


def _choice(number: int, letter: str, proposal: ProposedCrosswalk) -> Choice:
    choices = proposal.questions[number - 1].choices
    index = ord(letter) - ord("a") if len(letter) == 1 else -1
    if not 0 <= index < len(choices):
        raise UsageError(
            f"Question {number} has no answer {letter!r}.",
            where="--answer",
            remedy=f"Choose one of: {', '.join(letters(choices))}.",
        )
    return choices[index]


def _ordered(proposal: ProposedCrosswalk, lines: list[ProposedLine]) -> tuple[ProposedLine, ...]:
    """Return the lines of a column together, in the order of the file's variables.

    Equal ones keep theirs, but for a constant: it comes last.
    """
    place = {role.name: at for at, role in enumerate(proposal.roles)} | {"": len(proposal.roles)}
    first: dict[str, int] = {}
    for line in lines:
        first[line.column] = min(place[line.raw_variable], first.get(line.column, len(place)))
    return tuple(sorted(lines, key=lambda line: (first[line.column], not line.raw_variable)))
