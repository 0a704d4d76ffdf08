"""The gate: only an ordinary file is read, by whatever path it is named."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from click.testing import CliRunner

from advocacy.cli import cli
from advocacy.errors import FileFormatError, UsageError
from advocacy.reading import ordinary_file, unchanged
from advocacy.responses import open_responses
from advocacy.responses.crosswalk.crosswalk import read_crosswalk
from advocacy.responses.pseudonyms import read_salt
from advocacy.responses.readers import read_labelled, scan_labelled
from advocacy.survey.engines import DuckDB

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")

SURVEY = "score,recommended_past_12m\n10,true\n3,false\n"


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    path = tmp_path / "survey.csv"
    path.write_text(SURVEY, encoding="utf-8")
    return path


@pytest.fixture(params=["device", "pipe", "socket", "link", "folder of links", "memory", "folder"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a path that exists and is no file, nor is what it leads to."""
    path = tmp_path / "other.csv"
    match request.param:
        case "device":
            return Path("/dev/zero")
        case "pipe":
            os.mkfifo(path)
        case "socket":
            with socket.socket(socket.AF_UNIX) as bound:
                bound.bind(os.path.relpath(path))
        case "link":
            (tmp_path / "between").symlink_to("/dev/zero")
            path.symlink_to("between")
        case "folder of links":
            path.symlink_to("/dev")
            return path / "zero"
        case "memory":
            memory = Path("/proc/self/mem")
            return memory if memory.exists() else Path("/dev/null")
        case "folder":
            path.mkdir()
    return path


@pytest.mark.parametrize("read", [read_labelled, read_crosswalk, read_salt, open_responses])
def test_what_is_no_file_is_refused_by_each_function(read, other: Path) -> None:
    if read is open_responses and other.is_dir():
        pytest.skip("a folder may be a dataset")
    with pytest.raises(UsageError, match="This is a .*, not a file"):
        read(other)


