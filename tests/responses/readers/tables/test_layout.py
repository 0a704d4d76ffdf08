"""Rows that are no answers: titles, question texts, keys, units, totals, notes."""

from __future__ import annotations

import pytest

from advocacy.responses.readers.tables.layout import Layout, find_layout, rows_below

ANSWERS = [[str(1000 + i), str(i % 11), ("No", "Yes")[i % 2]] for i in range(22)]
NAMES = ["id", "nps", "rec"]
TEXTS = ["Respondent", "How likely?", "Have you?"]


def laid(*head: list[str], answers: list[list[str]] = ANSWERS) -> Layout:
    return find_layout([*head, *answers])


@pytest.mark.parametrize(
    ("above", "head"),
    [
        (0, []),
        (1, [["NPS, March", "", ""]]),
        (3, [["NPS"], ["Exported 2026-03-31"], []]),
        (2, [["Survey", "Acme"], ["Wave", "3"]]),  # shorter than the table
        (1, [["", "", ""]]),
        (4, [["NPS", "", ""], ["", "", ""], ["Acme", "", ""], ["", "", ""]]),
    ],
)
def test_titles_are_above_the_names(above: int, head: list[list[str]]) -> None:
    found = laid(*head, NAMES)
    assert (found.above, found.header) == (above, 1)
    assert found.names == tuple(NAMES)


@pytest.mark.parametrize(
    ("names", "answers"),
    [
        (["", "nps", "rec"], ANSWERS),  # row names without a name, as R and pandas write them
        (["", "nps"], [row[:2] for row in ANSWERS]),
        (["nps", "rec"], ANSWERS),  # one name less than values, as R's write.table does
        (["id", "nps", ""], ANSWERS),
        (["nps"], [[row[1]] for row in ANSWERS]),
        (["score"], [["10"], [""], ["9"]]),
        (["2024", "2025", "2026"], ANSWERS),
        (NAMES, [["1", "", ""], ["", "", ""], ["2", "9", "No"]]),
    ],
)
def test_what_is_no_title(names: list[str], answers: list[list[str]]) -> None:
    found = laid(names, answers=answers)
    assert (found.above, found.header, found.names) == (0, 1, tuple(names))


def test_qualtrics_has_texts_and_keys_below_the_names() -> None:
    keys = ['{"ImportId":"recordId"}', '{"ImportId":"QID1"}', '{"ImportId":"QID2"}']
    found = laid(NAMES, ["id", "How likely\nare you?", "Have you?"], keys)
    assert found == Layout(0, 3, tuple(NAMES), ("", "How likely are you?", "Have you?"))
    # Few answers, or none: the keys say enough.
    assert laid(NAMES, TEXTS, keys, answers=ANSWERS[:1]).header == 3
    assert laid(NAMES, TEXTS, keys, answers=[]).header == 3
    assert laid(NAMES, keys).labels == ("", "", "")
    assert laid(["NPS"], [], NAMES, TEXTS, keys) == Layout(2, 3, tuple(NAMES), tuple(TEXTS))


def test_question_texts_below_the_names() -> None:
    assert laid(NAMES, TEXTS) == Layout(0, 2, tuple(NAMES), tuple(TEXTS))
    two = laid(["nps", "rec"], TEXTS[1:], answers=[row[1:] for row in ANSWERS])
    assert two.labels == ("How likely?", "Have you?")


@pytest.mark.parametrize(
    "first",
    [
        ["R-1", "don't know", "Yes"],  # Yes is an answer below
        ["", "don't know", ""],  # one text where others have numbers says too little
        ["1000", "don't know", "Perhaps"],
        ["x", "", ""],
    ],
)
def test_a_first_answer_is_no_header(first: list[str]) -> None:
    assert laid(NAMES, first).header == 1


def test_a_first_answer_below_row_names_is_no_header() -> None:
    """It stands below a nameless column, but leaves nothing out that all others have."""
    answers = [[f"r{i}", str(i % 11), "No"] for i in range(9)]
    assert laid(["", "nps", "rec"], ["r-1", "don't know", "No"], answers=answers).header == 1


def test_few_answers_do_not_tell_a_header() -> None:
    assert laid(NAMES, TEXTS, answers=ANSWERS[:4]).header == 1


def test_surveymonkey_divides_its_names_over_two_rows() -> None:
    top = ["Respondent ID", "How likely?", "Whom?", "", "", "How satisfied?"]
    below = ["", "Response", "Colleague", "Friend", "Other", "Open-Ended Response"]
    answers = [
        [str(i), ("0 - Not at all", "9")[i % 2], "", "Friend" * (i % 2), "", "good"]
        for i in range(9)
    ]
    found = laid(top, below, answers=answers)
    assert found.header == 2
    assert found.names == (
        "Respondent ID",
        "How likely?",
        "Whom?: Colleague",
        "Whom?: Friend",
        "Whom?: Other",
        "How satisfied?",
    )
    # All answers texts, in Norwegian, and only few of them.
    norsk = [["a1", "Svært", "", "Venn", "", "bra"], ["a2", "Lite", "", "", "", "ok"]]
    below = ["", "Svar", "Kollega", "Venn", "Annet", "Åpent svar"]
    assert laid(top, below, answers=norsk).header == 2


def test_groups_of_questions_above_the_names() -> None:
    top = ["", "", "", "Satisfaction with", ""]
    below = ["id", "nps", "rec", "price", "service"]
    answers = [[*row, "4", "5"] for row in ANSWERS]
    found = laid(top, below, answers=answers)
    assert found.names == (
        "id",
        "nps",
        "rec",
        "Satisfaction with: price",
        "Satisfaction with: service",
    )


@pytest.mark.parametrize(
    ("below", "rows"),
    [
        (0, []),
        (1, [["Total", "", ""]]),
        (2, [["Total", "5.2", ""], ["Average (n=22)", "5.2", "0.5"]]),
        (4, [["", "", ""], ["", "", ""], ["Totalt:", "", "11"], ["", "", ""]]),
        (2, [["", "", ""], ["Source: Acme, 2026", "", ""]]),
        (1, [["Gjennomsnitt", "5,2", "0,5"]]),
    ],
)
def test_totals_and_notes_are_below_the_answers(below: int, rows: list[list[str]]) -> None:
    assert rows_below([*ANSWERS, *rows]) == below


@pytest.mark.parametrize(
    "row",
    [
        ["Total", "9", "Yes"],  # a company, as the others
        ["Totally unknown to us, a long story", "9", "Yes"],
        ["Meanwhile Ltd", "9", "Yes"],
        ["Acme", "9", "Yes"],
    ],
)
def test_an_answer_is_no_total(row: list[str]) -> None:
    assert rows_below([[("Acme", "Bolt")[i % 2], "9", "Yes"] for i in range(9)] + [row]) == 0


def test_a_last_answer_with_one_value_stays() -> None:
    assert rows_below([*ANSWERS, ["1022", "", ""]]) == 0
