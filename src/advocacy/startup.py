"""The start of a process: what it does before its first work."""

from __future__ import annotations

import os
import signal
import sys

INTERRUPTED = "advocacy: interrupted; nothing is left half-written."


def leave_when_interrupted() -> None:
    """Have Ctrl-C end this process at once, while nothing is begun and modules are imported.

    A module that is interrupted while it is imported may turn that into any error.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)


def heed_interrupts() -> None:
    """Have Ctrl-C raise `KeyboardInterrupt` again, so that what is begun is cleared away."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _leave(*_: object) -> None:
    os.write(2, f"{INTERRUPTED}\n".encode())
    os._exit(130)


def hide_pandas_from_pyarrow() -> None:
    """Let pyarrow look for pandas once, in vain: whoever imports pandas later finds it.

    pyarrow would import it to convert its first list. Parsers and most commands do not need it,
    and its import takes longer than their work.
    """
    finder = _WithoutPandas()
    sys.meta_path.insert(0, finder)
    try:
        import pyarrow

        pyarrow.array([0])
    finally:
        sys.meta_path.remove(finder)


class _WithoutPandas:
    def find_spec(self, name: str, path: object, target: object = None) -> None:
        """Say that pandas is not there; leave other modules to the finders after this one."""
        if name == "pandas":
            raise ModuleNotFoundError("pandas is hidden", name=name)
