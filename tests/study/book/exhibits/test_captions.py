"""Captions of tables: the lines above one, or what is said of a table that has none."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pytest

from advocacy.estimation import Estimates
from advocacy.study.book.exhibits.captions import base_of, captioned, label_of, rests_on
from advocacy.study.protocol import Protocol, read_protocol

TABLE = "| n |\n| --- |\n| 1 |\n"
HEADS = "**Simulated data: not a finding.**\n\n**What share?**\n\n*self-report · simulated data*\n"


@pytest.fixture(scope="module")
def study(root: Path) -> Protocol:
    return read_protocol(root / "analysis" / "study.toml")


def captions(page: str) -> list[str]:
    return re.findall(r"^````\{table\} (.*)$", page, re.MULTILINE)


def test_the_lines_above_a_table_are_its_caption_and_no_longer_stand_above_it() -> None:
    page = captioned(
        f"{HEADS}\n{TABLE}\n*A note.*\n", "sector", resting="Base: all.", made_by="m.f"
    )
    (caption,) = captions(page)
    assert caption == (
        "**Simulated data: not a finding.** **What share?** *self-report · simulated data* "
        "Base: all."
    )
    assert page.count("**What share?**") == 1
    assert ":name: tab-sector" in page
    assert page.index("````\n") < page.index("*A note.*") < page.index("{download}`CSV")


def test_a_note_between_heads_and_table_stays_where_it_is() -> None:
    page = captioned(f"{HEADS}\nWords.\n\n{TABLE}", "sector")
    assert page.index("Words.") < page.index("````{table} **Simulated")


def test_a_second_table_has_heads_of_its_own_or_continues_the_first() -> None:
    page = captioned(f"{HEADS}\n{TABLE}\n*Note.*\n\n{TABLE}\n**Others**\n\n{TABLE}", "lift")
    first, second, third = captions(page)
    assert second == f"{first} (Continued.)"
    assert third == "**Others**"
    assert [f":name: tab-lift{end}\n" in page for end in ("", "-2", "-3")] == [True] * 3
    assert "*Note.*" in page


def test_a_folded_table_says_what_is_written_on_its_fold() -> None:
    page = captioned(f":::{{dropdown}} Norway\n{TABLE}:::\n", "expect-lookup")
    assert captions(page) == ["What the next programme should expect. Norway."]


def test_a_page_without_a_table_stays_as_it_is() -> None:
    assert captioned("Words *alone*.\n", "pooled-notice") == "Words *alone*.\n"
    assert captioned("", "sector") == ""


def test_tables_made_for_a_chapter_have_captions_of_their_own() -> None:
    assert captions(captioned(TABLE, "truth-these_programmes-sector")) == [
        "The truth beside the estimates."
    ]
    assert captions(captioned(TABLE, "card-nchs")) == [
        "What the NCHS asks of proportions, and the answers."
    ]


def table(*rows: tuple[str, str | None]) -> Estimates:
    estimands, intents = zip(*rows, strict=True)
    return Estimates(pa.table({"estimand": estimands, "intent": intents}), "rates")


def test_the_base_is_that_of_all_rows_or_of_none() -> None:
    one = ("recommended_past_12m", "score_10")
    assert base_of(table(one, one)) == (
        "ratings that count, with a score of 10 and an answer to the question"
    )
    other = ("recommended_past_12m", "detractors")
    assert base_of(table(one, other)) == "ratings that count, with an answer to the question"
    assert base_of(table(one, ("converted_within_12m", "score_10"))) == ""


def test_it_is_said_how_the_study_weights_of_its_own_tables_alone(study: Protocol) -> None:
    bases = {"sector": "all", "rates": "cells"}
    said = rests_on(study, bases, ("rates", "sector"))
    assert said == "Base: all; weights of each programme sum to its ratings."
    assert rests_on(study, bases, ("rates",)) == ""


def test_of_tables_on_several_bases_the_weights_alone_are_said(study: Protocol) -> None:
    bases = {"sector": "one", "score": "another"}
    said = "Weights of each programme sum to its ratings."
    assert rests_on(study, bases, ("sector", "score")) == said
    assert rests_on(study, {}, ("sector",)) == said


def test_a_label_says_what_all_rows_are_of() -> None:
    columns = {
        "rung": ["retrospective"] * 2, "target": ["these_programmes"] * 2,
        "interval": ["logit"] * 2, "conf_level": [0.95, 0.9], "source_kind": ["collected"] * 2,
    }  # fmt: skip
    said = label_of(Estimates(pa.table(columns), "rates"))
    assert said == "*retrospective self-report · target: these programmes · collected data*"


def test_a_table_without_lines_above_it_has_its_label_behind() -> None:
    (caption,) = captions(captioned(TABLE, "pooled-cells", label="*prospective*"))
    assert caption.startswith("Rates of single cells")
    assert caption.endswith("with standard errors. *prospective*")
