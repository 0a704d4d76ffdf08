"""What was asked: canonical tables, readers, crosswalk, and the ledger of rejected rows.

Its names are imported when they are asked for: the parsers take longer to import than a small
file to read, and the process that leaves this to a worker needs none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from advocacy.responses.dataset.accounts import RowAccount
    from advocacy.responses.dataset.importing import import_source, import_sources
    from advocacy.responses.dataset.intake import ImportOptions
    from advocacy.responses.dataset.source import Source, find_sources, read_source
    from advocacy.responses.opening import Responses, open_responses
    from advocacy.responses.readers import read_labelled

_MODULES = {
    "ImportOptions": "dataset.intake",
    "Responses": "opening",
    "RowAccount": "dataset.accounts",
    "Source": "dataset.source",
    "find_sources": "dataset.source",
    "import_source": "dataset.importing",
    "import_sources": "dataset.importing",
    "open_responses": "opening",
    "read_labelled": "readers",
    "read_source": "dataset.source",
}

__all__ = [
    "ImportOptions",
    "Responses",
    "RowAccount",
    "Source",
    "find_sources",
    "import_source",
    "import_sources",
    "open_responses",
    "read_labelled",
    "read_source",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
