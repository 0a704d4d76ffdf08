"""The canonical column that each variable seems to hold, with a confidence and the reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import groupby

from advocacy.responses.proposal.behaviour import BEHAVIOUR, COUNTED, AnswerSet, answer_sets
from advocacy.responses.proposal.evidence import (
    PLACED,
    STRENGTHS,
    WITH_ENDS,
    Evidence,
    confidence,
    evidence,
    form_of,
    of_other_time,
    ranked,
    spoken,
)
from advocacy.responses.proposal.follow_up.dates import told_apart
from advocacy.responses.proposal.follow_up.kinds import (
    FOLLOWED_UP,
    INVITED,
    PROPOSED,
    is_followed_up,
    is_of_invitations,
    kind_of,
    own_columns,
)
from advocacy.responses.proposal.levels import Kind, Profile, ProfiledFile
from advocacy.responses.proposal.wordings import spoken_of, wordings

# A file with one of these is of answers, whatever else it holds.
_RATED = ("score", BEHAVIOUR, COUNTED)
MARGIN = 0.10  # candidates that are closer than this are asked about


@dataclass(frozen=True)
class Proposal:
    """What one variable seems to be.

    Parameters
    ----------
    profile
        The variable and its values.
    column
        Name of the canonical column; empty where none is proposed.
    confidence
        In [0, 1]; of the strongest column that was considered, 0 without any.
    reasons
        Short sentences, strongest first.
    close
        The variables that fit this column about as well, this one among them.
    declared
        The file's header declares it as the weight, which leaves no choice.
    nearest
        Where no column is proposed, the one that it came closest to.
    answer_set
        The set whose variables fill the column together, if it is one of them.
    possible
        Where no column is proposed because a person must say which, those that it may be.
    """

    profile: Profile
    column: str = ""
    confidence: float = 0.0
    reasons: tuple[str, ...] = ()
    close: tuple[str, ...] = ()
    declared: bool = False
    nearest: str = ""
    answer_set: AnswerSet | None = None
    possible: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name of the variable."""
        return self.profile.variable.name

    @property
    def rivals(self) -> Iterator[str]:
        """The others that fit the column about as well; a wide file may have thousands."""
        together = self.together
        return (name for name in self.close if name not in together)

    @property
    def contested(self) -> bool:
        """Whether a person must choose between this variable and others."""
        return next(self.rivals, None) is not None

    @property
    def together(self) -> tuple[str, ...]:
        """Names of the variables that fill the column together."""
        return self.answer_set.names if self.answer_set else (self.name,)


@dataclass(frozen=True)
class Case:
    """All that speaks for or against a column, strongest first."""

    pieces: list[Evidence]

    @cached_property
    def sure(self) -> float:
        """The confidence that they give; a case may be that of many columns."""
        return confidence(self.pieces)


def propose_roles(file: ProfiledFile) -> list[Proposal]:
    """Return a proposal a variable, in the file's order.

    A column goes to the variable with the highest confidence; where others come within
    `MARGIN`, and for every candidate of `score`, all of them are proposed as rivals.
    """
    strongest = _all_strongest(file)
    proposals = {p.name: p for p in strongest}
    by_column = sorted((p for p in strongest if p.column), key=lambda p: p.column)
    for column, claims in groupby(by_column, key=lambda p: p.column):
        proposals |= {p.name: p for p in _settled(column, list(claims))}
    return list(proposals.values())


def _all_strongest(file: ProfiledFile) -> list[Proposal]:
    """Return the strongest column of each variable, of those that a file like this holds."""
    if is_followed_up(file):
        found = told_apart(_strongest_but(INVITED, file), file)
    else:
        found = _strongest_but(INVITED | FOLLOWED_UP, file)
        if not any(p.column in _RATED for p in found) and is_of_invitations(file):
            found = _strongest_but(FOLLOWED_UP, file)
    kind = kind_of(held(found))
    own = own_columns(kind)
    out = f"the file is of {kind}, which have none"
    return [
        replace(p, column="", nearest=p.column, reasons=(f"{p.column}: {out}",))
        if own and p.column and p.column not in own
        else p
        for p in found
    ]


def held(proposals: Iterable[Proposal]) -> set[str]:
    """Return the columns that variables hold or may hold."""
    return {column for p in proposals for column in (p.column, *p.possible) if column}


def _strongest_but(barred: frozenset[str], file: ProfiledFile) -> list[Proposal]:
    sets = {name: one for one in answer_sets(file) for name in one.names}
    return [
        _member(profile, sets[name])
        if (name := profile.variable.name) in sets
        else _strongest(profile, file.table.weight, barred)
        for profile in file.profiles
    ]


