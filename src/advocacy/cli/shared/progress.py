"""What a person who waits is shown: that work goes on, for how long, and how far it is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer

# Shorter work shows nothing.
SECONDS = 2.0


@contextmanager
def working(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show on a terminal that the block is at work, once it has taken `SECONDS`.

    Nothing is shown where standard error is no terminal, or is quiet.

    Parameters
    ----------
    what
        What it does, such as ``importing``.
    total
        How much there is to do, where that is known.

    Yields
    ------
    Callable
        To be called with how much is done.
    """
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich import progress
    from rich.console import Console

    bars = [] if total is None else [progress.BarColumn(), progress.TimeRemainingColumn()]
    begun = [progress.SpinnerColumn(), progress.TextColumn("{task.description}")]
    columns = [*begun, *bars, progress.TimeElapsedColumn()]
    shown = progress.Progress(*columns, console=Console(stderr=True), transient=True)
    task = shown.add_task(what, total=total)
    later = Timer(SECONDS, shown.start)
    later.daemon = True
    later.start()
    try:
        yield lambda done: shown.update(task, completed=done)
    finally:
        later.cancel()
        later.join()
        shown.stop()
