"""Declared code pages against the bytes, and bytes that no page has."""

from __future__ import annotations

import pytest

from advocacy.responses.code_pages.encodings import decide, decoded

GOOD = ["Åse på Ærø".encode(), "Bærum".encode(), "Tromsø".encode(), b"Oslo"]
BAD = "Kjøp på øya".encode("cp1252")


@pytest.mark.parametrize(
    ("declared", "texts", "encoding"),
    [
        ("UTF-8", [*GOOD, BAD], "UTF-8"),
        ("UTF-8", [BAD], "UTF-8"),
        (
            "windows-1252",
            [t.decode().encode("cp1252") for t in GOOD] + [b"\x9d\x81"],
            "windows-1252",
        ),
        ("windows-1252", GOOD, "UTF-8"),
        ("windows-1252", [*GOOD, BAD], "UTF-8"),
        ("UTF-8", [BAD, "Åse".encode("cp1252"), "Ærø".encode("cp1252")], "windows-1252"),
        ("ASCII", GOOD, "UTF-8"),
        (None, [*GOOD, BAD], "UTF-8"),
        (None, [b"Oslo"], "UTF-8"),
        (20866, ["Москва".encode("koi8-r")], "KOI8-R"),
        ("klingon", ["Москва и Казань".encode("cp1251")], "windows-1251"),
    ],
)
def test_a_declaration_stands_until_most_texts_are_not_in_it(
    declared: str | int | None, texts: list[bytes], encoding: str
) -> None:
    assert decide(declared, texts).encoding == encoding


def test_nothing_is_lost_of_bytes_that_are_not_in_the_page() -> None:
    assert decoded(b"Kj\xf8p", "utf-8") == ("Kj\\xf8p", False)
    assert decoded("Hønefoss".encode()[:2] + b"!", "utf-8") == ("H\\xc3!", False)
    assert decoded(b"a\x9db", "windows-1252") == ("a\\x9db", False)
    assert decoded("é".encode(), "utf-8") == ("é", True)


def test_letters_with_a_mark_apart_are_joined() -> None:
    assert decoded("Ê".encode("cp1258") + b"\xec", "cp1258") == ("Ế", True)
