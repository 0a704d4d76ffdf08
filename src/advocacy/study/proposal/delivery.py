"""The survey files of a folder as sources: which there are, and where each is to be.

A file is a source, in a folder of its own below `data/raw`. A folder that holds one survey file
and no other below it is that file's already; other files are moved into one, or copied where the
folder is elsewhere. What stands in its place is left alone, so that all of it can be done again.
"""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from advocacy.errors import AdvocacyError, UsageError
from advocacy.files import write_text
from advocacy.provenance import sha256
from advocacy.reading import ordinary_file
from advocacy.responses.dataset.source import (
    Source,
    find_sources,
    published_figures,
    read_source,
)
from advocacy.study.proposal.problems import refuse
from advocacy.study.protocol import DELIVERIES

ANSWERS, PROGRAMMES = "study-answers.csv", "study-programmes.csv"
_RAW = Path("data", "raw")
_PROTOCOL = Path("analysis", "study.toml")
# Survey files by their ending; when they are read, their content decides.
_ENDINGS = {
    *(".sav", ".zsav", ".por", ".dta", ".sas7bdat", ".xlsx"),
    *(".csv", ".tsv", ".tab", ".txt", ".dat", ".parquet"),
}
_BESIDE = {"source.toml", "crosswalk.csv", "corrections.csv", "salt", ANSWERS, PROGRAMMES}
# What says something of the one file that it stands beside.
_ABOUT_ONE = ("crosswalk.csv", "corrections.csv")
_COLLECTED = "collected"
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "ß": "ss", "ł": "l", "đ": "d", "ð": "d", "þ": "th"})


@dataclass(frozen=True)
class Placed:
    """A survey file and the folder of the source that it is.

    Parameters
    ----------
    name
        Name of the source.
    file
        Where the file is.
    home
        Folder of the source.
    described
        Whether the source is there already, with its `source.toml`.
    """

    name: str
    file: Path
    home: Path
    described: bool = False


@dataclass(frozen=True)
class Delivery:
    """What a folder holds.

    Parameters
    ----------
    folder
        The folder below `data/raw` that has the sources, or will have them.
    kind
        Kind of evidence of all of them.
    placed
        The survey files, by name of source.
    passed_over
        Files that are no survey files by their ending.
    """

    folder: Path
    kind: str
    placed: tuple[Placed, ...]
    passed_over: tuple[Path, ...]


def study_root(start: Path) -> Path:
    """Return the folder of the study that ``start`` is in.

    Raises
    ------
    UsageError
        It is in none.
    """
    for folder in (start, *start.parents):
        if (folder / _PROTOCOL).is_file():
            return folder
    raise UsageError(
        f"This is no folder of a study: there is no {_PROTOCOL}.",
        where=str(start),
        remedy="Change into the folder that this software was cloned to, and run it there.",
    )


def plan_delivery(folder: Path, root: Path, kind: str | None = None) -> Delivery:
    """Say what sources the survey files of a folder are to be; nothing is written.

    Parameters
    ----------
    folder
        Any folder; files in folders below it count.
    root
        Folder of the study.
    kind
        Kind of evidence of files that are no source yet; collected by default.

    Raises
    ------
    AdvocacyError
        There is no survey file, two sources would have one name, kinds of evidence would mix, or
        a file is not the one that was described: all of it at once.
    """
    folder, raw = folder.resolve(), (root / _RAW).resolve()
    _refuse_demonstration(folder, root)
    target = folder if folder.is_relative_to(raw) else raw / slug(folder.name)
    problems: list[AdvocacyError] = []
    there = [source for path in find_sources(target) for source in _read(path, problems)]
    own = {path for s in there for path in s.paths()} | published_figures(folder)
    files, passed_over = _found(folder, own)
    known = {source.folder.resolve(): source for source in there}
    placed = [Placed(s.name, s.folder / s.files[0][0], s.folder, described=True) for s in there]
    for file, home in zip(files, _homes(folder, target, files), strict=True):
        if home.resolve() in known:
            problems += _not_described(file, known[home.resolve()])
        else:
            placed.append(Placed(_name(home, target), file, home))
    if not placed and not problems:
        problems.append(_no_files(folder, passed_over))
    problems += _same_names(placed)
    kinds = {str(s.folder / "source.toml"): s.kind for s in there}
    if any(not one.described for one in placed):
        kinds["the files that are new"] = kind or _COLLECTED
    elif kind:
        kinds["--kind"] = kind
    problems += _mixed(kinds)
    refuse(problems, str(folder))
    placed.sort(key=lambda one: one.name)
    return Delivery(target, next(iter(kinds.values())), tuple(placed), tuple(passed_over))


def put_in_place(delivery: Delivery) -> list[tuple[Path, Path]]:
    """Move or copy each new file into the folder of its source, and describe it there.

    Returns from where to where, for each file that was moved or copied.
    """
    done = []
    for one in delivery.placed:
        if one.described:
            continue
        file = one.home / one.file.name
        if file != one.file:
            one.home.mkdir(parents=True, exist_ok=True)
            inside = one.file.is_relative_to(delivery.folder)
            (shutil.move if inside else shutil.copy2)(one.file, file)
            done.append((one.file, file))
            alone = sum(one.file.parent == other.file.parent for other in delivery.placed) == 1
            for name in _ABOUT_ONE if alone and not inside else ():
                if (one.file.parent / name).exists():
                    shutil.copy2(one.file.parent / name, one.home / name)
        write_text(one.home / "source.toml", _description(one.name, delivery.kind, file))
    return done


