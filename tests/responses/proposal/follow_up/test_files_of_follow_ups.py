"""Panels, follow-ups and invitations: which variable is what, what is asked, what is refused.

Labels and values are written by hand; each expected column follows from what they say.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from advocacy.responses.labelled import LabelledTable, Variable
from advocacy.responses.proposal.follow_up.contacts import disposition
from advocacy.responses.proposal.follow_up.kinds import FileKind
from advocacy.responses.proposal.levels import profiled
from advocacy.responses.proposal.needs import State, needs
from advocacy.responses.proposal.proposal import ProposedCrosswalk, propose_crosswalk
from advocacy.responses.proposal.settling import settle
from advocacy.responses.readers.scan import Scan, slices

N = 44
PERSONS: list[object] = [float(7_000 + 3 * i) for i in range(N)]
SCORES: list[object] = [float(i % 11) for i in range(N)]
RECOMMENDED: list[object] = [1.0, 2.0] * (N // 2)
START = date(2024, 1, 10)
INTERVIEWS: list[object] = [START + timedelta(days=5 * (i % 20)) for i in range(N)]
LATER: list[object] = [day + timedelta(days=370) for day in INTERVIEWS]  # type: ignore[operator]
FIRST: list[object] = [
    day + timedelta(days=90) if i % 2 == 0 else None  # type: ignore[operator]
    for i, day in enumerate(INTERVIEWS)
]
LEFT: list[object] = [
    day + timedelta(days=200) if i % 5 == 0 else None  # type: ignore[operator]
    for i, day in enumerate(INTERVIEWS)
]
QUESTIONS = {
    "en": (
        ("Yes", "No"),
        "How likely are you to recommend Acme to a friend?",
        "Date of interview",
        "Date of the follow-up interview",
        "Since our first interview with you, have you recommended Acme to anyone?",
        "When did you first recommend Acme?",
        "If you have left Acme: when did you leave?",
    ),
    "nb": (
        ("Ja", "Nei"),
        "Hvor sannsynlig er det at du vil anbefale Acme til en venn?",
        "Intervjudato",
        "Dato for oppfølgingsintervjuet",
        "Har du anbefalt Acme til noen siden vårt første intervju med deg?",
        "Når anbefalte du Acme for første gang?",
        "Hvis du ikke lenger er kunde hos Acme: på hvilken dato sluttet du?",
    ),
    "sv": (
        ("Ja", "Nej"),
        "Hur sannolikt är det att du skulle rekommendera Acme till en vän?",
        "Intervjudatum",
        "Datum för uppföljningsintervjun",
        "Har du rekommenderat Acme till någon sedan vår första intervju med dig?",
        "När rekommenderade du Acme för första gången?",
        "Om du inte längre är kund hos Acme: vilket datum slutade du?",
    ),
    "da": (
        ("Ja", "Nej"),
        "Hvor sandsynligt er det, at du vil anbefale Acme til en ven?",
        "Interviewdato",
        "Dato for opfølgningsinterviewet",
        "Har du anbefalet Acme til nogen siden vores første interview med dig?",
        "Hvornår anbefalede du Acme første gang?",
        "Hvis du ikke længere er kunde hos Acme: på hvilken dato ophørte du?",
    ),
}
LANGUAGES = pytest.mark.parametrize("language", list(QUESTIONS))
FOLLOW_UP = {
    ("v3", "*", "followed_up_on", "*"),
    ("v4", "1", "recommended_since", "true"),
    ("v4", "2", "recommended_since", "false"),
    ("v5", "*", "first_recommended_on", "*"),
    ("v6", "*", "churned_on", "*"),
}


def columns(language: str) -> dict[str, tuple[Variable, list[object]]]:
    (yes, no), *labels = QUESTIONS[language]
    values = (SCORES, INTERVIEWS, LATER, RECOMMENDED, FIRST, LEFT)
    named = {
        f"v{at}": (Variable(f"v{at}", label), own)
        for at, (label, own) in enumerate(zip(labels, values, strict=True), 1)
    }
    named["v4"] = (Variable("v4", labels[3], ((1.0, yes), (2.0, no))), RECOMMENDED)
    return {"id": (Variable("respnr"), PERSONS), **named}


def propose(*own: tuple[Variable, list[object]]) -> ProposedCrosswalk:
    values = pa.table({variable.name: pa.array(data) for variable, data in own})
    empty = LabelledTable(Path("f.sav"), values.slice(0, 0), tuple(v for v, _ in own))
    scan = Scan(empty, values.num_rows, lambda names, size: slices(values, names, size))
    return propose_crosswalk(profiled(scan))


def lines(found: ProposedCrosswalk) -> set[tuple[str, str, str, str]]:
    return {(x.raw_variable, x.raw_value, x.column, x.canonical_value) for x in found.lines}


def fill(found: ProposedCrosswalk) -> list[tuple[str, list[str]]]:
    """Return each question's first words, and the columns that its answers fill."""
    return [
        (" ".join(q.text.split()[:3]), [x.column for c in q.choices for x in c.lines])
        for q in found.questions
    ]


