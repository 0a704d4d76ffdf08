"""The proposed crosswalk: complete where the file is clear, a question where it is not.

The oracle of the round trip are the simulator's own crosswalks: what they say of each raw
value answers the questions, and the import with either must give the same table.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from test_roles import table

from advocacy.errors import UsageError
from advocacy.responses import find_sources, import_source, read_source
from advocacy.responses.crosswalk.crosswalk import read_crosswalk
from advocacy.responses.dataset.importing import partition
from advocacy.responses.labelled import MissingRange, Variable
from advocacy.responses.proposal.levels import profile_file
from advocacy.responses.proposal.lines import Choice
from advocacy.responses.proposal.proposal import ProposedCrosswalk, propose_crosswalk
from advocacy.responses.proposal.settling import crosswalk_text, settle
from advocacy.responses.proposal.wordings import without_code
from advocacy.simulation.deliveries import simulate

EPSI = Path(__file__).parents[4] / "shared" / "sav" / "epsi_norway_test.sav"
QUESTION = "How likely are you to recommend Acme?"
ALL = [float(i % 11) for i in range(44)]


def proposal(
    labels: dict[float, str], values: Sequence[float], label: str = QUESTION, **more: object
) -> ProposedCrosswalk:
    variable = Variable("q5", label, tuple(labels.items()), **more)  # type: ignore[arg-type]
    return propose_crosswalk(table((variable, values)))


def rules(lines: Sequence[object]) -> set[tuple[str, str, str]]:
    return {(x.raw_value, x.column, x.canonical_value) for x in lines}  # type: ignore[attr-defined]


def accepted(lines: Sequence[object], folder: Path) -> None:
    path = folder / "crosswalk.csv"
    path.write_text(crosswalk_text(lines), encoding="utf-8")  # type: ignore[arg-type]
    assert len(read_crosswalk(path).lines) == len(lines)


def test_a_clear_scale_needs_no_question() -> None:
    found = proposal(
        {0: "Not at all likely", 10: "Extremely likely", 98: "Don't know", 99: "Refused"},
        [*ALL, 98.0],
        user_missing=(MissingRange(99.0, 99.0),),
    )
    assert rules(found.lines) == {
        ("0..10", "score", "*"),
        ("98", "score", ""),
        ("99", "score", ""),
    }
    assert all(line.note.startswith("guess 0.9") for line in found.lines)
    assert (found.questions, found.refusals) == ((), ())


def test_missing_codes_wait_for_the_answer_too() -> None:
    found = proposal({98.0: "Don't know"}, [*(s + 1 for s in ALL), 98.0])
    # Alone it would make a score that is never there, which the import refuses.
    assert settle(found, {}) == ()
    assert ("98", "score", "") in rules(settle(found, {1: "a"}))


def test_dont_know_as_11_is_asked_about_unless_the_file_declares_it() -> None:
    labels = {0.0: "Lite sannsynlig", 10.0: "Svært sannsynlig", 11.0: "Vet ikke"}
    label = "Hvor sannsynlig er det at du anbefaler oss?"
    found = proposal(labels, [*ALL, 11.0], label)
    assert rules(found.lines) == {("0..10", "score", "*")}
    assert "'Vet ikke'" in found.questions[0].text
    assert rules(found.questions[0].choices[0].lines) == {("11", "score", "")}
    declared = proposal(labels, [*ALL, 11.0], label, user_missing=(MissingRange(11.0, 11.0),))
    assert rules(declared.lines) == {("0..10", "score", "*"), ("11", "score", "")}
    assert declared.questions == ()


def test_a_scale_of_ten_points_is_refused() -> None:
    found = proposal({1: "1 Not likely", 10: "10 Very likely", 11: "Vet ikke"}, [1.0, 10.0] * 9)
    assert (found.lines, found.questions) == ((), ())
    assert "1-10 scale" in found.refusals[0]
    assert "'Vet ikke'" in found.refusals[0]


@pytest.mark.parametrize(
    "labels",
    [
        {0.0: "Extremely likely", 10.0: "Not at all likely"},
        {float(code): str(10 - code) for code in range(11)},
    ],
)
def test_a_reversed_scale_is_asked_about(labels: dict[float, str]) -> None:
    found = proposal(labels, ALL)
    assert found.lines == ()
    assert "reversed" in found.questions[0].text
    turned = rules(settle(found, {1: "a"}))
    assert turned == {(str(code), "score", str(10 - code)) for code in range(11)}
    assert rules(settle(found, {1: "b"})) == {("0..10", "score", "*")}


def test_codes_1_to_11_without_labels_are_asked_about() -> None:
    found = proposal({}, [s + 1 for s in ALL])
    assert found.lines == ()
    assert ("1", "score", "0") in rules(settle(found, {1: "a"}))
    assert rules(settle(found, {1: "b"})) == {("0..10", "score", "*"), ("11", "score", "")}


def test_a_code_that_nobody_explains_is_asked_about() -> None:
    found = proposal({0: "Not at all likely", 10: "Extremely likely"}, [*ALL, 77.0])
    assert "code 77" in found.questions[0].text
    assert "(1 answers)" in found.questions[0].text


def counts(lines: Sequence[object]) -> set[tuple[str, str, str]]:
    """Return the rules on the count, without those on whether there was one."""
    return {rule for rule in rules(lines) if rule[1] == "recommendations_past_12m"}


COUNTED = "To how many people did you recommend Acme last year?"
COUNTS = [0.0] * 9 + [1.0] * 6 + [2.0] * 4 + [3.0] * 2 + [8.0]


def test_an_unlabelled_code_far_above_the_counts_is_asked_about(tmp_path: Path) -> None:
    column = "recommendations_past_12m"
    found = proposal({}, [*COUNTS, 98.0, 98.0, 99.0, 99.0, 99.0], COUNTED)
    assert counts(found.lines) == {("0..8", column, "*")}
    assert [q.text.split(" missing?")[0] for q in found.questions] == [
        "Is code 98 of q5",
        "Is code 99 of q5",
    ]
    assert "3 answers; the next lower value is 8, with 1." in found.questions[1].text
    lines = settle(found, {1: "a", 2: "b"})
    assert counts(lines) == {("0..8", column, "*"), ("98", column, ""), ("99", column, "*")}
    accepted(lines, tmp_path)
    assert counts(settle(found, {1: "c"})) == {("0..8", column, "*")}
    assert rules(lines) - counts(lines) == {
        ("0", "recommended_past_12m", "false"),
        ("1..8", "recommended_past_12m", "true"),
        ("98", "recommended_past_12m", ""),
        ("99", "recommended_past_12m", "true"),
    }


def test_a_nine_after_small_counts_is_asked_about() -> None:
    found = proposal({}, [*COUNTS[:-1], 9.0, 9.0, 9.0], COUNTED)
    assert [q.text[:9] for q in found.questions] == ["Is code 9"]


@pytest.mark.parametrize(
    "more",
    [
        [99.0],  # as rare as the largest count
        [9.0] * 3,  # looks like a code, but follows the others
        [12.0] * 3,  # heaped
        [20.0] * 3,
        [10.0, 97.0, 97.0, 98.0, 98.0, 99.0, 99.0, 100.0, 100.0],  # more than are codes
    ],
)
def test_counts_are_taken_as_they_stand(more: list[float]) -> None:
    found = proposal({}, [*COUNTS, *more], COUNTED)
    assert counts(found.lines) == {("*", "recommendations_past_12m", "*")}
    assert found.questions == ()


def test_a_code_of_counts_that_the_file_explains_needs_no_question() -> None:
    column = "recommendations_past_12m"
    values = [*COUNTS, 98.0, 98.0, 99.0, 99.0]
    declared = proposal({}, values, COUNTED, user_missing=(MissingRange(98.0, 99.0),))
    assert counts(declared.lines) == {("*", column, "*"), ("98..99", column, "")}
    assert declared.questions == ()
    labelled = proposal({99.0: "Don't know"}, values, COUNTED)
    assert counts(labelled.lines) == {("0..8", column, "*"), ("99", column, "")}
    assert [q.text[:10] for q in labelled.questions] == ["Is code 98"]


def test_days_of_many_values_are_looked_at_too() -> None:
    days = [float(i % 90) for i in range(200)] + [9999.0] * 30
    found = propose_crosswalk(table((Variable("dager", "Days since the contact"), days)))
    assert rules(found.lines) == {("0..89", "days_since_event", "*")}
    assert (
        "Is code 9999 of dager missing? It has no label and 30 answers" in found.questions[0].text
    )


def test_a_code_without_label_among_labelled_ones_is_asked_about() -> None:
    labels = ((1.0, "Phone"), (2.0, "Web"))
    kanal = Variable("kanal", "Channel of the interview", labels)
    found = propose_crosswalk(table((kanal, [1.0, 2.0, 7.0] * 9)))
    assert {line.raw_value for line in found.lines} == {"1", "2"}
    assert "Is code 7 of kanal missing? It has no label" in found.questions[0].text


@pytest.mark.parametrize(
    "waves",
    [
        ("2024-Q4", "2025-Q1"),
        ("1. kvartal 2025", "2. kvartal 2025"),
        ("25H1", "25H2"),
    ],
)
def test_a_wave_keeps_its_whole_name(waves: tuple[str, str]) -> None:
    """What looks like a code before a label is here what tells one wave from another."""
    found = propose_crosswalk(table((Variable("wave"), [*waves] * 9)))
    assert rules(found.lines) == {(wave, "wave", wave) for wave in waves}


def test_a_year_is_no_code_before_a_label() -> None:
    texts = ("2025 Norge", "1 Norge", "12) Norge")
    assert list(map(without_code, texts)) == ["2025 Norge", "Norge", "Norge"]


def test_texts_of_which_none_is_known_are_no_missing_codes() -> None:
    found = propose_crosswalk(table((Variable("segment_region"), ["Østfold", "Ålesund"] * 9)))
    assert (found.lines, found.questions) == ((), ())
    assert any("`segment_region,*,segment_region,@label,`" in text for text in found.refusals)


def test_yes_and_no_without_labels_are_asked_about() -> None:
    found = proposal({}, [1.0, 2.0, 2.0] * 9, "Have you ever recommended us?")
    assert found.lines == ()
    column = "recommended_past_12m"
    assert rules(settle(found, {1: "a"})) == {("1", column, "true"), ("2", column, "false")}
    assert rules(settle(found, {1: "b"})) == {("1", column, "false"), ("2", column, "true")}


def test_of_two_score_questions_one_is_chosen_with_its_own_codes(tmp_path: Path) -> None:
    ends = ((0.0, "Not at all likely"), (10.0, "Extremely likely"), (11.0, "Don't know"))
    found = propose_crosswalk(
        table(
            (Variable("q1", QUESTION, ends), [*ALL, 11.0]),
            (Variable("q9", f"After this call: {QUESTION}", ends), [*ALL, 11.0]),
        )
    )
    assert found.lines == ()
    which, eleven = found.questions
    assert which.column == "score"
    assert "relationship" in which.text
    assert {line.raw_variable for line in eleven.choices[0].lines} == {"q1", "q9"}
    lines = settle(found, {1: "b", 2: "a"})
    assert [(x.raw_variable, x.raw_value) for x in lines] == [("q9", "0..10"), ("q9", "11")]
    accepted(lines, tmp_path)
    assert settle(found, {2: "a"}) == ()


@pytest.mark.parametrize("answers", [{9: "a"}, {1: "z"}])
def test_an_answer_to_no_question_is_refused(answers: dict[int, str]) -> None:
    with pytest.raises(UsageError):
        settle(proposal({}, [s + 1 for s in ALL]), answers)


def test_dates_as_text_are_read_in_the_one_form_that_fits() -> None:
    texts = ["06/18/2015 12:29", "01/02/2015 08:00"] * 9
    found = propose_crosswalk(table((Variable("StartDate", "Interview date"), texts)))
    assert rules(found.lines) == {("*", "interviewed_on", "@date:%m/%d/%Y %H:%M")}
    either = propose_crosswalk(table((Variable("StartDate"), ["03/04/2015", "01/02/2015"] * 9)))
    assert either.lines == ()
    assert len(either.questions[0].choices) == 3


def test_every_line_says_that_it_is_a_guess() -> None:
    labels = ((1.0, "Norge"), (2.0, "Sverige"), (3.0, "Vet ikke"), (4.0, "Atlantis"))
    found = propose_crosswalk(table((Variable("land", "Land", labels), [1.0, 2.0, 3.0] * 9)))
    assert rules(found.lines) == {
        ("1", "country", "NO"),
        ("2", "country", "SE"),
        ("3", "country", ""),
    }
    assert all(line.note.startswith("guess ") for line in found.lines)
    assert "Atlantis" in found.questions[0].text


@pytest.mark.skipif(not EPSI.exists(), reason="needs ../shared/sav/epsi_norway_test.sav")
def test_a_real_norwegian_file_with_1_to_10_scales() -> None:
    found = propose_crosswalk(profile_file(EPSI))
    assert {line.column for line in found.lines} >= {"weight", "ease"}
    assert not any(line.column == "score" for line in found.lines)
    assert {text.split()[0] for text in found.refusals if "1-10 scale" in text} == {"q10", "q15b"}
    which = next(question for question in found.questions if question.column == "satisfaction")
    assert [choice.text.split()[0] for choice in which.choices] == ["q3", "q8a", "none"]
    assert any("'Vet ikke'" in question.text for question in found.questions)


# Round trip over simulated deliveries

SURE = ("score", "recommended_past_12m", "weight", "country")


Proposed = list[tuple[Path, ProposedCrosswalk]]


@pytest.fixture(
    scope="module",
    params=[
        (7, 8),
        pytest.param((9, 10), marks=pytest.mark.slow),
    ],
)
def deliveries(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Proposed:
    """Return the folders of deliveries with labels, each with the crosswalk that is proposed."""
    root = tmp_path_factory.mktemp("deliveries")
    every = [
        folder
        for seed in request.param
        for folder in find_sources(simulate(20000, seed, root / str(seed)))
    ]
    labelled = [folder for folder in every if data_file(folder).suffix != ".csv"]
    assert len(labelled) >= 30
    return [(folder, propose_crosswalk(profile_file(data_file(folder)))) for folder in labelled]


def known(folder: Path) -> list[dict[str, str]]:
    with (folder / "crosswalk.csv").open(encoding="utf-8", newline="") as file:
        next(file)
        return list(csv.DictReader(file))


def data_file(folder: Path) -> Path:
    return folder / read_source(folder).files[0][0]


def meant(rows: list[dict[str, str]], variable: str, raw: str, column: str) -> str | None:
    """Return what the delivered crosswalk makes of a raw value, ``None`` where it has no line."""
    mine = [r for r in rows if (r["raw_variable"], r["canonical_column"]) == (variable, column)]
    for row in mine:
        if row["raw_value"] == raw:
            return row["canonical_value"]
    for row in mine:
        low, dots, high = row["raw_value"].partition("..")
        if row["raw_value"] == "*" or (dots and float(low) <= float(raw) <= float(high)):
            return raw
    return None


def is_true(choice: Choice, rows: list[dict[str, str]]) -> bool:
    return bool(choice.lines) and all(
        meant(rows, x.raw_variable, raw, x.column)
        == (raw if x.canonical_value == "*" else x.canonical_value)
        for x in choice.lines
        for raw in x.raw_value.split("..")
    )


def answers(found: ProposedCrosswalk, rows: list[dict[str, str]]) -> dict[int, str]:
    return {
        number: letter
        for number, question in enumerate(found.questions, 1)
        for letter, choice in zip("abcd", question.choices, strict=False)
        if is_true(choice, rows)
    }


def test_roles_of_simulated_deliveries(deliveries: Proposed) -> None:
    right, missed, wrong = Counter[str](), Counter[str](), Counter[str]()
    for folder, found in deliveries:
        truth = {r["raw_variable"]: r["canonical_column"] for r in known(folder)}
        for role in found.roles:
            if role.column == truth[role.name]:
                right[role.column] += 1
            else:
                missed[truth[role.name]] += 1
                wrong[role.column] += 1
    for column in SURE:
        assert right[column] >= 0.95 * (right[column] + missed[column]), column
        assert right[column] >= 0.95 * (right[column] + wrong[column]), column
    assert right.total() >= 0.95 * (right.total() + missed.total())


def test_importing_with_the_proposal_gives_the_same_answers(
    deliveries: Proposed, tmp_path: Path
) -> None:
    for folder, found in deliveries[::4]:
        source = read_source(folder)
        path = tmp_path / "proposed.csv"
        path.write_text(
            crosswalk_text(settle(found, answers(found, known(folder)))), encoding="utf-8"
        )
        import_source(source, tmp_path / "delivered")
        import_source(replace(source, crosswalk=path), tmp_path / "proposed")
        tables = [
            pq.read_table(
                next(partition(tmp_path / name, source.name).glob("*.parquet")),
                columns=["score", "recommended_past_12m"],
            )
            for name in ("delivered", "proposed")
        ]
        assert tables[0].equals(tables[1]), folder
