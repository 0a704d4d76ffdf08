"""The card of methods of a study: what is answered, what is not known, and the line to write."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from advocacy.errors import DataError
from advocacy.study.book.abridged import Contents
from advocacy.study.book.standards.reporting import OWNED, STANDARDS, card_pages, items
from advocacy.study.protocol import Protocol, read_protocol
from tests.study.own_data import PROTOCOL

LEDGER = {"data:rows_read": {"text": "800"}, "overall:n": {"text": "224"}}


def study(folder: Path, *surveys: str) -> Protocol:
    """Return a study of data of one's own with a source a text of ``[survey]``."""
    (folder / "analysis").mkdir()
    text = PROTOCOL.format(
        targets='["these_programmes"]', crossings="[[]]", more="", suppliers=1,
        estimands='["recommended_past_12m"]',
    )  # fmt: skip
    (folder / "analysis" / "study.toml").write_text(text, encoding="utf-8")
    for number, survey in enumerate(surveys):
        own = folder / "data/raw/mine" / f"s{number}"
        own.mkdir(parents=True)
        described = (
            f'name = "s{number}"\nkind = "collected"\nproducer = "Firm {number}"\n{survey}\n'
        )
        (own / "source.toml").write_text(described, encoding="utf-8")
    return read_protocol(folder / "analysis" / "study.toml")


def card(given: Protocol, kind: str = "collected", **fallen: str) -> dict[str, str]:
    contents = Contents(kind, {}, {}, {}, fallen)
    pages = card_pages(given, LEDGER, contents, ("2024-05-01", "2025-04-30"))
    return {name: " ".join(page.split()) for name, page in pages.items()}


def test_what_owners_say_stands_in_the_card(tmp_path: Path) -> None:
    survey = '[survey]\nsponsor = "Example Ltd."\nmode = "web *and* | phone"'
    page = card(study(tmp_path, survey))["AAPOR"]
    assert "Sponsor: Example Ltd. Conducted by: Firm 0." in page
    assert r"Mode: web \*and\* \| phone." in page


def test_what_nobody_says_is_not_known_with_the_line_to_write(tmp_path: Path) -> None:
    page = card(study(tmp_path, ""))["AAPOR"]
    assert 'Sponsor: *not known* (`sponsor = "…"`: who paid for the survey).' in page
    assert "Nobody" not in page


def test_what_some_say_is_said_with_how_many_do_not(tmp_path: Path) -> None:
    page = card(study(tmp_path, '[survey]\nmode = "web"', "", '[survey]\nmode = "web"'))["AAPOR"]
    assert "Mode: web (*not known* of 1 of 3 sources; `mode" in page


def test_many_answers_are_counted(tmp_path: Path) -> None:
    surveys = [f'[survey]\nmode = "way {number}"' for number in range(5)]
    assert "Mode: 5 different answers" in card(study(tmp_path, *surveys))["AAPOR"]


@pytest.mark.parametrize(
    ("survey", "what"),
    [
        ('[survey]\nspnsor = "x"', "spnsor under .survey. is no entry"),
        ("[survey]\nmode = 3", "mode under .survey. is no text"),
        ('[survey]\nmode = ["web"]', "mode under .survey. is no text"),
    ],
)
def test_an_odd_entry_is_an_error_with_the_file(survey: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=what) as error:
        card(study(tmp_path, survey))
    assert error.value.where.endswith("source.toml")
    assert "sponsor" in error.value.remedy


def test_numbers_come_from_the_ledger_or_are_said_to_be_withheld(tmp_path: Path) -> None:
    page = card(study(tmp_path, ""))["AAPOR"]
    assert "a number that is not published ratings kept of {number}`data:rows_read` read" in page
    assert "Interviews that count: 2024-05-01 to 2025-04-30." in page


def test_simulated_responses_are_never_said_to_be_of_a_survey(tmp_path: Path) -> None:
    pages = card(study(tmp_path, ""), "simulated")
    assert "not known" not in "".join(pages.values())
    assert pages["AAPOR"].count("nobody was asked") >= 4


def test_collected_responses_are_never_said_to_be_simulated(tmp_path: Path) -> None:
    assert "imulat" not in "".join(card(study(tmp_path, "")).values())


def test_a_chapter_that_falls_is_named_without_a_link(tmp_path: Path) -> None:
    page = card(study(tmp_path, ""), sure="How sure are we?")["AAPOR"]
    assert "(sure.md)" not in page
    assert "stand in How sure are we?." in page


def test_every_item_is_answered_by_what_there_is() -> None:
    named = {name for one in items() for name in re.findall(r"\{owner:(\w+)\}", one.answer)}
    assert named == set(OWNED)
    assert {one.standard for one in items()} == set(STANDARDS)
    assert [one.item for one in items() if one.standard == "AAPOR"][:11] == [
        str(number) for number in range(1, 12)
    ]
    strobe = {re.match(r"\d*", one.item)[0] for one in items() if one.standard == "STROBE"}  # type: ignore[index]
    assert strobe - {""} == {str(number) for number in range(1, 23)}
    assert all(one.asks and one.answer for one in items())
    # What is simulated has no owner to ask.
    assert all(one.simulated for one in items() if "{owner:" in one.answer)
