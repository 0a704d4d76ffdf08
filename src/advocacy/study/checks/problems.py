"""Problems of a study: each an error of its own, all of them raised as one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from advocacy.errors import AdvocacyError, UsageError


class StudyError(UsageError):
    """What the protocol says, what the sources are, or what one asks of the other, cannot be."""


def refuse(problems: Sequence[AdvocacyError]) -> None:
    """Raise the problems as one error, if there are any.

    Raises
    ------
    StudyError
        Its message is that of the only problem, or numbers them; each has its place and remedy.
    """
    if not problems:
        return
    if len(problems) == 1:
        (problem,) = problems
        raise StudyError(problem.what, where=problem.where, remedy=problem.remedy) from problem
    listed = (f"\n{number}. {problem}" for number, problem in enumerate(problems, 1))
    raise StudyError("\n".join([f"{len(problems)} things have to be mended.", *listed]))


def meant(name: str, known: Iterable[str]) -> str:
    """Return what somebody may do who wrote a name that is not known: the near one first."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    return " ".join([*(f"Did you mean {one}?" for one in near), f"There are: {', '.join(names)}."])
