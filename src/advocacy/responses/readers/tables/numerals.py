"""Numbers in texts: which sign of 1.000,8 or 1,000.8 is the decimal one, and the number meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from advocacy.remarks import Remark

Sign = Literal[",", "."]
_SIGNS: tuple[Sign, ...] = (",", ".")

_BLANKS = " '’\u00a0\u202f"  # between thousands in any language


@dataclass(frozen=True)
class Numerals:
    """How the numbers of a text are written.

    Parameters
    ----------
    signs
        Decimal sign of each column of numbers that are not written as computers do, by place.
    plain
        Places of other columns of numbers, in a file whose decimal sign is a comma: later
        values may have one.
    unsettled
        Places of columns of numbers in which a comma could be either sign.
    """

    signs: dict[int, Sign] = field(default_factory=dict)
    plain: frozenset[int] = frozenset()
    unsettled: frozenset[int] = frozenset()


def find_numerals(columns: Sequence[Sequence[str]], *, semicolons: bool) -> Numerals:
    """Find the decimal sign of numbers, from the first values of each column.

    One number such as 0,5 or 1,000.8 settles it for its column. Where 1,250 could be either, the
    other columns settle it, as a file has one decimal sign; or semicolons between values, which
    stand there because the comma is taken.

    Parameters
    ----------
    columns
        Values of each column, without those that are missing.
    semicolons
        Whether values are divided by semicolons.
    """
    numbers = {at: [v.strip() for v in values] for at, values in enumerate(columns) if values}
    numbers = {at: values for at, values in numbers.items() if all(map(_ANY, values))}
    commas = {at for at, values in numbers.items() if any("," in value for value in values)}
    signs = {at: found for at in commas if (found := _certain(numbers[at]))}
    seen = set(signs.values())
    if any(any(map(_POINT, values)) for values in numbers.values()):
        seen.add(".")
    sign: Sign | None = next(iter(seen)) if len(seen) == 1 else None
    if not seen and semicolons:
        sign = ","
    if sign:
        signs |= {at: sign for at in commas - signs.keys() if all(map(_FITS[sign], numbers[at]))}
    plain = numbers.keys() - commas if sign == "," else frozenset()
    return Numerals(signs, frozenset(plain), frozenset(commas - signs.keys()))


def as_numbers(table: pa.Table, numerals: Numerals) -> pa.Table:
    """Return texts with numbers as computers write them: a decimal point, and no other sign."""
    for at in sorted(numerals.signs.keys() | numerals.plain):
        sign = numerals.signs.get(at, ",")
        texts = table[at]
        meant = _number(sign) if at in numerals.signs else r"[-+]?\d+,\d+"
        bare = pc.replace_substring_regex(texts, rf"[{_thousands(sign)}\s]", "")
        bare = pc.replace_substring(bare, ",", ".")
        number = pc.match_substring_regex(texts, rf"^\s*(?:{meant})\s*$")
        table = table.set_column(at, table.column_names[at], pc.if_else(number, bare, texts))
    return table


def remarks(numerals: Numerals, names: Sequence[str]) -> list[Remark]:
    """Say which variables have other numbers than computers write, and which are not settled."""
    signs = numerals.signs
    said = {
        "decimal_comma": [at for at in signs if signs[at] == ","],
        "thousands_comma": [at for at in signs if signs[at] == "."],
        "either_comma": numerals.unsettled,
    }
    return [
        Remark(f"delimited.{key}", {"variables": [names[at] for at in sorted(places)]})
        for key, places in said.items()
        if places
    ]


def _thousands(sign: Sign) -> str:
    return _BLANKS + ("." if sign == "," else ",")


def _number(sign: Sign) -> str:
    """Return the pattern of a number with this decimal sign, and perhaps one for thousands."""
    whole = rf"\d+|[1-9]\d{{0,2}}(?:[{_thousands(sign)}]\d{{3}})+"
    return rf"[-+]?(?:(?:{whole})(?:[{sign}]\d+)?|[{sign}]\d+)"


_ANY = re.compile(rf"{_number(',')}|{_number('.')}").fullmatch
_FITS = {sign: re.compile(_number(sign)).fullmatch for sign in _SIGNS}
_POINT = re.compile(r"(?![1-9]\d{0,2}\.\d{3}$)[-+]?\d*\.\d+").fullmatch  # as computers write it


def _certain(values: Sequence[str]) -> Sign | None:
    """Return the decimal sign of a column of numbers, where it is the only one that fits."""
    fitting = [sign for sign in _SIGNS if all(map(_FITS[sign], values))]
    return fitting[0] if len(fitting) == 1 else None
