"""To which ratings a file of follow-ups or invitations could belong: how many persons they share.

Identifiers are compared as keyed digests, under a key that is drawn for the comparison and kept
nowhere; nothing but counts leaves it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import pyarrow.compute as pc

from advocacy.errors import AdvocacyError, UsageError
from advocacy.responses.labelled import Variable, written_code
from advocacy.responses.proposal.wordings import cue, fold, is_known_name, known_wording
from advocacy.responses.pseudonyms import SALT_FILE, pseudonym, read_salt
from advocacy.responses.readers import Scan, scan_labelled

_PERSON, _BATCH_ROWS = "respondent_id", 100_000
_MOST_FILES, _MOST_NAMES = 24, 3  # of a folder, and of identifiers of a file, that are compared
_ENDINGS = (".sav", ".zsav", ".por", ".dta", ".sas7bdat", ".xpt", ".xlsx", ".parquet", ".csv")


@dataclass(frozen=True)
class PossibleBase:
    """A file or dataset of ratings, and how many persons of a file are in it.

    Parameters
    ----------
    name
        Name of the file or dataset.
    persons, shared
        Different persons of the file that is looked at, and those of them who are in the base.
    other_supplier
        Both name their suppliers, and have none in common.
    """

    name: str
    persons: int
    shared: int
    other_supplier: bool = False


def possible_bases(
    path: Path,
    identifier: str,
    base: Path | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
) -> list[PossibleBase]:
    """Return what a file could belong to, most persons in common first.

    Parameters
    ----------
    identifier
        The variable with the respondents' identifiers.
    base
        A file or dataset to compare with; without it those files of ratings beside ``path`` that
        have persons in common with it.

    Raises
    ------
    UsageError
        The base is a dataset, whose salt is not beside the file.
    AdvocacyError
        A file cannot be read.
    """
    own = scan_labelled(path, encoding, sheet)
    persons = _values(own, identifier)
    if base is not None:
        return [_in_dataset(path, persons, base) if base.is_dir() else _in_file(own, persons, base)]
    found = [one for one in _beside(path, own, persons) if one.shared and not one.other_supplier]
    return sorted(found, key=lambda one: (-one.shared, one.name))


def _beside(path: Path, own: Scan, persons: set[str]) -> Iterator[PossibleBase]:
    """Compare with the files of ratings in the same folder; what cannot be read is none."""
    others = sorted(p for p in path.parent.iterdir() if p.suffix.lower() in _ENDINGS and p != path)
    for other in others[:_MOST_FILES]:
        try:
            if other.is_file() and _holds_a_score(scan_labelled(other).table.variables):
                yield _in_file(own, persons, other)
        except AdvocacyError:
            continue


def _holds_a_score(variables: Iterable[Variable]) -> bool:
    return any(
        is_known_name(v.name, "score") or known_wording(v.label, "score") or _speaks(v, "score")
        for v in variables
    )


def _speaks(variable: Variable, column: str) -> bool:
    return bool(cue(fold(variable.label), column))


def _in_file(own: Scan, persons: set[str], base: Path) -> PossibleBase:
    scan = scan_labelled(base)
    named = [v.name for v in scan.table.variables if is_known_name(v.name, _PERSON)]
    said = [v.name for v in scan.table.variables if _speaks(v, _PERSON)]
    mine, theirs = _suppliers(own), _suppliers(scan)
    key = secrets.token_bytes(32)
    digests = _digests(persons, key)
    shared = max(
        (
            len(digests & _digests(_values(scan, name), key))
            for name in list(dict.fromkeys([*said, *named]))[:_MOST_NAMES]
        ),
        default=0,
    )
    return PossibleBase(
        base.name, len(persons), shared, bool(mine and theirs and not mine & theirs)
    )


def _in_dataset(path: Path, persons: set[str], base: Path) -> PossibleBase:
    """Compare pseudonyms: the file's are made with the salt beside it, by the dataset's sources."""
    import pyarrow.parquet as pq  # here, as most files are compared with no dataset

    from advocacy.responses.dataset.verifying import verified_ratings

    salt_file = path.parent / SALT_FILE
    if not salt_file.exists():
        raise UsageError(
            "The respondents of a dataset are pseudonyms, and their salt is not beside the file.",
            where=str(path),
            remedy="Name the survey file that the dataset was imported from, or put this file "
            "into its folder.",
        )
    salt, shared = read_salt(salt_file), set()
    for ratings in verified_ratings(base):
        source = ratings.path.parent.name.removeprefix("source=")
        there = pq.read_table(ratings.path, columns=[_PERSON]).column(_PERSON)
        known = set(pc.unique(there).to_pylist())
        shared |= {person for person in persons if pseudonym(person, salt, source) in known}
    return PossibleBase(base.name, len(persons), len(shared))


def _values(scan: Scan, name: str) -> set[str]:
    """Return the values of a variable as a crosswalk writes them."""
    found: set[str] = set()
    for batch in scan.batches([name], _BATCH_ROWS):
        values = pc.unique(batch.column(name)).drop_null().to_pylist()
        found |= {text for value in values if (text := _written(value))}
    return found


def _written(value: object) -> str:
    return written_code(value) if isinstance(value, float) else str(value).strip()


def _suppliers(scan: Scan) -> set[str]:
    names = [v.name for v in scan.table.variables if is_known_name(v.name, "supplier")]
    return {fold(value) for name in names for value in _values(scan, name)}


def _digests(values: set[str], key: bytes) -> set[bytes]:
    return {blake2b(value.encode(), key=key, digest_size=16).digest() for value in values}
