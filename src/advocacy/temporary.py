"""Temporary folders that do not outlive their owner.

A process that is killed cannot clear away what it has begun, which may hold respondents' answers.
So each temporary folder holds a file that its owner keeps locked. The system lets the lock go when
the owner ends, however it ends: whoever can take it clears the folder.
"""

from __future__ import annotations

import atexit
import glob
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_ENDING = ".partial"
_PLACE = "advocacy-"
_LOCK = "owner"
_BEFORE = "before"  # what a folder beside a path holds of it, to be put back if its place is empty
_ELSEWHERE = "elsewhere-"
_NAMED = 40  # letters of a name that its partial folder shows: names have an end


def clear_abandoned_places() -> None:
    """Clear what processes that are gone have left in the system's temporary folder (TMPDIR)."""
    _clear_abandoned(Path(tempfile.gettempdir()), f"{_PLACE}*{_ENDING}")


def clear_abandoned_beside(path: Path) -> None:
    """Clear what processes that are gone have begun to put in the place of ``path``.

    The name may be a pattern, such as ``source=*``.
    """
    _clear_abandoned(path.parent, f".{path.name}.*{_ENDING}")


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield a new folder below TMPDIR, which is gone when the block ends."""
    folder = new_folder()
    try:
        yield folder
    finally:
        clear(folder)


def new_folder() -> Path:
    """Return a new folder below TMPDIR; `clear` removes it, at the latest when the process ends."""
    return Path(tempfile.mkdtemp(dir=_own_place()))


@contextmanager
def folder_beside(path: Path) -> Iterator[Path]:
    """Yield a folder beside ``path``, on its disk, which is gone when the block ends.

    A process that is killed in the block leaves it to the next command, which finds it by a note
    in this one's temporary folder, and to whoever writes to ``path`` next.
    """
    name = path.name[:_NAMED]
    clear_abandoned_beside(path.with_name(glob.escape(name)))
    place = _own_place()
    folder, lock = _owned(path.parent, f".{name}.")
    note = place / f"{_ELSEWHERE}{folder.name}"
    with suppress(OSError):  # a system without links, or a full disk: the note is a precaution
        note.symlink_to(folder.absolute())
    try:
        yield folder
    finally:
        _release(folder, lock)
        note.unlink(missing_ok=True)


def put(new: Path, path: Path) -> None:
    """Rename ``new``, in a `folder_beside` of ``path``, to ``path``, in place of what is there.

    A file is replaced at once. A folder with content cannot be: it is set aside first, and is put
    back when the process ends in between.
    """
    folder, attempt = new.parent, 0
    while True:
        aside = folder / f"{_BEFORE}{attempt}"
        if path.is_dir():
            aside.mkdir()
            with suppress(FileNotFoundError):  # another process was faster
                path.rename(aside / path.name)
        try:
            new.replace(path)
        except OSError:
            if not path.is_dir() or not new.is_dir():
                raise
            attempt += 1  # another process was faster
        else:
            break
    for old in folder.glob(f"{_BEFORE}*"):
        old.rename(folder / f"after-{old.name}")


def clear(folder: Path) -> None:
    """Remove a temporary folder, and what a process that is gone has begun elsewhere."""
    for note in folder.rglob(f"{_ELSEWHERE}*"):
        with suppress(OSError):
            _clear_if_abandoned(note.readlink())
    for old in folder.glob(f"{_BEFORE}*/*"):
        place = folder.parent / old.name
        if not os.path.lexists(place):
            old.rename(place)
    shutil.rmtree(folder, ignore_errors=True)


# Owners


def _own_place() -> Path:
    place = _place(os.getpid())
    if not (place / _LOCK).exists():  # systems clear what is old in TMPDIR
        _place.cache_clear()
        place = _place(os.getpid())
    return place


@cache
def _place(process: int) -> Path:
    """Return the folder below TMPDIR of a process, made when it first needs one."""
    clear_abandoned_places()
    folder, lock = _owned(Path(tempfile.gettempdir()), _PLACE)

    def leave() -> None:
        if os.getpid() == process:  # a copy of the process, by fork, is no owner
            _release(folder, lock)

    atexit.register(leave)
    return folder


def _owned(parent: Path, prefix: str) -> tuple[Path, int]:
    """Make a folder that is this process's; return it with its lock, a file descriptor."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, suffix=_ENDING, dir=parent))
        try:
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:
            continue  # cleared by another process, as it was nobody's yet
        except OSError:
            folder.rmdir()
            raise
        try:
            _lock(lock)
        except BlockingIOError:
            os.close(lock)
            continue
        except OSError:
            pass  # a file system without locks: nobody can take it, so nobody clears the folder
        if (folder / _LOCK).exists():
            return folder, lock
        os.close(lock)


def _release(folder: Path, lock: int) -> None:
    if sys.platform == "win32":
        os.close(lock)  # there a file that is open cannot be removed
        clear(folder)
    else:
        clear(folder)
        os.close(lock)


def _clear_abandoned(parent: Path, pattern: str) -> None:
    for folder in parent.glob(pattern):
        with suppress(OSError):  # another's, or gone meanwhile
            _clear_if_abandoned(folder)


def _clear_if_abandoned(folder: Path) -> None:
    """Clear a folder of this user whose owner is gone.

    Raises
    ------
    OSError
        It cannot be looked at, or its owner is alive.
    """
    if folder.is_symlink() or not folder.is_dir() or not folder.name.endswith(_ENDING):
        return
    if sys.platform != "win32" and folder.stat().st_uid != os.getuid():
        return
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(lock)
    except OSError:
        os.close(lock)
        raise
    _release(folder, lock)


def _lock(file: int) -> None:
    """Lock a file without waiting.

    Raises
    ------
    BlockingIOError
        Another process has it locked.
    OSError
        The file system has no locks.
    """
    if sys.platform == "win32":
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError from error
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
