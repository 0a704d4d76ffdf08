"""Wall time and peak memory of whole processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass

REPEATS = 3
MIB = 2**20


@dataclass(frozen=True)
class Measured:
    """Wall time in seconds (median), peak memory in bytes (largest) and processor time of runs.

    ``processor`` is the median of user and system seconds, those of child processes included: on
    a machine that others use too it says more than the wall.
    """

    seconds: float
    memory: int
    processor: float = 0.0


def run(command: list[str], repeats: int = REPEATS) -> Measured:
    """Run a command several times, each in a process of its own.

    Memory is that of the largest process that the command has started, itself included. The
    caller must be small: on Linux a process begins with the peak of the one that started it.
    """
    seconds, memory, processor = [], [], []
    for _ in range(repeats):
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds.append(time.perf_counter() - start)
        memory.append(usage.ru_maxrss * 1024)
        processor.append(usage.ru_utime + usage.ru_stime)
        if status:
            raise subprocess.CalledProcessError(status, command)
    middle = repeats // 2
    return Measured(sorted(seconds)[middle], max(memory), sorted(processor)[middle])


def run_measured(command: list[str]) -> tuple[str, int]:
    """Run a command once; return what it printed and its peak memory in bytes."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    printed = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise subprocess.CalledProcessError(status, command)
    return printed.strip(), usage.ru_maxrss * 1024


def python(code: str, repeats: int = REPEATS, **values: object) -> Measured:
    """Run Python code in a fresh interpreter."""
    return run([sys.executable, "-c", code.format(**values)], repeats)
