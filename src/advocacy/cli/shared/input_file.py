"""Files and folders that a command reads or writes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from advocacy.errors import UsageError
from advocacy.files import in_utf8
from advocacy.reading import ordinary_file


class LocalPath(click.Path):
    """A file or folder of this machine, whatever its name looks like; ``options`` as click's."""

    def __init__(self, **options: Any) -> None:
        """Take a path."""
        super().__init__(path_type=Path, **options)

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        """Return the path that a text names.

        Raises
        ------
        UsageError
            It is not an input file, and its name is not UTF-8.
        """
        path = Path(str(super().convert(value, param, ctx)))
        if not path.is_file() and in_utf8(str(path)) != str(path):
            raise UsageError(
                "The name is not UTF-8, which libraries need to write there and to read a dataset.",
                where=str(path),
                remedy="Rename it, or name another.",
            )
        # To libraries "http:a" begins an address.
        return path.absolute() if ":" in "".join(path.parts[:1]) else path


class InputFile(LocalPath):
    """An ordinary file that exists; a device, pipe or folder is refused in words."""

    def __init__(self) -> None:
        """Take a path."""
        super().__init__(exists=True)

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        """Return the path that a text names."""
        return ordinary_file(super().convert(value, param, ctx))
