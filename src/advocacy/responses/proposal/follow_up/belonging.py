"""What a file is of, why it seems so, and to which ratings it could belong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from advocacy.errors import UsageError
from advocacy.responses.proposal.follow_up.bases import PossibleBase, possible_bases
from advocacy.responses.proposal.follow_up.kinds import FileKind, kind_of
from advocacy.responses.proposal.follow_up.periods import SINCE
from advocacy.responses.proposal.roles import Proposal, held

_APART = (FileKind.FOLLOW_UP, FileKind.CONTACTS)
_PERSON = "respondent_id"


@dataclass(frozen=True)
class Belonging:
    """What a file is of and where it could belong.

    Parameters
    ----------
    kind
        What its rows are.
    because
        Why it seems so; empty for ratings.
    identifier
        The variable with the respondents' identifiers; empty where none is known.
    bases
        What a file without ratings could belong to.
    """

    kind: FileKind
    because: str = ""
    identifier: str = ""
    bases: tuple[PossibleBase, ...] = ()

    def told(self) -> tuple[str, ...]:
        """Return sentences on where the file could belong."""
        if self.kind not in _APART:
            return ()
        if not self.identifier:
            return ("No variable is known as the respondents' identifier, which would tell.",)
        return tuple(
            f"It could belong to {one.name}: {one.shared:,} of {one.persons:,} respondents are in "
            f"it{', but it is of another supplier' * one.other_supplier}."
            if one.shared
            else f"It does not belong to {one.name}: none of {one.persons:,} respondents is in it."
            for one in self.bases
        ) or ("No file of ratings beside it has its respondents; name one with --base.",)


def belonging(
    roles: Sequence[Proposal],
    path: Path,
    base: Path | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    find: Callable[..., list[PossibleBase]] = possible_bases,
) -> Belonging:
    """Return what a file is of and where it could belong; see `possible_bases`.

    Parameters
    ----------
    find
        `possible_bases`, or what has it run in a process of its own.

    Raises
    ------
    UsageError
        A base is given, and the file is of ratings itself or has no identifier.
    """
    kind = kind_of(held(roles))
    identifier = next((role.name for role in roles if role.column == _PERSON), "")
    if base is not None and (kind not in _APART or not identifier):
        lacking = "has no identifier of respondents that we know" if identifier == "" else ""
        raise UsageError(
            f"The file {lacking or f'is of {kind}'}: it cannot be compared with a base.",
            where=str(path),
            remedy="Leave out --base.",
        )
    if kind not in _APART:
        return Belonging(kind, _because(kind, roles), identifier)
    bases = find(path, identifier, base, encoding, sheet) if identifier else ()
    return Belonging(kind, _because(kind, roles), identifier, tuple(bases))


def _because(kind: FileKind, roles: Sequence[Proposal]) -> str:
    if kind is FileKind.RATINGS:
        return ""
    column = "disposition" if kind is FileKind.CONTACTS else SINCE
    name = next(role.name for role in roles if role.column == column)
    if kind is FileKind.CONTACTS:
        return f"{name} says what became of each, and no variable holds a score"
    score = "a variable holds" if kind is FileKind.PANEL else "no variable holds"
    return f"{name} asks of the time since an interview, and {score} a score"
