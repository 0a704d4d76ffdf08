"""Writing so that nothing is ever half-written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` that takes its place when the block succeeds.

    Works for a file or a folder, whichever the block creates. When the block raises, what
    stood at ``path`` before still stands there and the temporary one is gone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # The ending stays last: writers choose their format by it.
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")
    _remove(temporary)
    try:
        yield temporary
        if path.is_dir():  # a rename cannot replace a folder that has content
            _remove(path)
        temporary.replace(path)
    finally:
        _remove(temporary)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8 with Unix line ends, by rename.

    A file that has it already is left alone: what goes by its time need not be made again.
    """
    if path.is_file() and path.read_bytes() == text.encode():
        return
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
