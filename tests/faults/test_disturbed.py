"""What surrounds a command fails: disk, limits, folders, other commands, and odd names.

Each ends done, or as an error that says the cause; what was there is whole, and nothing is left.
Slow: `make faults`.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from started import Disk, Done, Started, digests, listed, run
from surveys import answers, write

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="has neither these limits nor signals"),
]

SEED = 20261128
IMPORT = ("import", "raw/a.zsav", "-o", "data")
REPLACE = ("import", "new/a.zsav", "--replace", "-o", "data")
NOISE = ("Traceback", "Exception ignored", "Fatal Python error", "panicked", "core dumped")
FULL = re.compile(r"\bspace\b|\broom\b|\bfull\b", re.IGNORECASE)


def sound(done: Done, *statuses: int) -> None:
    """Assert that a command ended in a way that is expected, and in words."""
    assert done.status in statuses, f"{done.status}: {done.err}"
    assert not any(word in done.err for word in NOISE), done.err
    if done.status == 1:
        assert done.err.startswith("advocacy: ") or "\nadvocacy: " in done.err, done.err
    if done.status == 2:
        assert "remedy" in done.err or done.err.startswith("Usage"), done.err


def unchanged(before: dict[str, str], folder: Path) -> None:
    """Assert that a folder is as it was: nothing missing, nothing left behind."""
    after = digests(folder)
    assert sorted(after.keys() ^ before.keys()) == []
    assert after == before


def empty(temporary: Path) -> None:
    assert sorted(listed(temporary)) == []


# The disk is full


def fill(disk: Path, free: int) -> Path:
    """Leave so many bytes of a disk free; the file that fills it is to be removed."""
    filler = disk / "filler"
    room = shutil.disk_usage(disk).free - free
    filler.write_bytes(bytes(max(room, 0)))
    return filler


FREE = (0, 16_384, 65_536)


@pytest.mark.parametrize("free", FREE)
@pytest.mark.parametrize("file", ["raw/a.zsav", "raw/b.csv"])
def test_no_room_for_the_dataset(free: int, file: str, here: Path, disk: Disk) -> None:
    small = disk()
    filler = fill(small, free)
    done = run(("import", file, "-o", str(small / "data")), here, here / "temporary")
    sound(done, 0, 1)
    empty(here / "temporary")
    if done.status:
        assert FULL.search(done.err), done.err
        assert [p for p in listed(small) if Path(p).is_file()] == [str(filler)]
    filler.unlink()
    arguments = ("import", file, "--replace", "-o", str(small / "data"))
    sound(run(arguments, here, here / "temporary"), 0)


@pytest.mark.parametrize("free", FREE)
@pytest.mark.parametrize(
    "arguments",
    [REPLACE, ("forget", "kunde 1-7", "data", "--salt", "raw/salt", "--yes")],
    ids=["import", "forget"],
)
def test_no_room_beside_what_is_there(
    free: int, arguments: tuple[str, ...], made_once: Path, disk: Disk
) -> None:
    small = disk()
    here = shutil.copytree(made_once, small / "here")
    temporary = small / "temporary"
    temporary.mkdir()
    before = digests(here)
    filler = fill(small, free)
    done = run(arguments, here, temporary)
    sound(done, 0, 1)
    empty(temporary)
    if done.status:
        assert FULL.search(done.err), done.err
        unchanged(before, here)
    filler.unlink()
    if done.status:
        sound(run(arguments, here, temporary), 0)


@pytest.mark.parametrize("free", [0, 4_096])
def test_no_room_for_a_salt(free: int, made_once: Path, disk: Disk, tmp_path: Path) -> None:
    small = disk()
    for file in ("a.zsav", "b.csv"):
        shutil.copy(made_once / "raw" / file, small)
    filler = fill(small, free)
    arguments = ("import", str(small / "b.csv"), "-o", "data")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    done = run(arguments, tmp_path, temporary)
    sound(done, 0, 1)
    if done.status:
        assert FULL.search(done.err), done.err
        assert not (small / "salt").exists(), "an empty salt blocks every later import"
    filler.unlink()
    sound(run((*arguments, "--replace"), tmp_path, temporary), 0)


@pytest.mark.parametrize("free", FREE[:2])
@pytest.mark.parametrize(
    "arguments",
    [
        ("import", "raw/a.zsav", "--replace", "-o", "data"),
        ("inspect", "raw/a.zsav"),
        ("estimate", "raw/a.zsav"),
        ("estimate", "data"),
        ("export", "raw/a.zsav", "-o", "out.sav"),
    ],
    ids=lambda a: " ".join(a[:2]),
)
def test_no_room_for_temporary_files(
    free: int, arguments: tuple[str, ...], here: Path, disk: Disk
) -> None:
    small = disk()
    before = digests(here)
    filler = fill(small, free)
    done = run(arguments, here, small)
    sound(done, 0, 1)
    assert listed(small) == {str(filler)}
    if done.status:
        assert FULL.search(done.err), done.err
        unchanged(before, here)


@pytest.mark.parametrize("free", FREE[:2])
@pytest.mark.parametrize(
    "arguments",
    [
        ("export", "raw/a.zsav", "--force", "-o", "{}/out.sav"),
        ("export", "data", "--force", "-o", "{}/out.sav"),
        ("estimate", "data", "-o", "{}/out.csv"),
        ("estimate", "data", "-o", "{}/out.parquet"),
        ("crosswalk", "raw/b.csv", "-o", "{}/crosswalk.csv"),
        ("simulate", "--responses", "2000", "-o", "{}/simulated"),
        pytest.param(
            ("report", "data", "-o", "{}/made"),
            marks=pytest.mark.skipif(not find_spec("typst"), reason="needs the extra report"),
        ),
    ],
    ids=lambda a: f"{a[0]} {a[-1][3:]}",
)
def test_no_room_for_what_is_written(
    free: int, arguments: tuple[str, ...], here: Path, disk: Disk
) -> None:
    small = disk()
    filler = fill(small, free)
    given = tuple(argument.format(small) for argument in arguments)
    done = run(given, here, here / "temporary")
    sound(done, 0, 1)
    empty(here / "temporary")
    if done.status:
        assert FULL.search(done.err), done.err
        assert listed(small) == {str(filler)}


# Limits of the process


def limited(name: str, most: int) -> str:
    return f"import resource; resource.setrlimit(resource.{name}, ({most}, {most}))"


COMMANDS: dict[str, tuple[str, ...]] = {
    "import": REPLACE,
    "estimate": ("estimate", "raw/b.csv"),
    "estimate dataset": ("estimate", "data", "-o", "out.csv"),
    "inspect": ("inspect", "raw/a.zsav"),
    "export": ("export", "raw/a.zsav", "-o", "out.sav"),
    "forget": ("forget", "kunde 1-7", "data", "--salt", "raw/salt", "--yes"),
}
ENDED_BY_C = "cannot allocate memory for thread-local data"
LIMITS = [
    *(("RLIMIT_FSIZE", most) for most in (0, 10_000)),
    *(("RLIMIT_AS", most * 2**20) for most in (1024, 2048)),
    ("RLIMIT_DATA", 128 * 2**20),
    *(("RLIMIT_NOFILE", most) for most in (8, 16, 24)),
]


@pytest.mark.parametrize(("name", "most"), LIMITS)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_limit_of_the_process(name: str, most: int, command: str, here: Path) -> None:
    before = digests(here)
    done = run(COMMANDS[command], here, here / "temporary", before=limited(name, most))
    if ENDED_BY_C in done.err:  # by the C library, before a program may say a word
        return
    sound(done, 0, 1)
    empty(here / "temporary")
    if done.status:
        unchanged(before, here)
        assert "damaged" not in done.err, done.err
    if done.status and name == "RLIMIT_FSIZE":
        assert re.search(r"too large|size|space|room", done.err), done.err
    if done.status and name == "RLIMIT_NOFILE":
        assert re.search(r"open files|handles", done.err), done.err
    if done.status and name in ("RLIMIT_AS", "RLIMIT_DATA"):
        assert "memory" in done.err, done.err


# Folders that cannot be written to, or vanish


def read_only(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_disk_that_is_read_only(
    command: str, made_once: Path, disk: Disk, tmp_path: Path
) -> None:
    small = disk()
    here = shutil.copytree(made_once, small / "here")
    read_only(small)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    before = digests(here)
    done = run(COMMANDS[command], here, temporary)
    sound(done, *({0} if command in ("estimate", "inspect") else {1}))
    empty(temporary)
    unchanged(before, here)
    assert done.status == 0 or re.search(r"read-only|written", done.err, re.I), done.err


@pytest.mark.parametrize("command", COMMANDS)
def test_a_temporary_folder_that_is_read_only_or_absent(
    command: str, here: Path, disk: Disk
) -> None:
    small = disk()
    read_only(small)
    for temporary in (small, here / "nowhere"):
        copy = shutil.copytree(here, here.parent / f"copy-{temporary.name}")
        before = digests(copy)
        done = run(COMMANDS[command], copy, temporary)
        sound(done, 0, 1)
        if done.status:
            unchanged(before, copy)


VANISHING = ("data", "raw", "new", "temporary", "data/responses", "data/responses/source=a")


@pytest.mark.parametrize("folder", VANISHING)
@pytest.mark.parametrize("command", ["import", "estimate", "estimate dataset", "export", "forget"])
def test_a_folder_that_vanishes(folder: str, command: str, here: Path) -> None:
    rng = random.Random(f"{SEED} {folder} {command}")
    began = time.monotonic()
    sound(run(COMMANDS[command], shutil.copytree(here, here.parent / "try"), here / "temporary"), 0)
    usual = time.monotonic() - began
    for number in range(2):
        copy = shutil.copytree(here, here.parent / str(number))
        with Started(COMMANDS[command], copy, copy / "temporary") as process:
            time.sleep(rng.uniform(0.3, 1) * usual)
            shutil.rmtree(copy / folder, ignore_errors=True)
            done = process.done()
            assert process.orphans() == []
        sound(done, 0, 1, 2)
        empty(copy / "temporary")
        assert not [name for name in listed(copy) if Path(name).name.startswith(".")]


# Two at a time


def at_once(here: Path, *commands: tuple[str, ...]) -> list[Done]:
    """Run commands at the same time."""
    processes = [Started(arguments, here, here / "temporary") for arguments in commands]
    done = [process.done() for process in processes]
    for process in processes:
        assert process.orphans() == []
    empty(here / "temporary")
    return done


def alone(here: Path, name: str, *commands: tuple[str, ...]) -> dict[str, str]:
    """Return the dataset that commands make one after another, on a copy."""
    copy = shutil.copytree(here, here.parent / name)
    for arguments in commands:
        sound(run(arguments, copy, copy / "temporary"), 0)
    return digests(copy / "data")


@pytest.mark.parametrize("number", range(3))
def test_two_imports_of_one_source(number: int, here: Path) -> None:
    old, new = digests(here / "data"), alone(here, "alone", REPLACE)
    for done in at_once(here, REPLACE, REPLACE):
        sound(done, 0, 1)
    assert digests(here / "data") in (old, new)
    sound(run(REPLACE, here, here / "temporary"), 0)
    assert digests(here / "data") == new


@pytest.mark.parametrize("number", range(3))
def test_two_imports_of_two_sources(number: int, here: Path) -> None:
    commands = [("import", "raw/b.csv", "--name", name, "-o", "data") for name in ("b", "c")]
    new = alone(here, "alone", *commands)
    for done in at_once(here, *commands):
        sound(done, 0)
    assert digests(here / "data") == new


@pytest.mark.parametrize("number", range(3))
def test_two_first_imports_make_one_salt(number: int, here: Path) -> None:
    (here / "raw" / "salt").unlink()
    commands = [("import", f"raw/{name}", "-o", f"new-{name}") for name in ("b.csv", "a.csv")]
    for done in at_once(here, *commands):
        sound(done, 0)
    for name in ("b.csv", "a.csv"):
        before = digests(here / f"new-{name}")
        sound(run(("import", f"raw/{name}", "-o", f"new-{name}"), here, here / "temporary"), 0)
        assert digests(here / f"new-{name}") == before, "its pseudonyms are of another salt"


def test_an_import_and_forgetting_at_once(here: Path) -> None:
    forget = COMMANDS["forget"]
    old, new = digests(here / "data"), alone(here, "alone", REPLACE)
    forgotten = alone(here, "forgotten", forget)
    for _ in range(3):
        copy = shutil.copytree(here, here.parent / "copy")
        for done in at_once(copy, forget, REPLACE):
            sound(done, 0, 1, 2)
        assert digests(copy / "data") in (old, new, forgotten)
        shutil.rmtree(copy)


def test_an_import_under_estimates(
    here: Path, record_property: Callable[[str, object], None]
) -> None:
    """Each of many estimates is that of the old answers or of the new ones."""
    code = """
