"""Which code page a text is in: what the file says, checked against the bytes themselves."""

from __future__ import annotations

import codecs
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from advocacy.remarks import Remark, Value
from advocacy.responses.code_pages.pages import guess_page, known_page

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# Texts that a declared page must fail before it is overruled; fewer are single faults.
_FAULTS = 3
# How a decoder is told to mark bytes, and what finds the marks.
MARKING, _FIRST_MARK = "advocacy.marking", 0x10F000
MARKS = f"[{chr(_FIRST_MARK)}-{chr(_FIRST_MARK + 0xFF)}]"
_LISTED = 5  # rows that a remark names
# Pages that have marks apart from their letters; other programs join the two.
_COMBINING = ("cp1255", "cp1258")


@dataclass(frozen=True)
class Decision:
    """A code page, and how it was arrived at.

    Parameters
    ----------
    encoding
        Name that Python knows.
    remarks
        What was assumed and how sure that is; none where the file's own declaration was
        followed.
    """

    encoding: str
    remarks: tuple[Remark, ...] = ()


def decide(
    declared: str | int | None, texts: Sequence[bytes], forced: str | None = None
) -> Decision:
    """Return the code page to read a file with.

    A declaration stands until more than half of the texts beyond ASCII, three at least, are
    not in it, or more than half are UTF-8: two or more bytes of one letter hardly ever come
    about by chance. Single bytes that are not in the page are marked by `decoded`.

    Parameters
    ----------
    declared
        What the file says, a name or a number; None where it says nothing.
    texts
        Its labels and values, undecoded; those in ASCII tell nothing and may be absent.
    forced
        What the user says; it overrides everything.
    """
    if forced is not None:
        return Decision(forced, (Remark("encoding.forced", {"encoding": forced}),))
    special = list(dict.fromkeys(text for text in texts if not text.isascii()))
    page = known_page(declared)
    if page is not None and _stands(page, special):
        return Decision(page)
    faults = _faults("utf-8", special)
    if 2 * faults <= len(special):
        how = Remark(f"encoding.{'mostly' if faults else 'utf_8' if special else 'ascii'}")
        return Decision("UTF-8", (_overruled(declared, page, "UTF-8", how),))
    guess = guess_page(special)
    letters: dict[str, Value] = {"letters": guess.letters}
    if guess.other:
        letters |= {"other": guess.other, "others": guess.other_letters}
    how = Remark("encoding.unsure" if guess.other else "encoding.likely", letters)
    return Decision(guess.page, (_overruled(declared, page, guess.page, how),))


def undecoded_texts(marked: Mapping[str, Sequence[int]], encoding: str) -> tuple[Remark, ...]:
    """Say which texts have bytes that are not in the code page.

    Parameters
    ----------
    marked
        Rows of such texts by variable, from 1.
    """
    return tuple(
        Remark(
            "encoding.undecoded",
            {
                "texts": len(rows),
                "variable": name,
                "encoding": encoding,
                "rows": [str(row) for row in rows[:_LISTED]],
            },
        )
        for name, rows in sorted(marked.items())
    )


def ended_texts(ended: Mapping[str, Sequence[int]]) -> tuple[Remark, ...]:
    """Say which texts a zero byte ends though there are more letters behind it.

    Parameters
    ----------
    ended
        Rows of such texts by variable, from 1.
    """
    return tuple(
        Remark(
            "encoding.ended",
            {
                "texts": len(rows),
                "variable": name,
                "rows": [str(row) for row in rows[:_LISTED]],
            },
        )
        for name, rows in sorted(ended.items())
    )


def undecoded_labels(faults: int, encoding: str) -> tuple[Remark, ...]:
    """Say how many names and labels have bytes that are not in the code page."""
    values: dict[str, Value] = {"labels": faults, "encoding": encoding}
    return (Remark("encoding.undecoded_labels", values),) if faults else ()


class InUtf8(io.RawIOBase):
    """A file of any code page as one in UTF-8, with the bytes that do not decode as marks.

    A mark is a letter of the private use area, so that its text can be found after the file
    has been divided into values; `with_marks` writes it out.

    Parameters
    ----------
    file
        Open for reading bytes.
    encoding
        Its code page.
    """

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        """Begin at the file's present place."""
        self._file = file
        self._decoder = codecs.getincrementaldecoder(encoding)(MARKING)
        self._waiting = b""

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer as far as it goes, and return the number of bytes; 0 at the end."""
        view = memoryview(buffer).cast("B")
        while not self._waiting:
            block = self._file.read(len(view))
            self._waiting = self._decoder.decode(block, final=not block).encode()
            if not block:
                break
        taken, self._waiting = self._waiting[: len(view)], self._waiting[len(view) :]
        view[: len(taken)] = taken
        return len(taken)


def with_marks(text: str) -> str:
    r"""Return a text with each mark as a backslash, ``x`` and its two hexadecimal digits."""
    return re.sub(MARKS, lambda mark: f"\\x{ord(mark.group()) - _FIRST_MARK:02x}", text)


def _marks(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    raw = error.object[error.start : error.end]
    return "".join(chr(_FIRST_MARK + byte) for byte in raw), error.end


codecs.register_error(MARKING, _marks)


def decoded(raw: bytes, encoding: str) -> tuple[str, bool]:
    r"""Return bytes as text, and whether all of them are in the page.

    A byte that is not in the page becomes a backslash, ``x`` and its two hexadecimal digits,
    such as ``\xe9``, so that nothing is lost.
    """
    try:
        text, whole = raw.decode(encoding), True
    except ValueError:
        text, whole = raw.decode(encoding, errors="backslashreplace"), False
    if codecs.lookup(encoding).name in _COMBINING:
        text = unicodedata.normalize("NFC", text)
    return text, whole


def _overruled(declared: str | int | None, page: str | None, encoding: str, how: Remark) -> Remark:
    values: dict[str, Value] = {"encoding": encoding, "how": how}
    if declared is None or (page is not None and _is(page, "ascii")):
        return Remark("encoding.undeclared", values)
    key = "encoding.wrong" if page else "encoding.unknown"
    return Remark(key, {"declared": str(declared), **values})


def _stands(page: str, special: Sequence[bytes]) -> bool:
    """Tell whether a declared page stands against the texts beyond ASCII."""
    if not special:
        return True
    if _is(page, "ascii"):  # for files that do not say
        return False
    if not _is(page, "utf-8") and 2 * _faults("utf-8", special) < len(special):
        return False
    faults = _faults(page, special)
    return faults < _FAULTS or 2 * faults <= len(special)


def _faults(page: str, texts: Sequence[bytes]) -> int:
    """Return the number of texts that are not in a page."""
    return sum(not decoded(text, page)[1] for text in texts)


def _is(name: str, other: str) -> bool:
    return codecs.lookup(name).name == codecs.lookup(other).name
