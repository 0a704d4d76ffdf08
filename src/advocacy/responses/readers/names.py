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


def refuse_alike(names: Sequence[str], where: str) -> None:
    """Refuse names that differ only in case, which the database would take for one.

    Raises
    ------
    FileFormatError
        Some do.
    """
    folded = [name.lower() for name in names]
    alike = [n for n, f in zip(names, folded, strict=True) if folded.count(f) > 1]
    if alike:
        raise FileFormatError(
            f"Variables have names that differ only in case: {', '.join(alike)}.",
            where=where,
            remedy="Rename all but one of them.",
        )
