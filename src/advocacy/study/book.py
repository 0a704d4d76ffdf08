"""The book: the notice on its pages, and its build."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa

from advocacy.errors import AdvocacyError
from advocacy.report.media.markdown import markdown_table
from advocacy.report.wording import ENGLISH


class BookError(AdvocacyError, RuntimeError):
    """The book did not build without warnings."""


def notice(source_kind: str) -> str:
    """Return the admonition that stands at the top of every page with results."""
    if source_kind == "simulated":
        return (
            ":::{admonition} Simulated data\n:class: warning simulated\n"
            "Every number and figure of ours on this page comes from simulated programmes with a "
            "known truth. They show what the method does; they say nothing about any company, "
            "industry or country. They are not findings.\n:::\n"
        )
    return (
        f":::{{admonition}} {source_kind.capitalize()} data\n:class: note\n"
        f"The numbers and figures on this page come from {source_kind} data.\n:::\n"
    )


def reasons_table(reasons: pa.Table) -> str:
    """Return why values were rejected, as a Markdown table."""
    rows = [
        [
            f"`{row['column']}`",
            row["reason"],
            ENGLISH.count(row["sources"]),
            ENGLISH.count(row["values"]),
        ]
        for row in reasons.to_pylist()
    ]
    return markdown_table(["column", "reason", "sources", "values"], "llrr", rows)


def build_book(book: Path) -> Path:
    """Build the HTML book and return its first page.

    A warning is an error. Sphinx only warns about the pages that it reads, so what a failed
    build has read is thrown away: the next build then reads, and warns, again.

    Raises
    ------
    BookError
        The build gave a warning or failed; the message holds what it said.
    """
    program = Path(sys.executable).with_name("jupyter-book")
    command = [str(program), "build", str(book), "-W", "-n", "--keep-going"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    page = book / "_build" / "html" / "index.html"
    if done.returncode != 0 or not page.exists():
        shutil.rmtree(book / "_build" / ".doctrees", ignore_errors=True)
        warnings = [
            line
            for line in said.splitlines()
            # The kernel's word on its own encryption is no fault of the book.
            if any(word in line for word in ("WARNING", "ERROR", "CRITICAL"))
            and "IPKernelApp" not in line
        ]
        raise BookError(
            "The book did not build without warnings:\n" + "\n".join(warnings or [said[-3000:]]),
            where=str(book),
            remedy="Mend what the warnings name and build again.",
        )
    return page
