"""What a crosswalk line can do with a raw value: one entry of `OPERATIONS` an operation.

An operation is named in ``canonical_value``: ``*`` takes the value as it stands, ``@name`` or
``@name:argument`` turns it into the column's terms. Each says which columns it can fill, what
kinds of variables it reads, and what it is in SQL.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import pyarrow as pa

from advocacy.responses.crosswalk.industries import (
    check_revision,
    industry_of,
    industry_problem,
    industry_sql,
    problem_sql,
)
from advocacy.responses.crosswalk.names import country_codes, fold, lookup_sql
from advocacy.responses.schema import Column, Type
from advocacy.sql import literal

AS_IT_STANDS = "*"
COUNT = "count"
SELECTED = "any"
SINCE = "since"

# Mean length in days: a year of 365.25 days has 12 months.
UNITS = {"days": 1.0, "weeks": 7.0, "months": 365.25 / 12, "years": 365.25}

# What both Python and the database understand in a date; names of months are English.
_DAY, _MONTH, _YEAR, _DAY_OF_YEAR = set("d"), set("mbB"), set("yY"), set("j")
_DIRECTIVES = _DAY | _MONTH | _YEAR | _DAY_OF_YEAR | set("HIMSfp")
_FIRST_YEAR = 1000
# From here on the database writes whole numbers with an exponent.
_EXPONENT = "1e16"


class Kind(Enum):
    """What a raw variable holds, in a message's words."""

    NUMBER = "numbers"
    TEXT = "texts"
    DATE = "dates"
    BOOLEAN = "true and false"


_CODES = frozenset({Kind.NUMBER, Kind.TEXT})


@dataclass(frozen=True)
class RawVariable:
    """One variable of the file, as an operation sees it.

    Parameters
    ----------
    name
        Its name in the file.
    sql
        SQL expression of its cleaned value.
    type
        Its Arrow type.
    labels
        Label of each labelled code.
    interviewed_on
        SQL expression of the date of the interview.
    """

    name: str
    sql: str
    type: pa.DataType
    labels: tuple[tuple[float | str, str], ...] = ()
    interviewed_on: str = "NULL::DATE"

    @property
    def kind(self) -> Kind:
        """What the variable holds."""
        return kind_of(self.type)

    @property
    def text(self) -> str:
        """SQL of the value as text; whole numbers without a decimal point, as in the crosswalk."""
        if is_fraction(self.type):
            return written_sql(self.sql)
        return rf"regexp_replace({self.sql}::VARCHAR, '^(-?\d+)\.0$', '\1')"


@dataclass(frozen=True)
class Operation:
    """One way to turn a raw value into a canonical one.

    Parameters
    ----------
    does
        What it does, for the documentation.
    fills
        Whether it can fill a column.
    value
        SQL of the canonical value from variable, column and argument; NULL where it has none.
    expects
        What a value must be, as ``not {expects}`` in the reason why it cannot be placed.
    reads
        Kinds of variables that it reads, given its argument.
    labels
        Kinds of variables that it can only read through value labels.
    argument
        Check of the argument: raises `ValueError` with what is allowed. ``None``: takes none.
    read
        SQL that is NULL where the raw value cannot be read, where this is not ``value``.
    why
        SQL of why there is no value, from variable and argument, where more is known than what
        it must be; else NULL.
    """

    does: str
    fills: Callable[[Column], bool]
    value: Callable[[RawVariable, Column, str], str]
    expects: Callable[[Column, str], str]
    reads: Callable[[str], frozenset[Kind]] = lambda _: _CODES
    labels: frozenset[Kind] = frozenset()
    argument: Callable[[str, Column], None] | None = None
    read: Callable[[RawVariable, str], str] | None = None
    why: Callable[[RawVariable, str], str] | None = None


def kind_of(raw_type: pa.DataType) -> Kind:
    """Return what a variable of an Arrow type holds."""
    if pa.types.is_boolean(raw_type):
        return Kind.BOOLEAN
    if pa.types.is_temporal(raw_type):
        return Kind.DATE
    return Kind.NUMBER if is_number(raw_type) else Kind.TEXT


def written_sql(number: str) -> str:
    """Return the SQL of a number with fractions as text; a whole one without a decimal point."""
    # Through a whole number: to write a fraction takes several times as long.
    whole = f"{number} = floor({number}) AND abs({number}) < {_EXPONENT}"
    return f"CASE WHEN {whole} THEN {number}::BIGINT::VARCHAR ELSE {number}::VARCHAR END"


