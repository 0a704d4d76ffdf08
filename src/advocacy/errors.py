"""What can go wrong with what a user gives us.

Every message says what is wrong, where, and what to do about it. Each kind also derives
from the built-in that a Python user would expect to catch; anything else that is raised
is a bug of ours.
"""

from __future__ import annotations

from collections.abc import Callable


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


def _rebuild(kind: type[AdvocacyError], what: str, where: str, remedy: str) -> AdvocacyError:
    return kind(what, where=where, remedy=remedy)
