"""What a respondent is called: by a person who writes it, and by the import that has read it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from advocacy.responses.crosswalk.operations import Kind, written_sql
from advocacy.sql import connect, literal

# What the import takes the end from, see `RawVariable.text`.
_WHOLE = re.compile(r"^(-?[0-9]+)\.0$")
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")


def as_imported(respondent: str, manifest: Mapping[str, Any]) -> list[str]:
    """Return the texts that an import may have made of a respondent's number or name.

    Parameters
    ----------
    respondent
        As a person writes it: `` 10003 ``, or 10003.0 where a program shows numbers so.
    manifest
        Of the source. Both are 10003, as they are to the import; where numbers fill
        ``respondent_id``, so is 010003, which as a text is another respondent.
    """
    written = respondent.strip()
    texts = [written, respondent.strip(" ")]
    if _NUMBER.fullmatch(written) and Kind.NUMBER.value in _held(manifest):
        texts += _numbers(Decimal(written.replace(",", ".")))
    return list(dict.fromkeys(_WHOLE.sub(r"\1", text) for text in texts))


def _held(manifest: Mapping[str, Any]) -> set[str]:
    """Return what the variables hold that fill ``respondent_id``; older manifests do not say."""
    return {
        variable.get("holds", "")
        for file in manifest.get("files", ())
        for column in file.get("columns", ())
        if column["column"] == "respondent_id"
        for variable in column["variables"]
    }


def _numbers(number: Decimal) -> list[str]:
    """Return a number as the import writes whole ones, and fractions."""
    whole = [str(int(number))] if number == number.to_integral_value() else []
    with connect() as connection:
        cell = f"(SELECT {literal(float(number))}::DOUBLE AS raw)"
        fraction = connection.execute(f"SELECT {written_sql('raw')} FROM {cell}").fetchall()[0][0]
    return [*whole, fraction]
