"""Write SPSS system files byte by byte, also such as no library would write."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

SYSTEM_MISSING, HIGHEST = -1.7976931348623157e308, 1.7976931348623157e308
LOWEST = -1.7976931348623155e308


@dataclass(frozen=True)
class V:
    """A variable: a number where the width is 0, else a text of so many bytes."""

    name: str
    width: int = 0
    label: str | bytes = ""
    labels: dict[float, str] = field(default_factory=dict)
    format: int | None = None


def system_file(
    variables: Sequence[V],
    rows: Sequence[Sequence[float | str | bytes | None]],
    *,
    order: str = "<",
    compression: int = 0,
    weight: int = 0,
    number: int = 65001,
    page: str = "UTF-8",
    encoding: str = "utf-8",
    floats: Sequence[float] = (SYSTEM_MISSING, HIGHEST, LOWEST),
    long_names: dict[str, str] | None = None,
    sets: bytes = b"",
) -> bytes:
    """Return a file; ``number`` and ``page`` declare the code page, ``encoding`` is used."""

    def text(of: str | bytes) -> bytes:
        return of if isinstance(of, bytes) else of.encode(encoding)

    def pack(layout: str, *values: float) -> bytes:
        return struct.pack(order + layout, *values)

    def extension(kind: int, size: int, content: bytes) -> bytes:
        return pack("4i", 7, kind, size, len(content) // size) + content

    magic = b"$FL3" if compression == 2 else b"$FL2"
    width = sum(max(-(-v.width // 8), 1) for v in variables)
    out = magic + b"@(#) made by hand".ljust(60)
    out += pack("5id", 2, width, compression, weight, len(rows), 100.0)
    out += b"01 Jan 2600:00:00" + b" " * 64 + b"\0" * 3
    place, places = 1, []
    for v in variables:
        usual = 1 << 16 | min(v.width, 255) << 8 if v.width else 5 << 16 | 8 << 8
        shown = usual if v.format is None else v.format
        out += pack("6i", 2, v.width, bool(v.label), 0, shown, shown)
        out += v.name.encode().ljust(8)
        if v.label:
            label = text(v.label)
            out += pack("i", len(label)) + label.ljust(-(-len(label) // 4) * 4)
        places.append(place)
        parts = max(-(-v.width // 8), 1)
        out += (pack("6i", 2, -1, 0, 0, 1 << 16 | 1, 1 << 16 | 1) + b" " * 8) * (parts - 1)
        place += parts
    for v, place in zip(variables, places, strict=True):
        if v.labels:
            out += pack("2i", 3, len(v.labels))
            for code, of in v.labels.items():
                label = bytes([len(text(of))]) + text(of)
                out += pack("d", code) + label.ljust(-(-len(label) // 8) * 8)
            out += pack("3i", 4, 1, place)
    out += extension(3, 4, pack("8i", 25, 0, 0, -1, 1, 1, 1 if order == ">" else 2, number))
    out += extension(4, 8, pack("3d", *floats))
    if sets:
        out += extension(7, 1, sets)
    if long_names:
        pairs = "\t".join(f"{short}={long}" for short, long in long_names.items())
        out += extension(13, 1, text(pairs))
    if page:
        out += extension(20, 1, page.encode())
    out += pack("2i", 999, 0)
    return out + _cells(variables, rows, order, compression, text, len(out))


def _cells(variables, rows, order, compression, text, start):  # type: ignore[no-untyped-def]
    cells: list[bytes] = []
    for row in rows:
        for v, value in zip(variables, row, strict=True):
            if v.width:
                content = text(value or "").ljust(-(-v.width // 8) * 8)
                cells += [content[at : at + 8] for at in range(0, len(content), 8)]
            else:
                cells.append(struct.pack(order + "d", SYSTEM_MISSING if value is None else value))
    if not compression:
        return b"".join(cells)
    body = b""
    for at in range(0, len(cells), 8):  # every value as it is: command byte 253
        eight = cells[at : at + 8]
        body += bytes([253] * len(eight)).ljust(8, b"\0") + b"".join(eight)
    if compression == 1:
        return body
    packed = zlib.compress(body)
    head = struct.pack(order + "3q", start, start + 24 + len(packed), 48)
    table = struct.pack(order + "2q2i", -100, 0, 0x3FF000, 1)
    return (
        head
        + packed
        + table
        + struct.pack(order + "2q2i", start, start + 24, len(body), len(packed))
    )
