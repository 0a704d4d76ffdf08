"""How far long work is, said in lines that a log can hold."""

from __future__ import annotations

import time
from collections.abc import Callable

SECONDS = 15.0  # between two lines


def lines(
    say: Callable[[str], object],
    what: str,
    *,
    clock: Callable[[], float] = time.monotonic,
    short: float = 0.0,
) -> Callable[[int, int], None]:
    """Return what work calls with how much is done, and of how much, as often as it likes.

    A line is said when `SECONDS` have passed since the last, and when all is done. A call with
    nothing done begins the time anew, as after what had to be made ready.

    Parameters
    ----------
    say
        Takes a line.
    what
        What is counted, such as ``draws``.
    clock
        Seconds since some moment.
    short
        Seconds in which nothing is said, not even that all is done.
    """
    start = said = clock()
    last = 0

    def tell(done: int, total: int) -> None:
        nonlocal start, said, last
        now = clock()
        if done == 0:
            start = said = now
            last = 0
        ended = done == total and now - start >= short
        if done == last or not (ended or now - said >= SECONDS):
            return
        said, last = now, done
        say(_line(what, done, total, now - start))

    return tell


def _line(what: str, done: int, total: int, seconds: float) -> str:
    of = f"{done:,} of {total:,}" if total else f"{done:,}"
    counted = f"{of} {what} done after {duration(seconds)}"
    if not 0 < done < total:
        return counted
    return f"{counted}; at this pace {duration(seconds * (total - done) / done)} more"


def duration(seconds: float) -> str:
    """Return seconds in words: ``12 s``, or minutes from two on."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