def is_number(raw_type: pa.DataType) -> bool:
    """Tell whether an Arrow type is a number."""
    return is_fraction(raw_type) or bool(pa.types.is_integer(raw_type))


def is_fraction(raw_type: pa.DataType) -> bool:
    """Tell whether an Arrow type has fractions."""
    return bool(pa.types.is_floating(raw_type) or pa.types.is_decimal(raw_type))


def _as_it_stands(raw: RawVariable, column: Column, _: str) -> str:
    if column.type is Type.TEXT:
        return raw.text
    if column.type is Type.BOOLEAN:
        text = f"lower({raw.text})"
        yes_no = f"WHEN {text} IN ('1', 'true') THEN TRUE WHEN {text} IN ('0', 'false') THEN FALSE"
        return f"CASE {yes_no} END"
    if column.type is Type.DATE:
        return "NULL::DATE" if raw.kind is Kind.NUMBER else f"TRY_CAST({raw.sql} AS DATE)"
    if raw.kind is Kind.DATE:
        return f"NULL::{column.type}"
    return _bounded(_number(raw), column)


def _number(raw: RawVariable) -> str:
    is_text = raw.kind is Kind.TEXT
    return f"TRY_CAST({raw.sql}::VARCHAR AS DOUBLE)" if is_text else f"{raw.sql}::DOUBLE"


def _bounded(number: str, column: Column) -> str:
    whole = f" AND {number} = floor({number})" if column.type is Type.INTEGER else ""
    # A cast alone would round 7.5 to 8.
    return f"CASE WHEN isfinite({number}){whole} THEN TRY_CAST({number} AS {column.type}) END"


def _one(raw: RawVariable, column: Column, _: str) -> str:
    return f"1::{column.type}"


def _yes(raw: RawVariable, column: Column, _: str) -> str:
    return f"TRUE::{column.type}"


def _unit(name: str) -> Operation:
    def value(raw: RawVariable, column: Column, _: str) -> str:
        return _bounded(f"({_number(raw)} * {_ratio(name, column)!r})", column)

    def fills(column: Column) -> bool:
        whole = column.type is not Type.INTEGER
        return column.unit in UNITS and (whole or _ratio(name, column).is_integer())

    return Operation(
        does=f"the value is in {name}, and is turned into the column's unit",
        fills=fills,
        value=value,
        expects=lambda column, _: _KINDS[column.type],
    )


def _ratio(unit: str, column: Column) -> float:
    return UNITS[unit] / UNITS[column.unit]


def _date(raw: RawVariable, column: Column, written: str) -> str:
    return _date_sql(raw, written)


def _date_sql(raw: RawVariable, written: str) -> str:
    """Return the date that a raw value is, written in a format of `strptime`."""
    if not written:
        return f"TRY_CAST({raw.sql} AS DATE)"
    text = raw.text
    moment = f"try_strptime({text}, {literal(written)})"
    # The database takes 25 for the year 25, where four digits are meant.
    limits = f"year({moment}) >= {_FIRST_YEAR}"
    if re.search(r"%\w%\w", written):
        # Without separators 1022025 could be read in two ways: each part has its full width.
        limits += f" AND strftime({moment}, {literal(written)}) = {text}"
    return f"CASE WHEN {limits} THEN {moment}::DATE END"


def _since(raw: RawVariable, column: Column, written: str) -> str:
    days = f"date_diff('day', {_date_sql(raw, written)}, {raw.interviewed_on})"
    return f"({days} / {UNITS[column.unit]!r})::{column.type}"


def _check_written(written: str, column: Column) -> None:
    """Check the format of a date; one without day stands for the first of its month.

    Raises
    ------
    ValueError
        It has unknown parts, or does not make a date; the message says what is allowed.
    """
    found = set(re.findall(r"%(.?)", written))
    day = bool(found & (_DAY | _DAY_OF_YEAR)) or column.unit != "days"
    month = bool(found & (_MONTH | _DAY_OF_YEAR))
    if found - _DIRECTIVES or not (found & _YEAR and month and day):
        raise ValueError(
            "how the date is written, such as %d.%m.%Y, of "
            + ", ".join(f"%{directive}" for directive in sorted(_DIRECTIVES))
        )


def _check_written_or_empty(written: str, column: Column) -> None:
    if written:
        _check_written(written, column)


def _label(raw: RawVariable, _: Column, __: str) -> str:
    return _by_code(raw, [(code, label.strip()) for code, label in raw.labels if label.strip()])


def _country(raw: RawVariable, _: Column, __: str) -> str:
    codes = country_codes()
    return _named(raw, lambda name: codes.get(fold(name)), lookup_sql(codes, raw.text))


