"""What a command does: exit status and what it prints."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Outcome(NamedTuple):
    """Exit status and what was printed."""

    code: int
    out: str
    err: str


Command = Callable[..., Outcome]
