"""Ledgers of releases, and what has changed since.

A release keeps its ledger in the repository, ``book/releases/<version>.csv.gz``. Each holds all
identifiers of the one before: what a release no longer has is a row that says since when. An
identifier that is gone, or that means something else than before, is an error, so that a citation
resolves to the number that was meant.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from advocacy.errors import AdvocacyError, UsageError
from advocacy.files import replacing

# What an identifier means: it stays the same over all releases.
MEANING = (
    "estimand", "rung", "intent", "target", "quantity", "reference", "part", "fit", "months",
    "answer", "segment",
)  # fmt: skip
COLUMNS = (
    "identifier", "text", "value", "estimate", "conf_low", "conf_high", "conf_level", "n", "method",
    "interval", "source_kind", *MEANING, "label", "what", "base", "window_months", "low", "high",
    "figures", "include", "why", "seen", "n_note", "published_by", "data", "code", "shown",
    "retired",
)  # fmt: skip
_VERSION = re.compile(r"\d+(?:\.\d+)*")
_ENDING = ".csv.gz"
_SHOWN = 10  # changed numbers that are printed of a release
Row = Mapping[str, str]


class ReleaseError(AdvocacyError, ValueError):
    """The ledger of a release lacks an identifier, or gives one another meaning."""


@dataclass(frozen=True)
class Release:
    """The ledger of a release.

    Parameters
    ----------
    version, date
        Its name, and the day on which it was made, as ISO 8601.
    rows
        Its numbers by identifier, as text; those that are retired among them.
    """

    version: str
    date: str
    rows: Mapping[str, Row]

    @property
    def live(self) -> dict[str, Row]:
        """The numbers that it states."""
        return {name: row for name, row in self.rows.items() if not row["retired"]}


@dataclass(frozen=True)
class Change:
    """A number that is not what it was in an earlier release; ``now`` is ``None`` if retired."""

    identifier: str
    since: str
    then: str
    now: str | None


def read_releases(folder: Path) -> tuple[Release, ...]:
    """Return the ledgers of all releases, the oldest first.

    Raises
    ------
    ReleaseError
        A file is none, lacks an identifier of an earlier release, or reuses one.
    """
    files = sorted(folder.glob(f"*{_ENDING}"), key=lambda path: _order(path))
    releases = tuple(_read(path) for path in files)
    for before, after in pairwise(releases):
        check_kept(before, after.rows, f"the ledger of release {after.version}")
    return releases


def check_kept(before: Release, rows: Mapping[str, Row], where: str) -> None:
    """Hold a ledger to an earlier release.

    Raises
    ------
    ReleaseError
        It lacks identifiers of that release, or gives one another meaning.
    """
    gone = sorted(set(before.rows) - set(rows))
    if gone:
        raise ReleaseError(
            f"{len(gone)} identifiers of release {before.version} are missing: "
            f"{', '.join(gone[:5])}{' …' if len(gone) > 5 else ''}.",
            where=where,
            remedy="Put them back as rows with the release that retired them; never drop one.",
        )
    for name, row in rows.items():
        old = before.rows.get(name)
        changed = [key for key in MEANING if old and old[key] != row[key]]
        if changed and old:
            said = ", ".join(f"{key} was {old[key]!r} and is {row[key]!r}" for key in changed)
            raise ReleaseError(
                f"The identifier {name} means another number than in release "
                f"{before.version}: {said}.",
                where=where,
                remedy="Name the new number otherwise: an identifier is never reused.",
            )


def with_retired(
    numbers: Mapping[str, Mapping[str, Any]], releases: Sequence[Release], version: str
) -> dict[str, dict[str, str]]:
    """Return a ledger as rows of text, with all that earlier releases had and it has not.

    Raises
    ------
    ReleaseError
        It gives an identifier of an earlier release another meaning.
    """
    rows = {name: _row(name, entry) for name, entry in numbers.items()}
    if releases:
        last = releases[-1]
        for name, row in last.rows.items():
            if name not in rows:
                rows[name] = {**row, "retired": row["retired"] or version}
        check_kept(last, rows, "the present ledger")
    return dict(sorted(rows.items()))


def freeze(folder: Path, numbers: Mapping[str, Mapping[str, Any]], version: str, date: str) -> Path:
    """Write the ledger of a release, once and for all, and return its file.

    Raises
    ------
    UsageError
        The release has a ledger already, its version is none, or it is not the newest.
    ReleaseError
        It gives an identifier of an earlier release another meaning.
    """
    releases, path = read_releases(folder), folder / f"{version}{_ENDING}"
    if path.exists():
        raise UsageError(
            f"Release {version} has its ledger, which stays as it is.",
            where=str(path),
            remedy="Count up the version in pyproject.toml first.",
        )
    if not _VERSION.fullmatch(version) or (releases and _order(path) < _order_of(releases[-1])):
        raise UsageError(
            f"{version} is no release that comes after {releases[-1].version}."
            if releases
            else f"{version} is no version such as 0.1.0.",
            remedy="Set the version in pyproject.toml.",
        )
    rows = with_retired(numbers, releases, version)
    text = io.StringIO()
    text.write(f"# release {version} of {date}\n")
    write = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    write.writeheader()
    write.writerows(rows.values())
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(path) as new:
        new.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))
    return path


def present_version(
    numbers: Mapping[str, Mapping[str, Any]], releases: Iterable[Release], version: str
) -> str:
    """Return the name under which the present numbers are published.

    It is the version of the package. Where that is released and the numbers are no longer those
    of the release, it says that they came after it, and the pages of the release stay as they are.
    """
    released = {release.version: release for release in releases}.get(version)
    if released is None:
        return version
    same = {name: row["text"] for name, row in released.live.items()} == {
        name: entry["text"] for name, entry in numbers.items()
    }
    return version if same else f"after-{version}"


def changes(
    numbers: Mapping[str, Mapping[str, Any]], releases: Sequence[Release]
) -> dict[str, list[Change]]:
    """Return what is not as each release had it, by identifier, the newest release first."""
    found: dict[str, list[Change]] = {}
    for release in reversed(releases):
        for name, row in release.live.items():
            now = numbers[name]["text"] if name in numbers else None
            if now != row["text"]:
                change = Change(name, release.version, row["text"], now)
                found.setdefault(name, []).append(change)
    return found


def in_sentences(
    numbers: Mapping[str, Mapping[str, Any]], releases: Sequence[Release]
) -> list[str]:
    """Return what has changed since each release, in sentences, the newest release first."""
    if not releases:
        return ["No release has a ledger yet: nothing can have changed since."]
    by_release: dict[str, list[Change]] = {}
    for own in changes(numbers, releases).values():
        for change in own:
            by_release.setdefault(change.since, []).append(change)
    said = []
    for release in reversed(releases):
        found = by_release.get(release.version, [])
        retired = sum(change.now is None for change in found)
        said.append(
            f"Since release {release.version} of {release.date}: {len(found) - retired} of "
            f"{len(release.live)} numbers have changed and {retired} are retired."
        )
        said += [
            f"  {change.identifier}: {change.then}, now {change.now or 'retired'}"
            for change in found[:_SHOWN]
        ]
        said += [f"  and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return said


def _read(path: Path) -> Release:
    try:
        text = gzip.decompress(path.read_bytes()).decode("utf-8")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        text = ""
    first, _, rest = text.partition("\n")
    named = re.fullmatch(r"# release (\S+) of (\d{4}-\d\d-\d\d)", first)
    reader = csv.DictReader(io.StringIO(rest))
    if not named or tuple(reader.fieldnames or ()) != COLUMNS:
        raise ReleaseError(
            "The file is no ledger of a release.",
            where=str(path),
            remedy="Get it back from the repository's history; it is never changed.",
        )
    return Release(named[1], named[2], {row["identifier"]: row for row in reader})


def _row(name: str, entry: Mapping[str, Any]) -> dict[str, str]:
    row = {key: _written(entry.get(key)) for key in COLUMNS}
    return {**row, "identifier": name, "retired": ""}


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    if isinstance(value, (list, tuple)):
        return " to ".join(_written(part) for part in value)
    return repr(value) if isinstance(value, float) else str(value)


def _order(path: Path) -> tuple[int, ...]:
    version = path.name.removesuffix(_ENDING)
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _order_of(release: Release) -> tuple[int, ...]:
    return tuple(int(part) for part in release.version.split("."))
