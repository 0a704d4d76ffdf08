"""The scores of 0-10 in other clothes: texts, shifted, turned and lettered codes.

Which answer is which score is worked by hand from its words; row i of a variable is the answer
of somebody who meant score i.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from test_roles import table

from advocacy.responses.crosswalk.compiling import compile_crosswalk
from advocacy.responses.crosswalk.crosswalk import read_crosswalk
from advocacy.responses.crosswalk.placement import ROW, place, placed
from advocacy.responses.labelled import Variable
from advocacy.responses.proposal.proposal import ProposedCrosswalk, propose_crosswalk
from advocacy.responses.proposal.settling import crosswalk_text, settle
from advocacy.sql import connect

QUESTION = "How likely are you to recommend Acme to a friend?"
SCORES = list(range(11))
ENDS = {
    "en": ("Not at all likely", "Extremely likely"),
    "nb": ("Ikke sannsynlig i det hele tatt", "Svært sannsynlig"),
    "sv": ("Inte alls troligt", "Mycket troligt"),
    "da": ("Slet ikke sandsynligt", "Yderst sandsynligt"),
    "de": ("Überhaupt nicht wahrscheinlich", "Äußerst wahrscheinlich"),
}
QUESTIONS = {
    "en": QUESTION,
    "nb": "Hvor sannsynlig er det at du vil anbefale Acme til andre?",
    "sv": "Hur troligt är det att du rekommenderar Acme?",
    "da": "Hvor sandsynligt er det, at du vil anbefale Acme?",
    "de": "Wie wahrscheinlich ist es, dass Sie Acme weiterempfehlen?",
}


def propose(
    values: Sequence[object], labels: dict[float | str, str] | None = None, label: str = QUESTION
) -> ProposedCrosswalk:
    return propose_crosswalk(table((Variable("q5", label, tuple((labels or {}).items())), values)))


def scores(
    values: Sequence[object],
    folder: Path,
    labels: dict[float | str, str] | None = None,
    label: str = QUESTION,
    answers: dict[int, str] | None = None,
) -> list[int | None]:
    """Return the score that the proposed lines make of each row."""
    variable = Variable("q5", label, tuple((labels or {}).items()))
    path = folder / "crosswalk.csv"
    found = propose_crosswalk(table((variable, values)))
    path.write_text(crosswalk_text(settle(found, answers or {})), encoding="utf-8")
    raw = pa.table({"q5": pa.array(values)})
    raw = raw.append_column(ROW, pa.array(range(len(values))))
    placements = place(read_crosswalk(path), raw.schema, [variable])
    with connect({"raw": raw}) as connection:
        sql = f"SELECT * FROM ({placed(placements, 'raw')}) ORDER BY {ROW}"
        made = connection.sql(sql).to_arrow_table()
    assert made.column("score.problem").null_count == len(values)
    # The scale is accepted too.
    opened = table((variable, values)).table
    compile_crosswalk(opened, read_crosswalk(path))
    return made.column("score").to_pylist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("language", ENDS)
@pytest.mark.parametrize(
    "written", ["{0} - {1}", "{1} - {0}", "{1} ({0})", "{0}: {1}", "{0} = {1}", "{1}"]
)
def test_texts_with_a_number_or_the_words_of_the_ends(
    tmp_path: Path, language: str, written: str
) -> None:
    low, high = ENDS[language]
    texts = [written.format(0, low), *map(str, range(1, 10)), written.format(10, high)]
    unsure = {"en": "Don't know", "nb": "Vet ikke", "sv": "Vet ej", "da": "Ved ikke"}
    values = [*texts, unsure.get(language, "Weiß nicht")]
    assert scores(values, tmp_path, label=QUESTIONS[language]) == [*SCORES, None]


def test_texts_on_every_point_of_which_some_are_nobodys(tmp_path: Path) -> None:
    values = [f"{score} points" for score in SCORES if score not in (1, 2)]
    assert scores(values, tmp_path) == [score for score in SCORES if score not in (1, 2)]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["Not at all likely", *map(str, range(2, 10)), "Extremely likely"], "1-10 scale"),
        (["1 - Not at all likely", *map(str, range(2, 10)), "10 - Very likely"], "1-10 scale"),
        (["Not at all likely", *map(str, range(3, 10)), "Very likely"], "and then 3: which number"),
    ],
)
def test_texts_that_are_not_of_0_to_10_are_refused(values: list[str], said: str) -> None:
    found = propose(values, label=f"NPS: {QUESTION}")
    assert found.lines == ()
    assert said in found.refusals[0]


def test_a_question_that_names_its_ends_settles_who_chose_neither_1_nor_2(tmp_path: Path) -> None:
    values = ["Not at all likely", "3", "4", "5", "6", "7", "8", "9", "Extremely likely"]
    label = f"On a scale from 0 to 10: {QUESTION}"
    assert scores(values, tmp_path, label=label) == [0, *range(3, 11)]


@pytest.mark.parametrize("language", ENDS)
def test_codes_1_to_11_with_the_words_of_the_ends_alone(tmp_path: Path, language: str) -> None:
    low, high = ENDS[language]
    values = [score + 1.0 for score in SCORES]
    label = QUESTIONS[language]
    assert scores(values, tmp_path, {1.0: low, 11.0: high}, label) == SCORES


@pytest.mark.parametrize(
    "labels",
    [
        {float(score + 1): str(score) for score in SCORES},
        {1.0: "0 Not at all likely", 11.0: "10 Extremely likely"},
        {1.0: "0", 11.0: "10", 98.0: "Don't know"},
    ],
)
def test_codes_1_to_11_whose_labels_state_the_score(
    tmp_path: Path, labels: dict[float | str, str]
) -> None:
    assert scores([score + 1.0 for score in SCORES], tmp_path, labels) == SCORES


def test_codes_that_count_down_to_their_labels(tmp_path: Path) -> None:
    labels: dict[float | str, str] = {1.0: "10 Extremely likely", 11.0: "0 Not at all likely"}
    assert scores([11.0 - score for score in SCORES], tmp_path, labels) == SCORES


def test_any_codes_whose_labels_state_the_score(tmp_path: Path) -> None:
    codes = [19.0, 20.0, 7.0, 21.0, 22.0, 30.0, 31.0, 32.0, 33.0, 40.0, 41.0]
    labels = {code: str(score) for code, score in zip(codes, SCORES, strict=True)}
    assert scores(codes, tmp_path, dict(labels)) == SCORES


def test_turned_codes_1_to_11_are_asked_about(tmp_path: Path) -> None:
    labels: dict[float | str, str] = {1.0: "Extremely likely", 11.0: "Not at all likely"}
    values = [11.0 - score for score in SCORES]
    assert "reversed" in propose(values, labels).questions[0].text
    assert scores(values, tmp_path, labels, answers={1: "a"}) == SCORES
    assert scores(values, tmp_path, labels, answers={1: "b"}) == SCORES[::-1]


def test_eleven_codes_of_which_only_the_first_has_words_are_asked_about(tmp_path: Path) -> None:
    labels: dict[float | str, str] = {1.0: "Not at all likely"}
    values = [score + 1.0 for score in SCORES]
    assert propose(values, labels).lines == ()
    assert scores(values, tmp_path, labels, answers={1: "a"}) == SCORES


@pytest.mark.parametrize("letters", ["A{}", "SQ{:03d}", "nps_{}", "A{:02d}"])
def test_lettered_codes(tmp_path: Path, letters: str) -> None:
    values = [letters.format(score + 1) for score in SCORES]
    labels: dict[float | str, str] = dict(zip(values, map(str, SCORES), strict=True))
    assert scores(values, tmp_path, labels) == SCORES
    ends: dict[float | str, str] = {values[0]: ENDS["en"][0], values[-1]: ENDS["en"][1]}
    assert scores(values, tmp_path, ends) == SCORES
    # Without labels a person must say where they begin.
    assert propose(values).lines == ()
    assert scores(values, tmp_path, answers={1: "a"}) == SCORES


def test_lettered_codes_from_0_are_their_number(tmp_path: Path) -> None:
    assert scores([f"A{score}" for score in SCORES], tmp_path) == SCORES


def test_ten_lettered_codes_are_refused() -> None:
    values = [f"A{code}" for code in range(1, 11)]
    found = propose(values, {"A1": ENDS["en"][0], "A10": ENDS["en"][1]})
    assert found.lines == ()
    assert "1-10 scale" in found.refusals[0]
