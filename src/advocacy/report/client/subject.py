"""What a client's report is about: the file or dataset, and what its import wrote of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from advocacy.remarks import Remark, from_json
from advocacy.responses.dataset.accounts import described_files
from advocacy.responses.dataset.ledger import Refused


@dataclass(frozen=True)
class Subject:
    """A file, or a dataset.

    Parameters
    ----------
    name
        Of the file or folder.
    is_file
        Whether the report was made of a file, which it imported for itself.
    manifests
        What the import of each source wrote of itself.
    excluded
        Ratings that were kept and do not count.
    rejected, unplaced
        Values for which rows were set aside, and values that were made missing, by reason.
    refused
        Variables that could not be used, each with the column that it seems to hold.
    """

    name: str
    is_file: bool
    manifests: tuple[Mapping[str, Any], ...] = ()
    excluded: int = 0
    rejected: tuple[Refused, ...] = ()
    unplaced: tuple[Refused, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()

    def rows(self, part: str) -> int:
        """Return the rows read, kept or rejected, over all sources."""
        return sum(manifest["rows"][part] for manifest in self.manifests)

    def files(self) -> list[dict[str, Any]]:
        """Return what is known of each file."""
        return [file for manifest in self.manifests for file in described_files(manifest)]

    def remarks(self) -> list[Remark]:
        """Return what was assumed in reading the files."""
        return [remark for file in self.files() for remark in from_json(file["assumptions"])]

    @property
    def counted(self) -> int:
        """Ratings that count."""
        return self.rows("kept") - self.excluded
