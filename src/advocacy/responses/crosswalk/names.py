"""Names to codes, in English, Norwegian, Swedish and Danish; those of countries.

Country names are those of Unicode CLDR, ISO 3166-1 codes of two and three letters, and the further
names in ``names.toml``: ``tests/reference/countries.py`` writes all of them to ``countries.csv``.
Case, accents and punctuation do not matter.
A name that could be two countries, such as Kongo, is in no table: who uses it must say which
one is meant.
"""

from __future__ import annotations

import csv
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from advocacy.sql import literal

# Letters that stripping accents leaves as they are.
_LETTERS = {"ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "đ": "d", "ð": "d", "ł": "l", "þ": "th"}
_JOINING = " (and|og|och) "


@cache
def fold(name: str) -> str:
    """Return a name without case, accents, punctuation, joining words and leading article."""
    decomposed = unicodedata.normalize("NFKD", name)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).lower()
    for letter, replacement in _LETTERS.items():
        plain = plain.replace(letter, replacement)
    words = re.sub("[^a-z0-9]+", " ", plain.replace(".", "")).strip()
    return re.sub("^the ", "", re.sub(_JOINING, " ", words))


def folded_sql(text: str) -> str:
    """Return the SQL expression that does to ``text`` what `fold` does to a name."""
    plain = f"lower(strip_accents({text}))"
    for letter, replacement in _LETTERS.items():
        plain = f"replace({plain}, {literal(letter)}, {literal(replacement)})"
    words = f"trim(regexp_replace(replace({plain}, '.', ''), '[^a-z0-9]+', ' ', 'g'))"
    joined = f"regexp_replace({words}, {literal(_JOINING)}, ' ', 'g')"
    return f"regexp_replace({joined}, '^the ', '')"


def lookup_sql(codes: Mapping[str, str], text: str) -> str:
    """Return the SQL expression for the code of the name ``text``; NULL where it has none.

    It is a scalar subquery, which the database runs as one hash join.
    """
    return (
        f"(SELECT names.code FROM (VALUES {_listed(tuple(codes.items()))}) names(name, code) "
        f"WHERE names.name = {folded_sql(text)})"
    )


@cache  # the same long lists in each of many files
def _listed(codes: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"({literal(name)}, {literal(code)})" for name, code in codes)


@cache
def country_codes() -> Mapping[str, str]:
    """Return the ISO 3166-1 alpha-2 code of each folded name, or code, of a country."""
    with (
        files("advocacy.responses.crosswalk")
        .joinpath("countries.csv")
        .open("r", encoding="utf-8") as rows
    ):
        return {row["name"]: row["code"] for row in csv.DictReader(rows)}


def unambiguous(pairs: Iterable[tuple[str, str]], ambiguous: Iterable[str] = ()) -> dict[str, str]:
    """Return the code of each folded name that has only one, and is not called ambiguous."""
    found: dict[str, set[str]] = {}
    for name, code in pairs:
        found.setdefault(fold(name), set()).add(code)
    refused = {fold(name) for name in ambiguous}
    return {
        name: next(iter(codes))
        for name, codes in sorted(found.items())
        if len(codes) == 1 and name not in refused
    }


@cache
def further_names() -> dict[str, Any]:
    """Return what ``names.toml`` has."""
    content: dict[str, Any] = tomllib.loads(
        files("advocacy.responses.crosswalk").joinpath("names.toml").read_text(encoding="utf-8")
    )
    return content
