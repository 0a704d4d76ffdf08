"""Chains in processes of their own: the density is Python, of which a process runs one at a time.

A process is a clean interpreter that never imports the caller's script. It is sent the density and
its chains, and sends back how many draws are done, and in the end what it has drawn.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Lock, Thread
from typing import Any

from advocacy.errors import AdvocacyError, UnforeseenError, said
from advocacy.estimation.pooling.sampling.chain import Chain, Drawn, draw_all
from advocacy.estimation.pooling.sampling.density import Density

# There is one for each processor: threads within would wait for one another.
_ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}


def draw_in_processes(
    density: Density, chains: Sequence[Chain], processes: int, tell: Callable[[int], None]
) -> list[Drawn]:
    """Run chains in at most as many processes as there are chains; each is as `draw_all` gives it.

    However this ends, no process is left behind.

    Raises
    ------
    AdvocacyError
        What one of them raised, or that it was ended.
    """
    shares = [chains[number::processes] for number in range(processes)]
    done, lock = [0] * processes, Lock()

    def drawn(number: int) -> list[Drawn]:
        def tell_of(draws: int) -> None:
            with lock:
                done[number] = draws
                tell(sum(done))

        return _drawn(running[number], density, shares[number], tell_of)

    running: list[subprocess.Popen[bytes]] = []
    pool = ThreadPoolExecutor(processes)
    try:
        running += [_start() for _ in shares]
        asked = [pool.submit(drawn, number) for number in range(processes)]
        for ended in wait(asked, return_when=FIRST_EXCEPTION).done:
            ended.result()  # raises the first failure
        found = [each.result() for each in asked]
    finally:
        for process in running:
            process.kill()
        pool.shutdown()
        for process in running:
            process.communicate()
    return [found[number % processes][number // processes] for number in range(len(chains))]


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | _ONE_THREAD,
        start_new_session=True,  # an interrupt is the caller's to handle
    )


def _drawn(
    process: Any, density: Density, chains: Sequence[Chain], tell: Callable[[int], None]
) -> list[Drawn]:
    """Return what a process draws; ``tell`` is called with the draws that it has done."""
    try:
        pickle.dump((density, chains), process.stdin)
        process.stdin.flush()
        while isinstance(message := pickle.load(process.stdout), int):
            tell(message)
    except (EOFError, BrokenPipeError, pickle.UnpicklingError) as error:
        raise UnforeseenError(
            "A process that sampled was ended from outside.",
            remedy="A person has ended it, or the system has, which does so when memory runs out: "
            "run the command again, with other programs closed.",
        ) from error
    if isinstance(message, AdvocacyError):
        raise message
    found: list[Drawn] = message
    return found


def _serve() -> None:
    """Be a process of chains: run those that standard input names."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    messages, lock = os.fdopen(os.dup(sys.stdout.fileno()), "wb"), Lock()
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no message
    density, chains = pickle.load(sys.stdin.buffer)
    Thread(target=_end_with_parent, daemon=True).start()

    def send(message: int | list[Drawn] | AdvocacyError) -> None:
        with lock:
            pickle.dump(message, messages, pickle.HIGHEST_PROTOCOL)
            messages.flush()

    try:
        send(draw_all(density, chains, send))
    except Exception as error:  # noqa: BLE001  # whatever it is, the caller says it
        send(said(error))


def _end_with_parent() -> None:
    """End this process when standard input ends, which is when the parent does."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    _serve()
