"""`advocacy check`: whether what is stored is as it was written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from advocacy.cli.shared.input_file import LocalPath
from advocacy.cli.shared.progress import working
from advocacy.errors import AdvocacyError, DamagedError, UsageError
from advocacy.estimation import estimates_file
from advocacy.estimation.pooling import posterior_file
from advocacy.estimation.pooling.reference import POSTERIOR, open_reference
from advocacy.report.wording import counted
from advocacy.responses.dataset.verifying import (
    check,
    how_to_restore,
    open_partition,
    partition_folders,
)
from advocacy.stored import FILES, Damage, all_damage, read_seal, read_sealed

_AGAIN = "Copy it again from where it came, or make it again by the command that wrote it."
# What reads a table, by what its metadata have.
_READERS: dict[bytes, Callable[[Path], object]] = {
    posterior_file.METADATA: posterior_file.read_posterior,
    estimates_file.METADATA: estimates_file.read_estimates,
}


@dataclass(frozen=True)
class Checked:
    """What was looked at, what was found, and whether its hash was known.

    Parameters
    ----------
    path
        A partition, a folder with a list of its files, or a table.
    damage
        What is wrong, each with its remedy.
    hashed
        Whether each of its files was held to its SHA-256.
    """

    path: Path
    damage: tuple[AdvocacyError, ...]
    hashed: bool


@click.command("check")
@click.argument("stored", type=LocalPath(exists=True), metavar="DATASET|FOLDER")
def command(stored: Path) -> None:
    """Verify that DATASET, or any folder of results, is as it was written.

    Every file of a dataset, of what `advocacy pool` wrote, and of a study's tables is held to the
    SHA-256 that was written down with it. What is damaged, gone, foreign or changed is named, with
    what was expected, what was found and how to get it back; the exit status is then 1. Other
    commands check of this what costs little whenever they open a dataset or a study: sizes, rows
    and columns always, and the hash where the ratings are below 256 MB in all.

    Of what an older version wrote no hash is known: it is read, and said.

    \b
    advocacy check my-data
    advocacy check my-pool
    advocacy check data/derived
    """
    with working("checking"):
        found = list(_checked(stored))
    if not found:
        raise UsageError(
            "Nothing here was written by advocacy.",
            where=str(stored),
            remedy="Name a dataset, or a folder with a posterior or tables.",
        )
    for one in found:
        click.echo(_said(one))
    bad = [error for one in found for error in one.damage]
    for error in bad:
        click.echo(f"\n{error}")
    if bad:
        raise DamagedError(
            f"{counted(len(bad), 'file')} {'is' if len(bad) == 1 else 'are'} not as written.",
            where=str(stored),
            remedy="What is wrong with each, and how to get it back, stands above.",
        )


def _said(one: Checked) -> str:
    if one.damage:
        return f"{one.path}: damaged"
    return f"{one.path}: {'as written' if one.hashed else 'readable; no hash is known of it'}"


def _checked(stored: Path) -> Iterator[Checked]:
    """Yield what is found of a table, or of all that is in a folder."""
    if stored.is_file():
        yield from _table(stored)
        return
    partitions = partition_folders(stored)
    for folder in partitions:
        yield _found(folder, partial(_partition, folder))
    listed = {path.parent for path in stored.rglob(FILES) if not _inside(path, partitions)}
    for folder in sorted(listed):
        yield _found(folder, partial(_folder, folder))
    for path in sorted(stored.rglob("*.parquet")):
        if not _inside(path, [*partitions, *listed]):
            yield from _table(path)


def _inside(path: Path, folders: Iterable[Path]) -> bool:
    return not set(folders).isdisjoint(path.parents)


def _found(path: Path, look: Callable[[], tuple[Sequence[AdvocacyError], bool]]) -> Checked:
    """Return what a look finds; what it raises is found as well."""
    try:
        damage, hashed = look()
    except AdvocacyError as error:
        damage, hashed = [error], False
    return Checked(path, tuple(damage), hashed)


def _partition(folder: Path) -> tuple[Sequence[AdvocacyError], bool]:
    hashed = open_partition(folder).seal is not None
    return [_error(one, how_to_restore(folder)) for one in check(folder)], hashed


def _folder(folder: Path) -> tuple[Sequence[AdvocacyError], bool]:
    sealed = read_seal(folder)
    found = all_damage(folder, folder, sealed) if sealed else ()
    return [_error(one, _AGAIN) for one in found], True


def _table(path: Path) -> Iterator[Checked]:
    """Yield what is found of a Parquet file, unless another program wrote it."""
    try:
        table, sealed = read_sealed(path, _AGAIN)
    except DamagedError as error:
        yield Checked(path, (error,), False)
        return
    for key, read in _READERS.items():
        if key in (table.schema.metadata or {}):
            yield _found(path, partial(_read, read, path, sealed))


def _read(
    read: Callable[[Path], object], path: Path, sealed: bool
) -> tuple[Sequence[AdvocacyError], bool]:
    read(path)
    if path.name == POSTERIOR:  # holds it to what lies beside it
        open_reference(path.parent)
    return (), sealed


def _error(damage: Damage, remedy: str) -> DamagedError:
    return DamagedError(damage.what, where=str(damage.path), remedy=remedy)
