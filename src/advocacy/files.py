"""Writing so that nothing is ever half-written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from advocacy.errors import AdvocacyError, code_of_system, said
from advocacy.temporary import folder_beside, put

_BEGUN: set[Path] = set()  # what is being written by this process and is not in its place yet


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path of the same name that takes the place of ``path`` afterwards.

    Works for a file or a folder, whichever the block creates. When the block raises, what
    stood at ``path`` before still stands there and the temporary one is gone; so it is when the
    process is killed, once the next command has run. In a folder that is itself being replaced
    there is nothing to keep, and the path is yielded as it is.

    Raises
    ------
    SystemRefusalError
        The disk is full, or another reason why the system would not write.
    """
    with _of_system(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if not _BEGUN.isdisjoint(path.parents):  # what is begun takes its place as a whole
            path.unlink(missing_ok=True)  # it may be a link to what stands there
            yield path
            return
        with folder_beside(path) as folder, _of_system(path, folder):  # while a disk is still full
            new = folder / path.name
            _BEGUN.add(new)
            try:
                yield new
            finally:
                _BEGUN.discard(new)
            put(new, path)


@contextmanager
def _of_system(path: Path, folder: Path | None = None) -> Iterator[None]:
    """Say why the system would not write to ``path``, by way of ``folder``, or read another file.

    Libraries have errors of their own for it.
    """
    try:
        yield
    except AdvocacyError:
        raise
    except Exception as error:
        if code_of_system(error) is None:
            raise
        named = str(getattr(error, "filename", None) or "")
        other = named and folder is not None and not named.startswith(str(folder))
        raise said(error, "" if other else path) from error


def in_utf8(name: str) -> str:
    r"""Return a file's name as it is written down: a byte that is not UTF-8 becomes such as \xe9.

    Python has letters of its own for these bytes, which no file can hold.
    """
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def remove(path: Path) -> None:
    """Remove a file or folder at once, so that a reader sees the whole of it or nothing."""
    with folder_beside(path) as folder:
        path.rename(folder / path.name)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8 with Unix line ends, by rename.

    A file that has it already is left alone: what goes by its time need not be made again.
    """
    if path.is_file() and path.read_bytes() == text.encode():
        return
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
