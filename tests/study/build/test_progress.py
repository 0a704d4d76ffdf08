"""Lines that say how far a long step is."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from advocacy.study.build.progress import LOGGER, progress


@pytest.fixture(autouse=True)
def listens(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.INFO, LOGGER.name):
        yield


def test_a_line_comes_every_fifteen_seconds_and_at_the_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 0.0
    tell = progress("draws", clock=lambda: now)
    for done in range(0, 12_001, 100):  # 100 draws a second
        now = done / 100
        tell(done, 12_000)
    assert [record.message.strip() for record in caplog.records] == [
        # What is left at the pace so far, worked out by hand: 12,000 draws take 120 s.
        "1,500 of 12,000 draws done after 15 s; at this pace 105 s more",
        "3,000 of 12,000 draws done after 30 s; at this pace 90 s more",
        "4,500 of 12,000 draws done after 45 s; at this pace 75 s more",
        "6,000 of 12,000 draws done after 60 s; at this pace 60 s more",
        "7,500 of 12,000 draws done after 75 s; at this pace 45 s more",
        "9,000 of 12,000 draws done after 90 s; at this pace 30 s more",
        "10,500 of 12,000 draws done after 105 s; at this pace 15 s more",
        "12,000 of 12,000 draws done after 2 min",
    ]


def test_the_end_is_said_once_and_a_short_step_says_only_that(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tell = progress("sources", clock=lambda: 0.0)
    for done in (1, 2, 3, 3):
        tell(done, 3)
    assert [record.message.strip() for record in caplog.records] == [
        "3 of 3 sources done after 0 s"
    ]


def test_time_before_a_call_with_nothing_done_is_no_part_of_the_pace(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 0.0
    tell = progress("draws", clock=lambda: now)
    now = 20.0  # the model was compiled
    tell(0, 10)
    tell(1, 10)  # too soon
    now = 140.0
    tell(2, 10)
    assert [record.message.strip() for record in caplog.records] == [
        "2 of 10 draws done after 2 min; at this pace 8 min more"
    ]
