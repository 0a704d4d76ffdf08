"""A folder of files as received, taken for a dataset: which command makes a dataset of it."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

from advocacy.responses.dataset.source import DataFile, Source, read_source

# A file is recognised by its content; for advice its ending is enough.
_ENDINGS = (".sav", ".zsav", ".por", ".dta", ".sas7bdat", ".xlsx", ".csv", ".parquet")
_BESIDE = ("crosswalk.csv", "corrections.csv")
_DATASET = "my-data"


def how_to_import(folder: Path) -> str:
    """Say how to make a dataset of what stands in a folder.

    Raises
    ------
    CrosswalkError
        Its `source.toml` cannot be used.
    """
    if (folder / "source.toml").exists():
        return _of_source(read_source(folder))
    files = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in _ENDINGS and path.name not in _BESIDE
    )
    if not files:
        return "Make one with `advocacy import`, or name a file."
    crosswalk = folder / "crosswalk.csv"
    command = _command(files[0], crosswalk if crosswalk.exists() else None)
    return f"It holds files as received. Import one of them first: {command}"


def _of_source(source: Source) -> str:
    name, _ = source.files[0]
    options = f" --name {source.name} --kind {source.kind}"
    which = "its files, one by one" if len(source.files) > 1 else "its file"
    said = f"It is a source as received. Import {which}, first: "
    if source.corrections:
        said = f"{said.removesuffix(': ')} (corrections.csv is used by `make book` alone): "
    options += "".join(_linked(file) for file in source.linked)
    return said + _command(source.folder / name, source.crosswalk, options)


def _linked(file: DataFile) -> str:
    """Return the options that name a file of follow-ups or contacts."""
    option = {"followups": "--follow-up", "contacts": "--contacts"}[file.table]
    crosswalk = f" {option}-crosswalk {quote(str(file.crosswalk))}" if file.crosswalk else ""
    wave = f" {option}-wave {quote(file.wave)}" if file.wave else ""
    return f" {option} {quote(str(file.path))}{crosswalk}{wave}"


def _command(file: Path, crosswalk: Path | None, options: str = "") -> str:
    given = f" --crosswalk {quote(str(crosswalk))}" if crosswalk else ""
    return (
        f"`advocacy import {quote(str(file))}{given}{options} -o {_DATASET}`; "
        f"then `advocacy estimate {_DATASET}`."
    )