def _industry(raw: RawVariable, _: Column, revision: str) -> str:
    found = industry_sql(raw.text, revision)
    return _named(raw, lambda name: industry_of(name, revision), found)


def _industry_problem(raw: RawVariable, revision: str) -> str:
    known = problem_sql(raw.text, revision)
    return _named(raw, lambda name: industry_problem(name, revision), known)


def _named(raw: RawVariable, find: Callable[[str], str | None], found: str) -> str:
    """Return what is found for the label of a raw value, or else for the value itself.

    ``found`` is the SQL of the latter; a number is no name.
    """
    labels = [(code, find(label)) for code, label in raw.labels]
    labelled = _by_code(raw, [(code, name) for code, name in labels if name])
    return labelled if raw.kind is Kind.NUMBER else f"coalesce({labelled}, {found})"


def _by_code(raw: RawVariable, pairs: list[tuple[float | str, str]]) -> str:
    """Return the value that belongs to each code, NULL for other codes."""
    whens = [
        f"WHEN {raw.sql} = {literal(_trimmed(code))} THEN {literal(value)}"
        for code, value in pairs
        if isinstance(code, str) is (raw.kind is Kind.TEXT)
    ]
    return f"CASE {' '.join(whens)} END" if whens else "NULL::VARCHAR"


def _trimmed(code: float | str) -> float | str:
    # The raw value is trimmed as well.
    return code.strip() if isinstance(code, str) else code


_KINDS = {
    Type.TEXT: "a text",
    Type.INTEGER: "a whole number",
    Type.NUMBER: "a number",
    Type.BOOLEAN: "true or false (1 or 0)",
    Type.DATE: "a date (YYYY-MM-DD)",
}


def _written(_: Column, written: str) -> str:
    return f"a date written as {written}" if written else _KINDS[Type.DATE]


def _is_open_text(column: Column) -> bool:
    return column.type is Type.TEXT and not column.levels and not column.pattern


def _is_count(column: Column) -> bool:
    return column.type is Type.INTEGER and column.maximum is None and column.unit not in UNITS


OPERATIONS = {
    AS_IT_STANDS: Operation(
        does="the value as it stands",
        fills=lambda column: True,
        value=_as_it_stands,
        expects=lambda column, _: _KINDS[column.type],
        reads=lambda _: frozenset(Kind),
    ),
    COUNT: Operation(
        does="the value counts as one; the variables of the column are added up",
        fills=_is_count,
        value=_one,
        expects=lambda column, _: _KINDS[column.type],
        reads=lambda _: frozenset(Kind),
    ),
    SELECTED: Operation(
        does="the value says yes; one such variable is enough for the column to be true",
        fills=lambda column: column.type is Type.BOOLEAN,
        value=_yes,
        expects=lambda column, _: _KINDS[column.type],
        reads=lambda _: frozenset(Kind),
    ),
    "date": Operation(
        does="the value is a date written like this, such as `@date:%d.%m.%Y`",
        fills=lambda column: column.type is Type.DATE,
        value=_date,
        expects=_written,
        argument=_check_written,
    ),
    SINCE: Operation(
        does="the value is a date: the time from it to `interviewed_on`, in the column's unit",
        fills=lambda column: column.unit in UNITS,
        value=_since,
        expects=_written,
        reads=lambda written: _CODES if written else frozenset({Kind.TEXT, Kind.DATE}),
        argument=_check_written_or_empty,
        read=_date_sql,
    ),
    **{name: _unit(name) for name in UNITS},
    "label": Operation(
        does="the label that the file gives the value",
        fills=_is_open_text,
        value=_label,
        expects=lambda _, __: "a value with a label",
        labels=_CODES,
    ),
    "country": Operation(
        does="the value, or its label, is the name or code of a country",
        fills=lambda column: column.name == "country",
        value=_country,
        expects=lambda _, __: (
            "the name of one country, in English, Norwegian, Swedish or Danish, or its code"
        ),
        labels=frozenset({Kind.NUMBER}),
    ),
    "industry": Operation(
        does="the value, or its label, is the title or code of an industry of NACE; after a colon "
        "the revision that letters alone are of, 2 or 2.1",
        fills=lambda column: column.name == "industry",
        value=_industry,
        expects=lambda _, __: "the title or code of an industry of NACE, Rev. 2 or 2.1",
        labels=frozenset({Kind.NUMBER}),
        argument=lambda written, _: check_revision(written),
        why=_industry_problem,
    ),
}
