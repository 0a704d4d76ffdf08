"""Recognising what a label or a variable name speaks of, in five languages.

All wordings stand in `wordings.toml`. Texts are compared folded: lower case, without accents
and signs, and with æ, ø and å as one letter however they are spelled.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Any

from advocacy.responses.crosswalk.names import country_codes
from advocacy.responses.crosswalk.names import fold as folded_name

# The codes of languages in all data files. Norwegian texts are Bokmål; cues know Nynorsk too.
LANGUAGES = {"en": "English", "nb": "Norwegian", "sv": "Swedish", "da": "Danish"}

# Cues know one more: no text is written in it.
CUE_LANGUAGES = LANGUAGES | {"de": "German"}

_ONE_LETTER = (("æ", "a"), ("ø", "o"), ("ae", "a"), ("oe", "o"), ("aa", "a"), ("ß", "ss"))
_CAMEL = re.compile(r"(?<=[a-zæøåäö])(?=[A-ZÆØÅÄÖ])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_SHORT = 4  # letters of a start that ends with its word
_CODE = re.compile(r"\d{1,3}(?!\d)\s*[-–—:=.)]?\s*")


@cache
def wordings() -> dict[str, Any]:
    """Return the content of the data file."""
    return tomllib.loads(
        (files("advocacy.responses.proposal") / "wordings.toml").read_text("utf-8")
    )


@cache
def fold(text: str) -> str:
    """Return the words of a text in one spelling, apart by single blanks."""
    # Accents first: å and ä are then a, ö is o, and ø and æ, which have none, follow.
    bare = text.lower()
    if not bare.isascii():
        bare = unicodedata.normalize("NFKD", bare)
        bare = "".join(letter for letter in bare if not unicodedata.combining(letter))
    for spelled, letter in _ONE_LETTER:
        bare = bare.replace(spelled, letter)
    return " ".join(re.findall(r"[^\W_]+", bare))


@cache
def name_words(name: str) -> str:
    """Return the folded words of a variable name: `RecommendedYN` and `har_anbefalt` have two."""
    return fold(_CAMEL.sub(" ", name))


def is_known_name(name: str, column: str) -> bool:
    """Tell whether a variable name, without digits and signs, is listed for a column."""
    return _bare(name) in _names(column)


@cache
def _bare(name: str) -> str:
    return re.sub(r"[\d ]", "", fold(name))


def known_wording(label: str, column: str) -> str:
    """Return the language in which a label is a wording of the column's question, or nothing."""
    text = fold(label)
    if column not in _begun(text):
        return ""
    for language, (start, *others) in _questions(column):
        # To compile a pattern takes long, and hardly any label begins as one.
        if not others:
            known = text == start
        elif known := text.startswith(start):
            pattern = " ?.+ ?".join(map(re.escape, (start, *others)))
            known = re.fullmatch(pattern, text) is not None
        if known:
            return LANGUAGES[language]
    return ""


@cache
def _begun(text: str) -> frozenset[str]:
    """Return the columns of which a wording begins as folded words do."""
    starts, columns = _starts()
    if not text.startswith(starts):  # as hardly any does
        return frozenset()
    return frozenset(c for start, c in zip(starts, columns, strict=True) if text.startswith(start))


