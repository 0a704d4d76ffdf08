"""The sources of a study: described, each by a name of its own, and of one kind of evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from advocacy.errors import AdvocacyError, CrosswalkError, DataError
from advocacy.responses import import_sources, open_responses
from advocacy.responses.dataset.source import Source, find_sources, read_source
from advocacy.study.checks.data import lacking
from advocacy.study.checks.lines import Text, read_text, written
from advocacy.study.checks.problems import refuse
from advocacy.study.protocol import Protocol
from advocacy.temporary import temporary_folder

_NAMED = 5  # files that a message names; the others are counted


def sources_of(study: Protocol, path: Path) -> list[Source]:
    """Read the sources of a study.

    Parameters
    ----------
    path
        The protocol, for messages.

    Raises
    ------
    StudyError
        There is none, one is not as its source.toml says, two have the same name, or they mix
        kinds of evidence: all of it at once, with what the protocol asks for and they lack.
    """
    folders, protocol = find_sources(study.sources), read_text(path)
    if not folders:
        refuse([_none(study.sources, protocol)])
    sources: list[Source] = []
    problems: list[AdvocacyError] = []
    for folder in folders:
        try:
            sources.append(read_source(folder))
        except CrosswalkError as problem:
            problems.append(problem)
    refuse(problems)  # what the other sources lack, these may have
    problems = [*_same_names(sources), *_mixed(study, sources, protocol)]
    if problems:
        refuse([*problems, *_lacking(sources, protocol)])
    return sources


def _lacking(sources: Sequence[Source], protocol: Text) -> list[AdvocacyError]:
    """Return what a protocol asks of sources and they lack, whatever their names and kinds."""
    numbered = [replace(source, name=str(number)) for number, source in enumerate(sources)]
    with temporary_folder() as folder:
        try:
            import_sources(numbered, folder)
            return list(lacking(protocol, open_responses(folder)))
        except AdvocacyError as problem:
            return [problem]


def _none(folder: Path, protocol: Text) -> DataError:
    """Return that a folder has no source, with what it has instead."""
    if not folder.is_dir():
        there = "it is not there"
    else:
        files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
        there = f"in it: {_listed(files)}" if files else "it is empty"
    return DataError(
        f"No folder below {folder} has a source.toml, so there is no source ({there}).",
        where=protocol.where("sources", "folder"),
        remedy=f"Give each source a folder below {folder} with its files, a source.toml that "
        "names them, and a crosswalk.csv; or set folder to where they are.",
    )


def _same_names(sources: Sequence[Source]) -> Iterator[DataError]:
    names = [source.name for source in sources]
    for name in sorted({name for name in names if names.count(name) > 1}):
        paths = [source.folder / "source.toml" for source in sources if source.name == name]
        taken = {*names}
        other = next(
            own
            for own in (paths[-1].parent.name, *(f"{name}-{n}" for n in range(2, 1000)))
            if own not in taken
        )
        yield DataError(
            f"{len(paths)} sources have the name {name}.",
            where="; ".join(read_text(path).where("", "name") for path in paths),
            remedy=f"Give each its own: write {written('name', other)} in {paths[-1]}; or, if it "
            "is one source, put its files into one folder, under one source.toml.",
        )


def _mixed(study: Protocol, sources: Sequence[Source], protocol: Text) -> Iterator[DataError]:
    kinds = sorted({source.kind for source in sources})
    if len(kinds) < 2:
        return
    named = "; ".join(
        f"{kind}: {_listed([source.name for source in sources if source.kind == kind])}"
        for kind in kinds
    )
    folder = study.sources.relative_to(study.root) / kinds[0]
    yield DataError(
        f"The sources mix kinds of evidence, which are never estimated together: {named}.",
        where=protocol.where("sources", "folder"),
        remedy="Put each kind into a folder of its own, and name one: write "
        f"{written('folder', folder.as_posix())}; or, if a kind is wrong, correct it in that "
        "source.toml.",
    )


def _listed(names: Sequence[str]) -> str:
    others = len(names) - _NAMED
    more = [f"{others} other{'s' * (others > 1)}"] if others > 0 else []
    return ", ".join([*names[:_NAMED], *more])
