"""How far a long step of the study is.

Lines go to the logger of this module, so that nothing is said where nobody listens: the build
listens, by `advocacy.study.build.hooks`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from logging import getLogger

from advocacy.report.pace import lines

LOGGER = getLogger(__name__)
TIMES = ".pytask/times.json"  # seconds that each task took when it last ran, by its name


def progress(
    what: str, *, clock: Callable[[], float] = time.monotonic
) -> Callable[[int, int], None]:
    """Return what a step calls with how much is done, and of how much; see `lines`.

    Parameters
    ----------
    what
        What is counted, such as ``draws``.
    clock
        Seconds since some moment.
    """
    return lines(lambda line: LOGGER.info("    %s", line), what, clock=clock)
