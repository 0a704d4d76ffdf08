"""The program as a process of its own, with all that it starts, and what it leaves on the disk."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

# Makes a small disk, and returns where it is.
Disk = Callable[[], Path]
# All that a process starts has this in its environment, whatever session it is in.
TRIAL = "ADVOCACY_TRIAL"
HANGS = 120.0  # seconds
ORPHANED = 5.0
PROGRAM = "from advocacy.__main__ import program; program()"
# As a terminal starts it, whatever those who run the tests do with an interrupt; and a byte, after
# which all that happens is ours.
_START = (
    "import os, signal; signal.signal(signal.SIGINT, signal.default_int_handler); os.write(1, b'.')"
)


@dataclass(frozen=True)
class Done:
    """What a process that has ended did: exit status, below 0 for a signal, and its streams."""

    status: int
    out: str
    err: str


class Started:
    """A process of Python in a session of its own, and the processes that it starts.

    Parameters
    ----------
    arguments
        Of the program, or of another ``code``.
    folder
        Where it runs.
    temporary
        Its TMPDIR.
    """

    def __init__(
        self,
        arguments: tuple[str | bytes, ...],
        folder: Path,
        temporary: Path,
        *,
        code: str = PROGRAM,
        before: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._mark = f"{TRIAL}={os.urandom(8).hex()}".encode()
        name, _, value = self._mark.decode().partition("=")
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"{_START}\n{before}\n{code}", *arguments],
            cwd=folder,
            env=os.environ | {"TMPDIR": str(temporary), name: value} | dict(environment or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self._process.stdout
        self._process.stdout.read(1)
        self.began = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pid in [self._process.pid, *self.others()]:
            send(pid, signal.SIGKILL)
        self._process.communicate()

    @property
    def pid(self) -> int:
        """The process itself, which leads its group."""
        return self._process.pid

    def running(self) -> bool:
        """Tell whether the process itself has not ended."""
        return self._process.poll() is None

    def others(self) -> list[int]:
        """Return the processes that it has started and that run."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                marked = self._mark in (process / "environ").read_bytes().split(b"\0")
            except OSError:  # it has ended, or is another user's
                continue
            if marked and int(process.name) != self._process.pid:
                found.append(int(process.name))
        return found

    def done(self) -> Done:
        """Wait for its end.

        Raises
        ------
        TimeoutExpired
            It hangs.
        """
        out, err = self._process.communicate(timeout=HANGS)
        return Done(self._process.returncode, out.decode(), err.decode(errors="replace"))

    def orphans(self) -> list[int]:
        """Return the processes that still run `ORPHANED` seconds after its end."""
        end = time.monotonic() + ORPHANED
        while (left := self.others()) and time.monotonic() < end:
            time.sleep(0.02)
        return left


def send(pid: int, number: int, *, group: bool = False) -> None:
    """Send a signal to a process or a group, which may have ended."""
    with suppress(ProcessLookupError):
        (os.killpg if group else os.kill)(pid, number)


def run(
    arguments: tuple[str | bytes, ...], folder: Path, temporary: Path, **options: object
) -> Done:
    """Run the program to its end; orphans end too."""
    with Started(arguments, folder, temporary, **options) as started:  # type: ignore[arg-type]
        return started.done()


def listed(*folders: Path) -> frozenset[str]:
    """Return the paths of all that is in folders, while others write there."""
    found, left = set(), [str(folder) for folder in folders]
    while left:
        try:
            with os.scandir(left.pop()) as entries:
                for entry in entries:
                    found.add(entry.path)
                    if entry.is_dir(follow_symlinks=False):
                        left.append(entry.path)
        except OSError:
            continue
    return frozenset(found)


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a folder by its path in it; none without the folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
