"""What a process has begun is gone when it is, however it ends; what lives is left alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from advocacy.files import remove, replacing
from advocacy.temporary import (
    clear_abandoned_beside,
    clear_abandoned_places,
    folder_beside,
    new_folder,
    temporary_folder,
)

BEGIN = """
import sys, time
from pathlib import Path
from advocacy.temporary import folder_beside, new_folder
(new_folder() / "answers").write_text("secret")
with folder_beside(Path(sys.argv[1])) as folder:
    (folder / "answers").write_text("secret")
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that is TMPDIR, of this process and of those that it starts."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def begun(path: Path) -> subprocess.Popen[str]:
    """Start a process that begins to write to a path."""
    process = subprocess.Popen(
        [sys.executable, "-c", BEGIN, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert Path(process.stdout.readline().strip()).is_dir()
    process.stdout.close()
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()


@pytest.mark.parametrize(
    "name", ["source=x", "survey (1) [new].csv", "ø" * 120], ids=["folder", "file", "long"]
)
def test_what_a_killed_process_has_begun_the_next_one_clears(place: Path, name: str) -> None:
    data = place.parent / "data"
    data.mkdir()
    end(begun(data / name))
    assert any(data.iterdir())
    assert any(place.rglob("answers"))
    clear_abandoned_places()
    assert list(data.iterdir()) == []
    assert list(place.iterdir()) == []


def test_what_belongs_to_the_living_stays(place: Path) -> None:
    data = place.parent / "data"
    data.mkdir()
    living = begun(data / "source=x")
    clear_abandoned_places()
    clear_abandoned_beside(data / "source=*")
    with replacing(data / "source=x") as new:
        new.mkdir()
    assert len(list(data.rglob("answers"))) == len(list(place.rglob("answers"))) == 1
    end(living)
    clear_abandoned_beside(data / "source=*")
    assert [path.name for path in data.iterdir()] == ["source=x"]


def test_a_dataset_is_cleared_without_the_folder_that_knows_of_it(place: Path) -> None:
    data = place.parent / "data"
    (data / ".source=old.4711.partial").mkdir(parents=True)  # of an earlier version
    end(begun(data / "source=x"))
    clear_abandoned_beside(data / "source=*")
    assert list(data.iterdir()) == []


def test_folders_of_other_names_are_not_ours(place: Path) -> None:
    mine, link = place / "advocacy-data", place / "advocacy-link.partial"
    mine.mkdir()
    link.symlink_to(mine)
    clear_abandoned_places()
    assert sorted(path.name for path in place.iterdir()) == [mine.name, link.name]


KILLED = """
import os, sys
from pathlib import Path
from advocacy.files import replacing
rename = Path.replace
Path.replace = lambda self, target: os._exit(9) if self.name == "set" else rename(self, target)
with replacing(Path(sys.argv[1])) as new:
    new.mkdir()
    (new / "b").touch()
"""


def test_what_was_set_aside_by_a_killed_process_is_put_back(place: Path) -> None:
    path = place.parent / "data" / "set"
    path.mkdir(parents=True)
    (path / "a").touch()
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert not path.exists()
    clear_abandoned_places()
    assert [one.name for one in path.iterdir()] == ["a"]
    assert [one.name for one in path.parent.iterdir()] == ["set"]


MANY = """
import sys
from pathlib import Path
from advocacy.files import replacing
for _ in range(40):
    with replacing(Path(sys.argv[1])) as new:
        new.mkdir()
        for name in "ab":
            (new / name).write_text(sys.argv[2])
"""


def test_two_that_write_to_one_place_leave_the_whole_of_one(place: Path) -> None:
    path = place.parent / "data" / "set"
    both = [subprocess.Popen([sys.executable, "-c", MANY, str(path), name]) for name in "xy"]
    assert [process.wait(timeout=120) for process in both] == [0, 0]
    assert [one.name for one in path.parent.iterdir()] == ["set"]
    assert len({one.read_text() for one in path.iterdir()}) == 1
    assert sorted(one.name for one in path.iterdir()) == ["a", "b"]


def test_a_block_that_raises_leaves_what_was_there(place: Path) -> None:
    path = place.parent / "x.csv"
    path.write_text("old")
    with pytest.raises(KeyError), replacing(path) as new:
        raise KeyError(new.write_text("half"))
    assert path.read_text() == "old"
    assert sorted(one.name for one in path.parent.iterdir()) == ["temporary", "x.csv"]


def test_a_folder_is_removed_at_once(place: Path) -> None:
    path = place.parent / "data" / "source=x"
    path.mkdir(parents=True)
    remove(path)
    assert list(path.parent.iterdir()) == []


def test_a_temporary_folder_ends_with_its_block(place: Path) -> None:
    with temporary_folder() as folder:
        (folder / "answers").touch()
    assert not folder.exists()
    other = new_folder()
    with folder_beside(other / "x") as beside:
        assert beside.parent == other


WORK = """
import os, sys
from advocacy.isolation import isolated
from advocacy.temporary import new_folder
told = "open(%r, 'w').write(str(__import__('os').getpid()))"
isolated(eval, f"({told}, sum(range(10**12)))", file="x")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there a process ends when its call has")
def test_a_worker_ends_with_its_parent_even_within_a_parser(place: Path) -> None:
    """`sum` never lets go of the interpreter, as a parser in C does not."""
    told = place.parent / "process"
    parent = subprocess.Popen([sys.executable, "-c", WORK % str(told)])
    end_of_wait = time.monotonic() + 60
    while not (told.exists() and told.read_text()) and time.monotonic() < end_of_wait:
        time.sleep(0.05)
    worker = int(told.read_text())
    time.sleep(0.2)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    for _ in range(100):
        if not running(worker):
            break
        time.sleep(0.05)
    else:
        os.kill(worker, signal.SIGKILL)
        pytest.fail("it runs on after 5 seconds")
    clear_abandoned_places()
    assert list(place.iterdir()) == []


def running(process: int) -> bool:
    status = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False
    )
    return status.stdout.strip() not in ("", "Z", "Zs")
