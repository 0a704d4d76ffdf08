"""The role ``{number}`identifier` ``: a number of the study's ledger, never typed by hand.

An identifier that the ledger does not have is a warning. The page is registered as depending
on the ledger, so that it is read again when the ledger changes. A page that shows simulated
numbers without the notice that says so is a warning too.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

logger = logging.getLogger(__name__)


class NumberRole(SphinxRole):
    """Put a number of the ledger in the text, its identifier as a tooltip."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the number; the identifier itself, with a warning, where it is unknown."""
        ledger = Path(self.env.srcdir, self.config.number_ledger).resolve()
        self.env.note_dependency(str(ledger))
        entry = read_ledger(ledger, ledger.stat().st_mtime_ns).get(self.text)
        if entry is None:
            logger.warning("unknown number: %s", self.text, location=self.get_location())
            return [nodes.literal(text=self.text)], []
        kind = entry.get("source_kind", "")
        tip = nodes.raw("", f'<span title="{self.text}">', format="html")
        number = nodes.inline(text=entry["text"], classes=["number", kind])
        return [tip, number, nodes.raw("", "</span>", format="html")], []


@lru_cache(maxsize=1)
def read_ledger(path: Path, _changed: int) -> dict[str, dict[str, Any]]:
    """Read the ledger, once for each state of its file."""
    ledger: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return ledger


def require_notice(app: Sphinx, document: nodes.document) -> None:
    """Warn where a page shows simulated numbers or figures and lacks the notice."""
    shows = [
        *(n for n in document.findall(nodes.inline) if "simulated" in n["classes"]),
        *(n for n in document.findall(nodes.image) if "derived" in n["uri"]),
    ]
    labelled = any("simulated" in n["classes"] for n in document.findall(nodes.admonition))
    kinds = {n["classes"][1] for n in shows if isinstance(n, nodes.inline)}
    if shows and not labelled and kinds <= {"simulated"}:
        logger.warning("simulated results without the notice", location=shows[0])


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the role and the check."""
    app.add_config_value("number_ledger", "", "env")
    app.add_role("number", NumberRole())
    app.connect("doctree-read", require_notice)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
