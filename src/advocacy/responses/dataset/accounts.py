"""Row accounting: every row that was read is either kept or rejected with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The folder of a partition that holds all but its ratings: readers of Parquet pass over names
# that begin with an underscore.
ABOUT = "_about"
# In it: what is said of the partition, the rejected rows and why, the values of rows kept that
# could not be placed and are missing, and the ratings that do not count.
MANIFEST = "manifest.json"
REJECTED_FILE = "rejected.csv"
UNPLACED_FILE = "unplaced.csv"
EXCLUDED_FILE = "excluded.csv"
# Beside it: what belongs to the ratings, of which they have what estimates need.
FOLLOWUPS_FOLDER, CONTACTS_FOLDER = "_followups", "_contacts"
# Nearly every value is another: to look for repeated ones takes time and finds none.
WITHOUT_DICTIONARY = frozenset({"rating_id", "contact_id", "respondent_id"})


def about_folder(partition: Path) -> Path:
    """Return the folder of a partition that holds all but its ratings.

    An older import wrote no such folder: all stands beside the ratings, and is found there.
    """
    folder = partition / ABOUT
    return folder if folder.is_dir() else partition


def described_files(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what a manifest says of each file: of ratings, of follow-ups, and of contacts."""
    linked = (manifest.get(table, {}) for table in ("followups", "contacts"))
    return [*manifest["files"], *(file for own in linked for file in own.get("files", ()))]


@dataclass(frozen=True)
class RowAccount:
    """Number of rows read, kept, rejected and forgotten.

    A row with two problems is rejected once.

    Raises
    ------
    ArithmeticError
        The numbers do not add up, which is a bug of ours.
    """

    read: int
    kept: int
    rejected: int
    forgotten: int = 0

    def __post_init__(self) -> None:
        if self.read != self.kept + self.rejected + self.forgotten:
            raise ArithmeticError(
                f"read {self.read} rows, but kept {self.kept}, rejected {self.rejected} and "
                f"forgot {self.forgotten}"
            )

    def __add__(self, other: RowAccount) -> RowAccount:
        return RowAccount(
            self.read + other.read,
            self.kept + other.kept,
            self.rejected + other.rejected,
            self.forgotten + other.forgotten,
        )
