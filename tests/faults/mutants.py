"""Damaged survey files of all formats: sound ones, and what may be done to them.

Half of the damage is done where a format keeps its counts, lengths and offsets, as they lead a
reader furthest astray; the rest anywhere.
"""

from __future__ import annotations

import itertools
import random
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pandas as pd
import pyarrow.parquet as pq
import pyreadstat
from surveys import LABELS, SAS, answers, write

ROWS = 40
EDGES = (0, 1, -1, 2, 3, 4, 7, 8, 20, 127, 255, 256, 999, 65_535, 2**24, 2**31 - 1, -(2**31))
Field = tuple[int, int]  # offset and width in bytes


@dataclass(frozen=True)
class Seed:
    """A sound file.

    Parameters
    ----------
    name
        Of the file.
    content
        What is damaged; ``pack`` makes the file of it.
    fields
        Numbers of its structure.
    text
        Whether it is text, whose numbers are written in digits.
    """

    name: str
    content: bytes
    fields: tuple[Field, ...] = ()
    text: bool = False
    pack: Callable[[bytes], bytes] = field(default=bytes)


# Sound files


def seeds(root: Path, folder: Path) -> list[Seed]:
    """Return a file or more of each format, and real ones where there are any."""
    frame = answers(ROWS)
    endings = ("sav", "zsav", "por", "dta", "sas7bdat", "csv", "xlsx", "parquet")
    made = [write(frame, folder / f"made.{ending}") for ending in endings]
    made += [_compressed(frame, folder / "rows.sav"), _dated(folder / "dated.sav")]
    made += [_stata(frame, folder / f"stata{version}.dta", version) for version in (114, 119)]
    made += [_dictionary(frame, folder / "dictionary.parquet")]
    shared = root.parent / "shared" / "sav"
    real = [path for path in sorted(shared.glob("*.*")) if path.suffix in _FIELDS]
    sound = [_seed(path) for path in [*made, *real]]
    return [*sound, _inflated(folder / "made.zsav"), *_parts(folder / "made.xlsx")]


def _seed(path: Path) -> Seed:
    content = path.read_bytes()
    return Seed(path.name, content, tuple(_FIELDS[path.suffix](content)), path.suffix in _TEXTS)


def _compressed(frame: pd.DataFrame, path: Path) -> Path:
    pyreadstat.write_sav(frame, path, row_compress=True, variable_value_labels=LABELS)
    return path


def _dated(path: Path) -> Path:
    """Write dates, a declared missing code, a long text and a label of a variable."""
    frame = answers(ROWS).assign(
        day=pd.date_range("2024-01-01", periods=ROWS), comment=["langt svar " * 30] * ROWS
    )
    pyreadstat.write_sav(
        frame,
        path,
        column_labels={"score": "Hvor sannsynlig er det?"},
        missing_ranges={"score": [99.0]},
        variable_value_labels=LABELS,
    )
    return path


def _stata(frame: pd.DataFrame, path: Path, version: int) -> Path:
    frame.to_stata(path, write_index=False, version=version)  # type: ignore[call-overload]
    return path


def _dictionary(frame: pd.DataFrame, path: Path) -> Path:
    frame.to_parquet(path, compression="zstd", row_group_size=16)
    return path


def _inflated(path: Path) -> Seed:
    """Return a .zsav whose damage is done before it is compressed, so that it reaches the data."""
    content = path.read_bytes()
    start = content.find(struct.pack("<2i", 999, 0)) + 8
    end, length = struct.unpack("<2q", content[start + 8 : start + 24])
    head, body = content[:start], zlib.decompress(content[start + 24 : end])

    def pack(body: bytes) -> bytes:
        packed = zlib.compress(body)
        trailer = struct.pack("<2q2i", -100, 0, 0x3FF000, 1)
        trailer += struct.pack("<2q2i", start, start + 24, len(body), len(packed))
        header = struct.pack("<3q", start, start + 24 + len(packed), len(trailer))
        return head + header + packed + trailer

    assert length >= 48
    return Seed("inflated.zsav", body, tuple((at, 8) for at in range(0, len(body), 8)), pack=pack)


