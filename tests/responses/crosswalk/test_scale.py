"""Only a 0-10 scale becomes a score; a 1-10 scale is refused in words a client understands."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pyreadstat
import pytest
from written import Sources, Writer

from advocacy.errors import DataError
from advocacy.responses import import_source, open_responses
from advocacy.responses.crosswalk.crosswalk import read_crosswalk
from advocacy.responses.crosswalk.scale import all_vouch_for_zero, check_scales
from advocacy.responses.dataset.importing import partition
from advocacy.responses.labelled import Variable

ONE_TO_ONE = "".join(f"q,{score},score,{score},\n" for score in range(11))
SHIFTED = "".join(f"q,{score + 1},score,{score},\n" for score in range(11))


def labelled(folder: Path, labels: dict[float, str], top: int = 11, declared: float = 98) -> Path:
    """Write a file whose only variable ``q`` has the codes 1 to ``top`` and these labels."""
    frame = pd.DataFrame({"q": [1.0 + i % top for i in range(5 * top)]})
    path = folder / "labelled.sav"
    pyreadstat.write_sav(
        frame, path, variable_value_labels={"q": labels}, missing_ranges={"q": [declared]}
    )
    return path


def answers(zeros: int, ones: int) -> str:
    return "score,x\n" + "0,\n" * zeros + "1,\n" * ones + "10,\n" * 20


# The real file of EPSI Norway

EPSI = """\
q3,1..10,satisfaction,*,Hvor fornøyd er du
q8a,1..10,resolution,*,
q8a,11,resolution,,Vet ikke
q8a,98,resolution,,ikke spurt
q18,1..10,ease,*,
,,sector,B2C,
"""


def test_satisfaction_items_of_epsi_norway(sav: Path, source: Sources, tmp_path: Path) -> None:
    path = sav / "epsi_norway_test.sav"
    made = source({path.name: path.read_bytes()}, lines=EPSI, name="epsi")
    account = import_source(made, tmp_path / "data")
    assert (account.read, account.kept, account.rejected) == (20, 20, 0)

    raw, _ = pyreadstat.read_sav(path, user_missing=True)
    folder = partition(tmp_path / "data", "epsi")
    rows = pq.read_table(folder / "responses-0.parquet").to_pandas()
    for column, variable in (("satisfaction", "q3"), ("resolution", "q8a"), ("ease", "q18")):
        expected = raw[variable].where(raw[variable] <= 10)
        pd.testing.assert_series_equal(rows[column], expected, check_names=False)
    assert rows.resolution.isna().sum() > raw.q8a.isna().sum(), "98 has become missing"

    manifest = json.loads((folder / "_about" / "manifest.json").read_text(encoding="utf-8"))
    file = manifest["files"][0]
    described = {
        column["column"]: column | next(iter(column["variables"]), {}) for column in file["columns"]
    }
    assert file["encoding"] == "windows-1252"
    assert described["satisfaction"]["value_labels"][0] == [1.0, "1 Svært lite fornøyd"]
    assert described["ease"]["value_labels"][-1] == [10.0, "10 Svært lett"]
    assert described["ease"]["variable"] == "q18"
    resolution = described["resolution"]
    assert (resolution["scale_min"], resolution["scale_max"]) == (1, 10)
    assert resolution["missing_codes"] == ["11", "98"]
    assert resolution["user_missing"] == [[98.0, 98.0]]
    assert resolution["value_labels"][9] == [10.0, "10\N{NO-BREAK SPACE}Svært godt fornøyd"]
    assert (described["sector"]["constant"], described["sector"]["variables"]) == ("B2C", [])
    left_out = {entry["variable"] for entry in file["left_out"]}
    assert {"q15", "q15b", "w"} <= left_out
    assert not left_out & {"q3", "q8a", "q18"}


@pytest.mark.parametrize("taken", ["*", "0..10", "1..10"])
@pytest.mark.parametrize("variable", ["q15", "q15b"])
def test_epsi_has_no_score(sav: Path, crosswalk: Writer, variable: str, taken: str) -> None:
    lines = f"{variable},{taken},score,*,\n"
    with pytest.raises(DataError) as error:
        open_responses(sav / "epsi_norway_test.sav", crosswalk(lines))
    message = str(error.value)
    assert f"'{variable}' is a 1-10 scale (from '1 " in message
    assert "never turned into 0-10" in message
    assert "Leave `score` out" in message
    if variable == "q15":
        assert "10 I svært positive ordelag" in message
        assert "Code 11 is 'Vet ikke', which the file does not declare as missing" in message


def test_epsi_refusal_leaves_nothing(sav: Path, source: Sources, tmp_path: Path) -> None:
    content = (sav / "epsi_norway_test.sav").read_bytes()
    made = source({"epsi.sav": content}, lines=EPSI + "q15b,*,score,*,\n")
    with pytest.raises(DataError, match="1-10 scale"):
        import_source(made, tmp_path / "data")
    assert not [path for path in tmp_path.joinpath("data").rglob("*") if path.is_file()]


# Labels


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param({1.0: "not at all", 10.0: "extremely"}, id="ends"),
        pytest.param({1.0: "not at all"} | {i: str(i) for i in map(float, range(2, 11))}, id="all"),
        pytest.param({1.0: "not at all", 10.0: "extremely", 98.0: "no answer"}, id="with 98"),
        pytest.param({-1.0: "refused", 1.0: "not at all", 10.0: "extremely"}, id="with -1"),
        pytest.param({1.0: "not at all", 11.0: "don't know"}, id="1 and 11 alone"),
        pytest.param({1.0: "not at all", 98.0: "no answer"}, id="1 and 98 alone"),
    ],
)
@pytest.mark.parametrize("taken", ["*", "0..10"])
def test_labels_from_one(
    tmp_path: Path, crosswalk: Writer, labels: dict[float, str], taken: str
) -> None:
    with pytest.raises(DataError, match="is a 1-10 scale.*'not at all'"):
        open_responses(labelled(tmp_path, labels), crosswalk(f"q,{taken},score,*,\n"))


@pytest.mark.parametrize(("declared", "said"), [(98, True), (11, False)])
def test_a_declared_code_is_not_called_undeclared(
    tmp_path: Path, crosswalk: Writer, declared: float, said: bool
) -> None:
    path = labelled(tmp_path, {1.0: "lav", 10.0: "høy", 11.0: "Vet ikke"}, declared=declared)
    with pytest.raises(DataError) as error:
        open_responses(path, crosswalk("q,*,score,*,\n"))
    assert ("does not declare as missing" in str(error.value)) is said


def test_zero_to_ten_stored_as_one_to_eleven(tmp_path: Path, crosswalk: Writer) -> None:
    labels = {1.0: "0 slett ikke", 11.0: "10 svært sannsynlig"}
    path = labelled(tmp_path, labels)
    with pytest.raises(DataError, match="stores 0-10 as the codes 1-11") as error:
        open_responses(path, crosswalk("q,*,score,*,\n"))
    assert "`...,1,score,0,` up to `...,11,score,10,`" in error.value.remedy
    responses = open_responses(path, crosswalk(SHIFTED))
    responses.check(["score"])
    found = responses.fetch(f"SELECT min(score), max(score), sum(score) FROM {responses.relation}")
    assert found == (0, 10, 5 * 55)


def test_labels_from_zero_are_fine(tmp_path: Path, crosswalk: Writer) -> None:
    frame = pd.DataFrame({"q": [float(i % 11) for i in range(22)]})
    labels = {"q": {0.0: "not at all", 10.0: "extremely", 98.0: "don't know"}}
    pyreadstat.write_sav(frame, tmp_path / "a.sav", variable_value_labels=labels)
    responses = open_responses(tmp_path / "a.sav", crosswalk("q,0..10,score,*,\nq,98,score,,\n"))
    responses.check(["score"])


# Lines


@pytest.mark.parametrize(
    ("lines", "absent"),
    [
        (ONE_TO_ONE.replace("q,0,score,0,\n", ""), "0"),
        (ONE_TO_ONE.replace("q,0,score,0,\nq,1,score,1,\n", ""), "0, 1"),
        ("q,1..10,score,*,\n", "0"),
        ("".join(f"q,{point},score,{point - 1},\n" for point in range(1, 11)), "10"),
        ("q,1..5,score,*,\nq,6..10,score,*,\n", "0"),
    ],
)
def test_lines_that_leave_scores_out(
    text_file: Writer, crosswalk: Writer, lines: str, absent: str
) -> None:
    with pytest.raises(DataError, match=f"no raw value for the scores {absent}: ") as error:
        open_responses(text_file("q,x\n5,\n"), crosswalk(lines))
    assert "not a 0-10 scale" in str(error.value)


@pytest.mark.parametrize(
    "lines",
    [
        ONE_TO_ONE,
        SHIFTED,
        "q,0..10,score,*,\n",
        "q,0..5,score,*,\nq,6..10,score,*,\n",
        "q,0,score,*,\nq,1..10,score,*,\n",
        "q,98,score,,\nq,*,score,*,\n",
    ],
)
def test_lines_for_every_score(text_file: Writer, crosswalk: Writer, lines: str) -> None:
    open_responses(text_file("q,x\n5,\n"), crosswalk(lines)).check(["score"])


def test_each_score_variable_is_a_scale_of_its_own(crosswalk: Writer) -> None:
    """Two forms, one of them on 1-10: together their lines would name all of 0 to 10."""
    ten = Variable("b", value_labels=((1.0, "lav"), (10.0, "høy")))
    both = read_crosswalk(crosswalk("a,0..10,score,*,\nb,0..10,score,*,\n")).lines
    check_scales(list(both), [Variable("a"), Variable("b")], "here")
    with pytest.raises(DataError, match="'b' is a 1-10 scale"):
        check_scales(list(both), [Variable("a"), ten], "here")
    half = read_crosswalk(crosswalk("a,0..10,score,*,\nb,1..10,score,*,\n")).lines
    with pytest.raises(DataError, match="no raw value for the scores 0:"):
        check_scales(list(half), [], "here")
    filled = read_crosswalk(crosswalk("a,0..10,score,*,\n,,score,0,\n")).lines
    with pytest.raises(DataError, match="cannot be a constant"):
        check_scales(list(filled), [], "here")


def test_each_score_variable_is_known_to_have_a_zero(crosswalk: Writer) -> None:
    lines = list(read_crosswalk(crosswalk("a,0,score,0,\na,*,score,*,\nb,*,score,*,\n")).lines)
    zero = Variable("b", value_labels=((0.0, "slett ikke"), (10.0, "helt sikkert")))
    assert all_vouch_for_zero(lines, [Variable("a"), zero])
    assert not all_vouch_for_zero(lines, [Variable("a"), Variable("b")])


def test_a_score_is_no_constant(text_file: Writer, crosswalk: Writer) -> None:
    with pytest.raises(DataError, match="cannot be a constant"):
        open_responses(text_file("q,x\n5,\n"), crosswalk(",,score,10,\n"))


# Observed answers


@pytest.mark.parametrize(
    ("zeros", "ones", "refused"), [(0, 6, False), (0, 7, True), (1, 7, False), (1, 90, False)]
)
def test_many_ones_and_no_zero(
    text_file: Writer, source: Sources, tmp_path: Path, zeros: int, ones: int, refused: bool
) -> None:
    text = answers(zeros, ones)
    responses, made = open_responses(text_file(text)), source({"a.csv": text})
    if not refused:
        responses.check(["score"])
        assert import_source(made, tmp_path / "data").rejected == 0
        return
    for refuse in (lambda: responses.check(["score"]), lambda: import_source(made, tmp_path)):
        with pytest.raises(DataError, match=f"Nobody scored 0 but {ones} scored 1") as error:
            refuse()
        assert "score,0,score,0," in error.value.remedy


def test_the_remedy_for_a_harsh_zero_to_ten_works(text_file: Writer, crosswalk: Writer) -> None:
    responses = open_responses(
        text_file(answers(0, 50)), crosswalk("score,0,score,0,\nscore,1..10,score,*,\n")
    )
    responses.check(["score"])


def test_a_stated_range_is_no_proof_of_a_zero(text_file: Writer, crosswalk: Writer) -> None:
    responses = open_responses(text_file(answers(0, 50)), crosswalk("score,0..10,score,*,\n"))
    with pytest.raises(DataError, match="Nobody scored 0 but 50 scored 1"):
        responses.check(["score"])
