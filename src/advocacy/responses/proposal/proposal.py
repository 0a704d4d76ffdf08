"""The crosswalk that a file suggests: lines to confirm, questions to answer, what is refused.

Lines are written only where the file leaves no doubt about a code. Where it does, the lines
stand in the choices of a question, and nothing is written until a person has chosen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from advocacy.responses.crosswalk.crosswalk import GUESS
from advocacy.responses.proposal.behaviour import BEHAVIOUR, COUNTED, frequency
from advocacy.responses.proposal.codes import (
    NAMED,
    date_part,
    how_often,
    industry,
    named_levels,
    several,
    yes_no,
)
from advocacy.responses.proposal.counts import behaviour_of, counted, seconds
from advocacy.responses.proposal.follow_up.kinds import FileKind, kind_of
from advocacy.responses.proposal.follow_up.parts import (
    dispositions,
    of_a_follow_up,
    undated_leaving,
    which_date,
)
from advocacy.responses.proposal.follow_up.periods import SINCE
from advocacy.responses.proposal.levels import Kind, Level, Profile, ProfiledFile
from advocacy.responses.proposal.lines import Choice, Part, ProposedLine, Question, as_it_stands
from advocacy.responses.proposal.roles import Proposal, held, propose_roles
from advocacy.responses.proposal.scales import driver, score
from advocacy.responses.proposal.weights import weight
from advocacy.responses.pseudonyms import ALWAYS, SOMETIMES
from advocacy.responses.schema import COLUMNS, CONTACTS, Column, Type

if TYPE_CHECKING:
    from advocacy.responses.privacy import Finding

# Columns of ratings, follow-ups and contacts.
_HELD = {column.name: column for column in CONTACTS} | COLUMNS


@dataclass(frozen=True)
class ProposedCrosswalk:
    """Lines without doubt, questions, and sentences on what cannot be used and why.

    ``kind`` is what the file is of.
    """

    roles: tuple[Proposal, ...]
    lines: tuple[ProposedLine, ...]
    questions: tuple[Question, ...]
    refusals: tuple[str, ...]
    kind: FileKind = FileKind.RATINGS
    refused: tuple[Proposal, ...] = ()


def propose_crosswalk(file: ProfiledFile) -> ProposedCrosswalk:
    """Return the proposal for a file."""
    roles = tuple(propose_roles(file))
    # The variables of a set are one part, that of its first.
    claims = [r for r in roles if (r.column or r.possible) and r.name == r.together[0]]
    parts = [(role, _said(role, _part(role))) for role in claims]
    kind = kind_of(held(roles))
    followed = kind in (FileKind.PANEL, FileKind.FOLLOW_UP)
    if followed:
        parts = [(role, of_a_follow_up(role, part, kind, roles)) for role, part in parts]
    if not any(role.column == BEHAVIOUR and not part.refusal for role, part in parts):
        parts = [
            (role, behaviour_of(part) if role.column == COUNTED else part) for role, part in parts
        ]
    contests, settled = _contests(parts)
    doubts = _doubts([pair for _, part in parts for pair in part.doubtful])
    own = [question for _, part in parts for question in part.questions]
    return ProposedCrosswalk(
        roles=roles,
        lines=tuple(line for _, part in settled for line in part.lines),
        questions=(*contests, *own, *doubts),
        refusals=(
            *(part.refusal for _, part in parts if part.refusal),
            *(undated_leaving(roles) if followed else ()),
        ),
        kind=kind,
        refused=tuple(role for role, part in parts if part.refusal),
    )


def _said(role: Proposal, part: Part) -> Part:
    """Return what a variable gives, with reasons that quote no person.

    What the import would leave out is not proposed; of what it would replace by pseudonyms, or
    what may identify persons, no label and no value is quoted.
    """
    replaced = role.column in (*ALWAYS, *SOMETIMES)
    found = None if replaced else _personal(role.profile, labels=role.column in NAMED)
    if found and not found.certain and _column_of(role).type is not Type.TEXT:
        found = None  # that measures differ raises no doubt, as at the import
    if found is None and not replaced:
        return _explained(role, part)
    # Lines of named levels hold the names themselves.
    if found and (found.certain or role.column in NAMED or not part.lines):
        return Part(refusal=f"{role.name} seems to identify persons: {found.reason}.")
    note = f"{GUESS} {role.confidence:.2f}"
    return Part(lines=tuple(replace(line, note=note) for line in part.lines))


def _personal(profile: Profile, *, labels: bool) -> Finding | None:
    """Return what identifies persons in a variable, or in its labels where these are taken."""
    # Here, because what recognises takes long to load.
    from advocacy.responses.privacy import Values, judge

    found = {step.value: step for step in profile.levels}
    steps = [found.get(value, Level(value, "", 1)) for value in profile.examples]
    named = labels and any(step.label for step in steps)
    form: Literal["text", "number", "date"] = "text"
    if not named and profile.kind in (Kind.NUMBER, Kind.DATE):
        form = "number" if profile.kind is Kind.NUMBER else "date"
    filled = profile.rows - profile.absent
    labelled = sum(step.count for step in profile.levels if step.label)
    values = Values(
        form=form,
        texts=tuple((step.label or step.value) if named else step.value for step in steps),
        times=tuple(step.count for step in steps),
        different=profile.distinct,
        filled=filled,
        labelled=0.0 if named or not filled else labelled / filled,
    )
    return judge(profile.variable, values)


def _explained(role: Proposal, part: Part) -> Part:
    """Say in the note of a variable's first line what was asked and why we guess its column."""
    if not part.lines:
        return part
    first, *rest = part.lines
    label = role.profile.variable.label
    said = [first.note, *([repr(label)] if label and label != role.name else []), *role.reasons]
    return replace(part, lines=(replace(first, note="; ".join(said)), *rest))