def _parts(path: Path) -> Iterator[Seed]:
    """Yield the parts of a workbook, each damaged before it is packed with the others."""
    with ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for name, content in parts.items():
        if not name.startswith("xl/"):
            continue

        def pack(part: bytes, name: str = name) -> bytes:
            file = BytesIO()
            with ZipFile(file, "w", ZIP_DEFLATED) as archive:
                for one, whole in (parts | {name: part}).items():
                    archive.writestr(one, whole)
            return file.getvalue()

        yield Seed(f"{Path(name).stem}.xlsx", content, _digits(content), text=True, pack=pack)


# Where their numbers are


def _spss(content: bytes) -> Iterator[Field]:
    """Yield the numbers of a dictionary, record by record, and the data's compression codes."""
    yield from ((at, 4) for at in range(64, 84, 4))
    yield 84, 8
    at = 176
    while at + 8 < len(content):
        kind, number = struct.unpack_from("<2i", content, at)
        ints = {2: 6, 3: 2, 4: 2, 6: 2, 7: 4}.get(kind)
        if ints is None:
            break
        yield from ((at + 4 * step, 4) for step in range(ints))
        at += yield from _record(content, at, kind, number)
    yield from ((at + step, 8) for step in range(0, min(len(content) - at - 8, 400), 8))
    yield from ((at + step, 1) for step in range(8, min(len(content) - at, 64)))
    yield from ((len(content) - 4 * step, 4) for step in range(1, 16))