@cache
def _starts() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the first part of each wording, and the column of each."""
    found = [
        (start, column)
        for column in wordings()["questions"]
        for _, (start, *_) in _questions(column)
    ]
    return tuple(start for start, _ in found), tuple(column for _, column in found)


def cue(text: str, column: str) -> str:
    """Return the language in which folded words hold a cue of the column, or nothing."""
    if column not in _heard(text, False):
        return ""
    entry = wordings()["cues"].get(column, {})
    for language, called in CUE_LANGUAGES.items():
        if any(holds(text, pattern) for pattern in entry.get(language, ())):
            return called
    return ""


def hint(text: str, column: str) -> bool:
    """Tell whether folded words hold a cue that leaves doubt."""
    if column not in _heard(text, True):
        return False
    return any(holds(text, pattern) for pattern in wordings()["cues"][column].get("hints", ()))


@cache
def spoken_of(label: str, name: str) -> frozenset[str]:
    """Return the columns that a label or a variable's name may speak of: few, as most say nothing.

    What is not among them has no known wording, no cue, no hint and no usual name.
    """
    text, words = fold(label), name_words(name)
    heard = (_begun(text), _heard(text, False), _heard(text, True), _heard(words, False))
    return frozenset().union(*heard, _named().get(_bare(name), ()))


@cache
def _named() -> dict[str, list[str]]:
    """Return the columns of each usual name."""
    found: dict[str, list[str]] = {}
    for column in wordings()["cues"]:
        for name in _names(column):
            found.setdefault(name, []).append(column)
    return found


@cache
def _heard(text: str, hints: bool) -> frozenset[str]:
    """Return the columns that a word may be a cue of, or a hint."""
    return frozenset().union(*(_heard_word(word, hints) for word in text.split()))


@cache
def _heard_word(word: str, hints: bool) -> frozenset[str]:
    padded, stems = f" {word} ", _first_stems(hints)
    return frozenset(
        column
        for at in range(len(padded) - 1)
        for stem, column in stems.get(padded[at : at + 2], ())
        if padded.startswith(stem, at)
    )


@cache
def _first_stems(hints: bool) -> dict[str, set[tuple[str, str]]]:
    """Return what one word holds wherever a cue is met, with the column, by its first two letters.

    It is the first word of the first token that must be there, which each cue has. A pattern of
    all of them would take longer to compile than the words of a small file to look up.
    """
    languages = ("hints",) if hints else tuple(CUE_LANGUAGES)
    stems: dict[str, set[tuple[str, str]]] = {}
    for column, entry in wordings()["cues"].items():
        patterns = [p for language in languages for p in entry.get(language, ())]
        needed = [next(stems for absent, stems in _tokens(p) if not absent) for p in patterns]
        for stem in (_first_word(stem) for own in needed for stem in own):
            stems.setdefault(stem[:2], set()).add((stem, column))
    return stems


def _first_word(stem: str) -> str:
    """Return the first word of a stem, with the blanks beside it."""
    start = len(stem) - len(stem.lstrip(" "))
    end = stem.find(" ", start)
    return stem if end < 0 else stem[: end + 1]


@cache
def ending(label: str, column: str, end: str) -> bool:
    """Tell whether a label is the ``low`` or ``high`` end of the column's scale."""
    text = fold(without_code(label))
    name = wordings()["questions"].get(column, {}).get("ends", "")
    known = wordings()["ends"].get({"score": "likelihood"}.get(column, name), {})
    which = 0 if end == "low" else 1
    if any(text == fold(known[language][which]) for language in LANGUAGES if language in known):
        return True
    topic = "agreement" if name == "agreement" else column
    cues = wordings()["endings"].get("ease" if name == "ease" else topic, {}).get(end, ())
    return any(holds(text, pattern) for pattern in cues)


@cache
def answer(label: str) -> str:
    """Return what a value label answers: yes, no, missing, or nothing of these."""
    for name in ("missing", "yes", "no"):
        if _is_code(label, name):
            return name
    return ""


@cache
def times(label: str, beside_never: bool = False) -> str:
    """Return how often an answer says that something was done: never, some, missing, or nothing.

    Some stands for once or more. An answer that may be either says nothing of these; one such
    as "less often" is some ``beside_never``, an answer that says never.
    """
    text = fold(label)
    never, often, less = (_any_of(name) for name in ("never", "often", "less"))
    if answer(label) == "missing" and not never.fullmatch(text):
        return "missing"
    rest = never.sub(" ", text)
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    if rest != text:
        return "" if often.search(rest) else "never"
    if numbers and not max(numbers):
        return "never"
    if less.search(text):
        return "some" if beside_never else ""
    if numbers and not min(numbers):
        return ""
    return "some" if numbers or often.search(text) else ""


