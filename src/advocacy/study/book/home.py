"""Where a book is published, so that citations have an address that others can open."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import yaml  # type: ignore[import-untyped]

from advocacy.errors import UsageError

VARIABLE = "ADVOCACY_BOOK_URL"


def home_of(book: Path) -> str:
    """Return the address of a book on the web, with a slash at the end; empty where it has none.

    The environment's variable `VARIABLE` comes before ``html_baseurl`` of `_config.yml`.

    Parameters
    ----------
    book
        The folder of the chapters.

    Raises
    ------
    UsageError
        It is no address of the web.
    """
    config = yaml.safe_load((book / "_config.yml").read_text(encoding="utf-8"))
    written = config.get("sphinx", {}).get("config", {}).get("html_baseurl") or ""
    given = os.environ.get(VARIABLE, "").strip()
    home, where = (given, VARIABLE) if given else (str(written).strip(), "html_baseurl")
    if not home:
        return ""
    parts = urlsplit(home)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise UsageError(
            f"{home} is not where a book can be on the web.",
            where=where if given else f"{book / '_config.yml'}, {where}",
            remedy="Give the folder's address, such as https://example.org/book/, or nothing.",
        )
    return f"{home.rstrip('/')}/"
