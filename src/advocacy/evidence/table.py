"""A table that people write: its cells read, and each row held to rules."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from advocacy.errors import DataError
from advocacy.evidence.schema import Row, Rule
from advocacy.reading import ordinary_file


def read_cells(
    path: Path, columns: Sequence[str], things: str
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line and the cells of each row, by column and without blanks around them.

    Parameters
    ----------
    path
        A CSV file in UTF-8.
    columns
        Its columns, in their order.
    things
        What it is a table of, in words.

    Raises
    ------
    DataError
        The file is not in UTF-8, the columns are others, or a row has more cells or fewer.
    UsageError
        This is no ordinary file.
    """
    try:
        text = ordinary_file(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"The file is not in UTF-8 ({error}).", where=str(path), remedy="Save it in UTF-8."
        ) from error
    reader = csv.reader(io.StringIO(text, newline=""))
    header = next(reader, [])
    if header != list(columns):
        odd = sorted({*header} ^ {*columns})
        about = f" (one alone has {', '.join(odd)})" if odd else ""
        raise DataError(
            f"The columns are not those of {things}, in their order{about}.",
            where=f"{path}, row 1",
            remedy=f"Use these: {','.join(columns)}.",
        )
    for line, cells in enumerate(reader, start=2):
        if len(cells) != len(columns):
            raise DataError(
                f"The row has {len(cells)} cells, not {len(columns)}.",
                where=f"{path}, row {line}",
                remedy="Put texts with a comma or a line break into quotation marks.",
            )
        yield line, dict(zip(columns, map(str.strip, cells), strict=True))


def hold_to(rules: Sequence[Rule], rows: Sequence[Row], path: Path, things: str) -> None:
    """Hold each row to all rules, and its identifier to those of the others.

    Raises
    ------
    DataError
        A row breaks a rule, or two have one identifier.
    """
    numbers = Counter(row["id"] for row in rows)
    for line, row in enumerate(rows, start=2):
        broken = next((rule for rule in rules if rule.broken(row)), None)
        if broken:
            raise refused(path, line, broken.column, broken.what.format(**row), broken.remedy)
        if numbers[row["id"]] > 1:
            what = f"Two {things} are called {row['id']}."
            raise refused(path, line, "id", what, "Rename one of them.")


def refused(path: Path, line: int, column: str, what: str, remedy: str) -> DataError:
    """Return an error that names file, row and column."""
    return DataError(what, where=f"{path}, row {line}, column {column}", remedy=remedy)
