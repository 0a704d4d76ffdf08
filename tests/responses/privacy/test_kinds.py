"""Each test of a value takes any text; `wordings.toml` and `KINDS` have the same kinds."""

from __future__ import annotations

import re
import tomllib
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advocacy.responses.privacy.kinds import KINDS
from advocacy.responses.privacy.wordings import folded, says, words

LANGUAGES = {"en", "no", "sv", "da", "de"}
PACKAGE = resources.files("advocacy.responses.privacy")
WORDINGS = tomllib.loads(PACKAGE.joinpath("wordings.toml").read_text(encoding="utf-8"))

near_numbers = st.from_regex(r"[A-Za-z+(]{0,3}[0-9 ./@:+-]{1,24}[A-Za-z]?", fullmatch=True)


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.text(min_size=1, max_size=60), near_numbers))
def test_any_text_is_judged(text: str) -> None:
    for kind in KINDS.values():
        for test in (kind.proves, kind.fits):
            assert test is None or test(text) in (True, False)


def test_every_kind_is_worded_in_every_language() -> None:
    worded = {kind.wording or name for name, kind in KINDS.items()}
    worded |= {kind.unless for kind in KINDS.values()} - {""}
    assert worded | {"measure", "no person", "beginning"} == set(WORDINGS)
    assert all(set(entry) >= LANGUAGES for entry in WORDINGS.values())
    assert all(set(entry) - LANGUAGES <= {"whole", "not", "never"} for entry in WORDINGS.values())


@pytest.mark.parametrize("name", sorted(WORDINGS))
def test_every_phrase_is_an_expression_of_its_own(name: str) -> None:
    phrases = [phrase for own in WORDINGS[name].values() for phrase in own]
    assert all(re.compile(phrase) for phrase in phrases)
    assert not any(re.search(r"^\||\|$|\(\)", phrase) for phrase in phrases)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("RecipientEmail", "recipient email"),
        ("IPAddress", "ip address"),
        ("KdNr", "kd nr"),
        ("Geb.dat.", "geb dat"),
        ("kunde_nr2", "kunde nr 2"),
        ("FØDSELSDATO", "fodselsdato"),
        ("Straße", "strasse"),
        ("Mobiltelefon, privat?", "mobiltelefon privat"),
    ],
)
def test_words_of_a_name(written: str, read: str) -> None:
    assert words(written) == read


def test_letters_that_english_lacks_are_folded() -> None:
    assert folded("fødselsår") == folded("foedselsaar") == folded("fodselsar")
    assert folded("führerschein") == folded("fuehrerschein") == "fuhrerschein"


def test_a_number_of_an_organisation_is_no_customers() -> None:
    assert says((words("kundenr"), ""), "customer number")
    assert not says((words("kundenr"), words("Kundenummer (virksomhet)")), "customer number")
    assert not says((words("orgnr"), words("Organisasjonsnummer")), "customer number")
