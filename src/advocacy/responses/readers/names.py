"""Names of columns as a person typed them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from advocacy.errors import FileFormatError


def check_names(names: Sequence[str], path: Path) -> list[str]:
    """Return the names, a nameless column as ``column_<place>``.

    Raises
    ------
    FileFormatError
        Two columns have the same name.
    """
    given = [name.strip() or f"column_{place}" for place, name in enumerate(names, start=1)]
    duplicates = sorted({name for name in given if given.count(name) > 1})
    if duplicates:
        raise FileFormatError(
            f"Two columns have the same name: {', '.join(duplicates)}.",
            where=str(path),
            remedy="Rename one of them.",
        )
    return given
