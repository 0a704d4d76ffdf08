"""Citations come back from readers that did not write them: pybtex for BibTeX, and strict hands.

No library for RIS is among the dependencies: its lines are held to the specification by hand.
"""

from __future__ import annotations

import json
import re

import pytest
from pybtex import database

from advocacy.report.citation import Cited, Source, bibtex, csl_json, plain, ris

SOURCE = Source("Advocacy", "The advocacy authors", "0.1.0", "2026-12-01")
TEXTS = ["50.6 %", "49.3 to 52.0\N{NARROW NO-BREAK SPACE}%", "p < 0.001", "−2.1"]
LEVELS = ["B2B", "Ø & Å_A/S {x} #1 $5 ~ ^", "Kiel, Nord"]


@pytest.fixture(params=[(text, level) for text in TEXTS for level in LEVELS])
def cited(request: pytest.FixtureRequest) -> Cited:
    text, level = request.param
    return Cited(
        f"sector:{level}:rate",
        text,
        f"What share? {level}",
        "https://book.test/numbers/0.1.0/x.html",
    )


def untex(text: str) -> str:
    text = text.replace(r"\textasciitilde{}", "~").replace(r"\textasciicircum{}", "^")
    return re.sub(r"\\([&%$#_{}])", r"\1", text)


def test_bibtex_comes_back(cited: Cited) -> None:
    (entry,) = database.parse_string(bibtex(cited, SOURCE), "bibtex").entries.values()
    assert untex(entry.fields["title"]) == "{" + " ".join(cited.title.split()) + "}"
    assert entry.fields["year"] == "2026"
    assert entry.fields["url"] == cited.address
    assert "0.1.0" in entry.fields["note"]
    (author,) = entry.persons["author"]
    assert str(author) == "{The advocacy authors}"


def test_ris_comes_back(cited: Cited) -> None:
    lines = ris(cited, SOURCE).split("\r\n")
    assert lines.pop() == ""
    parsed = [re.fullmatch(r"([A-Z][A-Z0-9])  - (.*)", line) for line in lines]
    assert all(parsed)
    fields = [(match[1], match[2]) for match in parsed if match]
    assert fields[0] == ("TY", "DATA")
    assert fields[-1] == ("ER", "")
    known = dict(fields)
    assert known["AU"] == SOURCE.author
    assert known["TI"] == " ".join(cited.title.split())
    assert (known["PY"], known["DA"], known["ET"]) == ("2026", "2026/12/01", "0.1.0")
    assert known["UR"] == cited.address


def test_csl_json_comes_back(cited: Cited) -> None:
    (item,) = json.loads(csl_json(cited, SOURCE))
    assert (item["type"], item["title"], item["version"]) == ("dataset", cited.title, "0.1.0")
    assert item["author"] == [{"literal": SOURCE.author}]
    assert item["issued"] == {"date-parts": [[2026, 12, 1]]}
    assert item["URL"] == cited.address


def test_plain_text_has_its_parts(cited: Cited) -> None:
    match = re.fullmatch(
        r"(?P<author>.+?) \((?P<date>\d{4}-\d\d-\d\d)\)\. (?P<title>.+)\. "
        r"In (?P<book>\w+), version (?P<version>[\d.]+)\. (?P<address>\S+)",
        plain(cited, SOURCE),
    )
    assert match is not None
    assert match["title"] == cited.title
    assert match["address"] == cited.address


def test_a_path_within_the_book_is_no_address_of_the_web() -> None:
    cited = Cited("overall:rate", "50.6 %", "What share?", "numbers/0.1.0/overall/rate.html")
    (entry,) = database.parse_string(bibtex(cited, SOURCE), "bibtex").entries.values()
    assert "url" not in entry.fields
    assert "UR  - " not in ris(cited, SOURCE)
    assert "URL" not in json.loads(csl_json(cited, SOURCE))[0]
    assert plain(cited, SOURCE).endswith(cited.address)
