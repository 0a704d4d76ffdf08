"""What was asked: canonical tables, readers, crosswalk, and the ledger of rejected rows."""

from advocacy.responses.importing import ImportOptions, import_source, import_sources
from advocacy.responses.ledger import RowAccount
from advocacy.responses.readers import read_labelled
from advocacy.responses.responses import Responses, open_responses
from advocacy.responses.source import Source, find_sources, read_source

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
