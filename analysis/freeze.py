"""Keep the ledger of the present version in the repository, as that of its release."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from advocacy import __version__
from advocacy.errors import AdvocacyError
from advocacy.study.book.publishing import numbers_of_book, releases_folder
from advocacy.study.citable.releases import freeze
from advocacy.study.protocol import read_protocol

STUDY = read_protocol(Path(__file__).with_name("study.toml"))


def main() -> None:
    """Write `book/releases/<version>.csv.gz` of the book as it is built."""
    book = numbers_of_book(STUDY, STUDY.root / "book" / "_build" / "html")
    today = datetime.now(UTC).date().isoformat()
    ledger = {
        name: {**entry, "shown": " ".join(book.shown.get(name, ()))}
        for name, entry in book.ledger.items()
    }
    path = freeze(releases_folder(STUDY), ledger, __version__, today)
    Console().print(f"The ledger of release {__version__}: {path}. Commit it; it never changes.")


if __name__ == "__main__":
    try:
        main()
    except AdvocacyError as error:
        sys.exit(f"advocacy: {error}")
