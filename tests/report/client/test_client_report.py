"""A client's report as a document: which sections, what they say, and what acts in none."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.estimation.pooling.posteriors import tiny

from advocacy.estimation import estimate
from advocacy.estimation.overview import Overview, overview
from advocacy.estimation.pooling.posterior_file import write_posterior
from advocacy.estimation.pooling.reference import open_reference
from advocacy.estimation.pooling.standing import Standing, standing
from advocacy.evidence.packaged import packaged_figures
from advocacy.report.client.inert import inert
from advocacy.report.client.report import client_report
from advocacy.report.client.subject import Subject
from advocacy.report.document import Alert, Document, Heading, Key, Table
from advocacy.report.media.html import page
from advocacy.report.wording import ENGLISH, Words, words_of
from advocacy.responses import open_responses
from advocacy.responses.dataset.ledger import Refused
from advocacy.responses.questions import question_to_add
from advocacy.robustness.summary import threats

SUBJECT = Subject("client.sav", is_file=True)
HOSTILE = (
    "<script>alert(1)</script>",
    '=HYPERLINK("http://example.org")',
    '#read("/etc/passwd") $x$ *a* _b_ @c \\',
    "\x1b[31mred\x1b[0m",
    "\u202etxt.exe",
    "שלום עולם",
    "مرحبا بالعالم",
    "Ærlig økonomi på Åland",
    "x" * 10_000,
)


def ratings(scores: list[int], said: list[bool | None], **columns: Any) -> pd.DataFrame:
    given = {"score": scores, "recommended_past_12m": pd.array(said, "boolean")}
    return pd.DataFrame(given | columns)


def typical(**columns: Any) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    scores = rng.integers(0, 11, 600)
    return ratings(list(scores), list(rng.random(600) < scores / 12), **columns)


def found(tmp_path: Path, table: pd.DataFrame) -> Overview:
    path = tmp_path / "ratings.parquet"
    table.to_parquet(path)
    return overview(open_responses(path))


def report(
    made: Overview,
    beside: Standing | None = None,
    words: Words = ENGLISH,
    subject: Subject = SUBJECT,
) -> Document:
    tens = made.rates is not None and "score_10" in made.rates.table["intent"].to_pylist()
    wrong = threats(made.responses, design=made.design) if tens else None
    return inert(client_report(made, subject, packaged_figures(), beside, wrong, words))


def headings(document: Document) -> list[str]:
    return [b.text for b in document.blocks if isinstance(b, Heading) and b.level == 2]


def key(document: Document) -> Key:
    (block,) = (b for b in document.blocks if isinstance(b, Key))
    return block


def texts(document: Document) -> str:
    """Return the page as a reader sees it: without marks, entities as their letters."""
    return html.unescape(re.sub(r"<[^>]*>", " ", page(document)))


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Overview:
    levels = {"channel": ["web", "phone", "post"] * 200, "discouraged_past_12m": [False] * 600}
    return found(tmp_path_factory.mktemp("usual"), typical(**levels))


def test_sections_stand_in_their_order(usual: Overview) -> None:
    assert headings(report(usual)) == [
        "What others have published",
        "What each score goes with",
        "By group",
        "Net scores, and what would be a change",
        "What would make the rate wrong",
        "Questions to add",
        "What was lost or assumed on the way",
        "How this was estimated",
    ]


def test_the_number_on_top_is_the_rate_of_estimate(usual: Overview) -> None:
    rate = estimate(usual.responses).table.to_pylist()[0]
    shown = key(report(usual))
    assert shown.number.value == pytest.approx(rate["estimate"], rel=1e-12)
    assert shown.number.text == f"{100 * rate['estimate']:.1f}\u202f%"
    limits = f"{100 * rate['conf_low']:.1f} to {100 * rate['conf_high']:.1f}\u202f%"
    assert shown.interval == f"95\u202f% interval: {limits}"
    assert f"Base: {rate['n']} answers with the score 10" in texts(report(usual))


def test_numbers_read_back_from_the_page_are_those_of_estimate(usual: Overview) -> None:
    wanted = estimate(usual.responses, by=["score"]).table.to_pylist()
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", page(report(usual)))
    cells = [re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in rows]
    shown = {row[0]: row[1] for row in cells if row and row[0].isdigit()}
    assert shown == {str(row["score"]): f"{100 * row['estimate']:.1f}" for row in wanted}


def test_every_chart_is_said_in_words_and_stands_above_its_table(usual: Overview) -> None:
    charts = report(usual).charts()
    assert [chart.form for chart in charts] == ["intervals", "line", "intervals"]
    for chart in charts:
        for point in chart.series[0].points:
            assert f"{point.label}: {100 * point.value:.1f}" in chart.alternative


def test_without_a_behaviour_question_the_questions_come_first(tmp_path: Path) -> None:
    made = found(tmp_path, typical().drop(columns="recommended_past_12m"))
    document = report(made)
    assert headings(document)[0] == "The question that would tell it"
    assert "What each score goes with" not in headings(document)
    assert key(document).text == "of all who give a score give 10."
    for language in ("en", "nb", "sv", "da"):
        assert question_to_add("recommended_past_12m", language) in texts(document)
    alerts = [b.text for b in document.blocks if isinstance(b, Alert)]
    assert alerts == [ENGLISH("client.without_behaviour")]


def test_twelve_answers_give_a_rate_that_is_called_too_little(tmp_path: Path) -> None:
    made = found(tmp_path, ratings([10] * 8 + [5] * 4, [True] * 5 + [False] * 7))
    assert ENGLISH("client.flag.suppress") in texts(report(made))


def test_all_promoters_have_nothing_to_be_held_against(tmp_path: Path) -> None:
    made = found(tmp_path, ratings([10] * 60, [True] * 40 + [False] * 20))
    assert ENGLISH("client.no_baseline") in texts(report(made))


def test_all_who_say_yes_are_a_rate_of_100(tmp_path: Path) -> None:
    made = found(tmp_path, ratings([10] * 60 + [5] * 60, [True] * 120))
    assert key(report(made)).number.text == "100.0\u202f%"


def test_nobody_with_a_ten_is_said(tmp_path: Path) -> None:
    made = found(tmp_path, ratings([8] * 60, [True] * 60))
    alerts = [b.text for b in report(made).blocks if isinstance(b, Alert)]
    assert alerts == [ENGLISH("client.nothing_to_show", scores="10")]


def test_one_group_is_no_comparison(tmp_path: Path) -> None:
    made = found(tmp_path, typical(channel="web"))
    assert "By group" not in headings(report(made))


def test_weights_that_explode_are_flagged(tmp_path: Path) -> None:
    heavy = [1e9, *[1.0] * 599]
    table = typical(weight=heavy)
    table.loc[0, ["score", "recommended_past_12m"]] = [10, True]
    assert ENGLISH("client.flag.suppress") in texts(report(found(tmp_path, table)))


def test_hostile_names_do_nothing_and_lose_nothing(tmp_path: Path) -> None:
    levels = [HOSTILE[n % len(HOSTILE)] for n in range(600)]
    document = report(found(tmp_path, typical(channel=levels)))
    written = page(document)
    assert "<script" not in written
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", written)
    seen = texts(document)
    for name in HOSTILE:
        shown = name.replace("\x1b", r"\x1b").replace("\u202e", r"\u202e")
        assert shown in seen


def test_the_rules_on_suppliers_withhold_nothing_of_ones_own(tmp_path: Path) -> None:
    """One supplier alone, which disclosure of a study withholds."""
    made = found(tmp_path, typical(supplier="One", programme="P", channel=["a", "b"] * 300))
    tables = [b for b in report(made).blocks if isinstance(b, Table)]
    assert not any("withheld" in e.text for t in tables for row in t.rows for e in row)


# What may be wrong


def test_threats_are_one_table_with_what_the_file_lacks(usual: Overview) -> None:
    seen = texts(report(usual))
    assert "silent: odds × 2" in seen
    for lacking in ("lacking_misreport", "lacking_recall", "no_contacts"):
        assert ENGLISH(f"client.robustness.{lacking}") in seen
    assert "source.toml" not in seen
    assert "--sensitivity" not in seen


# Other languages

REASONS = (
    ("score", "allowed: 0 to 10"),
    ("score", "not a whole number"),
    ("sector", "allowed: B2B, B2C"),
    ("recommended_past_12m", "the crosswalk has no line for this value"),
    ("interviewed_on", "not a date written as %d.%m.%Y"),
    (
        "country",
        "not the name of one country, in English, Norwegian, Swedish or Danish, or its code",
    ),
    ("weight", "not a number"),
)


def english() -> set[str]:
    """Return what English says between the values of its texts, where it is a sentence's part."""
    pieces = (
        piece.strip()
        for text in ENGLISH.texts.values()
        for one in ([text] if isinstance(text, str) else text)
        for piece in re.split(r"\{\w+\}|\*\*", one)
    )
    return {piece for piece in pieces if len(re.findall(r"[^\W\d_]{2,}", piece)) >= 3}


