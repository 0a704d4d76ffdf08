"""All that is in the way of a study, said at once."""

from __future__ import annotations

from collections.abc import Sequence

from advocacy.errors import AdvocacyError, DataError


def refuse(problems: Sequence[AdvocacyError], where: str) -> None:
    """Raise one error that says every problem with its own place and remedy; none is no error.

    Raises
    ------
    DataError
        There is a problem.
    """
    if not problems:
        return
    if len(problems) == 1:
        raise problems[0]
    listed = "\n".join(
        f"{number}. {str(problem).replace(chr(10), f'{chr(10)}   ')}"
        for number, problem in enumerate(problems, 1)
    )
    raise DataError(
        f"{len(problems)} things are in the way of a study of this folder:\n{listed}",
        where=where,
        remedy="Mend each as it says, and run the command again: it keeps what is done.",
    )