def _record(content: bytes, at: int, kind: int, number: int) -> Iterator[Field]:
    """Yield what is particular to a record, and return its length."""
    if kind == 2:
        labelled, missing = struct.unpack_from("<2i", content, at + 8)
        length = 32
        if labelled:
            yield at + 32, 4
            length += 4 + -(-struct.unpack_from("<i", content, at + 32)[0] // 4) * 4
        return length + 8 * abs(missing)
    if kind == 3:
        length = 8
        for _ in range(number):
            yield at + length + 8, 1
            length += 8 + -(-(1 + content[at + length + 8]) // 8) * 8
        return length
    if kind == 7:
        size, count = struct.unpack_from("<2i", content, at + 8)
        yield from ((at + 16 + step, size) for step in range(0, min(size * count, 64), size))
        return 16 + size * count
    return 8 + (4 if kind == 4 else 80) * number


def _stata_fields(content: bytes) -> Iterator[Field]:
    yield from ((at, 1) for at in range(0, 120))
    for tag, width in ((b"<K>", 2), (b"<N>", 4), (b"<variable_types>", 2), (b"<map>", 8)):
        at = content.find(tag) + len(tag)
        if at >= len(tag):
            yield from ((at + step, width) for step in range(0, 14 * width, width))


def _sas(content: bytes) -> Iterator[Field]:
    yield from ((at, 1) for at in (32, 35, 37, 39, 70))
    yield from ((at, 4) for at in range(192, 224, 4))
    header, size = struct.unpack_from("<2i", content, 196)
    for page in range(header, len(content), max(size, 1)):
        yield from ((page + at, 2) for at in range(16, 48, 2))
        yield from ((page + at, 4) for at in range(24, 260, 4))


def _parquet(content: bytes) -> Iterator[Field]:
    length = struct.unpack_from("<i", content, len(content) - 8)[0]
    yield len(content) - 8, 4
    yield from ((at, 1) for at in range(len(content) - 8 - length, len(content) - 8))
    group = pq.ParquetFile(BytesIO(content)).metadata.row_group(0)
    for column in range(group.num_columns):
        start = group.column(column).data_page_offset
        yield from ((at, 1) for at in range(start, start + 24))


def _digits(content: bytes) -> tuple[Field, ...]:
    return tuple((found.start(), len(found.group())) for found in re.finditer(rb"\d+", content))


_FIELDS: dict[str, Callable[[bytes], Iterator[Field] | tuple[Field, ...]]] = {
    ".sav": _spss,
    ".zsav": _spss,
    ".por": lambda content: tuple((at, 1) for at in range(400, len(content))),
    ".dta": _stata_fields,
    SAS.suffix: _sas,
    ".csv": _digits,
    ".xlsx": lambda content: tuple((at, 2) for at in range(0, len(content), 2)),
    ".parquet": _parquet,
}
_TEXTS = {".csv"}


# Damage


def edited(seed: Seed, rng: random.Random) -> bytes:
    """Write another number into one to three fields of the structure."""
    content = bytearray(seed.content)
    # From the end, as a number in digits may have another length.
    for at, width in sorted(rng.choices(seed.fields, k=rng.choice((1, 1, 2, 3))), reverse=True):
        if seed.text:
            content[at : at + width] = str(rng.choice(EDGES)).encode()
            continue
        old = int.from_bytes(content[at : at + width], "little")
        new = rng.choice((*EDGES, old + 1, old - 1, old ^ 1 << rng.randrange(8 * width)))
        content[at : at + width] = (new % 2 ** (8 * width)).to_bytes(width, "little")
    return bytes(content)


def flipped(seed: Seed, rng: random.Random) -> bytes:
    """Flip 1 to 8 bits."""
    content = bytearray(seed.content)
    for _ in range(rng.randint(1, 8)):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    return bytes(content)


def truncated(seed: Seed, rng: random.Random) -> bytes:
    """Cut off the end."""
    return seed.content[: rng.randrange(len(seed.content))]


def _record_of_8(seed: Seed, rng: random.Random) -> int:
    return rng.randrange(max(len(seed.content) // 8, 1)) * 8


def swapped(seed: Seed, rng: random.Random) -> bytes:
    """Swap two records of 8 bytes."""
    one, other = sorted((_record_of_8(seed, rng), _record_of_8(seed, rng)))
    content = bytearray(seed.content)
    content[one : one + 8], content[other : other + 8] = (
        content[other : other + 8],
        content[one : one + 8],
    )
    return bytes(content)


def repeated(seed: Seed, rng: random.Random) -> bytes:
    """Write a record of 8 bytes again, 1 to 64 times."""
    at = _record_of_8(seed, rng)
    record = seed.content[at : at + 8]
    return seed.content[:at] + record * rng.randint(1, 64) + seed.content[at:]


def removed(seed: Seed, rng: random.Random) -> bytes:
    """Leave out 1 to 16 records of 8 bytes."""
    at = _record_of_8(seed, rng)
    return seed.content[:at] + seed.content[at + 8 * rng.randint(1, 16) :]


def noise(seed: Seed, rng: random.Random) -> bytes:
    """Write 1 to 16 random bytes."""
    content = bytearray(seed.content)
    at = rng.randrange(len(content))
    bytes_ = rng.randbytes(rng.randint(1, 16))[: len(content) - at]
    content[at : at + len(bytes_)] = bytes_
    return bytes(content)


def delimited(seed: Seed, rng: random.Random) -> bytes:
    """Put in what means something in texts: quotes, separators, ends of lines, NUL, markup."""
    content = seed.content
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(content) + 1)
        content = content[:at] + rng.choice(_MARKS) + content[at:]
    return content


_MARKS = (b'"', b"'", b",", b";", b"\t", b"\n", b"\r", b"\0", b"\xff\xfe", b"\xe5", b"<", b"&#0;")
_ANYWHERE = (flipped, truncated, swapped, repeated, removed, noise, delimited)
DAMAGE = tuple(itertools.chain.from_iterable((edited, other) for other in _ANYWHERE))


def mutants(sound: list[Seed], number: int, seed: str) -> Iterator[tuple[Seed, str, bytes]]:
    """Yield damaged files: each format as often, its files and the kinds of damage in turn."""
    rng = random.Random(seed)
    by_format: dict[str, list[Seed]] = {}
    for one in sound:
        by_format.setdefault(Path(one.name).suffix, []).append(one)
    turns = [itertools.cycle(itertools.product(files, DAMAGE)) for files in by_format.values()]
    for turn in itertools.islice(itertools.cycle(turns), number):
        file, damage = next(turn)
        yield file, damage.__name__, file.pack(damage(file, rng))
