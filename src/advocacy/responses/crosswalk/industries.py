"""Industries: titles and codes of NACE, in either revision, to codes of Revision 2.1.

Revision 2.1 divides section J of Revision 2 in two, so each later section has moved by a
letter: K is finance in Revision 2 and telecommunication in Revision 2.1. A title tells which
section is meant, and so does a letter with the number of its division, as numbers did not
move. A letter alone from J on does not, unless the revision is stated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from advocacy.responses.crosswalk.names import fold, further_names, lookup_sql, unambiguous
from advocacy.responses.schema import COLUMNS, INDUSTRIES
from advocacy.sql import literal

REVISIONS = ("2", "2.1")

# First and last division of each section of Revision 2.1. There is no division 45 any more.
_DIVISIONS = {
    "A": (1, 3), "B": (5, 9), "C": (10, 33), "D": (35, 35), "E": (36, 39), "F": (41, 43),
    "G": (46, 47), "H": (49, 53), "I": (55, 56), "J": (58, 60), "K": (61, 63), "L": (64, 66),
    "M": (68, 68), "N": (69, 75), "O": (77, 82), "P": (84, 84), "Q": (85, 85), "R": (86, 88),
    "S": (90, 93), "T": (94, 96), "U": (97, 98), "V": (99, 99),
}  # fmt: skip
_SAME = "ABCDEFGHI"  # sections that have the same letter in both revisions
_SPLIT = "J"  # the section of Revision 2 that is two in Revision 2.1
_MOVED = dict(zip("KLMNOPQRSTU", "LMNOPQRSTUV", strict=True))
# Divisions of Revision 2 whose parts are in several sections of Revision 2.1.
_DIVIDED = ("G45", "J63")

_CODE = COLUMNS["industry"].pattern
_KEY = 3  # characters of a code that tell section and division

ALONE = (
    "a letter alone, which from J on is another industry in NACE Rev. 2 than in Rev. 2.1: state "
    "the revision as @industry:2 or @industry:2.1"
)
TWO_NOW = (
    "an industry of NACE Rev. 2 that Rev. 2.1 divides between sections; section J is now J, "
    "publishing and broadcasting, and K, telecommunication and IT"
)


def check_revision(written: str) -> None:
    """Check the revision that letters are of; none need be stated.

    Raises
    ------
    ValueError
        It is no revision that is read.
    """
    if written and written not in REVISIONS:
        raise ValueError(f"the revision of NACE that letters are of, {' or '.join(REVISIONS)}")


@cache
def industry_codes(revision: str = "") -> Mapping[str, str]:
    """Return the section or division of Revision 2.1 of each folded title and code.

    Parameters
    ----------
    revision
        Of `REVISIONS`, that letters alone are of; empty where it is not known.
    """
    pairs = [
        (name, section)
        for section, title in _titles()
        for name in (title, *(f"{letter} {title}" for letter in _letters(section)))
    ]
    pairs += [(letter, letter) for letter in _SAME]
    if revision == "2":
        pairs += _MOVED.items()
    if revision == "2.1":
        pairs += [(section, section) for section in _DIVISIONS]
    for section, (first, last) in _DIVISIONS.items():
        for number in range(first, last + 1):
            now, before = f"{section}{number:02}", f"{_before(section)}{number:02}"
            pairs += [(now, now)] if revision != "2" else []
            pairs += [(before, now)] if revision != "2.1" and before not in _DIVIDED else []
    return unambiguous(pairs)


@cache
def industry_problems(revision: str = "") -> Mapping[str, str]:
    """Return why folded titles and codes of industries have no code of Revision 2.1."""
    titles = [title for titles in further_names()["divided"].values() for title in titles]
    divided = [name for title in titles for name in (title, f"{_SPLIT} {title}")]
    divided += _DIVIDED if revision != "2.1" else ()
    divided += [_SPLIT] if revision == "2" else []
    alone = [] if revision else [s for s in _DIVISIONS if s not in _SAME]
    return unambiguous([(n, TWO_NOW) for n in divided] + [(n, ALONE) for n in alone])


def industry_of(text: str, revision: str = "") -> str | None:
    """Return the code of Revision 2.1 of a title or code; ``None`` where there is none."""
    key, code = _key(text), text.strip().upper()
    found = industry_codes(revision).get(fold(key))
    return code if found == key and re.fullmatch(_CODE, code) else found


def industry_problem(text: str, revision: str = "") -> str | None:
    """Say why a title or code has no code of Revision 2.1, where more is known than that."""
    return industry_problems(revision).get(fold(_key(text)))


def industry_sql(text: str, revision: str) -> str:
    """Return the SQL expression that does to ``text`` what `industry_of` does."""
    key = _key_sql(text)
    found = lookup_sql(industry_codes(revision), key)
    code = f"upper(trim({text}))"
    whole = f"regexp_full_match({code}, {literal(_CODE)})"
    return f"CASE WHEN {whole} AND {found} = {key} THEN {code} ELSE {found} END"


def problem_sql(text: str, revision: str) -> str:
    """Return the SQL expression that does to ``text`` what `industry_problem` does."""
    return lookup_sql(industry_problems(revision), _key_sql(text))


def _titles() -> Iterator[tuple[str, str]]:
    yield from INDUSTRIES
    for section, languages in further_names()["industries"].items():
        yield from ((section, title) for titles in languages.values() for title in titles)


def _before(section: str) -> str:
    """Return the letter that a section of Revision 2.1, or what it is part of, has in 2."""
    moved = {now: letter for letter, now in _MOVED.items()}
    return section if section in _SAME else moved.get(section, _SPLIT)


def _letters(section: str) -> set[str]:
    return {section, _before(section)}


def _key(text: str) -> str:
    """Return section and division of a code; any other text as it is."""
    code = text.strip().upper()
    return code[:_KEY] if re.fullmatch(_CODE, code) else text


def _key_sql(text: str) -> str:
    code = f"upper(trim({text}))"
    whole = f"regexp_full_match({code}, {literal(_CODE)})"
    return f"CASE WHEN {whole} THEN left({code}, {_KEY}) ELSE {text} END"
