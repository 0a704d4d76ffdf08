"""What the tasks of the study share: the code that makes one stale."""

from __future__ import annotations

from functools import lru_cache
from inspect import getfile
from pathlib import Path

from pytask import PythonNode

from advocacy.layers import source_digest
from advocacy.provenance import sha256
from advocacy.responses import Responses, open_responses
from advocacy.study.protocol import read_protocol

_READER = Path(getfile(read_protocol))  # a changed reader reads another protocol


def code_of(layer: str, *modules: Path) -> PythonNode:
    """Return a dependency on the code that a task runs.

    It is the source files of a layer and of what it builds on, what reads the protocol, and other
    modules. Each task needs one of its own: pytask names a node by the task that has it.
    """
    digests = [source_digest(layer), *(sha256(path) for path in (_READER, *modules))]
    return PythonNode(value=" ".join(digests), hash=True)


def opened(accounts: Path) -> Responses:
    """Return the responses beside their accounts, opened once for each import.

    What was asked of them once, such as whether a column has a value, is then known to all tasks.
    """
    return _opened(accounts.parent, accounts.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _opened(folder: Path, _changed: int) -> Responses:
    return open_responses(folder)