COMMANDS = (
    ["inspect", "OTHER"],
    ["crosswalk", "OTHER", "-o", "OUT.csv"],
    ["crosswalk", "OTHER", "--upgrade", "-o", "OUT.csv"],
    ["import", "OTHER", "-o", "OUT"],
    ["import", "FILE", "--crosswalk", "OTHER", "-o", "OUT"],
    ["estimate", "OTHER"],
    ["estimate", "FILE", "--crosswalk", "OTHER"],
    ["estimate", "FILE", "--rake", "OTHER"],
    ["compare", "OTHER", "--by", "sector"],
    ["curve", "OTHER"],
    ["regress", "OTHER", "--on", "score"],
    ["pool", "OTHER", "-o", "OUT"],
    ["export", "OTHER", "-o", "OUT.sav"],
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_each_command_refuses_what_is_no_file(
    command: list[str], other: Path, survey: Path, tmp_path: Path
) -> None:
    if other.is_dir() and "OTHER" in command[1]:
        pytest.skip("a folder may be a dataset")
    out = tmp_path / "out"
    given = {"OTHER": str(other), "FILE": str(survey), "OUT": str(out)}
    named = [given.get(word, word.replace("OUT", str(out))) for word in command]
    result = CliRunner().invoke(cli, named)
    said = str(result.exception) + result.output
    assert isinstance(result.exception, UsageError | SystemExit), said
    assert "not a file" in said, said
    assert not list(tmp_path.glob("out*"))


def test_a_path_that_belongs_to_a_process_is_refused(survey: Path, tmp_path: Path) -> None:
    # Another process, which parses, would find another file there.
    if not Path("/dev/fd").exists():
        pytest.skip("the system has no /dev/fd")
    with survey.open("rb") as file:
        named = Path(f"/dev/fd/{file.fileno()}")
        (tmp_path / "link.csv").symlink_to(named)
        for path in (named, tmp_path / "link.csv", Path(f"/proc/self/fd/{file.fileno()}")):
            with pytest.raises(UsageError, match="not a file"):
                ordinary_file(path)


def test_ordinary_files_and_links_to_them_are_read(survey: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").symlink_to(tmp_path)
    (tmp_path / "link.csv").symlink_to(Path("folder") / "survey.csv")
    for path in (survey, tmp_path / "link.csv", tmp_path / "folder" / "link.csv"):
        assert read_labelled(ordinary_file(path)).values.num_rows == 2
    absent = tmp_path / "absent.csv"
    assert ordinary_file(absent) == absent


def test_files_in_memory_are_read() -> None:
    shared = Path("/dev/shm")
    if not (shared.is_dir() and os.access(shared, os.W_OK)):
        pytest.skip("the system has no such folder")
    path = shared / f"advocacy-test-{os.getpid()}.csv"
    try:
        path.write_text(SURVEY, encoding="utf-8")
        assert read_labelled(path).values.num_rows == 2
    finally:
        path.unlink(missing_ok=True)


def test_a_pipe_among_the_files_of_a_study_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "raw" / "mine"
    folder.mkdir(parents=True)
    (folder / "survey.csv").write_text(SURVEY, encoding="utf-8")
    os.mkfifo(folder / "answers.csv")
    (tmp_path / "pyproject.toml").touch()
    result = CliRunner().invoke(cli, ["study", str(folder)])
    assert isinstance(result.exception, UsageError), result.output
    assert "This is a pipe, not a file" in str(result.exception)


@pytest.mark.parametrize("change", [shutil.copyfile, os.replace])
def test_a_file_that_changes_while_it_is_read_is_refused(
    change: Callable[[Path, Path], object], tmp_path: Path
) -> None:
    path, other = tmp_path / "a.csv", tmp_path / "other"
    path.write_text("a\n1\n")
    other.write_text("a\n2\n")
    with pytest.raises(FileFormatError, match="changed while it was read"), unchanged(path):
        change(other, path)
    with unchanged(path):
        path.read_text()


def _write(path: Path, rows: int) -> None:
    frame = pd.DataFrame({"score": [float(row % 11) for row in range(rows)], "q": [1.0] * rows})
    {
        ".csv": lambda: frame.to_csv(path, index=False),
        ".sav": lambda: pyreadstat.write_sav(frame, path),
        ".dta": lambda: frame.to_stata(path, write_index=False),
        ".xlsx": lambda: frame.to_excel(path, index=False),
        ".parquet": lambda: frame.to_parquet(path),
    }[path.suffix]()


@pytest.mark.parametrize("ending", ["csv", "sav", "dta", "xlsx", "parquet"])
@pytest.mark.parametrize("how", ["another", "cut", "gone"])
def test_a_file_that_changes_while_its_rows_are_read_is_refused(
    ending: str, how: str, tmp_path: Path
) -> None:
    path = tmp_path / f"a.{ending}"
    _write(path, 500)
    scan = scan_labelled(path)
    batches = scan.batches(None, 100)
    next(batches)
    if how == "another":
        _write(path.with_name(f"b.{ending}"), 600)
        path.with_name(f"b.{ending}").replace(path)
    elif how == "cut":
        os.truncate(path, path.stat().st_size // 2)
    else:
        path.unlink()
    with pytest.raises(FileFormatError, match="changed while it was read"):
        list(batches)


def test_a_file_that_is_asked_again_is_still_the_one_that_was_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pd.DataFrame({"score": [1, 2, 3]}).to_parquet(path)
    responses = open_responses(path)
    assert responses.has("score")
    pd.DataFrame({"score": [4, 5, 6]}).to_parquet(path)
    with pytest.raises(FileFormatError, match="changed while it was read"):
        responses.fetch(f"SELECT sum(score) FROM {responses.relation}")
    with pytest.raises(FileFormatError, match="changed while it was read"):
        responses.run(f"SELECT count(*) FROM {responses.relation}", DuckDB())
