"""What can go wrong with what a user gives us.

Every message says what is wrong, where, and what to do about it. Each kind also derives
from the built-in that a Python user would expect to catch; anything else that is raised
is a bug of ours.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path


class AdvocacyError(Exception):
    """Base of all errors that a user can mend.

    Parameters
    ----------
    what
        What is wrong, in one sentence.
    where
        File, column and row, as far as known.
    remedy
        What the user can do about it.
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what, where, remedy)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __reduce__(self) -> tuple[Callable[..., AdvocacyError], tuple[type, str, str, str]]:
        # Errors come back from child processes; the default cannot pass keywords.
        return _rebuild, (type(self), self.what, self.where, self.remedy)

    def __str__(self) -> str:
        parts = [self.what]
        if self.where:
            parts.append(f"  where:  {self.where}")
        if self.remedy:
            parts.append(f"  remedy: {self.remedy}")
        return "\n".join(parts)


class FileFormatError(AdvocacyError, ValueError):
    """A file is empty, damaged, or not of a format that we read."""


class CrosswalkError(AdvocacyError, ValueError):
    """A crosswalk, correction or source description cannot be read or applied."""


class DataError(AdvocacyError, ValueError):
    """Values that the schema does not allow, or that cannot mean what they are said to."""


class DamagedError(DataError):
    """A file that we have written is not as it was: damaged, cut off or changed since."""


class MissingColumnError(AdvocacyError, LookupError):
    """An estimand, segment or design names a column that the responses do not have."""


class DesignError(AdvocacyError, ValueError):
    """Weights, strata or primary sampling units that no variance can be computed from."""


class UsageError(AdvocacyError, ValueError):
    """An argument names something that does not exist; the command line exits with 2."""


class SystemRefusalError(AdvocacyError, OSError):
    """The system would not: no space, a limit, no right, no such file."""


class UnforeseenError(AdvocacyError, RuntimeError):
    """What nobody has foreseen, in its own words."""


# What the system would not do and what helps, where that is more than its own word for it.
_CAUSES = {
    errno.ENOSPC: (
        "There is no space left on the disk",
        "Make room there, or name a folder on another disk: with -o for what is written, in "
        "TMPDIR for what is temporary.",
    ),
    errno.EDQUOT: (
        "Your quota of the disk is used up",
        "Make room there, or name a folder on another disk: with -o for what is written, in "
        "TMPDIR for what is temporary.",
    ),
    errno.EFBIG: (
        "A file would be larger than this process may write",
        "Raise the limit on the size of files (`ulimit -f`).",
    ),
    errno.EROFS: ("The disk is read-only", "Name a folder that can be written to."),
    errno.EMFILE: (
        "This process has as many files open as it may",
        "Raise the limit on open files (`ulimit -n`).",
    ),
    errno.ENFILE: ("The system has as many files open as it can", "Close other programs."),
    errno.ENOMEM: (
        "There is not enough memory",
        "Close other programs, or raise the limit on memory (`ulimit -v`).",
    ),
    errno.EIO: ("The disk reports an error", "Copy the file to another disk, and check this one."),
}
_FULL = (errno.ENOSPC, errno.EDQUOT)


def said(error: BaseException, path: Path | str = "") -> AdvocacyError:
    """Return any error as one that says what is wrong, where, and what to do.

    Parameters
    ----------
    error
        What was raised, by us, the system or a library.
    path
        What was read or written; empty to go by the error.
    """
    if isinstance(error, AdvocacyError):
        return error
    code = errno.ENOMEM if isinstance(error, MemoryError) else code_of_system(error)
    if code is None:
        own = str(error).strip().partition("\n")[0] or "without a word"
        return UnforeseenError(
            f"It failed in a way that is not foreseen ({type(error).__name__}: {own}"
            f"{_line(error)}).",
            where=str(path),
            remedy="The fault is likely ours: report it with these words and, where you may, the "
            "file.",
        )
    where = str(path) or _named(error)
    what, remedy = _CAUSES.get(
        code,
        (
            f"A file cannot be read or written ({os.strerror(code)})",
            "Name a file or folder that exists and that you may use, on a disk with room.",
        ),
    )
    room = _room(where) if code in _FULL else _largest() if code == errno.EFBIG else ""
    return SystemRefusalError(f"{what}{room}.", where=where, remedy=remedy)


def code_of_system(error: BaseException) -> int | None:
    """Return the number of the system's error behind an error, None where there is none.

    Libraries pass it on as a number, or as the system's words for it.
    """
    if isinstance(error, OSError) and isinstance(error.errno, int):
        return error.errno
    text = str(error)
    return next((code for code in _CAUSES if os.strerror(code) in text), None)


def _named(error: BaseException) -> str:
    """Return the file that an error of the system names."""
    name = getattr(error, "filename", None)
    return os.fsdecode(name) if isinstance(name, str | bytes) else ""


def _line(error: BaseException) -> str:
    """Say at which line of ours an error was raised: those who mend it need to know."""
    from traceback import extract_tb

    package = Path(__file__).parent
    ours = [f for f in extract_tb(error.__traceback__) if package in Path(f.filename).parents]
    if not ours:
        return ""
    return f"; {Path(ours[-1].filename).relative_to(package).as_posix()}, line {ours[-1].lineno}"


def _room(where: str) -> str:
    """Say how much room there is on the disk of a path, which need not exist."""
    path = Path(where).absolute()
    place = next((one for one in (path, *path.parents) if one.exists()), None)
    if not where or place is None:
        return ""
    disk = shutil.disk_usage(place)
    return f" ({disk.free / 1e6:,.1f} of {disk.total / 1e6:,.1f} MB are free)"


def _largest() -> str:
    """Say how large a file may be."""
    try:
        import resource
    except ImportError:
        return ""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    return "" if limit == resource.RLIM_INFINITY else f" ({limit / 1e6:,.1f} MB)"


def _rebuild(kind: type[AdvocacyError], what: str, where: str, remedy: str) -> AdvocacyError:
    return kind(what, where=where, remedy=remedy)
