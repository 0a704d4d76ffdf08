"""Behaviour asked otherwise than by yes or no: as a count, a frequency, or with several answers.

What each value must become is worked by hand from the wording of its answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from test_roles import table

from advocacy.responses.crosswalk.crosswalk import read_crosswalk
from advocacy.responses.crosswalk.placement import ROW, place, placed
from advocacy.responses.labelled import MissingRange, MultipleResponse, Variable
from advocacy.responses.proposal.levels import profile_file
from advocacy.responses.proposal.proposal import ProposedCrosswalk, propose_crosswalk
from advocacy.responses.proposal.settling import crosswalk_text, settle
from advocacy.sql import connect

FIELD = Path(__file__).parents[4] / "shared" / "field" / "import"
BEHAVIOUR = "recommended_past_12m"
Columns = Sequence[tuple[Variable, Sequence[object]]]


def propose(columns: Columns, *sets: MultipleResponse) -> ProposedCrosswalk:
    found = table(*columns)
    return propose_crosswalk(replace(found, table=replace(found.table, multiple_response=sets)))


def behaviour(
    columns: Columns,
    folder: Path,
    *sets: MultipleResponse,
    answers: dict[int, str] | None = None,
) -> list[bool | None]:
    """Return what the proposed lines make of each row."""
    path = folder / "crosswalk.csv"
    lines = settle(propose(columns, *sets), answers or {})
    path.write_text(crosswalk_text(lines), encoding="utf-8")
    rows = len(columns[0][1])
    raw = pa.table({v.name: pa.array(values) for v, values in columns})
    raw = raw.append_column(ROW, pa.array(range(rows)))
    sql = placed(place(read_crosswalk(path), raw.schema, [v for v, _ in columns]), "raw")
    with connect({"raw": raw}) as connection:
        made = connection.sql(f"SELECT * FROM ({sql}) ORDER BY {ROW}").to_arrow_table()
    assert made.column(f"{BEHAVIOUR}.problem").null_count == rows
    return made.column(BEHAVIOUR).to_pylist()  # type: ignore[no-any-return]


HOW_OFTEN = [
    (
        "How often have you recommended Acme?",
        "Never",
        "Once",
        "2-5 times",
        "More often",
        "Not sure",
    ),
    (
        "Hvor ofte har du anbefalt Acme til andre siste år?",
        "Aldri",
        "Én gang",
        "2-3 ganger",
        "Flere enn 3 ganger",
        "Vet ikke",
    ),
    (
        "Hur ofta har du rekommenderat Acme senaste året?",
        "Ingen gång",
        "Någon enstaka gång",
        "Några gånger",
        "Ofta",
        "Minns inte",
    ),
    (
        "Hvor ofte har du anbefalet Acme det seneste år?",
        "Slet ikke",
        "1 gang",
        "Sjældnere end hver måned",
        "Månedligt eller oftere",
        "Ved ikke",
    ),
    (
        "Wie oft haben Sie Acme in den letzten 12 Monaten weiterempfohlen?",
        "Noch nie",
        "einmal",
        "mehrmals",
        "häufiger als 5 Mal",
        "Weiß nicht",
    ),
    ("Number of times you recommended us", "0", "1", "2-4", "5 or more", "Prefer not to say"),
    (
        "How often did you recommend us?",
        "No, never",
        "Rarely",
        "Monthly",
        "Weekly",
        "Can't remember",
    ),
]


@pytest.mark.parametrize(("question", "never", "once", "few", "many", "unsure"), HOW_OFTEN)
@pytest.mark.parametrize("coded", [True, False])
def test_a_frequency_above_never_is_a_yes(
    tmp_path: Path,
    question: str,
    never: str,
    once: str,
    few: str,
    many: str,
    unsure: str,
    coded: bool,
) -> None:
    texts = [never, once, few, many, unsure]
    codes = [1.0, 2.0, 3.0, 4.0, 8.0]
    labels = tuple(zip(codes, texts, strict=True)) if coded else ()
    values = (codes if coded else texts) * 4
    found = behaviour([(Variable("SP4", question, labels), values)], tmp_path)
    assert found == [False, True, True, True, None] * 4


def test_an_answer_that_may_be_never_is_asked_about(tmp_path: Path) -> None:
    labels = ((1.0, "Seldom or never"), (2.0, "Never"), (3.0, "Once"), (4.0, "Often"))
    columns = [
        (Variable("q", "How often have you recommended Acme?", labels), [1.0, 2.0, 3.0, 4.0])
    ]
    (question,) = propose(columns).questions
    assert "'Seldom or never'" in question.text
    assert behaviour(columns, tmp_path, answers={1: "b"}) == [False, False, True, True]


def test_codes_of_no_answer_are_no_frequency() -> None:
    labels = ((1.0, "Never"), (2.0, "Once"), (3.0, "Often"))
    columns = [(Variable("q", "How often have you recommended us?", labels), [1.0, 2.0, 3.0, 99.0])]
    found = propose(columns)
    assert {line.raw_value for line in found.lines} == {"1", "2", "3"}
    assert "99" in found.questions[0].text


@pytest.mark.parametrize(
    "question",
    [
        "How many times have you recommended us in the last 12 months?",
        "Hvor mange ganger har du anbefalt oss siste 12 måneder?",
        "Hur många gånger har du rekommenderat oss senaste 12 månaderna?",
        "Hvor mange gange har du anbefalet os de seneste 12 måneder?",
        "Wie viele Male haben Sie uns in den letzten 12 Monaten weiterempfohlen?",
    ],
)
def test_a_count_above_0_is_a_yes(tmp_path: Path, question: str) -> None:
    labels = ((-99.0, "Prefer not to say"), (0.0, "None"))
    values = [0.0, 1.0, 3.0, 14.0, -99.0, None, 0.0, 97.0]
    variable = Variable("n", question, labels, (MissingRange(97.0, 97.0),))
    found = behaviour([(variable, values)], tmp_path)
    assert found == [False, True, True, True, None, None, False, None]


def test_a_code_below_0_is_no_count_and_no_yes(tmp_path: Path) -> None:
    question = "How many times did you recommend us in the last year?"
    columns = [(Variable("n", question), [0.0, 1.0, 5.0, -1.0, -1.0, 0.0, 2.0])]
    (asked,) = propose(columns).questions
    assert "Is code -1 of n missing?" in asked.text
    meant = [False, True, True, None, None, False, True]
    assert behaviour(columns, tmp_path, answers={1: "a"}) == meant
    labels = ((0.0, "Never"), (1.0, "Once"), (2.0, "Twice"), (5.0, "5 times or more"))
    labelled = [(Variable("n", question, labels), columns[0][1])]
    assert "Is code -1 of n missing?" in propose(labelled).questions[0].text
    assert behaviour(labelled, tmp_path, answers={1: "a"}) == meant


def test_a_count_gives_way_to_the_question_itself() -> None:
    direct = Variable("a", "Have you recommended Acme to anyone?", ((1.0, "Yes"), (2.0, "No")))
    count = Variable("b", "How many times have you recommended Acme?")
    found = propose([(direct, [1.0, 2.0] * 4), (count, [0.0, 1.0, 2.0, 5.0] * 2)])
    assert {line.raw_variable for line in found.lines if line.column == BEHAVIOUR} == {"a"}
    assert {line.raw_variable for line in found.lines} == {"a", "b"}


# Several answers: a yes to friends, to colleagues, something else, none of these, don't know.
SEVERAL = [
    (
        "Have you done any of these in the past 12 months?",
        "Recommended Acme to friends",
        "Recommended Acme to colleagues",
        "Complained",
        "None of these",
        "Don't know",
    ),
    (
        "Har du gjort noe av dette de siste 12 månedene?",
        "Anbefalt Acme til venner",
        "Anbefalt Acme til kolleger",
        "Klaget",
        "Ingen av disse",
        "Vet ikke",
    ),
    (
        "Har du gjort något av följande de senaste 12 månaderna?",
        "Rekommenderat Acme till vänner",
        "Rekommenderat Acme till kollegor",
        "Klagat",
        "Inget av dessa",
        "Vet ej",
    ),
    (
        "Har du gjort noget af følgende de seneste 12 måneder?",
        "Anbefalet Acme til venner",
        "Anbefalet Acme til kolleger",
        "Klaget",
        "Intet af dette",
        "Ved ikke",
    ),
    (
        "Haben Sie in den letzten 12 Monaten etwas davon getan?",
        "Acme Freunden empfohlen",
        "Acme Kollegen empfohlen",
        "Sich beschwert",
        "Nichts davon",
        "Weiß nicht",
    ),
]
# Rows: friends; both; complained; complained and colleagues; none; don't know; nothing chosen.
CHOSEN = [{0}, {0, 1}, {2}, {1, 2}, {3}, {4}, set()]
MEANT = [True, True, False, True, False, None, None]


@pytest.mark.parametrize("texts", SEVERAL)
@pytest.mark.parametrize("coding", ["0 and 1", "labels", "1 or nothing", "text", "1 and 2"])
def test_one_yes_of_several_answers_is_enough(
    tmp_path: Path, texts: tuple[str, ...], coding: str
) -> None:
    question, *items = texts
    codes: dict[str, tuple[object, object, tuple[tuple[float, str], ...]]] = {
        "0 and 1": (1.0, 0.0, ()),
        "labels": (1.0, 0.0, ((0.0, "Not selected"), (1.0, "Selected"))),
        "1 or nothing": (1.0, None, ((1.0, "Yes"),)),
        "1 and 2": (1.0, 2.0, ((1.0, "Ja"), (2.0, "Nej"))),
    }
    columns = []
    for at, item in enumerate(items):
        yes, no, labels = codes.get(coding, (item, None, ()))
        values = [yes if at in row else no for row in CHOSEN]
        columns.append((Variable(f"q5_{at}", f"{question} {item}", labels), values))
    assert behaviour(columns, tmp_path) == MEANT


@pytest.mark.parametrize("texts", SEVERAL)
def test_a_set_of_categories(tmp_path: Path, texts: tuple[str, ...]) -> None:
    question, *items = texts
    labels = tuple((float(at + 1), item) for at, item in enumerate(items))
    mentions = [sorted(row) for row in CHOSEN]
    columns = [
        (
            Variable(f"m{place}", f"{question} - mention {place + 1}", labels),
            [float(row[place] + 1) if len(row) > place else None for row in mentions],
        )
        for place in range(2)
    ]
    # Complained first, then colleagues: the second mention is the yes.
    columns[0][1][3], columns[1][1][3] = 3.0, 2.0
    assert behaviour(columns, tmp_path) == MEANT
    declared = MultipleResponse("m", question, "category", "", ("m0", "m1"))
    assert behaviour(columns, tmp_path, declared) == MEANT


def test_a_declared_set_whose_variables_have_the_answers_alone(tmp_path: Path) -> None:
    question = "Whom have you recommended Acme to in the past 12 months?"
    texts = ["A friend", "A colleague", "Nobody"]
    rows = [{0}, {1}, {2}, set()]
    columns = [
        (Variable(f"R{at}", text), [5.0 if at in row else 0.0 for row in rows])
        for at, text in enumerate(texts)
    ]
    declared = MultipleResponse("R", question, "dichotomy", "5", ("R0", "R1", "R2"))
    assert behaviour(columns, tmp_path, declared) == [True, True, False, None]


GRID = "In the past 12 months, have you recommended Acme to"


def grid(labels: tuple[tuple[float, str], ...], *rows: tuple[float | None, ...]) -> Columns:
    return [
        (Variable(f"g{at}", f"{GRID}: {text}", labels), [row[at] for row in rows])
        for at, text in enumerate(("friends", "colleagues"))
    ]


def test_each_answer_asked_by_itself(tmp_path: Path) -> None:
    labels = ((1.0, "Yes"), (2.0, "No"), (9.0, "Don't know"))
    rows = [(1.0, 2.0), (2.0, 2.0), (2.0, 9.0), (9.0, 1.0), (None, None), (2.0, None)]
    # To have said no of friends and don't know of colleagues is no no.
    meant = [True, False, None, True, None, False]
    assert behaviour(grid(labels, *rows), tmp_path) == meant


def test_a_no_that_cannot_be_told_is_asked_about(tmp_path: Path) -> None:
    columns = grid(((1.0, "Selected"),), (1.0, None), (None, 1.0), (None, None))
    found = propose(columns)
    assert found.lines == ()
    assert "those who were not asked" in found.questions[0].text
    assert behaviour(columns, tmp_path, answers={1: "a"}) == [True, True, False]


def test_answers_that_may_be_other_suppliers_are_asked_about() -> None:
    columns = [
        (Variable(f"b{at}", f"Which bank have you recommended? {name}"), [1.0, 0.0, 0.0, 1.0])
        for at, name in enumerate(("Fjordbanken", "Byebanken"))
    ]
    found = propose(columns)
    assert found.lines == ()
    assert "'Fjordbanken', 'Byebanken'" in found.questions[0].text


def test_the_question_itself_comes_before_a_set() -> None:
    labels = ((1.0, "Yes"), (2.0, "No"))
    direct = (Variable("a", "Have you recommended Acme to anyone?", labels), [1.0, 2.0, 1.0])
    columns = [direct, *grid(labels, (1.0, 2.0), (2.0, 2.0), (2.0, 1.0))]
    found = propose(columns)
    assert {line.raw_variable for line in found.lines} == {"a"}
    assert found.questions == ()


def test_questions_that_only_begin_alike_are_no_set() -> None:
    labels = ((1.0, "Yes"), (2.0, "No"))
    columns = [
        (Variable("a", "In the past year, have you recommended Acme?", labels), [1.0, 2.0, 1.0]),
        (
            Variable("b", "In the past year, have you warned anyone against Acme?", labels),
            [2.0] * 3,
        ),
    ]
    found = propose(columns)
    assert {(line.raw_variable, line.column) for line in found.lines} == {
        ("a", BEHAVIOUR),
        ("b", "discouraged_past_12m"),
    }


def test_how_one_came_to_the_supplier_is_no_behaviour() -> None:
    columns = [
        (Variable(f"h{at}", f"How did you hear about us? {text}"), [1.0, 0.0, 0.0])
        for at, text in enumerate(("Recommended by a friend", "Advertisement", "None of these"))
    ]
    assert propose(columns).lines == ()


@pytest.mark.skipif(not FIELD.exists(), reason="needs ../shared/field/import")
@pytest.mark.parametrize(
    ("name", "variables"),
    [
        ("english_count.sav", {"rectimes"}),
        ("norsk_bank.sav", {"SP4"}),
        ("svensk.sav", {f"f5_{at}" for at in range(1, 6)}),
        ("k13_mr_recommended.sav", {"R1", "R2", "R9"}),
    ],
)
def test_files_of_the_field(name: str, variables: set[str]) -> None:
    found = propose_crosswalk(profile_file(FIELD / name))
    assert {line.raw_variable for line in found.lines if line.column == BEHAVIOUR} == variables
    assert found.questions == ()
