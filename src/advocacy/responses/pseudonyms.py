"""Pseudonyms: identifiers replaced by salted hashes, the same in each delivery of a source.

Replaced is not anonymous. A pseudonym lets us see that two answers are of one person, and
whoever holds the salt can compute it from a name or number; the answers themselves, with
dates, country and organisation, may single a person out. Treat pseudonymised responses as
personal data (GDPR, Regulation (EU) 2016/679, recital 26). The salt stays beside the raw
file, is readable by its owner alone, and is never copied into a dataset.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from advocacy.errors import DataError, FileFormatError, said
from advocacy.reading import ordinary_file
from advocacy.sql import identifier, literal
from advocacy.temporary import folder_beside

if TYPE_CHECKING:
    from advocacy.responses.privacy import Finding

SALT_FILE = "salt"
_SALT_BYTES = 32
# 128 bits: two of ten billion persons share one with a chance of about 1 in 10^19.
_PSEUDONYM_DIGITS = 32

# Columns that always hold an identifier, and those that do when the same raw variable
# fills one of these, or when the variable was recognised.
ALWAYS = ("respondent_id", "account")
SOMETIMES = ("rating_id", "contact_id", "psu", "ssu", "stratum")


def pseudonymised(
    variables: Mapping[str, Sequence[str]], findings: Iterable[Finding]
) -> tuple[str, ...]:
    """Return the canonical columns whose values must be replaced by pseudonyms.

    ``variables`` gives the raw variables that fill each canonical column. ``respondent_id``
    and ``account`` always are; the others of `SOMETIMES` where a variable of theirs fills one of
    these, or was recognised.
    """
    identifying = {variable for name in ALWAYS for variable in variables.get(name, ())}
    identifying |= {finding.variable for finding in findings}
    return tuple(
        name
        for name in (*ALWAYS, *SOMETIMES)
        if (own := variables.get(name)) and (name in ALWAYS or identifying.intersection(own))
    )


def salt(folder: Path) -> bytes:
    """Return the salt of the raw files in ``folder``, made on first use; shape (32,) bytes.

    It is the file ``salt``, readable by its owner alone. The same salt gives the same
    pseudonyms for the next delivery; without it, repeated respondents are not recognised.

    Raises
    ------
    FileFormatError
        The file is no salt.
    DataError
        The folder cannot be written to.
    """
    path = folder / SALT_FILE
    if not path.exists():
        text = secrets.token_bytes(_SALT_BYTES).hex() + "\n"
        try:
            _write_once(path, text)
        except OSError as error:
            full = said(error, path)
            raise DataError(
                f"The salt of the pseudonyms cannot be written. {full.what}",
                where=str(path),
                remedy="Copy the survey file to a folder of your own, on a disk with room, and "
                "import it from there.",
            ) from error
    return read_salt(path)


def _write_once(path: Path, text: str) -> None:
    """Write a file that its owner alone can read, whole or not at all; keep one that is there."""
    with folder_beside(path) as new:
        written = new / path.name
        with os.fdopen(os.open(written, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(text)
        try:
            os.link(written, path)  # unlike a rename, it replaces nothing
        except FileExistsError:
            return  # another import was faster
        except OSError:  # a file system without links
            written.replace(path)


def read_salt(path: Path) -> bytes:
    """Read a salt that `salt` has written.

    Raises
    ------
    FileFormatError
        The file is not there, or is no salt.
    """
    ordinary_file(path)
    try:
        text = path.read_text(encoding="ascii")
        value = bytes.fromhex(text)
    except (OSError, ValueError) as error:
        why = f" ({error.strerror})" if isinstance(error, OSError) else ""
        raise FileFormatError(
            f"The salt of the pseudonyms cannot be read{why}.",
            where=str(path),
            remedy="Name the file `salt` that the import has written beside the raw file.",
        ) from error
    if not text.strip():  # earlier imports left it so on a full disk
        raise FileFormatError(
            "The salt of the pseudonyms is empty.",
            where=str(path),
            remedy="Restore it from a backup; or, if nothing was ever imported with it, delete "
            "the file: the next import makes a new one.",
        )
    if len(value) != _SALT_BYTES:
        raise FileFormatError(
            f"A salt has {_SALT_BYTES} bytes, this one has {len(value)}.",
            where=str(path),
            remedy="Restore the file from a backup: a new salt would not recognise earlier "
            "respondents. If nothing was ever imported with it, delete it: the next import makes "
            "a new one.",
        )
    return value


def pseudonym_sql(column: str, salt: bytes, source: str) -> str:
    """Return the SQL expression of the pseudonym of a text column; NULL stays NULL.

    The first 128 bits of SHA-256 of ``<salt>:<source>:<value>``, as 32 hexadecimal digits:
    the same in each delivery of a source, unlike in any other. The statement holds the salt:
    do not log it.
    """
    prefix = literal(_prefix(salt, source))
    return f"left(sha256({prefix} || {identifier(column)}), {_PSEUDONYM_DIGITS})"


def pseudonym(value: str, salt: bytes, source: str) -> str:
    """Return the pseudonym that `pseudonym_sql` gives to a value."""
    text = _prefix(salt, source) + value
    return hashlib.sha256(text.encode()).hexdigest()[:_PSEUDONYM_DIGITS]


def _prefix(salt: bytes, source: str) -> str:
    # Neither a salt nor the name of a source has a colon: no two prefixes run together.
    return f"{salt.hex()}:{source}:"