@LANGUAGES
def test_a_panel_is_written_without_a_question(language: str) -> None:
    found = propose(*columns(language).values())
    assert (found.kind, found.questions, found.refusals) == (FileKind.PANEL, (), ())
    assert lines(found) == FOLLOW_UP | {
        ("respnr", "*", "respondent_id", "*"),
        ("v1", "0..10", "score", "*"),
        ("v2", "*", "interviewed_on", "*"),
    }


@LANGUAGES
def test_a_follow_up_of_its_own_has_no_rating(language: str) -> None:
    own = columns(language)
    del own["v1"], own["v2"]
    found = propose(*own.values())
    assert (found.kind, found.questions, found.refusals) == (FileKind.FOLLOW_UP, (), ())
    assert lines(found) == FOLLOW_UP | {("respnr", "*", "respondent_id", "*")}


@LANGUAGES
def test_the_one_interview_of_a_file_without_ratings_is_the_follow_up(language: str) -> None:
    own = columns(language)
    found = propose(own["id"], (own["v2"][0], LATER), own["v4"])
    assert ("v2", "*", "followed_up_on", "*") in lines(found)


def test_interviews_of_one_name_are_told_apart_by_their_order() -> None:
    own = columns("en")
    twice = Variable("b", "Interview date"), Variable("a", "Interview date")
    found = propose(own["id"], own["v1"], (twice[1], LATER), (twice[0], INTERVIEWS), own["v4"])
    assert {("b", "*", "interviewed_on", "*"), ("a", "*", "followed_up_on", "*")} <= lines(found)
    # The start and the end of one interview are no two interviews, and one row that is otherwise
    # leaves it open.
    ends = [day + timedelta(days=1) for day in INTERVIEWS]  # type: ignore[operator]
    for values in (ends, INTERVIEWS, [INTERVIEWS[0], *LATER[1:-1], START]):
        asked = propose(own["id"], own["v1"], (twice[1], values), (twice[0], INTERVIEWS), own["v4"])
        assert not {"interviewed_on", "followed_up_on"} & {x.column for x in asked.lines}
        assert ("Which date is", ["interviewed_on", "followed_up_on"]) in fill(asked)


def test_an_intent_that_may_be_of_the_follow_up_is_asked_about() -> None:
    own = columns("en")
    found = propose(own["id"], own["v1"], own["v2"], own["v4"])
    assert {x.column for x in found.lines} == {"respondent_id", "recommended_since"}
    assert fill(found) == [
        ("Was v1 'How", ["score"]),
        ("Which date is", ["interviewed_on", "followed_up_on"]),
    ]
    settled = settle(found, {1: "a", 2: "a"})
    assert {"score", "interviewed_on"} <= {line.column for line in settled}
    assert "score" not in {line.column for line in settle(found, {1: "b", 2: "b"})}


def test_dates_without_words_are_asked_about_one_by_one() -> None:
    own = columns("en")
    bare = [(Variable(name), values) for name, values in (("a", LATER), ("b", FIRST), ("c", LEFT))]
    found = propose(own["id"], own["v4"], *bare)
    assert {x.column for x in found.lines} == {"respondent_id", "recommended_since"}
    dates = ["followed_up_on", "first_recommended_on", "churned_on"]
    assert fill(found) == [("Which date is", dates)] * 3
    assert "filled in 22 of 44 rows" in found.questions[1].text


@pytest.mark.parametrize(
    ("label", "question"),
    [
        ("Are you still a customer of Acme?", "on what date did you cease to be a customer"),
        ("Er du fortsatt kunde hos Acme?", "på hvilken dato sluttet du å være kunde"),
        ("Är du fortfarande kund hos Acme?", "vilket datum slutade du vara kund"),
        ("Er du stadig kunde hos Acme?", "på hvilken dato holdt du op med at være kunde"),
    ],
)
def test_who_left_without_when_fills_nothing_and_the_question_is_named(
    label: str, question: str
) -> None:
    language = dict(zip(("Are", "Er du f", "Är", "Er du s"), QUESTIONS, strict=True))
    own = columns(next(code for start, code in language.items() if label.startswith(start)))
    yes_no = own["v4"][0].value_labels
    found = propose(own["id"], own["v3"], own["v4"], (Variable("v9", label, yes_no), RECOMMENDED))
    assert "churned_on" not in {x.column for x in found.lines}
    (said,) = found.refusals
    assert said.startswith(f"v9 '{label}' says who left, and not when")
    assert question in said
    churned = needs(found, found.lines, ())[-1]
    assert (churned.column, churned.state) == ("churned_on", State.MISSING)
    assert question in churned.question


