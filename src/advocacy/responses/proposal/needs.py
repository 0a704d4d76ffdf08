"""What an estimate cannot do without: which variables may hold it, and the lines that would do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from advocacy.responses.proposal.behaviour import BEHAVIOUR
from advocacy.responses.proposal.follow_up.kinds import FileKind
from advocacy.responses.proposal.follow_up.periods import SINCE
from advocacy.responses.proposal.lines import ProposedLine
from advocacy.responses.proposal.proposal import ProposedCrosswalk
from advocacy.responses.proposal.roles import Proposal
from advocacy.responses.proposal.wordings import item
from advocacy.responses.questions import language_of, question_to_add
from advocacy.responses.schema import COLUMNS, Type

_FOLLOW_UP = ("followed_up_on", SINCE, "first_recommended_on", "churned_on")
NEEDED = {
    FileKind.RATINGS: ("score", BEHAVIOUR),
    FileKind.PANEL: ("score", "interviewed_on", *_FOLLOW_UP),
    FileKind.FOLLOW_UP: ("respondent_id", *_FOLLOW_UP),
    FileKind.CONTACTS: ("respondent_id", "contact_id", "invited_on", "disposition"),
}
_MOST = 5  # candidates that are named
_ENOUGH = 0.2  # confidence from which a variable is one


class State(StrEnum):
    """Whether a column is there."""

    FOUND = "found"
    ASKED = "asked"
    MISSING = "missing"


@dataclass(frozen=True)
class Need:
    """One column that an estimate needs.

    Parameters
    ----------
    variables
        Those that hold it, or may once a question is answered.
    candidates
        Variables that may be meant where it is missing, likeliest first.
    lines
        What would do where it is missing. Those of the behaviour name the likeliest candidate;
        a score names none, since what was not asked on 0-10 must not be taken for it.
    question
        Where it is missing: the question that would fill it, in the file's language; empty where
        no question does.
    """

    column: str
    state: State
    variables: tuple[str, ...] = ()
    candidates: tuple[Proposal, ...] = ()
    lines: tuple[ProposedLine, ...] = ()
    question: str = ""


def needs(
    proposal: ProposedCrosswalk, lines: Iterable[ProposedLine], answered: Iterable[int]
) -> list[Need]:
    """Return the state of each needed column.

    Parameters
    ----------
    lines
        Those that are written.
    answered
        Numbers of the questions that have been answered, from 1.
    """
    written = list(lines)
    gone = set(answered)
    waiting = [
        line
        for number, question in enumerate(proposal.questions, 1)
        if number not in gone
        for choice in question.choices
        for line in choice.lines
    ]
    return [_need(proposal, column, written, waiting) for column in NEEDED[proposal.kind]]


def _need(
    proposal: ProposedCrosswalk,
    column: str,
    written: list[ProposedLine],
    waiting: list[ProposedLine],
) -> Need:
    for state, lines in ((State.FOUND, written), (State.ASKED, waiting)):
        names = dict.fromkeys(
            line.raw_variable for line in lines if line.column == column and line.canonical_value
        )
        if names:
            return Need(column, state, tuple(filter(None, names)))
    used = {line.raw_variable for line in written}
    found = [
        role
        for role in proposal.roles
        if role.name not in used and (_near(role, column) or _speaks(role, column))
    ]
    found.sort(key=lambda role: (not _near(role, column), -role.confidence))
    language = language_of(role.profile.variable.label for role in proposal.roles)
    question = question_to_add(column, language)
    candidates = tuple(found[:_MOST])
    return Need(column, State.MISSING, (), candidates, _template(column, found), question)


def _near(role: Proposal, column: str) -> bool:
    return column in (role.column, role.nearest) and role.confidence >= _ENOUGH


def _speaks(role: Proposal, column: str) -> bool:
    """Tell whether a variable that no column claims speaks of recommending at all."""
    variable = role.profile.variable
    if column not in ("score", BEHAVIOUR, SINCE):
        return False
    other = any(_near(role, needed) for needed in ("score", BEHAVIOUR) if needed != column)
    return not role.column and not other and item(variable.label or variable.name, "recommended")


def _template(column: str, found: list[Proposal]) -> tuple[ProposedLine, ...]:
    """Return lines that would do, with the codes of the likeliest variable where it has a few."""
    if column == "score":
        return (ProposedLine("VARIABLE", "0..10", column, "*", "asked on 0-10"),)
    name = found[0].name if found else "VARIABLE"
    if column not in COLUMNS or COLUMNS[column].type is not Type.BOOLEAN:
        return (ProposedLine(name, "*", column, "*", "as it stands"),)
    levels = [s for s in found[0].profile.levels if not s.declared_missing] if found else []
    yes, no = [s.value for s in levels][:2] if len(levels) > 1 else ("1", "2")
    if yes == "0":
        yes, no = no, yes
    return (
        ProposedLine(name, yes, column, "true", "recommended"),
        ProposedLine(name, no, column, "false", "did not"),
    )
