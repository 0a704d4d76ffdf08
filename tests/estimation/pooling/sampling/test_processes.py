"""Processes of chains: what fails is said, and none is left behind.

What they draw is tested with the sampler.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from tests.estimation.pooling.counts import crossed

from advocacy.errors import AdvocacyError, UnforeseenError
from advocacy.estimation.pooling.layout import laid_out
from advocacy.estimation.pooling.sampling import processes
from advocacy.estimation.pooling.sampling.chain import Chain
from advocacy.estimation.pooling.sampling.density import Density, density_of
from advocacy.estimation.pooling.sampling.processes import draw_in_processes

ENDLESS = [Chain(10**6, 10, seed) for seed in (1, 2)]


@pytest.fixture(scope="module")
def density() -> Density:
    counts = crossed()
    return density_of(laid_out(counts), counts.y)


# What a process of chains sends, without the seconds that it takes to import the sampler.
TELLING = """
import pickle, sys, time
for done in range(10**6):
    pickle.dump(done, sys.stdout.buffer)
    sys.stdout.flush()
    time.sleep(0.1)
"""


def telling() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-S", "-c", TELLING],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )


@pytest.fixture(params=["telling", pytest.param("drawing", marks=pytest.mark.heavy)])
def started(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> list[subprocess.Popen[bytes]]:
    """Return the processes that are started, which draw or only tell that they did."""
    found: list[subprocess.Popen[bytes]] = []
    start = telling if request.param == "telling" else processes._start
    monkeypatch.setattr(processes, "_start", lambda: found.append(start()) or found[-1])
    return found


def quiet(_: int) -> None:
    pass


def failing(error: BaseException) -> Callable[[int], None]:
    def tell(_: int) -> None:
        raise error

    return tell


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("of the caller")])
def test_what_fails_here_ends_them_all(
    error: BaseException, density: Density, started: list[Any]
) -> None:
    with pytest.raises(type(error)):
        draw_in_processes(density, ENDLESS, 2, failing(error))
    assert [process.poll() for process in started] == [-9, -9]


def test_one_that_is_ended_ends_the_others(density: Density, started: list[Any]) -> None:
    with pytest.raises(UnforeseenError, match="ended from outside") as caught:
        draw_in_processes(density, ENDLESS, 2, lambda _: started[1].kill())
    assert "memory" in str(caught.value)
    assert [process.poll() for process in started] == [-9, -9]


@pytest.mark.parametrize("number", [1, pytest.param(2, marks=pytest.mark.heavy)])
def test_what_a_process_raises_is_raised_here(
    number: int, density: Density, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Any] = []
    start = processes._start
    monkeypatch.setattr(processes, "_start", lambda: started.append(start()) or started[-1])
    wrong: Any = ["no chain", *ENDLESS][:number]
    with pytest.raises(AdvocacyError, match="AttributeError"):
        draw_in_processes(density, wrong, number, quiet)
    assert len(started) == number
    assert None not in [process.poll() for process in started]


def test_a_process_ends_with_its_parent(density: Density) -> None:
    process: Any = processes._start()
    told: list[int] = []

    def leave(done: int) -> None:
        told.append(done)
        process.stdin.close()  # as it is when the parent is gone

    with pytest.raises(UnforeseenError):
        processes._drawn(process, density, ENDLESS, leave)
    assert process.wait(timeout=30) == 1
    assert told
    process.stdout.close()
