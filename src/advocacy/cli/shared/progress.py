"""What a person who waits is shown: that work goes on, for how long, and how far it is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer

from advocacy.report.pace import SECONDS as BETWEEN
from advocacy.report.pace import lines

# Shorter work shows nothing.
SECONDS = 2.0


@contextmanager
def working(
    what: str, total: int | None = None, *, of: str = ""
) -> Iterator[Callable[[int, int], None]]:
    """Show that the block is at work, and how far it is.

    On a terminal, once it has taken `SECONDS`. Where standard error is none, such as a log, in
    lines (`advocacy.report.pace`), of work that says what it counts. Nothing is shown where
    standard error is quiet.

    Parameters
    ----------
    what
        What it does, such as ``importing``.
    total
        How much there is to do, where that is known beforehand.
    of
        What is counted, such as ``rows``.

    Yields
    ------
    Callable
        To be called with how much is done, and of how much; of 0 where nobody knows.
    """
    if not sys.stderr.isatty():
        log = sys.stderr
        said = lines(lambda line: print(f"{what}: {line}", file=log, flush=True), of, short=BETWEEN)
        yield said if of else lambda done, total: None
        return
    from rich import progress
    from rich.console import Console

    begun = [progress.SpinnerColumn(), progress.TextColumn("{task.description}")]
    bars = [progress.BarColumn(), progress.TimeRemainingColumn()] if total is not None or of else []
    counted = [progress.TextColumn("{task.completed:,} " + of)] if of else []
    columns = [*begun, *bars, *counted, progress.TimeElapsedColumn()]
    shown = progress.Progress(*columns, console=Console(stderr=True), transient=True)
    task = shown.add_task(what, total=total)
    later = Timer(SECONDS, shown.start)
    later.daemon = True
    later.start()
    try:
        yield lambda done, total: shown.update(task, completed=done, total=total or None)
    finally:
        later.cancel()
        later.join()
        shown.stop()
