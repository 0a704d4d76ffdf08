"""The gate for what is read: an ordinary file, never a device, a pipe or a place of the system.

Those have no end, wait for somebody to write, or are another thing in another process.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from advocacy.errors import FileFormatError, UsageError

# What stands there is made as it is read, or belongs to the process that looks.
_OF_THE_SYSTEM = tuple(map(Path, ("/proc", "/sys", "/dev/fd")))
_MOST_LINKS = 40  # that systems follow
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (lambda mode: stat.S_ISCHR(mode) or stat.S_ISBLK(mode), "a device"),
)


def ordinary_file(path: Path) -> Path:
    """Return a path that leads to an ordinary file, or to nothing, which opening it will tell.

    Raises
    ------
    UsageError
        It leads to anything else, be it by links.
    """
    what = _kind(path)
    if what is None:
        return path
    raise UsageError(
        f"This is {what}, not a file.",
        where=str(path),
        remedy="Name one of the files in it."
        if what == "a folder"
        else "Save what it gives to a file, and name that.",
    )


@contextmanager
def unchanged(*paths: Path) -> Iterator[None]:
    """Refuse files that another process writes to, or puts another in place of, in the block.

    What is read in parts, or beside its hash, would be of two files.

    Raises
    ------
    FileFormatError
        One is not as it was.
    """
    before = {path: _state(path) for path in paths}
    yield
    for path, state in before.items():
        if _state(path) != state:
            raise FileFormatError(
                "The file was changed while it was read.",
                where=str(path),
                remedy="Try again when nothing writes to it: a download or a copy may be running.",
            )


def _state(path: Path) -> tuple[int, ...] | None:
    """Return what changes with a file's content or when another takes its place."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _kind(path: Path) -> str | None:
    """Say what a path leads to where that is no ordinary file."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return None
    found = next((name for is_kind, name in _KINDS if is_kind(mode)), None)
    return found or ("a place of the system" if _of_the_system(path) else None)


def _of_the_system(path: Path) -> bool:
    """Tell whether a path leads through a folder of the system, as /dev/stdin does."""
    for _ in range(_MOST_LINKS):
        path = Path(os.path.realpath(path.parent), path.name)
        if any(path.is_relative_to(folder) for folder in _OF_THE_SYSTEM):
            return True
        if not path.is_symlink():
            return False
        path = path.parent / path.readlink()
    return False
