"""`advocacy study`: from a folder of files to a protocol, by the commands that the texts give."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pyreadstat
import pytest
from outcome import Command
from tests.study.proposal.made import answers, root_of, twelve, write_sav

from advocacy.study.protocol import Protocol, read_protocol

TEXTS = ("README.md", "CONTRIBUTING.md")


@pytest.fixture
def home(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a study with the published protocol, in which commands are run."""
    protocol = (root / "analysis" / "study.toml").read_text(encoding="utf-8")
    folder = root_of(tmp_path / "home", protocol)
    monkeypatch.chdir(folder)
    return folder


def protocol_of(home: Path) -> Protocol:
    return read_protocol(home / "analysis" / "study.toml")


def account(out: str, source: str) -> tuple[int, ...]:
    (row,) = re.findall(rf"^{source} +(\d+) +(\d+) +(\d+)$", out, re.MULTILINE)
    return tuple(map(int, row))


def commands_of(text: str, start: str) -> list[str]:
    """Return the lines of the first block of commands behind ``start``."""
    return text.split(start, 1)[1].split("```\n", 1)[1].split("```", 1)[0].splitlines()


def test_the_commands_of_the_texts_make_a_study_of_twelve_files(
    command: Command, home: Path, root: Path, tmp_path: Path
) -> None:
    given = {
        name: commands_of((root / name).read_text(encoding="utf-8"), start)
        for name, start in zip(TEXTS, ("my own study", "## A new source"), strict=True)
    }
    assert given["README.md"] == given["CONTRIBUTING.md"]
    install, *ours, book = given["README.md"]
    assert (install, book) == ("make install", "make book")
    mine = twelve(home / "data" / "raw" / "mine", tmp_path)
    done = [command(*line.removeprefix(".venv/bin/advocacy ").split()) for line in ours]
    assert [outcome.code for outcome in done] == [1, 0], done[-1].err
    # Which code is yes is asked of three files at once, and until then they lack the answer.
    three = [f"avtale-{number}" for number in range(3)]
    assert f"The same in 3 files: {', '.join(f'{name} (rec)' for name in three)}" in done[0].out
    assert f"{', '.join(three)} have no recommended_past_12m" in done[0].err
    assert "--answer 1a" in done[0].err
    assert not done[1].err
    files = {path.parent.name: path for path in mine.rglob("*.*sav")}
    assert len(files) == 12
    every = 0
    for name, path in files.items():
        rows = pyreadstat.read_sav(path, metadataonly=True)[1].number_rows
        read, kept, rejected = account(done[1].out, name)
        assert read == rows == kept + rejected
        every += rows
    assert account(done[1].out, "in all")[0] == every
    protocol = protocol_of(home)
    assert protocol.targets == ("programmes_like_these", "these_programmes")
    assert {"country", "year", "pairs_country", "curve"} <= set(protocol.tables)
    assert not {"sector", "industry", "standardisation_sector"} & set(protocol.tables)
    assert protocol.pooling is None
    earlier = (home / "analysis" / "study-1.toml").read_text(encoding="utf-8")
    assert earlier == (root / "analysis" / "study.toml").read_text(encoding="utf-8")


def test_one_programme_with_a_score_and_an_answer(command: Command, home: Path) -> None:
    frame = answers(300, 1)
    write_sav(home / "data/raw/mine/kunder.sav", frame)
    done = command("study", "data/raw/mine")
    assert done.code == 0, done.err
    assert "Moved data/raw/mine/kunder.sav to data/raw/mine/kunder/kunder.sav" in done.out
    assert "holds: score (ltr), recommended_past_12m (rec)" in done.out
    assert account(done.out, "kunder") == (300, 300, 0)
    tens = int((frame.ltr == 10).sum())
    assert f"300 ratings have a score and an answer on recommending, {tens} of them" in done.out
    assert protocol_of(home).targets == ("these_programmes",)
    text = (home / "analysis" / "study.toml").read_text(encoding="utf-8")
    again = command("study", "data/raw/mine")
    assert "analysis/study.toml fits as it is" in again.out
    assert (home / "analysis" / "study.toml").read_text(encoding="utf-8") == text
    # What a person has changed is kept when the command writes the protocol again.
    (home / "analysis" / "study.toml").write_text(f"{text}# mine\n", encoding="utf-8")
    assert (
        "Kept the earlier protocol as analysis/study-2.toml"
        in command("study", "data/raw/mine").out
    )
    kept = (home / "analysis" / "study-2.toml").read_text(encoding="utf-8")
    assert kept == f"{text}# mine\n"


def test_design_columns_of_its_own(command: Command, home: Path) -> None:
    rng, frame = np.random.default_rng(5), answers(400, 2)
    strata = np.where(np.arange(400) < 390, rng.integers(1, 4, 400), 9)
    frame["wt"] = rng.uniform(0.5, 2, 400)
    frame["stratum"] = strata.astype(float)
    frame["psu"] = np.where(strata == 9, 1.0, strata * 100.0 + rng.integers(0, 9, 400))
    write_sav(home / "data/raw/mine/a.sav", frame)
    done = command("study", "data/raw/mine")
    assert done.code == 0, done.err
    text = (home / "analysis" / "study.toml").read_text(encoding="utf-8")
    said = " ".join(text.replace("\n# ", " ").split())
    assert "1 of 1 programme has weights" in said
    assert "Of the sample design the data have stratum, psu, 4 strata within programmes" in said
    # The stratum of one sampling unit, which the published rule refuses.
    assert "Strata with a single PSU allow no variance: 'a × 9'" in said
    assert protocol_of(home).lonely_psu == "adjust"


def test_bad_input_is_one_message(command: Command, home: Path) -> None:
    mine = home / "data" / "raw" / "mine"
    mine.mkdir()
    done = command("study", mine)
    assert (done.code, done.out) == (2, "")
    assert "no survey file" in done.err
    for name in ("a.sav", "A.csv"):
        (mine / name).write_bytes(b"x")
    (mine / "b").mkdir()
    done = command("study", mine, "--kind", "simulated")
    assert done.code == 2
    assert "2 sources would be called 'a'" in done.err
    assert "There is no" not in done.err
    assert command("study", mine, "--answer", "a1").code == 2


def test_a_file_that_the_import_refuses_is_named(command: Command, home: Path) -> None:
    frame = answers(50, 3)
    write_sav(home / "data/raw/mine/good.sav", frame)
    write_sav(home / "data/raw/mine/bad.sav", frame)
    write_sav(home / "data/raw/mine/worse.sav", frame)
    assert command("study", "data/raw/mine").code == 0
    for name in ("bad", "worse"):
        crosswalk = home / "data/raw/mine" / name / "crosswalk.csv"
        text = crosswalk.read_text(encoding="utf-8")
        crosswalk.write_text(text.replace("ltr,", f"{name}_q,"), encoding="utf-8")
    before = (home / "analysis" / "study.toml").read_text(encoding="utf-8")
    done = command("study", "data/raw/mine")
    assert done.code == 1
    assert "2 things are in the way" in done.err
    assert "bad_q" in done.err
    assert "worse_q" in done.err
    assert (home / "analysis" / "study.toml").read_text(encoding="utf-8") == before
