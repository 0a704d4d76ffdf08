"""Texts of a file as they may stand in a document: nothing in them acts, and nothing is lost.

Marks that move a terminal's cursor or turn the direction of what stands behind them have no look
of their own. They are written by their numbers; letters of all scripts stay as they are.
"""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

_Shown = TypeVar("_Shown")
# Controls but for the line break, and the marks by which Unicode overrides directions (UAX #9).
_ACTING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
# Halves of letters, which no file in UTF-8 can hold.
_HALF = re.compile("[\ud800-\udfff]")


def inert(shown: _Shown) -> _Shown:
    """Return a document, or a part of one, in whose texts nothing acts."""
    made: _Shown = _inert(shown)
    return made


def _inert(value: Any) -> Any:
    if isinstance(value, str):
        return _HALF.sub(_number, _ACTING.sub(_number, value))
    if isinstance(value, tuple):
        return tuple(map(_inert, value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _inert(getattr(value, f.name)) for f in fields(value)})
    return value


def _number(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"
