"""What each kind of result looks like: its document, its figure, its numbers in the ledger.

A new kind of result is a line in `KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from advocacy.errors import UsageError
from advocacy.estimation import Estimates
from advocacy.report.contents import parts
from advocacy.report.document import Document
from advocacy.report.numbers import Numbers
from advocacy.report.wording import ENGLISH, Words

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Shown:
    """How a kind of result is shown.

    Parameters
    ----------
    contents
        Module of `report.contents` and its function that makes the document, from the result and
        the words of a language. By name, as to show one kind takes none of what others need.
    figure
        Module of `report.figures` and its function that draws the result; empty where no axis
        holds its rows.
    numbers
        Module of `report` and its function that makes numbers of the ledger, from the result and
        the start of their identifiers; empty where the study words each by itself.
    """

    contents: str
    figure: str = ""
    numbers: str = ""

    def document(self, result: Estimates, words: Words) -> Document:
        """Return the document of a result."""
        made: Document = _named(f"contents.{self.contents}")(result, words)
        return made


def _named(name: str) -> Callable[..., Any]:
    module, function = name.rsplit(".", 1)
    found: Callable[..., Any] = getattr(import_module(f"advocacy.report.{module}"), function)
    return found


_CONTRASTS, _FOREST = "comparison.contrasts", "estimates.forest"
_SCENARIOS = "robustness.scenarios.scenarios"
_NUMBERS = "numbers.numbers_of"
KINDS = {
    "rates": Shown("estimates.rates", _FOREST, _NUMBERS),
    "pairs": Shown("comparison.pairs", _CONTRASTS, _NUMBERS),
    "lift": Shown("comparison.lift", _CONTRASTS, _NUMBERS),
    "standardisation": Shown("comparison.standardisation", _CONTRASTS, _NUMBERS),
    "equivalence": Shown("comparison.equivalence", _FOREST, _NUMBERS),
    "curve": Shown("curve.curves", "curve.curves", _NUMBERS),
    "curve_tests": Shown("curve.curves", numbers=_NUMBERS),
    "ladder": Shown("ladder.ladder", "ladder.ladder", _NUMBERS),
    "stated_likelihood": Shown("stated.stated_likelihood", "stated.stated_likelihood", _NUMBERS),
    "over_time": Shown("over_time.over_time", "over_time.over_time", _NUMBERS),
    "odds_ratios": Shown("models.regression.odds_ratios", "regression.odds_ratios"),
    "slopes": Shown("models.regression.slopes", "regression.effects"),
    "average_effects": Shown("models.regression.effects", "regression.effects"),
    "margins": Shown("models.regression.margins", "regression.margins"),
    "drivers": Shown("models.drivers.drivers", "drivers.importance"),
    "reliability": Shown("models.drivers.reliability", "drivers.reliability"),
    "dose_response": Shown("models.drivers.dose_response", "drivers.dose_response"),
    "attrition": Shown("attrition.answers", "attrition.answers", _NUMBERS),
    "pooled_rates": Shown("pooled.pooled", _FOREST),
    "prediction": Shown("pooled.pooled", _FOREST),
    "ranks": Shown("pooled.pooled", "pooled.rank_intervals"),
    "variance_shares": Shown("pooled.pooled", "pooled.variance_parts"),
    "expectation": Shown("pooled.pooled"),
    "peers": Shown("pooled.peers", "pooled.peers"),
    "distribution": Shown("distribution.distribution", "estimates.distribution"),
    "net": Shown("movement.net.net", "movement.net.net"),
    "track": Shown("movement.track.track", "movement.track.track"),
    "change": Shown("movement.change.change", "movement.change.change"),
    "misreport": Shown(_SCENARIOS, "robustness.tipping_map", _NUMBERS),
    "nonresponse": Shown(_SCENARIOS, "robustness.forest", _NUMBERS),
    "recall": Shown(_SCENARIOS, "robustness.forest", _NUMBERS),
    "robustness": Shown(_SCENARIOS, "robustness.forest", _NUMBERS),
    "participation": Shown("robustness.participation.participation", numbers=_NUMBERS),
    "specifications": Shown(
        "robustness.multiverse.specifications",
        "multiverse.curve",
        "multiverse_numbers.multiverse_numbers",
    ),
    "multiverse_test": Shown("robustness.multiverse.joint_test", numbers=_NUMBERS),
    "published": Shown(
        "evidence.published.figures", "published.forest", "published_numbers.published_numbers"
    ),
    "synthesis": Shown("evidence.published.synthesis"),
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
    from advocacy.report.media import terminal

    return terminal.as_text(document(result))


def as_html(result: Estimates) -> str:
    """Return a result as HTML, for a notebook."""
    from advocacy.report.media import html

    return html.fragment(document(result))


def drawn(result: Estimates) -> Figure:
    """Draw a result in the style of the book, small enough to be saved whole.

    Raises
    ------
    UsageError
        Its rows are numbers of several units, which no axis holds, or there are none.
    """
    from advocacy.report.figures.style import WIDTH, fitted, style

    drawing = shown_as(result).figure
    if not drawing or not len(result):
        why = "its rows are of several units" if len(result) else "it has no row"
        raise UsageError(
            f"A result of the kind {result.kind} is not drawn: {why}.",
            remedy="Print it instead.",
        )
    with style():
        figure: Figure = _named(f"figures.{drawing}")(result)
        figure.set_size_inches(WIDTH, figure.get_figheight() + fitted(figure))
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
    if not numbers:
        raise UsageError(
            f"A result of the kind {result.kind} has no numbers of its own in the ledger.",
            remedy="Word its numbers where the study is made.",
        )
    made: Numbers = _named(numbers)(result, prefix)
    return made
