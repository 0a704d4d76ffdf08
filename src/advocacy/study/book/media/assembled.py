"""The chapters of the built book as one document, as it is printed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from bs4 import BeautifulSoup, Tag

from advocacy.errors import AdvocacyError
from advocacy.study.book.abridged import chapters_in

# What is there to be clicked on, or is put in by a script.
_ON_SCREEN = (
    "script, style, .headerlink, .sd-summary-state-marker, .toctree-wrapper, button, input, "
    ".downloads, [role=search], noscript"
)
_REFERRING = ("aria-labelledby", "aria-describedby", "for", "headers")
_NOT_IN_NAMES = re.compile(r"[^\w.-]")


class PrintError(AdvocacyError, RuntimeError):
    """The book cannot be printed: it is not built, or a program is missing or has failed."""


@dataclass(frozen=True)
class Chapter:
    """A chapter of the assembled book.

    Parameters
    ----------
    name
        Of its page, without the ending.
    title
        Its first heading.
    body
        Its article as markup; ids begin with the chapter's name and two hyphens.
    sections
        Id and heading of each of its sections.
    """

    name: str
    title: str
    body: str
    sections: tuple[tuple[str, str], ...] = ()


def assembled(html: Path, toc: Mapping[str, Any], home: str = "") -> tuple[Chapter, ...]:
    """Return the chapters of a built book in the order of its table of contents.

    Parameters
    ----------
    html
        Folder of the built pages.
    toc
        Table of contents, as in `_toc.yml`.
    home
        Address at which the book is published. A link to a page that is no chapter, such as that
        of a number, goes there; without an address its text alone is kept.

    Raises
    ------
    PrintError
        A chapter has not been built.
    """
    names = chapters_in(toc)
    return tuple(_chapter(html, name, names, home) for name in names)


def _chapter(html: Path, name: str, names: Sequence[str], home: str) -> Chapter:
    page = html / f"{name}.html"
    if not page.exists():
        raise PrintError(
            f"The chapter {name} has not been built.", where=str(page),
            remedy="Build the book first: make book.",
        )  # fmt: skip
    article = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select_one("article")
    if article is None:
        raise PrintError(
            f"The page of the chapter {name} has no article.", where=str(page),
            remedy="Remove the page and build the book again: make book.",
        )  # fmt: skip
    for tag in article.select(_ON_SCREEN):
        tag.decompose()
    heading = article.select_one("h1")
    title = heading.get_text(" ", strip=True) if heading else name
    for tag in article.find_all(True):
        _own_ids(tag, name)
    for link in article.select("a[href]"):
        _point(link, name, names, home)
    sections = tuple(
        (str(part["id"]), head.get_text(" ", strip=True))
        for part in article.select("section[id]")
        if (head := part.select_one(":scope > h2"))
    )
    body = f'<section id="{anchor(name)}">{article.decode_contents()}</section>'
    return Chapter(name, title, body, sections)


def anchor(chapter: str, part: str = "") -> str:
    """Return the id of a chapter in the assembled book, or of a part of it."""
    return _NOT_IN_NAMES.sub("-", f"chapter-{chapter}--{part}" if part else f"chapter-{chapter}")


def _own_ids(tag: Tag, chapter: str) -> None:
    """Make the id of a tag, and those it refers to, the chapter's own; open what is folded."""
    if tag.get("id"):
        tag["id"] = anchor(chapter, str(tag["id"]))
    for name in _REFERRING:
        if tag.get(name):
            value = tag[name]
            parts = value if isinstance(value, list) else str(value).split()
            tag[name] = " ".join(anchor(chapter, part) for part in parts)
    if tag.name == "details":
        tag["open"] = "open"


def _point(link: Tag, chapter: str, names: Sequence[str], home: str) -> None:
    """Point a link into the assembled book, to the published one, or leave its text alone."""
    parts = urlsplit(str(link["href"]))
    if parts.scheme or parts.netloc:
        return
    target = unquote(parts.path).removesuffix(".html") or chapter
    if target in names:
        link["href"] = "#" + anchor(target, unquote(parts.fragment))
    elif home:
        link["href"] = urljoin(home.rstrip("/") + "/", str(link["href"]))
    else:
        link.name = "span"
        for name in ("href", "download"):
            del link[name]
