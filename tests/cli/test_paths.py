"""Every path that a command takes follows one rule; the paths are found from click's parameters."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from advocacy.cli import cli
from advocacy.cli.shared.engine_options import Source
from advocacy.cli.shared.input_file import InputFile, LocalPath
from advocacy.errors import UsageError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")

SURVEY = "score,recommended_past_12m\n10,true\n3,false\n"


@dataclass(frozen=True)
class Taken:
    """A path that a command takes."""

    command: str
    parameter: click.Parameter

    @property
    def kind(self) -> LocalPath:
        """What it may be."""
        own = self.parameter.type
        return LocalPath(exists=True) if isinstance(own, Source) else own  # type: ignore[return-value]

    def __str__(self) -> str:
        return f"{self.command} {self.parameter.opts[-1]}"


def _parameters() -> Iterator[Taken]:
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        yield from (Taken(name, parameter) for parameter in command.params)


PATHS = [
    one for one in _parameters() if isinstance(one.parameter.type, click.Path | click.File | Source)
]
COMMANDS = sorted({one.command for one in PATHS})
ODD = ["a\nb.csv", " ", "-o", "a'b\"c.csv", "[a]*?.csv", "http:a.csv", "å%s{x}.csv", "a#b.csv"]


def test_each_path_is_of_the_one_kind() -> None:
    assert len(PATHS) > 60
    assert {type(one.parameter.type) for one in PATHS} <= {LocalPath, InputFile, Source}


@pytest.fixture
def hostile(tmp_path: Path) -> dict[str, str]:
    """Return paths of what is no ordinary file or folder, with what it is called."""
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "link.csv").symlink_to("/dev/zero")
    (tmp_path / "home.csv").symlink_to("/proc/self")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(os.path.relpath(tmp_path / "socket.csv"))
    return {
        "/dev/zero": "a device",
        "/dev/null": "a device",
        str(tmp_path / "pipe.csv"): "a pipe",
        str(tmp_path / "link.csv"): "a device",
        str(tmp_path / "socket.csv"): "a socket",
        "/proc/self/mem": "a place of the system",
        "/proc/self": "a place of the system",
        str(tmp_path / "home.csv"): "a place of the system",
        "/sys/kernel": "a place of the system",
    }


def converted(one: Taken, given: str) -> Path:
    """Return the path that a command makes of a text."""
    return Path(one.parameter.type.convert(given, one.parameter, None))


def refusal(one: Taken, given: str | os.PathLike[str]) -> str:
    """Return what is said of a path that is refused."""
    with pytest.raises((UsageError, click.UsageError)) as refused:
        one.parameter.type.convert(given, one.parameter, None)
    return str(refused.value)


def test_what_is_no_ordinary_file_or_folder_is_refused(hostile: dict[str, str]) -> None:
    for one, (path, what) in product(PATHS, hostile.items()):
        if Path(path).exists():
            assert f"This is {what}, not a " in refusal(one, path), one
    for one, path in product(PATHS, ("/proc/self/new.csv", "/proc/self/new/new.csv")):
        if not one.kind.exists:
            assert "a place of the system" in refusal(one, path), one


def test_a_folder_is_no_file_and_a_file_no_folder(tmp_path: Path) -> None:
    file, folder = tmp_path / "a.csv", tmp_path / "a folder"
    file.write_text(SURVEY, encoding="utf-8")
    folder.mkdir()
    for one in PATHS:
        if one.kind.name == "directory":
            assert "This is a file, not a folder" in refusal(one, file), one
        else:
            assert converted(one, str(file)) == file, one
        if one.kind.name == "file":
            assert "This is a folder, not a file" in refusal(one, folder), one
        else:
            assert converted(one, str(folder)) == folder, one
        if one.kind.exists:
            assert "does not exist" in refusal(one, tmp_path / "absent"), one
        else:
            assert "This is below a file, not a" in refusal(one, file / "new.csv"), one


@pytest.mark.parametrize("name", ODD)
def test_odd_names_are_names(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("directory", "file"):
        (tmp_path / kind).mkdir()
    (tmp_path / "directory" / name).mkdir()
    (tmp_path / "file" / name).write_text(SURVEY, encoding="utf-8")
    for one in PATHS:
        place = tmp_path / ("directory" if one.kind.name == "directory" else "file")
        monkeypatch.chdir(place)
        assert converted(one, name).absolute() == place / name, one


def test_bytes_that_are_no_letters(tmp_path: Path) -> None:
    """A file of such a name is read; a folder, or what is to be written, needs another."""
    file, folder = (os.fsdecode(os.fsencode(tmp_path) + name) for name in (b"/a\xe9.csv", b"/\xe9"))
    Path(file).write_text(SURVEY, encoding="utf-8")
    Path(folder).mkdir()
    for one in PATHS:
        if not one.kind.exists:
            assert "not UTF-8" in refusal(one, f"{file}.csv"), one
            continue
        if one.kind.name != "directory":
            assert str(converted(one, file)) == file, one
        if one.kind.name != "file":
            assert "not UTF-8" in refusal(one, folder), one


def _line(one: Taken, value: str, sound: dict[str, str]) -> list[str]:
    """Return a line that gives a command all that it must have, and one path."""
    context = click.Context(cli)
    command = cli.get_command(context, one.command)
    assert command is not None
    line = [one.command]
    for parameter in command.params:
        own = value if parameter.name == one.parameter.name else None
        if own is None and parameter.required:
            own = _sound(parameter, sound)
        if own is not None:
            option = isinstance(parameter, click.Option)
            line += [parameter.opts[-1], own] if option else [own]
    return line


def _sound(parameter: click.Parameter, sound: dict[str, str]) -> str:
    kind = parameter.type
    if isinstance(kind, Source):
        return sound["file"]
    if isinstance(kind, LocalPath):
        return sound[kind.name if kind.exists else "new"]
    return {"--on": "score"}.get(parameter.opts[-1], "1")


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_says_so_at_once(command: str, tmp_path: Path) -> None:
    survey, new = tmp_path / "a.csv", tmp_path / "new.csv"
    survey.write_text(SURVEY, encoding="utf-8")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    sound = dict.fromkeys(("file", "path"), str(survey))
    sound |= {"directory": str(tmp_path / "folder"), "new": str(new)}
    own = [one for one in PATHS if one.command == command]
    for one, value in product(own, ("/dev/zero", str(tmp_path / "pipe.csv"))):
        result = CliRunner().invoke(cli, _line(one, value, sound))
        said = str(result.exception) + result.output
        assert isinstance(result.exception, UsageError | SystemExit), said
        assert "This is a " in said, f"{one}: {said}"
        assert not new.exists()


LINES = ("study NAME", "expect --reference NAME", "estimate a.csv -o NAME", "inspect NAME")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize("line", LINES)
def test_a_name_is_said_where_the_terminal_lacks_its_letters(
    line: str, encoding: str, tmp_path: Path
) -> None:
    name = "Ωå.csv"
    (tmp_path / "a.csv").write_text(SURVEY, encoding="utf-8")
    os.mkfifo(tmp_path / name)
    done = subprocess.run(
        [sys.executable, "-m", "advocacy", *line.replace("NAME", name).split()],
        capture_output=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONIOENCODING": encoding},
        check=False,
    )
    said = done.stderr.decode(encoding)
    assert done.returncode != 0
    assert "This is a pipe" in said
    assert "Traceback" not in said
