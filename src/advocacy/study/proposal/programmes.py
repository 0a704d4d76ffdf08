"""What no survey file says of its programme, as a table for a person to fill in.

`study-programmes.csv` has a row a source, and a column a canonical column. What is filled in
becomes a constant of the source's crosswalk.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from advocacy.errors import AdvocacyError, UsageError
from advocacy.files import write_text
from advocacy.reading import ordinary_file
from advocacy.responses.crosswalk.crosswalk import parse_value
from advocacy.responses.crosswalk.industries import industry_codes
from advocacy.responses.crosswalk.names import country_codes, fold
from advocacy.responses.schema import COLUMNS

ASKED = ("programme", "supplier", "sector", "industry", "country")
_HEADER = ("source", *ASKED)
_IN_THE_FILE = "(in the file)"
_BY_NAME = {"country": country_codes, "industry": industry_codes}

# Constants by name of source and column.
Constants = dict[str, dict[str, str]]


def read_programmes(path: Path, problems: list[AdvocacyError]) -> Constants:
    """Return what has been filled in; names of countries and industries become codes.

    A spreadsheet may have written semicolons for commas, and letters in its own code page. What
    is wrong is added to ``problems``.
    """
    if not path.exists():
        return {}
    head, *lines = _text(path).splitlines() or [""]
    separator = next((sign for sign in ";\t" if sign in head), ",")
    if tuple(head.replace('"', "").split(separator)) != _HEADER:
        problems.append(
            UsageError(
                f"The first line of the table is {head!r}.",
                where=str(path),
                remedy=f"Make it {','.join(_HEADER)}; or remove the file, and it is made anew.",
            )
        )
        return {}
    found: Constants = {}
    for number, row in enumerate(csv.reader(lines, delimiter=separator), 2):
        if not row:
            continue
        source, *values = (cell.strip() for cell in (*row, *[""] * len(_HEADER))[: len(_HEADER)])
        given = {n: v for n, v in zip(ASKED, values, strict=True) if v and not v.startswith("(")}
        found[source] = {}
        for name, value in given.items():
            try:
                found[source][name] = str(parse_value(_code(name, value), COLUMNS[name]))
            except ValueError as error:
                problems.append(_no_value(value, name, error, f"{path}, line {number}"))
    return found


def write_programmes(path: Path, constants: Constants, filled: Mapping[str, set[str]]) -> None:
    """Write the table, with what has been filled in.

    ``filled`` has the columns that each source's crosswalk fills from the file.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADER)
    for source, columns in filled.items():
        given = constants.get(source, {})
        cells = [given.get(c, _IN_THE_FILE if c in columns else "") for c in ASKED]
        writer.writerow([source, *cells])
    write_text(path, text.getvalue())


def _text(path: Path) -> str:
    content = ordinary_file(path).read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _code(name: str, value: str) -> str:
    if name in _BY_NAME:
        return _BY_NAME[name]().get(fold(value), value.upper())
    return value.upper() if name == "sector" else value


def _no_value(value: str, name: str, error: ValueError, where: str) -> AdvocacyError:
    return UsageError(
        f"{value!r} is no {name}: allowed is {error}.",
        where=where,
        remedy="Write an allowed value; of an industry the letter or title of its NACE section, as "
        "`advocacy codebook` explains. Leave the cell empty where you cannot tell.",
    )