def _member(profile: Profile, one: AnswerSet) -> Proposal:
    others = ", ".join(name for name in one.names if name != profile.variable.name)
    reasons = (f"it is one of several answers, with {others}", "their words are of the question")
    sure = 1 - (1 - STRENGTHS["label"]) * (1 - STRENGTHS["typical"])
    return Proposal(profile, BEHAVIOUR, sure, reasons, answer_set=one)


def _strongest(profile: Profile, weight: str, barred: frozenset[str]) -> Proposal:
    if profile.variable.name == weight:
        pieces = evidence(profile, "weight", weight)
        reasons = tuple(piece.reason for piece in pieces)
        return Proposal(profile, "weight", confidence(pieces), reasons, declared=True)
    if profile.kind is Kind.EMPTY and not profile.variable.value_labels:
        return Proposal(profile, reasons=("it has no values",))
    found = _candidates(profile, barred)
    sures = {name: round(case.sure, 9) for name, case in found.items()}
    most = max(sures.values())
    tied = [name for name, own in sures.items() if own == most]
    column = max(tied, key=lambda name: _says_more(name, most))
    sure, pieces = found[column].sure, found[column].pieces
    if sure < PROPOSED:
        why = _why_none(column, sure, pieces)
        return Proposal(profile, confidence=sure, reasons=why, nearest=column)
    return Proposal(profile, column, sure, tuple(piece.reason for piece in pieces))


def _candidates(profile: Profile, barred: frozenset[str]) -> dict[str, Case]:
    """Return the case of each column with cues; words are heard where the values can be its.

    Of most columns no word speaks: those whose values must be alike share one case.

    Parameters
    ----------
    barred
        Columns that the file cannot hold, being what it is.
    """
    columns = _formed(barred)
    forms = {form: form(profile) for form in dict.fromkeys(columns.values())}
    unspoken = {form: Case(ranked(pieces, profile)) for form, pieces in forms.items()}
    possible = {form for form, pieces in forms.items() if all(piece.remains for piece in pieces)}
    heard = _heard(profile)
    found = {}
    for column, form in columns.items():
        words: list[Evidence] = []
        if form in possible:
            words = spoken(profile, column) if column in heard else of_other_time(profile, column)
        if words or column in PLACED:
            pieces = [*words, *forms[form]]
            found[column] = Case(ranked(pieces, profile, column))
        else:
            found[column] = unspoken[form]
    return found


def _heard(profile: Profile) -> frozenset[str]:
    """Return the columns that a label, a name or the ends of a scale may speak of."""
    heard = spoken_of(profile.variable.label, profile.variable.name)
    if COUNTED in heard:  # how often says whether
        heard |= {BEHAVIOUR}
    return heard.union(WITH_ENDS) if profile.variable.value_labels else heard


@cache
def _formed(barred: frozenset[str]) -> dict[str, Callable[[Profile], list[Evidence]]]:
    """Return the columns with cues that a file can hold, with what their values must be like."""
    named = (column for column in wordings()["cues"] if column not in barred)
    return {column: form_of(column) for column in named}


def _says_more(column: str, sure: float) -> bool:
    """Tell whether words are of a follow-up: "the date on which" is of interviews as well."""
    return column in FOLLOWED_UP and sure > STRENGTHS["date"]


def _why_none(column: str, sure: float, pieces: list[Evidence]) -> tuple[str, ...]:
    if sure < STRENGTHS["form"]:
        return ("nothing points to a canonical column",)
    because = "; ".join(piece.reason for piece in pieces)
    return (f"too little for {column} ({because})",)


def _settled(column: str, claims: list[Proposal]) -> list[Proposal]:
    """Return the claims to one column: the best alone, or several as rivals."""
    # One question for all that recommending can be says more than a sum of answers.
    direct = [p for p in claims if not p.answer_set] or claims
    best = max(direct, key=lambda p: (p.declared, p.confidence))
    close = (
        [best]
        if best.declared
        else [p for p in direct if best.confidence - p.confidence < MARGIN or column == "score"]
    )
    settled = {p.name for p in close}
    names = tuple(p.name for p in close)  # one tuple for all: as many as there are variables
    kept = [replace(p, close=names) for p in close]
    beaten = f"could be {column}, but {best.name} fits better"
    lost = [
        replace(p, column="", reasons=(f"{beaten} ({best.confidence:.2f})", *p.reasons))
        for p in claims
        if p.name not in settled
    ]
    return kept + lost
