"""What a file is of: ratings, ratings with their follow-up, a follow-up alone, or invitations."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from advocacy.responses.proposal.evidence import confidence, evidence
from advocacy.responses.proposal.follow_up.periods import DATED, SINCE, other_time
from advocacy.responses.proposal.levels import Profile, ProfiledFile

PROPOSED = 0.50  # a role is proposed from this confidence

# Columns that only files of a follow-up, and only files of invitations, hold.
FOLLOWED_UP = frozenset((SINCE, *DATED))
INVITED = frozenset(("contact_id", "invited_on", "disposition"))
# What says whose a row of the one or the other is.
_IDENTITY = frozenset(("rating_id", "respondent_id", "supplier", "account"))


class FileKind(StrEnum):
    """What the rows of a file are."""

    RATINGS = "ratings"
    PANEL = "ratings with their follow-up"
    FOLLOW_UP = "follow-up interviews"
    CONTACTS = "invitations"


def is_followed_up(file: ProfiledFile) -> bool:
    """Tell whether a file asks who recommended since an earlier interview."""
    return any(not other_time(p, SINCE) and _holds(p, SINCE) for p in file.profiles)


def is_of_invitations(file: ProfiledFile) -> bool:
    """Tell whether a file has what became of invitations, and when they went out or their id."""

    def has(column: str) -> bool:
        return any(_holds(p, column) for p in file.profiles)

    # What became of it first: hardly any file has it.
    return has("disposition") and any(map(has, INVITED - {"disposition"}))


def kind_of(columns: Collection[str]) -> FileKind:
    """Return what a file is, by the columns that its variables hold or may hold."""
    if "disposition" in columns:
        return FileKind.CONTACTS
    if SINCE not in columns:
        return FileKind.RATINGS
    return FileKind.PANEL if "score" in columns else FileKind.FOLLOW_UP


def own_columns(kind: FileKind) -> frozenset[str]:
    """Return the columns that a file may hold that has no rating; empty for one that has."""
    if kind is FileKind.FOLLOW_UP:
        return FOLLOWED_UP | _IDENTITY | {"wave"}
    return INVITED | _IDENTITY | {"programme"} if kind is FileKind.CONTACTS else frozenset()


def _holds(profile: Profile, column: str) -> bool:
    return confidence(evidence(profile, column)) >= PROPOSED
