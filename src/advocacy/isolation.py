"""Parsing in a process of its own: a file that crashes or hangs a parser costs only itself.

A worker is a clean interpreter that is sent calls and sends back what came of them. Unlike the
children of `multiprocessing` it never imports the caller's script, so that a script needs no
``if __name__ == "__main__"``.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Timer
from types import TracebackType
from typing import Any, Self, TypeVar

from advocacy.errors import (
    AdvocacyError,
    FileFormatError,
    SystemRefusalError,
    UnforeseenError,
)
from advocacy.limits import limits, too_much_memory, too_much_time
from advocacy.serving import OUT_OF_MEMORY
from advocacy.temporary import clear, new_folder

Result = TypeVar("Result")
Progress = Callable[[int, int], None]  # what is done, and of how much; of 0 where nobody knows

_GRACE = 10.0  # seconds to clear away what was begun
# What is freed goes back to the system, of which libraries would keep several hundred megabytes.
_ALLOCATORS = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_TRIM_THRESHOLD_": str(2**24),
}


class Worker:
    """A process that calls functions under a limit of time and memory.

    Parameters
    ----------
    memory
        Bytes of data that the process may hold; as `limits` says without. Systems without such
        a limit (those that have no ``resource`` module) have the time limit alone.
    """

    def __init__(self, memory: int | None = None) -> None:
        self._memory = limits().memory if memory is None else memory
        self._seconds = limits().seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None  # the process's TMPDIR
        self._lifeline: int | None = None  # the end of a pipe: closed when we end, however we do

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def call(
        self,
        function: Callable[..., Result],
        *arguments: Any,
        file: str,
        seconds: float | None = None,
        progress: Progress | None = None,
    ) -> Result:
        """Call an importable function in the process; what it returns or raises comes back.

        Parameters
        ----------
        function
            The function.
        arguments
            Its arguments.
        file
            The file that it parses, for messages.
        seconds
            Wall time after which the process is ended; as `limits` says without.
        progress
            Called with what the function, whose last argument this is then, calls it with there.

        Raises
        ------
        AdvocacyError
            What the function raised.
        FileFormatError
            The process crashed, ran out of memory or took too long. The next call has a new one.
        """
        process = self._process or self._start()
        too_long = Event()
        seconds = self._seconds if seconds is None else seconds

        def stop() -> None:
            too_long.set()
            process.kill()

        timer = Timer(seconds, stop)
        timer.start()
        try:
            outcome = _exchange(process, (function, arguments, progress is not None), progress)
        except KeyboardInterrupt:
            self.stop()
            raise
        finally:
            timer.cancel()
        if outcome is None:
            status = self._end()
            if too_long.is_set():
                raise too_much_time(file, seconds)
            if status == OUT_OF_MEMORY:
                raise too_much_memory(file, self._memory)
            _refuse_other_causes(status, file)
            raise FileFormatError(
                _what_happened(status),
                where=file,
                remedy="The file is damaged or not what it seems. Open it in the program that "
                "wrote it, save it again, and compare the sizes.",
            )
        succeeded, value = outcome
        if succeeded:
            return value  # type: ignore[no-any-return]
        raise value if value.where else type(value)(value.what, where=file, remedy=value.remedy)

    def stop(self) -> None:
        """Have the process leave what it does at once, and clear away what it has begun."""
        if self._process is not None:
            self._process.terminate()

    def _start(self) -> subprocess.Popen[bytes]:
        self._folder = new_folder()
        watched: tuple[int, ...] = ()
        if sys.platform != "win32":
            end, self._lifeline = os.pipe()
            watched = (end,)
        try:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "advocacy.serving",
                    *map(str, (self._memory, self._seconds, *watched)),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=_ALLOCATORS | os.environ | {"TMPDIR": str(self._folder)},
                pass_fds=watched,
                # An interrupt is the caller's to handle: it ends the worker on its way out.
                start_new_session=True,
            )
        finally:
            for end in watched:
                os.close(end)
        return self._process

    def _end(self) -> int | None:
        """End the process; return its status as it was before, None where it still ran."""
        if self._process is None:
            self._clear_away()
            return None
        process, self._process = self._process, None
        for stream in (process.stdin, process.stdout):
            if stream:
                stream.close()
        try:
            # It leaves by itself when nothing more can come; one that was stopped clears away.
            return process.wait(timeout=_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None
        finally:
            self._clear_away()

    def _clear_away(self) -> None:
        """Clear away what the process has left, here and elsewhere."""
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None
        if self._folder is not None:
            clear(self._folder)
            self._folder = None


def isolated(
    function: Callable[..., Result],
    *arguments: Any,
    file: str,
    seconds: float | None = None,
    memory: int | None = None,
    progress: Progress | None = None,
) -> Result:
    """Call a function once in a process of its own; see `Worker.call`."""
    with Worker(memory) as worker:
        return worker.call(function, *arguments, file=file, seconds=seconds, progress=progress)


def isolated_map(
    function: Callable[..., Result],
    calls: Sequence[tuple[Any, ...]],
    files: Sequence[str],
    progress: Progress | None = None,
) -> list[Result]:
    """Call a function for each tuple of arguments, as many at a time as there are processors.

    ``progress`` is called with the number of results there are, and of calls. Returns the results
    in the order of ``calls``; raises what the first failing call raises.
    """

    def called(worker: Worker, arguments: tuple[Any, ...], file: str) -> Result:
        return worker.call(function, *arguments, file=file)

    return _mapped(called, calls, files, progress)


def isolated_attempts(
    function: Callable[..., Result], calls: Sequence[tuple[Any, ...]], files: Sequence[str]
) -> list[Result | AdvocacyError]:
    """Do as `isolated_map`, but return what a failing call raises in the place of its result.

    So all that is wrong with many files can be said at once.
    """

    def called(worker: Worker, arguments: tuple[Any, ...], file: str) -> Result | AdvocacyError:
        try:
            return worker.call(function, *arguments, file=file)
        except AdvocacyError as error:
            return error

    return _mapped(called, calls, files)


def _mapped(
    called: Callable[[Worker, tuple[Any, ...], str], Result],
    calls: Sequence[tuple[Any, ...]],
    files: Sequence[str],
    progress: Progress | None = None,
) -> list[Result]:
    processors = os.cpu_count() or 1
    workers: SimpleQueue[Worker] = SimpleQueue()

    def call(arguments: tuple[Any, ...], file: str) -> Result:
        worker = workers.get()
        try:
            return called(worker, arguments, file)
        finally:
            workers.put(worker)

    started = [Worker() for _ in range(processors)]
    for worker in started:
        workers.put(worker)
    pool = ThreadPoolExecutor(processors)
    try:
        results = []
        for result in pool.map(call, calls, files):
            results.append(result)
            if progress:
                progress(len(results), len(calls))
        return results
    except KeyboardInterrupt:
        for worker in started:
            worker.stop()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        for worker in started:
            worker.__exit__(None, None, None)


def _exchange(
    process: subprocess.Popen[bytes], message: Any, progress: Progress | None
) -> tuple[bool, Any] | None:
    """Send a call and return its outcome; None where the process ended before it came."""
    if process.stdin is None or process.stdout is None:
        return None
    if sys.platform != "win32":
        # Polars has interrupted system calls begin anew: Ctrl-C would wait for the outcome.
        signal.siginterrupt(signal.SIGINT, True)
    try:
        pickle.dump(message, process.stdin)
        process.stdin.flush()
        outcome: tuple[bool | None, Any] = pickle.load(process.stdout)
        while outcome[0] is None:  # it is not done yet
            if progress:
                progress(*outcome[1])
            outcome = pickle.load(process.stdout)
    except (EOFError, BrokenPipeError, pickle.UnpicklingError):
        return None
    return bool(outcome[0]), outcome[1]


def _refuse_other_causes(status: int | None, file: str) -> None:
    """Say why a process ended, where that is not for the file.

    Raises
    ------
    UnforeseenError
        It was ended from outside.
    SystemRefusalError
        This process, and so that one, may use little memory.
    """
    if sys.platform == "win32":
        return
    import resource

    if status == -signal.SIGKILL:
        raise UnforeseenError(
            "The process that read the file was ended from outside (SIGKILL).",
            where=file,
            remedy="A person has ended it, or the system has, which does so when memory runs out: "
            "run the command again, with other programs closed.",
        )
    own = (resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA))
    if space := min((limit for limit in own if limit != resource.RLIM_INFINITY), default=0):
        raise SystemRefusalError(
            "The process that read the file ended, likely for want of memory: it may use "
            f"{space / 1e6:,.0f} MB.",
            where=file,
            remedy="Raise the limit (`ulimit -v` or `ulimit -d`), and run the command again.",
        )


def _what_happened(status: int | None) -> str:
    if status is not None and status < 0:
        name = signal.Signals(-status).name
        return (
            f"Reading the file crashed the parser ({name}), which may have got too little memory."
        )
    return "Reading the file failed inside the parser."
