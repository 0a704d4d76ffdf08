"""The page of a number and its files; the files of all numbers."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from html.parser import HTMLParser
from typing import Any

import pytest
from pybtex import database

from advocacy.report.citation import Source
from advocacy.study.citable import entries
from advocacy.study.citable.pages import as_files, as_page, as_zip

SOURCE = Source("Advocacy", "The advocacy authors", "0.1.0", "2026-12-01")
NAME = "sector:Køb & <Salg>_{5 %}:rate"
ENTRY: dict[str, Any] = {
    "text": "50.6\u202f%", "value": 0.506, "part": "rate", "table": "sector",
    "estimand": "recommended_past_12m", "rung": "retrospective", "intent": "score_10",
    "target": "programmes_like_these", "quantity": "rate", "method": "linearization",
    "estimate": 0.506, "conf_low": 0.0, "conf_high": 0.9, "conf_level": 0.95,
    "interval": "korn_graubard", "n": 1670, "df": 11.0, "source_kind": "simulated",
    "segment": {"sector": "Køb & <Salg>_{5 %}"}, "data": "d" * 16, "code": "c" * 16,
}  # fmt: skip
ODD = "Køb & <Salg>_{5 %}"


class Read(HTMLParser):
    """Text of a page, and its downloads by name."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.files = "", dict[str, bytes]()
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if "download" in given:
            self.files[given["download"] or ""] = base64.b64decode(
                (given["href"] or "").split(",", 1)[1]
            )


@pytest.fixture(scope="module")
def page() -> Read:
    said = ["Release 0.0.9 had 51 %; it is now 50.6 %."]
    return Read(as_page(NAME, ENTRY, SOURCE, {"sectors": "Sectors & more"}, said))


def test_the_page_says_what_it_is_how_sure_and_what_it_is_not(page: Read) -> None:
    for text in (
        NAME, "50.6\u202f%", "0.0 to 0.9 (95\u202f%", "1\u202f670", ODD,
        "linearization", "recommended_past_12m", "d" * 16, "c" * 16, "0.1.0, of 2026-12-01",
        "Sectors & more", "It is not a finding and may not be cited as one.",
        "what people say that they did before the interview", "Release 0.0.9 had 51 %",
    ):  # fmt: skip
        assert text in page.text, text


def test_its_files_are_read_by_others(page: Read) -> None:
    assert set(page.files) == {
        "citation.txt", "citation.bib", "citation.ris", "citation.csl.json", "number.json",
        "number.zip",
    }  # fmt: skip
    content = json.loads(page.files["number.json"])
    assert (content["identifier"], content["conf_low"], content["n"]) == (NAME, 0.0, 1670)
    bib = database.parse_string(page.files["citation.bib"].decode(), "bibtex")
    (entry,) = bib.entries.values()
    title = re.sub(r"\\([&%$#_{}])", r"\1", entry.fields["title"])
    assert ODD in title
    assert NAME in title
    (item,) = json.loads(page.files["citation.csl.json"])
    assert f"TI  - {' '.join(item['title'].split())}" in (
        page.files["citation.ris"].decode().split("\r\n")
    )


def test_the_zip_is_the_same_each_time_and_has_a_readme(page: Read) -> None:
    cited = entries.cited(NAME, ENTRY, "0.1.0", "")
    files = as_files(ENTRY, cited, SOURCE, entries.facts(NAME, ENTRY))
    assert as_zip(files) == page.files["number.zip"] == as_zip(dict(files))
    with zipfile.ZipFile(io.BytesIO(page.files["number.zip"])) as packed:
        assert packed.testzip() is None
        readme = packed.read("README.txt").decode()
        assert {one.date_time for one in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        for name in packed.namelist():
            assert name in readme or name == "README.txt"
            assert packed.read(name) == page.files.get(name, readme.encode())
    assert "may not be cited as one" in readme
    assert cited.address in readme


def test_the_json_of_all_gives_each_number_back() -> None:
    """Numbers of a row may have facts of their own, and a limit may be nought."""
    ledger = {
        "sector:B2B:rate": ENTRY,
        "sector:B2B:n": {**ENTRY, "text": "1\u202f670", "value": 1670, "part": "n"},
        "published:one": {"text": "1 %", "quantity": "acted", "base": "all", "low": 0.0},
        "published:two": {"text": "2 %", "quantity": "other", "n": 12},
    }
    rows = json.loads(entries.as_json(ledger, {"title": "Advocacy"}))["rows"]
    for name, entry in ledger.items():
        stem, part = name.rsplit(":", 1)
        own = rows[stem]["numbers"][part]
        shared = {key: value for key, value in rows[stem].items() if key != "numbers"}
        assert {**shared, **own} == {key: value for key, value in entry.items() if key != "part"}
    assert "estimand" not in rows["sector:B2B"]["numbers"]["n"]  # it stands once


def test_a_card_says_the_interval_as_it_is_shown_beside_the_number() -> None:
    how = "(95\u202f% Korn\N{EN DASH}Graubard)"
    row = NAME.removesuffix(":rate")
    beside = {
        f"{row}:interval": {**ENTRY, "text": "0.0 to 90.0\u202f%", "part": "interval"},
        f"{row}:difference": {**ENTRY, "text": "+5.0", "part": "difference"},
        f"{row}:difference_interval": {**ENTRY, "text": "+1.0 to +9.0"},
    }
    ledger = {NAME: ENTRY, **beside}
    assert entries.interval_as_shown(NAME, ledger) == f"0.0 to 90.0\u202f% {how}"
    assert entries.interval_as_shown(f"{row}:difference", ledger) == f"+1.0 to +9.0 {how}"
    assert entries.interval_as_shown(NAME, {NAME: ENTRY}) == f"0.0 to 0.9 {how}"
