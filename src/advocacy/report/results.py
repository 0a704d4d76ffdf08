"""What a result looks like by itself: its tables as text and HTML, and its figure."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from advocacy.errors import UsageError
from advocacy.estimation import Estimates
from advocacy.estimation.comparison import Comparison
from advocacy.estimation.curve import Curve
from advocacy.estimation.pooled import METHOD

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import Console, Group

_WIDTH = 110


def tables(result: Estimates) -> Group:
    """Return the tables of a result as the command line prints them."""
    if isinstance(result, Comparison):
        from advocacy.report.comparison import comparison_tables

        return comparison_tables(result)
    if isinstance(result, Curve):
        from advocacy.report.curve import curve_tables

        return curve_tables(result)
    if set(result.table.column("method").to_pylist()) == {METHOD}:
        from advocacy.report.pooled_terminal import pooled_table

        return pooled_table(result)
    from advocacy.report.tables import terminal_table

    return terminal_table(result)


def as_text(result: Estimates) -> str:
    """Return the tables of a result as plain text."""
    return _printed(result).export_text() if len(result) else "No estimates."


def as_html(result: Estimates) -> str:
    """Return the tables of a result as HTML, for a notebook."""
    if not len(result):
        return "<p>No estimates.</p>"
    return _printed(result).export_html(inline_styles=True, code_format="<pre>{code}</pre>")


def drawn(result: Estimates) -> Figure:
    """Draw a result in the style of the book, small enough to be saved whole.

    Raises
    ------
    UsageError
        Tests of a curve are numbers of several kinds, which no axis holds.
    """
    from advocacy.report.style import style

    with style():
        figure = _figure(result)
        figure.set_layout_engine("constrained")
    return figure


def _figure(result: Estimates) -> Figure:
    from advocacy.report.comparison_figures import contrasts
    from advocacy.report.curve_figures import fits
    from advocacy.report.figures import forest

    if isinstance(result, Curve):
        if result.quantities is None:
            raise UsageError(
                "Tests of a curve are not drawn.", remedy="Draw the curve, and print its tests."
            )
        return fits(result) if result.by == ("score",) else forest(result.direct())
    compared = isinstance(result, Comparison) and result.table.column("reference").null_count
    if isinstance(result, Comparison) and compared < len(result):
        return contrasts(result)
    return forest(result)


def _printed(result: Estimates) -> Console:
    from rich.console import Console

    console = Console(file=StringIO(), width=_WIDTH, record=True, force_jupyter=False)
    console.print(tables(result))
    return console
