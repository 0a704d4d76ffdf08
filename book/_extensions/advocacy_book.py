"""The role ``{number}`identifier` ``: a number of the study's ledger, never typed by hand.

It links to the page of the number. Tables, which are generated, give the text as they write it:
``{number}`54.5 <sector:B2B:rate>` ``. Other numbers in the prose of a chapter of results are
warnings, unless ``{given}`more than 500` `` says that they are no results of the study. An
identifier that the ledger does not have is a warning. The page is registered as depending
on the ledger, so that it is read again when the ledger changes. Before that, what the study does
not have drops out of each chapter. Pages that link to one that has changed are written again, so
that a link to what it no longer has is a warning.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

# What is imported here, every build waits for.
from advocacy.study.book.abridged import Contents, abridged
from advocacy.study.book.claims import ruled_again
from advocacy.study.book.typed import typed_numbers
from advocacy.study.citable.addresses import address

logger = logging.getLogger(__name__)
_WRITTEN = re.compile(r"(.*) <([^<>]+)>")


class ledger_number(nodes.inline):  # noqa: N801  docutils names its nodes so
    """A number of the ledger in the text."""


class NumberRole(SphinxRole):
    """Put a number of the ledger in the text, with a link to its page."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the number; the identifier itself, with a warning, where it is unknown."""
        ledger = Path(self.env.srcdir, self.config.number_ledger).resolve()
        self.env.note_dependency(str(ledger))
        match = _WRITTEN.fullmatch(self.text)
        text, identifier = match.groups() if match else (None, self.text)
        entry = read_ledger(ledger, ledger.stat().st_mtime_ns).get(identifier)
        if entry is None:
            logger.warning("unknown number: %s", identifier, location=self.get_location())
            return [nodes.literal(text=self.text)], []
        contents = Path(self.env.srcdir, self.config.book_contents).resolve()
        version = read_contents(contents, contents.stat().st_mtime_ns).version
        number = ledger_number(
            text=text or entry["text"],
            classes=["number", entry.get("source_kind", "")],
            identifier=identifier,
            page=address(identifier, version),
        )
        return [number], []


def given(
    name: str, rawtext: str, text: str, lineno: int, inliner: Any, options: Any = None,
    content: Any = (),
) -> tuple[list[nodes.Node], list[nodes.system_message]]:  # fmt: skip
    """Return text with numbers that are given, by others or by a definition."""
    return [nodes.inline(text=text)], []


def visit_html(self: Any, node: ledger_number) -> None:
    """Write a link to the number's page; its text alone inside a link, and in a single page."""
    classes = " ".join(filter(None, node["classes"]))
    link = self.builder.name == "html" and not _within_link(node)
    node["written"] = "a" if link else "span"
    if not link:
        self.body.append(f'<span class="{classes}">')
        return
    root = "../" * (getattr(self.builder, "current_docname", None) or "").count("/")
    page, identifier = escape(root + quote(node["page"], safe="/,+~")), escape(node["identifier"])
    self.body.append(f'<a class="{classes}" href="{page}" data-number="{identifier}">')


def depart_html(self: Any, node: ledger_number) -> None:
    """Close what was opened."""
    self.body.append(f"</{node['written']}>")


def _within_link(node: nodes.Node) -> bool:
    while node.parent is not None:
        node = node.parent
        if isinstance(node, nodes.reference):
            return True
    return False


def as_inline(self: Any, node: ledger_number) -> None:
    """Write the text alone, as other media do."""


@lru_cache(maxsize=1)
def read_ledger(path: Path, _changed: int) -> dict[str, dict[str, Any]]:
    """Read the ledger, once for each state of its file."""
    ledger: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return ledger


@lru_cache(maxsize=1)
def read_contents(path: Path, _changed: int) -> Contents:
    """Read what the book can show, once for each state of its file."""
    return Contents(**json.loads(path.read_text(encoding="utf-8")))


def abridge(app: Sphinx, chapter: str, source: list[str]) -> None:
    """Leave out of a chapter what the study cannot show, and put in the kind of evidence."""
    path = Path(app.srcdir, app.config.book_contents).resolve()
    app.env.note_dependency(str(path))
    contents = read_contents(path, path.stat().st_mtime_ns)
    if app.env.doc2path(chapter).endswith(".md"):
        for line, number in typed_numbers(source[0]):
            logger.warning("a number without an entry: %s", number, location=(chapter, line))
        source[0] = abridged(source[0], contents, root=chapter == app.config.root_doc) or source[0]


def abridge_included(app: Sphinx, path: Path, chapter: str, source: list[str]) -> None:
    """Rule again on claims of an included page whose chapter is left out."""
    there = Path(app.srcdir, app.config.book_contents).resolve()
    source[0] = ruled_again(source[0], read_contents(there, there.stat().st_mtime_ns))


class Linking:
    """Which pages are written again because one that they link to has changed.

    Sphinx alone would not look at their links again. Where each page links to is kept with the
    environment as the page is read: to read all pages again takes as long as to write some.
    """

    def __init__(self) -> None:
        self._changed: set[str] = set()

    def outdated(
        self,
        app: Sphinx,
        env: BuildEnvironment,
        added: set[str],
        changed: set[str],
        removed: set[str],
    ) -> list[str]:
        """Remember which pages have changed; read all where it is not known where they link to."""
        unknown = env.found_docs - added - changed - _links(env).keys()
        self._changed = added | changed | removed | unknown
        return sorted(unknown)

    def updated(self, app: Sphinx, env: BuildEnvironment) -> list[str]:
        """Return the pages whose links are not all known to be to pages as they were."""
        if not self._changed:
            return []
        same = env.found_docs - self._changed
        labels = env.get_domain("std").data["anonlabels"]
        return [
            page
            for page in sorted(same)
            # A label that no page has stands for itself.
            if not {labels.get(label, (label,))[0] for label in _links(env)[page]} <= same
        ]


def read_links(app: Sphinx, page: nodes.document) -> None:
    """Keep where a page links to, as it is read."""
    found = page.findall(addnodes.pending_xref)
    _links(app.env)[app.env.docname] = {link["reftarget"] for link in found}


def forget_links(app: Sphinx, env: BuildEnvironment, page: str) -> None:
    """Forget where a page links to that is read again, or gone."""
    _links(env).pop(page, None)


def merge_links(
    app: Sphinx, env: BuildEnvironment, pages: list[str], other: BuildEnvironment
) -> None:
    """Take over where pages link to that another process has read."""
    _links(env).update({page: _links(other)[page] for page in pages})


def _links(env: BuildEnvironment) -> dict[str, set[str]]:
    """Return the targets that each page links to."""
    links: dict[str, set[str]] = env.__dict__.setdefault("advocacy_links", {})
    return links


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the role and what abridges."""
    app.add_config_value("number_ledger", "", "env")
    app.add_config_value("book_contents", "", "env")
    app.add_role("number", NumberRole())
    app.add_role("given", given)
    plain = (as_inline, as_inline)
    app.add_node(
        ledger_number, html=(visit_html, depart_html), latex=plain, text=plain, man=plain,
        texinfo=plain,
    )  # fmt: skip
    app.connect("source-read", abridge)
    app.connect("include-read", abridge_included)
    linking = Linking()
    app.connect("env-get-outdated", linking.outdated)
    app.connect("env-updated", linking.updated)
    app.connect("doctree-read", read_links)
    app.connect("env-purge-doc", forget_links)
    app.connect("env-merge-info", merge_links)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
