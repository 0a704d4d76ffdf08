"""Words and numbers: the catalogue is whole, and a language is a catalogue."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import replace
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from tests.estimation.pooling.posteriors import tiny

from advocacy import (
    compare,
    curve,
    curve_tests,
    equivalence,
    estimate,
    lift,
    open_responses,
    pooled_rates,
    ranks,
    regress,
    standardise,
    variance_shares,
)
from advocacy.errors import UsageError
from advocacy.estimation import Estimates
from advocacy.estimation.estimands import ESTIMANDS, INTENTS
from advocacy.estimation.segments import SEGMENTS
from advocacy.remarks import Remark, as_json, from_json
from advocacy.report import wording
from advocacy.report.document import Column, Document, Entry, Heading, Table
from advocacy.report.media import html, markdown, terminal
from advocacy.report.results import document
from advocacy.report.wording import ENGLISH, MINUS, Words, WordsError, _catalogue, words_of
from advocacy.responses import Responses
from advocacy.responses.proposal.wordings import LANGUAGES
from advocacy.responses.schema import CUSTOMER_STATUSES, INDUSTRIES

REPORT = Path(__file__).parents[2] / "src" / "advocacy" / "report"

HEADER = "score,recommended_past_12m,sector,country,source_kind,programme"
LINES = [
    f"{score},{int((i * 7 + score) % 13 < score)},{'B2B' if i % 2 else 'B2C'},"
    f"{('NO', 'SE', 'DK')[i % 3]},simulated,P{i % 7}"
    for score in range(11)
    for i in range(30)
]


@pytest.fixture(scope="module")
def responses(tmp_path_factory: pytest.TempPathFactory) -> Responses:
    path = tmp_path_factory.mktemp("words") / "ratings.csv"
    path.write_text("\n".join([HEADER, *LINES]), encoding="utf-8")
    return open_responses(path)


# The catalogue


def keys_in_code() -> set[str]:
    """Return the keys that the code names in full."""
    keys = set()
    for path in REPORT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if called and node.func.id in ("words", "self", "ENGLISH") and node.args:  # type: ignore[attr-defined]
                for constant in ast.walk(node.args[0]):  # type: ignore[attr-defined]
                    if isinstance(constant, ast.Constant) and "." in str(constant.value):
                        keys.add(str(constant.value))
    return {key for key in keys if not key.endswith((".", "_"))}  # of which the rest is a value


def test_every_key_that_the_code_names_is_in_the_catalogue() -> None:
    keys = keys_in_code()
    assert len(keys) > 60
    assert keys <= set(ENGLISH.texts)


def test_every_remark_of_the_code_has_its_words_and_every_wording_its_remark() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in REPORT.parent.rglob("*.py"))
    worded = {key.removeprefix("remark.") for key in ENGLISH.texts if key.startswith("remark.")}
    made = [f'"{key}"' in source or f'Remark(f"{key.split(".")[0]}.' in source for key in worded]
    assert all(made), dict(zip(worded, made, strict=True))
    assert set(re.findall(r'Remark\(\s*"([^"]+)"', source)) <= worded


def test_remarks_are_kept_as_json_and_sentences_of_earlier_versions_are_read() -> None:
    how = Remark("encoding.likely", {"letters": "æ ø å"})
    remark = Remark("encoding.undeclared", {"encoding": "windows-1252", "how": how})
    kept = json.loads(json.dumps(as_json([remark])))
    assert from_json(kept) == (remark,)
    said = "The file does not say its code page; we read windows-1252 (a likely guess; its letters"
    assert ENGLISH.said(from_json(kept)[0]).startswith(said)
    assert ENGLISH.said(from_json(["An older sentence."])[0]) == "An older sentence."


def test_a_missing_key_is_named_with_its_catalogue() -> None:
    without = replace(ENGLISH, language="sv", texts={})
    with pytest.raises(WordsError, match=r"sv\.toml lacks lift\.note") as error:
        without("lift.note")
    assert "as en.toml has it" in str(error.value)


def test_a_value_that_a_text_wants_and_does_not_get_is_named() -> None:
    with pytest.raises(WordsError, match=r"a value of face\.target"):
        ENGLISH("face.target")


def test_a_language_without_catalogue_is_refused_with_those_that_have_one() -> None:
    with pytest.raises(UsageError, match="(?s)'xx'.*Use one of: da, en, nb, sv"):
        words_of("xx")


# Every language says all that a client's report says, of the same values.

OTHERS = sorted(LANGUAGES.keys() - {"en"})
# Of commands and chapters of a study, which are in English: only `advocacy report` speaks other
# languages, and what it never says may be said in English.
ENGLISH_ONLY = (
    *("participation", "multiverse"),
    *("net", "remark.net", "track", "remark.track", "change", "remark.change"),
)


def worded() -> dict[str, Any]:
    """Return the English of all that every language has words for, by key."""
    return {
        key: text
        for key, text in {**ENGLISH.texts, **in_code()}.items()
        if not key.startswith(tuple(f"{section}." for section in ENGLISH_ONLY))
    }


def in_code() -> dict[str, str]:
    """Return what has its English in the code, by the keys that other languages have for it."""
    return (
        {f"estimand.{name}": estimand.asks for name, estimand in ESTIMANDS.items()}
        | {f"intent.{name}": intent.words for name, intent in INTENTS.items()}
        | {f"industry.{code}": title for code, title in INDUSTRIES}
        | {f"customer_status.{name}": name for name in CUSTOMER_STATUSES}
        | {"intent.or": "or"}
    )


def named(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_words_all_that_english_does_and_names_the_same_values(language: str) -> None:
    own = _catalogue(language)
    assert set(own) == set(worded())
    for key, english in worded().items():
        theirs = own[key]
        assert isinstance(theirs, type(english)), key
        for one, other in zip(
            [english] if isinstance(english, str) else english,
            [theirs] if isinstance(theirs, str) else theirs,
            strict=True,
        ):
            assert named(other) == named(one), key
            assert bool(other.strip()) == bool(one.strip()), key


def is_sentence(text: object) -> bool:
    """Three words or more that are no names of values: hardly alike in two languages."""
    return len(re.findall(r"[^\W\d_]{2,}", re.sub(r"\{\w+\}", "", str(text)))) >= 3


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_is_no_copy_of_english(language: str) -> None:
    texts = worded()
    sentences = [key for key, text in texts.items() if is_sentence(text)]
    own = words_of(language).texts
    assert len(sentences) > 150
    assert [key for key in sentences if own[key] == texts[key]] == []


@pytest.mark.parametrize("language", OTHERS)
def test_marks_of_writing_are_those_of_english(language: str) -> None:
    """A number stays with its sign, and Markdown stays Markdown, whatever the language."""
    own = words_of(language).texts
    for key, text in ENGLISH.texts.items():
        for mark in ("\N{NARROW NO-BREAK SPACE}%", "* *", "--", "\\x"):
            assert str(own[key]).count(mark) == str(text).count(mark), (key, mark)


def test_what_a_catalogue_lacks_is_said_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = _catalogue

    def without(language: str) -> dict[str, Any]:
        return {k: v for k, v in whole(language).items() if language == "en" or k != "lift.note"}

    monkeypatch.setattr(wording, "_catalogue", without)
    sv = words_of.__wrapped__("sv")
    assert sv("lift.note") == ENGLISH("lift.note")
    assert sv("curve.direct") == "direkt"


@pytest.mark.parametrize(
    ("language", "within"), [("nb", "innen"), ("sv", "inom"), ("da", "inden for")]
)
def test_a_programme_is_within_an_industry_and_in_a_country(language: str, within: str) -> None:
    words = words_of(language)
    assert words("expectation.place_industry", place="Handel (G)") == f" {within} Handel (G)"
    assert words("expectation.place_country", place="Norge") == " i Norge"


@pytest.mark.parametrize("language", OTHERS)
def test_every_segment_has_its_heading_and_every_status_its_name(language: str) -> None:
    assert {f"heading.{name}" for name in SEGMENTS} <= set(_catalogue(language))
    named = {words_of(language).level("customer_status", name) for name in CUSTOMER_STATUSES}
    assert len(named) == len(CUSTOMER_STATUSES)
    assert named.isdisjoint(CUSTOMER_STATUSES)


def test_scores_are_put_into_words_whatever_set_they_are() -> None:
    assert words_of("sv").scores("promoters") == "9 eller 10"
    assert words_of("da").scores("8,9,10") == "8 eller 9 eller 10"
    assert ENGLISH.scores("scores_8_9") == "8 or 9"
    assert words_of("nb").level("industry", "Q") == "Undervisning"


# A language is a catalogue: one in which every word is made of x shows what stands elsewhere.


def x_for_letters(text: str) -> str:
    pieces = [
        re.sub("[^\\W\\d_]", "x", before) + (f"{{{name}}}" if name is not None else "")
        for before, name, _, _ in Formatter().parse(text)
    ]
    return "".join(pieces)


@pytest.fixture(scope="module")
def x() -> Words:
    texts = {
        key: x_for_letters(text) if isinstance(text, str) else [x_for_letters(t) for t in text]
        for key, text in ENGLISH.texts.items()
    }
    texts |= {f"estimand.{name}": x_for_letters(e.asks) for name, e in ESTIMANDS.items()}
    texts |= {f"intent.{name}": x_for_letters(i.words) for name, i in INTENTS.items()}
    texts |= {f"industry.{code}": "x" for code, _ in INDUSTRIES}
    texts |= {f"customer_status.{name}": "x" for name in CUSTOMER_STATUSES}
    return Words("sv", texts | {"number.decimal": ","})


def every_result(responses: Responses) -> list[Estimates]:
    posterior = tiny(60)
    return [
        estimate(responses, by=["sector", "country"]),
        compare(responses, between="country"),
        compare(responses, between="country", by=["sector"], quantity="odds_ratio"),
        lift(responses, by=["sector"]),
        standardise(responses, between="sector", mix=["country"]),
        equivalence(responses, by=["sector"]),
        curve(responses, by=["sector"]),
        curve_tests(responses),
        regress(responses, on=["sector", "score"]),
        regress(responses, on=["sector*score"], show="effects"),
        regress(responses, on=["sector", "score"], show="margins"),
        pooled_rates(posterior),
        ranks(posterior, of="industry"),
        variance_shares(posterior),
    ]


# What stands in the data, letters of levels, signs, and country names in Swedish.
_DATA = re.compile(r"\bB2[BC]\b|\b[A-C]+\b|Norge|Sverige|Danmark")


def test_no_word_of_a_result_stands_outside_the_catalogue(responses: Responses, x: Words) -> None:
    for result in every_result(responses):
        shown = terminal.as_text(document(result, x), width=200)
        rest = _DATA.sub("", shown)
        assert set(re.findall("[^\\W\\d_]", rest)) <= {"x"}, result.kind
        assert not re.search(r"\d\.\d", shown), result.kind


def test_numbers_follow_the_language(x: Words) -> None:
    assert x.percent(0.1234) == "12,3"
    assert x.signed(-0.0456, 1, 100) == f"{MINUS}4,6"
    assert x.p_value(0.0004) == "< 0,001"
    assert ENGLISH.confidence(0.995) == "99.5\N{NARROW NO-BREAK SPACE}%"
    assert x.confidence(0.995) == "99,5\N{NARROW NO-BREAK SPACE}%"
    assert ENGLISH.count(1234567) == "1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567"


def test_one_and_many() -> None:
    assert ENGLISH.counted("ratings", 1) == "1 rating"
    assert ENGLISH.counted("ratings", 0) == "0 ratings"


# Media


def test_every_medium_shows_every_number(responses: Responses) -> None:
    """A medium loses nothing: each entry of each table stands in all of them."""
    for result in every_result(responses):
        shown = document(result)
        texts = (
            terminal.as_text(shown, width=400),
            markdown.as_markdown(shown),
            html.fragment(shown),
        )
        for text in texts:
            for table in shown.tables():
                for entry in (entry for row in table.rows for entry in row):
                    assert entry.text.strip().replace("<", "&lt;") in text.replace("<", "&lt;")


def test_numbers_behind_entries_are_those_of_the_table(responses: Responses) -> None:
    result = estimate(responses, by=["sector"])
    (table,) = document(result).tables()
    for entries, row in zip(table.rows, result.table.to_pylist(), strict=True):
        values = [(entry.value, entry.unit) for entry in entries]
        assert values[1] == (row["estimate"], "per cent")
        assert values[2] == ((row["conf_low"], row["conf_high"]), "per cent")
        assert values[3] == (row["n"], "count")


def test_a_narrow_terminal_spares_effective_n_before_df(responses: Responses) -> None:
    shown = document(estimate(responses, by=["sector"]))
    header = terminal.as_text(shown, width=110).splitlines()[4]
    assert ["effective n" in header, "df" in header] == [True, True]
    header = terminal.as_text(shown, width=48).splitlines()
    (line,) = (line for line in header if line.startswith("sector"))
    assert ["effective n" in line, "df" in line] == [False, True]


def test_labels_of_data_are_inert_in_every_medium() -> None:
    hostile = "<script>alert(1)</script> | [bold red]x[/] **y**"
    shown = Document((Heading("h"), Table((Column("a"),), ((Entry(hostile),),))))
    assert hostile in terminal.as_text(shown)
    assert "<script>" not in html.fragment(shown)
    row = markdown.as_markdown(shown).splitlines()[-1]
    assert row.count("|") - row.count("\\|") == 2


@pytest.mark.parametrize("width", [80, 100])
def test_a_narrow_terminal_cuts_no_number_and_no_word(responses: Responses, width: int) -> None:
    shown = document(curve(responses, by=["sector"]))
    text = terminal.as_text(shown, width=width)
    assert max(map(len, text.splitlines())) <= width
    for table in shown.tables():
        for entry in (entry for row in table.rows for entry in row):
            assert entry.text in text


def test_a_remark_names_what_is_estimated_in_words() -> None:
    said = ENGLISH.said(Remark("track.short", {"estimand": "nps"}))
    assert said.startswith("The NPS: fewer than three periods")
