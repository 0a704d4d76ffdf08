"""Answers to the numbered questions of a proposal, as the command line takes them."""

from __future__ import annotations

import re

from advocacy.errors import UsageError

_ANSWER = re.compile(r"(\d+)([a-z])")


def parsed_answer(text: str) -> tuple[int, str]:
    """Return number of the question and letter of the answer of a text such as ``1a``.

    Raises
    ------
    UsageError
        It is no such text.
    """
    match = _ANSWER.fullmatch(text)
    if not match:
        raise UsageError(
            f"{text!r} is no answer.",
            where="--answer",
            remedy="Give the number of the question and the letter of the answer, such as 1a.",
        )
    return int(match[1]), match[2]
