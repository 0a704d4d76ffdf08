"""What an SPSS file cannot hold, found before anything is written.

Rules: IBM SPSS Statistics, "Variable names" and "Missing values"; a date counts from
14 October 1582, and a number is a double.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain, count

import pyarrow as pa
import pyarrow.compute as pc

from advocacy.errors import DataError
from advocacy.responses.labelled import LabelledTable, MissingRange, Variable

# Categories of Unicode that a name may have beyond ASCII: letters, marks, symbols, and numbers
# after the first; so in PSPP's reading of SPSS's "nonpunctuation characters".
_BEYOND_ASCII, _SIGNS = "LMS", "._$#@"
_REPLACEMENTS = "\N{OBJECT REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"
_RESERVED = {"ALL", "AND", "BY", "EQ", "GE", "GT", "LE", "LT", "NE", "NOT", "OR", "TO", "WITH"}
_MOST_NAME, _MOST_TEXT, _MOST_MISSING_TEXT = 64, 32_767, 8  # bytes
_FOR_NUMBER = 8  # bytes that a name leaves for a number behind it
_MOST_MISSING = 3  # codes of a variable; a range counts two, and there is one at most
_FIRST_DAY = date(1582, 10, 15)
_LARGEST = 2**53  # beyond it a double skips whole numbers
_LISTED = 5  # variables that a message lists


def refuse_unwritable(table: LabelledTable) -> None:
    """Refuse a table that SPSS cannot hold.

    Raises
    ------
    DataError
        Names the variables and says what is wrong with each.
    """
    found = [(v.name, why) for v in table.variables if (why := next(_problems(v, table), ""))]
    if not found:
        return
    listed = "; ".join(f"{name!r}: {why}" for name, why in found[:_LISTED])
    more = f"; and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    raise DataError(
        f"SPSS cannot hold {len(found)} of the {len(table.variables)} variables: {listed}{more}.",
        where=str(table.path),
        remedy="Rename, correct or leave out these variables; or import the file with a "
        "crosswalk and export the dataset, whose names SPSS can hold.",
    )


def is_text(kind: pa.DataType) -> bool:
    """Tell whether a type is written as a text; one that has no value at all is."""
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_null(kind)
    )


def held_names(names: Sequence[str]) -> list[str]:
    """Return names that SPSS can hold, each its own where it can, and no two alike but in case.

    A letter that no name may have becomes ``_``; so a table of any program can be written.
    """
    times = Counter(name.casefold() for name in names)
    own = {name for name in names if _may_be(name) and times[name.casefold()] == 1}
    taken = {name.casefold() for name in own}
    found = []
    for name in names:
        held = name
        if name not in own:
            base = _held(name)
            candidates = chain([base], (f"{base}_{number}" for number in count(2)))
            held = next(c for c in candidates if _may_be(c) and c.casefold() not in taken)
            taken.add(held.casefold())
        found.append(held)
    return found


def _may_be(name: str) -> bool:
    return (
        bool(name)
        and _may_begin(name[0])
        and all(map(_may_follow, name[1:]))
        and name.upper() not in _RESERVED
        and len(name.encode()) <= _MOST_NAME
    )


def _held(name: str) -> str:
    letters = "".join(letter if _may_follow(letter) else "_" for letter in name).strip("_.")
    begun = letters if letters and _may_begin(letters[0]) else f"v_{letters}"
    return begun.encode()[: _MOST_NAME - _FOR_NUMBER].decode(errors="ignore").rstrip("_.")


def _problems(variable: Variable, table: LabelledTable) -> Iterator[str]:
    yield from _of_name(variable.name, table)
    yield from _of_values(table.values[variable.name])
    yield from _of_missing(variable.user_missing)


def _of_name(name: str, table: LabelledTable) -> Iterator[str]:
    if not (name and _may_begin(name[0]) and all(map(_may_follow, name[1:]))):
        yield "a name begins with a letter or @ and has letters, digits and . _ $ # @ alone"
    if name.upper() in _RESERVED:
        yield "the name is a word of SPSS's own"
    if len(name.encode()) > _MOST_NAME:
        yield f"a name has at most {_MOST_NAME} bytes"
    if Counter(v.name.lower() for v in table.variables)[name.lower()] > 1:
        yield "another name differs from it only in case"


def _may_begin(letter: str) -> bool:
    # SPSS keeps # for variables that are not saved, and $ for its own.
    if letter.isascii():
        return letter.isalpha() or letter == "@"
    return unicodedata.category(letter)[0] in _BEYOND_ASCII and letter not in _REPLACEMENTS


def _may_follow(letter: str) -> bool:
    if letter.isascii():
        return letter.isalnum() or letter in _SIGNS
    return _may_begin(letter) or unicodedata.category(letter)[0] == "N"


def _of_values(values: pa.ChunkedArray) -> Iterator[str]:
    kind = values.type
    if is_text(kind):
        yield from _of_texts(values.cast(pa.string()))
    elif pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        first = pc.min(values).as_py()
        if first is not None and date(first.year, first.month, first.day) < _FIRST_DAY:
            yield f"it has dates before {_FIRST_DAY}"
    elif pa.types.is_floating(kind):
        if pc.any(pc.is_inf(values)).as_py():
            yield "it has infinite numbers"
    elif pa.types.is_integer(kind):
        ends = [end for end in pc.min_max(values).as_py().values() if end is not None]
        if any(abs(end) > _LARGEST for end in ends):
            yield "it has whole numbers of more than 15 digits; make them texts"
    elif not (pa.types.is_boolean(kind) or pa.types.is_decimal(kind)):
        yield f"its values are no texts, numbers or dates, but {kind}"


def _of_texts(texts: pa.ChunkedArray) -> Iterator[str]:
    if (pc.max(pc.binary_length(texts)).as_py() or 0) > _MOST_TEXT:
        yield f"a text has at most {_MOST_TEXT:,} bytes"
    if pc.any(pc.match_substring(texts, "\0")).as_py():
        yield "it has texts with a zero byte, which would be cut there"


def _of_missing(codes: tuple[MissingRange, ...]) -> Iterator[str]:
    ranges = [code for code in codes if code.low != code.high]
    if len(codes) + len(ranges) > _MOST_MISSING or len(ranges) > 1:
        yield "it has at most three missing codes, or one range and one code"
    if any(isinstance(c.low, str) and len(c.low.encode()) > _MOST_MISSING_TEXT for c in codes):
        yield f"a missing code that is a text has at most {_MOST_MISSING_TEXT} bytes"
