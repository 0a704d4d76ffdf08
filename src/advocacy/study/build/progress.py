"""How far a long step of the study is, said in lines that a log can hold.

Lines go to the logger of this module, so that nothing is said where nobody listens: the build
listens, by `advocacy.study.build.hooks`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from logging import getLogger

LOGGER = getLogger(__name__)
SECONDS = 15.0  # between two lines of a step
TIMES = ".pytask/times.json"  # seconds that each task took when it last ran, by its name


def progress(
    what: str, *, clock: Callable[[], float] = time.monotonic
) -> Callable[[int, int], None]:
    """Return what a step calls with how much is done, and of how much, as often as it likes.

    A line is said when `SECONDS` have passed since the last, and when all is done. A call with
    nothing done begins the time anew, as after what had to be made ready.

    Parameters
    ----------
    what
        What is counted, such as ``draws``.
    clock
        Seconds since some moment.
    """
    start = said = clock()
    last = 0

    def tell(done: int, total: int) -> None:
        nonlocal start, said, last
        now = clock()
        if done == 0:
            start = said = now
        if done == last or (done < total and now - said < SECONDS):
            return
        said, last = now, done
        LOGGER.info("    %s", _line(what, done, total, now - start))

    return tell


def _line(what: str, done: int, total: int, seconds: float) -> str:
    counted = f"{done:,} of {total:,} {what} done after {duration(seconds)}"
    if not 0 < done < total:
        return counted
    return f"{counted}; at this pace {duration(seconds * (total - done) / done)} more"


def duration(seconds: float) -> str:
    """Return seconds in words: ``12 s``, or minutes from two on."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
