"""What the name and the label of a variable say, in five languages."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
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
_LANGUAGES = ("en", "no", "sv", "da", "de")


def words(text: str) -> str:
    """Return the words of a name or label: lower case, apart, folded."""
    apart = _SEAM.sub(" ", text)
    return folded(" ".join(re.sub(r"[^\w]+|_", " ", apart).lower().split()))


def folded(text: str) -> str:
    """Return a text in lower case without the letters that English lacks."""
    for letters, letter in _FOLDED:
        text = text.replace(letters, letter)
    return text


def says(said: tuple[str, ...], kind: str) -> bool:
    """Tell whether the words of a variable are those of a kind of `wordings.toml`.

    ``said`` has the words of its name and of its label, as `words` gives them.
    """
    phrases = _phrases(kind)
    if any(phrases.never.search(text) for text in said):
        return False
    return any(
        (phrases.found.search(text) or phrases.whole.fullmatch(text))
        and not phrases.others.search(text)
        for text in said
    )


@dataclass(frozen=True)
class _Phrases:
    """What is found in a text, what is all of it, and what stands in it or beside it not."""

    found: re.Pattern[str]
    whole: re.Pattern[str]
    others: re.Pattern[str]
    never: re.Pattern[str]


@cache
def _phrases(kind: str) -> _Phrases:
    entry = _wordings()[kind]
    found = [phrase for language in _LANGUAGES for phrase in entry[language]]
    parts = (entry.get(key, []) for key in ("whole", "not", "never"))
    return _Phrases(_compiled(found), *map(_compiled, parts))


def _compiled(phrases: list[str]) -> re.Pattern[str]:
    """Return an expression that finds any of the phrases; without phrases it finds nothing."""
    return re.compile(rf"\b(?:{'|'.join(map(_spaced, phrases))})\b" if phrases else "(?!)")


def _spaced(phrase: str) -> str:
    return re.sub(" [?]?", " ?", folded(phrase))


@cache
def _wordings() -> dict[str, dict[str, list[str]]]:
    text = resources.files(__package__).joinpath("wordings.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
