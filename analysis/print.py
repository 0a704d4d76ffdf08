"""Write the built book as one file, `book/_build/advocacy.pdf`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import yaml  # type: ignore[import-untyped]
from rich.console import Console

from advocacy import __version__
from advocacy.errors import AdvocacyError
from advocacy.study.book.assembled import assembled
from advocacy.study.book.printing import Imprint, print_book
from advocacy.study.book.shown import contents_file, toc_file
from advocacy.study.protocol import read_protocol

STUDY = read_protocol(Path(__file__).with_name("study.toml"))
BOOK = STUDY.root / "book"
EVIDENCE = {"simulated": "Simulated data: not a finding about real customers"}


def main() -> None:
    """Print what `make book` has built."""
    config = yaml.safe_load((BOOK / "_config.yml").read_text(encoding="utf-8"))
    sphinx = config["sphinx"]["config"]
    # The built pages come first: a study that has not run has no table of contents either.
    toc = toc_file(STUDY) if toc_file(STUDY).exists() else BOOK / "_toc.yml"
    html, style = BOOK / "_build" / "html", (BOOK / "print.css").read_text("utf-8")
    chapters = assembled(
        html, yaml.safe_load(toc.read_text(encoding="utf-8")), sphinx.get("html_baseurl", "")
    )
    contents = json.loads(contents_file(STUDY).read_text(encoding="utf-8"))
    imprint = Imprint(
        config["title"], config["author"], contents.get("version") or __version__,
        EVIDENCE.get(contents["kind"], f"Kind of evidence: {contents['kind']}"),
        sphinx["html_theme_options"]["extra_footer"],
    )  # fmt: skip
    path = BOOK / "_build" / "advocacy.pdf"
    pages = print_book(html, chapters, imprint, style, path)
    Console().print(f"The book, {pages} pages: {path.as_uri()}", soft_wrap=True)


if __name__ == "__main__":
    try:
        main()
    except AdvocacyError as error:
        sys.exit(f"advocacy: {error}")
