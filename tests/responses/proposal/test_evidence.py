"""Dates in numbers, the length of the interview, and industries in other words.

The wordings are written by hand, in the manner of questionnaires in each language.
"""

from __future__ import annotations

import pytest
from test_roles import proposed, table

from advocacy.responses.labelled import Variable
from advocacy.responses.proposal.proposal import ProposedCrosswalk, propose_crosswalk

LIKELY = [float(i % 11) for i in range(44)]
YES_NO = [1.0, 2.0] * 22


def propose(variable: Variable, values: list[object]) -> ProposedCrosswalk:
    return propose_crosswalk(table((variable, values)))


@pytest.mark.parametrize(
    ("values", "form"),
    [
        ([20240901.0, 20240930.0, 20241231.0], "%Y%m%d"),
        (["20240901", "20240930", "20241231"], "%Y%m%d"),
        ([30092024.0, 31122024.0, 11012025.0], "%d%m%Y"),
        (["1 Sep 2024", "30 Sep 2024", "11 Oct 2024"], "%d %b %Y"),
        (["September 1, 2024", "March 30, 2024", "October 3, 2024"], "%B %d, %Y"),
    ],
)
@pytest.mark.parametrize(
    "label", ["Date of interview", "Intervjudato", "Svarsdatum", "Svardato", "Interviewdatum"]
)
def test_dates_in_numbers_and_words(label: str, values: list[object], form: str) -> None:
    found = propose(Variable("v9", label), values * 9)
    assert [(x.column, x.canonical_value) for x in found.lines] == [
        ("interviewed_on", f"@date:{form}")
    ]


@pytest.mark.parametrize(
    ("label", "values"),
    [
        ("", [20240901.0, 20240930.0, 20241231.0]),  # numbers alone may count anything
        ("Interview date", [20240901.0, 20241301.0]),  # no month 13
        ("Interview date", [18991201.0, 18991202.0]),
    ],
)
def test_numbers_that_are_no_dates(label: str, values: list[object]) -> None:
    assert propose(Variable("v9", label), values * 9).lines == ()


@pytest.mark.parametrize(
    "label",
    [
        "Duration (in seconds)",
        "Interview length in seconds",
        "Varighet i sekunder",
        "Intervjuets längd i sekunder",
        "Varighed i sekunder",
        "Dauer in Sekunden",
    ],
)
def test_the_length_of_the_interview(label: str) -> None:
    found = propose(Variable("v3", label), [float(60 + i * 7) for i in range(80)])
    assert [(x.column, x.canonical_value) for x in found.lines] == [("interview_seconds", "*")]


def test_a_length_in_other_units_is_not_taken_for_seconds() -> None:
    lengths: list[object] = [float(5 + i % 20) for i in range(80)]
    minutes = propose(Variable("v3", "Interview length in minutes"), lengths)
    assert minutes.lines == ()
    assert "seems to be in minutes" in minutes.refusals[0]
    unsaid = propose(Variable("loi", "Interview length"), lengths)
    assert unsaid.lines == ()
    assert "in seconds?" in unsaid.questions[0].text


@pytest.mark.parametrize(
    "label",
    [
        "Which industry does your company belong to?",
        "What is your line of business?",
        "In which sector does your company operate?",
        "Hvilken bransje er virksomheten i?",
        "Hva slags virksomhetsområde har dere?",
        "Vilken bransch tillhör företaget?",
        "Inom vilket verksamhetsområde är ni?",
        "Hvilken branche er virksomheden i?",
        "In welcher Branche ist Ihr Unternehmen tätig?",
    ],
)
def test_an_industry_is_named_and_not_taken(label: str) -> None:
    labels = ((1.0, "Bygg"), (2.0, "Handel"), (3.0, "Annet"))
    found = propose(Variable("v4", label, labels), [1.0, 2.0, 3.0] * 9)
    assert found.lines == ()
    assert "may be an industry" in found.refusals[0]


def test_an_industry_is_known_by_its_levels() -> None:
    texts: list[object] = ["Construction", "Manufacturing", "Education"]
    assert "may be an industry" in propose(Variable("Q5"), texts * 9).refusals[0]


GERMAN = [
    ("score", "Wie wahrscheinlich ist es, dass Sie uns weiterempfehlen?", LIKELY),
    ("score", "Würden Sie unsere Bank einem Freund empfehlen? 0 = nie, 10 = sicher", LIKELY),
    ("recommended_past_12m", "Haben Sie uns in den letzten 12 Monaten empfohlen?", YES_NO),
    (
        "recommendations_past_12m",
        "Wie oft haben Sie uns weiterempfohlen?",
        [0.0, 1.0, 2.0, 7.0] * 9,
    ),
    ("discouraged_past_12m", "Haben Sie jemandem von uns abgeraten?", YES_NO),
    ("satisfaction", "Wie zufrieden sind Sie insgesamt mit uns?", [1.0, 2.0, 3.0, 4.0, 5.0] * 9),
    ("weight", "Gewichtungsfaktor", [0.5 + i / 50 for i in range(44)]),
    ("respondent_id", "Interviewnummer", [float(700 + i) for i in range(44)]),
]


@pytest.mark.parametrize(("column", "label", "values"), GERMAN)
def test_german_wordings(column: str, label: str, values: list[object]) -> None:
    assert proposed((Variable("V17", label), values))["V17"].column == column
