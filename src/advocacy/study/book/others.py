"""What the book shows of what others have published; a study's own numbers stay outside it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from advocacy.errors import DataError
from advocacy.estimation import Estimates
from advocacy.evidence.published import is_drawn
from advocacy.evidence.schema import OTHER, POOL, QUANTITIES
from advocacy.evidence.synthesis import synthesise
from advocacy.report.contents.evidence import published as contents
from advocacy.report.figures import published as drawings
from advocacy.report.media.markdown import as_markdown
from advocacy.report.published_numbers import published_numbers
from advocacy.report.wording import ENGLISH
from advocacy.study.book.making import Shown
from advocacy.study.sources import EVIDENCE

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figures() -> dict[str, Shown]:
    """Return the figures by name."""
    return {
        "published": Shown(partial(_drawn, other=False), (EVIDENCE,)),
        "published_others": Shown(partial(_drawn, other=True), (EVIDENCE,)),
        "published_beside": Shown(drawings.outside, (EVIDENCE, "score")),
    }


def pages() -> dict[str, Shown]:
    """Return the tables by name."""
    return {
        "published": Shown(_table, (EVIDENCE,)),
        "published-context": Shown(_context, (EVIDENCE,)),
        "published-pools": Shown(_pools, (EVIDENCE,)),
    }


def numbers() -> Shown:
    """Return the numbers: those that others have published."""
    return Shown(partial(published_numbers, prefix="published"), (EVIDENCE,))


def _drawn(published: Estimates, *, other: bool) -> Figure:
    is_other = pc.equal(published.table["quantity"], OTHER)
    return drawings.forest(_of(published, is_other if other else pc.invert(is_other)))


def _table(published: Estimates) -> str:
    drawn = [is_drawn(row) for row in published.table.to_pylist()]
    return as_markdown(contents.figures(_of(published, drawn)))


def _context(published: Estimates) -> str:
    context = [not is_drawn(row) for row in published.table.to_pylist()]
    return as_markdown(contents.context(_of(published, context)))


def _pools(published: Estimates) -> str:
    """Return the synthesis of each quantity that allows one, and of the others why there is none.

    How many figures of a quantity may be pooled is all that decides.
    """
    said = []
    for quantity in QUANTITIES:
        try:
            said.append(as_markdown(contents.synthesis(synthesise(published, quantity))))
        except DataError:
            rows = published.table.to_pylist()
            few = sum(row["quantity"] == quantity and row["include"] == POOL for row in rows)
            name = contents.title(quantity, ENGLISH)
            said.append(ENGLISH("synthesis.refused", quantity=name, number=few))
    return "\n\n".join(said) + "\n"


def _of(published: Estimates, rows: object) -> Estimates:
    return Estimates(published.table.filter(rows), published.kind)
