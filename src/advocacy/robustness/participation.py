"""Response, cooperation, refusal and contact rates from the dispositions of invitations.

American Association for Public Opinion Research, Standard Definitions: Final Dispositions of
Case Codes and Outcome Rates for Surveys, 10th edition (2023).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from advocacy.errors import DataError, UsageError

# What the codes that begin so count as; the longest beginning decides.
GROUPS = {
    "1.0": "complete",
    "1.1": "complete",
    "1.2": "partial",
    "2.0": "other",
    "2.1": "refusal",
    "2.2": "non_contact",
    "2.3": "other",
    "3.1": "unknown_household",
    "3": "unknown_other",
    "4": "ineligible",
}


@dataclass(frozen=True)
class Dispositions:
    """Numbers of invitations by what became of them.

    In AAPOR's letters they are I, P, R, NC, O, UH, UO, and those not eligible.
    """

    complete: int = 0
    partial: int = 0
    refusal: int = 0
    non_contact: int = 0
    other: int = 0
    unknown_household: int = 0
    unknown_other: int = 0
    ineligible: int = 0

    @property
    def interviews(self) -> int:
        """Return complete and partial interviews."""
        return self.complete + self.partial

    @property
    def eligible(self) -> int:
        """Return those known to be eligible."""
        return self.interviews + self.refusal + self.non_contact + self.other

    @property
    def unknown(self) -> int:
        """Return those whose eligibility is not known."""
        return self.unknown_household + self.unknown_other


@dataclass(frozen=True)
class OutcomeRate:
    """An outcome rate and what it counts.

    Parameters
    ----------
    name
        AAPOR's name, such as ``RR1``.
    numerator, denominator
        Numbers of invitations; the denominator need not be whole where e stands in it.
    counts
        The two in AAPOR's letters.
    """

    name: str
    numerator: float
    denominator: float
    counts: str

    @property
    def rate(self) -> float:
        """Return the rate, NaN where nothing is in the denominator."""
        return self.numerator / self.denominator if self.denominator > 0 else float("nan")


def grouped(codes: Mapping[str, int], invitations: int | None = None) -> Dispositions:
    """Return the numbers by group, of numbers of invitations by final disposition code.

    ``invitations`` is how many there were in all, where it is known from elsewhere.

    Raises
    ------
    DataError
        A code that AAPOR does not have, a number below 0, or numbers that do not add up.
    """
    numbers: dict[str, int] = {}
    for code, number in codes.items():
        if number < 0:
            raise DataError(
                f"Disposition {code} has {number} invitations.",
                where="column disposition",
                remedy="Count each invitation once, by its final disposition.",
            )
        group = _group(code)
        numbers[group] = numbers.get(group, 0) + number
    counted = sum(numbers.values())
    if invitations is not None and counted != invitations:
        raise DataError(
            f"The dispositions add up to {counted} invitations, but there were {invitations}.",
            where="column disposition",
            remedy="Give every invitation one final disposition; for those of which nothing is "
            "known it is 3.2.",
        )
    return Dispositions(**numbers)


def eligibility(dispositions: Dispositions) -> float:
    """Return e, the share eligible among those of known eligibility.

    It is AAPOR's proportional allocation. Without invitations of known eligibility it is NaN.
    """
    known = dispositions.eligible + dispositions.ineligible
    return dispositions.eligible / known if known else float("nan")


def outcome_rates(dispositions: Dispositions, e: float | None = None) -> tuple[OutcomeRate, ...]:
    """Return RR1 to RR6, COOP1 to COOP4, REF1 to REF3 and CON1 to CON3.

    ``e`` is the share eligible among those of unknown eligibility, from 0 to 1; without it,
    `eligibility` estimates it.

    Raises
    ------
    UsageError
        An ``e`` outside 0 to 1.
    """
    if e is not None and not 0 <= e <= 1:
        raise UsageError(
            f"A share eligible of {e} is not from 0 to 1.",
            remedy="Give it as a proportion, or leave it out to have it estimated.",
        )
    d = dispositions
    share = eligibility(d) if e is None else e
    # Without unknowns nothing is allocated, whatever e is.
    part = share * d.unknown if d.unknown else 0.0
    contacted = d.interviews + d.refusal + d.other
    asked = d.interviews + d.refusal
    known, interviews = "(I+P)+(R+NC+O)", "I+P"
    every = (
        (d.eligible + d.unknown, f"{known}+(UH+UO)"),
        (d.eligible + part, f"{known}+e(UH+UO)"),
        (d.eligible, known),
    )
    found = []
    for position, (number, text) in enumerate(every):
        found += [
            OutcomeRate(f"RR{2 * position + 1}", d.complete, number, f"I / {text}"),
            OutcomeRate(f"RR{2 * position + 2}", d.interviews, number, f"({interviews}) / {text}"),
        ]
    for position, (number, text) in enumerate(((contacted, "(I+P)+R+O"), (asked, "(I+P)+R"))):
        found += [
            OutcomeRate(f"COOP{2 * position + 1}", d.complete, number, f"I / {text}"),
            OutcomeRate(
                f"COOP{2 * position + 2}", d.interviews, number, f"({interviews}) / {text}"
            ),
        ]
    for name, top, letters in (("REF", d.refusal, "R"), ("CON", contacted, "((I+P)+R+O)")):
        found += [
            OutcomeRate(f"{name}{position}", top, number, f"{letters} / {text}")
            for position, (number, text) in enumerate(every, 1)
        ]
    return tuple(found)


def _group(code: str) -> str:
    beginnings = [start for start in GROUPS if code == start or _below(code, start)]
    if not beginnings:
        raise DataError(
            f"{code!r} is no final disposition code of AAPOR.",
            where="column disposition",
            remedy="Say in the crosswalk what it means, such as 1.1 (complete), 1.2 (partial), "
            "2.11 (refusal), 2.2 (no contact), 3.3 (undelivered) or 4.1 (not eligible).",
        )
    return GROUPS[max(beginnings, key=len)]


def _below(code: str, start: str) -> bool:
    """Return whether a code is a finer one: 2.11 below 2.1, and 4.1 below 4, but not 44."""
    rest = code.removeprefix(start if "." in start else f"{start}.")
    return rest != code and rest.isdecimal()
