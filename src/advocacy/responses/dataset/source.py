"""A source: the files of one supplier of data, as received, with what is known about them.

A source is a folder with `source.toml`, the files it lists, and where they do not have
canonical names `crosswalk.csv`; `corrections.csv` may stand beside them. Files of follow-ups and
of contacts belong to the ratings of the source, and have each a crosswalk of its own.
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

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")  # a folder's name has 255 bytes at most
# The longest two calendar years: a follow-up later than that asks about another time.
WINDOW_DAYS = 731
LINKED = ("followups", "contacts")
# What a folder of published figures lists instead of files of answers.
FIGURES = "figures"


@dataclass(frozen=True)
class DataFile:
    """A data file of a source.

    Parameters
    ----------
    path
        The file.
    sha256
        Its SHA-256.
    crosswalk
        What its variables and codes mean; ``None`` where it has canonical names.
    table
        What a row of it is, one of `schema.TABLES`: a rating, a follow-up, or a contact.
    wave
        Of follow-ups: the round, where the file does not say.
    """

    path: Path
    sha256: str
    crosswalk: Path | None = None
    table: str = "responses"
    wave: str = ""


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
        File name and SHA-256 of each file of ratings.
    title, producer, licence
        For people.
    crosswalk, corrections
        The tables beside it; ``None`` where there is none.
    linked
        Files of follow-ups, and of contacts, that belong to the ratings.
    window_days
        Days after the interview within which a follow-up belongs to it, 1 or more.
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
    linked: tuple[DataFile, ...] = ()
    window_days: int = WINDOW_DAYS

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise CrosswalkError(
                f"{self.name!r} cannot name a source.",
                where=str(self.folder),
                remedy="Use up to 200 letters, digits, _, . and -; `advocacy import` has --name.",
            )
        kinds = [level for level, _ in SOURCE_KINDS]
        if self.kind not in kinds:
            raise CrosswalkError(
                f"{self.kind!r} is no kind of evidence.",
                where=str(self.folder),
                remedy=f"Use one of: {', '.join(kinds)}.",
            )
        if self.window_days < 1:
            raise CrosswalkError(
                f"A follow-up within {self.window_days} days of the interview has no meaning.",
                where=str(self.folder),
                remedy=f"Give 1 day or more; without it, it is {WINDOW_DAYS}, two years.",
            )
        names = [file.path.name for file in self.all_files()]
        for name in names:
            if names.count(name) > 1:
                raise CrosswalkError(
                    f"Two files of the source have the name {name}.",
                    where=str(self.folder),
                    remedy="Rename one of them: lists and corrections name files by it.",
                )

    def all_files(self) -> tuple[DataFile, ...]:
        """Return the files of the source: of ratings, then those that are linked to them."""
        ratings = (DataFile(self.folder / name, sha, self.crosswalk) for name, sha in self.files)
        return (*ratings, *self.linked)

    def paths(self) -> set[Path]:
        """Return the data files and the crosswalks of those that are linked."""
        files = self.all_files()
        return {one.path for one in files} | {one.crosswalk for one in self.linked if one.crosswalk}

    def files_of(self, table: str) -> list[DataFile]:
        """Return the files whose rows are of a table, one of `schema.TABLES`."""
        return [file for file in self.all_files() if file.table == table]


def find_sources(folder: Path) -> list[Path]:
    """Return every folder below ``folder`` that has a `source.toml`, in the order of names.

    One that lists published figures is none: figures are no answers.
    """
    return sorted(path.parent for path in folder.rglob("source.toml") if not _lists_figures(path))


def published_figures(folder: Path) -> set[Path]:
    """Return the files of every folder below ``folder`` that lists published figures."""
    lists = filter(_lists_figures, folder.rglob("source.toml"))
    return {path for own in lists for path in own.parent.iterdir()}


def _lists_figures(path: Path) -> bool:
    try:
        content = tomllib.loads(ordinary_file(path).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return False  # reading it as a source says what is wrong
    return FIGURES in content and "files" not in content


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
    for file in source.all_files():
        _check_file(path, file)
    return source


def _source(folder: Path, path: Path, content: dict[str, Any]) -> Source:
    if "files" not in content and any(table in content for table in LINKED):
        raise CrosswalkError(
            "The source lists follow-ups or contacts without the ratings that they belong to.",
            where=str(path),
            remedy="List the file of the ratings under [[files]], with its name and sha256.",
        )
    try:
        name, kind = content["name"], content["kind"]
        files = tuple((file["name"], file["sha256"]) for file in content["files"])
        if not files:
            raise KeyError("files")
        linked = tuple(
            _linked(folder, table, file) for table in LINKED for file in content.get(table, ())
        )
        window = int(content.get("linking", {}).get("window_days", WINDOW_DAYS))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise CrosswalkError(
            f"The source description lacks {error}.",
            where=str(path),
            remedy="Give name, kind and for each [[files]], [[followups]] and [[contacts]] its "
            "name and sha256; window_days of [linking] is a whole number.",
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
        linked=linked,
        window_days=window,
    )


def _linked(folder: Path, table: str, file: dict[str, Any]) -> DataFile:
    crosswalk = folder / file["crosswalk"] if "crosswalk" in file else None
    wave = str(file.get("wave", ""))
    return DataFile(folder / file["name"], file["sha256"], crosswalk, table, wave)


def _beside(path: Path) -> Path | None:
    return path if path.exists() else None


def _check_file(description: Path, file: DataFile) -> None:
    for path in filter(None, (file.path, file.crosswalk)):
        if not path.is_file():
            raise CrosswalkError(
                f"The source lists {path.name}, which is not there.",
                where=str(description),
                remedy="Put the file back, or take it out of the list.",
            )
    if sha256(file.path) != file.sha256:
        raise CrosswalkError(
            f"{file.path.name} is not the file that was described: its SHA-256 differs.",
            where=str(description),
            remedy=(
                "Raw data are never edited: put the original back and write the change into "
                "corrections.csv; or, for a new delivery, update sha256."
            ),
        )
