"""Files and folders that a command reads or writes: one rule for every path that is named."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from advocacy.errors import UsageError
from advocacy.files import in_utf8
from advocacy.reading import ordinary


class LocalPath(click.Path):
    """A file or folder of this machine, whatever its name looks like.

    What stands there is of the kind that is asked for: a device, a pipe or a place of the system
    is refused in words, to read as to write, and so is a file in place of a folder.

    Parameters
    ----------
    exists
        Whether it must be there.
    file_okay, dir_okay
        Whether it may be a file, or a folder.
    options
        As click's.
    """

    def __init__(
        self, *, exists: bool = False, file_okay: bool = True, dir_okay: bool = True, **options: Any
    ) -> None:
        """Take a path."""
        super().__init__(
            exists=exists, file_okay=file_okay, dir_okay=dir_okay, path_type=Path, **options
        )
        self._file, self._folder = file_okay, dir_okay
        self.file_okay = self.dir_okay = True  # what is wrong is said here, not by click

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
            It leads to what is not asked for; or it is not an input file, and its name is not
            UTF-8.
        """
        path = Path(str(super().convert(value, param, ctx)))
        ordinary(path, file=self._file, folder=self._folder, new=not self.exists)
        if not path.is_file() and in_utf8(str(path)) != str(path):
            raise UsageError(
                "The name is not UTF-8, which libraries need to write there and to read a dataset.",
                where=str(path),
                remedy="Rename it, or name another.",
            )
        # To libraries "http:a" begins an address.
        return path.absolute() if ":" in "".join(path.parts[:1]) else path


class InputFile(LocalPath):
    """An ordinary file that exists."""

    def __init__(self) -> None:
        """Take a path."""
        super().__init__(exists=True, dir_okay=False)
