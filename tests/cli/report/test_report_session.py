"""`advocacy report` at a terminal: it asks what is in doubt, and Ctrl-C leaves nothing."""

from __future__ import annotations

import os
import re
import select
import signal
import sys
import time
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

pytest.importorskip("typst", reason="needs the extra report")
pty = pytest.importorskip("pty", reason="needs a system with pseudo-terminals")

ASKED = "How likely is it that you would recommend us to a friend or colleague?"
_PATIENCE = 240.0  # seconds, on a busy machine


class Session:
    """The command at a terminal of its own, and what it has said so far."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.said = ""
        self.process, self.terminal = pty.fork()
        if not self.process:
            os.chdir(folder)
            # Where the tests run in the background, Ctrl-C is none to them.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            # A folder that the test sees, for what would be left behind.
            os.environ |= {"TMPDIR": str(folder / "tmp"), "NO_COLOR": "1", "TERM": "dumb"}
            os.execv(sys.executable, [sys.executable, "-m", "advocacy", "report", *arguments])

    def wait_for(self, words: str) -> None:
        """Read what is said until words that were not there before."""
        start, end = len(self.said), time.monotonic() + _PATIENCE
        while words not in self.said[start:]:
            assert time.monotonic() < end, self.said
            assert self._read(), f"it ended before it said {words!r}: {self.said}"

    def type(self, keys: str) -> None:
        os.write(self.terminal, keys.encode())

    def status(self) -> int:
        """Read to the end; return the exit status."""
        while self._read():
            pass
        os.close(self.terminal)
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])

    def _read(self) -> bool:
        if not select.select([self.terminal], [], [], _PATIENCE)[0]:
            return False
        try:
            some = os.read(self.terminal, 4096)
        except OSError:  # what Linux says where the other end is closed
            return False
        self.said += some.decode()
        return bool(some)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a file that has two variables of the score."""
    frame = pd.DataFrame({"a": [10.0, 0.0, 9.0] * 40, "b": [10.0, 1.0, 0.0] * 40})
    pyreadstat.write_sav(frame, tmp_path / "two.sav", column_labels=dict.fromkeys(frame, ASKED))
    (tmp_path / "tmp").mkdir()
    return tmp_path


def left(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.iterdir()}


def test_what_is_in_doubt_is_asked_and_the_answer_taken(folder: Path) -> None:
    session = Session(folder, "two.sav")
    session.wait_for("Question 1. Which variable is score?")
    session.wait_for("Answer")
    session.type("z\n")
    session.wait_for("Answer")  # there is no such letter: it is asked again
    session.type("b\n")
    session.wait_for("Make the report of this?")
    assert re.search(r"score: b ", session.said)
    session.type("y\n")
    assert session.status() == 0, session.said
    assert "begin with two-report/report.html" in session.said
    assert left(folder) == {"two.sav", "two-report", "tmp"}
    crosswalk = (folder / "two-report" / "crosswalk.csv").read_text(encoding="utf-8")
    assert "b,0..10,score,*" in crosswalk


def test_who_does_not_confirm_is_told_how_to_go_on(folder: Path) -> None:
    session = Session(folder, "two.sav", "--answer", "1a")
    session.wait_for("Make the report of this?")
    session.type("n\n")
    assert session.status() == 2
    assert "The proposal was not confirmed." in session.said
    assert "advocacy crosswalk" in session.said
    assert left(folder) == {"two.sav", "tmp"}


@pytest.mark.parametrize(
    ("words", "seconds"),
    [("Answer", 0.0), ("Taken from the file", 0.0), ("Taken from the file", 0.5)],
    ids=["asked", "reading", "later"],
)
def test_ctrl_c_leaves_nothing(folder: Path, words: str, seconds: float) -> None:
    given = [] if words == "Answer" else ["--answer", "1b", "--yes"]
    session = Session(folder, "two.sav", *given)
    session.wait_for(words)
    time.sleep(seconds)
    session.type("\x03")
    assert session.status() == 130, session.said
    assert "nothing is left half-written" in session.said
    assert left(folder) == {"two.sav", "tmp"}
    assert list((folder / "tmp").iterdir()) == []
