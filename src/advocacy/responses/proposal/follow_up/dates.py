"""Which of a file's dates is of which interview, of the first recommendation, and of churn.

Words tell, or where two interviews are not told apart by them, their order in every row. What
neither tells is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from advocacy.responses.proposal.dates import date_forms
from advocacy.responses.proposal.evidence import STRENGTHS, spoken
from advocacy.responses.proposal.follow_up.periods import BEFORE, DATED, interview_of
from advocacy.responses.proposal.levels import Kind, Profile, ProfiledFile
from advocacy.responses.proposal.wordings import fold

if TYPE_CHECKING:
    from advocacy.responses.proposal.roles import Proposal

INTERVIEW, FOLLOWED = "interviewed_on", "followed_up_on"
_MOST_ASKED = 5  # dates without words that are asked about


def told_apart(roles: list[Proposal], file: ProfiledFile) -> list[Proposal]:
    """Return the roles of a file with a follow-up, with those of its dates told apart."""
    roles = [_of_the_rating(role) for role in roles]
    rated = any(role.column == "score" for role in roles)
    interviews = [role for role in roles if role.column == INTERVIEW and _worded(role)]
    changed = {role.name: role for role in _interviews(interviews, roles, file, rated)}
    changed |= {role.name: role for role in _wordless(roles, changed, rated)}
    return [changed.get(role.name, role) for role in roles]


def _of_the_rating(role: Proposal) -> Proposal:
    """Leave out an intent or a behaviour that was asked again at a later interview."""
    if role.column not in ("score", *BEFORE) or interview_of(role.profile) != "later":
        return role
    why = f"{role.column}, but asked at the follow-up"
    return replace(role, column="", reasons=(why,), nearest=role.column)


def _worded(role: Proposal) -> bool:
    """Tell whether words say of a date that it is an interview's; "date" does where it is all."""
    short = len(fold(role.profile.variable.label).split()) <= 1
    least = STRENGTHS["hint"] if short else STRENGTHS["name words"]
    return any(piece.strength >= least for piece in spoken(role.profile, INTERVIEW))


def _interviews(
    interviews: list[Proposal], roles: list[Proposal], file: ProfiledFile, rated: bool
) -> Iterable[Proposal]:
    """Tell the interview that is followed up from a later one."""
    of = {role.name: interview_of(role.profile) for role in interviews}
    yield from (
        _as(r, FOLLOWED, "its words are of a later interview")
        for r in interviews
        if of[r.name] == "later"
    )
    plain = [role for role in interviews if not of[role.name]]
    if "later" in of.values() or any(role.column == FOLLOWED for role in roles):
        return
    pair = [(a, b) for a in plain for b in plain if (a.name, b.name) in file.later]
    if len(plain) == 1 and not rated:
        yield _as(plain[0], FOLLOWED, "the file has no rating, so its interview is the follow-up")
    elif len(plain) == 1 and "base" in of.values():
        yield _as(plain[0], FOLLOWED, "another is of the interview that is followed up")
    elif len(plain) == 2 and len(pair) == 1:
        first, second = pair[0]
        yield replace(first, reasons=(f"never after {second.name}", *first.reasons))
        yield _as(second, FOLLOWED, f"never before {first.name}, and mostly a month after it")
    else:
        may_be = (INTERVIEW, FOLLOWED) if rated else (FOLLOWED,)
        yield from (_asked(role, may_be) for role in plain)


def _wordless(
    roles: list[Proposal], changed: dict[str, Proposal], rated: bool
) -> Iterable[Proposal]:
    """Ask which of the columns that no words claim a date is."""
    now = [changed.get(role.name, role) for role in roles]
    claimed = {role.column for role in now if role.column != INTERVIEW or _worded(role)}
    claimed |= {column for role in now for column in role.possible}
    columns = (INTERVIEW, *DATED) if rated else DATED
    left = tuple(column for column in columns if column not in claimed)
    found = [
        role
        for role in now
        if not role.possible
        and ((role.column == INTERVIEW and not _worded(role)) or not role.column)
        and _holds_dates(role.profile)
    ]
    for at, role in enumerate(found):
        if left and at < _MOST_ASKED:
            yield _asked(role, left)
        else:
            yield replace(role, column="", reasons=("a date; nothing tells of what",))


def _holds_dates(profile: Profile) -> bool:
    if profile.kind is Kind.TEXT:
        return bool(date_forms(profile))
    return profile.kind is Kind.DATE


def _as(role: Proposal, column: str, reason: str) -> Proposal:
    return replace(role, column=column, reasons=(reason, *role.reasons))


def _asked(role: Proposal, columns: tuple[str, ...]) -> Proposal:
    said = f"a date that may be {' or '.join(columns)}; nothing tells which"
    return replace(role, column="", possible=columns, reasons=(said,))