import os, sys, time
from advocacy.estimation import estimate
from advocacy.responses import open_responses
from advocacy.errors import AdvocacyError
end = time.monotonic() + 20
while time.monotonic() < end:
    try:
        table = estimate(open_responses("data")).table
        print(table["n"][0], table["n_numerator"][0])
    except AdvocacyError as error:
        print("refused", str(error).splitlines()[0])
    except OSError as error:
        print("absent", error)
"""
    back = ("import", "raw/a.zsav", "--replace", "-o", "data")
    once = code.replace("+ 20", "+ 0.001")
    answers = set()
    for arguments in (REPLACE, back):
        sound(run(arguments, here, here / "temporary"), 0)
        answers |= set(run((), here, here / "temporary", code=once).out.splitlines())
    assert len(answers) == 2
    with Started((), here, here / "temporary", code=code) as process:
        while process.running():
            for arguments in (REPLACE, back):
                sound(run(arguments, here, here / "temporary"), 0)
        done = process.done()
    counts = Counter(
        line.split()[0] if line[0].isalpha() else line for line in done.out.splitlines()
    )
    record_property("estimates during imports", dict(counts))
    sound(done, 0)
    assert counts.keys() <= answers | {"refused"}, done.out
    assert len(counts.keys() & answers) == 2


# A file that changes while it is read


def _append(path: Path, new: bytes) -> None:
    with path.open("ab") as file:
        file.write(new[len(new) // 2 :])


def _overwrite(path: Path, new: bytes) -> None:
    with path.open("r+b") as file:
        file.write(new)


def _replace(path: Path, new: bytes) -> None:
    other = path.with_name("other")
    other.write_bytes(new)
    other.replace(path)


CHANGES = {
    "truncated": lambda path, new: os.truncate(path, len(new) // 2),
    "emptied": lambda path, new: os.truncate(path, 0),
    "appended to": _append,
    "overwritten": _overwrite,
    "replaced": _replace,
    "removed": lambda path, new: path.unlink(),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("ending", ["zsav", "csv"])
def test_a_file_that_changes_while_it_is_read(change: str, ending: str, here: Path) -> None:
    """What is imported is the file whose hash the manifest states."""
    rng = random.Random(f"{SEED} {change} {ending}")
    write(answers(60_000, 1), here / "raw" / f"a.{ending}")
    write(answers(60_000, 2), here / "new" / f"a.{ending}")
    new = (here / "new" / f"a.{ending}").read_bytes()
    arguments = ("import", f"raw/a.{ending}", "--replace", "-o", "data")
    began = time.monotonic()
    sound(run(arguments, shutil.copytree(here, here.parent / "try"), here / "temporary"), 0)
    usual = time.monotonic() - began
    before = digests(here / "data")
    for number in range(4):
        copy = shutil.copytree(here, here.parent / str(number))
        with Started(arguments, copy, copy / "temporary") as process:
            time.sleep(rng.uniform(0.1, 1) * usual)
            CHANGES[change](copy / "raw" / f"a.{ending}", new)
            done = process.done()
        sound(done, 0, 1, *([2] if change == "removed" else []))  # before it was looked for
        empty(copy / "temporary")
        if done.status:
            unchanged(before, copy / "data")
        else:
            _whole(copy, here / "raw" / f"a.{ending}", ending)


def _whole(here: Path, original: Path, ending: str) -> None:
    """Assert that the dataset is that of the file with the hash in the manifest."""
    got = digests(here / "data")
    manifest = here / "data" / "responses" / "source=a" / "_about" / "manifest.json"
    stated = json.loads(manifest.read_text())["files"][0]["sha256"]
    path = here / "raw" / f"a.{ending}"
    now = digests(here / "raw").get(path.name)
    if now != stated:  # then it is that of before
        shutil.copy(original, path)
        assert digests(here / "raw")[path.name] == stated, "the hash of a file that never was"
    arguments = ("import", f"raw/a.{ending}", "--replace", "-o", "data")
    sound(run(arguments, here, here / "temporary"), 0)
    assert digests(here / "data") == got, "the answers are not those of the file with this hash"


# Odd names

NAMES = {
    "spaces": "kunde  undersøkelse 2026 ",
    "newline": "a\nb",
    "tab": "a\tb",
    "quotes": "a'b\"c`d",
    "not UTF-8": b"a\xff\xfeb",
    "control": "a\x1b[31mb\x07",
    "255 bytes": "a" * 251,
    "leading dash": "-o",
    "two dashes": "--help",
    "equals": "a=b",
    "percent": "a%20b%%s{}{0}",
    "backslash": "a\\b",
    "hash": "a#responses",
    "glob": "a*[0-9]?",
    "dollar": "$HOME ~ $(id)",
    "semicolon": "a;b|c&d",
    "markup": "<script>b&amp;[red]x",
    "NFC": unicodedata.normalize("NFC", "Åse Ærø"),
    "NFD": unicodedata.normalize("NFD", "Åse Ærø"),
    "emoji": "👩‍👩‍👧 å",
    "right to left": "a\u202eb",
    "dot": ".skjult",
    "dots": "..a..",
    "URL": "http:a",
    "comma": "a,b",
}


@pytest.mark.parametrize("name", NAMES)
def test_an_odd_name_of_a_file(name: str, here: Path) -> None:
    """It is read all the same; as a source's name, which the file's is, it may be refused."""
    temporary = here / "temporary"
    file = os.fsencode(NAMES[name]) + b".csv"
    (here / "raw" / "b.csv").rename(here / os.fsdecode(file))
    given = b"./" + file if file.startswith(b"-") else file
    before = digests(here / "data")
    done = run(("import", given, "-o", "data"), here, temporary)
    sound(done, 0, 2)
    if done.status:
        unchanged(before, here / "data")
        done = run(("import", given, "--name", "b", "-o", "data"), here, temporary)
        sound(done, 0)
    assert not re.search("[\x07\x1b]", done.err), "control characters reach the terminal"
    for arguments in (
        ("estimate", "data"),
        ("estimate", given),
        ("inspect", given),
        ("export", given, "-o", "out.sav"),
        ("export", "data", "-o", "data.sav"),
    ):
        sound(run(arguments, here, temporary), 0)
    empty(temporary)


@pytest.mark.parametrize("name", NAMES)
def test_an_odd_name_of_a_folder(name: str, here: Path) -> None:
    """A folder of files, a dataset and an output may have any name.

    One that is not UTF-8 no dataset or output may have, as libraries can't write there.
    """
    temporary = here / "temporary"
    odd = os.fsencode(NAMES[name])
    inside = here / os.fsdecode(odd)
    inside.mkdir()
    (here / "raw").rename(inside / "raw")
    person = ("forget", "kunde 3-7", b"./%s/data" % odd, "--salt", b"./%s/raw/salt" % odd, "--yes")
    if name == "not UTF-8":
        for arguments in (("import", b"./%s/raw/b.csv" % odd, "-o", b"./%s/data" % odd), person):
            done = run(arguments, here, temporary)
            sound(done, 2)
            assert "not UTF-8" in done.err or "does not exist" in done.err
        for command in ("inspect", "estimate"):
            sound(run((command, b"./%s/raw/b.csv" % odd), here, temporary), 0)
        empty(temporary)
        return
    for arguments in (
        ("import", b"./%s/raw/b.csv" % odd, "-o", b"./%s/data" % odd),
        ("estimate", b"./%s/data" % odd, "-o", b"./%s/out.csv" % odd),
        ("estimate", b"./%s/raw/b.csv" % odd),
        ("export", b"./%s/data" % odd, "-o", b"./%s/out.sav" % odd),
        person,
    ):
        sound(run(arguments, here, temporary), 0)
    assert {path.name for path in inside.iterdir()} == {"raw", "data", "out.csv", "out.sav"}
    empty(temporary)


# Links


def test_links_are_followed_and_stay(here: Path) -> None:
    """A file, a salt and a dataset may be links; they are links to the same afterwards."""
    temporary = here / "temporary"
    (here / "linked").mkdir()
    (here / "linked" / "a.zsav").symlink_to("../new/a.zsav")
    (here / "linked" / "salt").symlink_to("../new/salt")
    (here / "set").symlink_to("data")
    expected = alone(here, "alone", REPLACE)
    arguments = ("import", "linked/a.zsav", "--replace", "-o", "set")
    sound(run(arguments, here, temporary), 0)
    for link in ("linked/a.zsav", "linked/salt", "set"):
        assert (here / link).is_symlink()
    assert digests(here / "data").keys() == expected.keys()
    sound(run(("estimate", "set"), here, temporary), 0)
    sound(run(("forget", "kunde 2-7", "set", "--salt", "linked/salt", "--yes"), here, temporary), 0)


def test_a_partition_that_is_a_link_is_not_written_through(here: Path) -> None:
    """The folder that it leads to belongs to somebody else."""
    elsewhere = here / "elsewhere"
    shutil.move(here / "data" / "responses" / "source=a", elsewhere)
    (here / "data" / "responses" / "source=a").symlink_to(elsewhere)
    before = digests(elsewhere)
    sound(run(REPLACE, here, here / "temporary"), 0, 1)
    assert digests(elsewhere) == before


@pytest.mark.parametrize("target", ["nowhere", "loop.csv"])
@pytest.mark.parametrize("command", ["inspect", "estimate", "import", "export"])
def test_a_link_to_nothing(target: str, command: str, here: Path) -> None:
    (here / "loop.csv").symlink_to(target)
    more = () if command in ("inspect", "estimate") else ("-o", "out.sav")
    sound(run((command, "loop.csv", *more), here, here / "temporary"), 1, 2)


# Devices and pipes


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/stdin", "/proc/self/mem", "."])
@pytest.mark.parametrize("command", ["inspect", "estimate", "import"])
def test_a_device_is_no_file(device: str, command: str, here: Path) -> None:
    more = () if command in ("inspect", "estimate") else ("-o", "out.sav")
    began = time.monotonic()
    sound(run((command, device, *more), here, here / "temporary"), 1, 2)
    assert time.monotonic() - began < 20
    assert not (here / "out.sav").exists()


@pytest.mark.parametrize("command", ["inspect", "estimate", "import"])
def test_a_pipe_is_no_file(command: str, here: Path) -> None:
    os.mkfifo(here / "pipe.csv")
    more = () if command in ("inspect", "estimate") else ("-o", "out")
    sound(run((command, "pipe.csv", *more), here, here / "temporary"), 1, 2)
