"""What pages of the book do without: a kernel that runs their code on another machine.

Jupyter Book always loads ``sphinx_thebe``, which puts a script of another host and the addresses
of its kernels on each page. Nothing here runs in the reader's browser.
"""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

_KERNELS = "sphinx_thebe"


def without_kernels(app: Sphinx, config: Config) -> None:
    """Take back what ``sphinx_thebe`` would add to pages: scripts, styles and kernels."""
    for listeners in app.events.listeners.values():
        for listener in list(listeners):
            if listener.handler.__module__ == _KERNELS:
                app.disconnect(listener.id)
    styles = app.registry.css_files
    styles[:] = [style for style in styles if style[0] != "sphinx-thebe.css"]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register what is taken back, once all extensions are loaded."""
    app.connect("config-inited", without_kernels)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
