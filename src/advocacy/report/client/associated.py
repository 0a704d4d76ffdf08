"""What goes with having recommended: the section on drivers of a client's report."""

from __future__ import annotations

from advocacy.estimation.overview import Overview
from advocacy.report.contents import parts
from advocacy.report.contents.models.drivers import how_sure, priorities, title
from advocacy.report.document import Document, Heading
from advocacy.report.wording import Words


def associated(found: Overview, words: Words) -> Document:
    """Return the drivers by importance, where the survey asks for several."""
    if found.drivers is None:
        return Document(())
    rows = parts.rows_of(found.drivers)
    heading = Heading(title(rows[0], words), 2)
    return Document((heading, *priorities(rows, words), *how_sure(rows, words)))