@pytest.mark.parametrize("language", ["nb", "sv", "da"])
def test_nothing_is_said_in_english_to_who_reads_another_language(
    tmp_path: Path, language: str
) -> None:
    words = words_of(language)
    table = typical(channel=["web", "phone", "post"] * 200, sector=["B2B", "B2C"] * 300)
    table.loc[0, "recommended_past_12m"] = pd.NA
    table["discouraged_past_12m"] = pd.array([True, *[None] * 599], "boolean")
    made = found(tmp_path, table.assign(weight=[1.0, 2.0] * 300))
    assert made.problems  # nobody answers both questions of the balance
    write_posterior(tiny(200), tmp_path / "posterior.parquet")
    subject = Subject(
        "client.sav",
        is_file=True,
        rejected=tuple(Refused(column, why, 3, 1, (("x", 3),)) for column, why in REASONS),
        refused=(("v7", "weight"),),
    )
    seen = texts(report(made, standing(made.responses, open_reference(tmp_path)), words, subject))
    # Names of languages' own questions, of the published figures' sources, and of what is quoted.
    own = {text for text in words.texts.values() if isinstance(text, str)}
    asked = {question_to_add(name, "en") for name in ("discouraged_past_12m", "opportunity")}
    said = {
        piece
        for piece in english()
        if piece in seen and not any(piece in text for text in (*own, *asked))
    }
    assert said == set()


