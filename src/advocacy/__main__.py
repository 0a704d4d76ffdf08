"""The program `advocacy`, also as ``python -m advocacy``."""

from __future__ import annotations

import signal

from advocacy.startup import leave_when_interrupted


def program() -> None:
    """Be the program; nothing of it is imported before Ctrl-C is heeded."""
    leave_when_interrupted()
    from advocacy.cli import program

    try:
        program()
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done or cleared away: only to leave


if __name__ == "__main__":
    program()
