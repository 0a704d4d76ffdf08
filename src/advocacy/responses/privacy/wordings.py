"""What the name and the label of a variable say, in five languages."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources

# As other keyboards write them; a word is folded in the same way on both sides.
_FOLDED = (
    ("aa", "a"), ("å", "a"), ("ae", "a"), ("æ", "a"), ("ä", "a"),
    ("oe", "o"), ("ø", "o"), ("ö", "o"), ("ue", "u"), ("ü", "u"), ("ß", "ss"),
)  # fmt: skip
# RecipientEmail, IPAddress, adresse1.
_SEAM = re.compile(
    r"(?<=[a-zæøåäöüß])(?=[A-ZÆØÅÄÖÜ])|(?<=[A-ZÆØÅÄÖÜ])(?=[A-ZÆØÅÄÖÜ][a-zæøåäöüß])"
    r"|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])"
)
_NOT_PHRASES = ("not", "whole")


def words(text: str) -> str:
    """Return the words of a name or label: lower case, apart, folded."""
    apart = _SEAM.sub(" ", text)
    return folded(" ".join(re.sub(r"[^\w]+|_", " ", apart).lower().split()))


def folded(text: str) -> str:
    """Return a text in lower case without the letters that English lacks."""
    for letters, letter in _FOLDED:
        text = text.replace(letters, letter)
    return text


def says(said: str, kind: str) -> bool:
    """Tell whether words, as `words` gives them, are those of a kind of `wordings.toml`."""
    phrases, whole, others = _phrases(kind)
    found = phrases.search(said) or (whole and whole.fullmatch(said))
    return bool(found) and not (others and others.search(said))


@cache
def _phrases(kind: str) -> tuple[re.Pattern[str], re.Pattern[str] | None, re.Pattern[str] | None]:
    """Return what is found in a text, what is all of it, and what it does not say."""
    entry = _wordings()[kind]
    found = [p for language, ps in entry.items() if language not in _NOT_PHRASES for p in ps]
    compiled = _compiled(found)
    whole = re.compile(_spaced("|".join(entry["whole"]))) if "whole" in entry else None
    return compiled, whole, _compiled(entry["not"]) if "not" in entry else None


def _compiled(phrases: list[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(_spaced(phrase) for phrase in phrases)})\b")


def _spaced(phrase: str) -> str:
    return re.sub(" [?]?", " ?", folded(phrase))


@cache
def _wordings() -> dict[str, dict[str, list[str]]]:
    text = resources.files(__package__).joinpath("wordings.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