def slug(text: str) -> str:
    """Return a text as the name of a source: Latin letters, digits and ``_.-`` alone."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    found = re.sub(r"[^a-z0-9_.]+", "-", plain).strip("-._")
    # Of other alphabets nothing is left: the letters' code points are a name too.
    return found or "-".join(f"{ord(letter):x}" for letter in text) or "files"


def _refuse_demonstration(folder: Path, root: Path) -> None:
    if folder.is_relative_to((root / DELIVERIES).resolve()):
        raise UsageError(
            f"{DELIVERIES} holds the demonstration, which `make book` writes again.",
            where=str(folder),
            remedy=f"Put your files into another folder below {_RAW}.",
        )


def _read(folder: Path, problems: list[AdvocacyError]) -> Iterator[Source]:
    try:
        yield read_source(folder)
    except AdvocacyError as error:
        problems.append(error)


def _found(folder: Path, known: set[Path]) -> tuple[list[Path], list[Path]]:
    """Return survey files that are not known already, and files that are none."""
    known = {path.resolve() for path in known}
    files = [
        ordinary_file(path)
        for path in sorted(folder.rglob("*"))
        if path.exists()
        and not path.is_dir()
        and path.resolve() not in known
        and not any(p.startswith((".", "~$")) for p in path.relative_to(folder).parts)
    ]
    read = [f for f in files if f.suffix.lower() in _ENDINGS and f.name not in _BESIDE]
    return read, [f for f in files if f not in read and f.name not in (*_BESIDE, "README.md")]


def _homes(folder: Path, target: Path, files: Sequence[Path]) -> list[Path]:
    """Return the folder of the source that each file is to be."""
    beside = Counter(file.parent for file in files)
    homes = []
    for file in files:
        own = file.parent
        alone = beside[own] == 1 and not any(own in other.parents for other in beside)
        alone &= not any(path.parent != own for path in own.rglob("source.toml"))
        if own == folder:
            is_home = alone and (own / "crosswalk.csv").exists()
        else:
            is_home = alone or (own / "source.toml").exists()
        home = target / own.relative_to(folder)
        homes.append(home if is_home else home / slug(file.stem))
    return homes


def _name(home: Path, target: Path) -> str:
    return "-".join(map(slug, home.relative_to(target).parts)) or slug(target.name)


def _not_described(file: Path, source: Source) -> list[AdvocacyError]:
    """Return the problem that a file has no place beside what its source has; it may be a copy."""
    described = {one.path.name: one.sha256 for one in source.all_files()}.get(file.name)
    if described == sha256(file):
        return []
    if described:
        what = f"{file.name} is not the file of that name that is a source already."
        remedy = f"Give it another name; or remove {source.folder}, and what is there is made anew."
    else:
        what = f"{file.name} stands where the source {source.name} is, which does not list it."
        remedy = "Give it another name or folder, or list it under [[files]] of source.toml."
    return [UsageError(what, where=f"{file}; {source.folder / 'source.toml'}", remedy=remedy)]


def _no_files(folder: Path, passed_over: Sequence[Path]) -> AdvocacyError:
    seen = f" Not taken for one: {', '.join(p.name for p in passed_over)}." if passed_over else ""
    return UsageError(
        f"The folder has no survey file.{seen}",
        where=str(folder),
        remedy=f"Put files into it that end in {', '.join(sorted(_ENDINGS))}.",
    )


def _same_names(placed: Sequence[Placed]) -> list[AdvocacyError]:
    """Return the names that several sources would have; systems may not tell capitals apart."""
    by_name = defaultdict(list)
    for one in placed:
        by_name[one.name.casefold()].append(one)
    return [
        UsageError(
            f"{len(same)} sources would be called {same[0].name!r}.",
            where=", ".join(str(one.file) for one in same),
            remedy="Rename all but one of these files, or the name in its source.toml.",
        )
        for same in by_name.values()
        if len(same) > 1
    ]


def _mixed(kinds: dict[str, str]) -> list[AdvocacyError]:
    """Return the problem that kinds of evidence mix, ``kinds`` by what is of them."""
    if len(set(kinds.values())) < 2:
        return []
    by_kind = defaultdict(list)
    for what, kind in kinds.items():
        by_kind[kind].append(what)
    said = "; ".join(f"{kind}: {', '.join(what)}" for kind, what in sorted(by_kind.items()))
    return [
        UsageError(
            f"Kinds of evidence mix, and are never pooled. {said}.",
            remedy="Put each kind into a folder of its own; or say the right kind with --kind, or "
            "in source.toml.",
        )
    ]


def _description(name: str, kind: str, file: Path) -> str:
    return (
        f"name = {json.dumps(name)}\n"
        f"kind = {json.dumps(kind)}  # collected, published or simulated\n"
        f"title = {json.dumps(file.stem, ensure_ascii=False)}\n"
        'producer = ""\n'
        'licence = "confidential"\n'
        "\n[[files]]\n"
        f"name = {json.dumps(file.name, ensure_ascii=False)}\n"
        f'sha256 = "{sha256(file)}"\n'
    )
