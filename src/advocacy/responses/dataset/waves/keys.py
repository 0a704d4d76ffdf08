"""By what a row of a follow-up or a contact finds the ratings of whom it is of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from advocacy.responses.dataset.source import DataFile, Source
from advocacy.responses.pseudonyms import pseudonym_sql, salt
from advocacy.sql import identifier

# The table of a source's ratings, the place of a rating in it, and those that do not count.
RATINGS, PLACE, EXCLUSIONS = "kept", "place", "exclusions"


@dataclass(frozen=True)
class Rows:
    """Rows that wait to be linked, or the ratings that they are linked to.

    Parameters
    ----------
    table
        The table of the connection that they are in.
    names
        Canonical columns that the files fill.
    pseudonyms
        Of these, those that have pseudonyms.
    """

    table: str
    names: frozenset[str]
    pseudonyms: frozenset[str]

    def column(self, name: str, type_: str = "VARCHAR") -> str:
        """Return the SQL of a column, NULL where no file fills it."""
        return identifier(name) if name in self.names else f"NULL::{type_}"


@dataclass(frozen=True)
class FileRows(Rows):
    """Rows of one file that wait to be linked."""

    data: DataFile

    @property
    def name(self) -> str:
        """Name of the file, as lists and messages give it."""
        return self.data.path.name


def whose(ratings: Rows, rows: Rows) -> tuple[str, ...]:
    """Return the columns by which rows belong to ratings; none where only a rating_id can say.

    The respondent, or the account where there is no respondent on both sides; and the supplier
    where both name one.
    """
    both = ratings.names & rows.names
    key = [name for name in ("respondent_id", "account") if name in both][:1]
    return (*key, *(["supplier"] if "supplier" in both else [])) if key else ()


def finer(ratings: Rows, key: Iterable[str]) -> list[str]:
    """Return what tells ratings of one key apart: the key is of no use where these differ."""
    return [name for name in ("respondent_id", "supplier") if name in ratings.names.difference(key)]


def compared_ids(source: Source, ratings: Rows, rows: Rows) -> tuple[str, str]:
    """Return the SQL of the rating_id of ratings and of rows, as they are compared.

    Where one side has pseudonyms and the other has not, the other's are made.
    """
    replaced = ["rating_id" in side.pseudonyms for side in (ratings, rows)]
    if replaced[0] == replaced[1]:
        return "rating_id", "rating_id"
    made = pseudonym_sql("rating_id", salt(source.folder), source.name)
    return ("rating_id", made) if replaced[0] else (made, "rating_id")


def same(key: Iterable[str], left: str, right: str) -> str:
    """Return the SQL condition that two rows have the same key."""
    return " AND ".join(f"{left}.{identifier(n)} = {right}.{identifier(n)}" for n in key)
