"""Lines and questions that follow-ups and invitations alone have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from advocacy.responses.proposal.codes import date_part
from advocacy.responses.proposal.evidence import evidence
from advocacy.responses.proposal.follow_up.contacts import disposition
from advocacy.responses.proposal.follow_up.dates import FOLLOWED, INTERVIEW
from advocacy.responses.proposal.follow_up.kinds import FileKind
from advocacy.responses.proposal.follow_up.periods import SINCE, asks_since
from advocacy.responses.proposal.lines import (
    Choice,
    Part,
    ProposedLine,
    Question,
    ask,
    proposed_line,
)
from advocacy.responses.proposal.roles import Proposal
from advocacy.responses.proposal.wordings import fold, holds, wordings
from advocacy.responses.questions import language_of, question_to_add

CHURNED = "churned_on"
_LEAVING = ("customer_status", CHURNED)
# Dispositions that a label which we do not know is asked about.
_OFFERED = {
    "1.1": "complete",
    "1.2": "partial",
    "2.11": "refused",
    "2.12": "broken off",
    "3.19": "nothing returned",
    "3.30": "returned undelivered",
}


def dispositions(role: Proposal) -> Part:
    """Return the AAPOR final disposition code of each level; ask about labels not known."""
    lines: list[ProposedLine] = []
    questions: list[Question] = []
    for step in role.profile.levels:
        text = step.label or step.value
        if step.declared_missing:
            lines.append(proposed_line(role, step.value, "", repr(text)))
        elif code := disposition(text):
            lines.append(proposed_line(role, step.value, code, repr(text)))
        else:
            said = f"What became of those with {step.value} {step.label!r} of {role.name}?"
            questions += ask(
                said,
                *(
                    Choice(
                        f"{meant} ({code})", (proposed_line(role, step.value, code, repr(text)),)
                    )
                    for code, meant in _OFFERED.items()
                ),
            ).questions
    return Part(lines=tuple(lines), questions=tuple(questions))


def which_date(role: Proposal) -> Part:
    """Ask which of several columns a date is."""
    choices = []
    for column in role.possible:
        part = date_part(replace(role, column=column))
        if part.refusal:
            return part
        choices += (
            [Choice(column, part.lines)]
            if part.lines
            else [
                Choice(f"{column}, {choice.text}", choice.lines)
                for question in part.questions
                for choice in question.choices
                if choice.lines
            ]
        )
    filled = role.profile.rows - role.profile.absent
    return ask(
        f"Which date is {_named(role)}, filled in {filled} of {role.profile.rows} rows?", *choices
    )


def of_a_follow_up(role: Proposal, part: Part, kind: FileKind, roles: Sequence[Proposal]) -> Part:
    """Ask about what may be of the first interview as well as of the follow-up."""
    columns = {one.column for one in roles}
    if role.column == SINCE and not asks_since(role.profile):
        return _only_if(
            part,
            f"Is {_named(role)} about the time since the interview that is followed up? It does "
            "not say on which day that time begins, or names two times.",
        )
    if kind is FileKind.PANEL and role.column == "score" and not {INTERVIEW, FOLLOWED} <= columns:
        return _only_if(
            part,
            f"Was {_named(role)} asked in the interview that is followed up? The file does not "
            "have the dates of both interviews, and an intent that is asked again at the "
            "follow-up is not the one from which they went on.",
        )
    if kind is FileKind.PANEL and role.column == "customer_status":
        return _only_if(part, f"Was {_named(role)} asked in the interview that is followed up?")
    return part


def _only_if(part: Part, question: str) -> Part:
    choices = Choice("yes", part.lines), Choice("no, or unsure: leave the variable out")
    return replace(part, lines=(), questions=(Question(question, choices), *part.questions))


def undated_leaving(roles: Sequence[Proposal]) -> tuple[str, ...]:
    """Say which variables tell who left and not when, and the question that would."""
    if any(CHURNED in (role.column, *role.possible) for role in roles):
        return ()
    labels = [role.profile.variable.label for role in roles]
    question = question_to_add(CHURNED, language_of(labels))
    return tuple(
        f"{_named(role)} says who left, and not when: {CHURNED} needs the date. Question to add: "
        f"{question!r}"
        for role in roles
        if _tells_who_left(role)
    )


def _tells_who_left(role: Proposal) -> bool:
    if "customer_status" in (role.column, role.nearest):
        return True
    text = fold(role.profile.variable.label)
    form = evidence(role.profile, SINCE)
    yes_no = any(piece.reason == "its answers are yes and no" for piece in form)
    return (
        not role.column
        and yes_no
        and any(holds(text, cue) for cue in wordings()["leaving"]["cues"])
    )


def _named(role: Proposal) -> str:
    label = role.profile.variable.label
    return f"{role.name} {label!r}" if label and label != role.name else role.name
