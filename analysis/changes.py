"""Print which numbers are not what they were in the releases that can be cited."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rich.console import Console

from advocacy.errors import AdvocacyError
from advocacy.study.book.publishing import releases_of
from advocacy.study.book.shown import ledger_file
from advocacy.study.citable.releases import in_sentences
from advocacy.study.protocol import read_protocol

STUDY = read_protocol(Path(__file__).with_name("study.toml"))


def main() -> None:
    """Print a line a release, and the first numbers that have changed since."""
    ledger = json.loads(ledger_file(STUDY).read_text(encoding="utf-8"))
    for sentence in in_sentences(ledger, releases_of(STUDY)):
        Console().print(sentence, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    try:
        main()
    except AdvocacyError as error:
        sys.exit(f"advocacy: {error}")
