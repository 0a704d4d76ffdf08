"""Sources that no study can be made of: all that is wrong with them is one message."""

from __future__ import annotations

from pathlib import Path

import pytest

from advocacy.provenance import sha256
from advocacy.study.checks.problems import StudyError
from advocacy.study.checks.sources import sources_of
from advocacy.study.protocol import Protocol, read_protocol


@pytest.fixture
def protocol(root: Path, tmp_path: Path) -> Path:
    """Return a protocol of sources below `data/raw/mine`, which asks for what `add` writes."""
    text = (root / "analysis" / "study.toml").read_text(encoding="utf-8").split("[rates]")[0]
    for old, new in (
        ("data/raw/simulated", "data/raw/mine"),
        ('["programmes_like_these", "these_programmes"]', '["these_programmes"]'),
        (', "converted_within_12m"]', "]"),  # nobody is followed up
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    path = tmp_path / "analysis" / "study.toml"
    path.parent.mkdir()
    path.write_text(f"{text}[rates]\ncrossings = [[]]\n\n[disclosure]\n", encoding="utf-8")
    return path


def study_of(protocol: Path) -> Protocol:
    return read_protocol(protocol)


def add(protocol: Path, folder: str, name: str, kind: str = "collected") -> Path:
    """Write a source of one row."""
    path = protocol.parents[1] / "data" / "raw" / "mine" / folder
    path.mkdir(parents=True)
    (path / "a.csv").write_text("score,recommended_past_12m\n10,true\n", encoding="utf-8")
    text = f'# a source\nname = "{name}"\nkind = "{kind}"\n\n[[files]]\nname = "a.csv"\n'
    description = path / "source.toml"
    description.write_text(f'{text}sha256 = "{sha256(path / "a.csv")}"\n', encoding="utf-8")
    return description


def refused(protocol: Path) -> StudyError:
    with pytest.raises(StudyError) as error:
        sources_of(study_of(protocol), protocol)
    return error.value


def folder_line(protocol: Path) -> str:
    number = protocol.read_text(encoding="utf-8").splitlines().index('folder = "data/raw/mine"')
    return f"{protocol}, line {number + 1}"


def test_sources_that_can_be_used_are_returned(protocol: Path) -> None:
    add(protocol, "one", "first")
    add(protocol, "deep/two", "second")
    names = {source.name for source in sources_of(study_of(protocol), protocol)}
    assert names == {"first", "second"}


def test_a_folder_without_a_source_says_what_is_in_it_instead(protocol: Path) -> None:
    where = protocol.parents[1] / "data" / "raw" / "mine"
    assert "(it is not there)" in refused(protocol).what
    where.mkdir(parents=True)
    assert "(it is empty)" in refused(protocol).what
    for number in range(7):
        (where / f"{number}.sav").touch()
    error = refused(protocol)
    assert "(in it: 0.sav, 1.sav, 2.sav, 3.sav, 4.sav, 2 others)" in error.what
    assert error.where == folder_line(protocol)
    assert "source.toml" in error.remedy


def test_sources_of_one_name_are_named_with_their_lines(protocol: Path) -> None:
    first, second = add(protocol, "one", "shop"), add(protocol, "two", "shop")
    error = refused(protocol)
    assert error.what == "2 sources have the name shop."
    assert error.where == f"{first}, line 2; {second}, line 2"
    assert f'write name = "two" in {second}' in error.remedy


def test_a_name_that_is_proposed_is_free(protocol: Path) -> None:
    add(protocol, "a", "shop")
    add(protocol, "shop", "shop")
    assert 'write name = "shop-2"' in refused(protocol).remedy


def test_kinds_that_mix_are_said_with_the_sources_of_each(protocol: Path) -> None:
    add(protocol, "one", "shop")
    add(protocol, "two", "bank")
    add(protocol, "three", "made", "simulated")
    error = refused(protocol)
    assert error.what.endswith(": collected: shop, bank; simulated: made.")
    assert error.where == folder_line(protocol)
    assert 'write folder = "data/raw/mine/collected"' in error.remedy


def test_files_that_are_not_as_described_are_one_message(protocol: Path) -> None:
    changed = add(protocol, "four", "bank")
    changed.with_name("a.csv").write_text("score\n9\n", encoding="utf-8")
    add(protocol, "five", "no name")
    absent = add(protocol, "six", "gone")
    absent.with_name("a.csv").unlink()
    said = str(refused(protocol))
    assert said.startswith("3 things have to be mended.\n")
    for words in (
        "its SHA-256 differs", "'no name' cannot name a source", "a.csv, which is not there",
    ):  # fmt: skip
        assert said.count(words) == 1, words


def test_what_the_protocol_asks_of_such_sources_is_in_the_same_message(protocol: Path) -> None:
    text = protocol.read_text(encoding="utf-8")
    protocol.write_text(text.replace("[[]]", '[[], ["year"]]'), encoding="utf-8")
    add(protocol, "one", "shop")
    add(protocol, "two", "shop")
    add(protocol, "three", "made", "simulated")
    said = str(refused(protocol))
    assert said.startswith("3 things have to be mended.\n")
    for words in (
        "2 sources have the name shop", "mix kinds of evidence",
        "crossings of [rates] names year, which no source has", "Write crossings = [[]].",
    ):  # fmt: skip
        assert said.count(words) == 1, words
    data = protocol.parents[1] / "data"
    assert [path.name for path in data.iterdir()] == ["raw"]
