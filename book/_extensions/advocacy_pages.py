"""Pages of the book without what they do not need, and such that all can use them.

Jupyter Book always loads ``sphinx_thebe``, which puts a script of another host and the addresses
of its kernels on each page. Nothing here runs in the reader's browser.

Tables are made readable on any screen (`study/book/exhibits/tables.py`). Only what is in the
theme's own templates is changed where these are, in `_templates`.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

from advocacy.study.book.exhibits import tables

_KERNELS = "sphinx_thebe"


def without_kernels(app: Sphinx, config: Config) -> None:
    """Take back what ``sphinx_thebe`` would add to pages: scripts, styles and kernels."""
    for listeners in app.events.listeners.values():
        for listener in list(listeners):
            if listener.handler.__module__ == _KERNELS:
                app.disconnect(listener.id)
    styles = app.registry.css_files
    styles[:] = [style for style in styles if style[0] != "sphinx-thebe.css"]


def usable(body: str) -> str:
    """Return the HTML of a page with tables and lists that all can use."""
    # Entries are those of a list; their own role may no longer stand in one.
    return tables.readable(body).replace('role="doc-biblioentry"', 'role="listitem"')


def make_usable(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Change the body of a page as it is written."""
    if "body" in context:
        context["body"] = usable(context["body"])


def setup(app: Sphinx) -> dict[str, Any]:
    """Register what is taken back, once all extensions are loaded, and what is changed."""
    # Pages are written again when that changes which writes their tables.
    written_by = sha256(Path(tables.__file__).read_bytes()).hexdigest()
    app.add_config_value("tables_written_by", written_by, "html")
    app.connect("config-inited", without_kernels)
    app.connect("html-page-context", make_usable)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
