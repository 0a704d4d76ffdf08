"""The start of a process: what it does before its first work."""

from __future__ import annotations

import codecs
import gc

# First of all: where memory is nearly gone, it prints a traceback for each hash that it can't load.
import hashlib  # noqa: F401
import os
import signal
import sys
import unicodedata
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from io import TextIOWrapper
from threading import RLock
from types import ModuleType

# What stands for a character that a terminal does not have; of letters it is the nearest one.
_NEAREST = {
    **dict.fromkeys("–—−‐‑‒―·─━═╌╍┄┅┈┉╴╶╸╺╼╾", "-"),
    **dict.fromkeys("‘’‚′", "'"),
    **dict.fromkeys("“”„«»″", '"'),
    **dict.fromkeys("•●▪⠿", "*"),
    **dict.fromkeys("│┃║╎╏┆┇┊┋", "|"),
    **dict.fromkeys("█▉▊▋▌▍▎▏▐▓▒░■", "#"),
    **{"×": "x", "→": "->", "←": "<-", "↑": "^", "↓": "v", "±": "+-", "÷": "/", "⁄": "/"},
    **{"≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "∞": "inf", "√": "sqrt", "€": "EUR", "°": "deg"},
    **{"ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ß": "ss", "ẞ": "SS"},
    **{"đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "ł": "l", "Ł": "L", "þ": "th", "Þ": "Th", "ı": "i"},
}
_ERRORS, _ASCII = "advocacy-nearest", "advocacy-ascii"


def degrade_output() -> None:
    """Have standard output and standard error write the nearest characters that they have.

    A terminal of ASCII or an old code page then shows ``-`` for a dash and ``o`` for ``ø``, where
    Python would raise `UnicodeEncodeError`. Files are not concerned: they are UTF-8 everywhere.
    """
    codecs.register_error(_ERRORS, _with_nearest)
    codecs.register(_ascii)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a notebook's is another
            # click takes ASCII for a mistake, and would write UTF-8 to it.
            ascii_ = codecs.lookup(stream.encoding).name == "ascii"
            stream.reconfigure(encoding=_ASCII if ascii_ else None, errors=_ERRORS)


def nearest(character: str) -> str:
    """Return what stands for a character in ASCII: its letters without accents, or ``?``."""
    if character in _NEAREST:
        return _NEAREST[character]
    if 0x2500 <= ord(character) < 0x2580:  # corners and crossings of boxes
        return "+"
    parts = unicodedata.normalize("NFKD", character)
    plain = "".join(_NEAREST.get(part, part) for part in parts if not unicodedata.combining(part))
    return plain if plain.isascii() else "?"


def _with_nearest(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(nearest, error.object[error.start : error.end])), error.end


def _ascii(name: str) -> codecs.CodecInfo | None:
    """Return ASCII under a name of its own."""
    if name.replace("_", "-") != _ASCII:
        return None
    found = codecs.lookup("ascii")
    return codecs.CodecInfo(
        found.encode,
        found.decode,
        found.streamreader,
        found.streamwriter,
        found.incrementalencoder,
        found.incrementaldecoder,
        _ASCII,
    )


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


# What libraries import and our commands hardly use. scipy has ``from numpy import *``, which asks
# numpy for all of its parts, a compiler of Fortran among them; pyarrow quotes docstrings, and can
# pickle functions; pyreadstat can use several processes; the writer of XML can read from the web.
_LATER = {
    *("numpy.ctypeslib", "numpy.f2py", "numpy.fft", "numpy.ma", "numpy.polynomial"),
    *("numpy.random", "numpy.testing", "pydoc"),
    *("pyarrow.compute", "pyarrow.csv", "pyarrow.parquet", "cloudpickle", "socket"),
    *("multiprocessing", "urllib.request"),
    *("scipy._lib.array_api_extra", "scipy._lib.array_api_compat.numpy"),
}


_OBJECTS = 50_000  # new ones, after which cycles are looked for; Python's own 700 suit no import


def import_later() -> None:
    """Have modules that are imported and hardly used run when they are first used.

    For a process that is our own. Whoever uses such a module finds all of it. Cycles are looked
    for more rarely: what is imported makes many objects, all of which stay.
    """
    gc.set_threshold(_OBJECTS)
    if not any(isinstance(finder, _Later) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Later())


class _Later:
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find one of the modules, to be run later; leave others to the finders after this one."""
        spec = PathFinder.find_spec(name, path, target) if name in _LATER else None
        if spec and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _LaterLoader(spec.loader.name, spec.loader.path)
        return spec


class _LaterLoader(SourceFileLoader):
    """Gives a module without its content.

    `importlib.util.LazyLoader` runs one at any access, even that of its ``__spec__`` by the next
    import of it.
    """

    def __init__(self, name: str, path: str) -> None:
        super().__init__(name, path)
        self._lock, self._begun = RLock(), False

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing yet."""
        module.__class__, self._begun = _Unrun, False

    def run(self, module: ModuleType) -> None:
        """Run a module that was not run yet; a thread that needs it meanwhile waits."""
        with self._lock:
            if self._begun:
                return
            self._begun = True
            try:
                super().exec_module(module)
            except BaseException:
                self._begun = False  # the next one tries again
                raise
            module.__class__ = ModuleType


class _Unrun(ModuleType):
    def __getattr__(self, name: str) -> object:
        """Run the module when the first thing is asked of it that it does not have yet."""
        if self.__spec__ and isinstance(self.__spec__.loader, _LaterLoader):
            self.__spec__.loader.run(self)
        return ModuleType.__getattribute__(self, name)  # its class is another now
