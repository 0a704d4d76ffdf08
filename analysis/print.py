"""Write the built book as one file: `print.py pdf` or `print.py epub`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import yaml  # type: ignore[import-untyped]
from rich.console import Console

from advocacy import __version__
from advocacy.errors import AdvocacyError
from advocacy.study.book.home import home_of
from advocacy.study.book.media.assembled import assembled
from advocacy.study.book.media.epub import write_epub
from advocacy.study.book.media.printing import Imprint, print_book
from advocacy.study.book.publishing import date_of
from advocacy.study.book.shown import contents_file, toc_file
from advocacy.study.protocol import read_protocol

STUDY = read_protocol(Path(__file__).with_name("study.toml"))
BOOK = STUDY.root / "book"
EVIDENCE = {"simulated": "Simulated data: not a finding about real customers"}


def main(form: str) -> None:
    """Write `book/_build/advocacy.pdf` or `.epub` of what `make book` has built."""
    config = yaml.safe_load((BOOK / "_config.yml").read_text(encoding="utf-8"))
    sphinx = config["sphinx"]["config"]
    # The built pages come first: a study that has not run has no table of contents either.
    toc = toc_file(STUDY) if toc_file(STUDY).exists() else BOOK / "_toc.yml"
    html = BOOK / "_build" / "html"
    chapters = assembled(html, yaml.safe_load(toc.read_text(encoding="utf-8")), home_of(BOOK))
    contents = json.loads(contents_file(STUDY).read_text(encoding="utf-8"))
    version = contents.get("version") or __version__
    imprint = Imprint(
        config["title"], config["author"], version,
        EVIDENCE.get(contents["kind"], f"Kind of evidence: {contents['kind']}"),
        sphinx["html_theme_options"]["extra_footer"], date_of(STUDY, version),
    )  # fmt: skip
    path = BOOK / "_build" / f"advocacy.{form}"
    said = "The book"
    if form == "pdf":
        style = (BOOK / "print.css").read_text(encoding="utf-8")
        said += f", {print_book(html, chapters, imprint, style, path)} pages"
    else:
        write_epub(html, chapters, imprint, (BOOK / "epub.css").read_text("utf-8"), path)
    Console().print(f"{said}: {path.as_uri()}", soft_wrap=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except AdvocacyError as error:
        sys.exit(f"advocacy: {error}")
