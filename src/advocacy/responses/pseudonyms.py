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
from collections.abc import Iterable, Mapping
from pathlib import Path

from advocacy.errors import DataError, FileFormatError
from advocacy.reading import ordinary_file
from advocacy.responses.privacy import Finding
from advocacy.sql import identifier, literal

SALT_FILE = "salt"
_SALT_BYTES = 32
# 128 bits: two of ten billion persons share one with a chance of about 1 in 10^19.
_PSEUDONYM_DIGITS = 32

# Columns that always hold an identifier, and those that do when the same raw variable
# fills one of these, or when the variable was recognised.
_ALWAYS = ("respondent_id", "account")
_SOMETIMES = ("rating_id", "psu", "ssu", "stratum")


def pseudonymised(variables: Mapping[str, str], findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return the canonical columns whose values must be replaced by pseudonyms.

    ``variables`` gives the raw variable that fills each canonical column. ``respondent_id``
    and ``account`` always are; ``rating_id``, ``psu``, ``ssu`` and ``stratum`` where the same
    variable fills one of these, or where it was recognised.
    """
    identifying = {variables[name] for name in _ALWAYS if variables.get(name)}
    identifying |= {finding.variable for finding in findings}
    return tuple(
        name
        for name in (*_ALWAYS, *_SOMETIMES)
        if variables.get(name) and (name in _ALWAYS or variables[name] in identifying)
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
    text = secrets.token_bytes(_SALT_BYTES).hex() + "\n"
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return read_salt(path)
    except OSError as error:
        raise DataError(
            f"The salt of the pseudonyms cannot be written ({error.strerror}).",
            where=str(path),
            remedy="Copy the survey file to a folder of your own, and import it from there.",
        ) from error
    with os.fdopen(opened, "w", encoding="ascii") as file:
        file.write(text)
    return bytes.fromhex(text)


def read_salt(path: Path) -> bytes:
    """Read a salt that `salt` has written.

    Raises
    ------
    FileFormatError
        The file is not there, or is no salt.
    """
    ordinary_file(path)
    try:
        value = bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise FileFormatError(
            "The salt of the pseudonyms cannot be read.",
            where=str(path),
            remedy="Name the file `salt` that the import has written beside the raw file.",
        ) from error
    if len(value) != _SALT_BYTES:
        raise FileFormatError(
            f"A salt has {_SALT_BYTES} bytes, this one has {len(value)}.",
            where=str(path),
            remedy="Restore the file; a new salt would not recognise earlier respondents.",
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
