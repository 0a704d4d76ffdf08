"""What each kind of result looks like: its document, its figure, its numbers in the ledger.

A new kind of result is a line in `KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from advocacy.errors import UsageError
from advocacy.estimation import Estimates
from advocacy.report.contents import comparison, curve, estimates, parts, pooled, regression
from advocacy.report.document import Document
from advocacy.report.figures import comparison as comparison_figures
from advocacy.report.figures import curve as curve_figures
from advocacy.report.figures import estimates as estimates_figures
from advocacy.report.figures import pooled as pooled_figures
from advocacy.report.figures import regression as regression_figures
from advocacy.report.media import html, terminal
from advocacy.report.numbers import Numbers, compared_numbers, rate_numbers
from advocacy.report.wording import ENGLISH, Words

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Shown:
    """How a kind of result is shown.

    Parameters
    ----------
    document
        Its document, from the result and the words of a language.
    figure
        Its figure; ``None`` where no axis holds its rows.
    numbers
        Its numbers in the ledger, from the result and the start of their identifiers; ``None``
        where the study words each by itself.
    """

    document: Callable[[Any, Words], Document]
    figure: Callable[[Any], Figure] | None = None
    numbers: Callable[[Any, str], Numbers] | None = None


_CONTRASTS = comparison_figures.contrasts
_FOREST = estimates_figures.forest
KINDS = {
    "rates": Shown(estimates.rates, _FOREST, rate_numbers),
    "pairs": Shown(comparison.pairs, _CONTRASTS, compared_numbers),
    "lift": Shown(comparison.lift, _CONTRASTS, compared_numbers),
    "standardisation": Shown(comparison.standardisation, _CONTRASTS, compared_numbers),
    "equivalence": Shown(comparison.equivalence, _FOREST, compared_numbers),
    "curve": Shown(curve.curves, curve_figures.curves, compared_numbers),
    "curve_tests": Shown(curve.curves, None, compared_numbers),
    "odds_ratios": Shown(regression.odds_ratios, regression_figures.odds_ratios),
    "pooled_rates": Shown(pooled.pooled, _FOREST),
    "prediction": Shown(pooled.pooled, _FOREST),
    "ranks": Shown(pooled.pooled, pooled_figures.rank_intervals),
    "variance_shares": Shown(pooled.pooled, pooled_figures.variance_parts),
    "expectation": Shown(pooled.pooled),
    "peers": Shown(pooled.peers, pooled_figures.peers),
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


def document(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return the document of a result; a sentence where it has no row."""
    shown = shown_as(result)
    return shown.document(result, words) if len(result) else parts.nothing(words)


def as_text(result: Estimates) -> str:
    """Return a result as plain text."""
    return terminal.as_text(document(result))


def as_html(result: Estimates) -> str:
    """Return a result as HTML, for a notebook."""
    return html.fragment(document(result))


def drawn(result: Estimates) -> Figure:
    """Draw a result in the style of the book, small enough to be saved whole.

    Raises
    ------
    UsageError
        Its rows are numbers of several units, which no axis holds, or there are none.
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


def ledger_numbers(result: Estimates, prefix: str) -> Numbers:
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
