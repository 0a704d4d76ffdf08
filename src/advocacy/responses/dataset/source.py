"""A source: the files of one supplier of data, as received, with what is known about them.

A source is a folder with `source.toml`, the files it lists, and where they do not have
canonical names `crosswalk.csv`; `corrections.csv` may stand beside them.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advocacy.errors import CrosswalkError
from advocacy.provenance import sha256
from advocacy.reading import ordinary_file
from advocacy.responses.schema import SOURCE_KINDS

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class Source:
    """What `source.toml` says.

    Parameters
    ----------
    folder
        The folder that holds it.
    name
        Name of the source in the dataset: letters, digits, ``_``, ``.`` and ``-``.
    kind
        Kind of evidence: collected, published or simulated.
    files
        File name and SHA-256 of each data file.
    title, producer, licence
        For people.
    crosswalk, corrections
        The tables beside it; ``None`` where there is none.
    """

    folder: Path
    name: str
    kind: str
    files: tuple[tuple[str, str], ...]
    title: str = ""
    producer: str = ""
    licence: str = ""
    crosswalk: Path | None = None
    corrections: Path | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise CrosswalkError(
                f"{self.name!r} cannot name a source.",
                where=str(self.folder),
                remedy="Use letters, digits, _, . and - only; with `advocacy import`, give --name.",
            )
        kinds = [level for level, _ in SOURCE_KINDS]
        if self.kind not in kinds:
            raise CrosswalkError(
                f"{self.kind!r} is no kind of evidence.",
                where=str(self.folder),
                remedy=f"Use one of: {', '.join(kinds)}.",
            )


def find_sources(folder: Path) -> list[Path]:
    """Return every folder below ``folder`` that has a `source.toml`, in the order of names."""
    return sorted(path.parent for path in folder.rglob("source.toml"))


def read_source(folder: Path) -> Source:
    """Read `source.toml` and check that each file is the one that was described.

    Raises
    ------
    CrosswalkError
        `source.toml` is no TOML, lacks an entry, or names a file that is not there or whose
        content has changed.
    """
    path = folder / "source.toml"
    try:
        content = tomllib.loads(ordinary_file(path).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CrosswalkError(f"This is no TOML file ({error}).", where=str(path)) from error
    source = _source(folder, path, content)
    for name, expected in source.files:
        _check_file(path, folder / name, expected)
    return source


def _source(folder: Path, path: Path, content: dict[str, Any]) -> Source:
    try:
        name, kind = content["name"], content["kind"]
        files = tuple((file["name"], file["sha256"]) for file in content["files"])
        if not files:
            raise KeyError("files")
    except (KeyError, TypeError) as error:
        raise CrosswalkError(
            f"The source description lacks {error}.",
            where=str(path),
            remedy="Give name, kind and for each [[files]] its name and sha256.",
        ) from error
    return Source(
        folder=folder,
        name=str(name),
        kind=str(kind),
        files=files,
        title=str(content.get("title", "")),
        producer=str(content.get("producer", "")),
        licence=str(content.get("licence", "")),
        crosswalk=_beside(folder / "crosswalk.csv"),
        corrections=_beside(folder / "corrections.csv"),
    )


def _beside(path: Path) -> Path | None:
    return path if path.exists() else None


def _check_file(description: Path, file: Path, expected: str) -> None:
    if not file.is_file():
        raise CrosswalkError(
            f"The source lists {file.name}, which is not there.",
            where=str(description),
            remedy="Put the file back, or take it out of the list.",
        )
    if sha256(file) != expected:
        raise CrosswalkError(
            f"{file.name} is not the file that was described: its SHA-256 differs.",
            where=str(description),
            remedy=(
                "Raw data are never edited: put the original back and write the change into "
                "corrections.csv; or, for a new delivery, update sha256."
            ),
        )
