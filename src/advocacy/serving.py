"""The process that `advocacy.isolation` makes its calls in.

It takes calls, each a function with its arguments, and sends what came of them; while it is at
one, how far it is, where that was asked for. It imports little, as it is started for small files.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from io import BufferedReader
from typing import Any, BinaryIO

from advocacy.errors import said
from advocacy.limits import Limits, limited
from advocacy.startup import hide_pandas_from_pyarrow, import_later

OUT_OF_MEMORY = 75  # exit status where it got no more


def _serve(own: Limits) -> None:
    """Be a worker: take calls from standard input until it ends."""
    signal.signal(signal.SIGTERM, _leave)
    calls = os.fdopen(sys.stdin.fileno(), "rb", closefd=False)
    outcomes = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no outcome
    _limit(own.memory)
    import_later()
    hide_pandas_from_pyarrow()
    with limited(own):
        _answer(calls, outcomes)


def _answer(calls: BufferedReader, outcomes: BinaryIO) -> None:
    def send(outcome: tuple[bool | None, Any]) -> None:
        pickle.dump(outcome, outcomes)
        outcomes.flush()

    while calls.peek(1):
        try:
            function, arguments, told = pickle.load(calls)
            more = (lambda *of: send((None, of)),) if told else ()
            outcome: tuple[bool, Any] = (True, function(*arguments, *more))
        except MemoryError:
            sys.exit(OUT_OF_MEMORY)
        except Exception as error:  # noqa: BLE001  # whatever it is, the caller says it
            outcome = (False, said(error))
        send(outcome)


def _end_with_parent(*watched: int) -> None:
    """Have the system end this process when the other end of a pipe is closed.

    It sends SIGIO then, which ends a process whatever it is at: a thread that watched the pipe
    would have to wait for a parser that never lets go of the interpreter.
    """
    if sys.platform == "win32":
        return  # there a process ends when its call has
    import fcntl
    import select

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the caller's to handle
    for pipe in watched:
        fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
        flags = fcntl.fcntl(pipe, fcntl.F_GETFL)
        fcntl.fcntl(pipe, fcntl.F_SETFL, flags | os.O_ASYNC)
        if select.select([pipe], [], [], 0)[0]:  # closed before we listened
            os._exit(1)


def _leave(*_: object) -> None:
    """Leave by an exception, so that what was begun is cleared away; nobody reads of it."""
    sys.stderr = None
    sys.exit(1)


def _limit(memory: int) -> None:
    if sys.platform != "win32":
        import resource

        hard = resource.getrlimit(resource.RLIMIT_DATA)[1] % 2**64  # -1 is none
        resource.setrlimit(resource.RLIMIT_DATA, (min(memory, hard),) * 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    _end_with_parent(*map(int, sys.argv[3:]))
    _serve(Limits(int(sys.argv[1]), float(sys.argv[2])))
