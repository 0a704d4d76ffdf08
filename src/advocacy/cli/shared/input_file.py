"""A file that a command reads."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from advocacy.reading import ordinary_file


class InputFile(click.Path):
    """An ordinary file that exists; a device, pipe or folder is refused in words."""

    def __init__(self) -> None:
        """Take a path."""
        super().__init__(exists=True, path_type=Path)

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        """Return the path that a text names."""
        return ordinary_file(Path(str(super().convert(value, param, ctx))))