@pytest.mark.parametrize(
    "label",
    [
        "Since 12 March 2024, have you recommended Acme to anyone?",
        "In the past 12 months, since our last interview, have you recommended Acme?",
        "Har du anbefalt Acme til noen siden sist?",
        "Har du rekommenderat Acme sedan 12 mars?",
        "Har du anbefalet Acme siden 12. marts?",
    ],
)
def test_a_time_that_may_begin_on_another_day_is_asked_about(label: str) -> None:
    own = columns("en")
    asked = Variable("v4", label, own["v4"][0].value_labels)
    found = propose(own["id"], own["v3"], (asked, RECOMMENDED))
    assert not {"recommended_since", "recommended_past_12m"} & {x.column for x in found.lines}
    assert fill(found) == [("Is v4 " + repr(label).split()[0], ["recommended_since"] * 2)]


def test_how_often_since_the_interview_says_whether() -> None:
    own = columns("en")
    levels = ((1.0, "Never"), (2.0, "Once"), (3.0, "Several times"))
    asked = Variable("v4", own["v4"][0].label, levels)
    found = propose(own["id"], own["v3"], (asked, [1.0, 2.0, 3.0, 1.0] * (N // 4)))
    assert {(v, value) for name, v, column, value in lines(found) if name == "v4"} == {
        ("1", "false"),
        ("2", "true"),
        ("3", "true"),
    }


DISPOSITIONS = {
    "en": ("Number of the invitation", "Date of the invitation", "Outcome of the invitation",
           "Complete", "Partial", "Refused", "No reply", "Bounced"),
    "nb": ("Invitasjonens nummer", "Dato for invitasjonen", "Utfall av invitasjonen",
           "Fullført", "Delvis", "Nektet", "Ikke svart", "Ikke levert"),
    "sv": ("Inbjudans nummer", "Datum för inbjudan", "Utfall av inbjudan",
           "Slutförd", "Delvis", "Avböjd", "Ej svarat", "Ej levererad"),
    "da": ("Invitationens nummer", "Dato for invitationen", "Udfald af invitationen",
           "Fuldført", "Delvis", "Nægtet", "Ikke svaret", "Ikke leveret"),
}  # fmt: skip


@LANGUAGES
def test_invitations_with_what_became_of_them(language: str) -> None:
    number, sent, outcome, *labels = DISPOSITIONS[language]
    codes = [float(i % 5 + 1) for i in range(N)]
    found = propose(
        (Variable("v1", number), [float(90_000 + 7 * i) for i in range(N)]),
        (Variable("respnr"), PERSONS),
        (Variable("v2", sent), INTERVIEWS),
        (
            Variable("v3", outcome, tuple(zip((1.0, 2.0, 3.0, 4.0, 5.0), labels, strict=True))),
            codes,
        ),
    )
    assert (found.kind, found.questions, found.refusals) == (FileKind.CONTACTS, (), ())
    assert lines(found) == {
        ("v1", "*", "contact_id", "*"),
        ("respnr", "*", "respondent_id", "*"),
        ("v2", "*", "invited_on", "*"),
        *(("v3", str(at), "disposition", code) for at, code in
          enumerate(("1.1", "1.2", "2.11", "3.19", "3.30"), 1)),
    }  # fmt: skip


def test_a_status_of_answers_is_no_disposition() -> None:
    status = (Variable("status"), ["complete", "partial"] * (N // 2))
    own = columns("en")
    found = propose(own["id"], own["v1"], own["v2"], status)
    assert found.kind is FileKind.RATINGS
    assert "disposition" not in {x.column for x in found.lines}


# AAPOR, Standard Definitions, 7th edition, 2011, table 4.
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("110", "1.1"),
        ("1.20", "1.2"),
        ("2.1", "2.10"),
        ("2112", "2.112"),
        ("3.3", "3.30"),
        ("4.81", "4.81"),
        ("1.1 Complete", "1.1"),
        ("4 Refused", "2.11"),
        ("I", "1.1"),
        ("NC", "2.20"),
        ("Screened out", "4.10"),
        ("Over quota", "4.80"),
        ("Hard bounce", "3.30"),
        ("1.3", ""),
        ("12", ""),
        ("5.1", ""),
        ("Opened", ""),
        ("Yes", ""),
    ],
)
def test_dispositions_are_the_codes_of_aapor(text: str, code: str) -> None:
    assert disposition(text) == code
