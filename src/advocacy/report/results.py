"""What each kind of result looks like: its tables, its figure, and its numbers in the ledger.

A new kind of result is a line in `KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

from advocacy.errors import UsageError
from advocacy.estimation import Estimates
from advocacy.report.contents.comparison import (
    equivalence_tables,
    lift_tables,
    pairs_tables,
    standardisation_tables,
)
from advocacy.report.contents.curve import curve_tables
from advocacy.report.contents.estimates import terminal_table
from advocacy.report.contents.pooled import peers_table, pooled_table
from advocacy.report.contents.regression import odds_ratios_figure, regression_table
from advocacy.report.figures.comparison import contrasts
from advocacy.report.figures.curve import curves
from advocacy.report.figures.estimates import forest
from advocacy.report.figures.pooled import peers, rank_intervals, variance_parts
from advocacy.report.numbers import compared_numbers, rate_numbers

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import Console, Group

_WIDTH = 110


@dataclass(frozen=True)
class Shown:
    """How a kind of result is shown.

    Parameters
    ----------
    tables
        Its tables, as the command line prints them.
    figure
        Its figure; ``None`` where no axis holds its rows.
    numbers
        Its numbers in the ledger, from the result and the start of their identifiers; ``None``
        where the study words each by itself.
    """

    tables: Callable[[Any], Group]
    figure: Callable[[Any], Figure] | None
    numbers: Callable[[Any, str], dict[str, dict[str, Any]]] | None


KINDS = {
    "rates": Shown(terminal_table, forest, rate_numbers),
    "pairs": Shown(pairs_tables, contrasts, compared_numbers),
    "lift": Shown(lift_tables, contrasts, compared_numbers),
    "standardisation": Shown(standardisation_tables, contrasts, compared_numbers),
    "equivalence": Shown(equivalence_tables, forest, compared_numbers),
    "curve": Shown(curve_tables, curves, compared_numbers),
    "curve_tests": Shown(curve_tables, None, compared_numbers),
    "odds_ratios": Shown(regression_table, odds_ratios_figure, None),
    "pooled_rates": Shown(pooled_table, forest, None),
    "prediction": Shown(pooled_table, forest, None),
    "ranks": Shown(pooled_table, rank_intervals, None),
    "variance_shares": Shown(pooled_table, variance_parts, None),
    "expectation": Shown(pooled_table, None, None),
    "peers": Shown(peers_table, peers, None),
}


def shown_as(result: Estimates) -> Shown:
    """Return how a result is shown.

    Raises
    ------
    UsageError
        Its kind is not known.
    """
    if result.kind not in KINDS:
        raise UsageError(
            f"A result of the kind {result.kind!r} cannot be shown; known are: {', '.join(KINDS)}.",
            remedy="Read it with the version of advocacy that made it.",
        )
    return KINDS[result.kind]


def tables(result: Estimates) -> Group:
    """Return the tables of a result as the command line prints them."""
    return shown_as(result).tables(result)


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
        Its rows are numbers of several kinds, which no axis holds, or there are none.
    """
    from advocacy.report.figures.style import style

    figure_of = shown_as(result).figure
    if figure_of is None or not len(result):
        why = "its rows are of several units" if len(result) else "it has no row"
        raise UsageError(
            f"A result of the kind {result.kind} is not drawn: {why}.",
            remedy="Print it instead.",
        )
    with style():
        figure = figure_of(result)
        figure.set_layout_engine("constrained")
    return figure


def ledger_numbers(result: Estimates, prefix: str) -> dict[str, dict[str, Any]]:
    """Return the numbers of a result by identifier, each of which begins with ``prefix``.

    Raises
    ------
    UsageError
        The kind of result has no numbers of its own in the ledger.
    """
    numbers = shown_as(result).numbers
    if numbers is None:
        raise UsageError(
            f"A result of the kind {result.kind} has no numbers of its own in the ledger.",
            remedy="Word its numbers where the study is made.",
        )
    return numbers(result, prefix)


def _printed(result: Estimates) -> Console:
    from rich.console import Console

    console = Console(file=StringIO(), width=_WIDTH, record=True, force_jupyter=False)
    console.print(tables(result))
    return console