def item(label: str, name: str) -> bool:
    """Tell whether one of several answers is a `recommended` or a `none` of [items]."""
    text = fold(without_code(label))
    return any(holds(text, pattern) for pattern in wordings()["items"][name])


def unit(text: str, name: str) -> bool:
    """Tell whether a label and a name speak of ``seconds`` or ``minutes``."""
    words = f"{fold(text)} {name_words(text)}"
    return any(holds(words, pattern) for pattern in wordings()["units"][name])


@cache
def _any_of(name: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(wordings()['times'][name])})\b")


@cache
def coded(label: str, names: tuple[str, ...]) -> str:
    """Return the first of some values, listed under [codes.*], that a label names."""
    return next((name for name in names if _is_code(label, name)), "")


@cache
def level(label: str, column: str) -> str:
    """Return the canonical value that [levels.<column>] gives a label, or nothing."""
    return _levels(column).get(fold(label), "")


@cache
def _levels(column: str) -> dict[str, str]:
    """Return the canonical value of each folded label of [levels.<column>]."""
    found: dict[str, str] = {}
    for value, labels in wordings()["levels"].get(column, {}).items():
        for language in LANGUAGES:
            found.setdefault(fold(labels[language]), str(value))
    return found


@cache
def country(text: str) -> str:
    """Return the ISO 3166-1 alpha-2 code of a country's name or code, or nothing."""
    bare = without_code(text).strip()
    # "NO" is Norway, "no" and "No" are answers.
    if len(bare) == 2 and not bare.isupper():
        return ""
    # Nor are "Yes" and "Nei", which is known without a table that takes long to make.
    if len(bare) > 2 and answer(bare):
        return ""
    return country_codes().get(folded_name(bare), "")


def without_code(label: str) -> str:
    """Return a value label without the code that some programs repeat before it."""
    match = _CODE.match(label)
    return label[match.end() :] if match else label


def holds(text: str, pattern: str) -> bool:
    """Tell whether folded words hold a cue; its syntax is described in `wordings.toml`."""
    padded = f" {text} "
    return all(
        any(stem in padded for stem in stems) != absent for absent, stems in _tokens(pattern)
    )


@cache
def _tokens(pattern: str) -> tuple[tuple[bool, tuple[str, ...]], ...]:
    """Return of each token of a cue whether it must be absent, and what finds it."""
    return tuple(
        (token.startswith("-"), tuple(map(_stem, token.lstrip("-").split("|"))))
        for token in pattern.split()
    )


def _stem(alternative: str) -> str:
    """Return what words with a blank before and behind them hold where an alternative is met."""
    stem = fold(alternative)
    if alternative.startswith("="):
        return f" {stem} "
    return stem if alternative.startswith("~") else f" {stem}"


@cache
def _names(column: str) -> frozenset[str]:
    names = wordings()["cues"].get(column, {}).get("names", ())
    return frozenset(fold(name).replace(" ", "") for name in (*names, column))


@cache
def _questions(column: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the wordings of a column's question: of each its language and folded parts.

    What stands between the parts is the supplier's name.
    """
    known = wordings()["questions"].get(column, {})
    return tuple(
        (language, tuple(map(fold, wording["text"].split("{supplier}"))))
        for language in LANGUAGES
        for wording in known.get(language, ())
    )


@cache
def _is_code(label: str, name: str) -> bool:
    text = fold(without_code(label)) or fold(label)
    labels, starts = _codes(name)
    return text in labels or f"{text} ".startswith(starts)


@cache
def _codes(name: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the folded labels of a code, and what labels of it begin with."""
    entry = wordings()["codes"].get(name, {})
    starts = map(fold, entry.get("starts", ()))
    # Whole words if short: "no" starts "no longer", not "Norway".
    return (
        frozenset(map(fold, entry.get("labels", ()))),
        tuple(start if len(start) > _SHORT else f"{start} " for start in starts),
    )