# Beside a study


@pytest.fixture
def beside(usual: Overview, tmp_path: Path) -> Standing:
    write_posterior(tiny(200), tmp_path / "posterior.parquet")
    return standing(usual.responses, open_reference(tmp_path))


def test_a_simulated_study_is_called_one_and_comes_after_published_figures(
    usual: Overview, beside: Standing
) -> None:
    document = report(usual, beside)
    assert headings(document)[:2] == [
        "What others have published",
        "How a comparison with other programmes will look",
    ]
    assert ENGLISH("client.standing.simulated") in texts(document)


def test_every_number_of_a_simulated_study_says_so(usual: Overview, beside: Standing) -> None:
    (table,) = (
        b
        for b in report(usual, beside).blocks
        if isinstance(b, Table) and b.columns[-1].heading == "evidence"
    )
    said = {row[0].text: row[-1].text for row in table.rows}
    assert said.pop("yours, as above") == "collected data"
    assert set(said.values()) == {"simulated: no finding"}


def test_a_survey_that_lacks_segments_is_told_how_to_say_them(
    usual: Overview, beside: Standing
) -> None:
    assert beside.peers is None
    assert "--sector, --industry, --country" in texts(report(usual, beside))


def test_a_survey_of_one_kind_is_held_against_its_kind(tmp_path: Path) -> None:
    table = typical(programme="P", sector="B2B", industry="G46", country="NO")
    made = found(tmp_path, table)
    write_posterior(tiny(200), tmp_path / "posterior.parquet")
    held = standing(made.responses, open_reference(tmp_path))
    assert held.where == {"sector": "B2B", "industry": "G", "country": "NO"}
    assert held.peers is not None
    assert "probability that yours is above half of them" in texts(report(made, held))


def test_drivers_are_shown_where_several_are_mapped(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    ease = rng.integers(1, 8, 600)
    said = list(rng.random(600) < ease / 8)
    items = {"ease": ease, "consistency": rng.integers(1, 8, 600)}
    made = report(found(tmp_path, ratings([10] * 600, said, **items)))
    title = "Characteristics associated with having recommended, by importance"
    assert title in headings(made)
    shown = texts(made)
    assert "The most important is: ease." in shown
    assert "The order is reversed" in shown
    one = report(found(tmp_path, ratings([10] * 600, said, ease=ease)))
    assert title not in headings(one)
