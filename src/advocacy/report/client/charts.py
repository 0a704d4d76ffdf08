"""Charts of estimates, and what they show said in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from advocacy.report.document import Chart, Point, Series
from advocacy.report.wording import Row, Words


def rates_chart(
    rows: Sequence[Row],
    label: Callable[[Row], str],
    title: str,
    alternative: str,
    series: str,
    words: Words,
    form: Literal["intervals", "line"] = "intervals",
    **named: str,
) -> Chart:
    """Return a chart of rates.

    Parameters
    ----------
    rows
        Rates, as rows of estimates.
    label
        What each is of.
    title, series
        Of the chart, and of its one series.
    alternative
        Key of the sentence that says what it shows; its value ``points`` is the list of these.
    words
        The language.
    form
        As of `Chart`.
    named
        Other values of that sentence.
    """
    points = tuple(
        Point(label(row), row["estimate"], row["conf_low"], row["conf_high"])
        for row in rows
        if row["estimate"] is not None
    )
    listed = "; ".join(
        words("client.point", label=point.label, value=words.percent(point.value))
        for point in points
    )
    said = words(alternative, points=listed, **named)
    return Chart(title, said, "per cent", (Series(series, points),), form)
