"""The role ``{made}`module.function` ``, and the listing of the code that it links to.

A module whose function makes a figure or a table has a page with its source below `code/`, with a
place for each function, so that it is read without a network and in the version that was run.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from advocacy_book import read_contents
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

from advocacy.study.book.exhibits.downloads import code_page


class MadeRole(SphinxRole):
    """Put the name of the function that made something, with a link to its code."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the name; in a single page, which has no other pages, without a link."""
        module, _, function = self.text.rpartition(".")
        name = nodes.literal(text=function)
        root = "../" * self.env.docname.count("/")
        address = f"{root}{code_page(module, function)}"
        return [nodes.reference("", "", name, refuri=address, internal=True)], []


def listed(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield a page for each module that makes something of the book."""
    path = Path(app.srcdir, app.config.book_contents).resolve()
    made = read_contents(path, path.stat().st_mtime_ns).made
    modules = sorted({own[0].rpartition(".")[0] for own in made.values()})
    for module in modules:
        address = code_page(module, "").removesuffix(".html#")
        body = f"<h1>{escape(module)}</h1>\n{listing(app, module)}"
        yield address, {"title": module, "body": body}, "page.html"


def listing(app: Sphinx, module: str) -> str:
    """Return the source of a module as HTML, with the names of its functions as places."""
    spec = find_spec(module)
    source = Path(spec.origin).read_text(encoding="utf-8") if spec and spec.origin else ""
    # What is highlighted has the lines of the source, behind the opening of its block.
    shown = app.builder.highlighter.highlight_block(source, "python", force=True)  # type: ignore[attr-defined]
    lines = shown.splitlines()
    for number, line in enumerate(source.rstrip("\n").splitlines()):
        if line.startswith("def "):
            name = line.removeprefix("def ").partition("(")[0]
            lines[number] = f'<span id="{name}"></span>{lines[number]}'
    return "\n".join(lines)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the role and the pages."""
    app.add_role("made", MadeRole())
    app.connect("html-collect-pages", listed)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
