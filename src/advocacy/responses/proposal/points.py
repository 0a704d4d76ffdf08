"""The point of the scale 0-10 that each answer stands for: by its code, its number or its words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from advocacy.responses.proposal.levels import Level, Profile
from advocacy.responses.proposal.wordings import answer, ending, fold

LOWEST, HIGHEST = 0, 10
_LAST_CODE = 11  # of 0-10 stored as 1-11, or a don't know beside 0-10
_AT_START = re.compile(r"\W*(\d{1,2})(?![\w.,]*\d)\b")
_AT_END = re.compile(r"(?<![\w.,])(\d{1,2})\W*$")
_LETTERED = re.compile(r"(\D*[^\W\d]\D*)(\d{1,3})")
_FROM_0_TO_10 = re.compile(r"\b0 (\w+ ){0,8}?10\b")


@dataclass(frozen=True)
class Point:
    """One answer of a scale.

    Parameters
    ----------
    code
        Its number: the value itself, or what follows the letters that all values begin with.
    stated
        The number that its words state; ``None`` where they state none.
    words
        Its label, or its value where that is a text.
    """

    step: Level
    code: int | None
    stated: int | None
    words: str

    @property
    def number(self) -> int | None:
        """The point that it seems to be, as it stands."""
        return self.code if self.stated is None else self.stated


def points(profile: Profile) -> list[Point]:
    """Return the answers that can be points of a scale: not declared missing, nor a don't know."""
    answers = [step for step in profile.levels if not step.declared_missing]
    answers = [step for step in answers if answer(_words(step)) != "missing"]
    prefix = letters_before(profile)
    coded = [(step, _code(step, prefix)) for step in answers]
    # A code is no words, whatever its letters.
    worded = [(s, code, s.label if code is not None else _words(s)) for s, code in coded]
    found = [Point(s, code, _stated(words), words) for s, code, words in worded]
    return sorted(found, key=lambda point: (point.code is None, point.code or 0))


def letters_before(profile: Profile) -> str:
    """Return the letters that all codes begin with, as in A1 to A11; empty where they have none."""
    codes = [_LETTERED.fullmatch(s.value) for s in profile.levels if s.value[-1:].isdigit()]
    found = {match[1] if match else "" for match in codes}
    return found.pop() if len(found) == 1 else ""


def code_text(profile: Profile, code: int) -> str:
    """Return a code as the file writes it, with its letters and leading zeros."""
    prefix = letters_before(profile)
    digits = [s.value.removeprefix(prefix) for s in profile.levels if prefix]
    padded = [len(text) for text in digits if text.startswith("0") and len(text) > 1]
    return f"{prefix}{code:0{max(padded, default=1)}d}"


def by_words(profile: Profile, found: list[Point]) -> dict[str, int]:
    """Return the point of each answer that is a text, empty where none is or some are unclear.

    An end without number is the point beside the others, and those it is nowhere else; where
    these leave out 1, only a question that speaks of 0 to 10 says that the lower end is 0.
    """
    numbers = {p.step.value: p.number for p in found if p.number is not None}
    bare = [p for p in found if p.number is None]
    low = [p for p in bare if ending(p.words, "score", "low")]
    high = [p for p in bare if ending(p.words, "score", "high") and p not in low]
    inside = set(numbers.values())
    if not numbers or len(low) > 1 or len(high) > 1 or not (low or high or _texts(found)):
        return {}
    asked = speaks_of_0_to_10(profile)
    first = LOWEST if asked else min(inside) - 1
    last = HIGHEST if asked else max(inside) + 1
    if low and first not in inside:
        numbers[low[0].step.value] = first
    if high and last not in inside:
        numbers[high[0].step.value] = last
    return numbers


def speaks_of_0_to_10(profile: Profile) -> bool:
    """Tell whether the question names the ends of its scale."""
    texts = (profile.variable.label, profile.variable.name)
    return any(_FROM_0_TO_10.search(fold(text)) for text in texts)


def _texts(found: list[Point]) -> bool:
    """Tell whether some values are texts that state a number."""
    return any(p.code is None and p.stated is not None for p in found)


def _words(step: Level) -> str:
    return step.label or (step.value if step.number is None else "")


def _code(step: Level, prefix: str) -> int | None:
    number = step.number
    if number is None and prefix:
        digits = step.value.removeprefix(prefix)
        return int(digits) if digits.isdigit() else None
    return int(number) if number is not None and number.is_integer() else None


def _stated(words: str) -> int | None:
    match = _AT_START.match(words) or _AT_END.search(words)
    number = int(match[1]) if match else None
    return number if number is not None and number <= _LAST_CODE else None