def _column_of(role: Proposal) -> Column:
    return _HELD[role.column or role.possible[0]]


def _part(role: Proposal) -> Part:
    column = _column_of(role)
    if role.possible:
        return which_date(role)
    if role.column == "disposition":
        return dispositions(role)
    if role.answer_set:
        return several(role, role.answer_set)
    if role.column in (BEHAVIOUR, SINCE) and frequency(role.profile):
        return how_often(role)
    if role.column == "score":
        return score(role)
    if role.column == "weight":
        return weight(role)
    if column.type is Type.BOOLEAN:
        return yes_no(role)
    if role.column in NAMED:
        return named_levels(role, NAMED[role.column])
    if role.column == "industry":
        return Part(refusal=industry(role))
    if role.column == "interview_seconds":
        return seconds(role)
    if column.type is Type.DATE:
        return date_part(role)
    if column.type in (Type.INTEGER, Type.NUMBER) and column.minimum == 0 and column.unit:
        return counted(role)
    if column.type is Type.NUMBER and column.unit == "":
        return driver(role)
    return as_it_stands(role)


def _contests(
    parts: list[tuple[Proposal, Part]],
) -> tuple[list[Question], list[tuple[Proposal, Part]]]:
    """Ask which variable holds a column that several could; return what needs no question."""
    # A candidate that cannot be used is no choice.
    usable = [(role, part) for role, part in parts if role.column and not part.refusal]
    questions, settled = [], []
    for column, group in groupby(sorted(usable, key=_column), _column):
        claims = list(group)
        if len(claims) == 1:
            settled += claims
        else:
            questions.append(_which(column, claims))
    return questions, settled


def _column(pair: tuple[Proposal, Part]) -> str:
    return pair[0].column


def _which(column: str, claims: list[tuple[Proposal, Part]]) -> Question:
    named = ", ".join(_named(role) for role, _ in claims)
    why = (
        "One may be about the relationship and the other about a single contact; they are "
        "different questions. "
        if column == "score"
        else ""
    )
    choices = [Choice(_named(role), part.lines, role.together) for role, part in claims]
    text = f"Which variable is {column}? {why}Candidates: {named}."
    return Question(text, (*choices, Choice("none of them")), column)


def _named(role: Proposal) -> str:
    label = role.answer_set.question if role.answer_set else role.profile.variable.label
    quoted = label and label != role.name and role.column not in ALWAYS
    shown = f" {label!r}" if quoted else ""
    return f"{', '.join(role.together)}{shown} ({role.confidence:.2f})"


def _doubts(doubtful: list[tuple[Level, ProposedLine]]) -> list[Question]:
    """Ask once about each code that could be an answer but is labelled as none."""
    questions = []
    ordered = sorted(doubtful, key=lambda pair: (pair[0].value, pair[0].label))
    for (value, label), group in groupby(ordered, key=lambda pair: (pair[0].value, pair[0].label)):
        pairs = list(group)
        lines = tuple(line for _, line in pairs)
        names = ", ".join(line.raw_variable for line in lines)
        rows = sum(step.count for step, _ in pairs)
        says = f"is labelled {label!r}" if label else "has no label, and may be no answer"
        text = (
            f"Is code {value} of {names} missing? It {says}, and the file does not declare it "
            f"missing ({rows} answers)."
        )
        leave = Choice("no, or unsure: rows that hold it are rejected and listed")
        # Without a label it depends on the scale whether the code can be an answer.
        of = "" if label else " of " + ", ".join(sorted({line.column for line in lines}))
        about = f"code {value} {label!r}{of}"
        questions.append(Question(text, (Choice("yes, missing", lines), leave), about=about))
    return questions
