"""What the head of a page says of it: description, citation, Dublin Core and Open Graph.

A description travels without the page, in a list of hits or a message, so that of a page whose
results are simulated begins by saying so. Nothing names another host, unless the book is told its
own by `html_baseurl`, or by the variable ``ADVOCACY_BOOK_URL`` as it is built.

References: Highwire Press tags as Google Scholar reads them; DCMI, Dublin Core in HTML; The Open
Graph protocol.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape, unescape
from pathlib import Path
from typing import Any

from advocacy_book import read_contents
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from advocacy.study.book.home import home_of
from advocacy.study.citable.releases import read_releases

_LONGEST = 200  # letters of a description; more are cut off by those that show it
_RIGHTS = "Text: CC BY 4.0. Numbers and figures: under the licence of the data behind them."


def page_head(
    app: Sphinx, page: str, template: str, context: dict[str, Any], document: nodes.document | None
) -> None:
    """Put what describes a page into its head; one that is no chapter has nothing to say."""
    if document is not None:
        own = _described(app, page, context, document)
        context["metatags"] = "\n".join([context.get("metatags", ""), *own])


def description(document: nodes.document) -> str:
    """Return the first paragraph of a page in words; of simulated results it says so first."""
    first = next(filter(_is_prose, document.findall(nodes.paragraph)), None)
    if first is None:
        return ""
    simulated = any("simulated" in one["classes"] for one in document.findall(nodes.admonition))
    words = ("Simulated data, not a finding. " if simulated else "") + " ".join(
        first.astext().split()
    )
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1].rpartition(" ")[0] + "…"


def _is_prose(paragraph: nodes.Node) -> bool:
    """Tell whether a paragraph is a page's own text: no notice, caption, cell, or list of terms."""
    own = isinstance(paragraph.parent, nodes.section | nodes.document | nodes.container)
    first = next((child for child in paragraph.children if child.astext()), None)
    return own and not isinstance(first, nodes.strong)


def _described(
    app: Sphinx, page: str, context: dict[str, Any], document: nodes.document
) -> list[str]:
    title = unescape(re.sub(r"<[^>]+>", "", context.get("title", "")))
    said, book, author = description(document), app.config.html_title, app.config.author
    path = Path(app.srcdir, app.config.book_contents).resolve()
    version = read_contents(path, path.stat().st_mtime_ns).version
    home = app.config.html_baseurl
    address = f"{home}{page}.html" if home else ""
    released = _released(Path(app.srcdir), version)
    tags = {
        "name": {
            "description": said,
            "author": author,
            "citation_title": title,
            "citation_author": author,
            "citation_inbook_title": f"{book}, version {version}",
            "citation_publication_date": released.replace("-", "/"),
            "citation_language": "en",
            "citation_fulltext_html_url": address,
            "DC.title": title,
            "DC.creator": author,
            "DC.description": said,
            "DC.date": released,
            "DC.type": "Text",
            "DC.format": "text/html",
            "DC.language": "en",
            "DC.isPartOf": f"{book}, version {version}",
            "DC.rights": _RIGHTS,
            "DC.identifier": address,
        },
        "property": {
            "og:type": "article",
            "og:title": title,
            "og:site_name": book,
            "og:description": said,
            "og:url": address,
        },
    }
    return [
        f'<meta {kind}="{name}" content="{escape(value)}" />'
        for kind, own in tags.items()
        for name, value in own.items()
        if value
    ]


@lru_cache(maxsize=1)
def _released(book: Path, version: str) -> str:
    """Return the day of the release of a version; nothing where it is not released."""
    dates = {one.version: one.date for one in read_releases(book / "releases")}
    return dates.get(version, "")


def know_home(app: Sphinx, config: Config) -> None:
    """Take over where the book is published; without it nothing of the book names a host."""
    config["html_baseurl"] = home_of(Path(app.srcdir))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register what is said in the head of each page."""
    app.connect("config-inited", know_home)
    app.connect("html-page-context", page_head, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
