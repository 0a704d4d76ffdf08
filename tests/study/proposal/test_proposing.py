"""Questions asked once with numbers that stay, and crosswalks that a person may edit."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from advocacy.errors import UsageError
from advocacy.responses.crosswalk.crosswalk import read_crosswalk
from advocacy.study.proposal.proposing import Gathered, gather_sources
from tests.study.proposal.made import answers, root_of, write_sav

UNSURE = {9.0: "Don't know"}
SCALE = {0.0: "Not at all likely", 10.0: "Extremely likely", 11.0: "Don't know"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return root_of(tmp_path / "study")


def bare(path: Path, n: int = 60, seed: int = 1, **names: str) -> Path:
    """Write a file whose yes and no have no labels, and whose 11 is labelled as no answer."""
    frame = answers(n, seed)
    frame.loc[:3, "ltr"] = 11.0
    frame = frame.rename(columns=names)
    frame.insert(0, "id", range(1, n + 1))
    return write_sav(path, frame, **{names.get("ltr", "ltr"): SCALE, "rec": {}})


def asked(gathered: Gathered) -> dict[int, tuple[str, list[str], str]]:
    """Return of each question its beginning, the sources that ask it, and its answer."""
    return {
        doubt.number: (
            " ".join(doubt.question.text.split()[:3]),
            [one.source for one in doubt.asked],
            doubt.answer,
        )
        for doubt in gathered.doubts
    }


def lines(folder: Path, source: str, column: str) -> list[tuple[str, str, str]]:
    crosswalk = read_crosswalk(folder / source / "crosswalk.csv")
    return [
        (line.raw_variable, line.raw_value, line.canonical_value)
        for line in crosswalk.lines
        if line.column.name == column
    ]


def test_a_question_is_asked_once_and_keeps_its_number(root: Path) -> None:
    mine = root / "data/raw/mine"
    bare(mine / "a.sav"), bare(mine / "b.sav", seed=2)
    first = gather_sources(mine, root, None, [])
    # Yes and no are asked of both, since variable and label are the same; so is code 11.
    assert asked(first) == {
        1: ("Which code of", ["a", "b"], ""),
        2: ("Is code 11", ["a", "b"], ""),
    }
    assert [error.what.split(" until")[0] for error in first.lacking] == [
        "a, b have no recommended_past_12m (whether they recommended in the past 12 months)"
    ]
    assert "--answer 1a" in first.lacking[0].remedy
    second = gather_sources(mine, root, None, [(1, "a")])
    assert second.lacking == []
    yes_no = [("rec", "1", "true"), ("rec", "2", "false")]
    assert lines(mine, "a", "recommended_past_12m") == yes_no
    assert lines(mine, "b", "recommended_past_12m") == yes_no
    # A file that comes first by name changes no number. Its code 11 is the same question, whatever
    # the variable is called; which of its codes is yes is its own.
    bare(mine / "0.sav", ltr="q1")
    write_sav(mine / "00.sav", answers(60, 3).rename(columns={"rec": "q2"}), rec={})
    third = gather_sources(mine, root, None, [(2, "a")])
    found = asked(third)
    assert found[1][1:] == (["0", "a", "b"], "a")
    assert found[2] == ("Is code 11", ["0", "a", "b"], "a")
    assert ("q1", "11", "") in lines(mine, "0", "score")
    fourth = gather_sources(mine, root, None, [(1, "b")])
    assert asked(fourth)[1][2] == "b"
    turned = [("rec", "1", "false"), ("rec", "2", "true")]
    assert sorted(lines(mine, "a", "recommended_past_12m")) == turned


def test_the_same_codes_of_another_question_are_another_question(root: Path) -> None:
    mine = root / "data/raw/mine"
    frame = answers(60, 1)
    write_sav(mine / "a.sav", frame, rec={})
    write_sav(mine / "b.sav", frame.rename(columns={"rec": "recommended"}), rec={})
    found = asked(gather_sources(mine, root, None, []))
    assert [sources for _, sources, _ in found.values()] == [["a"], ["b"]]


def test_wrong_answers_are_said_at_once_and_nothing_is_moved(root: Path) -> None:
    mine = root / "data/raw/mine"
    file = bare(mine / "a.sav")
    with pytest.raises(UsageError) as error:
        gather_sources(mine, root, None, [(7, "a"), (1, "x")])
    assert error.value.what == "There is no question 7; question 1 has no answer 'x'."
    assert file.exists()


def test_what_a_person_has_edited_is_kept_and_gets_the_answers(root: Path) -> None:
    mine = root / "data/raw/mine"
    bare(mine / "a.sav")
    gather_sources(mine, root, None, [])
    path = mine / "a" / "crosswalk.csv"
    edited = path.read_text(encoding="utf-8").replace("guess", "seen") + ",,sector,B2B,ours\n"
    path.write_text(edited, encoding="utf-8")
    done = gather_sources(mine, root, None, [])
    assert done.crosswalks["a"] == "your crosswalk is kept"
    assert path.read_text(encoding="utf-8") == edited
    done = gather_sources(mine, root, None, [(1, "a"), (2, "a")])
    assert done.crosswalks["a"] == "your crosswalk is kept, with your answers"
    text = path.read_text(encoding="utf-8")
    assert text.startswith(edited)
    assert ("ltr", "11", "") in lines(mine, "a", "score")
    again = gather_sources(mine, root, None, [(1, "a")])
    assert again.crosswalks["a"] == "your crosswalk is kept"
    assert path.read_text(encoding="utf-8") == text


def test_what_is_said_of_programmes_becomes_constants(root: Path) -> None:
    mine = root / "data/raw/mine"
    for name in ("a", "b"):
        frame = answers(60, 1).assign(land=1.0)
        write_sav(mine / f"{name}.sav", frame, land={1: "Norway", 2: "Sweden"})
    gather_sources(mine, root, None, [])
    table = mine / "study-programmes.csv"
    head, *rows = csv.reader(table.read_text(encoding="utf-8").splitlines())
    assert head == ["source", "programme", "supplier", "sector", "industry", "country"]
    assert rows == [[name, "", "", "", "", "(in the file)"] for name in ("a", "b")]
    # As a spreadsheet of these countries saves it.
    table.write_text(
        ";".join(head) + "\na;Bank;Bank;b2b;Financial and insurance activities;(in the file)\n"
        "b;Bank;;B2C;L;\n",
        encoding="utf-8-sig",
    )
    for _ in range(2):
        found = gather_sources(mine, root, None, [])
    assert lines(mine, "a", "industry") == [("", "", "L")]
    assert lines(mine, "a", "sector") == [("", "", "B2B")]
    assert lines(mine, "b", "programme") == [("", "", "Bank")]
    assert found.crosswalks["a"] == "crosswalk as proposed"
    assert {"sector", "industry", "supplier"} <= found.columns["a"]
    assert "supplier" not in found.columns["b"]
    text = table.read_text(encoding="utf-8-sig")
    assert "a,Bank,Bank,B2B,L,(in the file)" in text
    table.write_text(text.replace("B2B", "business").replace(",L,", ",W,"), encoding="utf-8")
    with pytest.raises(Exception, match="3 things") as error:
        gather_sources(mine, root, None, [])
    assert "'business' is no sector" in str(error.value)
    assert "line 2" in str(error.value)


def test_what_may_hold_what_a_file_lacks(root: Path) -> None:
    mine = root / "data/raw/mine"
    frame = answers(60, 1)
    often = frame.assign(sp4=frame.rec)[["ltr", "sp4"]]
    seven = frame.assign(ltr=frame.ltr.clip(1, 7))
    write_sav(mine / "none.sav", frame[["ltr"]])
    write_sav(mine / "often.sav", often, sp4={1: "Group A", 2: "Group B"})
    write_sav(mine / "seven.sav", seven)
    found = {error.what.split()[0]: error for error in gather_sources(mine, root, None, []).lacking}
    assert "We see no variable that could hold it" in found["none"].remedy
    assert "v1" not in found["none"].remedy
    assert "`sp4,1,recommended_past_12m,…,Group A`" in found["often"].remedy
    assert "ltr" in found["seven"].remedy
    assert "no scale of 0 to 10" in found["seven"].remedy


def test_all_files_that_cannot_be_read_are_named(root: Path) -> None:
    mine = root / "data/raw/mine"
    write_sav(mine / "good.sav", answers(20, 1))
    for name in ("a", "b"):
        (mine / f"{name}.sav").write_bytes((mine / "good.sav").read_bytes()[:300])
    with pytest.raises(Exception, match="2 things are in the way") as error:
        gather_sources(mine, root, None, [])
    assert f"{mine}/a.sav" in str(error.value)
    assert f"{mine}/b.sav" in str(error.value)
    assert (mine / "good.sav").exists(), "nothing is moved before all is well"
