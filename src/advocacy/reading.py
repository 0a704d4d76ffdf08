"""The gate for what is read: an ordinary file, never a device, a pipe or a place of the system.

Those have no end, wait for somebody to write, or are another thing in another process.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from advocacy.errors import AdvocacyError, FileFormatError, UsageError

# What stands there is made as it is read, or belongs to the process that looks.
_OF_THE_SYSTEM = tuple(map(Path, ("/proc", "/sys", "/dev/fd")))
_MOST_LINKS = 40  # that systems follow
_FILE, _FOLDER, _PLACE = "a file", "a folder", "a place of the system"
_KINDS = (
    (stat.S_ISDIR, _FOLDER),
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
    return ordinary(path, file=True, folder=False)


def ordinary(path: Path, *, file: bool, folder: bool, new: bool = False) -> Path:
    """Return a path that leads to an ordinary file, a folder, or to nothing.

    Parameters
    ----------
    file, folder
        Which of these it may lead to.
    new
        Something may be written there, where there is nothing yet.

    Raises
    ------
    UsageError
        It leads to anything else, be it by links; or nothing can be written below it.
    """
    what = _kind(path)
    if new and what is None:
        what = _above(path)
    if what is None or (file and what == _FILE) or (folder and what == _FOLDER):
        return path
    wanted = " or ".join([*["a file"] * file, *["a folder"] * folder])
    raise UsageError(
        f"This is {what}, not {wanted}.", where=str(path), remedy=_remedy(what, folder, new)
    )


def _remedy(what: str, folder: bool, new: bool) -> str:
    if what == _FOLDER:
        return "Name a file in it." if new else "Name one of the files in it."
    if what == _FILE:
        return "Name a folder."
    return "Name another." if folder or new else "Save what it gives to a file, and name that."


def watch(*paths: Path) -> Callable[[], None]:
    """Return a function that refuses files once another process has written to them.

    What is read in parts, or beside its hash, would be of two files. It costs a look at each.

    Raises
    ------
    FileFormatError
        By the function: one is not as it was, or another stands in its place.
    """
    before = {path: _state(path) for path in paths}

    def refuse_changed() -> None:
        for path, state in before.items():
            if _state(path) != state:
                raise FileFormatError(
                    "The file was changed while it was read.",
                    where=str(path),
                    remedy="Try again when nothing writes to it: a download or a copy may be "
                    "running.",
                )

    return refuse_changed


@contextmanager
def unchanged(*paths: Path) -> Iterator[None]:
    """Refuse files that change in the block, also where something else went wrong for it.

    Raises
    ------
    FileFormatError
        As `watch` says.
    """
    refuse_changed = watch(*paths)
    try:
        yield
    except (AdvocacyError, OSError):
        refuse_changed()
        raise
    refuse_changed()


def _state(path: Path) -> tuple[int, ...] | None:
    """Return what changes with a file's content or when another takes its place."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _kind(path: Path) -> str | None:
    """Say what a path leads to; ``None`` where there is nothing."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return None
    found = next((name for is_kind, name in _KINDS if is_kind(mode)), _FILE)
    return _PLACE if found in (_FILE, _FOLDER) and _of_the_system(path) else found


def _above(path: Path) -> str | None:
    """Say what stands above a path where nothing can be written; ``None`` where something can."""
    if _of_the_system(path):
        return _PLACE
    nearest = next((one for one in path.absolute().parents if _kind(one)), None)
    found = nearest and _kind(nearest)
    return None if found in (None, _FOLDER) else f"below {found}"


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
