"""Names of persons, known by common given names and surnames (`people.toml`)."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources

from advocacy.responses.privacy.contents import is_company
from advocacy.responses.privacy.wordings import folded

_PARTS = re.compile(r"[ ,.]+")
_WRITTEN = re.compile(r"[^\W\d_]([^\W\d_]|[ ,.'’-])*")
_MOST_PARTS = 5
_TITLED = re.compile(
    r"(mrs?|ms|miss|mx|dr|prof|herr|frau|hr|fr|fru|frk|frøken|fröken)[.]? [^\W\d_].*", re.I
)


def is_known_name(text: str) -> bool:
    """Tell whether a text is a name: with a title, a given name in it, or surnames alone.

    Names in -sson and -sen are surnames, known or not.
    """
    if len(text) > 60 or not _WRITTEN.fullmatch(text) or is_company(text):
        return False
    parts = [folded(part.lower()) for part in _PARTS.split(text) if len(part) > 1]
    if not 1 <= len(parts) <= _MOST_PARTS:
        return False
    if _TITLED.fullmatch(text):
        return True
    given, surnames = _names("given"), _names("surnames")
    if any(part in given or part.split("-")[0] in given for part in parts):
        return True
    return all(part in surnames or _patronymic(part) for part in parts)


def _patronymic(part: str) -> bool:
    return len(part) >= 6 and part.endswith(("sson", "ssen", "rsen", "nsen", "lsen", "dottir"))


@cache
def _names(kind: str) -> frozenset[str]:
    text = resources.files(__package__).joinpath("people.toml").read_text(encoding="utf-8")
    lists = tomllib.loads(text)[kind].values()
    return frozenset(folded(name.lower()) for names in lists for name in names.split())
