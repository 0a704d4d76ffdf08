"""Titles and codes of NACE in both revisions, by the regulations and by hand."""

from __future__ import annotations

from string import ascii_uppercase

import pytest

from advocacy.responses.crosswalk.industries import (
    industry_codes,
    industry_of,
    industry_problem,
    industry_sql,
    problem_sql,
)
from advocacy.responses.crosswalk.names import fold
from advocacy.responses.schema import INDUSTRIES
from advocacy.sql import connect, literal

# Annex I of Regulation (EC) No 1893/2006: sections of Revision 2 with their divisions; and the
# letter that each has in Commission Delegated Regulation (EU) 2023/137.
REVISION_2 = {
    "A": ("A", range(1, 4)),
    "B": ("B", range(5, 10)),
    "C": ("C", range(10, 34)),
    "D": ("D", [35]),
    "E": ("E", range(36, 40)),
    "F": ("F", range(41, 44)),
    "G": ("G", [46, 47]),
    "H": ("H", range(49, 54)),
    "I": ("I", [55, 56]),
    "K": ("L", [64, 65, 66]),
    "L": ("M", [68]),
    "M": ("N", range(69, 76)),
    "N": ("O", range(77, 83)),
    "O": ("P", [84]),
    "P": ("Q", [85]),
    "Q": ("R", [86, 87, 88]),
    "R": ("S", range(90, 94)),
    "S": ("T", [94, 95, 96]),
    "T": ("U", [97, 98]),
    "U": ("V", [99]),
}


def test_every_section_in_every_language() -> None:
    sections = sorted(section for section, _ in INDUSTRIES)
    assert sorted({code[0] for code in industry_codes().values()}) == sections
    for section, title in INDUSTRIES:
        assert industry_codes()[fold(title)] == section


@pytest.mark.parametrize(
    ("title", "section"),
    [
        ("manufacturing", "C"),
        ("Financial and insurance activities", "L"),
        ("Human health and social work activities", "R"),
        ("Real estate", None),
        ("Varehandel", "G"),
        ("Bygge- og anleggsvirksomhet", "F"),
        ("Telekommunikasjon og IT-tjenester", "K"),
        ("Undervisning", "Q"),
        ("Byggverksamhet", "F"),
        ("Utbildning", "Q"),
        ("Vård och omsorg", "R"),
        ("Fast ejendom", "M"),
        ("Handel", "G"),
        ("Finansiering og forsikring", "L"),
        ("Bank", None),
        # Revision 2, in SN2007, SNI 2007 and DB07.
        ("Wholesale and retail trade; repair of motor vehicles and motorcycles", "G"),
        ("Arts, entertainment and recreation", "S"),
        ("Varehandel, reparasjon av motorvogner", "G"),
        ("Kulturell virksomhet, underholdning og fritidsaktiviteter", "S"),
        ("Handel; reparation av motorfordon och motorcyklar", "G"),
        ("Kultur, nöje och fritid", "S"),
        ("Pengeinstitut- og finansvirksomhed, forsikring", "L"),
        ("Kultur, forlystelser og sport", "S"),
        # As national offices write them: the title tells the revision of the letter.
        ("K Finansierings- og forsikringsvirksomhet", "L"),
        ("K - Financial and insurance activities", "L"),
        ("K: Telekommunikasjon og IT-tjenester", "K"),
        ("L Financial and insurance activities", "L"),
        ("M Financial and insurance activities", None),
        # In two sections now.
        ("Information and communication", None),
        ("Informasjon og kommunikasjon", None),
    ],
)
def test_industries_by_their_titles(title: str, section: str | None) -> None:
    assert industry_of(title) == section


@pytest.mark.parametrize("letter", ascii_uppercase[:22])
def test_a_letter_alone_is_taken_where_both_revisions_agree(letter: str) -> None:
    agree = letter < "J"
    assert industry_of(letter) == (letter if agree else None)
    assert bool(industry_problem(letter)) is not agree
    assert industry_of(letter.lower(), "2.1") == letter
    assert industry_of(letter, "2") == REVISION_2.get(letter, (None,))[0]


def test_a_letter_with_a_division_tells_the_revision() -> None:
    for letter, (section, divisions) in REVISION_2.items():
        for number in divisions:
            code, now = f"{letter}{number:02}", f"{section}{number:02}"
            assert industry_of(code) == industry_of(code, "2") == industry_of(now) == now
            assert industry_of(now, "2.1") == now
            if letter != section:
                assert industry_of(code, "2.1") is None
                assert industry_of(now, "2") is None


@pytest.mark.parametrize(
    ("code", "now"),
    [
        ("K64.19", "L64"),  # finer codes are those of their own revision
        ("k61.1", "K61.1"),
        ("C10.11", "C10.11"),
        ("J61", "K61"),
        ("J58.2", "J58.2"),
        ("L64.19", "L64.19"),
        ("J63", None),  # news agencies are in J60 now, the rest in K63
        ("K63", "K63"),
        ("G45", None),  # repair of vehicles is in T95 now
        ("A04", None),
        ("K10", None),
        ("64", None),
        ("W", None),
    ],
)
def test_codes_of_both_revisions(code: str, now: str | None) -> None:
    assert industry_of(code) == now


def test_why_there_is_no_code() -> None:
    for text in ("Information and communication", "J63.1", "G45", "J Informasjon og kommunikasjon"):
        assert "divides" in (industry_problem(text) or "")
    assert "@industry:2 or @industry:2.1" in (industry_problem("K") or "")
    assert "divides" in (industry_problem("J", "2") or "")
    assert industry_problem("Bank") is None
    assert industry_problem("K", "2.1") is None


def test_the_database_finds_the_same() -> None:
    texts = ["K", "k", " L ", "K64", "k64.19", "K61.1", "J", "J63", "Handel", "K - Handel", "x", ""]
    texts += [f"{letter}{number:02}" for letter in ascii_uppercase for number in range(100)]
    rows = ", ".join(f"({literal(text)})" for text in texts)
    with connect() as connection:
        for revision in ("", "2", "2.1"):
            found = connection.execute(
                f"SELECT t, {industry_sql('t', revision)}, {problem_sql('t', revision)} "
                f"FROM (VALUES {rows}) texts(t)"
            ).fetchall()
            assert sorted(map(str, found)) == sorted(
                str((text, industry_of(text, revision), industry_problem(text, revision)))
                for text in texts
            )
