"""Options that name files of follow-ups and of contacts, which belong to the ratings of another."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from advocacy.cli.shared.input_file import InputFile
from advocacy.errors import UsageError
from advocacy.provenance import sha256
from advocacy.responses.dataset.source import WINDOW_DAYS, DataFile

T = TypeVar("T")


def linked_options(command: Callable[..., T]) -> Callable[..., T]:
    """Add the options to a command, which gets their files as ``linked``."""

    @click.option(
        "--follow-up",
        multiple=True,
        type=InputFile(),
        help="File of follow-up interviews of FILE's respondents; give each wave's.",
    )
    @click.option(
        "--follow-up-crosswalk",
        multiple=True,
        type=InputFile(),
        help="What their variables and codes mean: one for all, or one for each in their order.",
    )
    @click.option(
        "--follow-up-wave",
        multiple=True,
        help="Name of the round of each, in their order; the file's name by default.",
    )
    @click.option(
        "--follow-up-window",
        default=WINDOW_DAYS,
        show_default=True,
        type=click.IntRange(1),
        help="Days after the interview within which a follow-up belongs to it.",
    )
    @click.option(
        "--contacts",
        multiple=True,
        type=InputFile(),
        help="File of invitations, with what became of each.",
    )
    @click.option(
        "--contacts-crosswalk",
        multiple=True,
        type=InputFile(),
        help="What their variables and codes mean: one for all, or one for each in their order.",
    )
    @functools.wraps(command)
    def taking(
        *arguments: Any,
        follow_up: tuple[Path, ...],
        follow_up_crosswalk: tuple[Path, ...],
        follow_up_wave: tuple[str, ...],
        contacts: tuple[Path, ...],
        contacts_crosswalk: tuple[Path, ...],
        **others: Any,
    ) -> T:
        linked = (
            *_files("--follow-up", "followups", follow_up, follow_up_crosswalk, follow_up_wave),
            *_files("--contacts", "contacts", contacts, contacts_crosswalk, ()),
        )
        return command(*arguments, linked=linked, **others)

    return taking


def _files(
    option: str,
    table: str,
    files: Sequence[Path],
    crosswalks: Sequence[Path],
    waves: Sequence[str],
) -> list[DataFile]:
    """Return the files of an option, each with its crosswalk and its wave."""
    if len(crosswalks) not in (0, 1, len(files)) or (crosswalks and not files):
        raise UsageError(
            f"There are {len(crosswalks)} crosswalks for {len(files)} files of {option}.",
            where=f"{option}-crosswalk",
            remedy="Give one for all of them, or one for each in their order.",
        )
    if len(waves) not in (0, len(files)):
        raise UsageError(
            f"There are {len(waves)} waves for {len(files)} files of {option}.",
            where=f"{option}-wave",
            remedy="Give one for each file in their order; or map `wave` in the crosswalk.",
        )
    shared = crosswalks[0] if len(crosswalks) == 1 else None
    own = crosswalks if len(crosswalks) == len(files) else [shared] * len(files)
    named = waves or [""] * len(files)
    return [
        DataFile(file, sha256(file), crosswalk, table, wave)
        for file, crosswalk, wave in zip(files, own, named, strict=True)
    ]
